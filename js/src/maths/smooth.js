/**
 * The mask at the image's own resolution, as it shows on a canvas: a canvas pixel is in
 * it where the image pixel under its centre is. Operation by operation this is
 * ncut_widget/masks/smooth.py, so the stage shows the very pixels of `seg.mask`.
 *
 * @import { CutMap, CutMaps } from "./quads.js"
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
   * How many pixels of the canvas are in the mask: those that `paint` paints.
   *
   * @param {Uint8Array} quads
   * @param {CutMaps} cutMaps
   */
  count(quads, cutMaps) {
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
            count += this.#countQuad(y, col, cutMaps);
          }
        }
      }
    }
    return count;
  }

  /**
   * Along a row of a quad a similarity only rises, or only falls: what is above a cut
   * begins at one end. So no pixel is looked at but those that an end is searched at.
   *
   * @param {number} y row of the canvas
   * @param {number} col of the quad
   * @param {CutMaps} cutMaps
   */
  #countQuad(y, col, { positives, negatives }) {
    const first = this.#across.starts[col];
    const end = this.#across.starts[col + 1];
    // Inside: up to `until` and from `from` on, but within [low, high).
    let until = first;
    let from = end;
    let low = first;
    let high = end;
    for (const positive of positives) {
      const [stop, start] = this.#ends(y, col, positive);
      until = Math.max(until, stop);
      from = Math.min(from, start);
    }
    for (const negative of negatives) {
      const [stop, start] = this.#ends(y, col, negative);
      low = Math.max(low, stop);
      high = Math.min(high, start);
    }
    if (until >= from) return Math.max(high - low, 0);
    return (
      Math.max(Math.min(until, high) - low, 0) + Math.max(high - Math.max(from, low), 0)
    );
  }

  /**
   * Where a row of a quad is above a cut: from its first pixel to before `stop`, and
   * from `start` to its last.
   *
   * @param {number} y
   * @param {number} col
   * @param {CutMap} cutMap
   * @returns {[stop: number, start: number]}
   */
  #ends(y, col, cutMap) {
    const { starts } = this.#across;
    const [first, end] = [starts[col], starts[col + 1]];
    if (first === end) return [first, end];
    const begins = this.#isAbove(first, y, cutMap);
    if (begins === this.#isAbove(end - 1, y, cutMap)) {
      return begins ? [end, first] : [first, end];
    }
    let [same, other] = [first, end - 1];
    while (other - same > 1) {
      const middle = (same + other) >> 1;
      if (this.#isAbove(middle, y, cutMap) === begins) same = middle;
      else other = middle;
    }
    return begins ? [other, end] : [first, other];
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {CutMap} cutMap
   */
  #isAbove(x, y, { map, cut }) {
    const { before: lefts, after: rights, fraction: across, starts } = this.#across;
    const { before: tops, after: bottoms, fraction: down } = this.#down;
    const cols = starts.length - 1;
    const top = tops[y] * cols;
    const bottom = bottoms[y] * cols;
    const a = top + lefts[x];
    const b = top + rights[x];
    const c = bottom + lefts[x];
    const d = bottom + rights[x];
    return mix(map, a, b, c, d, across[x], down[y]) > cut;
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
