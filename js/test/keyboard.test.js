import assert from "node:assert/strict";
import test from "node:test";
import { keyOf } from "../src/keyboard.js";

/** @type {(key: string, code: string, more?: object) => string} */
const pressed = (key, code, more) =>
  keyOf({ key, code, isComposing: false, keyCode: 0, ...more });

/** What the keys H, Z, E and 1 write, by layout: those whose letters are not ours. */
const OTHERS = {
  Russian: ["р", "я", "у", "1"],
  Ukrainian: ["Р", "Я", "У", "1"],
  Greek: ["η", "ζ", "ε", "1"],
  Hebrew: ["י", "ז", "ק", "1"],
  Arabic: ["ا", "ئ", "ث", "١"],
  Persian: ["ا", "ظ", "ث", "۱"],
  Thai: ["้", "ผ", "ำ", "ๅ"],
  Hindi: ["प", "ॆ", "ा", "१"],
  Georgian: ["ჰ", "ზ", "ე", "1"],
  Korean: ["ㅗ", "ㅋ", "ㄷ", "1"],
  Kana: ["く", "つ", "い", "ぬ"],
};

for (const [layout, [h, z, e, one]] of Object.entries(OTHERS)) {
  test(`keys of a ${layout} keyboard are known by their places`, () => {
    const codes = ["KeyH", "KeyZ", "KeyE", "Digit1"];
    const got = [h, z, e, one].map((key, i) => pressed(key, codes[i]));
    assert.deepEqual(got, ["h", "z", "e", "1"]);
  });
}

test("two letters that one key writes are one key", () => {
  assert.equal(pressed("لأ", "KeyG"), "g");
});

test("a Latin layout's letter is what it writes, wherever it lies", () => {
  assert.equal(pressed(";", "KeyZ"), ";"); // Dvorak
  assert.equal(pressed("z", "Slash"), "z");
  assert.equal(pressed("z", "KeyW"), "z"); // AZERTY
  assert.equal(pressed("w", "KeyZ"), "w");
  assert.equal(pressed("é", "Digit2"), "é");
  assert.equal(pressed("-", "Digit6"), "-");
  assert.equal(pressed("z", "KeyY"), "z"); // QWERTZ
  assert.equal(pressed("ı", "KeyI"), "ı"); // Turkish
  assert.equal(pressed("ª", "KeyA"), "ª");
});

test("a letter is the same with Shift, and named keys keep their names", () => {
  assert.equal(pressed("H", "KeyH"), "h");
  assert.equal(pressed("Delete", "Delete"), "Delete");
  assert.equal(pressed("ArrowLeft", "ArrowLeft"), "ArrowLeft");
  assert.equal(pressed("1", "Numpad1"), "1");
  assert.equal(pressed("я", ""), "я"); // A keyboard on the screen has no places.
});

test("what an input method takes is none of our keys", () => {
  assert.equal(pressed("Enter", "Enter", { isComposing: true }), "");
  assert.equal(pressed("Escape", "Escape", { isComposing: true }), "");
  assert.equal(pressed("Enter", "Enter", { keyCode: 229 }), ""); // Safari
  assert.equal(pressed("Process", "KeyH", { keyCode: 229 }), "");
});
