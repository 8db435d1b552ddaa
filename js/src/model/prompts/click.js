/**
 * A click: a pixel of an image, and whether it belongs to what is wanted. It labels the
 * cell that it lies in.
 *
 * @import { Kind } from "./index.js"
 *
 * @typedef {[image: number, x: number, y: number, label: number]} Click in pixels of the
 *   image, x to the right and y down; the label is 1, or 0 for what is not wanted
 */

import { cellOf } from "../../maths/coordinates.js";

/** @type {Kind<Click>} */
export const click = {
  isValid: (json) =>
    Array.isArray(json) && json.length === 4 && json.every(Number.isFinite),
  image: ([image]) => image,
  label: ([, , , label]) => label,
  seeds: ([image, x, y], size, grid) => [[image, ...cellOf(x, y, size, grid)]],
};
