/** Images that are still to come, and what changes when they are there. */

import assert from "node:assert/strict";
import test from "node:test";
import { Cache } from "../src/model/cache.js";
import { isAwaited, isBlank, readyOf } from "../src/model/images.js";
import { Segmentation } from "../src/model/segmentation.js";
import { infoOf } from "./info.js";
import { A, click, open } from "./opened.js";
import { likeCell } from "./seeds.js";
import { BY, twoWays } from "./ways.js";

const ALL = ["pictures", "fields", "moments", "vectors", "way"];
const EIGVALS = [1, 0.9, 0.5, 0.2];

/** @param {number[]} awaited of three images */
function infoWith(...awaited) {
  return infoOf({ ways: { [BY]: { eigvals: EIGVALS, blank: awaited, awaited } } });
}

test("the page knows which images are there", () => {
  const { store, model } = open({ _info: infoWith(1, 2) }, ALL);
  assert.deepEqual([isAwaited(store.way, 0), isAwaited(store.way, 1)], [false, true]);
  assert.equal(readyOf(store.info, store.way), 1);
  model.set("_info", infoWith());
  assert.ok(!isAwaited(store.way, 1) && !isBlank(store.way, 1));
  assert.equal(readyOf(store.info, store.way), 3);
});

test("masks of fewer images stay until those of more come, and are not exact", () => {
  const { store, model } = open({ _info: infoWith(1, 2), clicks: [A] }, ALL);
  const shown = new Segmentation(store);
  assert.ok(shown.of(0).exact);
  assert.equal(store.state, "idle");
  const fields = model.count("fields");
  model.set("_info", infoWith(2));
  assert.equal(store.state, "pending");
  assert.deepEqual([shown.of(0).current, shown.of(0).exact], [true, false]);
  model.answer(...ALL);
  assert.ok(model.count("fields") > fields);
  assert.ok(shown.of(0).exact && shown.of(1).exact);
  assert.equal(store.state, "idle");
});

test("answers that were asked for before are asked for again", () => {
  const { store, model } = open({ _info: infoWith(1, 2), clicks: [A] }, ["pictures"]);
  const early = model.last("fields");
  model.set("_info", infoWith());
  model.reply(early);
  assert.ok(!store.fields.get(likeCell([0, 0, 0]), 0));
  assert.notEqual(model.last("fields").id, early.id);
  model.answer(...ALL);
  assert.ok(new Segmentation(store).of(0).exact);
});

test("a click that is under way is made, and its fields are asked for again", () => {
  const { store, model } = open({ _info: infoWith(1, 2) }, ALL);
  click(store, A);
  const before = model.count("fields");
  model.set("_info", infoWith());
  model.answerEdit();
  assert.deepEqual(store.prompts, [A]);
  assert.equal(model.count("fields"), before + 1);
  model.answer(...ALL);
  assert.ok(new Segmentation(store).of(0).exact);
});

test("previews are made of the new eigenvectors", () => {
  const { store, model } = open({ _info: infoWith(1, 2) }, ALL);
  const asked = () => model.count("vectors");
  const before = asked();
  const { vectors } = store.previews;
  assert.ok(vectors.get(BY, 0));
  model.set("_info", infoWith());
  assert.equal(vectors.get(BY, 0), undefined);
  model.answer(...ALL);
  assert.ok(vectors.get(BY, 0));
  assert.ok(asked() > before);
});

test("the other way stays as it is", () => {
  const { store, model } = open(twoWays(), ALL);
  const known = [...store.ways.names].map((by) => store.ways.get(by));
  assert.ok(known.every(Boolean));
  model.set("_info", infoWith());
  assert.equal(store.ways.get(store.ways.names[0]), known[0]);
});

test("old entries are kept until others come, but do not count as here", () => {
  const cache = new Cache(4);
  cache.set("a", 1);
  cache.set("b", 2);
  cache.age();
  assert.deepEqual(
    [cache.get("a"), cache.has("a"), cache.isOld("a")],
    [1, false, true],
  );
  cache.set("a", 3);
  assert.deepEqual(
    [cache.get("a"), cache.has("a"), cache.isOld("a")],
    [3, true, false],
  );
  cache.clear();
  assert.equal(cache.isOld("b"), false);
});
