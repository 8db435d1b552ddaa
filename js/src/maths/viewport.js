/**
 * Zooming and panning: from one view of an image to the next.
 *
 * A place is where something lies in the view: [0, 0] top left, [1, 1] bottom right. A
 * view has the proportions of its stage, which are the image's, and never leaves the
 * image; at zoom 1 it is the whole image. A very wide or tall image would look like a
 * line, so its stage is less wide or tall, and opens with a part of the image.
 *
 * @import { View } from "./coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {[across: number, down: number]} Place
 */

import constants from "../constants.json" with { type: "json" };
import { placeOf, wholeImage } from "./coordinates.js";

/** CSS pixels of an image pixel at the highest zoom. */
const LARGEST_PIXEL = 32;

/** The largest ratio of a stage's longer side to its shorter one. */
const { LONGEST } = constants.pictures;

/**
 * How near to the edge of the view a revealed pixel may lie, as a fraction of the view.
 */
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
 * Whether the view is zoomed in further than the one that the stage opens with.
 *
 * @param {View} view
 * @param {Size} size
 */
export function isMagnified(view, size) {
  return view.width < openingView(size).width;
}

/**
 * The view in which what lay at `from` lies at `to`, `factor` times as large. If both
 * places are the same, this zooms about a point; if the factor is 1, it pans; else it
 * is a pinch. The view keeps to the limits of zoom and image.
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
  // After the stage was resized, the view may be smaller than the limit already. It is
  // not zoomed out for that.
  const least = Math.min(smallest, view.width);
  const opening = openingView(size);
  const width = clamp(view.width / factor, least, opening.width);
  const height = (width * opening.height) / opening.width;
  const x = view.x + from[0] * view.width - to[0] * width;
  const y = view.y + from[1] * view.height - to[1] * height;
  return inside({ x, y, width, height }, size);
}

/**
 * The view, moved as little as necessary so that a pixel is well inside.
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
