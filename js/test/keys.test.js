import assert from "node:assert/strict";
import test from "node:test";
import { KEY, keyName, withKey } from "../src/keyboard.js";
import { editOf } from "../src/model/segments.js";
import { KEYS } from "../src/stage/keys/index.js";
import { actionOf, listenToKeys } from "../src/stage/keys/key.js";
import { reachOf } from "./stage.js";
import { BY, OTHER } from "./ways.js";

/** @typedef {import("../src/stage/keys/key.js").KeyEntry} KeyEntry */
/** @typedef {import("../src/stage/keys/key.js").KeyReach} KeyReach */

/** @type {(key: string, more?: object) => KeyboardEvent} */
const pressed = (key, more) =>
  /** @type {any} */ ({ key, code: "", isComposing: false, keyCode: 0, ...more });

const SHIFT = { shiftKey: true };

/**
 * @param {string[]} log
 * @param {Record<string, boolean>} [holds] by what is bound
 * @returns {KeyEntry[]}
 */
function tableOf(log, holds = {}) {
  const bind = (/** @type {string[]} */ ...on) => ({
    on,
    act: (/** @type {KeyReach} */ _reach, /** @type {string} */ key) =>
      void log.push(`${on[0]}: ${key}`),
    when: () => holds[on[0]] ?? true,
  });
  const entry = { keys: "", effect: "" };
  return [
    { ...entry, bindings: [bind("x", "y"), bind("Shift+x")] },
    { ...entry, bindings: [bind("Ctrl+z"), bind("Escape"), bind("Escape", "q")] },
  ];
}

/**
 * What a table does with keys that are pressed.
 *
 * @param {KeyboardEvent[]} events
 * @param {Record<string, boolean>} [holds]
 */
function done(events, holds) {
  /** @type {string[]} */
  const log = [];
  const table = tableOf(log, holds);
  const reach = /** @type {KeyReach} */ (/** @type {unknown} */ (reachOf().reach));
  for (const event of events) {
    const act = actionOf(table, event, reach);
    if (act) act();
    else log.push("none");
  }
  return log;
}

test("a key is bound with Shift as without, unless that is bound itself", () => {
  const events = [pressed("x"), pressed("X", SHIFT), pressed("y"), pressed("Y", SHIFT)];
  assert.deepEqual(done(events), ["x: x", "Shift+x: x", "x: y", "x: y"]);
});

test("Ctrl is ⌘, and a key with Alt, or with a Ctrl that is not bound, is not ours", () => {
  const events = [
    pressed("z", { ctrlKey: true }),
    pressed("z", { metaKey: true }),
    pressed("z"),
    pressed("x", { ctrlKey: true }),
    pressed("x", { altKey: true }),
    pressed("z", { ctrlKey: true, altKey: true }),
  ];
  const none = Array(4).fill("none");
  assert.deepEqual(done(events), ["Ctrl+z: z", "Ctrl+z: z", ...none]);
});

test("a key that holds for nothing now is the notebook's", () => {
  assert.deepEqual(done([pressed("x")], { x: false }), ["none"]);
  assert.deepEqual(done([pressed("X", SHIFT)], { "Shift+x": false }), ["none"]);
});

test("of what is bound to a key, the first that holds is done", () => {
  assert.deepEqual(done([pressed("Escape"), pressed("q")]), [
    "Escape: Escape",
    "Escape: q",
  ]);
});

test("a key of ours is kept from the notebook, the others are left to it", () => {
  const { canvas, reach, life } = reachOf();
  /** @type {string[]} */
  const log = [];
  const help = { isOpen: false, toggle: () => {}, close: () => {} };
  listenToKeys(tableOf(log), { ...reach, help }, life.signal);
  const event = (/** @type {string} */ key) =>
    Object.assign(new Event("keydown", { cancelable: true }), pressed(key));
  const ours = event("x");
  canvas.dispatchEvent(ours);
  const other = event("w");
  canvas.dispatchEvent(other);
  assert.deepEqual([ours.defaultPrevented, other.defaultPrevented], [true, false]);
  assert.deepEqual(log, ["x: x"]);
});

test("W chooses the other way, on any keyboard, once it is made", () => {
  const made = new Set([BY]);
  const set = { by: BY };
  const store = {
    method: { finds_threshold: true },
    ways: { names: [OTHER, BY], has: (/** @type {string} */ by) => made.has(by) },
    get: () => set.by,
    set: (/** @type {"by"} */ name, /** @type {string} */ value) => {
      set[name] = value;
    },
  };
  const reach = /** @type {any} */ ({ store });
  const press = (/** @type {string} */ key, /** @type {string} */ code) => {
    const act = actionOf(KEYS, pressed(key, { code }), reach);
    act?.();
    return [act !== null, set.by];
  };
  assert.deepEqual(press("w", "KeyW"), [true, BY]);
  made.add(OTHER);
  assert.deepEqual(press("w", "KeyW"), [true, OTHER]);
  assert.deepEqual(press("ц", "KeyW"), [true, BY]); // Russian
  assert.deepEqual(press("w", "KeyZ"), [true, OTHER]); // AZERTY
  const told = () =>
    KEYS.filter((entry) => entry.told?.({ store: reach.store }) ?? true);
  assert.ok(told().some(({ keys }) => keys === "W"));
  store.ways.names = [BY]; // With one way there is no such key.
  assert.deepEqual(press("w", "KeyW"), [false, OTHER]);
  assert.ok(!told().some(({ keys }) => keys === "W"));
  assert.equal(told().length, KEYS.length - 1);
  store.method.finds_threshold = false;
  assert.equal(told().length, KEYS.length - 2);
});

test("every entry says what its keys do, and none is bound twice", () => {
  const bound = KEYS.flatMap(({ bindings }) => bindings);
  const always = bound.filter(({ when }) => !when).flatMap(({ on }) => on);
  assert.equal(new Set(always).size, always.length);
  const sometimes = bound.filter(({ when }) => when).flatMap(({ on }) => on);
  assert.ok(sometimes.every((key) => !always.includes(key)));
  for (const { keys, effect, bindings } of KEYS) {
    assert.ok(keys && effect && bindings.every(({ on }) => on.length > 0));
  }
});

test("letters that are bound alone are the letters that the help writes", () => {
  for (const { keys, bindings } of KEYS) {
    const letters = bindings
      .flatMap(({ on }) => on)
      .filter((key) => /^[a-z]$/.test(key));
    const written = keys.split(/[ ,]+/).filter((word) => /^[A-Z]$/.test(word));
    if (keys.startsWith("Ctrl")) continue;
    assert.deepEqual(
      letters,
      written.map((letter) => letter.toLowerCase()),
    );
  }
});

test("a key that a tooltip names is bound, and the help names it the same", () => {
  for (const key of Object.values(KEY)) {
    const entry = KEYS.find(({ bindings }) =>
      bindings.some(({ on }) => on.includes(key)),
    );
    assert.ok(entry?.keys.split(", ").includes(keyName(key)), key);
  }
  assert.equal(withKey("Show or hide", KEY.show), "Show or hide (key H)");
  assert.equal(withKey("Thing", KEY.granularity, "next"), "Thing (key G: next)");
  const segment = /** @type {any} */ ({ id: 1, visible: true, open: false });
  assert.equal(editOf(KEY.edit, segment)?.op, "reopen");
  assert.equal(editOf(KEY.show, segment)?.op, "change");
});
