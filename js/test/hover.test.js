/** What a click would give, shown before it is made or answered. */

import assert from "node:assert/strict";
import test from "node:test";
import { Hover } from "../src/model/hover.js";
import { Segmentation } from "../src/model/segmentation.js";
import { A, B, click, open } from "./opened.js";

/** @param {Hover} hover */
function maskOf(hover) {
  return [...(hover.shown?.of(0).mask ?? [])];
}

test("hovering previews no biased cut", () => {
  const { store } = open();
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  store.set("method", "biased_ncut");
  assert.equal(hover.shown, null);
  click(store, A);
  assert.ok(!hover.keeps);
});

test("a click that was hovered over keeps its preview until the kernel answers", () => {
  const { model, store } = open();
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  assert.equal(hover.keeps, false);
  click(store, A);
  hover.point(null);
  assert.equal(hover.keeps, true);
  store.set("threshold", 0.1); // Another mask than the one that was shown.
  assert.equal(hover.keeps, false);
  store.set("threshold", 0.5);
  model.answerEdit();
  assert.equal(hover.keeps, false);
});

test("a click shows its preview at once, until the kernel's fields come", () => {
  const { model, store } = open();
  const segmentation = new Segmentation(store);
  click(store, A);
  const preview = segmentation.of(0);
  assert.deepEqual(
    [preview.current, preview.exact, preview.marked],
    [true, false, true],
  );
  assert.equal(store.state, "pending");
  assert.deepEqual([...preview.mask], [1, 0, 0, 1]);
  model.answerEdit();
  assert.equal(segmentation.of(0).exact, true);
  assert.deepEqual([...segmentation.of(0).mask], [0, 0, 0, 1]);
});

test("hovering shows what a click would give, and nothing is asked of the kernel", () => {
  const { model, store } = open({}, ["pictures"]);
  const hover = new Hover(store);
  hover.point(A);
  assert.equal(hover.shown, null); // What it needs is not here yet.
  model.answer("moments", "vectors");
  const sent = model.sent.length;
  assert.deepEqual(maskOf(hover), [1, 0, 0, 1]);
  const { version } = hover;
  hover.point([0, 6, 6, 1]); // In the same cell.
  assert.ok(hover.shown);
  assert.equal(hover.version, version);
  hover.point(B);
  assert.deepEqual(maskOf(hover), [0, 1, 1, 0]);
  store.set("hover_preview", false);
  assert.equal(hover.shown, null);
  store.set("hover_preview", true);
  hover.point([0, 6, 6, 0]);
  assert.equal(hover.shown, null); // A negative click alone gives nothing.
  hover.point(null);
  assert.equal(hover.shown, null);
  assert.equal(model.sent.length, sent);
});

test("hovering adds to the clicks, and where one was made it changes nothing", () => {
  const { model, store } = open();
  const hover = new Hover(store);
  click(store, A);
  model.answerEdit();
  hover.point([0, 6, 6, 1]);
  assert.equal(hover.shown, null);
  hover.point(B);
  assert.deepEqual(maskOf(hover), [0, 1, 1, 1]);
  hover.point([0, 15, 15, 0]);
  assert.deepEqual(maskOf(hover), [0, 0, 0, 0]);
});
