/**
 * Quantised unit eigenvectors, and the cosine between them. As
 * ncut_widget/eigvecs/quantised.py makes them, a value is `low + step * level`, and a
 * level has two bytes. All images have the same low and step, so that equal
 * eigenvectors have equal cosines on any image.
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
  /** 1 / length of each pixel's leading eigenvectors, weighted if there are weights. */
  #scale = new Float32Array(0);
  /** @type {number | Float32Array} How many, or their weights. */
  #scaleOf = 0;

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
   * @param {Float32Array} [weights] of these eigenvectors
   */
  vectorOf(pixel, numEig, weights) {
    const vector = new Float32Array(numEig);
    for (let k = 0; k < numEig; k++) {
      const level = this.#levels[k * this.#count + pixel];
      vector[k] = this.#low[k] + this.#step[k] * level;
      if (weights) vector[k] *= weights[k];
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
   * @param {Float32Array} [weights] of the pixels' eigenvectors
   */
  similarityInto(out, vector, weights) {
    const scaleOf = weights ?? vector.length;
    if (weights) vector = vector.map((value, k) => value * weights[k]);
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
    this.#fit(numEig, scaleOf);
    for (let i = 0; i < count; i++) out[i] *= this.#scale[i];
    return out;
  }

  /**
   * Measure the lengths of the leading eigenvectors. Some of the eigenvectors are not a
   * unit vector by themselves, and all of them are one only up to quantisation.
   *
   * @param {number} numEig
   * @param {number | Float32Array} of how many, or their weights
   */
  #fit(numEig, of) {
    if (this.#scaleOf === of) return;
    this.#scaleOf = of;
    const count = this.#count;
    if (this.#scale.length === 0) this.#scale = new Float32Array(count);
    const scale = this.#scale.fill(0);
    for (let k = 0; k < numEig; k++) {
      const low = this.#low[k];
      const step = this.#step[k];
      const square = typeof of === "number" ? 1 : of[k] ** 2;
      if (square === 0) continue;
      for (let i = 0; i < count; i++) {
        const value = low + step * this.#levels[k * count + i];
        scale[i] += value * value * square;
      }
    }
    for (let i = 0; i < count; i++) scale[i] = scale[i] > 0 ? scale[i] ** -0.5 : 0;
  }
}
