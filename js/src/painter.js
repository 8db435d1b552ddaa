/**
 * Decides what is painted when: once per frame after a change, the stage first.
 *
 * @import { Controls } from "./panel/controls/controls.js"
 * @import { Filmstrip } from "./panel/filmstrip.js"
 * @import { Segmentation } from "./model/segmentation.js"
 * @import { SegmentList } from "./panel/segments/list.js"
 * @import { Trouble } from "./panel/trouble.js"
 * @import { Stage } from "./stage/stage.js"
 * @import { Status } from "./panel/status.js"
 * @import { Store } from "./model/store.js"
 * @import { Local } from "./local.js"
 *
 * @typedef {object} Parts
 * @property {Stage} stage
 * @property {Filmstrip} filmstrip
 * @property {Controls} controls
 * @property {SegmentList} segments
 * @property {Trouble} trouble
 * @property {Status} status
 */

import { setAttribute } from "./dom.js";

/** `data-revision` while the stage does not show one revision completely. */
const NO_REVISION = "-1";
/** Milliseconds of a frame that the filmstrip may paint; what is left waits for the next. */
const STRIP_BUDGET = 6;
/** Milliseconds between two repaints of the filmstrip while it shows previews. */
const STRIP_EVERY = 100;
/** Milliseconds in which a kernel that is not busy answers a click. */
const ANSWER_WITHIN = 60;

export class Painter {
  #root;
  #store;
  #segmentation;
  #parts;
  #local;
  #frame = 0;
  #paintedImage = -1;
  /** @type {unknown[]} What the filmstrip is of. */
  #strip = [];
  #stripDue = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLElement} root of the view
   * @param {Store} store
   * @param {Segmentation} segmentation of the clicks
   * @param {Parts} parts
   * @param {Local} local
   */
  constructor(root, store, segmentation, parts, local) {
    this.#root = root;
    this.#store = store;
    this.#segmentation = segmentation;
    this.#parts = parts;
    this.#local = local;
    setAttribute(root, "data-revision", NO_REVISION);
    setAttribute(root, "data-state", store.state);
  }

  /** Paint with the next frame. */
  repaint() {
    this.#frame ||= requestAnimationFrame(() => this.paint());
  }

  /** Paint what the store's change has changed. */
  update() {
    setAttribute(this.#root, "data-state", this.#store.state);
    // The preview of this click shows its mask already. All else that the click changes
    // waits for the answer, if that comes soon: painting a frame takes the browser as
    // long as the kernel takes to answer.
    if (this.#frame === 0 && this.#local.hover.keeps) this.#repaintIn(ANSWER_WITHIN);
    else this.repaint();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  /** Paint at once. */
  paint() {
    this.stop();
    this.#frame = 0;
    // There are no styles and sizes yet; the stage tells when there are.
    if (!this.#root.isConnected) return;
    const segmentation = this.#segmentation;
    const { hover } = this.#local;
    const { stage, controls, segments, trouble, status } = this.#parts;
    const image = this.#store.activeImage;
    const preview = hover.shown;
    const exact = segmentation.of(image).exact && this.#store.hasSegments;
    const shown = preview === null && hover.keeps ? hover.masks : segmentation;
    const result = shown.of(image);
    const isFaint = shown !== segmentation || (!result.exact && result.current);
    stage.paint(shown, isFaint, preview, this.#local);
    this.#paintStrip(shown, isFaint, preview);
    controls.paint();
    segments.paint();
    trouble.paint();
    status.paint(this.#local, preview);
    this.#tell(image, preview !== null, exact);
  }

  /**
   * @param {number} image
   * @param {boolean} isHover
   * @param {boolean} exact
   */
  #tell(image, isHover, exact) {
    const { state, revision } = this.#store;
    setAttribute(this.#root, "data-state", state);
    setAttribute(this.#root, "data-preview", String(isHover));
    if (exact && !isHover && revision !== null) {
      setAttribute(this.#root, "data-revision", String(revision));
      this.#paintedImage = image;
    } else if (image !== this.#paintedImage) {
      setAttribute(this.#root, "data-revision", NO_REVISION);
    }
  }

  /**
   * @param {Segmentation} shown
   * @param {boolean} isFaint
   * @param {Segmentation | null} preview
   */
  #paintStrip(shown, isFaint, preview) {
    const isPreview = isFaint || preview !== null;
    const now = performance.now();
    const { state, segments, segmentCells } = this.#store;
    const opacity = this.#store.get("opacity");
    const strip = [
      shown,
      isFaint,
      preview,
      state,
      segments,
      segmentCells.version,
      opacity,
    ];
    if (strip.some((value, i) => value !== this.#strip[i])) {
      // This frame paints the stage alone. A click's mask must not wait for the strip,
      // and the kernel's answer must not wait for previews that it replaces.
      this.#strip = strip;
      this.#stripDue = isPreview ? now + STRIP_EVERY : 0;
      this.repaint();
    } else if (isPreview && now < this.#stripDue) {
      this.#repaintIn(this.#stripDue - now);
    } else if (this.#parts.filmstrip.paint(shown, preview, now + STRIP_BUDGET)) {
      this.#stripDue = now + STRIP_EVERY;
    } else this.repaint();
  }

  /** @param {number} wait in milliseconds, unless it is painted before */
  #repaintIn(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.repaint(), wait);
  }
}
