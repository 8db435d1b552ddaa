/**
 * What a prompt under the pointer, or at the crosshair, would give: the masks of all
 * prompts and of this one, which is not made. Any action but a move ends it.
 *
 * @import { Store } from "./store.js"
 * @import { Prompt } from "./prompts/index.js"
 * @import { MaskSeeds } from "./seeds.js"
 */

import { sizeOf } from "./images.js";
import { gridOf, isPreviewed } from "./methods.js";
import { imageOf, isPositive, seedsOf } from "./prompts/index.js";
import { maskSeeds, nameOf } from "./seeds.js";
import { Segmentation } from "./segmentation.js";

export class Hover {
  /** Grows with every change of the masks that are asked for. */
  version = 0;
  /** @type {Prompt | null} The one that would be made. */
  #prompt = null;
  #store;
  #segmentation;
  /** @type {MaskSeeds} */
  #seeds = { positives: [], negatives: [], hasNegatives: false };
  #key = "";
  /**
   * What the seeds were made from. While it stays the same, thousands of prompts need
   * not be looked at for every move.
   */
  #asked = "";
  /** @type {WeakMap<MaskSeeds, string>} */
  #names = new WeakMap();

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#segmentation = new Segmentation(store, this);
  }

  /**
   * The masks to show instead of the prompts' own. Null if nothing is pointed at, if
   * the prompt would change nothing, or if the data for it is not here.
   */
  get shown() {
    const store = this.#store;
    const image = store.activeImage;
    if (!this.#prompt || !store.get("hover_preview")) return null;
    if (imageOf(this.#prompt) !== image) return null;
    if (!isPreviewed(store.method)) return null; // Its fields are the kernel's to make.
    this.#update(this.#prompt);
    if (this.#key === this.#keyOf(store.seeds)) return null;
    if (this.#seeds.positives.length === 0) return null;
    return this.#segmentation.of(image).current ? this.#segmentation : null;
  }

  /**
   * Whether the prompt was made, so that the masks that were shown are now those of the
   * prompts. Until the kernel's own masks come there is nothing to repaint.
   */
  get keeps() {
    const { state, seeds, activeImage } = this.#store;
    if (state !== "pending" || this.#key !== this.#keyOf(seeds)) return false;
    return this.#segmentation.of(activeImage).current;
  }

  /**
   * The masks of the prompts and of one more. They are valid if `keeps` is true or
   * `shown` is not null.
   */
  get masks() {
    return this.#segmentation;
  }

  /** The seeds of the prompts and of the one that is not made. */
  get seeds() {
    return this.#seeds;
  }

  /** @param {Prompt | null} prompt that would be made, or null for none */
  point(prompt) {
    this.#prompt = prompt;
  }

  /** @param {Prompt} prompt */
  #update(prompt) {
    const store = this.#store;
    const { info } = store;
    const image = imageOf(prompt);
    const grid = gridOf(info, store.get("method"), image);
    const group = seedsOf(prompt, sizeOf(info, image), grid);
    const asked = [store.version, isPositive(prompt), ...group].join();
    if (asked === this.#asked) return;
    this.#asked = asked;
    const seeds = maskSeeds([...store.prompts, prompt], (name) => store.get(name));
    const key = this.#keyOf(seeds);
    if (key === this.#key) return;
    this.#seeds = seeds;
    this.#key = key;
    this.version++;
  }

  /**
   * A text of all that masks depend on.
   *
   * @param {MaskSeeds} seeds
   */
  #keyOf(seeds) {
    const settings = this.#store.maskSettings.map((name) => this.#store.get(name));
    return [settings, this.#namesOf(seeds)].join(" - ");
  }

  /** @param {MaskSeeds} seeds */
  #namesOf(seeds) {
    const known = this.#names.get(seeds);
    if (known !== undefined) return known;
    const names = [seeds.positives, seeds.negatives].map((each) => each.map(nameOf));
    const joined = names.map((each) => each.join(" ")).join(" - ");
    this.#names.set(seeds, joined);
    return joined;
  }
}
