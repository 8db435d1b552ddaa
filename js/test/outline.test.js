import assert from "node:assert/strict";
import test from "node:test";
import { findQuads, marginsInto } from "../src/maths/margins.js";
import { Outline } from "../src/stage/outline.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @type {Size} */
const GRID = [4, 4];
/** @type {Size} */
const SIZE = [40, 40];
const VIEW = { x: 0, y: 0, width: 40, height: 40 };

const MAP = Float32Array.from({ length: 16 }, (_, i) => i % 4);

/** @param {number} cut */
function maskAbove(cut) {
  return Uint8Array.from(MAP, (value) => Number(value > cut));
}

/**
 * Opacity and greyness of the outline's pixels around a mask whose similarity grows
 * from left to right: its edge is a straight line down.
 *
 * @param {number} cut
 * @param {Uint8Array} [mask]
 */
function draw(cut, mask = maskAbove(cut)) {
  const cutMaps = { positives: [{ values: MAP, cut }], negatives: [] };
  const quads = new Uint8Array(16);
  const margins = marginsInto(new Float32Array(16), mask, cutMaps, GRID);
  findQuads(quads, margins, GRID);
  const outline = new Outline();
  outline.fit(SIZE, VIEW, SIZE, GRID);
  const pixels = new Uint32Array(1600);
  outline.paint(pixels, quads, margins, 1);
  return pixels;
}

test("the light line lies where the similarity crosses the cut, dark beside it", () => {
  // Cell centres are 10 pixels apart, the first at 5: similarity 1.5 lies at x = 20.
  const pixels = draw(1.5);
  for (const y of [0, 17, 39]) {
    const line = [...pixels.slice(40 * y, 40 * y + 40)];
    const opaque = line.flatMap((pixel, x) => (pixel >>> 24 > 0 ? [x] : []));
    assert.deepEqual(opaque, [18, 19, 20, 21]);
    const grey = line.map((pixel) => pixel & 255);
    assert.ok(grey[19] > 150 && grey[20] > 150);
    assert.ok(grey[18] < 50 && grey[21] < 50);
  }
});

test("it follows an edge along a quad's own edge", () => {
  const pixels = draw(1); // At x = 15, between two quads.
  const line = [...pixels.slice(0, 40)];
  const opaque = line.flatMap((pixel, x) => (pixel >>> 24 > 0 ? [x] : []));
  assert.deepEqual(opaque, [13, 14, 15, 16]);
});

test("what denoise has dropped has no outline", () => {
  assert.ok(draw(1.5, new Uint8Array(16)).every((pixel) => pixel === 0));
});

test("a mask of everything has no outline", () => {
  assert.ok(draw(-1).every((pixel) => pixel === 0));
});
