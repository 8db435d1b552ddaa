/**
 * The mask on the stage: its tint, at the image's own resolution, and its outline, on a
 * canvas of its own so that the stage's pixels stay the image's or the mask's.
 *
 * The preview of a click is painted with it: what the click adds has a fainter tint,
 * what it takes away is hatched, and its outline is dashed.
 *
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { View } from "../maths/coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { Shape } from "../maths/shape.js";
import { SmoothMask } from "../maths/smooth.js";
import { Raster } from "./canvas.js";
import { Outline } from "./outline.js";

/** Opacity of a preview, relative to that of a mask. */
export const PREVIEW = 0.6;

/** Distance of the hatch's lines, and their width, in CSS pixels. */
const HATCH = 7;
const HATCH_LINE = 1.25;
/** Light and dark, as of `pixelOf`. */
const LIGHT = 0xd8ffffff;
const DARK = 0x90000000;

export class StageMask {
  #lines = new Raster({ class: "ncut-outline", "aria-hidden": "true" });
  #mask = new Layer();
  #preview = new Layer();

  /** The outlines' canvas, to be laid over the stage. */
  get outline() {
    return this.#lines.canvas;
  }

  /**
   * @param {number} width of the stage's canvas
   * @param {number} height
   */
  resize(width, height) {
    this.#mask.tint.resize(width, height);
    this.#preview.tint.resize(width, height);
    this.#lines.resize(width, height);
  }

  /**
   * What is to be painted, and where.
   *
   * @param {Segmentation} shown
   * @param {Segmentation | null} preview of one click more
   * @param {number} image
   * @param {View} view
   * @param {Size} size of the image
   * @param {number} colour as of `pixelOf`
   */
  show(shown, preview, image, view, size, colour) {
    this.#mask.show(shown, image, view, size, colour);
    this.#preview.show(preview, image, view, size, colour);
    this.#lines.pixels.fill(0);
    if (this.#mask.marked && this.#preview.marked) this.#part();
  }

  /**
   * @param {CanvasRenderingContext2D} context of the stage
   * @param {number} opacity
   */
  paintTint(context, opacity) {
    this.#mask.paintTint(context, opacity);
    this.#preview.paintTint(context, opacity * PREVIEW);
  }

  /** @param {boolean} visible */
  paintOutline(visible) {
    const { pixels } = this.#lines;
    if (visible) {
      this.#preview.paintOutline(pixels, true);
      this.#mask.paintOutline(pixels, false);
    } else pixels.fill(0);
    this.#lines.put();
  }

  /**
   * Keep the preview's tint where it adds to the mask, and hatch where it takes away.
   */
  #part() {
    const [height, width] = this.#lines.size;
    const { pixels } = this.#lines;
    const mask = this.#mask.tint.pixels;
    const preview = this.#preview.tint.pixels;
    const period = Math.round(HATCH * devicePixelRatio);
    const line = HATCH_LINE * devicePixelRatio;
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (mask[i] === 0) continue;
        const at = (x + y) % period;
        if (preview[i] !== 0) preview[i] = 0;
        else if (at < line) pixels[i] = LIGHT;
        else if (at < 2 * line) pixels[i] = DARK;
      }
    }
  }
}

/** The mask of one segmentation, as it lies on the canvas. */
class Layer {
  tint = new Raster();
  marked = false;
  #shape = new Shape();
  #smooth = new SmoothMask();
  #outline = new Outline();

  /**
   * @param {Segmentation | null} segmentation
   * @param {number} image
   * @param {View} view
   * @param {Size} size of the image
   * @param {number} colour
   */
  show(segmentation, image, view, size, colour) {
    this.marked = !!segmentation?.of(image).marked;
    if (!segmentation || !this.marked) return;
    const { grid, quads, margins } = segmentation.shapeInto(this.#shape, image);
    this.#smooth.fit(this.tint.size, view, size, grid);
    this.#outline.fit(this.tint.size, view, size, grid);
    this.#smooth.paint(this.tint.pixels, quads, margins, colour);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} opacity
   */
  paintTint(context, opacity) {
    if (!this.marked) return;
    this.tint.put();
    context.globalAlpha = opacity;
    context.drawImage(this.tint.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /**
   * @param {Uint32Array} pixels of the canvas of lines
   * @param {boolean} dashed
   */
  paintOutline(pixels, dashed) {
    if (!this.marked) return;
    const { devicePixelRatio: ratio } = globalThis;
    const { quads, margins } = this.#shape;
    this.#outline.paint(pixels, quads, margins, ratio, dashed);
  }
}
