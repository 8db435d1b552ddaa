/**
 * What a click would give, computed here before the kernel has it: similarity maps from
 * quantised eigenvectors. They stand in until the kernel's own maps come.
 *
 * @import { MomentsReply, Cell, Size, Stats, VectorsReply } from "./wire.js"
 * @import { Similarity } from "../maths/cut.js"
 * @import { Moments } from "../maths/statistics.js"
 */

import { statisticsOf } from "../maths/statistics.js";
import { Vectors } from "../maths/vectors.js";
import { Cache } from "./cache.js";
import { decodeMoments, decodeVectors, mapKey } from "./wire.js";

/** Quantised eigenvectors that are kept: 260 images of 64 x 64 x 30. */
const CACHE_BYTES = 64e6;
/** On a slow line a larger reply would hold up a click, and the next picture. */
const REPLY_BYTES = 256e3;
const STATISTICS_KEPT = 64;
/** Maps that are kept beside those that are shown, in number and in bytes. */
const MAPS_KEPT = 128;
const MAPS_BYTES = 16e6;
/** Numbers of leading eigenvectors whose moments are kept: 30 of them take 7 KB each. */
const MOMENTS_KEPT = 64;

/** The sample's key among what was refused. */
const SAMPLE = "sample";

export class Previews {
  /** @type {Cache<Vectors>} */
  #vectors = new Cache(0);
  /** @type {Vectors | null} */
  #sample = null;
  #sampled = new Float32Array(0);
  /** @type {Cache<Moments>} */
  #moments = new Cache(MOMENTS_KEPT);
  /** @type {Cache<{ vector: Float32Array, stats: Stats }>} */
  #prompts = new Cache(STATISTICS_KEPT);
  /** @type {Float32Array[]} Maps to be written again: a hover makes hundreds. */
  #spare = [];
  /** @type {Cache<Similarity>} */
  #maps = new Cache(MAPS_KEPT, ({ map }) => this.#spare.push(map));
  /** @type {Set<string>} What the kernel could not deliver. */
  #refused = new Set();
  #grid;
  #bytes;

  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   */
  constructor(grid, numEig) {
    this.#grid = grid;
    this.#bytes = 2 * grid[0] * grid[1] * numEig;
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
    const key = mapKey(numEig, cell, image);
    const known = this.#maps.get(key);
    if (known) return known;
    const vectors = this.#vectors.get(String(image));
    const clicked = vectors && this.#clickedAt(cell, numEig);
    if (!clicked) return undefined;
    const map = this.#spare.pop() ?? new Float32Array(vectors.count);
    vectors.similarityInto(map, clicked.vector);
    const similarity = { map, stats: clicked.stats };
    this.#maps.set(key, similarity);
    return similarity;
  }

  /**
   * Keep room for the maps of so many clicks on one image, and for the eigenvectors of
   * so many images.
   *
   * @param {number} clicks
   * @param {number} images
   */
  reserve(clicks, images) {
    const [rows, cols] = this.#grid;
    const more = Math.min(MAPS_KEPT, Math.floor(MAPS_BYTES / (4 * rows * cols)));
    this.#vectors.limit = images + this.#kept;
    this.#maps.limit = clicks + 1 + more;
    this.#prompts.limit = clicks + STATISTICS_KEPT;
  }

  /** Whether the sample is to be asked for. */
  get lacksSample() {
    return !this.#sample && !this.#refused.has(SAMPLE);
  }

  /**
   * The images whose eigenvectors to ask the kernel for, as far as one reply goes: the
   * first image alone, then others of those that are shown or clicked.
   *
   * @param {number[]} shown the active one first
   * @param {number[]} clicked only as many as there is room for, besides
   * @returns {number[]}
   */
  missing(shown, clicked = []) {
    const others = new Set(clicked);
    for (const image of shown) others.delete(image);
    const lacking = [...shown, ...[...others].slice(0, this.#kept)].filter((image) => {
      const key = String(image);
      return !this.#vectors.has(key) && !this.#refused.has(key);
    });
    const isFirst = lacking[0] === shown[0];
    const room = isFirst ? 1 : Math.max(Math.floor(REPLY_BYTES / this.#bytes), 1);
    return lacking.slice(0, room);
  }

  /** Images whose eigenvectors are kept beside those that are shown. */
  get #kept() {
    return Math.floor(CACHE_BYTES / this.#bytes);
  }

  /** @param {number} numEig */
  lacksMoments(numEig) {
    const key = momentsKey(numEig);
    return !this.#moments.has(key) && !this.#refused.has(key);
  }

  /**
   * @param {VectorsReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   */
  acceptVectors({ vectors }, buffers) {
    const pixels = this.#grid[0] * this.#grid[1];
    for (const { image, quantised } of decodeVectors(vectors ?? [], buffers, pixels)) {
      const unpacked = new Vectors(quantised);
      if (image !== null) this.#vectors.set(String(image), unpacked);
      else {
        this.#sample = unpacked;
        this.#sampled = new Float32Array(unpacked.count);
      }
    }
  }

  /**
   * @param {MomentsReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   */
  acceptMoments(content, buffers) {
    const { num_eig: numEig } = content;
    this.#moments.set(momentsKey(numEig), decodeMoments(content, buffers));
    this.#prompts.clear(); // The sample's own moments stood in.
    this.#maps.clear();
  }

  /**
   * Ask for these no more, unless they have arrived, until `retry`.
   *
   * @param {{ images?: number[], sample?: boolean, numEig?: number }} asked
   */
  refuse({ images = [], sample = false, numEig }) {
    for (const key of images.map(String)) {
      if (!this.#vectors.has(key)) this.#refused.add(key);
    }
    if (sample && !this.#sample) this.#refused.add(SAMPLE);
    if (numEig === undefined) return;
    const key = momentsKey(numEig);
    if (!this.#moments.has(key)) this.#refused.add(key);
  }

  retry() {
    this.#refused.clear();
  }

  close() {
    this.#vectors.clear();
    this.#maps.clear();
    this.#spare = [];
    this.#sample = null;
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
    const vectors = this.#vectors.get(String(image));
    if (!vectors || !this.#sample) return undefined;
    const vector = vectors.vectorOf(row * this.#grid[1] + col, numEig);
    const sampled = this.#sample.similarityInto(this.#sampled, vector);
    const moments = this.#moments.get(momentsKey(numEig));
    const clicked = { vector, stats: statisticsOf(vector, sampled, moments) };
    this.#prompts.set(key, clicked);
    return clicked;
  }
}

/** @param {number} numEig */
function momentsKey(numEig) {
  return `moments ${numEig}`;
}
