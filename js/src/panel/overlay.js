/**
 * What lies over a thumb: segments and mask, in the colours and with the edges that
 * they have on the stage. There is no outline, because it would clutter a thumb.
 *
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { SegmentMasks } from "../model/segments.js"
 * @import { SegmentEntry, Size } from "../model/link/wire.js"
 */

import { wholeImage } from "../maths/coordinates.js";
import { componentsInto } from "../maths/denoise.js";
import { findQuads } from "../maths/margins.js";
import { shadesOf } from "../maths/shades.js";
import { SmoothMask } from "../maths/smooth.js";
import { isShown } from "../model/segments.js";
import { Raster } from "../stage/canvas.js";
import { StageMask } from "../stage/mask.js";

export class ThumbOverlay {
  #mask = new StageMask();
  #segments;

  /** @param {Size} grid that segments are told on */
  constructor(grid) {
    this.#segments = new CellSegments(grid);
  }

  /**
   * @param {CanvasRenderingContext2D} context of the thumb
   * @param {{ segments: SegmentEntry[], masks: SegmentMasks<Uint8Array>,
   *   shown: Segmentation, preview: Segmentation | null, image: number, size: Size,
   *   colour: number, opacity: number }} what
   */
  paint(context, what) {
    const { segments, masks, shown, preview, image, size, colour, opacity } = what;
    const { width, height } = context.canvas;
    const kept = segments.filter(isShown);
    if (kept.length > 0) {
      this.#segments.compose([height, width], kept, masks, image, size);
      this.#segments.paint(context, opacity);
    }
    this.#mask.resize(width, height);
    this.#mask.show(shown, preview, image, wholeImage(size), size, colour);
    this.#mask.paintTint(context, opacity);
  }
}

/** Segments whose masks are known on the latent grid alone. */
class CellSegments {
  #all = new Raster();
  #one = new Raster();
  #shape = new SmoothMask();
  #grid;
  #margins;
  #quads;
  #parts;
  #colours;
  #list;

  /** @param {Size} grid */
  constructor(grid) {
    const cells = grid[0] * grid[1];
    this.#grid = grid;
    this.#margins = new Float32Array(cells);
    this.#quads = new Uint8Array(cells);
    this.#parts = new Int32Array(cells);
    this.#colours = new Uint32Array(cells);
    this.#list = new Int32Array(cells);
  }

  /**
   * @param {Size} raster
   * @param {SegmentEntry[]} segments
   * @param {SegmentMasks<Uint8Array>} masks
   * @param {number} image
   * @param {Size} size of the image
   */
  compose([height, width], segments, masks, image, size) {
    this.#all.resize(width, height);
    this.#one.resize(width, height);
    this.#shape.fit([height, width], wholeImage(size), size, this.#grid);
    const [all, one] = [this.#all.pixels, this.#one.pixels];
    all.fill(0);
    for (const segment of segments) {
      const bits = masks.get(segment, image);
      if (!bits) continue;
      this.#colour(bits, segment);
      this.#shape.paint(one, this.#quads, this.#margins, this.#colours);
      for (let i = 0; i < all.length; i++) if (one[i]) all[i] = one[i];
    }
    this.#all.put();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} opacity
   */
  paint(context, opacity) {
    context.globalAlpha = opacity;
    context.drawImage(this.#all.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /**
   * Find the shade of each quad. Its four cells never belong to two things.
   *
   * @param {Uint8Array} bits of the mask, the first one the highest of the first byte
   * @param {SegmentEntry} segment
   */
  #colour(bits, { color, instances }) {
    const [rows, cols] = this.#grid;
    const margins = this.#margins;
    for (let i = 0; i < margins.length; i++) {
      margins[i] = bits[i >> 3] & (128 >> (i & 7)) ? 1 : -1;
    }
    findQuads(this.#quads, margins, this.#grid);
    const shades = shadesOf(color);
    this.#colours.fill(shades[0]);
    if (instances === "whole") return;
    const parts = componentsInto(this.#parts, margins, this.#grid, this.#list);
    for (let row = 0; row < rows; row++) {
      const down = row + 1 < rows ? cols : 0;
      for (let col = 0; col < cols; col++) {
        const cell = row * cols + col;
        const right = col + 1 < cols ? 1 : 0;
        const part =
          parts[cell] ||
          parts[cell + right] ||
          parts[cell + down] ||
          parts[cell + right + down];
        if (part) this.#colours[cell] = shades[(part - 1) % shades.length];
      }
    }
  }
}
