/**
 * A page without a kernel, as Python's `save_html` writes it: a model whose answers
 * come from the page itself.
 *
 * @import { PictureEntry, Size } from "../model/link/wire.js"
 *
 * @typedef {(part: number) => ArrayBuffer} Parts
 *
 * @typedef {object} Page what `save_html` puts into it; a part is its number in `parts`
 * @property {Record<string, any>} traits
 * @property {number | null} own_threshold the threshold that was set, if that of the
 *   traits was found automatically
 * @property {Maps | null} [maps] the kernel's, of the first clicks
 * @property {string[]} parts bytes in base64
 * @property {Record<string, PageWay>} ways by name
 * @property {Record<"stage" | "thumb", Picture[]>} pictures of each image
 * @property {Record<string, Record<string, { part: number, instances: string }>>} segments
 *   by kind, and by `<id> <image>`
 *
 * @typedef {object} Maps of a field that the page cannot compute, by image
 * @property {Size[]} grids
 * @property {number[]} presence
 * @property {number[]} parts float32
 *
 * @typedef {object} PageWay what masks by one way are made of
 * @property {{ low: number[], step: number[] }} quantised
 * @property {Record<string, number>} vectors by image: uint16, (K, cells)
 * @property {number} sample
 * @property {number} count of the batch's cells
 * @property {Record<string, [mean: number, covariance: number]>} moments by num_eig
 * @property {Picture[]} colors of each image: its eigenvectors
 * @typedef {PictureEntry & { part: number }} Picture
 */

import { OfflineKernel } from "./kernel.js";

/**
 * @param {{ initialize: (context: any) => unknown, render: (context: any) => unknown }} widget
 * @param {Page} page
 * @param {HTMLElement} el
 */
export function openOffline(widget, page, el) {
  const model = new OfflineModel(page);
  widget.initialize({ model });
  widget.render({ el });
  return model;
}

/** A model, as anywidget hands it over, and its kernel. */
class OfflineModel {
  /** @type {Record<string, any>} */
  #traits;
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  #handlers = new Map();
  #kernel;
  #mask;
  /** @type {Record<string, unknown>} What the page has set, and masks depend on. */
  #changed = {};

  /** @param {Page} page */
  constructor(page) {
    const { settings } = page.traits._info;
    const names = Object.keys(settings);
    this.#mask = new Set(names.filter((name) => settings[name].of === "mask"));
    this.#traits = { ...page.traits };
    this.#kernel = new OfflineKernel(page, (part) => bytesOf(page.parts[part]));
  }

  /** @param {string} name */
  get(name) {
    return this.#traits[name];
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (this.#traits[name] === value) return;
    if (this.#mask.has(name)) this.#changed[name] = value;
    this.#take(name, value);
  }

  save_changes() {
    this.#kernel.set(this.#changed, this.#traits._step ?? "");
    this.#changed = {};
    this.#tell();
  }

  /** @param {any} request */
  send(request) {
    const [content, buffers] = this.#kernel.answer(request);
    // Answer later, as a kernel does: no caller expects an answer before its call has
    // ended.
    queueMicrotask(() => {
      this.#tell();
      this.#emit("msg:custom", content, buffers);
    });
  }

  /**
   * @param {string} name
   * @param {(...args: any[]) => void} handler
   */
  on(name, handler) {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
  }

  /**
   * @param {string} name
   * @param {(...args: any[]) => void} handler
   */
  off(name, handler) {
    this.#handlers.get(name)?.delete(handler);
  }

  /** Take from the kernel what it tells by traits. */
  #tell() {
    for (const [name, value] of Object.entries(this.#kernel.traits)) {
      this.#take(name, value);
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  #take(name, value) {
    if (this.#traits[name] === value) return;
    this.#traits[name] = value;
    this.#emit(`change:${name}`);
  }

  /**
   * @param {string} name
   * @param {...any} args
   */
  #emit(name, ...args) {
    for (const handler of this.#handlers.get(name) ?? []) handler(...args);
  }
}

/**
 * @param {string} base64
 * @returns {ArrayBuffer}
 */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}
