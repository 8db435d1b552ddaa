/**
 * Painting of cells: mask tint and heat, made cell by cell, drawn to any size.
 *
 * @import { Size } from "./wire.js"
 * @import { View } from "./prompts.js"
 */

import { paintHeat } from "./colormap.js";

/** One pixel per cell of the latent grid. */
export class CellLayer {
  #context;
  #image;

  /** @param {Size} grid */
  constructor([rows, cols]) {
    const canvas = document.createElement("canvas");
    canvas.width = cols;
    canvas.height = rows;
    this.#context = contextOf(canvas);
    this.#image = this.#context.createImageData(cols, rows);
  }

  get canvas() {
    return this.#context.canvas;
  }

  /**
   * @param {Uint8Array} mask
   * @param {string} colour CSS colour
   * @param {0 | 1} [value] paint the cells that hold this
   */
  paintMask(mask, colour, value = 1) {
    const pixel = pixelOf(colour);
    const pixels = new Uint32Array(this.#image.data.buffer);
    for (let i = 0; i < mask.length; i++) pixels[i] = mask[i] === value ? pixel : 0;
    this.#context.putImageData(this.#image, 0, 0);
  }

  /** @param {Float32Array} heat */
  paintHeat(heat) {
    paintHeat(this.#image.data, heat);
    this.#context.putImageData(this.#image, 0, 0);
  }
}

/**
 * Draw the part of a picture that `view` names over the whole canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource} picture
 * @param {View} view in pixels of the picture
 * @param {{ smooth: boolean, opacity?: number }} how
 */
export function drawView(context, picture, view, { smooth, opacity = 1 }) {
  const { width, height } = context.canvas;
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture,
    view.x,
    view.y,
    view.width,
    view.height,
    0,
    0,
    width,
    height,
  );
  context.globalAlpha = 1;
}

/** @type {Map<string, number>} */
const pixels = new Map();

/**
 * What an opaque pixel of a CSS colour holds, read back from one.
 *
 * @param {string} colour
 */
function pixelOf(colour) {
  const known = pixels.get(colour);
  if (known !== undefined) return known;
  const context = contextOf(document.createElement("canvas"));
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [pixel] = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer);
  pixels.set(colour, pixel);
  return pixel;
}

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}
