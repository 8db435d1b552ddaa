/**
 * Combine the masks of several prompts, as ncut_widget/masks/combine.py does, and their
 * heat.
 *
 * @import { Field } from "./cut.js"
 */

import { cutOf, heatInto } from "./cut.js";

/**
 * Heat of several prompts: the largest of the positive ones; 0 if there are none.
 *
 * @param {Float32Array} out
 * @param {Field[]} positives
 * @param {number} gamma
 * @param {Float32Array} scratch of the size of `out`
 */
export function combineHeat(out, positives, gamma, scratch) {
  if (positives.length === 0) return out.fill(0);
  heatInto(out, positives[0].values, positives[0].stats, gamma);
  for (const { values, stats } of positives.slice(1)) {
    heatInto(scratch, values, stats, gamma);
    for (let i = 0; i < out.length; i++) {
      if (scratch[i] > out[i]) out[i] = scratch[i];
    }
  }
  return out;
}

/**
 * Mask of several prompts: OR over the positive ones, minus OR over the negative ones.
 *
 * @param {Uint8Array} out 1 = object
 * @param {Field[]} positives
 * @param {Field[]} negatives
 * @param {{ gamma: number, threshold: number, negative_threshold: number }} settings
 */
export function combineMasks(out, positives, negatives, settings) {
  const { gamma, threshold, negative_threshold } = settings;
  out.fill(0);
  for (const { values, stats } of positives) {
    markAbove(out, values, cutOf(stats, gamma, threshold), 1);
  }
  if (positives.length === 0) return out;
  for (const { values, stats } of negatives) {
    markAbove(out, values, cutOf(stats, gamma, negative_threshold), 0);
  }
  return out;
}

/**
 * @param {Uint8Array} out
 * @param {Float32Array} values
 * @param {number} cut
 * @param {0 | 1} value
 */
function markAbove(out, values, cut, value) {
  for (let i = 0; i < values.length; i++) if (values[i] > cut) out[i] = value;
}
