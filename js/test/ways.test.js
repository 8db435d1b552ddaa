/** The ways that a click can be meant: when they are asked for, and what follows. */

import assert from "node:assert/strict";
import test from "node:test";
import { Hover } from "../src/model/hover.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Ways } from "../src/model/ways.js";
import { infoOf } from "./info.js";
import { A, B, click, open } from "./opened.js";
import { likeCell } from "./seeds.js";
import { BY, OTHER, twoWays, WAY } from "./ways.js";

/** @typedef {import("./model.js").FakeModel} FakeModel */

const BOTH = { [BY]: WAY, [OTHER]: WAY };
/** What the kernel answers, but for ways. */
const ALL = ["pictures", "fields", "moments", "vectors"];

/** @param {FakeModel} model */
function askedWays(model) {
  return model.sent.filter(({ type }) => type === "way").map(({ by }) => by);
}

test("a way that is not made is asked for after all that is on view, and once", () => {
  const { model, store } = open({ ...twoWays(), clicks: [A] }, []);
  while (model.open().some(({ type }) => type === "pictures" || type === "fields")) {
    assert.deepEqual(askedWays(model), []);
    model.reply(model.open()[0]);
  }
  assert.deepEqual(askedWays(model), [OTHER]);
  assert.equal(store.state, "idle");
  model.answer("way", "moments", "vectors");
  assert.deepEqual(store.ways.get(OTHER), WAY);
  store.set("threshold", 0.1);
  store.set("by", OTHER);
  assert.deepEqual(askedWays(model), [OTHER]);
});

test("while a way is being made it is asked for again, until it is ready", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open(twoWays(), ["pictures"]);
  for (const wait of [300, 600, 1200]) {
    const { id } = model.last("way");
    model.done.add(id);
    model.deliver({ type: "later", id });
    model.answer("moments", "vectors"); // They do not wait for it.
    const asked = model.count("way");
    assert.equal(store.ways.has(OTHER), false);
    assert.equal(store.error, null);
    t.mock.timers.tick(wait);
    assert.equal(model.count("way"), asked + 1);
  }
  model.answer("way");
  assert.ok(store.ways.has(OTHER));
  t.mock.timers.tick(10_000);
  assert.equal(model.count("way"), 4);
});

test("why a way cannot be made is said, and it is not tried again with each click", () => {
  const { model, store } = open(twoWays(), ["pictures"]);
  const message = "The weights cannot be read.";
  model.deliver({ type: "error", id: model.last("way").id, message });
  assert.equal(store.ways.reason(OTHER), message);
  assert.equal(store.error, message);
  click(store, A);
  model.answerEdit();
  store.set("num_eig", 2);
  assert.equal(model.count("way"), 1);
  // Another page, or a cell, may have better luck.
  model.deliver({ type: "way", id: "another-1", by: OTHER, ...WAY });
  assert.equal(store.ways.reason(OTHER), undefined);
  assert.deepEqual(store.ways.get(OTHER), WAY);
});

test("with one way, or with both of them made, none is asked for", () => {
  for (const traits of [{}, twoWays(BOTH)]) {
    assert.equal(open(traits).model.count("way"), 0);
  }
});

test("a way that was set before it is made is asked for first", () => {
  const traits = twoWays({});
  const { model, store } = open({ ...traits, by: BY }, ["pictures"]);
  assert.deepEqual(askedWays(model), [BY]);
  model.answer("way");
  assert.deepEqual(askedWays(model), [BY, OTHER]);
  assert.ok(store.way);
});

test("without a kernel there are the ways that the page holds", () => {
  const { _info } = twoWays();
  assert.deepEqual(new Ways(_info).names, [OTHER, BY]);
  assert.deepEqual(new Ways({ ..._info, offline: true }).names, [BY]);
  assert.deepEqual(new Ways(infoOf()).names, [BY]);
});

