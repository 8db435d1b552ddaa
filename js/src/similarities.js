/**
 * The similarity maps at hand, and which ones are missing.
 *
 * @import { Edited, MapReply, MapWant, Size, Source } from "./wire.js"
 * @import { Similarity } from "./masks.js"
 * @import { Prompts } from "./clicks.js"
 */

import { Cache } from "./cache.js";
import { sourcesOf, unique } from "./clicks.js";
import { decodeMaps, mapKey, mapWant } from "./wire.js";

const CACHE_BYTES = 64e6;
/** A reply of 1 MB takes hardly longer than one of 16 KB; a larger one would lag. */
const REPLY_BYTES = 1e6;

export class Similarities {
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
    for (const { source, image, map, stats } of decodeMaps(
      content.maps,
      buffers,
      grid,
    )) {
      this.#cache.set(mapKey(content.num_eig, source, image), { map, stats });
    }
  }

  /**
   * Keep room for the maps of so many clicks on so many images, and for some more, so
   * that what is fetched never pushes out what is shown.
   *
   * @param {number} clicks
   * @param {number} images
   * @param {Size} grid
   */
  reserve(clicks, images, grid) {
    const cached = Math.floor(CACHE_BYTES / (4 * grid[0] * grid[1]));
    this.#cache.limit = Math.max(cached, 2 * clicks * images);
  }

  /**
   * What to ask the kernel for: the first image's maps alone, then the others'.
   *
   * @param {Prompts} prompts
   * @param {number[]} images the active one first
   * @param {Size} grid
   * @returns {MapWant[]}
   */
  missing(prompts, images, grid) {
    const mapBytes = 4 * grid[0] * grid[1];
    const { positives, negatives } = sourcesOf(prompts);
    const needed = images.length * (positives.length + negatives.length);
    this.#cache.limit = Math.max(Math.floor(CACHE_BYTES / mapBytes), 2 * needed);
    const first = this.#missing(prompts, images.slice(0, 1), 1 + needed);
    if (first.length) return first;
    const room = Math.max(Math.floor(REPLY_BYTES / mapBytes), 1);
    return this.#missing(prompts, images.slice(1), room);
  }

  /**
   * Ask for these no more, unless they have arrived, until `retry`.
   *
   * @param {string[]} keys
   */
  refuse(keys) {
    for (const key of keys) if (!this.#cache.has(key)) this.#refused.add(key);
  }

  retry() {
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
    const { numEig } = prompts;
    const { positives, negatives } = sourcesOf(prompts);
    /** @type {MapWant[]} */
    const wants = [];
    for (const source of unique([...positives, ...negatives])) {
      const lacking = images.filter((image) => {
        const key = mapKey(numEig, source, image);
        return !this.#cache.has(key) && !this.#refused.has(key);
      });
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push(mapWant(source, asked));
    }
    return wants;
  }
}
