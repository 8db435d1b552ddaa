/**
 * A mask as runs of pixels along its rows, as ncut_widget/masks/runs.py makes them.
 */

export class Runs {
  /** First pixel of each run, counted row by row through the image. */
  #starts;
  /** The pixel after each run. */
  #stops;
  /** Number of the thing that each run belongs to, from 1 on. */
  #instances;
  #rows;
  #width;
  /** Pixels in the mask. */
  count = 0;
  /** Things in it. */
  instances = 0;

  /**
   * @param {Uint32Array} values starts, stops and instances, one after the other
   * @param {[height: number, width: number]} size of the image
   */
  constructor(values, [height, width]) {
    const length = values.length / 3;
    this.#starts = values.subarray(0, length);
    this.#stops = values.subarray(length, 2 * length);
    this.#instances = values.subarray(2 * length);
    this.#width = width;
    /** First run of each row; the last entry is the number of runs. */
    this.#rows = new Uint32Array(height + 1).fill(length);
    for (let run = length - 1; run >= 0; run--) {
      this.count += this.#stops[run] - this.#starts[run];
      this.instances = Math.max(this.instances, this.#instances[run]);
      this.#rows[Math.floor(this.#starts[run] / width)] = run;
    }
    for (let row = height - 1; row >= 0; row--) {
      this.#rows[row] = Math.min(this.#rows[row], this.#rows[row + 1]);
    }
  }

  /**
   * Paint the canvas pixels that show pixels of the mask.
   *
   * @param {Uint32Array} pixels of the canvas
   * @param {Int32Array} rows of the image that its rows show
   * @param {Int32Array} cols of the image that its columns show; each shows the same
   *   column as the one before it, or one further right
   * @param {number[]} colours of the things, in turn
   */
  paint(pixels, rows, cols, colours) {
    const width = cols.length;
    for (let y = 0; y < rows.length; y++) {
      const row = rows[y];
      const line = row * this.#width;
      for (let run = this.#rows[row]; run < this.#rows[row + 1]; run++) {
        const from = firstOf(cols, this.#starts[run] - line);
        const to = firstOf(cols, this.#stops[run] - line);
        const colour = colours[(this.#instances[run] - 1) % colours.length];
        if (from < to) pixels.fill(colour, y * width + from, y * width + to);
      }
    }
  }
}

/**
 * The index of the first value that is at least `least`.
 *
 * @param {Int32Array} sorted
 * @param {number} least
 */
function firstOf(sorted, least) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The image pixel under the centre of each canvas pixel, along one axis.
 *
 * @param {number} length of the canvas
 * @param {number} from where the view begins, in image pixels
 * @param {number} extent of the view
 * @param {number} pixels of the image
 */
export function pixelsUnder(length, from, extent, pixels) {
  const under = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const at = Math.floor(from + ((i + 0.5) * extent) / length);
    under[i] = Math.min(Math.max(at, 0), pixels - 1);
  }
  return under;
}
