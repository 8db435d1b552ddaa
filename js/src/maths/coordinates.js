/**
 * Sole owner of the page's coordinates: client (CSS) pixels <-> image pixels <-> cells.
 *
 * A pixel (x, y) of an image of size (h, w) lies in the cell row = floor(y * H / h),
 * col = floor(x * W / w) of the latent grid (H, W), as in ncut_widget/masks/coordinates.py.
 * A *view* is the part of the image that fills the stage, in image pixels; zooming and
 * panning only change the view.
 *
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} View
 * @typedef {{ left: number, top: number, width: number, height: number }} Box
 */

/**
 * Steps per image pixel. Clicks are rounded down to a step, so that they are short to
 * read.
 */
const CLICK_STEPS = 100;

/**
 * Cell of a pixel.
 *
 * @param {number} x
 * @param {number} y
 * @param {Size} size (h, w) of the image
 * @param {Size} grid (H, W)
 * @returns {[row: number, col: number]}
 */
export function cellOf(x, y, [height, width], [rows, cols]) {
  // x * W / w can round up to W for an x just below w.
  return [
    Math.min(Math.floor((y * rows) / height), rows - 1),
    Math.min(Math.floor((x * cols) / width), cols - 1),
  ];
}

/**
 * Grid of one image, with its proportions, for methods that need fine cells.
 *
 * @param {Size} size (h, w) of the image
 * @param {number} side cells along the longer side
 * @returns {Size} at least one cell along each side, and at most one for each pixel
 */
export function fineGrid([height, width], side) {
  const longest = Math.max(height, width);
  const cells = Math.min(side, longest);
  /** @param {number} pixels */
  const along = (pixels) =>
    Math.max(Math.floor((2 * pixels * cells + longest) / (2 * longest)), 1);
  return [along(height), along(width)];
}

/**
 * Cell of another grid that the centre of a cell lies in.
 *
 * @param {number} row
 * @param {number} col
 * @param {Size} grid
 * @param {Size} other
 * @returns {[row: number, col: number]}
 */
export function centreCell(row, col, grid, other) {
  return cellOf(col + 0.5, row + 0.5, grid, other);
}

/**
 * Pixel at the centre of a cell.
 *
 * @param {number} row
 * @param {number} col
 * @param {Size} size
 * @param {Size} grid
 * @returns {[x: number, y: number]}
 */
export function centreOf(row, col, [height, width], [rows, cols]) {
  return [((col + 0.5) * width) / cols, ((row + 0.5) * height) / rows];
}

/**
 * The view that shows the whole image.
 *
 * @param {Size} size
 * @returns {View}
 */
export function wholeImage([height, width]) {
  return { x: 0, y: 0, width, height };
}

/**
 * Image pixel under the pointer, or null outside of the image.
 *
 * @param {number} clientX
 * @param {number} clientY
 * @param {Box} box of the stage's content, in client coordinates
 * @param {View} view
 * @param {Size} size
 * @returns {[x: number, y: number] | null}
 */
export function pixelAt(clientX, clientY, box, view, [height, width]) {
  const x = view.x + ((clientX - box.left) / box.width) * view.width;
  const y = view.y + ((clientY - box.top) / box.height) * view.height;
  const inside = x >= 0 && y >= 0 && x < width && y < height;
  return inside ? [roundDown(x), roundDown(y)] : null;
}

/**
 * Where in the view a pixel lies: (0, 0) top left, (1, 1) bottom right.
 *
 * @param {number} x
 * @param {number} y
 * @param {View} view
 * @returns {[across: number, down: number]}
 */
export function placeOf(x, y, view) {
  return [(x - view.x) / view.width, (y - view.y) / view.height];
}

/**
 * The same part of an image in another raster: in its cells, or in a scaled picture.
 *
 * @param {View} view
 * @param {Size} size of the image
 * @param {Size} raster (height, width)
 * @returns {View}
 */
export function viewIn(view, [height, width], [rows, cols]) {
  const across = cols / width;
  const down = rows / height;
  return {
    x: view.x * across,
    y: view.y * down,
    width: view.width * across,
    height: view.height * down,
  };
}

/** @param {number} value */
function roundDown(value) {
  return Math.floor(value * CLICK_STEPS) / CLICK_STEPS;
}
