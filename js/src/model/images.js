/**
 * What is known of a batch's images. All that the model knows of them, one by one, it
 * asks here: a batch may have more of them than a page should hold.
 *
 * @import { Info, Size } from "./link/wire.js"
 */

/** @param {Info} info */
export function countOf({ sizes }) {
  return sizes.length;
}

/**
 * @param {Info} info
 * @param {number} image
 * @returns {Size}
 */
export function sizeOf({ sizes }, image) {
  return sizes[image];
}

/**
 * Whether nothing is known of an image, so that its mask is empty.
 *
 * @param {Info} info
 * @param {number} image
 */
export function isBlank({ blank }, image) {
  return blank.includes(image);
}
