/**
 * The fields that have arrived, and which ones are missing.
 *
 * @import { Edited, FieldsReply, Info, Size, Want } from "./link/wire.js"
 * @import { Field } from "../maths/cut.js"
 * @import { MaskSeeds, Seeds } from "./seeds.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 *
 * @typedef {object} OnGrid
 * @property {Size} grid of the map: the latent grid, or one of the image's own
 * @property {number} presence how surely the image has the thing, 0 to 1
 * @typedef {Field & OnGrid} FieldMap a field on one image
 */

import constants from "../constants.json" with { type: "json" };
import { Cache } from "./cache.js";
import { decodeFields } from "./link/decode.js";
import { Resource } from "./link/resource.js";
import { gridOf } from "./methods.js";
import { fieldKey, nameOf } from "./seeds.js";

/** Bytes of fields that are kept besides those on view. */
const CACHE_BYTES = 64e6;
/** Bytes of fields in a reply. 1 MB takes hardly longer than 16 KB; more would lag. */
const { FIELDS_BYTES } = constants.replies;

export class Fields extends Resource {
  /** @type {Cache<FieldMap>} */
  #cache = new Cache(0);
  #info;
  /** Bytes of the largest map so far. */
  #largest;
  /** Which fields are missing for which images, for these seeds at that version. */
  #known = {
    seeds: /** @type {MaskSeeds | null} */ (null),
    version: -1,
    missing: /** @type {Map<string, Want[]>} */ (new Map()),
  };

  /** @param {Info} info */
  constructor(info) {
    super("fields", "fields", []);
    this.#info = info;
    this.#largest = bytesOn(info.grid);
  }

  /**
   * @param {Seeds} seeds
   * @param {number} image
   */
  get(seeds, image) {
    return this.#cache.get(fieldKey(seeds, image));
  }

  /**
   * Whether a field that is here is of fewer images than there are now.
   *
   * @param {Seeds} seeds
   * @param {number} image
   */
  isOld(seeds, image) {
    return this.#cache.isOld(fieldKey(seeds, image));
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
    for (const entry of decodeFields(fields ?? [], buffers, this.#info.grid)) {
      const { seeds, image, ...map } = entry;
      this.#cache.set(fieldKey(seeds, image), map);
      this.#largest = Math.max(this.#largest, bytesOn(map.grid));
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
    this.#cache.limit = fields * images + Math.floor(CACHE_BYTES / this.#largest);
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
      missing = this.#missing(seeds, images.slice(0, 1));
      if (!missing.length) missing = this.#missing(seeds, images.slice(1));
      this.#known.missing.set(key, missing);
    }
    return missing;
  }

  /** @override */
  renew() {
    this.#cache.age();
    this.retry();
  }

  /** @override */
  close() {
    this.#cache.clear();
  }

  /**
   * As much of what is missing as has room in a reply, but at least one map.
   *
   * @param {MaskSeeds} seeds
   * @param {number[]} images
   * @returns {Want[]}
   */
  #missing({ positives, negatives }, images) {
    let room = FIELDS_BYTES;
    let isFull = false;
    /** @type {Want[]} */
    const wants = [];
    /** @type {Set<string>} A cell may be labelled for and against. */
    const seen = new Set();
    for (const seeds of [...positives, ...negatives]) {
      if (isFull) break;
      const name = nameOf(seeds);
      if (seen.has(name)) continue;
      if (negatives.length > 0) seen.add(name);
      /** @type {number[]} */
      const asked = [];
      for (const image of images) {
        if (!this.lacks(fieldKey(seeds, image))) continue;
        const bytes = bytesOn(gridOf(this.#info, seeds.method, image));
        isFull = bytes > room && wants.length + asked.length > 0;
        if (isFull) break;
        asked.push(image);
        room -= bytes;
      }
      if (asked.length) wants.push({ seeds, images: asked });
    }
    return wants;
  }
}

/** @param {Size} grid */
function bytesOn([rows, cols]) {
  return 4 * rows * cols;
}
