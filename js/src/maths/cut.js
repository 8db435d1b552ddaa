/**
 * Similarity maps -> cut, heat, mask, denoise: the maths of ncut_widget/masks/cut.py.
 *
 * Everything after the similarity c is monotone in c, so a mask is one comparison
 * `c > cut(gamma, threshold)`, and the cut needs a few numbers of the whole batch only.
 * Plain functions on typed arrays; they allocate nothing that grows with the map.
 *
 * @import { Size, Stats } from "../model/wire.js"
 *
 * @typedef {{ map: Float32Array, stats: Stats }} Similarity
 */

/** Similarities of up to 1 that are this near are told apart by rounding alone. */
const TIE = 2 ** -20;
const MAX_FLOAT32 = 3.4028234663852886e38;

/**
 * Whether the similarity tells nothing apart: zero, or no finite, spread.
 *
 * @param {Stats} stats
 */
export function isConstant({ mean, std }) {
  return !(std > 0 && Number.isFinite(mean + std));
}

/**
 * Whether the quantiles are one value, up to rounding: a ground of more than 98 %.
 *
 * @param {Stats} stats
 */
function isTied({ low, high }) {
  return high[1] - low[0] <= TIE;
}

/**
 * Similarity above which a cell belongs to the mask, rounded to float32 as the kernel
 * rounds it; infinite (an empty mask) where the similarity is constant.
 *
 * @param {Stats} stats
 * @param {number} gamma
 * @param {number} threshold
 */
export function cutOf(stats, gamma, threshold) {
  if (isConstant(stats)) return Number.POSITIVE_INFINITY;
  if (isTied(stats)) return Math.fround(stats.high[1] + TIE);
  const { slope, zero, one } = logScale(stats, gamma);
  return Math.fround(stats.mean + logMix(zero, one, threshold) / slope);
}

/**
 * Heat of a similarity: 0 and 1 are the 1 % and 99 % quantiles of the batch.
 *
 * @param {Float32Array} out
 * @param {Float32Array} map
 * @param {Stats} stats
 * @param {number} gamma
 */
export function heatInto(out, map, stats, gamma) {
  if (isConstant(stats)) {
    out.fill(0);
    return out;
  }
  const { slope, zero, one } = logScale(stats, gamma);
  if (isTied(stats) || zero === one) {
    const cut = cutOf(stats, gamma, 0.5);
    for (let i = 0; i < map.length; i++) out[i] = map[i] > cut ? 1 : 0;
    return out;
  }
  const floor = Math.exp(zero - one);
  for (let i = 0; i < map.length; i++) {
    const exponent = (map[i] - stats.mean) * slope - one;
    const heat = (Math.exp(Math.min(exponent, 700)) - floor) / (1 - floor);
    out[i] = Math.min(heat, MAX_FLOAT32);
  }
  return out;
}

/**
 * Heat of several clicks: the largest over the positive ones, 0 without one.
 *
 * @param {Float32Array} out
 * @param {Similarity[]} positives
 * @param {number} gamma
 * @param {Float32Array} scratch of the size of `out`
 */
export function combineHeat(out, positives, gamma, scratch) {
  if (positives.length === 0) return out.fill(0);
  heatInto(out, positives[0].map, positives[0].stats, gamma);
  for (const { map, stats } of positives.slice(1)) {
    heatInto(scratch, map, stats, gamma);
    for (let i = 0; i < out.length; i++) {
      if (scratch[i] > out[i]) out[i] = scratch[i];
    }
  }
  return out;
}

/**
 * Mask of several clicks: OR over the positive ones, minus OR over the negative ones.
 *
 * @param {Uint8Array} out 1 = object
 * @param {Similarity[]} positives
 * @param {Similarity[]} negatives
 * @param {{ gamma: number, threshold: number, negative_threshold: number }} settings
 */
export function combineMasks(out, positives, negatives, settings) {
  const { gamma, threshold, negative_threshold } = settings;
  out.fill(0);
  for (const { map, stats } of positives) {
    markAbove(out, map, cutOf(stats, gamma, threshold), 1);
  }
  if (positives.length === 0) return out;
  for (const { map, stats } of negatives) {
    markAbove(out, map, cutOf(stats, gamma, negative_threshold), 0);
  }
  return out;
}

/**
 * Drop, in place, the 8-connected components of fewer than `area` cells.
 *
 * @param {Uint8Array} mask
 * @param {Size} grid
 * @param {number} area
 * @param {Int32Array} scratch of the size of `mask`
 */
export function denoiseInto(mask, [rows, cols], area, scratch) {
  if (area <= 1) return mask;
  // While filling, a cell that belongs to a component seen before holds 2.
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1) continue;
    const count = collect(mask, rows, cols, start, scratch);
    if (count < area) for (let i = 0; i < count; i++) mask[scratch[i]] = 0;
  }
  for (let i = 0; i < mask.length; i++) if (mask[i] === 2) mask[i] = 1;
  return mask;
}

/** @param {Uint8Array} mask */
export function countCells(mask) {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i];
  return count;
}

/**
 * @param {Uint8Array} out
 * @param {Float32Array} map
 * @param {number} cut
 * @param {0 | 1} value
 */
function markAbove(out, map, cut, value) {
  for (let i = 0; i < map.length; i++) if (map[i] > cut) out[i] = value;
}

/**
 * Flood fill: list the component of `start` in `list`, mark its cells with 2.
 *
 * @param {Uint8Array} mask
 * @param {number} rows
 * @param {number} cols
 * @param {number} start
 * @param {Int32Array} list
 * @returns {number} cells in the component
 */
function collect(mask, rows, cols, start, list) {
  let count = 1;
  list[0] = start;
  mask[start] = 2;
  for (let next = 0; next < count; next++) {
    const cell = list[next];
    const row = Math.floor(cell / cols);
    const col = cell - row * cols;
    const bottom = Math.min(row + 1, rows - 1);
    const right = Math.min(col + 1, cols - 1);
    for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
      for (let c = Math.max(col - 1, 0); c <= right; c++) {
        const neighbour = r * cols + c;
        if (mask[neighbour] !== 1) continue;
        mask[neighbour] = 2;
        list[count++] = neighbour;
      }
    }
  }
  return count;
}

/**
 * Slope of `log h = slope (c - mean)`, and `log h` at the two quantiles. Logarithms
 * throughout, so that no gamma over- or underflows.
 *
 * @param {Stats} stats
 * @param {number} gamma
 */
function logScale({ mean, std, low, high, count }, gamma) {
  const slope = gamma / std;
  return {
    slope,
    zero: logMix(
      slope * (low[0] - mean),
      slope * (low[1] - mean),
      between(0.01, count),
    ),
    one: logMix(
      slope * (high[0] - mean),
      slope * (high[1] - mean),
      between(0.99, count),
    ),
  };
}

/**
 * `log((1 - fraction) exp(low) + fraction exp(high))` for `low <= high`.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} fraction
 */
function logMix(low, high, fraction) {
  if (fraction === 0) return low;
  return high + Math.log(fraction + (1 - fraction) * Math.exp(low - high));
}

/**
 * How far quantile `q` of `count` values lies between its two order statistics.
 *
 * @param {number} q
 * @param {number} count
 */
function between(q, count) {
  const position = q * (count - 1);
  return position - Math.floor(position);
}
