/**
 * The committed segments on the stage, in the shades of their colours: later ones lie
 * over earlier ones.
 *
 * @import { SegmentEntry, Size } from "../model/link/wire.js"
 * @import { SegmentMasks } from "../model/segments.js"
 * @import { Runs } from "../maths/runs.js"
 * @import { View } from "../maths/coordinates.js"
 */

import { pixelsUnder } from "../maths/runs.js";
import { shadesOf } from "../maths/shades.js";
import { isShown } from "../model/segments.js";
import { Raster } from "./canvas.js";

export class StageSegments {
  #raster = new Raster();
  /** @type {unknown[]} What the raster shows. */
  #shows = [];

  /**
   * @param {number} width of the stage's canvas
   * @param {number} height
   */
  resize(width, height) {
    this.#raster.resize(width, height);
    this.#shows = [];
  }

  /**
   * @param {CanvasRenderingContext2D} context of the stage
   * @param {SegmentEntry[]} segments
   * @param {SegmentMasks<Runs>} masks
   * @param {number} image
   * @param {View} view part of the image that fills the canvas, in image pixels
   * @param {Size} size of the image
   * @param {number} opacity
   */
  paint(context, segments, masks, image, view, size, opacity) {
    const shown = segments.filter(isShown);
    if (shown.length === 0) return;
    const shows = [segments, masks.version, image, view];
    if (shows.some((value, i) => value !== this.#shows[i])) {
      this.#shows = shows;
      this.#compose(shown, masks, image, view, size);
    }
    context.globalAlpha = opacity;
    context.drawImage(this.#raster.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /**
   * @param {SegmentEntry[]} shown
   * @param {SegmentMasks<Runs>} masks
   * @param {number} image
   * @param {View} view
   * @param {Size} size
   */
  #compose(shown, masks, image, view, [height, width]) {
    const raster = this.#raster;
    const rows = pixelsUnder(raster.size[0], view.y, view.height, height);
    const cols = pixelsUnder(raster.size[1], view.x, view.width, width);
    raster.pixels.fill(0);
    for (const segment of shown) {
      const runs = masks.get(segment, image);
      runs?.paint(raster.pixels, rows, cols, shadesOf(segment.color));
    }
    raster.put();
  }
}
