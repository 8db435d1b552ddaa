/**
 * The masks of committed segments of one kind, as the kernel sends them: the stage's,
 * at the image's own size, or the thumbs', on the latent grid.
 *
 * @import { Info, SegmentEdit, SegmentEntry, SegmentsReply } from "./link/wire.js"
 * @import { Ask, Buffers, Wanted } from "./link/resource.js"
 * @import { Message } from "./link/wire.js"
 *
 * @typedef {"stage" | "thumb"} SegmentKind
 * @typedef {Runs | Uint8Array} SegmentMask runs of pixels, or bits of cells
 */

import { Runs } from "../maths/runs.js";
import { Cache } from "./cache.js";
import { countOf, sizeOf } from "./images.js";
import { decodeSegments } from "./link/decode.js";
import { Resource } from "./link/resource.js";

/** Masks that are kept: runs of a photograph take some 10 kB, bits 0.5 kB. */
const KEPT = { stage: 500, thumb: 20_000 };

/** Thumbs of one request. */
const IMAGES = 24;

/** @template {SegmentMask} Mask */
export class SegmentMasks extends Resource {
  /** @type {Cache<Mask>} */
  #cache;
  #picture;
  #info;

  /**
   * @param {SegmentKind} kind
   * @param {Info} info
   */
  constructor(kind, info) {
    const after = kind === "stage" ? ["stage", "mask"] : ["stage", "mask", "thumb"];
    super(`segments ${kind}`, "segments", after);
    this.#cache = new Cache(KEPT[kind]);
    this.#picture = kind;
    this.#info = info;
  }

  /**
   * @param {SegmentEntry} segment
   * @param {number} image
   */
  get(segment, image) {
    return this.#cache.get(this.#key(segment, image));
  }

  /**
   * Whether every mask that an image shows is here, or cannot be had.
   *
   * @param {SegmentEntry[]} segments
   * @param {number} image
   */
  isComplete(segments, image) {
    return this.#missing(segments, image).length === 0;
  }

  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#cache.has(key);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images, get }) {
    /** @type {SegmentEntry[]} */
    const listed = get("_segments");
    const isStage = this.#picture === "stage";
    if (listed.length === 0 || (!isStage && countOf(this.#info) === 1)) return null;
    const shown = isStage ? images.slice(0, 1) : images;
    this.#cache.limit = Math.max(KEPT[this.#picture], 2 * listed.length * shown.length);
    const first = shown.find((image) => !this.isComplete(listed, image));
    if (first === undefined) return null;
    const segments = this.#missing(listed, first);
    const lacking = shown.filter((image) =>
      segments.some((segment) => this.lacks(this.#key(segment, image))),
    );
    const asked = lacking.slice(0, IMAGES);
    const keys = asked.flatMap((image) =>
      segments.map((segment) => this.#key(segment, image)),
    );
    const content = {
      kind: this.#picture,
      segments: segments.map(({ id, edition }) => [id, edition]),
      images: asked,
    };
    return { content, keys };
  }

  /**
   * Other pages ask for masks of their own.
   *
   * @param {SegmentsReply} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs
   * @override
   */
  take({ kind, parts }, buffers, isOurs) {
    if (!isOurs || kind !== this.#picture) return;
    for (const { part, bytes } of decodeSegments(parts, buffers)) {
      const mask =
        kind === "stage"
          ? new Runs(new Uint32Array(bytes.buffer), sizeOf(this.#info, part.image))
          : bytes;
      this.#cache.set(this.#key(part, part.image), /** @type {Mask} */ (mask));
    }
  }

  /**
   * What an answer had no time for is asked for again, unless it brought nothing.
   *
   * @param {string[]} keys
   * @param {Message} [answer]
   * @override
   */
  refuse(keys, answer) {
    const hasSome = answer?.type === "segments" && answer.parts.length > 0;
    super.refuse(hasSome ? [] : keys);
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
   * @param {SegmentEntry[]} segments
   * @param {number} image
   */
  #missing(segments, image) {
    return segments.filter(
      (segment) => isShown(segment) && this.lacks(this.#key(segment, image)),
    );
  }

  /**
   * @param {{ id: number, edition: number, instances: string }} segment
   * @param {number} image
   */
  #key({ id, edition, instances }, image) {
    const key = `${id} ${edition} ${image}`;
    return this.#picture === "stage" ? `${key} ${instances}` : key;
  }
}

/**
 * The edit that a key makes of a segment, or null.
 *
 * @param {string} key as of `keyOf`
 * @param {SegmentEntry} segment
 * @returns {SegmentEdit | null}
 */
export function editOf(key, { id, visible, open }) {
  switch (key) {
    case "Delete":
    case "Backspace":
      return { op: "delete", segment: id };
    case "e":
      return { op: "reopen", segment: open ? null : id };
    case "h":
      return { op: "change", segment: id, fields: { visible: !visible } };
    default:
      return null;
  }
}

/**
 * Whether a segment's mask is painted. While a segment is open again, the mask of the
 * prompts is painted instead.
 *
 * @param {SegmentEntry} segment
 */
export function isShown({ visible, open }) {
  return visible && !open;
}
