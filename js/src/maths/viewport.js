/**
 * Zooming and panning: from one view of an image to the next.
 *
 * A place is where something lies in the view: [0, 0] top left, [1, 1] bottom right. A
 * view has its stage's proportions, which are the image's, and never leaves the image;
 * zoom 1 is all of it. An image that is very wide or tall would be a line: its stage is
 * less so, and opens with a part of it.
 *
 * @import { View } from "./coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {[across: number, down: number]} Place
 */

import constants from "../constants.json" with { type: "json" };
import { placeOf, wholeImage } from "./coordinates.js";

/** CSS pixels that an image pixel takes at the most. */
const LARGEST_PIXEL = 32;

/** How many times as wide as high a stage may be, or as high as wide. */
const { LONGEST } = constants.pictures;

/** How near to the edge of the view a revealed pixel may lie, as a part of the view. */
const MARGIN = 0.1;

/**
 * The view at zoom 1: the whole image, or of a very long one the beginning.
 *
 * @param {Size} size
 * @returns {View}
 */
export function openingView([height, width]) {
  return {
    ...wholeImage([height, width]),
    width: Math.min(width, LONGEST * height),
    height: Math.min(height, LONGEST * width),
  };
}

/**
 * The view's width at the highest zoom, in image pixels.
 *
 * @param {Size} size of the image
 * @param {number} width of the stage in CSS pixels
 */
export function smallestWidth([, imageWidth], width) {
  return Math.min(imageWidth, width / LARGEST_PIXEL);
}

/**
 * Whether the view shows the whole image.
 *
 * @param {View} view
 * @param {Size} size
 */
export function isWhole(view, [imageHeight, imageWidth]) {
  return view.width >= imageWidth && view.height >= imageHeight;
}

/**
 * Whether the view is larger than the one that it opens with.
 *
 * @param {View} view
 * @param {Size} size
 */
export function isMagnified(view, size) {
  return view.width < openingView(size).width;
}

/**
 * The view in which what lay at `from` lies at `to`, `factor` times as large: zooming
 * about a point where the two are the same, panning where the factor is 1, and with
 * both a pinch. Zoom and edges of the image are kept to.
 *
 * @param {View} view
 * @param {Size} size
 * @param {Place} from
 * @param {Place} to
 * @param {number} factor
 * @param {number} smallest width of the view
 * @returns {View}
 */
export function transformed(view, size, from, to, factor, smallest) {
  // A stage that has grown since may show less than the smallest: that is no reason
  // to zoom out.
  const least = Math.min(smallest, view.width);
  const opening = openingView(size);
  const width = clamp(view.width / factor, least, opening.width);
  const height = (width * opening.height) / opening.width;
  const x = view.x + from[0] * view.width - to[0] * width;
  const y = view.y + from[1] * view.height - to[1] * height;
  return inside({ x, y, width, height }, size);
}

/**
 * The view moved, as little as need be, so that a pixel is well in it.
 *
 * @param {View} view
 * @param {Size} size
 * @param {[x: number, y: number]} pixel
 * @returns {View}
 */
export function revealing(view, size, [x, y]) {
  const [across, down] = placeOf(x, y, view);
  const moved = {
    ...view,
    x: view.x + (across - clamp(across, MARGIN, 1 - MARGIN)) * view.width,
    y: view.y + (down - clamp(down, MARGIN, 1 - MARGIN)) * view.height,
  };
  return inside(moved, size);
}

/**
 * @param {View} view
 * @param {Size} size
 * @returns {View}
 */
function inside({ x, y, width, height }, [imageHeight, imageWidth]) {
  return {
    x: clamp(x, 0, imageWidth - width),
    y: clamp(y, 0, imageHeight - height),
    width,
    height,
  };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}
