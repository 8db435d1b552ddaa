/** How much is asked of the kernel, and kept. */

import assert from "node:assert/strict";
import test from "node:test";
import { Fields } from "../src/model/fields.js";
import { PromptList } from "../src/model/prompts/list.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Store } from "../src/model/store.js";
import { Host } from "./host.js";
import { infoOf } from "./info.js";
import { STATS } from "./model.js";
import { likeCell } from "./seeds.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */
/** @typedef {import("../src/model/prompts/click.js").Click} Click */
/** @typedef {import("../src/maths/seeds.js").Seed} Cell */

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
function countFields(wants) {
  return wants.reduce((sum, { images }) => sum + images.length, 0);
}

test("with 256 x 256 cells each field is asked for once, about 1 MB at a time", (t) => {
  const { host, store, shown } = open(t, 256, 40);
  host.reply = ({ id }) => host.deliver({ type: "error", id, message: "No." });
  store.attach({}, () => assert.ok(store.state), new AbortController().signal);
  store.show({}, shown);
  host.pump();
  assert.equal(host.fields.size, 480);
  assert.deepEqual([...new Set(host.fields.values())], [1]);
  const sizes = host.sent.filter(({ wants }) => wants).map(({ wants }) => wants);
  assert.ok(sizes.every((wants) => countFields(wants) * 256 * 256 * 4 <= MIB));
  const active = sizes.findIndex((wants) => wants[0].images[0] !== 0);
  assert.equal(active, Math.ceil(40 / 3)); // The active image's fields come first.
  for (const image of shown) {
    for (const { click } of store.clicks) {
      const cell = /** @type {Cell} */ ([click[0], 0, click[1]]);
      assert.ok(store.fields.get(likeCell(cell), image));
    }
  }
});

test("a field that is larger than a reply should be is asked for alone", () => {
  const fields = new Fields(infoOf({ grid: [600, 600] }));
  const positives = [likeCell([0, 0, 0]), likeCell([0, 0, 1])];
  const wants = fields.missing(
    { positives, negatives: [], hasNegatives: false },
    [0, 1],
  );
  assert.deepEqual(wants, [{ seeds: positives[0], images: [0] }]);
});

test("asking what is missing changes nothing: the limit stays", () => {
  const fields = new Fields(infoOf({ grid: [256, 256] }));
  const positives = Array.from({ length: 300 }, (_, k) => likeCell([0, 0, k % 256]));
  const seeds = { positives, negatives: [], hasNegatives: false };
  fields.reserve(300, 1);
  const buffer = new Float32Array(256 * 256).buffer;
  const ask = { ...seeds, positives: positives.slice(0, 1) };
  for (let col = 0; col < 256; col++) {
    const entry = { seeds: likeCell([0, 0, col]), images: [0], stats: STATS };
    fields.accept({ type: "fields", id: "", fields: [entry] }, [buffer]);
    fields.missing(ask, [0]);
  }
  assert.deepEqual(fields.missing(seeds, [0]), []);
});

test("an undo and a redo ask for nothing that the page has", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  for (const click of /** @type {Click[]} */ ([
    [0, 0, 0, 1],
    [1, 1, 0, 1],
  ])) {
    store.edit({ op: "add", prompt: click });
    host.pump();
  }
  assert.equal(host.fields.size, 2 * IMAGES);
  const asked = host.count("fields");
  for (const op of /** @type {const} */ (["undo", "undo", "redo", "redo"])) {
    store.edit({ op });
    host.pump();
    assert.equal(store.state, "idle");
  }
  assert.equal(host.count("fields"), asked);
  assert.ok(new Segmentation(store).of(5).exact);
});

test("of what a reply brings too little the rest is asked for", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  store.edit({ op: "add", prompt: [0, 0, 0, 1] });
  host.queue.length = 0;
  const { id } = host.last("edit");
  const seeds = likeCell([0, 0, 0]);
  host.deliver(
    {
      type: "edited",
      id,
      prompts: { keep: 0, added: [[0, 0, 0, 1]] },
      history: [true, false],
      fields: [{ seeds, images: [0], stats: STATS }],
    },
    [new Float32Array(4).buffer],
  );
  assert.equal(store.state, "idle");
  assert.deepEqual(host.last("fields").wants, [{ seeds, images: shown.slice(1) }]);
});

test("while an edit's answer is near, its fields are not asked for as well", (t) => {
  const { host, store, shown } = open(t, 2, 0);
  store.show({}, shown);
  host.pump();
  store.edit({ op: "add", prompt: [0, 0, 0, 1] });
  host.set("clicks", [[0, 0, 0, 1]]); // The trait comes first.
  assert.equal(host.count("fields"), 0);
  host.pump();
  assert.equal(host.count("fields"), 0);
  assert.equal(store.state, "idle");
});

test("a click among 10 000, sent and waiting, is seen once", () => {
  /** @type {(k: number) => Click} */
  const make = (k) => [0, k % 100, Math.floor(k / 100), 1];
  const told = Array.from({ length: 10_000 }, (_, k) => make(k));
  const clicks = new PromptList(told.slice(0, 7000), [true, false]);
  for (const click of told.slice(7000)) clicks.push({ op: "add", prompt: click });
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
  clicks.tell({ prompts: counted.slice(0, 7000) });
  assert.equal(clicks.expected.clicks.length, 9500);
  clicks.tell({ prompts: counted });
  assert.equal(clicks.expected.clicks.length, 10_000);
  assert.ok(clicks.expected.unsure);
  // Each click is looked at a few times, and not once for every other.
  assert.ok(reads < 1e6, `${reads}`);
});
