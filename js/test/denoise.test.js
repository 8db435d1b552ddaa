import assert from "node:assert/strict";
import test from "node:test";
import { countCells, denoiseInto } from "../src/maths/denoise.js";

test("denoise drops small parts, and diagonal neighbours belong together", () => {
  const mask = Uint8Array.from(
    [
      [1, 0, 0, 0, 1],
      [0, 1, 0, 0, 1],
      [0, 0, 1, 0, 0],
      [1, 0, 0, 0, 0],
    ].flat(),
  );
  denoiseInto(mask, [4, 5], 3, new Int32Array(20));
  assert.deepEqual(
    [...mask],
    [
      [1, 0, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 0, 0],
    ].flat(),
  );
});

test("denoise does not join cells across the ends of two rows", () => {
  const mask = Uint8Array.from([0, 0, 1, 1, 0, 0]);
  denoiseInto(mask, [2, 3], 2, new Int32Array(6));
  assert.equal(countCells(mask), 0);
});

test("denoise keeps everything at an area of 0 or 1, and all of a full mask", () => {
  for (const area of [0, 1]) {
    const mask = Uint8Array.of(1, 0, 1, 0);
    denoiseInto(mask, [1, 4], area, new Int32Array(4));
    assert.deepEqual([...mask], [1, 0, 1, 0]);
  }
  const full = new Uint8Array(64 * 64).fill(1);
  denoiseInto(full, [64, 64], 64 * 64, new Int32Array(64 * 64));
  assert.equal(countCells(full), 64 * 64);
});
