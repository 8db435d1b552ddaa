/**
 * Drop the small parts of a mask, as ncut_widget/masks/denoise.py.
 *
 * @import { Size } from "../model/link/wire.js"
 */

/**
 * Drop, in place, the 8-connected components of fewer than `area` cells.
 *
 * @param {Uint8Array} mask
 * @param {Size} grid
 * @param {number} area
 * @param {Int32Array} scratch of the size of `mask`
 * @param {number[]} [kept] cells whose components are kept whatever their size
 */
export function denoiseInto(mask, [rows, cols], area, scratch, kept = []) {
  if (area <= 1) return mask;
  // While filling, a cell that belongs to a component seen before holds 2.
  for (const cell of kept) {
    if (mask[cell] === 1) collect(mask, rows, cols, cell, scratch);
  }
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1) continue;
    const count = collect(mask, rows, cols, start, scratch);
    if (count < area) for (let i = 0; i < count; i++) mask[scratch[i]] = 0;
  }
  for (let i = 0; i < mask.length; i++) if (mask[i] === 2) mask[i] = 1;
  return mask;
}

/**
 * Number the 8-connected components, in the order of their first cells.
 *
 * @param {Int32Array} out 0 outside of all components
 * @param {ArrayLike<number>} margins above 0 inside
 * @param {Size} grid
 * @param {Int32Array} scratch of the size of `out`
 */
export function componentsInto(out, margins, [rows, cols], scratch) {
  const mask = Uint8Array.from(margins, (margin) => Number(margin > 0));
  out.fill(0);
  let number = 0;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1) continue;
    const count = collect(mask, rows, cols, start, scratch);
    number++;
    for (let i = 0; i < count; i++) out[scratch[i]] = number;
  }
  return out;
}

/** @param {Uint8Array} mask */
export function countCells(mask) {
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i];
  return count;
}

/**
 * Flood fill: list the component of `start` in `list`, mark its cells with 2.
 *
 * @param {Uint8Array} mask
 * @param {number} rows
 * @param {number} cols
 * @param {number} start
 * @param {Int32Array} list
 * @returns {number} cells in the component
 */
function collect(mask, rows, cols, start, list) {
  let count = 1;
  list[0] = start;
  mask[start] = 2;
  for (let next = 0; next < count; next++) {
    const cell = list[next];
    const row = Math.floor(cell / cols);
    const col = cell - row * cols;
    const bottom = Math.min(row + 1, rows - 1);
    const right = Math.min(col + 1, cols - 1);
    for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
      for (let c = Math.max(col - 1, 0); c <= right; c++) {
        const neighbour = r * cols + c;
        if (mask[neighbour] !== 1) continue;
        mask[neighbour] = 2;
        list[count++] = neighbour;
      }
    }
  }
  return count;
}
