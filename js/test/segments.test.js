import assert from "node:assert/strict";
import { test } from "node:test";
import { pixelsUnder, Runs } from "../src/maths/runs.js";
import { shadesOf } from "../src/maths/shades.js";
import { PromptList } from "../src/model/prompts/list.js";
import { SegmentMasks } from "../src/model/segments.js";

import { infoOf } from "./info.js";

/** @typedef {import("../src/model/link/wire.js").SegmentEntry} SegmentEntry */

/** @type {(id: number, more?: Partial<SegmentEntry>) => SegmentEntry} */
const segment = (id, more = {}) => ({
  id,
  edition: 0,
  name: `s${id}`,
  color: "#e69f00",
  visible: true,
  instances: "connected",
  clicks: 1,
  open: false,
  ...more,
});

/** Rows 011 and 210: as ncut_widget/masks/runs.py has them. */
const RUNS = Uint32Array.from([1, 3, 4, 3, 4, 5, 1, 2, 1]);

/** @param {SegmentEntry[]} segments @param {number[]} images */
function wanted(segments, images) {
  return /** @type {any} */ ({ images, get: () => segments });
}

test("a mask knows its pixels and its things", () => {
  const runs = new Runs(RUNS, [2, 3]);
  assert.equal(runs.count, 4);
  assert.equal(runs.instances, 2);
  const nothing = new Runs(new Uint32Array(0), [2, 3]);
  assert.deepEqual([nothing.count, nothing.instances], [0, 0]);
});

test("every canvas pixel shows the image pixel under its centre", () => {
  const runs = new Runs(RUNS, [2, 3]);
  const pixels = new Uint32Array(6);
  runs.paint(pixels, Int32Array.of(0, 1), Int32Array.of(0, 1, 2), [7, 9]);
  assert.deepEqual([...pixels], [0, 7, 7, 9, 7, 0]);
  const larger = new Uint32Array(4 * 6);
  const rows = pixelsUnder(4, 0, 2, 2);
  const cols = pixelsUnder(6, 0, 3, 3);
  runs.paint(larger, rows, cols, [7, 9]);
  assert.deepEqual([...larger.subarray(6, 18)], [0, 0, 7, 7, 7, 7, 9, 9, 7, 7, 0, 0]);
  // A part of it, one pixel in each direction.
  const part = new Uint32Array(1);
  runs.paint(part, pixelsUnder(1, 1, 1, 2), pixelsUnder(1, 1, 1, 3), [7, 9]);
  assert.deepEqual([...part], [7]);
});

test("shades are those of the kernel", () => {
  const shades = shadesOf("#e69f00");
  const rgb = shades.map((pixel) => [
    pixel & 255,
    (pixel >> 8) & 255,
    (pixel >> 16) & 255,
  ]);
  assert.deepEqual(rgb.slice(0, 2), [
    [230, 159, 0],
    [240, 197, 102],
  ]);
  assert.equal(new Set(shades).size, 6);
});

test("masks of what is shown are asked for, once", () => {
  /** @type {SegmentMasks<Runs>} */
  const masks = new SegmentMasks(
    "stage",
    infoOf({
      sizes: [
        [2, 3],
        [2, 3],
      ],
    }),
  );
  const list = [
    segment(1),
    segment(2, { visible: false }),
    segment(3, { open: true }),
    segment(4),
  ];
  assert.equal(masks.isComplete(list, 0), false);
  const ask = masks.ask(wanted(list, [0, 1]));
  assert.deepEqual(ask?.content, {
    kind: "stage",
    segments: [
      [1, 0],
      [4, 0],
    ],
    images: [0],
  });
  // As many as there was time for.
  const parts = [{ id: 1, edition: 0, image: 0, instances: "connected" }];
  const answer = /** @type {any} */ ({ type: "segments", kind: "stage", parts });
  masks.accept(answer, [RUNS.buffer]);
  masks.refuse(ask?.keys ?? [], answer);
  assert.equal(masks.get(list[0], 0)?.count, 4);
  const content = /** @type {any} */ (masks.ask(wanted(list, [0, 1]))?.content);
  assert.deepEqual(content.segments, [[4, 0]]);
  // One that brings nothing is not asked for again and again.
  masks.refuse(ask?.keys ?? [], /** @type {any} */ ({ ...answer, parts: [] }));
  assert.equal(masks.ask(wanted(list, [0])), null);
  assert.equal(masks.isComplete(list, 0), true);
  // Renamed and recoloured it is the same; of another edition it is not.
  assert.ok(masks.get({ ...list[0], name: "other", color: "#000000" }, 0));
  assert.equal(masks.get({ ...list[0], edition: 1 }, 0), undefined);
  assert.equal(masks.get({ ...list[0], instances: "whole" }, 0), undefined);
});

test("thumbs ask for the masks of all images in view", () => {
  /** @type {SegmentMasks<Uint8Array>} */
  const masks = new SegmentMasks(
    "thumb",
    infoOf({
      sizes: [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
    }),
  );
  const list = [segment(1)];
  const ask = masks.ask(wanted(list, [2, 0]));
  assert.deepEqual(ask?.content, { kind: "thumb", segments: [[1, 0]], images: [2, 0] });
  const parts = [2, 0].map((image) => ({
    id: 1,
    edition: 0,
    image,
    instances: "connected",
  }));
  const answer = /** @type {any} */ ({ type: "segments", kind: "thumb", parts });
  masks.accept(answer, [Uint8Array.of(8).buffer, Uint8Array.of(16).buffer]);
  assert.deepEqual([...(masks.get(list[0], 2) ?? [])], [8]);
  assert.equal(masks.ask(wanted(list, [2, 0])), null);
  assert.equal(masks.ask(wanted([], [1])), null);
});

test("edits of segments leave the clicks, but for commit and opening again", () => {
  const clicks = new PromptList([[0, 1, 1, 1]], [true, false]);
  clicks.push({ op: "change", segment: 1, fields: { visible: false } });
  clicks.push({ op: "delete", segment: 2 });
  assert.equal(clicks.expected.clicks.length, 1);
  clicks.push({ op: "undo" });
  assert.equal(clicks.expected.clicks.length, 1);
  assert.equal(clicks.expected.unsure, false);
  clicks.push({ op: "commit" });
  assert.equal(clicks.expected.clicks.length, 0);
  clicks.push({ op: "undo" });
  assert.equal(clicks.expected.clicks.length, 1);
  clicks.push({ op: "reopen", segment: 1 });
  assert.equal(clicks.expected.unsure, true);
  assert.deepEqual(clicks.expected.history, [true, false]);
});
