/**
 * One kind of data that the page asks the kernel for and keeps. It knows what is
 * missing, makes the request for it, and takes what comes. What was refused is not
 * asked for again until `retry`.
 *
 * A new kind is a subclass; `Resources` lists the kinds, the most urgent first.
 *
 * @import { Info, Message } from "./wire.js"
 * @import { MaskSeeds } from "../seeds.js"
 *
 * @typedef {(DataView | ArrayBuffer)[]} Buffers
 * @typedef {{ content: object, keys: string[] }} Ask the contents of a request, but for
 *   type and id, and the keys of what it asks for
 *
 * @typedef {object} Wanted
 * @property {number[]} images that views show and that may be asked for now; the active
 *   one first
 * @property {() => number[]} prompted images with prompts, the latest first
 * @property {MaskSeeds} seeds of the prompts that the kernel has told
 * @property {(name: string) => any} get a trait
 * @property {boolean} resting whether no slider is being moved
 * @property {boolean} arriving whether fields come with an edit's answer
 */

export class Resource {
  /** Grows with all that changes what is missing. */
  version = 0;
  /** @type {Set<string>} */
  #refused = new Set();

  /**
   * @param {string} kind of its requests: one of a kind is out at a time
   * @param {string} type of the messages, there and back
   * @param {string[]} after kinds that it waits for while they are out; "mask" is the
   *   fields of the active image
   */
  constructor(kind, type, after) {
    this.kind = kind;
    this.type = type;
    this.after = after;
  }

  /**
   * Whether it is here, or on its way into the cache.
   *
   * @param {string} _key
   * @returns {boolean}
   */
  has(_key) {
    throw new Error("A resource says what it has.");
  }

  /**
   * The next request: what is missing of what is wanted, as much as one answer should
   * hold.
   *
   * @param {Wanted} _wanted
   * @returns {Ask | null} null if nothing is missing
   */
  ask(_wanted) {
    throw new Error("A resource says what it asks for.");
  }

  /**
   * Keep what has come.
   *
   * @param {any} _content
   * @param {Buffers} _buffers
   * @param {boolean} _isOurs whether this page has asked for it
   * @returns {Promise<void> | void} what is still to be done with it
   */
  take(_content, _buffers, _isOurs) {
    throw new Error("A resource takes what has come.");
  }

  /**
   * Keep room for what is on view.
   *
   * @param {number} _fields
   * @param {number} _images
   */
  reserve(_fields, _images) {}

  /**
   * There are eigenvectors of more images: what was made of the earlier ones is asked
   * for again.
   *
   * @param {Info} _info
   */
  renew(_info) {}

  /** Drop what is kept. */
  close() {}

  /** @param {string} key */
  lacks(key) {
    return !this.has(key) && !this.#refused.has(key);
  }

  /** @param {string} key */
  isRefused(key) {
    return this.#refused.has(key);
  }

  /**
   * @param {any} content
   * @param {Buffers} buffers
   * @param {boolean} [isOurs]
   */
  accept(content, buffers, isOurs = true) {
    this.version++;
    return this.take(content, buffers, isOurs);
  }

  /**
   * An answer has come: what was asked for and is still not here cannot be had.
   *
   * @param {string[]} keys
   * @param {Message} [_answer]
   */
  refuse(keys, _answer) {
    this.version++;
    for (const key of keys) if (!this.has(key)) this.#refused.add(key);
  }

  /** Ask again for what was refused, because prompts or settings have changed. */
  retry() {
    this.version++;
    this.#refused.clear();
  }
}
