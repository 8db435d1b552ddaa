/**
 * One axis of a canvas: between which two centres of cells each of its pixels lies, and
 * how far from the first to the second. As `interpolation` of
 * ncut_widget/masks/coordinates.py.
 */

export class Axis {
  /** Cell before each canvas pixel. @type {Int32Array} */
  before = new Int32Array(0);
  /**
   * Cell after each canvas pixel; beyond the outermost centres the same cell.
   *
   * @type {Int32Array}
   */
  after = new Int32Array(0);
  /**
   * How far each pixel is from the cell before to the cell after, 0 to 1.
   *
   * @type {Float64Array}
   */
  fraction = new Float64Array(0);
  /** Where each pixel lies in the image, in image pixels. @type {Float64Array} */
  place = new Float64Array(0);
  /**
   * First canvas pixel of each quad; the last entry is the end of the last quad.
   *
   * @type {Int32Array}
   */
  starts = new Int32Array(0);
  #key = "";

  /**
   * Place each canvas pixel at the centre of the image pixel that it shows, which is
   * the one under its own centre.
   *
   * @param {number} length of the canvas
   * @param {number} from where the view begins, in image pixels
   * @param {number} extent of the view
   * @param {number} pixels of the image
   * @param {number} cells
   */
  fitPixels(length, from, extent, pixels, cells) {
    this.#fit(
      length,
      from,
      extent,
      pixels,
      cells,
      (at) => Math.min(Math.max(Math.floor(at), 0), pixels - 1) + 0.5,
    );
  }

  /**
   * Place each canvas pixel at its own centre, which may be anywhere in an image pixel.
   *
   * @param {number} length
   * @param {number} from
   * @param {number} extent
   * @param {number} pixels
   * @param {number} cells
   */
  fitPlaces(length, from, extent, pixels, cells) {
    this.#fit(length, from, extent, pixels, cells, (at) => at);
  }

  /**
   * @param {number} length
   * @param {number} from
   * @param {number} extent
   * @param {number} pixels
   * @param {number} cells
   * @param {(at: number) => number} shown
   */
  #fit(length, from, extent, pixels, cells, shown) {
    const key = [length, from, extent, pixels, cells].join();
    if (key === this.#key) return;
    this.#key = key;
    if (length !== this.before.length) {
      this.before = new Int32Array(length);
      this.after = new Int32Array(length);
      this.fraction = new Float64Array(length);
      this.place = new Float64Array(length);
    }
    this.starts = new Int32Array(cells + 1).fill(length);
    for (let i = length - 1; i >= 0; i--) {
      this.place[i] = shown(from + ((i + 0.5) * extent) / length);
      const cell = (this.place[i] * cells) / pixels - 0.5;
      const inside = Math.min(Math.max(cell, 0), cells - 1);
      this.before[i] = Math.floor(inside);
      this.after[i] = Math.min(this.before[i] + 1, cells - 1);
      this.fraction[i] = inside - this.before[i];
      this.starts[this.before[i]] = i;
    }
    // A quad without pixels ends where it begins.
    for (let k = cells - 1; k >= 0; k--) {
      this.starts[k] = Math.min(this.starts[k], this.starts[k + 1]);
    }
  }
}
