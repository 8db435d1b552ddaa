/**
 * The outline of a mask, smooth and antialiased: each pixel near the edge gets its
 * distance from where the interpolated margins cross 0.
 *
 * @import { View } from "../maths/coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { Axis } from "../maths/axis.js";
import { MIXED } from "../maths/margins.js";

/** Width of the light line and of the dark on each side of it, in CSS pixels. */
const LIGHT = 1.25;
const DARK = 1;
const DARK_OPACITY = 0.7;
/** Length of the dashes of a dashed line, in CSS pixels. */
const DASH = 4;

export class Outline {
  #across = new Axis();
  #down = new Axis();
  #grid = /** @type {Size} */ ([0, 0]);
  /** Cells per canvas pixel. */
  #scale = [0, 0];

  /**
   * @param {Size} raster (height, width) of the canvas
   * @param {View} view part of the image that fills it, in image pixels
   * @param {Size} size of the image
   * @param {Size} grid
   */
  fit([height, width], view, size, grid) {
    this.#across.fitPlaces(width, view.x, view.width, size[1], grid[1]);
    this.#down.fitPlaces(height, view.y, view.height, size[0], grid[0]);
    this.#grid = grid;
    this.#scale = [
      (grid[1] * view.width) / (size[1] * width),
      (grid[0] * view.height) / (size[0] * height),
    ];
  }

  /**
   * @param {Uint32Array} pixels of the canvas
   * @param {Uint8Array} quads
   * @param {Float32Array} margins
   * @param {number} ratio device pixels per CSS pixel
   * @param {boolean} [dashed]
   */
  paint(pixels, quads, margins, ratio, dashed = false) {
    const dash = dashed ? Math.round(DASH * ratio) : 0;
    const [rows, cols] = this.#grid;
    const { before: lefts } = this.#across;
    const { before: tops } = this.#down;
    for (let row = tops[0]; row <= tops[tops.length - 1]; row++) {
      for (let col = lefts[0]; col <= lefts[lefts.length - 1]; col++) {
        if (nearMixed(quads, row, col, rows, cols)) {
          this.#paintQuad(pixels, row, col, margins, ratio, dash);
        }
      }
    }
  }

  /**
   * @param {Uint32Array} pixels
   * @param {number} row
   * @param {number} col
   * @param {Float32Array} margins
   * @param {number} ratio
   * @param {number} dash length of dashes and gaps, 0 for none
   */
  #paintQuad(pixels, row, col, margins, ratio, dash) {
    const { starts: xs, before, fraction: across } = this.#across;
    const { starts: ys, fraction: down } = this.#down;
    const [rows, cols] = this.#grid;
    const a = row * cols + col;
    const right = col + 1 < cols ? 1 : 0;
    const below = row + 1 < rows ? cols : 0;
    const light = (LIGHT * ratio) / 2;
    const far = light + DARK * ratio + 0.5;
    for (let y = ys[row]; y < ys[row + 1]; y++) {
      for (let x = xs[col]; x < xs[col + 1]; x++) {
        if (dash && isGap(x, y, dash)) continue;
        const gap = this.#distance(margins, a, right, below, across[x], down[y]);
        const away = Math.abs(gap);
        if (away < far) pixels[y * before.length + x] = inkAt(away, light, far);
      }
    }
  }

  /**
   * Distance from the edge in canvas pixels, to first order; negative outside.
   *
   * @param {Float32Array} map
   * @param {number} a cell at the top left
   * @param {number} right step to the next column
   * @param {number} below step to the next row
   * @param {number} across
   * @param {number} down
   */
  #distance(map, a, right, below, across, down) {
    const topSlope = map[a + right] - map[a];
    const bottomSlope = map[a + right + below] - map[a + below];
    const top = map[a] + across * topSlope;
    const bottom = map[a + below] + across * bottomSlope;
    const dx = (topSlope + down * (bottomSlope - topSlope)) * this.#scale[0];
    const dy = (bottom - top) * this.#scale[1];
    return (top + down * (bottom - top)) / Math.sqrt(dx * dx + dy * dy);
  }
}

/**
 * Whether a pixel of a dashed line is left out. That depends on where the pixel is, not
 * on how far along the line it is.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} dash
 */
function isGap(x, y, dash) {
  return (2 * x + y) % (4 * dash) >= 2 * dash;
}

/**
 * The outline's colour: light on dark, which is visible on any photograph. RGBA as a
 * little-endian number.
 *
 * @param {number} away from the edge, in canvas pixels
 * @param {number} light half the width of the light line
 * @param {number} far where the dark ends
 */
function inkAt(away, light, far) {
  const lit = Math.min(Math.max(light + 0.5 - away, 0), 1);
  const shade = Math.min(far - away, 1) * DARK_OPACITY * (1 - lit);
  const alpha = lit + shade;
  const grey = Math.round((255 * lit) / alpha);
  return ((Math.round(255 * alpha) << 24) | (grey << 16) | (grey << 8) | grey) >>> 0;
}

/**
 * Whether a quad or one of its eight neighbours is mixed.
 *
 * @param {Uint8Array} quads
 * @param {number} row
 * @param {number} col
 * @param {number} rows
 * @param {number} cols
 */
function nearMixed(quads, row, col, rows, cols) {
  const bottom = Math.min(row + 1, rows - 1);
  const right = Math.min(col + 1, cols - 1);
  for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
    for (let c = Math.max(col - 1, 0); c <= right; c++) {
      if (quads[r * cols + c] === MIXED) return true;
    }
  }
  return false;
}
