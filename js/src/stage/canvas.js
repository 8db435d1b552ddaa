/**
 * Canvases that are written pixel by pixel, and pictures that are drawn to any size.
 *
 * @import { Size } from "../model/link/wire.js"
 * @import { View } from "../maths/coordinates.js"
 */

import { html } from "../dom.js";

/** A canvas whose pixels are written one by one. */
export class Raster {
  #context;
  #image;
  pixels;

  /** @param {Record<string, string>} [attributes] */
  constructor(attributes = {}) {
    this.#context = contextOf(html("canvas", attributes));
    this.#image = this.#context.createImageData(1, 1);
    this.pixels = new Uint32Array(this.#image.data.buffer);
  }

  get canvas() {
    return this.#context.canvas;
  }

  /** @returns {Size} */
  get size() {
    return [this.#image.height, this.#image.width];
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    if (this.#image.width === width && this.#image.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.#image = this.#context.createImageData(width, height);
    this.pixels = new Uint32Array(this.#image.data.buffer);
  }

  put() {
    this.#context.putImageData(this.#image, 0, 0);
  }
}

/**
 * A picture as it was last scaled to a canvas. It is kept, because scaling a large
 * picture takes a frame.
 */
export class ScaledPicture {
  #context = contextOf(document.createElement("canvas"));
  /** @type {unknown[]} What the canvas shows. */
  #shows = [];

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.#context.canvas.width = width;
    this.#context.canvas.height = height;
    this.#shows = [];
  }

  /**
   * @param {ImageBitmap} picture
   * @param {View} part of the picture
   * @param {boolean} smooth
   */
  of(picture, part, smooth) {
    const { canvas } = this.#context;
    const shows = [picture, part.x, part.y, part.width, part.height];
    if (shows.some((value, i) => value !== this.#shows[i])) {
      this.#shows = shows;
      this.#context.clearRect(0, 0, canvas.width, canvas.height);
      drawView(this.#context, picture, part, { smooth });
    }
    return canvas;
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

/**
 * The pixel value of a CSS colour: RGBA as the bytes of a little-endian number. All
 * machines that browsers run on are little-endian.
 *
 * @param {string} colour
 * @param {number} [opacity] times that of the colour
 */
export function pixelOf(colour, opacity = 1) {
  const pixel = pixels.get(colour) ?? readPixel(colour);
  const alpha = Math.round((pixel >>> 24) * opacity);
  return ((alpha << 24) | (pixel & 0xffffff)) >>> 0;
}

/** @type {Map<string, number>} */
const pixels = new Map();

/**
 * Paint a pixel of the colour and read it back.
 *
 * @param {string} colour
 */
function readPixel(colour) {
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
