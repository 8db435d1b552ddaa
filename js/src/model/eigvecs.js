/**
 * What previews are made of: the moments, the quantised eigenvectors of images, and
 * those of the sample. One such request is open at a time, and only while none for a
 * picture or a field is, so that a picture that is suddenly needed hardly waits.
 *
 * @import { MomentsReply, Size, VectorsReply } from "./link/wire.js"
 * @import { Moments } from "../maths/statistics.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 */

import { Vectors } from "../maths/vectors.js";
import { Cache } from "./cache.js";
import { decodeMoments, decodeVectors } from "./link/decode.js";
import { Resource } from "./link/resource.js";
import { methodOf } from "./methods.js";

/** Bytes of quantised eigenvectors that are kept: 260 images of 64 x 64 x 30. */
const CACHE_BYTES = 64e6;
/**
 * Bytes of one reply: on a slow line a larger one would delay a click, and the next
 * picture.
 */
const REPLY_BYTES = 256e3;
/**
 * For how many numbers of leading eigenvectors moments are kept: those of 30 take 7 KB.
 */
const MOMENTS_KEPT = 64;
const SAMPLE = "sample";

const AFTER = ["stage", "fields", "eigvecs", "thumb", "moments", "sample", "vectors"];

/**
 * Whether no statistics are needed: fields are not standardised, or the kernel's to make.
 *
 * @param {(name: string) => any} get
 */
const needsNone = (get) => !methodOf(get).twin || !methodOf(get).standardised;

/** Mean and covariance of the leading eigenvectors, for each number of them. */
export class MomentsOfBatch extends Resource {
  /** Grows whenever moments arrive. */
  arrivals = 0;
  /** @type {Cache<Moments>} */
  #moments = new Cache(MOMENTS_KEPT);

  constructor() {
    super("moments", "moments", AFTER);
  }

  /** @param {number} numEig */
  get(numEig) {
    return this.#moments.get(String(numEig));
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#moments.has(key);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ get, resting }) {
    const numEig = get("num_eig");
    const key = String(numEig);
    if (needsNone(get) || !resting || !this.lacks(key)) return null;
    return { content: { num_eig: numEig }, keys: [key] };
  }

  /**
   * @param {MomentsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take(content, buffers) {
    this.arrivals++;
    this.#moments.set(String(content.num_eig), decodeMoments(content, buffers));
  }
}

/** Eigenvectors of images: of those on view, and of those with prompts. */
export class VectorsOfImages extends Resource {
  /** @type {Cache<Vectors>} */
  #vectors = new Cache(0);
  #cells;
  #bytes;

  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   */
  constructor(grid, numEig) {
    super("vectors", "vectors", AFTER);
    this.#cells = grid[0] * grid[1];
    this.#bytes = 2 * this.#cells * numEig;
  }

  /** @param {number} image */
  get(image) {
    return this.#vectors.get(String(image));
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#vectors.has(key);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images: shown, prompted, get }) {
    if (!methodOf(get).twin) return null;
    const images = this.missing(shown, prompted());
    if (images.length === 0) return null;
    return { content: { images, sample: false }, keys: images.map(String) };
  }

  /**
   * The first image alone, then others of those that are shown or have prompts.
   *
   * @param {number[]} shown the active one first
   * @param {number[]} prompted of these only as many as there is room for
   * @returns {number[]}
   */
  missing(shown, prompted = []) {
    const others = new Set(prompted);
    for (const image of shown) others.delete(image);
    const lacking = [...shown, ...[...others].slice(0, this.#kept)].filter((image) =>
      this.lacks(String(image)),
    );
    const isFirst = lacking[0] === shown[0];
    const room = isFirst ? 1 : Math.max(Math.floor(REPLY_BYTES / this.#bytes), 1);
    return lacking.slice(0, room);
  }

  /**
   * @param {VectorsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ vectors }, buffers) {
    const ofImages = decodeVectors(vectors, buffers, this.#cells);
    for (const { image, quantised } of ofImages) {
      this.#vectors.set(String(image), new Vectors(quantised));
    }
  }

  /**
   * @param {number} _fields
   * @param {number} images
   * @override
   */
  reserve(_fields, images) {
    this.#vectors.limit = images + this.#kept;
  }

  /** @override */
  close() {
    this.#vectors.clear();
  }

  /** Images whose eigenvectors are kept besides those on view. */
  get #kept() {
    return Math.floor(CACHE_BYTES / this.#bytes);
  }
}

/**
 * Eigenvectors of the sample that quantiles are computed from. They are asked for after
 * the active image's.
 */
export class VectorsOfSample extends Resource {
  /** @type {Vectors | null} */
  vectors = null;
  #images;

  /** @param {VectorsOfImages} images */
  constructor(images) {
    super(SAMPLE, "vectors", AFTER);
    this.#images = images;
  }

  /** @override */
  has() {
    return this.vectors !== null;
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images: [active], get }) {
    if (needsNone(get) || !this.lacks(SAMPLE)) return null;
    if (this.#images.lacks(String(active))) return null;
    return { content: { images: [], sample: true }, keys: [SAMPLE] };
  }

  /**
   * @param {VectorsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ vectors }, buffers) {
    const [sample] = decodeVectors(vectors, buffers, null);
    if (sample) this.vectors = new Vectors(sample.quantised);
  }

  /** @override */
  close() {
    this.vectors = null;
  }
}
