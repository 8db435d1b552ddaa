/**
 * The stage: the active image, an overlay, the mask, the outline and the clicks.
 *
 * The canvas `data-ncut=stage` holds image, overlay and mask tint only; outline and
 * markers lie over it, so that its pixels are the image or the mask and nothing else.
 * Everything is drawn through one view (maths/coordinates.js).
 *
 * @import { Store } from "../model/store.js"
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { View } from "../maths/coordinates.js"
 * @import { Picture } from "../model/pictures.js"
 * @import { Local } from "../view.js"
 * @import { Place } from "../maths/viewport.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { focusable, html, setAttribute, svg } from "../dom.js";
import { pixelAt, placeOf, viewIn } from "../maths/coordinates.js";
import {
  isMagnified,
  isWhole,
  openingView,
  revealing,
  smallestWidth,
  transformed,
} from "../maths/viewport.js";
import { CellLayer, contextOf, drawView, pixelOf, ScaledPicture } from "./canvas.js";
import { paintMarkers } from "./markers.js";
import { PREVIEW, StageMask } from "./mask.js";
import { StageSegments } from "./segments.js";

/** Device pixels beyond which an image pixel is shown as the square that it is. */
const CRISP = 3;

export class Stage {
  canvas = focusable("canvas", {
    "data-ncut": "stage",
    tabindex: 0,
    role: "application",
  });
  /** @type {number} The image that is painted. */
  image = -1;

