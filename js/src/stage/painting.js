/**
 * What the stage's canvas shows: the image, over it the eigenvectors' colours, the heat
 * or the masks' tint, and the outline on a canvas of its own.
 *
 * @import { Store } from "../model/store.js"
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { View } from "../maths/coordinates.js"
 * @import { Picture } from "../model/pictures.js"
 * @import { Size } from "../model/link/wire.js"
 *
 * @typedef {object} Seen what is painted
 * @property {number} image
 * @property {View} view of the image
 * @property {Segmentation} shown
 * @property {boolean} isFaint whether the kernel has not confirmed it yet
 * @property {Segmentation | null} preview what a click would give
 * @property {boolean} showMask
 */

import { viewIn } from "../maths/coordinates.js";
import { contextOf, drawView, pixelOf, Raster, ScaledPicture } from "./canvas.js";
import { paintHeat } from "./colormap.js";
import { PREVIEW, StageMask } from "./mask.js";
import { StageSegments } from "./segments.js";

/** An image pixel that takes more device pixels than this is shown as a square. */
const CRISP = 3;

export class Painting {
  #store;
  #context;
  #mask = new StageMask();
  /** The heat, a pixel for each cell of the fields' grid. */
  #heat = new Raster();
  #segments = new StageSegments();
  #picture = new ScaledPicture();
  /** @type {unknown[]} What the canvas shows. */
  #painted = [];

  /**
   * @param {Store} store
   * @param {HTMLCanvasElement} canvas
   */
  constructor(store, canvas) {
    this.#store = store;
    this.#context = contextOf(canvas);
  }

  get outline() {
    return this.#mask.outline;
  }

  /**
   * @param {number} width in device pixels
   * @param {number} height
   */
  resize(width, height) {
    const { canvas } = this.#context;
    if (width === canvas.width && height === canvas.height) return;
    canvas.width = width;
    canvas.height = height;
    this.#picture.resize(width, height);
    this.#mask.resize(width, height);
    this.#segments.resize(width, height);
    this.#painted = [];
  }

  /** @param {Seen} seen */
  paint(seen) {
    const { image, view, shown, isFaint, preview, showMask } = seen;
    const store = this.#store;
    const { pictures } = store;
    const style = getComputedStyle(this.#context.canvas);
    const colour = style.getPropertyValue("--ncut-mask");
    // Most frames move the pointer and nothing else.
    const state = [
      image,
      shown,
      shown.of(image).stamp,
      isFaint,
      preview,
      preview?.of(image).stamp,
      showMask,
      store.get("overlay"),
      store.get("opacity"),
      pictures.stage.get(image) ?? pictures.thumb.get(image),
      pictures.stage.awaits(image),
      pictures.eigvecs.get(image),
      store.segments,
      store.segmentMasks.version,
      view,
      devicePixelRatio,
      colour,
    ];
    if (state.every((value, i) => value === this.#painted[i])) return;
    this.#painted = state;
    const strength = store.get("opacity") * (isFaint ? PREVIEW : 1);
    this.#paintAll(seen, showMask ? { colour: pixelOf(colour), strength } : null);
  }

  /**
   * @param {Seen} seen
   * @param {{ colour: number, strength: number } | null} tint null: no mask
   */
  #paintAll({ image, view, shown, preview }, tint) {
    const store = this.#store;
    const overlay = store.get("overlay");
    const opacity = store.get("opacity");
    const size = store.info.sizes[image];
    const here = /** @type {const} */ ([image, view, size]);
    this.#paintPicture(...here);
    const heated = shown.of(image).marked ? shown : preview;
    if (tint) this.#mask.show(shown, preview, ...here, tint.colour);
    if (overlay === "eigvecs") this.#paintEigvecs(...here, opacity);
    else if (overlay === "heatmap" && heated) this.#paintHeat(heated, ...here, opacity);
    else if (tint) {
      const { segments, segmentMasks } = store;
      this.#segments.paint(this.#context, segments, segmentMasks, ...here, opacity);
      this.#mask.paintTint(this.#context, tint.strength);
    }
    this.#mask.paintOutline(tint !== null);
  }

  /**
   * @param {number} image
   * @param {View} view
   * @param {Size} size
   */
  #paintPicture(image, view, size) {
    const { pictures } = this.#store;
    const context = this.#context;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    // The thumb stands in until the picture is here.
    const picture = pictures.stage.get(image) ?? pictures.thumb.get(image);
    if (!picture) return;
    const part = viewIn(view, size, sizeOf(picture));
    // A picture that was scaled down does not have the image's own pixels.
    const own = picture.width === size[1];
    const crisp = own && context.canvas.width > CRISP * part.width;
    context.drawImage(this.#picture.of(picture, part, !crisp), 0, 0);
  }

  /**
   * @param {number} image
   * @param {View} view
   * @param {Size} size
   * @param {number} opacity
   */
  #paintEigvecs(image, view, size, opacity) {
    const picture = this.#store.pictures.eigvecs.get(image);
    if (!picture) return;
    const part = viewIn(view, size, sizeOf(picture));
    drawView(this.#context, picture, part, { smooth: false, opacity });
  }

  /**
   * @param {Segmentation} heated
   * @param {number} image
   * @param {View} view
   * @param {Size} size
   * @param {number} opacity
   */
  #paintHeat(heated, image, view, size, opacity) {
    const { grid } = heated.of(image);
    this.#heat.resize(grid[1], grid[0]);
    paintHeat(this.#heat.pixels, heated.heatOf(image));
    this.#heat.put();
    const part = viewIn(view, size, grid);
    drawView(this.#context, this.#heat.canvas, part, { smooth: true, opacity });
  }
}

/**
 * @param {Picture} picture
 * @returns {Size}
 */
function sizeOf({ width, height }) {
  return [height, width];
}
