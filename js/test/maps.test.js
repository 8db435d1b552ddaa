/** How much is asked of the kernel, and kept. */

import assert from "node:assert/strict";
import test from "node:test";
import { Clicks } from "../src/model/clicks.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Similarities } from "../src/model/similarities.js";
import { Store } from "../src/model/store.js";
import { Host } from "./host.js";
import { infoOf } from "./info.js";
import { STATS } from "./model.js";

/** @typedef {import("../src/model/wire.js").Size} Size */
/** @typedef {import("../src/model/wire.js").Click} Click */
/** @typedef {import("../src/model/wire.js").Cell} Cell */

const MIB = 2 ** 20;
const IMAGES = 12;

/** @type {(file: Blob) => Promise<any>} */
const decode = async () => ({ close() {} });

/**
 * A page that shows 12 images, in a kernel with some clicks.
 *
 * @param {import("node:test").TestContext} t
 * @param {number} side of the grid
 * @param {number} count of the clicks
 */
function open(t, side, count) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sizes = Array.from(
    { length: IMAGES },
    () => /** @type {Size} */ ([side, side]),
  );
  const _info = infoOf({ grid: [side, side], sizes });
  /** @type {Click[]} */
  const clicks = Array.from({ length: count }, (_, k) => [k % IMAGES, k, 0, k % 2]);
  const host = new Host({ _info, clicks });
  host.clicks = clicks;
  const life = new AbortController();
  t.after(() => life.abort());
  const store = new Store(host, life.signal, decode);
  const shown = sizes.map((_, i) => i);
  return { host, store, life, shown };
}

/** @param {{ images: number[] }[]} wants */
function countMaps(wants) {
  return wants.reduce((sum, { images }) => sum + images.length, 0);
}

test("with 256 x 256 cells each map is asked for once, about 1 MB at a time", (t) => {
  const { host, store, shown } = open(t, 256, 40);
  host.reply = ({ id }) => host.deliver({ type: "error", id, message: "No." });
  store.attach({}, () => assert.ok(store.state), new AbortController().signal);
  store.show({}, shown);
  host.pump();
  assert.equal(host.maps.size, 480);
  assert.deepEqual([...new Set(host.maps.values())], [1]);
  const sizes = host.sent.filter(({ wants }) => wants).map(({ wants }) => wants);
  assert.ok(sizes.every((wants) => countMaps(wants) * 256 * 256 * 4 <= MIB));
  const active = sizes.findIndex((wants) => wants[0].images[0] !== 0);
  assert.equal(active, Math.ceil(40 / 3)); // The active image's maps come first.
  for (const image of shown) {
    for (const { click } of store.clicks) {
      const cell = /** @type {Cell} */ ([click[0], 0, click[1]]);
      assert.ok(store.similarities.get(cell, 4, image));
    }
  }
});

test("a map that is larger than a reply should be is asked for alone", () => {
  const similarities = new Similarities([600, 600]);
  const prompts = {
    numEig: 4,
    positives: /** @type {Cell[]} */ ([
      [0, 0, 0],
      [0, 0, 1],
    ]),
    negatives: [],
    together: null,
  };
  const wants = similarities.missing(prompts, [0, 1]);
  assert.deepEqual(wants, [{ cell: [0, 0, 0], images: [0] }]);
});

test("asking what is missing changes nothing: the limit stays", () => {
  const similarities = new Similarities([256, 256]);
  /** @type {Cell[]} */
  const positives = Array.from({ length: 300 }, (_, k) => [0, 0, k % 256]);
  const prompts = { numEig: 4, positives, negatives: [], together: null };
  similarities.reserve(300, 1);
  const buffer = new Float32Array(256 * 256).buffer;
  const ask = { ...prompts, positives: positives.slice(0, 1) };
  for (let col = 0; col < 256; col++) {
    const maps = [{ cell: /** @type {Cell} */ ([0, 0, col]), images: [0] }];
    const entries = maps.map((map) => ({ ...map, stats: STATS }));
    similarities.accept({ type: "maps", id: "", num_eig: 4, maps: entries }, [buffer]);
    similarities.missing(ask, [0]);
  }
  assert.deepEqual(similarities.missing(prompts, [0]), []);
});

test("an undo and a redo ask for nothing that the page has", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  for (const click of /** @type {Click[]} */ ([
    [0, 0, 0, 1],
    [1, 1, 0, 1],
  ])) {
    store.edit({ op: "click", click });
    host.pump();
  }
  assert.equal(host.maps.size, 2 * IMAGES);
  const asked = host.count("maps");
  for (const op of /** @type {const} */ (["undo", "undo", "redo", "redo"])) {
    store.edit({ op });
    host.pump();
    assert.equal(store.state, "idle");
  }
  assert.equal(host.count("maps"), asked);
  assert.ok(new Segmentation(store).of(5).exact);
});

test("of what a reply brings too little the rest is asked for", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  store.edit({ op: "click", click: [0, 0, 0, 1] });
  host.queue.length = 0;
  const { id } = host.last("edit");
  const maps = [{ cell: /** @type {Cell} */ ([0, 0, 0]), images: [0] }];
  const clicks = [[0, 0, 0, 1]];
  host.deliver(
    {
      type: "edited",
      id,
      clicks,
      history: [true, false],
      num_eig: 4,
      maps: maps.map((map) => ({ ...map, stats: STATS })),
    },
    [new Float32Array(4).buffer],
  );
  assert.equal(store.state, "idle");
  assert.deepEqual(host.last("maps").wants, [
    { cell: [0, 0, 0], images: shown.slice(1) },
  ]);
});

test("while an edit's answer is near, its maps are not asked for as well", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  store.edit({ op: "click", click: [0, 0, 0, 1] });
  host.set("clicks", [[0, 0, 0, 1]]); // The trait comes first.
  assert.equal(host.count("maps"), 0);
  host.pump();
  assert.equal(host.count("maps"), 0);
  assert.equal(store.state, "idle");
});

test("a click among 10 000, sent and waiting, is seen once", () => {
  /** @type {(k: number) => Click} */
  const make = (k) => [0, k % 100, Math.floor(k / 100), 1];
  const told = Array.from({ length: 10_000 }, (_, k) => make(k));
  const clicks = new Clicks(told.slice(0, 7000), [true, false]);
  for (const click of told.slice(7000)) clicks.push({ op: "click", click });
  assert.equal(clicks.take().edits.length, 3000);
  for (let k = 0; k < 1000; k++) clicks.push({ op: "undo" });
  for (let k = 0; k < 500; k++) clicks.push({ op: "redo" });
  let reads = 0;
  const counted = told.map((click) => {
    return new Proxy(click, {
      get: (target, name) => {
        reads++;
        return Reflect.get(target, name);
      },
    });
  });
  clicks.tell({ clicks: counted.slice(0, 7000) });
  assert.equal(clicks.expected.clicks.length, 9500);
  clicks.tell({ clicks: counted });
  assert.equal(clicks.expected.clicks.length, 10_000);
  assert.ok(clicks.expected.unsure);
  // Each click is looked at a few times, and not once for every other.
  assert.ok(reads < 1e6, `${reads}`);
});
