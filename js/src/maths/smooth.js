/**
 * The mask at the image's own resolution, on a canvas: a canvas pixel is in the mask if
 * the image pixel under its centre is. The operations are those of
 * ncut_widget/masks/smooth.py, so the stage shows exactly the pixels of `seg.mask`.
 *
 * @import { View } from "./coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { Axis } from "./axis.js";
import { MIXED, ON } from "./margins.js";

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
   * @param {Uint32Array} pixels of the canvas: those of the mask get a colour, all
   *   others are cleared
   * @param {Uint8Array} quads
   * @param {Float32Array} margins
   * @param {number | Uint32Array} colours one, or one for each quad
   */
  paint(pixels, quads, margins, colours) {
    const { before: lefts, starts } = this.#across;
    const { before: tops, after: bottoms, fraction: down, place: rows } = this.#down;
    const width = lefts.length;
    const cols = starts.length - 1;
    pixels.fill(0);
    for (let y = 0; y < tops.length; y++) {
      const line = y * width;
      if (y > 0 && rows[y] === rows[y - 1]) {
        pixels.copyWithin(line, line - width, line); // Shows the same image pixels.
        continue;
      }
      const first = tops[y] * cols;
      for (let col = lefts[0]; col <= lefts[width - 1]; col++) {
        const quad = quads[first + col];
        const colour = typeof colours === "number" ? colours : colours[first + col];
        if (quad === ON)
          pixels.fill(colour, line + starts[col], line + starts[col + 1]);
        if (quad !== MIXED) continue;
        const bottom = bottoms[y] * cols;
        this.#paintQuad(pixels, line, col, first, bottom, down[y], margins, colour);
      }
    }
  }

  /**
   * How many pixels of the canvas are in the mask: those that `paint` paints.
   *
   * @param {Uint8Array} quads
   * @param {Float32Array} margins
   */
  count(quads, margins) {
    const { starts: lefts } = this.#across;
    const { starts: tops } = this.#down;
    const cols = lefts.length - 1;
    let count = 0;
    for (let row = 0; row < tops.length - 1; row++) {
      if (tops[row] === tops[row + 1]) continue;
      for (let col = 0; col < cols; col++) {
        const quad = quads[row * cols + col];
        if (quad === ON) {
          count += (tops[row + 1] - tops[row]) * (lefts[col + 1] - lefts[col]);
        } else if (quad === MIXED) {
          for (let y = tops[row]; y < tops[row + 1]; y++) {
            count += this.#countInQuad(y, col, margins);
          }
        }
      }
    }
    return count;
  }

  /**
   * Along a row of a quad the margins only rise or only fall, so the part in the mask
   * begins at one end of the row. Only the other end of that part is searched for.
   *
   * @param {number} y row of the canvas
   * @param {number} col of the quad
   * @param {Float32Array} margins
   */
  #countInQuad(y, col, margins) {
    const { starts } = this.#across;
    const [first, end] = [starts[col], starts[col + 1]];
    if (first === end) return 0;
    const begins = this.#isInside(first, y, margins);
    if (begins === this.#isInside(end - 1, y, margins)) return begins ? end - first : 0;
    let [same, other] = [first, end - 1];
    while (other - same > 1) {
      const middle = (same + other) >> 1;
      if (this.#isInside(middle, y, margins) === begins) same = middle;
      else other = middle;
    }
    return begins ? other - first : end - other;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Float32Array} margins
   */
  #isInside(x, y, margins) {
    const { before: lefts, after: rights, fraction: across, starts } = this.#across;
    const { before: tops, after: bottoms, fraction: down } = this.#down;
    const cols = starts.length - 1;
    const top = tops[y] * cols;
    const bottom = bottoms[y] * cols;
    const [a, b] = [margins[top + lefts[x]], margins[top + rights[x]]];
    const [c, d] = [margins[bottom + lefts[x]], margins[bottom + rights[x]]];
    const above = a + across[x] * (b - a);
    const below = c + across[x] * (d - c);
    return above + down[y] * (below - above) > 0;
  }

  /**
   * @param {Uint32Array} pixels
   * @param {number} line start of the canvas row
   * @param {number} col of the quad
   * @param {number} top start of the row of cells above
   * @param {number} bottom start of the row of cells below
   * @param {number} down how far the pixel is from the row above to the row below
   * @param {Float32Array} margins
   * @param {number} colour
   */
  #paintQuad(pixels, line, col, top, bottom, down, margins, colour) {
    const { starts, after, fraction } = this.#across;
    const end = starts[col + 1];
    const right = after[starts[col]];
    // In the kernel's order of operations.
    const [a, b] = [margins[top + col], margins[top + right]];
    const [c, d] = [margins[bottom + col], margins[bottom + right]];
    for (let x = starts[col]; x < end; x++) {
      const above = a + fraction[x] * (b - a);
      const below = c + fraction[x] * (d - c);
      if (above + down * (below - above) > 0) pixels[line + x] = colour;
    }
  }
}
