import assert from "node:assert/strict";
import test from "node:test";
import { CHOICE_NAMES, CONTROLS, FIRST } from "../src/panel/controls/table.js";
import { infoOf } from "./info.js";

const { methods, settings } = infoOf();
const controls = [FIRST, ...CONTROLS.flat()];
const toggles = controls.flatMap(({ toggle }) => toggle ?? []);
const names = [...controls, ...toggles].map(({ name }) => name);

test("each setting of the kernel's table has one control, but for the image", () => {
  const expected = Object.keys(settings).filter((name) => name !== "active_image");
  assert.deepEqual(names.toSorted(), expected.toSorted());
});

test("a slider has a step and says its value, and each choice has a name", () => {
  for (const { name, step, format } of controls) {
    const { kind, choices } = settings[name];
    const isNumber = kind === "number" || kind === "whole";
    assert.equal(step !== undefined && format !== undefined, isNumber, name);
    const named = (/** @type {string} */ choice) =>
      CHOICE_NAMES[choice] ?? methods[choice].title;
    assert.ok((choices ?? []).every(named));
  }
});
