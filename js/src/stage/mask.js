/**
 * The mask on the stage: its tint, at the image's own resolution, and its outline, on a
 * canvas of its own so that the stage's pixels stay the image's or the mask's.
 *
 * @import { CutMaps } from "../maths/quads.js"
 * @import { View } from "../maths/coordinates.js"
 * @import { Size } from "../model/wire.js"
 */

import { findQuads } from "../maths/quads.js";
import { SmoothMask } from "../maths/smooth.js";
import { Raster } from "./canvas.js";
import { Outline } from "./outline.js";

export class StageMask {
  #tint = new Raster();
  #lines = new Raster({ class: "ncut-outline", "aria-hidden": "true" });
  #mask = new SmoothMask();
  #outline = new Outline();
  #quads;
  #grid;
  /** @type {CutMaps} */
  #cutMaps = { positives: [], negatives: [] };

  /** @param {Size} grid */
  constructor(grid) {
    this.#grid = grid;
    this.#quads = new Uint8Array(grid[0] * grid[1]);
  }

  /** The outline's canvas, to be laid over the stage. */
  get outline() {
    return this.#lines.canvas;
  }

  /**
   * @param {number} width of the stage's canvas
   * @param {number} height
   */
  resize(width, height) {
    this.#tint.resize(width, height);
    this.#lines.resize(width, height);
  }

  /**
   * What is to be painted, and where.
   *
   * @param {Uint8Array} mask on the latent grid
   * @param {CutMaps} cutMaps
   * @param {View} view
   * @param {Size} size of the image
   */
  show(mask, cutMaps, view, size) {
    this.#cutMaps = cutMaps;
    findQuads(this.#quads, mask, cutMaps, this.#grid);
    this.#mask.fit(this.#tint.size, view, size, this.#grid);
    this.#outline.fit(this.#lines.size, view, size, this.#grid);
  }

  /**
   * @param {CanvasRenderingContext2D} context of the stage
   * @param {number} colour as of `pixelOf`
   * @param {number} opacity
   */
  paintTint(context, colour, opacity) {
    this.#mask.paint(this.#tint.pixels, this.#quads, this.#cutMaps, colour);
    this.#tint.put();
    context.globalAlpha = opacity;
    context.drawImage(this.#tint.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /** @param {boolean} visible */
  paintOutline(visible) {
    if (visible) {
      const ratio = devicePixelRatio;
      this.#outline.paint(this.#lines.pixels, this.#quads, this.#cutMaps, ratio);
    } else this.#lines.pixels.fill(0);
    this.#lines.put();
  }
}
