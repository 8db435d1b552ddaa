/**
 * Every image of the batch with its mask, side by side, in the stage's colours. Only
 * the thumbs in view are on the page, and the one that the Tab key stops at, because a
 * batch may have thousands.
 *
 * @import { Store } from "../model/store.js"
 * @import { Segmentation } from "../model/segmentation.js"
 */

import { html } from "../dom.js";
import { keyOf } from "../keyboard.js";
import { isAwaited } from "../model/images.js";
import { pixelOf } from "../stage/canvas.js";
import { ThumbOverlay } from "./overlay.js";
import { ABSENT, noteOf, percent } from "./status.js";
import { Thumb, thumbWidth } from "./thumb.js";
import { Track } from "./track.js";

/** CSS pixels. */
const GAP = 6;
/** Images this far outside the strip are fetched and painted beforehand. */
const MARGIN = 200;
const NO_MASK = -1;

export class Filmstrip {
  #track = html("div", { class: "ncut-track" });
  element = html(
    "div",
    { class: "ncut-filmstrip", role: "toolbar", "aria-label": "Images" },
    this.#track,
  );
  /** @type {Set<number>} Images in view, or almost. */
  visible = new Set();

  #store;
  #places;
  #overlay;
  /** @type {Map<number, Thumb>} Those on the page. */
  #thumbs = new Map();
  #active = -1;
  /** Whether the active image is still to be brought into view. */
  #owed = false;
  /**
   * Left end and width of what is in view; the width is 0 while the strip is hidden.
   */
  #left = 0;
  #width = 0;
  /**
   * The visible images with the margin, and those without it: the first, and the one
   * after the last.
   */
  #range = [0, 0];
  #inner = [0, 0];
  /** The image to go on with, after time ran out. */
  #turn = 0;
  #changed = () => {};

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#overlay = new ThumbOverlay(store.info.grid);
    this.element.hidden = store.imageCount === 1;
    const widths = store.info.sizes.map(([height, width]) =>
      thumbWidth(width / height),
    );
    this.#places = new Track(widths, GAP);
    this.#track.style.width = `${this.#places.length}px`;
  }

  /**
   * @param {() => void} changed called when other images have come into view
   * @param {AbortSignal} signal
   */
  listen(changed, signal) {
    if (this.element.hidden) return;
    this.#changed = changed;
    const observer = new ResizeObserver(([{ contentRect }]) =>
      this.#resize(contentRect.width),
    );
    observer.observe(this.element);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    // Browsers send one scroll event per frame, just before that frame is painted.
    this.element.addEventListener("scroll", () => this.#scroll(), { signal });
    this.element.addEventListener("click", (event) => this.#choose(event), { signal });
    this.element.addEventListener("keydown", (event) => this.#step(event), { signal });
  }

  /**
   * Paint the thumbs that are out of date, until the deadline, but at least one.
   *
   * @param {Segmentation} shown
   * @param {Segmentation | null} preview what a click would give
   * @param {number} deadline as of `performance.now()`
   * @returns {boolean} whether all is painted; if not, call again
   */
  paint(shown, preview, deadline) {
    if (this.element.hidden) return true;
    this.#turnTo(this.#store.activeImage);
    if (this.#width === 0) return true;
    const colour = getComputedStyle(this.element).getPropertyValue("--ncut-mask");
    // The thumb that Tab stops at tells its coverage even outside of the view.
    const tabStop = [this.#active, this.#active + 1];
    let painted = 0;
    for (const [first, end] of [this.#inner, this.#range, tabStop]) {
      // A frame begins where the last one stopped, so that every thumb has its turn.
      const start = this.#turn > first && this.#turn < end ? this.#turn : first;
      for (let k = first; k < end; k++) {
        const image = k + start - first < end ? k + start - first : k + start - end;
        if (painted > 0 && performance.now() >= deadline) {
          this.#turn = image;
          return false;
        }
        if (this.#paintThumb(image, shown, preview, colour)) painted++;
      }
    }
    return true;
  }

  /**
   * @param {number} image
   * @param {Segmentation} shown
   * @param {Segmentation | null} preview
   * @param {string} colour
   * @returns {boolean} whether there was anything to do
   */
  #paintThumb(image, shown, preview, colour) {
    const thumb = this.#thumbs.get(image);
    if (!thumb) return false;
    const store = this.#store;
    const { segments, segmentCells, info } = store;
    const thumbs = store.pictures.thumb;
    const picture = thumbs.get(image);
    const mask = shown.of(image);
    const note = noteOf(store.way, image) ?? (mask.absent ? ABSENT : "");
    thumb.wait(thumbs.awaits(image), thumbs.reason(image), note);
    const awaited = isAwaited(store.way, image);
    thumb.dim(mask.absent, awaited);
    const would = preview?.of(image);
    const known = mask.marked ? shown : would?.marked ? preview : null;
    const told = awaited ? null : known;
    const state = [
      picture,
      thumbs.reason(image),
      shown,
      mask.marked ? mask.stamp : NO_MASK,
      would?.marked ? would.stamp : NO_MASK,
      colour,
      store.get("opacity"),
      segments,
      segmentCells.version,
      awaited,
    ];
    if (!thumb.differs(state)) return false;
    const [height, width] = info.sizes[image];
    thumb.describe(told ? percent(told.areaOf(image), height * width) : "");
    if (!picture) return true;
    thumb.paint(picture, (context) =>
      this.#overlay.paint(context, {
        segments,
        masks: segmentCells,
        shown,
        preview,
        image,
        size: info.sizes[image],
        colour: pixelOf(colour),
        opacity: store.get("opacity"),
      }),
    );
    return true;
  }

  /** @param {number} image */
  #turnTo(image) {
    if (image === this.#active) return;
    this.#thumbs.get(this.#active)?.mark(false);
    this.#active = image;
    this.#reveal();
    this.#fill();
    this.#thumbs.get(image)?.mark(true);
  }

  /** @param {number} width of what is in view; 0 if the strip or its cell is hidden */
  #resize(width) {
    this.#width = width;
    if (width === 0) return this.#look();
    // A notebook removes cells that are scrolled away, which resets the strip.
    this.element.scrollLeft = this.#left;
    this.#left = this.element.scrollLeft;
    if (this.#owed) this.#reveal();
    this.#look();
  }

  #scroll() {
    if (this.#width === 0) return;
    this.#left = this.element.scrollLeft;
    this.#look();
  }

  /**
   * Bring the active image into view, as soon as the strip is visible. Only the strip
   * is scrolled; scrollIntoView would scroll the notebook, too.
   */
  #reveal() {
    this.#owed = this.#width === 0;
    if (this.#owed) return;
    const left = this.#places.reveal(this.#active, this.#left, this.#width);
    if (left === this.#left) return;
    this.#left = left;
    this.element.scrollLeft = left;
    this.#look();
  }

  /** See which images are in view now. */
  #look() {
    const [left, right] = [this.#left, this.#left + this.#width];
    const nothing = this.#width === 0;
    this.#inner = nothing ? [0, 0] : this.#places.between(left, right);
    const [first, end] = nothing
      ? [0, 0]
      : this.#places.between(left - MARGIN, right + MARGIN);
    if (first === this.#range[0] && end === this.#range[1]) return;
    this.#range = [first, end];
    this.visible = new Set();
    for (let image = first; image < end; image++) this.visible.add(image);
    this.#fill();
    this.#changed();
  }

  /** Put the thumbs in view on the page, and remove the others. */
  #fill() {
    for (const [image, { element }] of this.#thumbs) {
      const kept = this.visible.has(image) || image === this.#active;
      if (kept || element.matches(":focus")) continue;
      element.remove();
      this.#thumbs.delete(image);
    }
    for (const image of this.visible) this.#add(image);
    if (this.#active >= 0) this.#add(this.#active);
  }

  /** @param {number} image */
  #add(image) {
    if (this.#thumbs.has(image)) return;
    const [height, width] = this.#store.info.sizes[image];
    const { count } = this.#places;
    const thumb = new Thumb(image, count, width / height, this.#places.startOf(image));
    thumb.mark(image === this.#active);
    this.#thumbs.set(image, thumb);
    // In the order of the images, which is the order for screen readers.
    const others = [...this.#track.children];
    const next = others.find((other) => indexOf(other) > image) ?? null;
    this.#track.insertBefore(thumb.element, next);
  }

  /** @param {MouseEvent} event */
  #choose({ target }) {
    const thumb = /** @type {Element} */ (target).closest("[data-ncut=thumb]");
    if (thumb) this.#store.set("active_image", indexOf(thumb));
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const last = this.#places.count - 1;
    const image = {
      ArrowLeft: Math.max(this.#active - 1, 0),
      ArrowRight: Math.min(this.#active + 1, last),
      Home: 0,
      End: last,
    }[keyOf(event)];
    if (image === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#store.set("active_image", image);
    this.#turnTo(image);
    this.#reveal(); // It may be the active one already, and scrolled away.
    this.#thumbs.get(image)?.element.focus({ preventScroll: true });
  }
}

/** @param {Element} thumb */
function indexOf(thumb) {
  return Number(thumb.getAttribute("data-index"));
}
