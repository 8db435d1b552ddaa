/**
 * The kernel's maps of the clicks that a page without a kernel begins with, where it
 * cannot compute their field. Other clicks, and other settings of the field, are of the
 * method that stands in.
 *
 * @import { FieldEntry, Info, Want } from "../model/link/wire.js"
 * @import { Page, Parts } from "./page.js"
 * @import { State } from "./session.js"
 */

import { maskSeeds, nameOf } from "../model/seeds.js";

export class Carried {
  #maps;
  #parts;
  #info;
  #name;

  /**
   * @param {Page} page
   * @param {Parts} parts
   */
  constructor({ traits, maps }, parts) {
    this.#maps = maps;
    this.#parts = parts;
    this.#info = /** @type {Info} */ (traits._info);
    this.#name = maps ? this.#nameOf(traits.clicks, traits) : null;
  }

  /**
   * The same state, by the method that stands in if the field cannot be had.
   *
   * @param {State} state
   * @returns {State}
   */
  settle(state) {
    const { settings, prompts } = state;
    const { stand_in: method } = this.#info.methods[settings.method] ?? {};
    const name = method && this.#nameOf(prompts, settings);
    if (!name || name === this.#name) return state;
    return { ...state, settings: { ...settings, method } };
  }

  /**
   * The maps of a field; null if it is another one.
   *
   * @param {Want} want
   * @returns {{ entry: FieldEntry, maps: Float32Array[] } | null}
   */
  get({ seeds, images }) {
    if (!this.#maps || nameOf(seeds) !== this.#name) return null;
    const { grids, presence, parts } = this.#maps;
    const entry = {
      seeds,
      images,
      stats: null,
      grids: images.map((image) => grids[image]),
      presence: images.map((image) => presence[image]),
    };
    const maps = images.map((image) => new Float32Array(this.#parts(parts[image])));
    return { entry, maps };
  }

  /**
   * Name of the one field of all prompts; null without one.
   *
   * @param {any[]} prompts
   * @param {Record<string, any>} settings
   */
  #nameOf(prompts, settings) {
    /** @type {Record<string, any>} */
    const given = { ...settings, _info: this.#info };
    const [seeds] = maskSeeds(prompts, (name) => given[name]).positives;
    return seeds ? nameOf(seeds) : null;
  }
}
