/**
 * What a click under the pointer, or at the crosshair, would give: the clicks with one
 * more, which is not made. It ends with whatever is done instead of moving on.
 *
 * @import { Store } from "./store.js"
 * @import { Click } from "./wire.js"
 * @import { Prompts } from "./clicks.js"
 */

import { promptsOf } from "./clicks.js";
import { Segmentation } from "./segmentation.js";

export class Hover {
  /** Grows with everything that can change a mask. */
  version = 0;
  /** @type {Click | null} The click that would be made. */
  #click = null;
  #store;
  #segmentation;
  #storeVersion = -1;
  /** @type {Prompts} */
  #prompts = { numEig: 0, positives: [], negatives: [] };
  #cell = "";

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
    this.#update();
    const { positives, negatives } = store.prompts;
    const { prompts } = this;
    const more = prompts.positives.length + prompts.negatives.length;
    if (more === positives.length + negatives.length) return null;
    if (prompts.positives.length === 0) return null;
    return this.#segmentation.of(image).current ? this.#segmentation : null;
  }

  /** Cells of the clicks, with the one that is not made. */
  get prompts() {
    return this.#prompts;
  }

  /** @param {Click | null} click that would be made, or null for none */
  point(click) {
    this.#click = click;
  }

  #update() {
    const store = this.#store;
    const clicks = store.clicks.map(({ click }) => click);
    const click = /** @type {Click} */ (this.#click);
    const { info } = store;
    const [cell] = promptsOf([click], 0, info)[click[3] ? "positives" : "negatives"];
    const key = `${cell.join()} ${click[3]}`;
    if (key === this.#cell && store.version === this.#storeVersion) return;
    this.#cell = key;
    this.#storeVersion = store.version;
    this.#prompts = promptsOf([...clicks, click], store.get("num_eig"), info);
    this.version++;
  }
}