  element;
  #still = html("img", { class: "ncut-still", alt: "", hidden: "" });
  #markers = svg("svg", { class: "ncut-markers", "aria-hidden": "true" });
  #context = contextOf(this.canvas);
  #store;
  #mask;
  #segments = new StageSegments();
  #cells;
  /** @type {View} */
  #view = openingView([1, 1]);
  #picture = new ScaledPicture();
  /** @type {unknown[]} What the canvas shows. */
  #painted = [];

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#mask = new StageMask(store.info.grid);
    this.#cells = new CellLayer(store.info.grid);
    this.element = html(
      "div",
      { class: "ncut-frame" },
      this.#still,
      this.canvas,
      this.#mask.outline,
      this.#markers,
    );
  }

  /**
   * @param {() => void} repaint at once: a resized canvas is blank, and one that comes
   *   back (notebooks take off what is scrolled away) has missed what happened
   * @param {AbortSignal} signal
   */
  observe(repaint, signal) {
    const observer = new ResizeObserver(([entry]) => {
      const { inlineSize: width, blockSize: height } = deviceSize(entry);
      if (width === 0 || height === 0) return;
      if (width !== this.canvas.width || height !== this.canvas.height) {
        this.canvas.width = width;
        this.canvas.height = height;
        this.#picture.resize(width, height);
        this.#mask.resize(width, height);
        this.#segments.resize(width, height);
        this.#painted = [];
      }
      repaint();
    });
    try {
      observer.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.canvas); // Safari
    }
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  /**
   * Image pixel under the pointer, or null beside the image.
   *
   * @param {{ clientX: number, clientY: number }} event
   */
  pixelAt({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return pixelAt(
      clientX,
      clientY,
      box,
      this.#view,
      this.#store.info.sizes[this.image],
    );
  }

  /**
   * Where a point of the image lies on the page.
   *
   * @param {number} x
   * @param {number} y
   */
  clientOf(x, y) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const [across, down] = placeOf(x, y, this.#view);
    return { clientX: left + across * width, clientY: top + down * height };
  }

  /**
   * Place of the pointer in the view.
   *
   * @param {{ clientX: number, clientY: number }} event
   * @returns {Place}
   */
  placeAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  /** Whether a part of the image only is shown. */
  get zoomed() {
    return !isWhole(this.#view, this.#size);
  }

  /** Whether it is larger than it opens. */
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
    const smallest = smallestWidth(this.#size, this.canvas.clientWidth);
    this.#view = transformed(this.#view, this.#size, from, to, factor, smallest);
  }

  /**
   * Move the view, where it must be, for a pixel to be in it.
   *
   * @param {[x: number, y: number]} pixel
   * @returns {Place} of the pixel
   */
  reveal(pixel) {
    this.#view = revealing(this.#view, this.#size, pixel);
    return placeOf(...pixel, this.#view);
  }

  resetView() {
    this.#view = openingView(this.#size);
  }

  get #size() {
    return this.#store.info.sizes[this.image];
  }

  /**
   * @param {Segmentation} shown
   * @param {boolean} isFaint whether it is not known yet for sure
   * @param {Segmentation | null} preview what a click would give
   * @param {Local} local
   */
  paint(shown, isFaint, preview, { showMask, crosshair }) {
    const store = this.#store;
    const image = store.activeImage;
    const size = store.info.sizes[image];
    if (image !== this.image) this.#turnTo(image, size);
    this.#tellView();
    this.#paintStill(store.still);
    const result = shown.of(image);
    const colour = getComputedStyle(this.canvas).getPropertyValue("--ncut-mask");
    // Most frames move the pointer and nothing else.
    const state = [
      image,
      shown,
      result.stamp,
      isFaint,
      preview,
      preview?.of(image).stamp,
      showMask,
      store.get("overlay"),
      store.get("opacity"),
      store.pictures.stage.get(image) ?? store.pictures.thumb.get(image),
      store.pictures.stage.awaits(image),
      store.pictures.eigvecs.get(image),
      store.segments,
      store.segmentMasks.version,
      this.#view,
      devicePixelRatio,
      colour,
    ];
    if (state.some((value, i) => value !== this.#painted[i])) {
      this.#painted = state;
      const strength = store.get("opacity") * (isFaint ? PREVIEW : 1);
      const tint = showMask ? { colour: pixelOf(colour), strength } : null;
      this.#paintAll(shown, preview, size, tint);
    }
    const clicks = store.clicks.filter(({ click }) => click[0] === image);
    paintMarkers(this.#markers, clicks, crosshair, this.#view, size, store.info.grid);
  }

  /**
   * @param {Segmentation} shown
   * @param {Segmentation | null} preview
   * @param {Size} size
   * @param {{ colour: number, strength: number } | null} tint null: no mask
   */
  #paintAll(shown, preview, size, tint) {
    const store = this.#store;
    const overlay = store.get("overlay");
    const opacity = store.get("opacity");
    this.#paintPicture(size);
    const { marked } = shown.of(this.image);
    const heated = marked ? shown : preview;
    if (tint)
      this.#mask.show(shown, preview, this.image, this.#view, size, tint.colour);
    if (overlay === "eigvecs") this.#paintEigvecs(size, opacity);
    else if (overlay === "heatmap" && heated) this.#paintHeat(heated, size, opacity);
    else if (tint) {
      const { segments, segmentMasks } = store;
      const here = /** @type {const} */ ([this.image, this.#view, size, opacity]);
      this.#segments.paint(this.#context, segments, segmentMasks, ...here);
      this.#mask.paintTint(this.#context, tint.strength);
    }
    this.#mask.paintOutline(tint !== null);
  }

  /** @param {string | null} still what it showed before, while there is no kernel */
  #paintStill(still) {
    if (still && this.#still.src !== still) this.#still.src = still;
    this.#still.hidden = still === null;
  }

  /**
   * @param {number} image
   * @param {Size} size
   */
  #turnTo(image, size) {
    const before = this.#size;
    this.image = image;
    // Images of one size are compared place by place: there the zoom stays.
    if (before?.join() !== size.join()) this.resetView();
    const { width, height } = openingView(size);
    this.element.style.setProperty("--ncut-aspect", String(width / height));
    setAttribute(this.canvas, "data-image", String(image));
    const count = this.#store.imageCount;
    const name = count > 1 ? `Image ${image + 1} of ${count}` : "Image";
    setAttribute(this.canvas, "aria-label", `${name}. Click to segment.`);
  }

  #tellView() {
    const { x, y, width, height } = this.#view;
    setAttribute(this.canvas, "data-view", [x, y, width, height].join());
    this.canvas.classList.toggle("ncut-zoomed", this.zoomed);
  }

  /** @param {Size} size */
  #paintPicture(size) {
    const { pictures } = this.#store;
    // The thumb stands in until the picture is here.
    const picture = pictures.stage.get(this.image) ?? pictures.thumb.get(this.image);
    this.element.classList.toggle("ncut-loading", pictures.stage.awaits(this.image));
    const context = this.#context;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (!picture) return;
    const part = viewIn(this.#view, size, sizeOf(picture));
    // A picture that was scaled down has not the image's own pixels to show.
    const own = picture.width === size[1];
    const crisp = own && context.canvas.width > CRISP * part.width;
    context.drawImage(this.#picture.of(picture, part, !crisp), 0, 0);
  }

  /**
   * @param {Size} size
   * @param {number} opacity
   */
  #paintEigvecs(size, opacity) {
    const picture = this.#store.pictures.eigvecs.get(this.image);
    if (!picture) return;
    const part = viewIn(this.#view, size, sizeOf(picture));
    drawView(this.#context, picture, part, { smooth: false, opacity });
  }

  /**
   * @param {Segmentation} shown
   * @param {Size} size
   * @param {number} opacity
   */
  #paintHeat(shown, size, opacity) {
    this.#cells.paintHeat(shown.heatOf(this.image));
    const part = viewIn(this.#view, size, this.#store.info.grid);
    drawView(this.#context, this.#cells.canvas, part, { smooth: true, opacity });
  }
}

/**
 * @param {Picture} picture
 * @returns {Size}
 */
function sizeOf({ width, height }) {
  return [height, width];
}

/**
 * Size of an element in device pixels, exact where the browser tells.
 *
 * @param {ResizeObserverEntry} entry
 * @returns {ResizeObserverSize}
 */
function deviceSize(entry) {
  const { inlineSize, blockSize } = entry.contentBoxSize[0];
  const width = inlineSize * devicePixelRatio;
  const height = blockSize * devicePixelRatio;
  const exact = entry.devicePixelContentBoxSize?.[0];
  // A browser that plays another screen tells of its own.
  const isSame = exact && Math.abs(exact.inlineSize - width) < 2;
  return isSame
    ? exact
    : { inlineSize: Math.round(width), blockSize: Math.round(height) };
}
