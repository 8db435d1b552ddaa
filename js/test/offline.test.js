/** A page without a kernel undoes as a page with one does. */

import assert from "node:assert/strict";
import test from "node:test";
import { Segmentation } from "../src/model/segmentation.js";
import { Store } from "../src/model/store.js";
import { openOffline } from "../src/offline/page.js";
import { infoOf } from "./info.js";
import { BY, OTHER, twoWays, WAY } from "./ways.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {Click} */
const A = [0, 5, 5, 1];

/** @type {(file: Blob) => Promise<any>} */
const decode = async () => ({ close() {} });

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, unknown>} [traits]
 * @param {number | null} [own] the threshold that was set, where another was found
 * @param {Partial<import("../src/offline/page.js").Page>} [given] what it holds
 */
function open(t, traits = {}, own = null, given = {}) {
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
    parts: [],
    ways: {},
    pictures: { stage: [], thumb: [] },
    segments: {},
    ...given,
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

/** @param {Uint16Array | Float64Array} values */
function inBase64(values) {
  return Buffer.from(values.buffer).toString("base64");
}

/**
 * A page of one image and two ways: to one the cells 0 and 3 are alike, and 1 and 2, to
 * the other 0 and 1, and 2 and 3.
 */
function twoWaysInPage() {
  const levels = [
    [1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  ].map((each) => inBase64(Uint16Array.from(each)));
  const moments = [4, 16].map((size) => inBase64(new Float64Array(size).fill(0.25)));
  const picture = { image: 0, mime: "image/png", width: 1, height: 1 };
  const ways = [BY, OTHER].map((by, part) => {
    const way = {
      quantised: { low: [0, 0, 0, 0], step: [1, 1, 1, 1] },
      vectors: { 0: part },
      sample: part,
      count: 4,
      moments: { 4: /** @type {[number, number]} */ ([2, 3]) },
      colors: [{ ...picture, part }],
    };
    return [by, way];
  });
  const pictures = [{ ...picture, part: 0 }];
  return {
    parts: [...levels, ...moments],
    ways: Object.fromEntries(ways),
    pictures: { stage: pictures, thumb: pictures },
  };
}

test("a page with two ways shows the other mask after a switch, and undoes it", async (t) => {
  const made = { [BY]: WAY, [OTHER]: WAY };
  const given = { offline: true, sizes: infoOf().sizes.slice(0, 1) };
  const traits = { ...twoWays(made, given), overlay: "eigvecs", denoise: false };
  const { store, after, undo } = open(t, traits, null, twoWaysInPage());
  const segmentation = new Segmentation(store);
  await after(() => store.show({}, [0]));
  await after(() => store.edit({ op: "add", prompt: A }));
  const shown = async () => {
    await after(() => {}); // What was asked for is answered.
    await after(() => {});
    assert.deepEqual([store.state, store.error], ["idle", null]);
    assert.ok(store.pictures.eigvecs.get(0));
    assert.ok(segmentation.of(0).exact);
    return [...segmentation.of(0).mask];
  };
  assert.deepEqual(await shown(), [1, 0, 0, 1]);
  const first = store.pictures.eigvecs.get(0);
  await after(() => store.set("by", OTHER));
  assert.deepEqual(await shown(), [1, 1, 0, 0]);
  assert.notEqual(store.pictures.eigvecs.get(0), first);
  await undo();
  assert.equal(store.get("by"), BY);
  assert.deepEqual(await shown(), [1, 0, 0, 1]);
  assert.equal(store.clicks.length, 1);
});

test("a page without a kernel asks for no way that it does not hold", async (t) => {
  const { ways, ...rest } = twoWaysInPage();
  const traits = twoWays({ [BY]: WAY }, { offline: true });
  const page = { ...rest, ways: { [BY]: ways[BY] } };
  const { store, after } = open(t, traits, null, page);
  await after(() => store.show({}, [0]));
  await after(() => {});
  assert.equal(store.error, null);
  assert.deepEqual(store.ways.names, [BY]);
});
