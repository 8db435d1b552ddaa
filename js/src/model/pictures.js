/**
 * Pictures of the images of one kind, decoded and cached: the stage's picture, the
 * thumb, or the eigenvectors in colours.
 *
 * The kernel may colour the eigenvectors anew. Until its new picture is here, the one
 * in the old colours stays, but counts as missing. Each way has colours of its own, so
 * coloured pictures are kept by way as well.
 *
 * @import { Message, PictureKind, PictureReply } from "./link/wire.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 *
 * @typedef {ImageBitmap} Picture
 * @typedef {{ picture: Picture, colors: number }} Entry
 * @typedef {object} Shared
 * @property {Decoder} decode
 * @property {boolean} hasImages if not, the eigenvectors' colours stand in for them
 * @property {number} colors
 * @property {() => string} by the way that is set
 * @typedef {(file: Blob) => Promise<Picture>} Decoder
 * @typedef {Record<PictureKind, Pictures>} PicturesOfKinds
 *
 * @typedef {object} Kind
 * @property {number} kept pictures, decoded: the stage's take up to 16 MB, a thumb 0.1 MB
 * @property {string[]} after what it waits for
 * @property {(wanted: Wanted) => number[]} images that it is wanted of
 */

import { Cache } from "./cache.js";
import { countOf } from "./images.js";
import { decodePictures } from "./link/decode.js";
import { Resource } from "./link/resource.js";

/** Thumbs come in small batches, so that the first ones show early. */
const PICTURES_PER_REQUEST = 12;

/** @type {Record<PictureKind, Kind>} */
const KINDS = {
  stage: { kept: 6, after: [], images: ({ images }) => images.slice(0, 1) },
  eigvecs: {
    kept: 64,
    after: ["stage"],
    images: ({ images, get }) =>
      get("overlay") === "eigvecs" ? images.slice(0, 1) : [],
  },
  thumb: {
    kept: 400,
    after: ["stage", "mask"],
    images: ({ images, get }) => (countOf(get("_info")) > 1 ? images : []),
  },
};

/**
 * @param {Decoder} decode
 * @param {boolean} hasImages if not, the eigenvectors' colours stand in for them
 * @param {number} colors
 * @param {() => string} by the way that is set
 * @returns {PicturesOfKinds}
 */
export function picturesOfKinds(decode, hasImages, colors, by) {
  const shared = { decode, hasImages, colors, by };
  return {
    stage: new Pictures("stage", shared),
    eigvecs: new Pictures("eigvecs", shared),
    thumb: new Pictures("thumb", shared),
  };
}

export class Pictures extends Resource {
  /** @type {Cache<Entry>} */
  #cache;
  /** @type {Set<string>} */
  #decoding = new Set();
  /** @type {Map<string, string>} Why an image has no picture. */
  #reasons = new Map();
  #closed = false;
  #decode;
  #spec;
  #picture;
  #isColored;
  /** Version of the eigenvectors' colours that the kernel has now. */
  #colors;
  #by;

