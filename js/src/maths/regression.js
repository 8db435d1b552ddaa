/**
 * How well cells fit all seeds together, as ncut_widget/methods/regression.py, which
 * says what is done and why.
 *
 * @import { Seed } from "./seeds.js"
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {object} Placed a seed and its diffusion coordinates
 * @property {Seed} seed
 * @property {Float32Array} vector its diffusion coordinates, of length 1
 * @property {boolean} positive
 * @property {number} group number of the prompt that it belongs to
 *
 * @typedef {object} Fit
 * @property {Float32Array} vector `fit = coordinates @ vector + offset`
 * @property {number} offset how well a cell of coordinates 0 fits
 * @property {number[]} local how strongly the field near each seed is corrected
 */

import constants from "../constants.json" with { type: "json" };
import { weightOf } from "./seeds.js";

const { RIDGE, SEPARATION, REACH, LOCAL_RIDGE, NOTHING } = constants.regression;

/**
 * Fit seeds: 1 at the weakest positive group, 0 at the strongest negative one, each by the
 * weighted mean of its seeds.
 *
 * @param {Placed[]} seeds at least one positive
 * @param {Size} grid
 * @returns {Fit}
 */
export function fitOf(seeds, grid) {
  const cosines = seeds.map((a) => seeds.map((b) => dot(a.vector, b.vector)));
  const labels = seeds.map(({ positive }) => (positive ? 1 : 0));
  const amounts = solve(cosines, ridgesOf(seeds, RIDGE), labels);
  const fits = cosines.map((row) => dot(row, amounts));
  const top = Math.max(Math.min(...meansOf(seeds, fits, true)), 1e-3);
  const strongest = Math.max(0, ...meansOf(seeds, fits, false));
  const bottom = Math.min(strongest, SEPARATION * top);
  const vector = new Float32Array(seeds[0].vector.length);
  seeds.forEach((seed, j) => {
    const amount = amounts[j] / (top - bottom);
    for (let k = 0; k < vector.length; k++) vector[k] += amount * seed.vector[k];
  });
  const lacking = fits.map((fit, i) => {
    const scaled = (fit - bottom) / (top - bottom);
    const lack = seeds[i].positive ? Math.max(1 - scaled, 0) : Math.min(-scaled, 0);
    return Math.abs(lack) < NOTHING ? 0 : lack;
  });
  const local = localCorrections(seeds, cosines, lacking, grid);
  return { vector, offset: -bottom / (top - bottom), local };
}

/**
 * The weighted mean of each group's fits.
 *
 * @param {Placed[]} seeds
 * @param {number[]} fits
 * @param {boolean} wanted whether of the positive groups
 */
function meansOf(seeds, fits, wanted) {
  /** @type {Map<number, { sum: number, weight: number }>} */
  const groups = new Map();
  seeds.forEach(({ seed, positive, group }, i) => {
    if (positive !== wanted) return;
    const { sum, weight } = groups.get(group) ?? { sum: 0, weight: 0 };
    const more = weightOf(seed);
    groups.set(group, { sum: sum + more * fits[i], weight: weight + more });
  });
  return [...groups.values()].map(({ sum, weight }) => sum / weight);
}

/**
 * How strongly the field near each seed is corrected, in the seed's image only.
 *
 * @param {Placed[]} seeds
 * @param {number[][]} cosines of theirs
 * @param {number[]} lacking what has to be added at the seeds' own cells
 * @param {Size} grid
 */
function localCorrections(seeds, cosines, lacking, grid) {
  if (lacking.every((lack) => lack === 0)) return lacking;
  const near = seeds.map(({ seed: a }, i) =>
    seeds.map(({ seed: b }, j) => {
      if (a[0] !== b[0]) return 0;
      const falloff = falloffOf(a[1] - b[1], grid[0]) * falloffOf(a[2] - b[2], grid[1]);
      return Math.max(cosines[i][j], 0) * falloff;
    }),
  );
  return solve(near, ridgesOf(seeds, LOCAL_RIDGE), lacking);
}

/**
 * Add the correction near a seed to the field of its image.
 *
 * @param {Float32Array} field
 * @param {Float32Array} cosines of all cells with the seed
 * @param {Seed} seed
 * @param {number} amount
 * @param {Size} grid
 */
export function addAbout(field, cosines, seed, amount, [rows, cols]) {
  for (let row = 0, i = 0; row < rows; row++) {
    const down = amount * falloffOf(row - seed[1], rows);
    for (let col = 0; col < cols; col++, i++) {
      const across = falloffOf(col - seed[2], cols);
      field[i] += down * across * Math.max(cosines[i], 0);
    }
  }
}

/**
 * The ridge of each seed: the larger its weight, the smaller its ridge.
 *
 * @param {Placed[]} seeds
 * @param {number} ridge of a seed of weight 1
 */
function ridgesOf(seeds, ridge) {
  return seeds.map(({ seed }) => ridge / weightOf(seed));
}

/**
 * @param {number} apart
 * @param {number} size
 */
function falloffOf(apart, size) {
  return Math.exp(-((apart / (size * REACH)) ** 2) / 2);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/**
 * Solve `(matrix + diagonal of ridges) x = right` by Cholesky factorisation.
 *
 * @param {number[][]} matrix symmetric, not negative
 * @param {number[]} ridges
 * @param {number[]} right
 */
function solve(matrix, ridges, right) {
  const size = right.length;
  /** @type {number[][]} */
  const lower = [];
  const x = [...right];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j] + (i === j ? ridges[i] : 0);
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      lower[i].push(i === j ? Math.sqrt(sum) : sum / lower[j][j]);
    }
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}
