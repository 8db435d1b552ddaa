/**
 * Field -> cut and heat, operation by operation as ncut_widget/masks/cut.py.
 *
 * Everything after the similarity c is monotone in c, so a mask is one comparison
 * `c > cut(gamma, threshold)`, and the cut needs a few numbers of the whole batch only.
 * Plain functions on typed arrays; they allocate nothing that grows with the field.
 *
 * @import { Stats } from "../model/link/wire.js"
 *
 * @typedef {object} Field one number a cell of one image: how well it fits prompts
 * @property {Float32Array} values
 * @property {Stats | null} stats null if the field is its own heatmap
 */

import constants from "../constants.json" with { type: "json" };

/**
 * Similarities, which are at most 1, are equal but for rounding if they are this near.
 */
const { TIE, QUANTILES } = constants.statistics;
const MAX_FLOAT32 = 3.4028234663852886e38;

/**
 * Whether all similarities are equal: their spread is zero or not finite.
 *
 * @param {Stats | null} stats
 */
export function isConstant(stats) {
  return stats !== null && !(stats.std > 0 && Number.isFinite(stats.mean + stats.std));
}

/**
 * Whether both quantiles are one value, up to rounding: more than 98 % of the cells
 * have that value.
 *
 * @param {Stats} stats
 */
function isTied({ low, high }) {
  return high[1] - low[0] <= TIE;
}

/**
 * The cut: a cell belongs to the mask if its field is above it. It is rounded to
 * float32 as the kernel rounds it, and infinite (an empty mask) if the similarity is
 * constant.
 *
 * @param {Stats | null} stats
 * @param {number} gamma
 * @param {number} threshold
 */
export function cutOf(stats, gamma, threshold) {
  if (stats === null) return Math.fround(threshold);
  if (isConstant(stats)) return Number.POSITIVE_INFINITY;
  if (isTied(stats)) return Math.fround(stats.high[1] + TIE);
  const { slope, zero, one } = logScale(stats, gamma);
  return Math.fround(stats.mean + logMix(zero, one, threshold) / slope);
}

/**
 * Heat of a field: it is 0 at the batch's 1 % quantile and 1 at the 99 % quantile. A
 * field without statistics is its own heat, limited to 0 and 1.
 *
 * @param {Float32Array} out
 * @param {Float32Array} values
 * @param {Stats | null} stats
 * @param {number} gamma
 */
export function heatInto(out, values, stats, gamma) {
  if (stats === null) {
    for (let i = 0; i < values.length; i++)
      out[i] = Math.min(Math.max(values[i], 0), 1);
    return out;
  }
  if (isConstant(stats)) {
    out.fill(0);
    return out;
  }
  const { slope, zero, one } = logScale(stats, gamma);
  if (isTied(stats) || zero === one) {
    const cut = cutOf(stats, gamma, 0.5);
    for (let i = 0; i < values.length; i++) out[i] = values[i] > cut ? 1 : 0;
    return out;
  }
  const floor = Math.exp(zero - one);
  for (let i = 0; i < values.length; i++) {
    const exponent = (values[i] - stats.mean) * slope - one;
    const heat = (Math.exp(Math.min(exponent, 700)) - floor) / (1 - floor);
    out[i] = Math.min(heat, MAX_FLOAT32);
  }
  return out;
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
      between(QUANTILES[0], count),
    ),
    one: logMix(
      slope * (high[0] - mean),
      slope * (high[1] - mean),
      between(QUANTILES[1], count),
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
