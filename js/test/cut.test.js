import assert from "node:assert/strict";
import test from "node:test";
import { cutOf, heatInto, isConstant } from "../src/maths/cut.js";
import { statsOf, wave } from "./similarity.js";

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
  /** @type {import("../src/model/link/wire.js").Stats} */
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
