/**
 * The masks of several clicks together, as ncut_widget/masks/combine.py; and their heat.
 *
 * @import { Similarity } from "./cut.js"
 */

import { cutOf, heatInto } from "./cut.js";

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
 * @param {Uint8Array} out
 * @param {Float32Array} map
 * @param {number} cut
 * @param {0 | 1} value
 */
function markAbove(out, map, cut, value) {
  for (let i = 0; i < map.length; i++) if (map[i] > cut) out[i] = value;
}