  /**
   * @param {PictureKind} kind
   * @param {Shared} shared
   */
  constructor(kind, { decode, hasImages, colors, by }) {
    super(kind, "pictures", KINDS[kind].after);
    this.#picture = kind;
    this.#spec = KINDS[kind];
    this.#cache = new Cache(this.#spec.kept, ({ picture }) => picture.close());
    this.#decode = decode;
    this.#isColored = kind === "eigvecs" || !hasImages;
    this.#colors = colors;
    this.#by = by;
  }

  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    // A picture may arrive before the trait, so the version may be known already.
    this.#colors = Math.max(this.#colors, colors);
  }

  /** @param {number} image */
  get(image) {
    return this.#cache.get(this.#place(image))?.picture;
  }

  /**
   * Why there is no picture of an image, or undefined.
   *
   * @param {number} image
   */
  reason(image) {
    const place = this.#place(image);
    return this.#cache.has(place) ? undefined : this.#reasons.get(place);
  }

  /**
   * Whether a picture is still to come.
   *
   * @param {number} image
   */
  awaits(image) {
    return !this.#cache.has(this.#place(image)) && !this.isRefused(this.#key(image));
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    if (this.#decoding.has(key)) return true;
    const [place, colors = 0] = key.split("@");
    const entry = this.#cache.peek(place);
    return entry !== undefined && entry.colors >= Number(colors);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask(wanted) {
    const missing = this.missing(this.#spec.images(wanted));
    const images = missing.slice(0, PICTURES_PER_REQUEST);
    if (images.length === 0) return null;
    const keys = images.map((image) => this.#key(image));
    return { content: { kind: this.#picture, images, by: this.#by() }, keys };
  }

  /**
   * The images whose picture has to be fetched.
   *
   * @param {number[]} images
   */
  missing(images) {
    return images.filter((image) => this.lacks(this.#key(image)));
  }

  /**
   * Other pages ask for pictures of their own.
   *
   * @param {PictureReply} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs
   * @returns {Promise<void>} rejects, with a sentence, if one cannot be decoded
   * @override
   */
  async take({ kind, by, colors, pictures }, buffers, isOurs) {
    if (!isOurs || kind !== this.#picture || this.#isStale(colors)) return;
    this.recolor(colors);
    for (const entry of pictures ?? []) {
      if ("error" in entry)
        this.#reasons.set(this.#place(entry.image, by), entry.error);
    }
    const files = decodePictures(pictures ?? [], buffers);
    await Promise.all(files.map((file) => this.#keep(file, by, colors)));
  }

  /**
   * What an answer had no room for is asked for again, unless it had room for nothing:
   * the next answer would have none either.
   *
   * @param {string[]} keys
   * @param {Message} [answer]
   * @override
   */
  refuse(keys, answer) {
    const isFull = answer?.type === "pictures" && answer.pictures?.length > 0;
    const left = isFull ? (answer.left ?? []) : [];
    super.refuse(keys.filter((key) => !left.includes(imageOf(key))));
  }

  /**
   * Nothing is asked for again: pictures do not depend on prompts and settings.
   * @override
   */
  retry() {}

  /**
   * @param {number} _fields
   * @param {number} images on view: there is room for their pictures, twice
   * @override
   */
  reserve(_fields, images) {
    if (this.#picture !== "thumb") return;
    this.#cache.limit = Math.max(this.#spec.kept, 2 * images);
  }

  /** @override */
  close() {
    this.#closed = true;
    this.#cache.clear();
  }

  /**
   * @param {{ image: number, file: Blob }} encoded
   * @param {string} by
   * @param {number} colors
   */
  async #keep({ image, file }, by, colors) {
    const key = this.#key(image, by);
    this.#decoding.add(key);
    try {
      const picture = await this.#decode(file);
      if (this.#closed || this.#isStale(colors)) return picture.close();
      this.#cache.set(this.#place(image, by), { picture, colors });
    } catch {
      this.#decoding.delete(key);
      super.refuse([key]);
      if (this.#isStale(colors)) return;
      throw new Error(`The browser cannot decode the picture of image ${image}.`);
    } finally {
      this.#decoding.delete(key);
    }
  }

  /**
   * Whether a picture shows colours that are no longer those of the eigenvectors.
   *
   * @param {number} colors version it was made with
   */
  #isStale(colors) {
    return this.#isColored && colors < this.#colors;
  }

  /**
   * Where the picture of an image is kept.
   *
   * @param {number} image
   * @param {string} by
   */
  #place(image, by = this.#by()) {
    return this.#isColored ? `${image} ${by}` : String(image);
  }

  /**
   * The version of the colours is in the key, so that what was refused in other colours
   * is asked for again.
   *
   * @param {number} image
   * @param {string} [by]
   */
  #key(image, by) {
    const place = this.#place(image, by);
    return this.#isColored ? `${place}@${this.#colors}` : place;
  }
}

/** @param {string} key */
function imageOf(key) {
  return Number.parseInt(key, 10);
}
