/**
 * Seeds: the cells that a prompt labels, each with a weight; and the vector that a group
 * of them, which is one prompt's, is compared by.
 *
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {[image: number, row: number, col: number, weight?: number]} Seed without a
 *   weight it is 1
 * @typedef {Seed[]} Group what one prompt labels
 */

/** @param {Seed} seed */
export function weightOf(seed) {
  return seed[3] ?? 1;
}

/**
 * Place of a seed's cell among those of its image.
 *
 * @param {Seed} seed
 * @param {Size} grid
 */
export function placeIn([, row, col], [, cols]) {
  return row * cols + col;
}

/**
 * What a group is compared by: the direction of the weighted mean of its unit vectors.
 * Of one seed it is that seed's own, to the bit.
 *
 * @param {Float32Array[]} vectors of length 1, one for each seed
 * @param {Group} group
 */
export function directionOf(vectors, group) {
  if (vectors.length === 1) return vectors[0];
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, i) => {
    const weight = weightOf(group[i]);
    for (let k = 0; k < sum.length; k++) sum[k] += weight * vector[k];
  });
  const length = Math.hypot(...sum) || 1;
  return Float32Array.from(sum, (value) => value / length);
}
