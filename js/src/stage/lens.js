/**
 * The part of an image that the stage shows, and where its pixels lie on the page.
 *
 * @import { View } from "../maths/coordinates.js"
 * @import { Place } from "../maths/viewport.js"
 * @import { Size } from "../model/link/wire.js"
 * @import { Point } from "./points.js"
 */

import { pixelAt, placeOf } from "../maths/coordinates.js";
import {
  isMagnified,
  isWhole,
  openingView,
  revealing,
  smallestWidth,
  transformed,
} from "../maths/viewport.js";

export class Lens {
  #canvas;
  /** @type {Size} Of the image. */
  #size = [1, 1];
  /** @type {View} */
  #view = openingView(this.#size);

  /** @param {HTMLCanvasElement} canvas that it is shown on */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  get view() {
    return this.#view;
  }

  /**
   * Show an image of this size. From one image to the next of the same size the zoom
   * stays, so that they can be compared place by place.
   *
   * @param {Size} size
   */
  turnTo(size) {
    const isSame = this.#size.join() === size.join();
    this.#size = size;
    if (!isSame) this.reset();
  }

  /**
   * Image pixel under the pointer, or null beside the image.
   *
   * @param {Point} event
   */
  pixelAt({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return pixelAt(clientX, clientY, box, this.#view, this.#size);
  }

  /**
   * Where a point of the image lies on the page.
   *
   * @param {number} x
   * @param {number} y
   * @returns {Point}
   */
  clientOf(x, y) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const [across, down] = placeOf(x, y, this.#view);
    return { clientX: left + across * width, clientY: top + down * height };
  }

  /**
   * Place of the pointer in the view.
   *
   * @param {Point} event
   * @returns {Place}
   */
  placeAt({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  /** Whether only a part of the image is shown. */
  get zoomed() {
    return !isWhole(this.#view, this.#size);
  }

  /** Whether the image is shown larger than when it opens. */
  get magnified() {
    return isMagnified(this.#view, this.#size);
  }

  /**
   * @param {Place} place that stays
   * @param {number} factor
   */
  zoomAt(place, factor) {
    this.transform(place, place, factor);
  }

  /**
   * Bring what lies at `from` to `to`, `factor` times as large.
   *
   * @param {Place} from
   * @param {Place} to
   * @param {number} factor
   */
  transform(from, to, factor) {
    const smallest = smallestWidth(this.#size, this.#canvas.clientWidth);
    this.#view = transformed(this.#view, this.#size, from, to, factor, smallest);
  }

  /**
   * Move the view, if necessary, so that a pixel is in it.
   *
   * @param {[x: number, y: number]} pixel
   * @returns {Place} of the pixel
   */
  reveal(pixel) {
    this.#view = revealing(this.#view, this.#size, pixel);
    return placeOf(...pixel, this.#view);
  }

  /** Show the whole image again. */
  reset() {
    this.#view = openingView(this.#size);
  }
}
