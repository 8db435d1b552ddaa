/**
 * Pictures of the images, decoded and cached: stage, thumb and eigenvector colours.
 *
 * The kernel may colour the eigenvectors anew. Until its new picture is here, the one
 * in the old colours stays, but counts as missing.
 *
 * @import { PictureEntry, PictureKind } from "./wire.js"
 *
 * @typedef {ImageBitmap} Picture
 * @typedef {{ picture: Picture, colors: number }} Entry
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

  /** @type {Map<string, Cache<Entry>>} */
  #caches = new Map(
    PICTURE_KINDS.map((kind) => [
      kind,
      new Cache(CACHED[kind], (/** @type {Entry} */ { picture }) => picture.close()),
    ]),
  );
  /** @type {Set<string>} */
  #decoding = new Set();
  /** @type {Set<string>} What kernel or browser could not deliver. */
  #refused = new Set();
  #closed = false;
  #decode;
  #hasImages;
  /** Version of the eigenvectors' colours that the kernel has now. */
  #colors;

  /**
   * @param {Decoder} decode
   * @param {boolean} hasImages or else the eigenvectors' colours stand in for them
   * @param {number} colors
   */
  constructor(decode, hasImages, colors) {
    this.#decode = decode;
    this.#hasImages = hasImages;
    this.#colors = colors;
  }

  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    // A picture may overtake the trait, so that the version is known already.
    this.#colors = Math.max(this.#colors, colors);
  }

  /**
   * Whether a picture shows colours that are no longer those of the eigenvectors.
   *
   * @param {PictureKind} kind
   * @param {number} colors version it was made with
   */
  isStale(kind, colors) {
    return this.#isColored(kind) && colors < this.#colors;
  }

  /**
   * Keep room for the thumbs of so many images, twice.
   *
   * @param {number} images on view
   */
  reserve(images) {
    this.#cache("thumb").limit = Math.max(CACHED.thumb, 2 * images);
  }

  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  get(kind, image) {
    return this.#cache(kind).get(String(image))?.picture;
  }

  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  isRefused(kind, image) {
    return this.#refused.has(this.#key(kind, image));
  }

  /**
   * The images whose picture has to be fetched.
   *
   * @param {PictureKind} kind
   * @param {number[]} images
   */
  missing(kind, images) {
    return images.filter((image) => {
      const entry = this.#cache(kind).peek(String(image));
      return (
        (!entry || this.isStale(kind, entry.colors)) &&
        !this.#decoding.has(this.#key(kind, image)) &&
        !this.isRefused(kind, image)
      );
    });
  }

  /**
   * @param {PictureKind} kind
   * @param {number} colors version they were made with, not stale
   * @param {PictureEntry[]} entries
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @returns {Promise<void>} rejects, with a sentence, if one cannot be decoded
   */
  async accept(kind, colors, entries, buffers) {
    this.recolor(colors);
    await Promise.all(
      decodePictures(entries ?? [], buffers).map(({ image, file }) =>
        this.#accept(kind, colors, image, file),
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
      this.#refused.add(this.#key(kind, image));
  }

  close() {
    this.#closed = true;
    for (const cache of this.#caches.values()) cache.clear();
  }

  /**
   * @param {PictureKind} kind
   * @param {number} colors
   * @param {number} image
   * @param {Blob} file
   */
  async #accept(kind, colors, image, file) {
    const key = this.#key(kind, image);
    this.#decoding.add(key);
    try {
      const picture = await this.#decode(file);
      if (this.#closed || this.isStale(kind, colors)) return picture.close();
      this.#cache(kind).set(String(image), { picture, colors });
      this.version++;
    } catch {
      this.#refused.add(key);
      if (this.isStale(kind, colors)) return;
      throw new Error(`The browser cannot decode the picture of image ${image}.`);
    } finally {
      this.#decoding.delete(key);
    }
  }

  /**
   * What is being decoded or was refused in other colours says nothing of these.
   *
   * @param {PictureKind} kind
   * @param {number} image
   */
  #key(kind, image) {
    return `${kind} ${image} ${this.#isColored(kind) ? this.#colors : ""}`;
  }

  /** @param {PictureKind} kind */
  #isColored(kind) {
    return kind === "eigvecs" || !this.#hasImages;
  }

  /** @param {PictureKind} kind */
  #cache(kind) {
    return /** @type {Cache<Entry>} */ (this.#caches.get(kind));
  }
}
