/**
 * One image of the filmstrip.
 *
 * @import { Picture } from "./pictures.js"
 */

import { focusable, html, setAttribute, setText } from "./dom.js";
import { contextOf, drawView } from "./layers.js";
import { wholeImage } from "./prompts.js";

/** CSS pixels. */
const HEIGHT = 72;
const NARROWEST = 40;
const WIDEST = 144;

export class Thumb {
  #coverage = html("span", { class: "ncut-coverage" });
  /** @type {HTMLCanvasElement | null} Made when the thumb comes into view. */
  #canvas = null;
  /** @type {unknown[]} What the canvas shows. */
  #painted = [];
  #aspect;
  #index;
  element;

  /**
   * @param {number} index
   * @param {number} aspect width / height
   */
  constructor(index, aspect) {
    this.#index = index;
    this.#aspect = aspect;
    this.element = focusable(
      "button",
      {
        type: "button",
        class: "ncut-thumb",
        "data-ncut": "thumb",
        "data-index": index,
        "aria-current": "false",
        "aria-label": `Image ${index + 1}`,
        tabindex: -1,
      },
      html("span", { class: "ncut-number" }, String(index + 1)),
      this.#coverage,
    );
    const width = Math.min(Math.max(HEIGHT * aspect, NARROWEST), WIDEST);
    this.element.style.width = `${Math.round(width)}px`;
  }

  /**
   * Whether this is not what the thumb shows; from now on it counts as shown.
   *
   * @param {unknown[]} state
   */
  differs(state) {
    const differs = state.some((value, i) => value !== this.#painted[i]);
    this.#painted = state;
    return differs;
  }

  /** @param {string} coverage of the mask; empty without one */
  describe(coverage) {
    setText(this.#coverage, coverage);
    const label = `Image ${this.#index + 1}${coverage && `, ${coverage} covered`}`;
    setAttribute(this.element, "aria-label", label);
  }

  /** @param {Picture} picture */
  paint(picture) {
    const context = this.#fit();
    const whole = wholeImage([picture.height, picture.width]);
    drawView(context, picture, whole, { smooth: true });
    return context;
  }

  /** @param {boolean} waiting for the picture */
  wait(waiting) {
    this.element.classList.toggle("ncut-loading", waiting);
  }

  /** Out of view, a thumb holds no pixels and moves nothing. */
  release() {
    this.wait(false);
    this.#canvas?.remove();
    this.#canvas = null;
    this.#painted = [];
  }

  #fit() {
    if (!this.#canvas) {
      this.#canvas = html("canvas", { "aria-hidden": "true" });
      this.element.prepend(this.#canvas);
    }
    const height = Math.round(HEIGHT * devicePixelRatio);
    this.#canvas.height = height;
    this.#canvas.width = Math.max(Math.round(height * this.#aspect), 1);
    return contextOf(this.#canvas);
  }
}
