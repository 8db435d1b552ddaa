/** A page without a kernel undoes as a page with one does. */

import assert from "node:assert/strict";
import test from "node:test";
import { Store } from "../src/model/store.js";
import { openOffline } from "../src/offline/page.js";
import { infoOf } from "./info.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {Click} */
const A = [0, 5, 5, 1];

/** @type {(file: Blob) => Promise<any>} */
const decode = async () => ({ close() {} });

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, unknown>} [traits]
 * @param {number | null} [own] the threshold that was set, where another was found
 */
function open(t, traits = {}, own = null) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const info = { ...infoOf(), offline: true };
  const settings = Object.entries(info.settings).map(([name, { default: value }]) => [
    name,
    value,
  ]);
  const page = {
    traits: {
      ...Object.fromEntries(settings),
      _info: info,
      _colors: 0,
      _revision: 0,
      _segments: [],
      _still: null,
      clicks: [],
      _history: [false, false],
      ...traits,
    },
    own_threshold: own,
    parts: [Buffer.from(new Uint16Array(4).buffer).toString("base64")],
    quantised: { low: [0], step: [1] },
    vectors: {},
    sample: 0,
    count: 12,
    moments: {},
    pictures: {},
    segments: {},
  };
  const widget = { initialize() {}, render() {} };
  const model = openOffline(widget, page, /** @type {any} */ (null));
  const life = new AbortController();
  t.after(() => life.abort());
  const store = new Store(/** @type {any} */ (model), life.signal, decode);
  /** Do something, and let it be answered. */
  const after = async (/** @type {() => void} */ act) => {
    act();
    now += 250;
    t.mock.timers.tick(250);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const undo = () => after(() => store.edit({ op: "undo" }));
  return { store, after, undo };
}

test("settings and clicks are undone in the order in which they were made", async (t) => {
  const { store, after, undo } = open(t);
  await after(() => store.set("threshold", 0.6, true));
  await after(() => store.set("threshold", 0.7, true));
  store.release();
  await after(() => store.edit({ op: "add", prompt: A }));
  await after(() => store.set("granularity", 2));
  await after(() => store.set("granularity", 3));
  const shown = () => [
    store.get("threshold"),
    store.clicks.length,
    store.get("granularity"),
  ];
  const first = store.info.settings.granularity.default;
  const seen = [];
  for (let k = 0; k < 4; k++) {
    assert.equal(store.history[0], true);
    await undo();
    seen.push(shown());
  }
  assert.deepEqual(seen, [
    [0.7, 1, 2],
    [0.7, 1, first],
    [0.7, 0, first],
    [0.5, 0, first],
  ]);
  assert.deepEqual(store.history, [false, true]);
  await after(() => store.edit({ op: "redo" }));
  assert.equal(store.get("threshold"), 0.7);
});

test("a slider that is back leaves nothing to undo, how it looks never does", async (t) => {
  const { store, after } = open(t);
  await after(() => store.set("threshold", 0.6, true));
  await after(() => store.set("threshold", 0.5, true));
  await after(() => store.set("opacity", 0.9));
  assert.deepEqual(store.history, [false, false]);
});

test("Auto off brings back the threshold that was set", async (t) => {
  const traits = { threshold: 0.63, auto_threshold: true };
  const { store, after, undo } = open(t, traits, 0.4);
  await after(() => store.set("auto_threshold", false));
  assert.equal(store.get("threshold"), 0.4);
  await undo();
  assert.deepEqual([store.get("threshold"), store.get("auto_threshold")], [0.63, true]);
  await after(() => store.set("threshold", 0.7));
  assert.equal(store.get("auto_threshold"), false);
});

test("a name is kept composed, and is no other segment's", async (t) => {
  /** @type {(id: number, name: string) => object} */
  const segment = (id, name) => ({
    ...{ id, name, edition: 0, clicks: 1, color: "#ffffff" },
    ...{ visible: false, instances: "whole", open: false },
  });
  const { store, after } = open(t, { _segments: [segment(1, "a"), segment(2, "b")] });
  const rename = (/** @type {string} */ name) =>
    after(() => store.edit({ op: "change", segment: 2, fields: { name } }));
  await rename(" e\u0301 ");
  assert.equal(store.segments[1].name, "\u00e9");
  for (const name of ["a", " "]) {
    await rename(name);
    assert.equal(store.segments[1].name, "\u00e9");
    assert.match(store.error ?? "", /name/);
  }
});
