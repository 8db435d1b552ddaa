/**
 * What a click would give, computed here before the kernel has it: similarity maps from
 * quantised eigenvectors. They stand in until the kernel's own maps come.
 *
 * @import { Cell, ClickSet, Size, Source, Stats } from "./wire.js"
 * @import { Similarity } from "../maths/cut.js"
 * @import { Clicked, Fit } from "../maths/diffusion.js"
 */

import { addAbout, fitOf, weightsOf } from "../maths/diffusion.js";
import { statisticsOf } from "../maths/statistics.js";
import { Cache } from "./cache.js";
import { DIFFUSION } from "./clicks.js";
import { MomentsOfBatch, VectorsOfImages, VectorsOfSample } from "./eigvecs.js";
import { isCell, mapKey, nameOf } from "./wire.js";

const STATISTICS_KEPT = 64;
const FITS_KEPT = 64;
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
  #numEig;
  #eigvals;
  /** @type {{ granularity: number, weights: Float32Array } | null} */
  #weights = null;
  /** @type {Cache<{ fit: Fit, clicks: Clicked[] }>} */
  #fits = new Cache(FITS_KEPT);

  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   * @param {number[] | null} eigvals
   */
  constructor(grid, numEig, eigvals) {
    this.#grid = grid;
    this.#numEig = numEig;
    this.#eigvals = eigvals;
    this.vectors = new VectorsOfImages(grid, numEig);
    this.sample = new VectorsOfSample(this.vectors);
  }

  /** What they are made of, in the order in which it is asked for. */
  get resources() {
    return [this.moments, this.sample, this.vectors];
  }

  /**
   * What is similar to a source on an image, or undefined where the eigenvectors for it
   * are not here. The map is valid until others are asked for, more than `reserve` told.
   *
   * @param {Source} source
   * @param {number} numEig
   * @param {number} image
   * @returns {Similarity | undefined}
   */
  get(source, numEig, image) {
    this.#renew();
    const key = mapKey(numEig, source, image);
    const known = this.#maps.get(key);
    if (known) return known;
    const similarity = isCell(source)
      ? this.#ofCell(source, numEig, image)
      : source.method === DIFFUSION && this.#ofClicks(source, image);
    if (!similarity) return undefined;
    this.#maps.set(key, similarity);
    return similarity;
  }

  /**
   * @param {Cell} cell
   * @param {number} numEig
   * @param {number} image
   */
  #ofCell(cell, numEig, image) {
    const vectors = this.vectors.get(image);
    const clicked = vectors && this.#clickedAt(cell, numEig);
    if (!clicked) return undefined;
    const map = this.#newMap(vectors.count);
    vectors.similarityInto(map, clicked.vector);
    return { map, stats: clicked.stats };
  }

  /**
   * How well the cells of an image fit all clicks.
   *
   * @param {ClickSet} set
   * @param {number} image
   */
  #ofClicks(set, image) {
    const vectors = this.vectors.get(image);
    const weights = this.#weightsAt(/** @type {number} */ (set.granularity));
    const known = vectors && this.#fitOf(set, weights);
    if (!known) return undefined;
    const { fit, clicks } = known;
    const map = this.#newMap(vectors.count);
    vectors.similarityInto(map, fit.vector, weights);
    for (let i = 0; i < map.length; i++) map[i] += fit.offset;
    clicks.forEach((click, j) => {
      if (click.cell[0] !== image || fit.local[j] === 0) return;
      const cosines = this.#newMap(vectors.count);
      vectors.similarityInto(cosines, click.vector, weights);
      addAbout(map, cosines, click, fit.local[j], this.#grid);
      this.#spare.push(cosines);
    });
    // A positive click only adds: what the clicks before it gave, stays.
    const positives = set.positives.slice(0, -1);
    const earlier =
      positives.length && this.get({ ...set, positives }, this.#numEig, image);
    if (earlier) {
      for (let i = 0; i < map.length; i++) map[i] = Math.max(map[i], earlier.map[i]);
    }
    for (const { cell, positive } of clicks) {
      if (cell[0] !== image) continue;
      const at = cell[1] * this.#grid[1] + cell[2];
      map[at] = positive ? Math.max(map[at], 1) : Math.min(map[at], 0);
    }
    return { map, stats: null };
  }

  /**
   * @param {ClickSet} set
   * @param {Float32Array} weights
   */
  #fitOf(set, weights) {
    const key = nameOf(set);
    const known = this.#fits.get(key);
    if (known) return known;
    /** @type {Clicked[]} */
    const clicks = [];
    for (const cells of [set.positives, set.negatives]) {
      for (const cell of cells) {
        const vectors = this.vectors.get(cell[0]);
        if (!vectors) return undefined;
        const pixel = cell[1] * this.#grid[1] + cell[2];
        const vector = vectors.vectorOf(pixel, this.#numEig, weights);
        clicks.push({ vector, positive: cells === set.positives, cell });
      }
    }
    const found = { fit: fitOf(clicks, this.#grid), clicks };
    this.#fits.set(key, found);
    return found;
  }

  /** @param {number} granularity */
  #weightsAt(granularity) {
    if (this.#weights?.granularity !== granularity) {
      const eigvals = this.#eigvals ?? [];
      this.#weights = { granularity, weights: weightsOf(eigvals, granularity) };
    }
    return this.#weights.weights;
  }

  /** @param {number} size */
  #newMap(size) {
    return this.#spare.pop() ?? new Float32Array(size);
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
