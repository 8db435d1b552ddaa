/**
 * Every image of the batch with its mask, side by side.
 *
 * @import { Store } from "./store.js"
 * @import { Segmentation } from "./segmentation.js"
 */

import { html, setAttribute } from "./dom.js";
import { CellLayer, drawView } from "./layers.js";
import { wholeImage } from "./prompts.js";
import { percent } from "./status.js";
import { Thumb } from "./thumb.js";

/** Outlines would clutter a thumb: the mask is tinted, and all else dimmed. */
const TINT = 0.6;
const DIMMED = 0.4;
/** Images this far outside the strip are fetched beforehand. */
const MARGIN = "0px 200px";

export class Filmstrip {
  element = html("div", {
    class: "ncut-filmstrip",
    role: "toolbar",
    "aria-label": "Images",
  });
  /** @type {Set<number>} */
  visible = new Set();

  #store;
  #segmentation;
  /** @type {Thumb[]} */
  #thumbs = [];
  #active = -1;
  #cells;

  /**
   * @param {Store} store
   * @param {Segmentation} segmentation
   */
  constructor(store, segmentation) {
    this.#store = store;
    this.#segmentation = segmentation;
    this.#cells = new CellLayer(store.info.grid);
    if (store.imageCount === 1) this.element.hidden = true;
    else
      this.#thumbs = store.info.sizes.map((size, i) => new Thumb(i, size[1] / size[0]));
    this.element.append(...this.#thumbs.map((thumb) => thumb.element));
  }

  /**
   * @param {() => void} changed called when other images have come into view
   * @param {AbortSignal} signal
   */
  listen(changed, signal) {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const image = indexOf(target);
          if (isIntersecting) this.visible.add(image);
          else this.visible.delete(image);
          if (!isIntersecting) this.#thumbs[image].release();
        }
        changed();
      },
      { root: this.element, rootMargin: MARGIN },
    );
    for (const { element } of this.#thumbs) observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());
    this.element.addEventListener("click", (event) => this.#choose(event), { signal });
    this.element.addEventListener("keydown", (event) => this.#step(event), { signal });
  }

  paint() {
    if (this.#active !== this.#store.activeImage) this.#turnTo(this.#store.activeImage);
    const colour = getComputedStyle(this.element).getPropertyValue("--ncut-mask");
    const { pictures, info } = this.#store;
    for (const image of this.visible) {
      const thumb = this.#thumbs[image];
      const result = this.#segmentation.of(image);
      const { marked } = result;
      const picture = pictures.get("thumb", image);
      thumb.wait(!picture && !pictures.isRefused("thumb", image));
      const state = [picture, marked && result.version, colour, devicePixelRatio];
      if (!thumb.differs(state)) continue;
      thumb.describe(marked ? percent(result.count, result.mask.length) : "");
      if (!picture) continue;
      const context = thumb.paint(picture);
      if (!marked) continue;
      const cells = wholeImage(info.grid);
      this.#cells.paintMask(result.mask, colour);
      drawView(context, this.#cells.canvas, cells, { smooth: false, opacity: TINT });
      this.#cells.paintMask(result.mask, "#000", 0);
      drawView(context, this.#cells.canvas, cells, { smooth: false, opacity: DIMMED });
    }
  }

  /** @param {number} image */
  #turnTo(image) {
    for (const index of [this.#active, image]) {
      const element = this.#thumbs[index]?.element;
      if (!element) continue;
      setAttribute(element, "aria-current", String(index === image));
      // One stop for the Tab key; the arrows go on from there.
      element.tabIndex = index === image ? 0 : -1;
    }
    this.#active = image;
    this.#reveal(this.#thumbs[image]?.element);
  }

  /**
   * Scroll the strip, and never the notebook, as scrollIntoView would.
   *
   * @param {HTMLElement | undefined} element
   */
  #reveal(element) {
    if (!element) return;
    const strip = this.element.getBoundingClientRect();
    const thumb = element.getBoundingClientRect();
    const over = Math.max(thumb.right - strip.right, 0);
    this.element.scrollLeft += over || Math.min(thumb.left - strip.left, 0);
  }

  /** @param {MouseEvent} event */
  #choose({ target }) {
    const thumb = /** @type {Element} */ (target).closest("[data-ncut=thumb]");
    if (thumb) this.#store.set("active_image", indexOf(thumb));
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const last = this.#thumbs.length - 1;
    const image = {
      ArrowLeft: Math.max(this.#active - 1, 0),
      ArrowRight: Math.min(this.#active + 1, last),
      Home: 0,
      End: last,
    }[event.key];
    if (image === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#store.set("active_image", image);
    this.#thumbs[image].element.focus({ preventScroll: true });
  }
}

/** @param {Element} thumb */
function indexOf(thumb) {
  return Number(thumb.getAttribute("data-index"));
}
