/**
 * The fields that have arrived, and which ones are missing.
 *
 * @import { Edited, FieldsReply, Size, Want } from "./link/wire.js"
 * @import { Field } from "../maths/cut.js"
 * @import { MaskSeeds, Seeds } from "./seeds.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 */

import constants from "../constants.json" with { type: "json" };
import { Cache } from "./cache.js";
import { decodeFields } from "./link/decode.js";
import { Resource } from "./link/resource.js";
import { fieldKey, nameOf } from "./seeds.js";

/** Bytes of fields that are kept besides those on view. */
const CACHE_BYTES = 64e6;
/** Bytes of fields in a reply. 1 MB takes hardly longer than 16 KB; more would lag. */
const { FIELDS_BYTES } = constants.replies;

export class Fields extends Resource {
  /** @type {Cache<Field>} */
  #cache = new Cache(0);
  #grid;
  #bytes;
  /** Which fields are missing for which images, for these seeds at that version. */
  #known = {
    seeds: /** @type {MaskSeeds | null} */ (null),
    version: -1,
    missing: /** @type {Map<string, Want[]>} */ (new Map()),
  };

  /** @param {Size} grid */
  constructor(grid) {
    super("fields", "fields", []);
    this.#grid = grid;
    this.#bytes = 4 * grid[0] * grid[1];
  }

  /**
   * @param {Seeds} seeds
   * @param {number} image
   */
  get(seeds, image) {
    return this.#cache.get(fieldKey(seeds, image));
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#cache.has(key);
  }

  /**
   * Nothing is asked for while a slider moves (it asks where it stops), or while an
   * edit is open (its answer brings its fields).
   *
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images, seeds, resting, arriving }) {
    if (!resting || arriving) return null;
    const wants = this.missing(seeds, images);
    if (wants.length === 0) return null;
    const keys = wants.flatMap(({ seeds, images }) =>
      images.map((image) => fieldKey(seeds, image)),
    );
    return { content: { wants }, keys };
  }

  /**
   * @param {Edited | FieldsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ fields }, buffers) {
    for (const entry of decodeFields(fields ?? [], buffers, this.#grid)) {
      const { seeds, image, values, stats } = entry;
      this.#cache.set(fieldKey(seeds, image), { values, stats });
    }
  }

  /**
   * Keep room for so many fields on so many images, and for more, so that fields that
   * arrive never displace fields on view.
   *
   * @param {number} fields
   * @param {number} images
   * @override
   */
  reserve(fields, images) {
    this.#cache.limit = fields * images + Math.floor(CACHE_BYTES / this.#bytes);
  }

  /**
   * What to ask the kernel for, as much as fits into one reply: the first image's
   * fields, and once they are here those of the others.
   *
   * @param {MaskSeeds} seeds
   * @param {number[]} images the active one first
   * @returns {Want[]}
   */
  missing(seeds, images) {
    const { version } = this;
    if (this.#known.seeds !== seeds || this.#known.version !== version) {
      this.#known = { seeds, version, missing: new Map() };
    }
    const key = images.join();
    let missing = this.#known.missing.get(key);
    if (!missing) {
      const room = Math.max(Math.floor(FIELDS_BYTES / this.#bytes), 1);
      missing = this.#missing(seeds, images.slice(0, 1), room);
      if (!missing.length) missing = this.#missing(seeds, images.slice(1), room);
      this.#known.missing.set(key, missing);
    }
    return missing;
  }

  /** @override */
  close() {
    this.#cache.clear();
  }

  /**
   * @param {MaskSeeds} seeds
   * @param {number[]} images
   * @param {number} room at most this many
   * @returns {Want[]}
   */
  #missing({ positives, negatives }, images, room) {
    /** @type {Want[]} */
    const wants = [];
    /** @type {Set<string>} A cell may be labelled for and against. */
    const seen = new Set();
    for (const seeds of [...positives, ...negatives]) {
      if (room === 0) break;
      const name = nameOf(seeds);
      if (seen.has(name)) continue;
      if (negatives.length > 0) seen.add(name);
      const lacking = images.filter((image) => this.lacks(fieldKey(seeds, image)));
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push({ seeds, images: asked });
    }
    return wants;
  }
}
