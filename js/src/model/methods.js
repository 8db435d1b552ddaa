/**
 * The methods. What differs from one to another the kernel tells (`_info.methods`); names
 * are for the twins alone, which compute a method's fields in the page.
 *
 * @import { Info, Method, Size } from "./link/wire.js"
 */

import { fineGrid } from "../maths/coordinates.js";
import { sizeOf } from "./images.js";

/**
 * The method that is set.
 *
 * @param {(name: string) => any} get a trait of the model
 * @returns {Method}
 */
export function methodOf(get) {
  return /** @type {Info} */ (get("_info")).methods[get("method")];
}

/**
 * Whether the page can show what a click would give.
 *
 * @param {Method} method
 */
export function isPreviewed({ twin, stand_in: standIn }) {
  return Boolean(twin || standIn);
}

/** @type {WeakMap<Size, Size>} */
const fineGrids = new WeakMap();

/**
 * The grid on which a method's seeds on an image lie, and its map; the same object again
 * each time.
 *
 * @param {Info} info
 * @param {string} name of the method
 * @param {number} image
 * @returns {Size}
 */
export function gridOf(info, name, image) {
  const { side } = info.methods[name];
  if (!side) return info.grid;
  const size = sizeOf(info, image);
  const known = fineGrids.get(size);
  if (known && Math.max(...known) === Math.min(side, Math.max(...size))) return known;
  const grid = fineGrid(size, side);
  fineGrids.set(size, grid);
  return grid;
}

/** One field of each prompt. */
export const SIMILARITY = "similarity";
/** One field of all prompts, in diffusion coordinates. */
export const DIFFUSION = "diffusion";
