/**
 * One image of the filmstrip.
 *
 * @import { Picture } from "../model/pictures.js"
 */

import { focusable, html, setAttribute, setText } from "../dom.js";
import { wholeImage } from "../maths/coordinates.js";
import { contextOf, ScaledPicture } from "../stage/canvas.js";

/** CSS pixels. */
const HEIGHT = 72;
const NARROWEST = 40;
const WIDEST = 144;

/**
 * Width of a thumb in CSS pixels.
 *
 * @param {number} aspect width / height of the image
 */
export function thumbWidth(aspect) {
  return Math.round(Math.min(Math.max(HEIGHT * aspect, NARROWEST), WIDEST));
}

export class Thumb {
  #number = html("span", { class: "ncut-number" });
  #coverage = html("span", { class: "ncut-coverage" });
  #context = contextOf(html("canvas", { "aria-hidden": "true" }));
  #scaled = new ScaledPicture();
  /** @type {unknown[]} What is painted. */
  #painted = [];
  #name;
  #aspect;
  element;

  /**
   * @param {number} index
   * @param {number} count of the images
   * @param {number} aspect width / height
   * @param {number} left where it lies in the strip, in CSS pixels
   */
  constructor(index, count, aspect, left) {
    this.#name = `Image ${index + 1} of ${count}`;
    this.#aspect = aspect;
    this.#number.textContent = String(index + 1);
    this.element = focusable(
      "button",
      {
        type: "button",
        class: "ncut-thumb",
        "data-ncut": "thumb",
        "data-index": index,
        "aria-label": this.#name,
      },
      this.#context.canvas,
      this.#number,
      this.#coverage,
    );
    this.element.style.left = `${left}px`;
    this.element.style.width = `${thumbWidth(aspect)}px`;
  }

  /** @param {boolean} active */
  mark(active) {
    setAttribute(this.element, "aria-current", String(active));
    // One stop for the Tab key; the arrows go on from there.
    this.element.tabIndex = active ? 0 : -1;
  }

  /**
   * Whether the thumb shows another state than this one, which counts as shown from now
   * on.
   *
   * @param {unknown[]} state all that it depends on, except for the screen
   */
  differs(state) {
    const painted = [...state, devicePixelRatio];
    const differs = painted.some((value, i) => value !== this.#painted[i]);
    this.#painted = painted;
    return differs;
  }

  /** @param {string} coverage of the mask; empty without one */
  describe(coverage) {
    setText(this.#coverage, coverage);
    const name = coverage ? `${this.#name}, ${coverage} covered` : this.#name;
    setAttribute(this.element, "aria-label", name);
  }

  /**
   * @param {Picture} picture
   * @param {(context: CanvasRenderingContext2D) => void} paintOver it
   */
  paint(picture, paintOver) {
    this.#fit();
    const whole = wholeImage([picture.height, picture.width]);
    this.#context.drawImage(this.#scaled.of(picture, whole, true), 0, 0);
    paintOver(this.#context);
  }

  /**
   * @param {boolean} waiting for the picture
   * @param {string} [reason] why there is none
   * @param {string} note what else is to be known of the image
   */
  wait(waiting, reason, note = "") {
    this.element.classList.toggle("ncut-loading", waiting);
    this.element.classList.toggle("ncut-broken", reason !== undefined);
    this.element.title = reason ?? note;
  }

  /**
   * @param {boolean} absent whether the image lacks the thing
   * @param {boolean} awaited whether the image is still to come
   */
  dim(absent, awaited) {
    this.element.classList.toggle("ncut-absent", absent && !awaited);
    this.element.classList.toggle("ncut-awaited", awaited);
  }

  /** Give the canvas as many pixels as it covers on the screen. */
  #fit() {
    const ratio = devicePixelRatio;
    // An image that is too wide for the thumb is shown less high.
    const fitted = Math.min(HEIGHT, WIDEST / this.#aspect) * ratio;
    const height = Math.max(Math.round(fitted), 1);
    const width = Math.max(Math.round(fitted * this.#aspect), 1);
    const { canvas } = this.#context;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    this.#scaled.resize(width, height);
  }
}
