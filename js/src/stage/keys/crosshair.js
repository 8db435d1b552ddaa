/**
 * The crosshair: a cell that keys move and click, for those without a pointer.
 *
 * @import { KeyReach } from "./key.js"
 */

import { cellOf, centreOf } from "../../maths/coordinates.js";

/**
 * @param {KeyReach} reach
 * @param {number} down
 * @param {number} right
 */
export function moveCrosshair(reach, down, right) {
  const { store, stage, local } = reach;
  const [rows, cols] = store.info.grid;
  const [row, col] = local.crosshair ?? firstCell(reach);
  local.crosshair = [clamp(row + down, rows), clamp(col + right, cols)];
  const pixel = crosshairPixel(reach);
  stage.lens.reveal(pixel);
  local.hover.point([stage.image, ...pixel, 1]);
}

/**
 * @param {KeyReach} reach
 * @param {0 | 1} label
 */
export function clickAtCrosshair(reach, label) {
  const { store, stage } = reach;
  const pixel = crosshairPixel(reach);
  stage.lens.reveal(pixel);
  if (labelAtCrosshair(reach) === label) return; // Such a click is there already.
  store.edit({ op: "add", prompt: [stage.image, ...pixel, label] });
}

/**
 * Zoom at the crosshair, or at the middle of the stage.
 *
 * @param {KeyReach} reach
 * @param {number} factor
 */
export function zoom(reach, factor) {
  const { lens } = reach.stage;
  const { crosshair } = reach.local;
  lens.zoomAt(crosshair ? lens.reveal(crosshairPixel(reach)) : [0.5, 0.5], factor);
}

/**
 * Where the crosshair begins: at the last click on this image, or in the middle.
 *
 * @param {KeyReach} reach
 * @returns {[row: number, col: number]}
 */
function firstCell({ store, stage }) {
  const { grid, sizes } = store.info;
  const last = store.clicks.findLast(({ click }) => click[0] === stage.image)?.click;
  if (!last) return [grid[0] >> 1, grid[1] >> 1];
  return cellOf(last[1], last[2], sizes[stage.image], grid);
}

/**
 * @param {KeyReach} reach
 * @returns {[x: number, y: number]}
 */
function crosshairPixel(reach) {
  const { store, stage, local } = reach;
  local.crosshair ??= firstCell(reach);
  const { grid, sizes } = store.info;
  return centreOf(...local.crosshair, sizes[stage.image], grid);
}

/**
 * Label of the last click on the crosshair's cell; undefined without one.
 *
 * @param {KeyReach} reach
 */
function labelAtCrosshair({ store, stage, local }) {
  const { sizes, grid } = store.info;
  const cell = String(local.crosshair);
  return store.clicks.findLast(
    ({ click: [image, x, y] }) =>
      image === stage.image && String(cellOf(x, y, sizes[image], grid)) === cell,
  )?.click[3];
}

/**
 * @param {number} place
 * @param {number} length
 */
function clamp(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}
