/**
 * Margins: how far each cell is within a mask (above 0) or outside of it, as `margins`
 * of ncut_widget/masks/smooth.py. They say which quads are in the mask. A quad lies
 * between the centres of a cell and of its neighbours right, below, and right below;
 * beyond the outermost centres the margins stay constant.
 *
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {{ values: Float32Array, cut: number }} CutMap a prompt's part in a mask
 * @typedef {{ positives: CutMap[], negatives: CutMap[] }} CutMaps
 */

import constants from "../constants.json" with { type: "json" };

/**
 * A part that is one cell wide gets at least this fraction of the margins beside it.
 */
const { LEAST } = constants.smooth;

/** No pixel is in the mask. */
export const OFF = 0;
/** Every pixel is in the mask. */
export const ON = 1;
/** Each pixel has to be tested. */
export const MIXED = 2;

/** The smallest float32 that is not subnormal. */
const TINY = 2 ** -126;

const BESIDE = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
];
/** Neighbours that lie opposite each other. */
const AXES = [
  [
    [0, -1],
    [0, 1],
  ],
  [
    [-1, 0],
    [1, 0],
  ],
  [
    [-1, -1],
    [1, 1],
  ],
  [
    [-1, 1],
    [1, -1],
  ],
];

/**
 * @param {Float32Array} out above 0 within the mask, below outside of it
 * @param {Uint8Array} mask on the latent grid: 1 = object
 * @param {CutMaps} cutMaps
 * @param {Size} grid
 */
export function marginsInto(out, mask, { positives, negatives }, grid) {
  out.fill(0);
  for (const [k, { values, cut }] of positives.entries()) {
    for (let i = 0; i < out.length; i++) {
      const margin = Math.fround(values[i] - cut);
      if (k === 0 || margin > out[i]) out[i] = margin;
    }
  }
  for (const { values, cut } of positives.length > 0 ? negatives : []) {
    for (let i = 0; i < out.length; i++) {
      const margin = Math.fround(cut - values[i]);
      if (margin < out[i]) out[i] = margin;
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = Math.max(Math.abs(out[i]), TINY);
  raise(out, mask, grid);
  for (let i = 0; i < out.length; i++) if (!mask[i]) out[i] = -out[i];
  return out;
}

/**
 * Enlarge the margins where the mask, or a hole in it, is one cell wide: otherwise it
 * would vanish when margins are interpolated.
 *
 * @param {Float32Array} size of the margins
 * @param {Uint8Array} mask
 * @param {Size} grid
 */
function raise(size, mask, grid) {
  const thin = thinCells(mask, grid);
  for (let pass = 0; pass < 2; pass++) {
    // All new values come from the old ones: a raised cell affects its neighbours only
    // in the next pass.
    const raised = thin.map((cell) => {
      let least = size[cell];
      for (const [down, right] of BESIDE) {
        const beside = neighbourOf(cell, down, right, grid);
        if (mask[beside] === mask[cell]) continue;
        least = Math.max(least, LEAST * size[beside]);
      }
      return least;
    });
    for (const [k, cell] of thin.entries()) size[cell] = raised[k];
  }
}

/**
 * Cells at which the mask, or a hole in it, is one cell wide in some direction.
 *
 * @param {Uint8Array} mask
 * @param {Size} grid
 */
function thinCells(mask, grid) {
  /** @type {number[]} */
  const thin = [];
  for (let cell = 0; cell < mask.length; cell++) {
    /** @type {(step: number[]) => boolean} */
    const differs = ([down, right]) =>
      mask[neighbourOf(cell, down, right, grid)] !== mask[cell];
    // Most cells have no edge beside them.
    if (!BESIDE.some(differs)) continue;
    if (AXES.some((axis) => axis.every(differs))) thin.push(cell);
  }
  return thin;
}

/**
 * The neighbour of a cell; at the edge of the image the cell itself stands in.
 *
 * @param {number} cell
 * @param {number} down
 * @param {number} right
 * @param {Size} grid
 */
function neighbourOf(cell, down, right, [rows, cols]) {
  const row = Math.floor(cell / cols);
  const r = Math.min(Math.max(row + down, 0), rows - 1);
  const c = Math.min(Math.max(cell - row * cols + right, 0), cols - 1);
  return r * cols + c;
}

/**
 * @param {Uint8Array} quads one per cell
 * @param {Float32Array} margins
 * @param {Size} grid
 */
export function findQuads(quads, margins, [rows, cols]) {
  for (let row = 0; row < rows; row++) {
    const down = row + 1 < rows ? cols : 0;
    for (let col = 0; col < cols; col++) {
      const cell = row * cols + col;
      const right = col + 1 < cols ? 1 : 0;
      let inside = 0;
      if (margins[cell] > 0) inside++;
      if (margins[cell + right] > 0) inside++;
      if (margins[cell + down] > 0) inside++;
      if (margins[cell + right + down] > 0) inside++;
      quads[cell] = inside === 0 ? OFF : inside === 4 ? ON : MIXED;
    }
  }
}
