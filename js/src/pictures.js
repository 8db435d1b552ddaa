/**
 * Pictures of the images, decoded and cached: stage, thumb and eigenvector colours.
 *
 * @import { PictureEntry, PictureKind } from "./wire.js"
 *
 * @typedef {ImageBitmap} Picture
 * @typedef {(file: Blob) => Promise<Picture>} Decoder
 */

import { Cache } from "./cache.js";
import { decodePictures } from "./wire.js";

/** @type {PictureKind[]} */
export const PICTURE_KINDS = ["stage", "eigvecs", "thumb"];

/** A decoded stage picture takes up to 16 MB, a thumb 0.1 MB. */
const CACHED = { stage: 6, eigvecs: 64, thumb: 400 };

export class Pictures {
  /** Grows with every picture that arrives. */
  version = 0;

  /** @type {Map<string, Cache<Picture>>} */
  #caches = new Map(
    PICTURE_KINDS.map((kind) => [
      kind,
      new Cache(CACHED[kind], (/** @type {Picture} */ picture) => picture.close()),
    ]),
  );
  /** @type {Set<string>} */
  #decoding = new Set();
  /** @type {Set<string>} What kernel or browser could not deliver. */
  #refused = new Set();
  #closed = false;
  #decode;

  /** @param {Decoder} decode */
  constructor(decode) {
    this.#decode = decode;
  }

  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  get(kind, image) {
    return this.#cache(kind).get(String(image));
  }

  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  isRefused(kind, image) {
    return this.#refused.has(`${kind} ${image}`);
  }

  /**
   * The images whose picture has to be fetched.
   *
   * @param {PictureKind} kind
   * @param {number[]} images
   */
  missing(kind, images) {
    return images.filter(
      (image) =>
        !this.#cache(kind).has(String(image)) &&
        !this.#decoding.has(`${kind} ${image}`) &&
        !this.isRefused(kind, image),
    );
  }

  /**
   * @param {PictureKind} kind
   * @param {PictureEntry[]} entries
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @returns {Promise<void>} rejects, with a sentence, if one cannot be decoded
   */
  async accept(kind, entries, buffers) {
    await Promise.all(
      decodePictures(entries, buffers).map(({ image, file }) =>
        this.#accept(kind, image, file),
      ),
    );
  }

  /**
   * Ask for these no more, unless they have arrived.
   *
   * @param {PictureKind} kind
   * @param {number[]} images
   */
  refuse(kind, images) {
    for (const image of this.missing(kind, images))
      this.#refused.add(`${kind} ${image}`);
  }

  close() {
    this.#closed = true;
    for (const cache of this.#caches.values()) cache.clear();
  }

  /**
   * @param {PictureKind} kind
   * @param {number} image
   * @param {Blob} file
   */
  async #accept(kind, image, file) {
    const key = `${kind} ${image}`;
    this.#decoding.add(key);
    try {
      const picture = await this.#decode(file);
      if (this.#closed) return picture.close();
      this.#cache(kind).set(String(image), picture);
      this.version++;
    } catch {
      this.#refused.add(key);
      throw new Error(`The browser cannot decode the picture of image ${image}.`);
    } finally {
      this.#decoding.delete(key);
    }
  }

  /** @param {PictureKind} kind */
  #cache(kind) {
    return /** @type {Cache<Picture>} */ (this.#caches.get(kind));
  }
}
