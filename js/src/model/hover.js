/**
 * What a click under the pointer, or at the crosshair, would give: the clicks with one
 * more, which is not made. It ends with whatever is done instead of moving on.
 *
 * @import { Store } from "./store.js"
 * @import { Click } from "./wire.js"
 * @import { Prompts } from "./clicks.js"
 */

import { clickedCell } from "../maths/coordinates.js";
import { BIASED, promptsOf } from "./clicks.js";
import { Segmentation } from "./segmentation.js";

export class Hover {
  /** Grows with every change of what masks are asked for. */
  version = 0;
  /** @type {Click | null} The click that would be made. */
  #click = null;
  #store;
  #segmentation;
  /** @type {Prompts} */
  #prompts = { numEig: 0, positives: [], negatives: [], together: null };
  #key = "";
  /** What the prompts are of: thousands of clicks are not looked at for every move. */
  #asked = "";
  /** @type {WeakMap<Prompts, string>} */
  #keys = new WeakMap();

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#segmentation = new Segmentation(store, this);
  }

  /**
   * The masks to show instead of the clicks' own, or null: nothing is pointed at, it
   * would change nothing, or what it needs is not here.
   */
  get shown() {
    const store = this.#store;
    const image = store.activeImage;
    if (this.#click?.[0] !== image || !store.get("hover_preview")) return null;
    if (store.get("method") === BIASED) return null; // A cut is the kernel's to make.
    this.#update(this.#click);
    if (this.#key === this.#keyOf(store.prompts)) return null;
    if (this.#prompts.positives.length === 0) return null;
    return this.#segmentation.of(image).current ? this.#segmentation : null;
  }

  /**
   * Whether the masks that were shown are those of the clicks now: the click was made,
   * and until the kernel's own masks come there is nothing to repaint.
   */
  get keeps() {
    const { state, prompts, activeImage } = this.#store;
    if (state !== "pending" || this.#key !== this.#keyOf(prompts)) return false;
    return this.#segmentation.of(activeImage).current;
  }

  /** The masks of the clicks and of one more, as long as `keeps` or `shown` says so. */
  get masks() {
    return this.#segmentation;
  }

  /** Cells of the clicks, with the one that is not made. */
  get prompts() {
    return this.#prompts;
  }

  /** @param {Click | null} click that would be made, or null for none */
  point(click) {
    this.#click = click;
  }

  /** @param {Click} click */
  #update(click) {
    const store = this.#store;
    const { sizes, grid } = store.info;
    const cell = clickedCell(click, sizes[click[0]], grid);
    const asked = [store.version, cell, click[3]].join();
    if (asked === this.#asked) return;
    this.#asked = asked;
    const clicks = store.clicks.map(({ click }) => click);
    const prompts = promptsOf([...clicks, click], (name) => store.get(name));
    const key = this.#keyOf(prompts);
    if (key === this.#key) return;
    this.#prompts = prompts;
    this.#key = key;
    this.version++;
  }

  /**
   * All that masks depend on, of prompts that are made anew with every change of it.
   *
   * @param {Prompts} prompts
   */
  #keyOf(prompts) {
    const known = this.#keys.get(prompts);
    if (known !== undefined) return known;
    const { positives, negatives } = prompts;
    const settings = this.#store.maskSettings.map((name) => this.#store.get(name));
    const key = [settings, positives.join(" "), negatives.join(" ")].join(" - ");
    this.#keys.set(prompts, key);
    return key;
  }
}