test("fields of both ways are kept: what was shown once is not asked for again", () => {
  const { model, store } = open({ ...twoWays(BOTH), clicks: [A] });
  model.answer(...ALL);
  assert.equal(model.last("fields").wants[0].seeds.parameters.by, BY);
  store.set("by", OTHER);
  assert.deepEqual(model.last("fields").wants, [
    { seeds: likeCell([0, 0, 0], 4, OTHER), images: [0] },
  ]);
  assert.equal(store.state, "pending");
  model.answer(...ALL);
  const sent = model.sent.length;
  const segmentation = new Segmentation(store);
  for (const by of [BY, OTHER, BY]) {
    store.set("by", by);
    assert.equal(store.state, "idle");
    assert.ok(segmentation.of(0).exact);
  }
  assert.equal(model.sent.length, sent);
});

test("moments, sample and vectors are asked for by way", () => {
  const { model, store } = open(twoWays(BOTH));
  const asked = () =>
    model.sent
      .filter(({ type }) => type === "moments" || type === "vectors")
      .map(({ type, sample, by }) => `${sample ? "sample" : type} ${by}`);
  /** @param {string} by */
  const expected = (by) =>
    ["moments", "vectors", "sample", "vectors"].map((what) => `${what} ${by}`);
  assert.deepEqual(asked(), expected(BY));
  store.set("by", OTHER);
  model.saves.at(-1)?.("idle");
  model.answer("moments", "vectors");
  assert.deepEqual(asked().slice(4).toSorted(), expected(OTHER).toSorted());
  store.set("by", BY);
  assert.equal(asked().length, 8);
});

test("where the vectors of a way are here, previews stand in for its fields", () => {
  const { model, store } = open({ ...twoWays(BOTH), clicks: [A] });
  const segmentation = new Segmentation(store);
  model.answer(...ALL);
  store.set("by", OTHER);
  assert.equal(segmentation.of(0).current, false);
  model.answer(...ALL);
  assert.equal(segmentation.of(0).exact, true);
  model.set("clicks", [A, B]); // Of a cell: their fields are not here.
  for (const by of [BY, OTHER]) {
    store.set("by", by);
    const { current, exact } = segmentation.of(0);
    assert.deepEqual([current, exact], [true, false], by);
  }
});

test("a switch changes what a hover shows", () => {
  const { model, store } = open(twoWays(BOTH));
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  const { version } = hover;
  store.set("by", OTHER);
  assert.equal(hover.shown, null); // Nothing of that way is here yet.
  model.saves.at(-1)?.("idle");
  model.answer("moments", "vectors");
  assert.ok(hover.shown);
  assert.ok(hover.version > version);
  assert.equal(hover.seeds.positives[0].parameters.by, OTHER);
});

test("a click that was hovered over is not kept over a switch", () => {
  const { store } = open(twoWays(BOTH));
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  click(store, A);
  hover.point(null);
  assert.equal(hover.keeps, true);
  store.set("by", OTHER);
  assert.equal(hover.keeps, false);
});

test("an image may be blank in one way, and is not known before the way is", () => {
  const blank = { ...WAY, blank: [0] };
  const { model, store } = open({ ...twoWays(), by: OTHER, clicks: [A] });
  const segmentation = new Segmentation(store);
  model.answer(...ALL);
  assert.equal(segmentation.of(0).exact, false);
  assert.ok(segmentation.of(0).count > 0);
  model.deliver({ type: "way", id: model.last("way").id, by: OTHER, ...blank });
  assert.deepEqual([segmentation.of(0).exact, segmentation.of(0).count], [true, 0]);
  store.set("by", BY);
  model.answer("fields");
  assert.ok(segmentation.of(0).count > 0);
});

test("masks of segments are of no way", () => {
  const segment = {
    ...{ id: 1, name: "a", edition: 0, clicks: 1, color: "#ffffff" },
    ...{ visible: true, instances: "whole", open: false },
  };
  const { model, store } = open({ ...twoWays(BOTH), _segments: [segment] });
  const asked = model.count("segments");
  assert.ok(asked > 0);
  store.set("by", OTHER);
  assert.equal(model.count("segments"), asked);
});
