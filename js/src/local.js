/**
 * The state of one view. It is not in the model, so two views of one model can differ
 * in it.
 *
 * @import { Store } from "./model/store.js"
 *
 * @typedef {object} Local
 * @property {boolean} showMask
 * @property {[row: number, col: number] | null} crosshair
 * @property {[x: number, y: number] | null} pointed pixel under the pointer
 * @property {Hover} hover what a click there would give
 * @property {number | null} selected id of a segment
 * @property {boolean} negative whether a plain click is a negative one
 */

import { Hover } from "./model/hover.js";

/**
 * @param {Store} store
 * @returns {Local}
 */
export function newLocal(store) {
  return {
    showMask: true,
    crosshair: null,
    pointed: null,
    hover: new Hover(store),
    selected: null,
    negative: false,
  };
}
