import assert from "node:assert/strict";
import test from "node:test";
import { componentsInto } from "../src/maths/denoise.js";
import { findQuads, MIXED, marginsInto, OFF, ON } from "../src/maths/margins.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */

/**
 * @param {number[]} map
 * @param {number[]} mask
 * @param {Size} grid
 */
function marginsOf(map, mask, grid) {
  const positives = [{ values: Float32Array.from(map), cut: 0 }];
  const out = new Float32Array(map.length);
  return marginsInto(out, Uint8Array.from(mask), { positives, negatives: [] }, grid);
}

test("what is a cell wide has a quarter of the margin beside it, at least", () => {
  const margins = marginsOf(
    [-4, -4, -4, 0.5, 0.5, 0.5, -2, -2, -2],
    [0, 0, 0, 1, 1, 1, 0, 0, 0],
    [3, 3],
  );
  assert.deepEqual([...margins], [-4, -4, -4, 1, 1, 1, -2, -2, -2]);
});

test("where it is wider, margins are what lies between similarity and cut", () => {
  const map = [-8, -8, 0.5, 0.5, 3, 3];
  const margins = marginsOf(map, [0, 0, 1, 1, 1, 1], [3, 2]);
  assert.deepEqual([...margins], map);
});

test("what denoise has dropped is outside", () => {
  const margins = marginsOf([3, -1, -1, -1], [0, 0, 0, 0], [2, 2]);
  assert.deepEqual([...margins], [-3, -1, -1, -1]);
});

test("a quad is all in the mask, none of it, or to be looked at", () => {
  const quads = new Uint8Array(6);
  findQuads(quads, Float32Array.of(1, 1, -1, 1, 1, -1), [2, 3]);
  assert.deepEqual([...quads], [ON, MIXED, OFF, ON, MIXED, OFF]);
});

test("parts of a mask are numbered in the order of their first cells", () => {
  const margins = [1, -1, 1, -1, -1, 1, 1, -1, -1];
  const parts = componentsInto(new Int32Array(9), margins, [3, 3], new Int32Array(9));
  assert.deepEqual([...parts], [1, 0, 2, 0, 0, 2, 3, 0, 0]);
});
