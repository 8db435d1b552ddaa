/**
 * A mask's quads: what lies between four neighbouring centres of cells, where the
 * similarity is interpolated. The quad of a cell is bounded by its centre and those of
 * its neighbours right, below, and right below; beyond the outermost centres values go
 * on as they are. As `_quads` of ncut_widget/masks/smooth.py.
 *
 * @import { Size } from "../model/wire.js"
 *
 * @typedef {{ map: Float32Array, cut: number }} CutMap a click's part in a mask
 * @typedef {{ positives: CutMap[], negatives: CutMap[] }} CutMaps
 */

/** No pixel is in the mask, and no edge of it near. */
export const OFF = 0;
/** Every pixel is in the mask. */
export const ON = 1;
/** To be looked at pixel by pixel. */
export const MIXED = 2;
/** Some pixels may be above a cut, but denoise has dropped them all. */
export const DROPPED = 3;

/**
 * @param {Uint8Array} quads one per cell
 * @param {Uint8Array} mask on the latent grid: 1 = object
 * @param {CutMaps} cutMaps
 * @param {Size} grid
 */
export function findQuads(quads, mask, { positives, negatives }, [rows, cols]) {
  for (let row = 0; row < rows; row++) {
    const down = row + 1 < rows ? cols : 0;
    for (let col = 0; col < cols; col++) {
      const cell = row * cols + col;
      const right = col + 1 < cols ? 1 : 0;
      let surely = false;
      let perhaps = false;
      for (let k = 0; k < positives.length; k++) {
        const above = cornersAbove(positives[k], cell, right, down);
        if (above === 4) surely = true;
        if (above > 0) perhaps = true;
      }
      for (let k = 0; perhaps && k < negatives.length; k++) {
        const above = cornersAbove(negatives[k], cell, right, down);
        if (above > 0) surely = false;
        if (above === 4) perhaps = false;
      }
      const near =
        mask[cell] | mask[cell + right] | mask[cell + down] | mask[cell + right + down];
      if (!perhaps) quads[cell] = OFF;
      else if (!near) quads[cell] = DROPPED;
      else quads[cell] = surely ? ON : MIXED;
    }
  }
}

/**
 * @param {CutMap} cutMap
 * @param {number} cell
 * @param {number} right step to the next column, 0 at the edge
 * @param {number} down step to the next row, 0 at the edge
 */
function cornersAbove({ map, cut }, cell, right, down) {
  let above = 0;
  if (map[cell] > cut) above++;
  if (map[cell + right] > cut) above++;
  if (map[cell + down] > cut) above++;
  if (map[cell + right + down] > cut) above++;
  return above;
}
