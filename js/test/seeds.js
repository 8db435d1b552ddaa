/** Seeds as the page makes them. */

import { BY } from "./ways.js";

/** @typedef {import("../src/model/seeds.js").Seeds} Seeds */
/** @typedef {import("../src/maths/seeds.js").Seed} Seed */

/**
 * Those of one click, by similarity.
 *
 * @param {Seed} cell
 * @param {number} [num_eig]
 * @param {string} [by]
 * @returns {Seeds}
 */
export function likeCell(cell, num_eig = 4, by = BY) {
  const parameters = { by, num_eig };
  return { method: "similarity", positives: [[cell]], negatives: [], parameters };
}

/**
 * Those of clicks that make one field, by appearance.
 *
 * @param {string} method
 * @param {Seed[]} positives
 * @param {Seed[]} negatives
 * @param {Record<string, number>} parameters
 * @returns {Seeds}
 */
export function together(method, positives, negatives, parameters) {
  const [groups, others] = [positives, negatives].map((each) => each.map((s) => [s]));
  const all = { by: BY, ...parameters };
  return { method, positives: groups, negatives: others, parameters: all };
}
