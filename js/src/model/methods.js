/**
 * The methods. What differs from one to another the kernel tells (`_info.methods`); names
 * are for the twins alone, which compute a method's fields in the page.
 *
 * @import { Info, Method } from "./link/wire.js"
 */

/**
 * The method that is set.
 *
 * @param {(name: string) => any} get a trait of the model
 * @returns {Method}
 */
export function methodOf(get) {
  return /** @type {Info} */ (get("_info")).methods[get("method")];
}

/** One field of each prompt. */
export const SIMILARITY = "similarity";
/** One field of all prompts, in diffusion coordinates. */
export const DIFFUSION = "diffusion";
