/**
 * What a click would give, computed here before the kernel has it: similarity maps from
 * quantised eigenvectors. They stand in until the kernel's own maps come.
 *
 * @import { Cell, Size, Stats } from "./wire.js"
 * @import { Similarity } from "../maths/cut.js"
 */

import { statisticsOf } from "../maths/statistics.js";
import { Cache } from "./cache.js";
import { MomentsOfBatch, VectorsOfImages, VectorsOfSample } from "./eigvecs.js";
import { mapKey } from "./wire.js";

const STATISTICS_KEPT = 64;
/** Maps that are kept beside those that are shown, in number and in bytes. */
const MAPS_KEPT = 128;
const MAPS_BYTES = 16e6;

export class Previews {
  moments = new MomentsOfBatch();
  vectors;
  sample;
  /** @type {Cache<{ vector: Float32Array, stats: Stats }>} */
  #prompts = new Cache(STATISTICS_KEPT);
  /** Of moments, when the statistics were taken. */
  #arrivals = 0;
  /** The sample's similarities, written again for each prompt. */
  #sampled = new Float32Array(0);
  /** @type {Float32Array[]} Maps to be written again: a hover makes hundreds. */
  #spare = [];
  /** @type {Cache<Similarity>} */
  #maps = new Cache(MAPS_KEPT, ({ map }) => this.#spare.push(map));
  #grid;

  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   */
  constructor(grid, numEig) {
    this.#grid = grid;
    this.vectors = new VectorsOfImages(grid, numEig);
    this.sample = new VectorsOfSample(this.vectors);
  }

  /** What they are made of, in the order in which it is asked for. */
  get resources() {
    return [this.moments, this.sample, this.vectors];
  }

  /**
   * The similarity of a cell on an image, or undefined where the eigenvectors for it
   * are not here. The map is valid until others are asked for, more than `reserve` told.
   *
   * @param {Cell} cell
   * @param {number} numEig
   * @param {number} image
   * @returns {Similarity | undefined}
   */
  get(cell, numEig, image) {
    this.#renew();
    const key = mapKey(numEig, cell, image);
    const known = this.#maps.get(key);
    if (known) return known;
    const vectors = this.vectors.get(image);
    const clicked = vectors && this.#clickedAt(cell, numEig);
    if (!clicked) return undefined;
    const map = this.#spare.pop() ?? new Float32Array(vectors.count);
    vectors.similarityInto(map, clicked.vector);
    const similarity = { map, stats: clicked.stats };
    this.#maps.set(key, similarity);
    return similarity;
  }

  /**
   * Keep room for the maps of so many clicks on one image.
   *
   * @param {number} clicks
   */
  reserve(clicks) {
    const [rows, cols] = this.#grid;
    const more = Math.min(MAPS_KEPT, Math.floor(MAPS_BYTES / (4 * rows * cols)));
    this.#maps.limit = clicks + 1 + more;
    this.#prompts.limit = clicks + STATISTICS_KEPT;
  }

  close() {
    this.#maps.clear();
    this.#spare = [];
  }

  /** Until the moments have come, the sample's own stand in. */
  #renew() {
    const { arrivals } = this.moments;
    if (arrivals === this.#arrivals) return;
    this.#arrivals = arrivals;
    this.#prompts.clear();
    this.#maps.clear();
  }

  /**
   * @param {Cell} cell
   * @param {number} numEig
   */
  #clickedAt(cell, numEig) {
    const key = mapKey(numEig, cell, -1);
    const known = this.#prompts.get(key);
    if (known) return known;
    const [image, row, col] = cell;
    const vectors = this.vectors.get(image);
    const sample = this.sample.vectors;
    if (!vectors || !sample) return undefined;
    const vector = vectors.vectorOf(row * this.#grid[1] + col, numEig);
    if (this.#sampled.length !== sample.count) {
      this.#sampled = new Float32Array(sample.count);
    }
    const sampled = sample.similarityInto(this.#sampled, vector);
    const stats = statisticsOf(vector, sampled, this.moments.get(numEig));
    const clicked = { vector, stats };
    this.#prompts.set(key, clicked);
    return clicked;
  }
}
