/**
 * The similarity maps at hand, and which ones are missing.
 *
 * @import { Edited, MapReply, MapWant, Size, Source } from "./wire.js"
 * @import { Similarity } from "../maths/cut.js"
 * @import { Prompts } from "./clicks.js"
 * @import { Ask, Buffers, Wanted } from "./resource.js"
 */

import { Cache } from "./cache.js";
import { sourcesOf } from "./clicks.js";
import { Resource } from "./resource.js";
import { decodeMaps, keyOf, mapKey, mapWant, nameOf, sourceOf } from "./wire.js";

/** Maps that are kept beside those that are shown. */
const CACHE_BYTES = 64e6;
/** A reply of 1 MB takes hardly longer than one of 16 KB; a larger one would lag. */
const REPLY_BYTES = 1e6;

export class Similarities extends Resource {
  /** @type {Cache<Similarity>} */
  #cache = new Cache(0);
  #grid;
  #bytes;
  /** What is missing for which images, of these prompts, at that version. */
  #known = {
    prompts: /** @type {Prompts | null} */ (null),
    version: -1,
    missing: /** @type {Map<string, MapWant[]>} */ (new Map()),
  };

  /** @param {Size} grid */
  constructor(grid) {
    super("maps", "maps", []);
    this.#grid = grid;
    this.#bytes = 4 * grid[0] * grid[1];
  }

  /**
   * @param {Source} source
   * @param {number} numEig
   * @param {number} image
   */
  get(source, numEig, image) {
    return this.#cache.get(mapKey(numEig, source, image));
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#cache.has(key);
  }

  /**
   * A slider on its way to another number of eigenvectors asks where it rests, and an
   * edit brings its own.
   *
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images, prompts, get, resting, arriving }) {
    if (!resting || arriving) return null;
    const wants = this.missing(prompts, images);
    if (wants.length === 0) return null;
    const numEig = get("num_eig");
    const keys = wants.flatMap((want) =>
      want.images.map((image) => mapKey(numEig, sourceOf(want), image)),
    );
    return { content: { num_eig: numEig, wants }, keys };
  }

  /**
   * @param {Edited | MapReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ num_eig: numEig, maps }, buffers) {
    for (const entry of decodeMaps(maps ?? [], buffers, this.#grid)) {
      const { source, image, map, stats } = entry;
      this.#cache.set(mapKey(numEig, source, image), { map, stats });
    }
  }

  /**
   * Keep room for the maps of so many clicks on so many images, and for more of them:
   * what is fetched never pushes out what is shown.
   *
   * @param {number} clicks
   * @param {number} images
   * @override
   */
  reserve(clicks, images) {
    this.#cache.limit = clicks * images + Math.floor(CACHE_BYTES / this.#bytes);
  }

  /**
   * What to ask the kernel for, as far as one reply goes: the first image's maps, and
   * once they are here the others'.
   *
   * @param {Prompts} prompts
   * @param {number[]} images the active one first
   * @returns {MapWant[]}
   */
  missing(prompts, images) {
    const { version } = this;
    if (this.#known.prompts !== prompts || this.#known.version !== version) {
      this.#known = { prompts, version, missing: new Map() };
    }
    const key = images.join();
    let missing = this.#known.missing.get(key);
    if (!missing) {
      const room = Math.max(Math.floor(REPLY_BYTES / this.#bytes), 1);
      missing = this.#missing(prompts, images.slice(0, 1), room);
      if (!missing.length) missing = this.#missing(prompts, images.slice(1), room);
      this.#known.missing.set(key, missing);
    }
    return missing;
  }

  /** @override */
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
      const lacking = images.filter((image) =>
        this.lacks(keyOf(prompts.numEig, name, image)),
      );
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push(mapWant(source, asked));
    }
    return wants;
  }
}
