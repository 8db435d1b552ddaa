import assert from "node:assert/strict";
import test from "node:test";
import {
  combineHeat,
  combineMasks,
  countCells,
  cutOf,
  denoiseInto,
  heatInto,
  isConstant,
} from "../src/maths/cut.js";

/**
 * Statistics of a whole small batch, straight from their definition.
 *
 * @param {number[] | Float32Array} values
 * @returns {import("../src/model/wire.js").Stats}
 */
function statsOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  /** @type {(q: number) => [number, number]} */
  const around = (q) => {
    const below = Math.floor(q * (count - 1));
    return [sorted[below], sorted[Math.min(below + 1, count - 1)]];
  };
  const std = Math.sqrt(squares / (count - 1));
  return { mean, std, low: around(0.01), high: around(0.99), count };
}

/** A smooth similarity of so many cells. @param {number} count */
function wave(count) {
  return Float32Array.from({ length: count }, (_, i) => Math.cos(i * i * 0.37) * 0.9);
}

/** @param {number[]} values @returns {import("../src/maths/cut.js").Similarity} */
function similarity(values) {
  return { map: Float32Array.from(values), stats: statsOf(values) };
}

const SETTINGS = { gamma: 1, threshold: 0.5, negative_threshold: 0.5 };

test("the cut takes just the cells whose heat is above the threshold", () => {
  const map = wave(400);
  const stats = statsOf(map);
  for (const gamma of [0.1, 1, 5]) {
    const heat = heatInto(new Float32Array(map.length), map, stats, gamma);
    for (const threshold of [0, 0.2, 0.5, 0.99, 1]) {
      const cut = cutOf(stats, gamma, threshold);
      for (let i = 0; i < map.length; i++) {
        if (Math.abs(heat[i] - threshold) < 1e-5) continue; // a tie within rounding
        assert.equal(map[i] > cut, heat[i] > threshold, `${gamma} ${threshold} ${i}`);
      }
    }
  }
});

test("heat is 0 and 1 at the 1 % and 99 % quantiles", () => {
  const map = Float32Array.from({ length: 101 }, (_, i) => i / 101);
  const heat = heatInto(new Float32Array(101), map, statsOf(map), 1);
  assert.ok(Math.abs(heat[1]) < 1e-6);
  assert.ok(Math.abs(heat[99] - 1) < 1e-6);
  assert.ok(heat[100] > 1);
});

test("a higher threshold never adds a cell", () => {
  const map = wave(300);
  const stats = statsOf(map);
  let last = Number.NEGATIVE_INFINITY;
  for (let threshold = 0; threshold <= 1; threshold += 0.05) {
    const cut = cutOf(stats, 2, threshold);
    assert.ok(cut >= last);
    last = cut;
  }
});

test("the cut is a float32, as the kernel's", () => {
  const cut = cutOf(statsOf(wave(100)), 1, 0.37);
  assert.equal(cut, Math.fround(cut));
});

test("no gamma over- or underflows", () => {
  /** @type {import("../src/model/wire.js").Stats} */
  const stats = { mean: 0, std: 0.001, low: [-1, -0.9], high: [0.9, 1], count: 4096 };
  for (const gamma of [0.1, 1, 10]) {
    for (const threshold of [0, 0.5, 1]) {
      const cut = cutOf(stats, gamma, threshold);
      assert.ok(cut >= -1 && cut <= 1, `${gamma} ${threshold}: ${cut}`);
    }
    const heat = heatInto(new Float32Array(2), Float32Array.of(-1, 1), stats, gamma);
    assert.ok(heat.every(Number.isFinite));
  }
});

test("constant similarity gives an empty mask and no heat", () => {
  for (const std of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
    const stats = { ...statsOf([1, 2]), std };
    assert.ok(isConstant(stats));
    assert.equal(cutOf(stats, 1, 0), Number.POSITIVE_INFINITY);
    const heat = heatInto(new Float32Array([9, 9]), Float32Array.of(1, 1), stats, 1);
    assert.deepEqual([...heat], [0, 0]);
  }
});

test("positives are united, then the negatives taken away", () => {
  const left = similarity([0.9, 0.8, 0, 0]);
  const right = similarity([0, 0, 0.8, 0.9]);
  const second = similarity([0, 0.9, 0, 0]);
  const mask = combineMasks(new Uint8Array(4), [left, right], [second], SETTINGS);
  assert.deepEqual([...mask], [1, 0, 1, 1]);
});

test("without a positive click the mask is empty", () => {
  const mask = Uint8Array.of(1, 1);
  combineMasks(mask, [], [similarity([0.9, 0])], SETTINGS);
  assert.deepEqual([...mask], [0, 0]);
});

test("heat of several clicks is the largest", () => {
  const out = new Float32Array(4);
  const scratch = new Float32Array(4);
  const left = similarity([0.9, 0.8, 0, 0]);
  const right = similarity([0, 0, 0.8, 0.9]);
  combineHeat(out, [left, right], 1, scratch);
  const alone = [left, right].map(({ map, stats }) =>
    heatInto(new Float32Array(4), map, stats, 1),
  );
  const largest = [0, 1, 2, 3].map((i) => Math.max(alone[0][i], alone[1][i]));
  assert.deepEqual([...out], largest);
  assert.deepEqual([...combineHeat(out, [], 1, scratch)], [0, 0, 0, 0]);
});

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
