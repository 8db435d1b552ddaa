/**
 * What is known of a batch's images. The rest of the model asks for single images only
 * through here, because a batch may have more images than a page should hold.
 *
 * @import { Info, Size, Way } from "./link/wire.js"
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
 * @param {Way | undefined} way
 * @param {number} image
 */
export function isBlank(way, image) {
  return way?.blank.includes(image) ?? false;
}
