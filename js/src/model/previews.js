/**
 * Fields of prompts that the kernel does not have yet, computed here from quantised
 * eigenvectors. They stand in until the kernel's own fields come.
 *
 * @import { Info, Stats, Way } from "./link/wire.js"
 * @import { FieldMap } from "./fields.js"
 * @import { Fit, Placed } from "../maths/regression.js"
 * @import { Group } from "../maths/seeds.js"
 * @import { Seeds } from "./seeds.js"
 */

import { weightsOf } from "../maths/diffusion.js";
import { addAbout, fitOf } from "../maths/regression.js";
import { directionOf, placeIn } from "../maths/seeds.js";
import { statisticsOf } from "../maths/statistics.js";
import { Cache } from "./cache.js";
import { MomentsOfBatch, VectorsOfImages, VectorsOfSample } from "./eigvecs.js";
import { DIFFUSION, SIMILARITY } from "./methods.js";
import { fieldKey, nameOf, standInOf } from "./seeds.js";

const STATISTICS_KEPT = 64;
const FITS_KEPT = 64;
/** Fields that are kept besides those on view, in number and in bytes. */
const FIELDS_KEPT = 128;
const FIELDS_BYTES = 16e6;

export class Previews {
  moments = new MomentsOfBatch();
  vectors;
  sample;
  /** @type {Cache<{ vector: Float32Array, stats: Stats }>} */
  #directions = new Cache(STATISTICS_KEPT);
  /** How many moments had arrived when the statistics were taken. */
  #arrivals = 0;
  /** The sample's similarities, written again for each group. */
  #sampled = new Float32Array(0);
  /** @type {Float32Array[]} To be written again: a hover makes hundreds. */
  #spare = [];
  /** @type {Cache<FieldMap>} */
  #fields = new Cache(FIELDS_KEPT, ({ values }) => this.#spare.push(values));
  #info;
  #grid;
  #numEig;
  #ways;
  /** @type {{ way: Way, granularity: number, weights: Float32Array } | null} */
  #weights = null;
  /** @type {Cache<{ fit: Fit, placed: Placed[] }>} */
  #fits = new Cache(FITS_KEPT);

  /**
   * @param {Info} info
   * @param {number} numEig of the vectors
   * @param {{ get: (by: string) => Way | undefined }} ways
   */
  constructor(info, numEig, ways) {
    const { grid } = info;
    this.#info = info;
    this.#grid = grid;
    this.#numEig = numEig;
    this.#ways = ways;
    this.vectors = new VectorsOfImages(grid, numEig);
    this.sample = new VectorsOfSample(this.vectors);
  }

  /** What previews are made of, in the order in which it is asked for. */
  get resources() {
    return [this.moments, this.sample, this.vectors];
  }

  /**
   * The field of some seeds on an image, or undefined where the eigenvectors for it are
   * not here. It is valid until more other fields are asked for than `reserve` was
   * told.
   *
   * @param {Seeds} seeds
   * @param {number} image
   * @returns {FieldMap | undefined}
   */
  get(seeds, image) {
    this.#await();
    const key = fieldKey(seeds, image);
    const known = this.#fields.get(key);
    if (known) return known;
    const made = standInOf(seeds, this.#info);
    const field = made && this.#make(made, image);
    if (!field) return undefined;
    const map = { ...field, grid: this.#grid, presence: 1 };
    this.#fields.set(key, map);
    return map;
  }

  /**
   * Keep room for so many fields on one image.
   *
   * @param {number} fields
   */
  reserve(fields) {
    const [rows, cols] = this.#grid;
    const more = Math.min(FIELDS_KEPT, Math.floor(FIELDS_BYTES / (4 * rows * cols)));
    this.#fields.limit = fields + 1 + more;
    this.#directions.limit = fields + STATISTICS_KEPT;
  }

  /** What they are made of has changed. */
  renew() {
    this.#directions.clear();
    this.#fields.clear();
    this.#fits.clear();
  }

  close() {
    this.#fields.clear();
    this.#spare = [];
  }

  /** Until the moments have come, the sample's own stand in. */
  #await() {
    const { arrivals } = this.moments;
    if (arrivals === this.#arrivals) return;
    this.#arrivals = arrivals;
    this.#directions.clear();
    this.#fields.clear();
  }

  /**
   * @param {Seeds} seeds
   * @param {number} image
   */
  #make(seeds, image) {
    switch (seeds.method) {
      case SIMILARITY:
        return this.#likeGroup(seeds, image);
      case DIFFUSION:
        return this.#fitting(seeds, image);
      default:
        return undefined; // Only the kernel can make it.
    }
  }

  /**
   * How similar the cells of an image are to a group of seeds.
   *
   * @param {Seeds} seeds
   * @param {number} image
   */
  #likeGroup(seeds, image) {
    const vectors = this.vectors.get(seeds.parameters.by, image);
    const direction = vectors && this.#directionOf(seeds);
    if (!direction) return undefined;
    const values = this.#newField(vectors.count);
    vectors.similarityInto(values, direction.vector);
    return { values, stats: direction.stats };
  }

