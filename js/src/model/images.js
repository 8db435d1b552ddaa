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

/**
 * Whether an image is still to come: nothing is known of it by now.
 *
 * @param {Way | undefined} way
 * @param {number} image
 */
export function isAwaited(way, image) {
  return way?.awaited?.includes(image) ?? false;
}

/**
 * How many images can be clicked by now.
 *
 * @param {Info} info
 * @param {Way | undefined} way
 */
export function readyOf({ sizes }, way) {
  return sizes.length - (way?.awaited?.length ?? 0);
}
