/** The share of an image that the page tells: pixels of the mask at the image's size. */

import assert from "node:assert/strict";
import test from "node:test";
import { wholeImage } from "../src/maths/coordinates.js";
import { findQuads, marginsInto } from "../src/maths/margins.js";
import { SmoothMask } from "../src/maths/smooth.js";

/** @typedef {import("../src/maths/margins.js").CutMap} CutMap */
/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @type {Size} */
const GRID = [7, 9];
const CELLS = GRID[0] * GRID[1];

/** @param {number} seed */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param {number} number of maps
 * @param {() => number} random
 * @returns {CutMap[]}
 */
function cutMaps(number, random) {
  return Array.from({ length: number }, () => ({
    // Some alike, so that cuts fall on plateaus, too.
    values: Float32Array.from({ length: CELLS }, () => Math.round(8 * random()) / 8),
    cut: Math.fround(random()),
  }));
}

test("as many pixels are counted as are painted, whatever the clicks and the size", () => {
  const smooth = new SmoothMask();
  const quads = new Uint8Array(CELLS);
  const margins = new Float32Array(CELLS);
  for (let seed = 0; seed < 40; seed++) {
    const random = randomNumbers(seed);
    const positives = cutMaps(1 + (seed % 3), random);
    const negatives = cutMaps(seed % 4, random);
    /** @type {Size} */
    const size = [1 + Math.floor(120 * random()), 1 + Math.floor(150 * random())];
    const mask = new Uint8Array(CELLS);
    for (let i = 0; i < CELLS; i++) {
      const isAbove = (/** @type {CutMap} */ { values, cut }) => values[i] > cut;
      mask[i] = Number(positives.some(isAbove) && !negatives.some(isAbove));
    }
    marginsInto(margins, mask, { positives, negatives }, GRID);
    findQuads(quads, margins, GRID);
    smooth.fit(size, wholeImage(size), size, GRID);
    const pixels = new Uint32Array(size[0] * size[1]);
    smooth.paint(pixels, quads, margins, 1);
    const painted = pixels.reduce((sum, each) => sum + each, 0);
    assert.equal(smooth.count(quads, margins), painted, `${seed}`);
  }
});
