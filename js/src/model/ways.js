/**
 * The ways that a click can be meant: by what things are, or by how they look. Each has
 * eigenvectors of its own. Those of one are there from the beginning; the kernel makes
 * the others when it is asked about them, which takes some seconds or minutes.
 *
 * @import { Info, Message, Way, WayReply } from "./link/wire.js"
 * @import { Ask, Wanted } from "./link/resource.js"
 */

import { Resource } from "./link/resource.js";

export class Ways extends Resource {
  /** Of those that can be had: without a kernel, those that the page holds. */
  names;
  /** @type {Map<string, Way>} */
  #known;
  /** @type {Map<string, string>} Why a way cannot be had. */
  #reasons = new Map();

  /** @param {Info} info */
  constructor({ ways, settings, offline }) {
    super("way", "way", ["stage", "fields", "eigvecs", "thumb"]);
    this.#known = new Map(Object.entries(ways));
    const { choices } = settings.by;
    this.names = offline ? choices.filter((by) => this.has(by)) : choices;
  }

  /**
   * What is known of a way, or undefined while it is not made.
   *
   * @param {string} by
   */
  get(by) {
    return this.#known.get(by);
  }

  /**
   * Why a way cannot be had, in a sentence, or undefined.
   *
   * @param {string} by
   */
  reason(by) {
    return this.has(by) ? undefined : this.#reasons.get(by);
  }

  /**
   * @param {string} by
   * @override
   */
  has(by) {
    return this.#known.has(by);
  }

  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ get }) {
    const lacking = this.names.filter((name) => this.lacks(name));
    if (lacking.length === 0) return null;
    const by = lacking.includes(get("by")) ? get("by") : lacking[0];
    return { content: { by }, keys: [by] };
  }

  /**
   * @param {WayReply} content
   * @override
   */
  take({ by, eigvals, blank }) {
    this.#known.set(by, { eigvals, blank });
  }

  /**
   * @param {string[]} keys
   * @param {Message} [answer]
   * @override
   */
  refuse(keys, answer) {
    super.refuse(keys);
    if (answer?.type !== "error") return;
    for (const by of keys) this.#reasons.set(by, answer.message);
  }

  /**
   * @param {Info} info
   * @override
   */
  renew({ ways }) {
    for (const [by, way] of Object.entries(ways)) this.#known.set(by, way);
  }

  /**
   * Nothing is asked for again: what failed does not depend on prompts and settings, and
   * would take as long each time.
   * @override
   */
  retry() {}
}
