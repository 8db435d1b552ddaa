/**
 * The stage: the active image, an overlay, the mask, the outline and the clicks.
 *
 * The canvas `data-ncut=stage` holds image, overlay and mask tint only; outline and
 * markers lie over it, so that its pixels are the image or the mask and nothing else.
 * Everything is drawn through one view (maths/coordinates.js), which the lens has.
 *
 * @import { Store } from "../model/store.js"
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { Local } from "../local.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { focusable, html, setAttribute, svg } from "../dom.js";
import { openingView } from "../maths/viewport.js";
import { Lens } from "./lens.js";
import { paintMarkers } from "./markers.js";
import { Painting } from "./painting.js";
import { followSize } from "./size.js";

export class Stage {
  canvas = focusable("canvas", {
    "data-ncut": "stage",
    tabindex: 0,
    role: "application",
  });
  lens = new Lens(this.canvas);
  /** @type {number} The image that is painted. */
  image = -1;

  element;
  #still = html("img", { class: "ncut-still", alt: "", hidden: "" });
  #markers = svg("svg", { class: "ncut-markers", "aria-hidden": "true" });
  #store;
  #painting;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#painting = new Painting(store, this.canvas);
    this.element = html(
      "div",
      { class: "ncut-frame" },
      this.#still,
      this.canvas,
      this.#painting.outline,
      this.#markers,
    );
  }

  /**
   * @param {() => void} repaint paints at once: a resized canvas is blank, and one that
   *   comes back to the page (notebooks remove cells that are scrolled away) has missed
   *   changes
   * @param {AbortSignal} signal
   */
  observe(repaint, signal) {
    const resize = (/** @type {number} */ width, /** @type {number} */ height) => {
      this.#painting.resize(width, height);
      repaint();
    };
    followSize(this.canvas, resize, signal);
  }

  /**
   * @param {Segmentation} shown
   * @param {boolean} isFaint whether the kernel has not confirmed it yet
   * @param {Segmentation | null} preview what a click would give
   * @param {Local} local
   */
  paint(shown, isFaint, preview, { showMask, crosshair }) {
    const store = this.#store;
    const image = store.activeImage;
    const size = store.info.sizes[image];
    if (image !== this.image) this.#turnTo(image, size);
    const { view } = this.lens;
    this.#tellView();
    this.#paintStill(store.still);
    const awaited = store.pictures.stage.awaits(image);
    this.element.classList.toggle("ncut-loading", awaited);
    this.#painting.paint({ image, view, shown, isFaint, preview, showMask });
    const clicks = store.clicks.filter(({ click }) => click[0] === image);
    paintMarkers(this.#markers, clicks, crosshair, view, size, store.info.grid);
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
    this.image = image;
    this.lens.turnTo(size);
    const { width, height } = openingView(size);
    this.element.style.setProperty("--ncut-aspect", String(width / height));
    setAttribute(this.canvas, "data-image", String(image));
    const count = this.#store.imageCount;
    const name = count > 1 ? `Image ${image + 1} of ${count}` : "Image";
    setAttribute(this.canvas, "aria-label", `${name}. Click to segment.`);
  }

  #tellView() {
    const { x, y, width, height } = this.lens.view;
    setAttribute(this.canvas, "data-view", [x, y, width, height].join());
    this.canvas.classList.toggle("ncut-zoomed", this.lens.zoomed);
  }
}
