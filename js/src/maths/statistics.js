/**
 * Statistics of a similarity over the whole batch, from moments and a sample, as
 * ncut_widget/masks/statistics.py takes them.
 *
 * @import { Stats } from "../model/link/wire.js"
 *
 * @typedef {object} Moments of the leading unit eigenvectors, over the whole batch
 * @property {number} count pixels in the batch
 * @property {Float64Array} mean
 * @property {Float64Array} covariance divided by the count
 */

import constants from "../constants.json" with { type: "json" };

const { QUANTILES } = constants.statistics;

/** Spacing of float32 at 1: a spread below the rounding of the mean counts as none. */
const EPSILON = 2 ** -23;

/**
 * @param {Float32Array} vector unit vector of the cell
 * @param {Float32Array} sample its similarity to the sample; the order of the values
 *   changes
 * @param {Moments | undefined} moments without them the sample's own are taken
 * @returns {Stats}
 */
export function statisticsOf(vector, sample, moments) {
  const { mean, std } = moments ? spreadOf(vector, moments) : spreadIn(sample);
  const count = sample.length;
  const last = count - 1;
  const rank = Math.floor(QUANTILES[0] * last);
  const highRank = Math.floor(QUANTILES[1] * last);
  /** @type {[number, number]} */
  const low = pairAt(sample, rank, 0);
  const high = pairAt(sample, highRank, Math.min(rank, highRank));
  return { mean, std: std > EPSILON * Math.abs(mean) ? std : 0, low, high, count };
}

/**
 * Mean and spread, computed exactly from the moments.
 *
 * @param {Float32Array} vector
 * @param {Moments} moments
 */
function spreadOf(vector, { count, mean: means, covariance }) {
  const size = vector.length;
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < size; i++) {
    mean += vector[i] * means[i];
    let row = 0;
    for (let j = 0; j < size; j++) row += covariance[i * size + j] * vector[j];
    variance += vector[i] * row;
  }
  const std = Math.sqrt((Math.max(variance, 0) * count) / Math.max(count - 1, 1));
  return { mean, std };
}

/** @param {Float32Array} values */
function spreadIn(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, std: Math.sqrt(squares / Math.max(values.length - 1, 1)) };
}

/**
 * The values at a rank and at the next one.
 *
 * @param {Float32Array} values the order changes: smaller ones come before the rank
 * @param {number} rank
 * @param {number} from no value before this one belongs after it
 * @returns {[number, number]}
 */
function pairAt(values, rank, from) {
  select(values, rank, from);
  let next = rank + 1 < values.length ? Number.POSITIVE_INFINITY : values[rank];
  for (let i = rank + 1; i < values.length; i++) if (values[i] < next) next = values[i];
  return [values[rank], next];
}

/**
 * Hoare's selection: bring the value of a rank to its place.
 *
 * @param {Float32Array} values
 * @param {number} rank
 * @param {number} from
 */
function select(values, rank, from) {
  let left = from;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[rank];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (pivot < values[j]) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (j < rank) left = i;
    if (rank < i) right = j;
  }
}
