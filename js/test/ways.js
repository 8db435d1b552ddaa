/** The ways that a click can be meant, of made-up batches. */

import { infoOf } from "./info.js";

/** @typedef {import("../src/model/link/wire.js").Info} Info */
/** @typedef {import("../src/model/link/wire.js").Way} Way */

/** The way of batches with one. */
export const BY = "appearance";
export const OTHER = "semantics";

/** @type {Way} */
export const WAY = { eigvals: [1, 0.9, 0.5, 0.2], blank: [] };

/**
 * Traits of a batch with two ways; that by appearance is set.
 *
 * @param {Record<string, Way>} [ways] those that are made
 * @param {Partial<Info>} [given]
 */
export function twoWays(ways = { [BY]: WAY }, given = {}) {
  const info = infoOf({ ways, ...given });
  info.settings.by.choices = [OTHER, BY];
  return { by: BY, _info: info };
}
