/** What weights of seeds do; that clicks fit as in the kernel, preview.test.js says. */

import assert from "node:assert/strict";
import test from "node:test";
import { fitOf } from "../src/maths/regression.js";
import { directionOf } from "../src/maths/seeds.js";

/** @typedef {import("../src/maths/regression.js").Placed} Placed */
/** @typedef {import("../src/maths/seeds.js").Seed} Seed */
/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @type {Size} */
const GRID = [8, 8];

/** @param {...number} values */
function unit(...values) {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

/**
 * @param {Seed} seed
 * @param {Float32Array} vector
 * @param {boolean} [positive]
 * @param {number} [group] by default one for each place
 * @returns {Placed}
 */
function place(seed, vector, positive = true, group = 100 * seed[1] + seed[2]) {
  return { seed, vector, positive, group };
}

const A = unit(1, 0.2, 0);
const B = unit(0.3, 1, 0.1);
const C = unit(0.9, 0.5, 0.3);

test("a seed of weight 3 fits as three of weight 1 in the same cell", () => {
  const others = [place([0, 6, 1], B), place([0, 2, 3], C, false)];
  const heavy = fitOf([place([0, 2, 2, 3], A), ...others], GRID);
  const thrice = Array.from({ length: 3 }, () => place([0, 2, 2], A));
  const many = fitOf([...thrice, ...others], GRID);
  for (const [k, value] of heavy.vector.entries()) {
    assert.ok(Math.abs(value - many.vector[k]) < 1e-6);
  }
  assert.ok(Math.abs(heavy.offset - many.offset) < 1e-9);
  const [first, second, third, ...rest] = many.local;
  const local = [first + second + third, ...rest];
  for (const [k, value] of heavy.local.entries()) {
    assert.ok(Math.abs(value - local[k]) < 1e-9, `${value}, not ${local[k]}`);
  }
  assert.ok(heavy.local.some((value) => value !== 0));
});

test("a weight of 1 is none, to the bit", () => {
  const fits = [undefined, 1].map((weight) => {
    const seed = /** @type {Seed} */ (weight ? [0, 2, 2, weight] : [0, 2, 2]);
    return fitOf([place(seed, A), place([0, 2, 3], C, false)], GRID);
  });
  assert.deepEqual(fits[0], fits[1]);
});

test("a group counts by the weighted mean of its seeds", () => {
  const seeds = [
    place([0, 6, 1], B, true, 1),
    place([0, 2, 2, 3], A, true, 2),
    place([0, 2, 3], C, true, 2),
  ];
  const { vector, offset } = fitOf(seeds, GRID);
  const fits = seeds.map(({ vector: own }) =>
    own.reduce((sum, value, k) => sum + value * vector[k], offset),
  );
  const means = [fits[0], (3 * fits[1] + fits[2]) / 4];
  assert.ok(Math.abs(Math.min(...means) - 1) < 1e-6, `${means}`);
});

test("a group is compared by the direction of its weighted mean", () => {
  /** @type {Seed[]} */
  const group = [
    [0, 0, 0],
    [0, 0, 1, 2],
  ];
  const direction = directionOf([A, B], group);
  const sum = A.map((value, k) => value + 2 * B[k]);
  assert.ok(Math.abs(Math.hypot(...direction) - 1) < 1e-6);
  for (const [k, value] of unit(...sum).entries()) {
    assert.ok(Math.abs(direction[k] - value) < 1e-6);
  }
});

test("a group of one seed is compared by that seed's own vector", () => {
  assert.equal(directionOf([A], [[0, 0, 0, 0.5]]), A);
});

test("a group that points nowhere is compared with nothing", () => {
  /** @type {Seed[]} */
  const group = [
    [0, 0, 0],
    [0, 0, 1],
  ];
  const direction = directionOf([Float32Array.of(1, 0), Float32Array.of(-1, 0)], group);
  assert.deepEqual([...direction], [0, 0]);
});
