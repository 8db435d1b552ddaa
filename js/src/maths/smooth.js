/**
 * The mask at the image's own resolution, as it shows on a canvas: a canvas pixel is in
 * it where the image pixel under its centre is. Operation by operation this is
 * ncut_widget/masks/smooth.py, so the stage shows the very pixels of `seg.mask`.
 *
 * @import { CutMaps } from "./quads.js"
 * @import { View } from "./coordinates.js"
 * @import { Size } from "../model/wire.js"
 */

import { Axis } from "./axis.js";
import { MIXED, ON } from "./quads.js";

export class SmoothMask {
  #across = new Axis();
  #down = new Axis();

  /**
   * @param {Size} raster (height, width) of the canvas
   * @param {View} view part of the image that fills it, in image pixels
   * @param {Size} size of the image
   * @param {Size} grid
   */
  fit([height, width], view, size, grid) {
    this.#across.fitPixels(width, view.x, view.width, size[1], grid[1]);
    this.#down.fitPixels(height, view.y, view.height, size[0], grid[0]);
  }

  /**
   * @param {Uint32Array} pixels of the canvas: those of the mask get the colour, all
   *   others are cleared
   * @param {Uint8Array} quads
   * @param {CutMaps} cutMaps
   * @param {number} colour
   */
  paint(pixels, quads, cutMaps, colour) {
    const { before: lefts, starts } = this.#across;
    const { before: tops, after: bottoms, fraction: down, place: rows } = this.#down;
    const width = lefts.length;
    const cols = starts.length - 1;
    pixels.fill(0);
    for (let y = 0; y < tops.length; y++) {
      const line = y * width;
      if (y > 0 && rows[y] === rows[y - 1]) {
        pixels.copyWithin(line, line - width, line); // The same image pixels.
        continue;
      }
      const first = tops[y] * cols;
      for (let col = lefts[0]; col <= lefts[width - 1]; col++) {
        const quad = quads[first + col];
        if (quad === ON)
          pixels.fill(colour, line + starts[col], line + starts[col + 1]);
        if (quad !== MIXED) continue;
        const bottom = bottoms[y] * cols;
        this.#paintQuad(pixels, line, col, first, bottom, down[y], cutMaps, colour);
      }
    }
  }

  /**
   * @param {Uint32Array} pixels
   * @param {number} line start of the canvas row
   * @param {number} col of the quad
   * @param {number} top start of the row of cells above
   * @param {number} bottom start of the row of cells below
   * @param {number} down how far it is from the one to the other
   * @param {CutMaps} cutMaps
   * @param {number} colour
   */
  #paintQuad(pixels, line, col, top, bottom, down, { positives, negatives }, colour) {
    const { starts, after, fraction } = this.#across;
    const end = starts[col + 1];
    const right = after[starts[col]];
    for (let x = starts[col]; x < end; x++) {
      const across = fraction[x];
      let inside = false;
      for (let k = 0; k < positives.length && !inside; k++) {
        const { map, cut } = positives[k];
        inside =
          mix(map, top + col, top + right, bottom + col, bottom + right, across, down) >
          cut;
      }
      for (let k = 0; k < negatives.length && inside; k++) {
        const { map, cut } = negatives[k];
        inside = !(
          mix(map, top + col, top + right, bottom + col, bottom + right, across, down) >
          cut
        );
      }
      if (inside) pixels[line + x] = colour;
    }
  }
}

/**
 * Bilinear interpolation, in the kernel's order of operations.
 *
 * @param {Float32Array} map
 * @param {number} a cell at the top left
 * @param {number} b top right
 * @param {number} c bottom left
 * @param {number} d bottom right
 * @param {number} across
 * @param {number} down
 */
function mix(map, a, b, c, d, across, down) {
  const top = map[a] + across * (map[b] - map[a]);
  const bottom = map[c] + across * (map[d] - map[c]);
  return top + down * (bottom - top);
}
