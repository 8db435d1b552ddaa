/**
 * What previews are made of: the moments, the quantised eigenvectors of images, and
 * those of the sample. Each way has its own; those of the way that is set are asked for.
 * One such request is open at a time, and only while none for a picture or a field is,
 * so that a picture that is suddenly needed hardly waits.
 *
 * @import { MomentsReply, Size, VectorsReply } from "./link/wire.js"
 * @import { Moments } from "../maths/statistics.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 */

import { Vectors } from "../maths/vectors.js";
import { Cache } from "./cache.js";
import { decodeMoments, decodeVectors } from "./link/decode.js";
import { Resource } from "./link/resource.js";
import { isPreviewed, methodOf } from "./methods.js";

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

/** Mean and covariance of a way's leading eigenvectors, for each number of them. */
export class MomentsOfBatch extends Resource {
  /** Grows whenever moments arrive. */
  arrivals = 0;
  /** @type {Cache<Moments>} */
  #moments = new Cache(MOMENTS_KEPT);

  constructor() {
    super("moments", "moments", AFTER);
  }

  /**
   * @param {string} by
   * @param {number} numEig
   */
  get(by, numEig) {
    return this.#moments.get(keyOf(by, numEig));
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
    const by = get("by");
    const numEig = get("num_eig");
    const key = keyOf(by, numEig);
    if (needsNone(get) || !resting || !this.lacks(key)) return null;
    return { content: { num_eig: numEig, by }, keys: [key] };
  }

  /**
   * @param {MomentsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take(content, buffers) {
    this.arrivals++;
    const { by, num_eig: numEig } = content;
    this.#moments.set(keyOf(by, numEig), decodeMoments(content, buffers));
  }

  /** @override */
  renew() {
    this.#moments.clear();
    this.retry();
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

  /**
   * @param {string} by
   * @param {number} image
   */
  get(by, image) {
    return this.#vectors.get(keyOf(by, image));
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
    if (!isPreviewed(methodOf(get))) return null;
    const by = get("by");
    const images = this.missing(by, shown, prompted());
    if (images.length === 0) return null;
    const keys = images.map((image) => keyOf(by, image));
    return { content: { images, sample: false, by }, keys };
  }

  /**
   * The first image alone, then others of those that are shown or have prompts.
   *
   * @param {string} by
   * @param {number[]} shown the active one first
   * @param {number[]} prompted of these only as many as there is room for
   * @returns {number[]}
   */
  missing(by, shown, prompted = []) {
    const others = new Set(prompted);
    for (const image of shown) others.delete(image);
    const lacking = [...shown, ...[...others].slice(0, this.#kept)].filter((image) =>
      this.lacks(keyOf(by, image)),
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
  take({ by, vectors }, buffers) {
    const ofImages = decodeVectors(vectors, buffers, this.#cells);
    for (const { image, quantised } of ofImages) {
      this.#vectors.set(keyOf(by, Number(image)), new Vectors(quantised));
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
  renew() {
    this.#vectors.clear();
    this.retry();
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
  /** @type {Map<string, Vectors>} By way. */
  #vectors = new Map();
  #images;

  /** @param {VectorsOfImages} images */
  constructor(images) {
    super(SAMPLE, "vectors", AFTER);
    this.#images = images;
  }

  /** @param {string} by */
  get(by) {
    return this.#vectors.get(by);
  }

  /**
   * @param {string} by
   * @override
   */
  has(by) {
    return this.#vectors.has(by);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images: [active], get }) {
    const by = get("by");
    if (needsNone(get) || !this.lacks(by)) return null;
    if (this.#images.missing(by, [active]).length > 0) return null;
    return { content: { images: [], sample: true, by }, keys: [by] };
  }

  /**
   * @param {VectorsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ by, vectors }, buffers) {
    const [sample] = decodeVectors(vectors, buffers, null);
    if (sample) this.#vectors.set(by, new Vectors(sample.quantised));
  }

  /** @override */
  renew() {
    this.#vectors.clear();
    this.retry();
  }

  /** @override */
  close() {
    this.#vectors.clear();
  }
}

/**
 * @param {string} by
 * @param {number} number of an image, or of eigenvectors
 */
function keyOf(by, number) {
  return `${by} ${number}`;
}
