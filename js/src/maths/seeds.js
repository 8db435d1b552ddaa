/**
 * Seeds are the cells that a prompt labels, each with a weight. The seeds of one prompt
 * are a group, and a group is compared by one vector.
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
 * Index of a seed's cell among the cells of its image.
 *
 * @param {Seed} seed
 * @param {Size} grid
 */
export function placeIn([, row, col], [, cols]) {
  return row * cols + col;
}

/**
 * The vector that a group is compared by: the direction of the weighted mean of its
 * unit vectors. For one seed it is that seed's vector, to the bit.
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
