/**
 * Quantised unit eigenvectors, and the cosine between them: `low + step * level`, two
 * bytes a value, as ncut_widget/masks/eigvecs.py makes them: with the same low and
 * step everywhere, so that equal eigenvectors have equal cosines on any image.
 *
 * @typedef {object} Quantised
 * @property {Float32Array} low of each eigenvector
 * @property {Float32Array} step
 * @property {Uint16Array} levels (numEig, count)
 */

/** The eigenvectors of some pixels: an image's, or those of the sample. */
export class Vectors {
  #low;
  #step;
  #levels;
  #count;
  /** Lengths of the leading `#normsOf` eigenvectors, the other way round. */
  #scale = new Float32Array(0);
  #normsOf = 0;

  /** @param {Quantised} quantised */
  constructor({ low, step, levels }) {
    this.#low = low;
    this.#step = step;
    this.#levels = levels;
    this.#count = levels.length / low.length;
  }

  /** How many pixels. */
  get count() {
    return this.#count;
  }

  /**
   * Unit vector of the leading eigenvectors of one pixel.
   *
   * @param {number} pixel
   * @param {number} numEig
   */
  vectorOf(pixel, numEig) {
    const vector = new Float32Array(numEig);
    for (let k = 0; k < numEig; k++) {
      const level = this.#levels[k * this.#count + pixel];
      vector[k] = this.#low[k] + this.#step[k] * level;
    }
    const length = Math.hypot(...vector);
    for (let k = 0; k < numEig; k++) vector[k] /= length || 1;
    return vector;
  }

  /**
   * Cosine of every pixel's leading eigenvectors with a unit vector.
   *
   * @param {Float32Array} out
   * @param {Float32Array} vector
   */
  similarityInto(out, vector) {
    const numEig = vector.length;
    const count = this.#count;
    const levels = this.#levels;
    let base = 0;
    for (let k = 0; k < numEig; k++) base += vector[k] * this.#low[k];
    out.fill(base);
    // Two rows at a time: the sums are read and written half as often.
    for (let k = 0; k < numEig; k += 2) {
      const a = vector[k] * this.#step[k];
      const b = k + 1 < numEig ? vector[k + 1] * this.#step[k + 1] : 0;
      const rowA = k * count;
      const rowB = b ? rowA + count : rowA;
      for (let i = 0; i < count; i++) {
        out[i] += a * levels[rowA + i] + b * levels[rowB + i];
      }
    }
    this.#fit(numEig);
    for (let i = 0; i < count; i++) out[i] *= this.#scale[i];
    return out;
  }

  /**
   * Measure the leading eigenvectors: they are not of unit length by themselves, and
   * all of them only to within their bytes.
   *
   * @param {number} numEig
   */
  #fit(numEig) {
    if (this.#normsOf === numEig) return;
    this.#normsOf = numEig;
    const count = this.#count;
    if (this.#scale.length === 0) this.#scale = new Float32Array(count);
    const scale = this.#scale.fill(0);
    for (let k = 0; k < numEig; k++) {
      const low = this.#low[k];
      const step = this.#step[k];
      for (let i = 0; i < count; i++) {
        const value = low + step * this.#levels[k * count + i];
        scale[i] += value * value;
      }
    }
    for (let i = 0; i < count; i++) scale[i] = scale[i] > 0 ? scale[i] ** -0.5 : 0;
  }
}
