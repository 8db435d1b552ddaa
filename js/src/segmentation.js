/**
 * The masks and heat of each image as they are painted, computed from the store's maps
 * when asked for and kept until something changes.
 *
 * @import { Store } from "./store.js"
 * @import { Prompt } from "./wire.js"
 * @import { Prompts } from "./clicks.js"
 * @import { Similarity } from "./masks.js"
 *
 * @typedef {object} Result of one image
 * @property {Uint8Array} mask 1 = object
 * @property {number} count cells in the mask
 * @property {boolean} complete whether it is the mask of the current clicks; if not, it
 *   is that of the last clicks whose maps were all here
 * @property {Prompts | null} prompts that it is the mask of; null before the first
 * @property {boolean} marked whether a positive click has its maps: there is something
 *   to paint, be it of earlier clicks
 * @property {boolean} constant whether a positive click tells nothing apart
 * @property {number} version of the store that it was computed for
 *
 * @typedef {{ positives: Similarity[], negatives: Similarity[] }} Layers
 */

import {
  combineHeat,
  combineMasks,
  countCells,
  denoiseInto,
  isConstant,
} from "./masks.js";

export class Segmentation {
  /** @type {Map<number, Result>} */
  #results = new Map();
  #store;
  #list = new Int32Array(0);
  #heat = new Float32Array(0);
  #scratch = new Float32Array(0);

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {number} image
   * @returns {Result}
   */
  of(image) {
    const { version, prompts } = this.#store;
    const result = this.#results.get(image) ?? this.#blank(image);
    if (result.version === version) return result;
    const current = this.#layers(image, prompts);
    if (current) result.prompts = prompts;
    const layers = current ?? (result.prompts && this.#layers(image, result.prompts));
    result.version = version;
    result.complete = current !== null;
    result.marked = !!layers && layers.positives.length > 0;
    result.constant = !!layers?.positives.some(({ stats }) => isConstant(stats));
    this.#fill(result.mask, layers ?? { positives: [], negatives: [] });
    result.count = countCells(result.mask);
    return result;
  }

  /**
   * Heat of one image; valid until the next call.
   *
   * @param {number} image
   */
  heatOf(image) {
    const { prompts } = this.of(image);
    const layers = prompts && this.#layers(image, prompts);
    this.#fit();
    const gamma = this.#store.get("gamma");
    return combineHeat(this.#heat, layers?.positives ?? [], gamma, this.#scratch);
  }

  /**
   * Largest cosine of a cell with a positive click; null without one.
   *
   * @param {number} image
   * @param {number} row
   * @param {number} col
   */
  similarityAt(image, row, col) {
    const { prompts } = this.of(image);
    const layers = prompts && this.#layers(image, prompts);
    if (!layers?.positives.length) return null;
    const cell = row * this.#store.info.grid[1] + col;
    return Math.max(...layers.positives.map(({ map }) => map[cell]));
  }

  /**
   * @param {number} image
   * @returns {Result}
   */
  #blank(image) {
    const [rows, cols] = this.#store.info.grid;
    const result = {
      mask: new Uint8Array(rows * cols),
      count: 0,
      complete: false,
      marked: false,
      constant: false,
      version: -1,
      prompts: null,
    };
    this.#results.set(image, result);
    return result;
  }

  /**
   * @param {number} image
   * @param {Prompts} prompts
   * @returns {Layers | null} null if a map is missing
   */
  #layers(image, { numEig, positives, negatives }) {
    const { similarities } = this.#store;
    /** @type {(prompts: Prompt[]) => (Similarity | undefined)[]} */
    const find = (prompts) =>
      prompts.map((prompt) => similarities.get(prompt, numEig, image));
    const layers = { positives: find(positives), negatives: find(negatives) };
    const complete = [...layers.positives, ...layers.negatives].every(Boolean);
    return complete ? /** @type {Layers} */ (layers) : null;
  }

  /**
   * @param {Uint8Array} mask
   * @param {Layers} layers
   */
  #fill(mask, { positives, negatives }) {
    const store = this.#store;
    combineMasks(mask, positives, negatives, {
      gamma: store.get("gamma"),
      threshold: store.get("threshold"),
      negative_threshold: store.get("negative_threshold"),
    });
    if (!store.get("denoise")) return;
    this.#fit();
    denoiseInto(mask, store.info.grid, store.get("denoise_area_th"), this.#list);
  }

  /** Buffers are shared by all images and made once. */
  #fit() {
    const [rows, cols] = this.#store.info.grid;
    if (this.#list.length === rows * cols) return;
    this.#list = new Int32Array(rows * cols);
    this.#heat = new Float32Array(rows * cols);
    this.#scratch = new Float32Array(rows * cols);
  }
}