  /** @param {Seeds} seeds of one group */
  #directionOf(seeds) {
    const key = nameOf(seeds);
    const known = this.#directions.get(key);
    if (known) return known;
    const [group] = seeds.positives;
    const { by, num_eig: numEig } = seeds.parameters;
    const sample = this.sample.get(by);
    const units = this.#vectorsOf(by, group, numEig);
    if (!units || !sample) return undefined;
    const vector = directionOf(units, group);
    if (this.#sampled.length !== sample.count) {
      this.#sampled = new Float32Array(sample.count);
    }
    const sampled = sample.similarityInto(this.#sampled, vector);
    const stats = statisticsOf(vector, sampled, this.moments.get(by, numEig));
    const direction = { vector, stats };
    this.#directions.set(key, direction);
    return direction;
  }

  /**
   * How well the cells of an image fit all seeds.
   *
   * @param {Seeds} seeds
   * @param {number} image
   */
  #fitting(seeds, image) {
    const { by, granularity } = seeds.parameters;
    const vectors = this.vectors.get(by, image);
    const way = this.#ways.get(by);
    if (!vectors || !way) return undefined;
    const weights = this.#weightsAt(way, granularity);
    const known = this.#fitOf(seeds, weights);
    if (!known) return undefined;
    const { fit, placed } = known;
    const values = this.#newField(vectors.count);
    vectors.similarityInto(values, fit.vector, weights);
    for (let i = 0; i < values.length; i++) values[i] += fit.offset;
    placed.forEach(({ seed, vector }, j) => {
      if (seed[0] !== image || fit.local[j] === 0) return;
      const cosines = this.#newField(vectors.count);
      vectors.similarityInto(cosines, vector, weights);
      addAbout(values, cosines, seed, fit.local[j], this.#grid);
      this.#spare.push(cosines);
    });
    // A positive prompt only adds, so the field of the prompts before it is a lower
    // limit.
    const positives = seeds.positives.slice(0, -1);
    const earlier = positives.length && this.get({ ...seeds, positives }, image);
    if (earlier) {
      for (let i = 0; i < values.length; i++)
        values[i] = Math.max(values[i], earlier.values[i]);
    }
    for (const { seed, positive } of placed) {
      if (seed[0] !== image) continue;
      const at = placeIn(seed, this.#grid);
      values[at] = positive ? Math.max(values[at], 1) : Math.min(values[at], 0);
    }
    return { values, stats: null };
  }

  /**
   * @param {Seeds} seeds
   * @param {Float32Array} weights of the eigenvectors
   */
  #fitOf(seeds, weights) {
    const key = nameOf(seeds);
    const known = this.#fits.get(key);
    if (known) return known;
    /** @type {Placed[]} */
    const placed = [];
    const { by } = seeds.parameters;
    let number = 0;
    for (const groups of [seeds.positives, seeds.negatives]) {
      for (const group of groups) {
        number++;
        const vectors = this.#vectorsOf(by, group, this.#numEig, weights);
        if (!vectors) return undefined;
        const positive = groups === seeds.positives;
        for (const [i, seed] of group.entries()) {
          placed.push({ seed, vector: vectors[i], positive, group: number });
        }
      }
    }
    const found = { fit: fitOf(placed, this.#grid), placed };
    this.#fits.set(key, found);
    return found;
  }

  /**
   * Unit vectors of a group's cells, or undefined where one is not here.
   *
   * @param {string} by
   * @param {Group} group
   * @param {number} numEig
   * @param {Float32Array} [weights] of the eigenvectors
   */
  #vectorsOf(by, group, numEig, weights) {
    /** @type {Float32Array[]} */
    const found = [];
    for (const seed of group) {
      const vectors = this.vectors.get(by, seed[0]);
      if (!vectors) return undefined;
      found.push(vectors.vectorOf(placeIn(seed, this.#grid), numEig, weights));
    }
    return found;
  }

  /**
   * @param {Way} way
   * @param {number} granularity
   */
  #weightsAt(way, granularity) {
    if (this.#weights?.granularity !== granularity || this.#weights.way !== way) {
      const weights = weightsOf(way.eigvals ?? [], granularity);
      this.#weights = { way, granularity, weights };
    }
    return this.#weights.weights;
  }

  /** @param {number} size */
  #newField(size) {
    return this.#spare.pop() ?? new Float32Array(size);
  }
}
