/**
 * The similarity maps at hand, and which ones are missing.
 *
 * @import { Edited, MapReply, MapWant, Size, Source } from "./wire.js"
 * @import { Similarity } from "../maths/cut.js"
 * @import { Prompts } from "./clicks.js"
 */

import { Cache } from "./cache.js";
import { sourcesOf } from "./clicks.js";
import { decodeMaps, keyOf, mapKey, mapWant, nameOf } from "./wire.js";

/** Maps that are kept beside those that are shown. */
const CACHE_BYTES = 64e6;
/** A reply of 1 MB takes hardly longer than one of 16 KB; a larger one would lag. */
const REPLY_BYTES = 1e6;

export class Similarities {
  /** Grows with everything that can change what is missing. */
  version = 0;
  /** @type {Cache<Similarity>} */
  #cache = new Cache(0);
  /** @type {Set<string>} What the kernel could not deliver. */
  #refused = new Set();

  /**
   * @param {Source} source
   * @param {number} numEig
   * @param {number} image
   */
  get(source, numEig, image) {
    return this.#cache.get(mapKey(numEig, source, image));
  }

  /**
   * @param {Edited | MapReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @param {Size} grid
   */
  accept(content, buffers, grid) {
    this.version++;
    for (const { source, image, map, stats } of decodeMaps(
      content.maps ?? [],
      buffers,
      grid,
    )) {
      this.#cache.set(mapKey(content.num_eig, source, image), { map, stats });
    }
  }

  /**
   * Keep room for the maps of so many clicks on so many images, and for more of them:
   * what is fetched never pushes out what is shown.
   *
   * @param {number} clicks
   * @param {number} images
   * @param {Size} grid
   */
  reserve(clicks, images, grid) {
    this.#cache.limit = clicks * images + Math.floor(CACHE_BYTES / bytesOf(grid));
  }

  /**
   * What to ask the kernel for, as far as one reply goes: the first image's maps, and
   * once they are here the others'.
   *
   * @param {Prompts} prompts
   * @param {number[]} images the active one first
   * @param {Size} grid
   * @returns {MapWant[]}
   */
  missing(prompts, images, grid) {
    const room = Math.max(Math.floor(REPLY_BYTES / bytesOf(grid)), 1);
    const first = this.#missing(prompts, images.slice(0, 1), room);
    return first.length ? first : this.#missing(prompts, images.slice(1), room);
  }

  /**
   * Ask for these no more, unless they have arrived, until `retry`.
   *
   * @param {string[]} keys
   */
  refuse(keys) {
    this.version++;
    for (const key of keys) if (!this.#cache.has(key)) this.#refused.add(key);
  }

  retry() {
    this.version++;
    this.#refused.clear();
  }

  close() {
    this.#cache.clear();
  }

  /**
   * @param {Prompts} prompts
   * @param {number[]} images
   * @param {number} room at most this many maps
   * @returns {MapWant[]}
   */
  #missing(prompts, images, room) {
    const { positives, negatives } = sourcesOf(prompts);
    /** @type {MapWant[]} */
    const wants = [];
    /** @type {Set<string>} A cell may be clicked with both labels. */
    const seen = new Set();
    for (const source of [...positives, ...negatives]) {
      if (room === 0) break;
      const name = nameOf(source);
      if (seen.has(name)) continue;
      if (negatives.length > 0) seen.add(name);
      const lacking = images.filter((image) => {
        const key = keyOf(prompts.numEig, name, image);
        return !this.#cache.has(key) && !this.#refused.has(key);
      });
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push(mapWant(source, asked));
    }
    return wants;
  }
}

/** @param {Size} grid */
function bytesOf([rows, cols]) {
  return 4 * rows * cols;
}
