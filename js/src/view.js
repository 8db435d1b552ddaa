/**
 * One display of the widget: builds the page, repaints it once per frame after a change.
 *
 * @import { Store } from "./store.js"
 * @import { Segmentation } from "./segmentation.js"
 *
 * @typedef {object} Local what is a view's own, and not the model's
 * @property {boolean} showMask
 * @property {[row: number, col: number] | null} crosshair
 * @property {[x: number, y: number] | null} pointed pixel under the pointer
 * @property {Hover} hover what a click there would give
 */

import { Controls } from "./controls.js";
import { html, setAttribute } from "./dom.js";
import { Filmstrip } from "./filmstrip.js";
import { Help } from "./help.js";
import { Hover } from "./hover.js";
import { KEYS, listenToKeys } from "./keys.js";
import { listenToPointer, MOUSE } from "./pointer.js";
import { Resizer } from "./resizer.js";
import { Stage } from "./stage.js";
import { Status } from "./status.js";

/** `data-revision` while the stage shows no revision whole. */
const NO_REVISION = "-1";
/** Milliseconds of a frame that the filmstrip may paint; what is left waits for the next. */
const STRIP_BUDGET = 6;
/** Milliseconds between two repaints of the filmstrip while it shows previews. */
const STRIP_EVERY = 100;
/** Milliseconds in which a kernel that is not busy answers a click. */
const ANSWER_WITHIN = 60;

/**
 * @param {Store} store
 * @param {Segmentation} segmentation
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
export function showView(store, segmentation, el, signal) {
  /** @type {Local} */
  const local = {
    showMask: true,
    crosshair: null,
    pointed: null,
    hover: new Hover(store),
  };
  const stage = new Stage(store);
  const filmstrip = new Filmstrip(store);
  const status = new Status(store, segmentation);
  const controls = new Controls(store, signal);
  const help = new Help(MOUSE, KEYS);
  const root = html("div", {
    class: "ncut-segmenter",
    role: "group",
    "aria-label": "NCUT segmenter",
  });
  const resizer = new Resizer(root, stage.element, signal);
  const foot = html("div", { class: "ncut-foot" }, status.element, help.button);
  root.append(
    html(
      "div",
      { class: "ncut-body" },
      html(
        "div",
        { class: "ncut-main" },
        stage.element,
        resizer.element,
        foot,
        help.panel,
      ),
      filmstrip.element,
      controls.element,
    ),
  );
  setAttribute(root, "data-revision", NO_REVISION);
  setAttribute(root, "data-state", store.state);

  let frame = 0;
  let paintedImage = -1;
  const paint = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!root.isConnected) return; // No styles, no sizes; the stage tells when it is.
    const image = store.activeImage;
    const preview = local.hover.shown;
    const { exact } = segmentation.of(image);
    const shown = preview ?? (local.hover.keeps ? local.hover.masks : segmentation);
    const isPreview = shown !== segmentation || (!exact && shown.of(image).current);
    stage.paint(shown, isPreview, local);
    paintStrip(shown, isPreview);
    controls.paint();
    status.paint(local, preview);
    setAttribute(root, "data-state", store.state);
    setAttribute(root, "data-preview", String(preview !== null));
    const { revision } = store;
    if (exact && !preview && revision !== null) {
      setAttribute(root, "data-revision", String(revision));
      paintedImage = image;
    } else if (image !== paintedImage) {
      setAttribute(root, "data-revision", NO_REVISION);
    }
  };

  /** @type {unknown[]} */
  let stripShows = [];
  let stripDue = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let stripTimer;
  /** @type {(shown: Segmentation, isPreview: boolean) => void} */
  const paintStrip = (shown, isPreview) => {
    const now = performance.now();
    clearTimeout(stripTimer);
    const shows = [shown, isPreview, store.state];
    if (shows.some((value, i) => value !== stripShows[i])) {
      // This frame is the stage's: what a click gives must not wait for the strip, nor
      // the kernel's answer for previews that it will replace.
      stripShows = shows;
      stripDue = isPreview ? now + STRIP_EVERY : 0;
      repaint();
    } else if (isPreview && now < stripDue) {
      stripTimer = setTimeout(repaint, stripDue - now);
    } else if (filmstrip.paint(shown, now + STRIP_BUDGET)) {
      stripDue = now + STRIP_EVERY;
    } else repaint();
  };
  const repaint = () => {
    frame ||= requestAnimationFrame(paint);
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let answerTimer;
  const update = () => {
    clearTimeout(answerTimer);
    setAttribute(root, "data-state", store.state);
    // The click that was hovered over shows its mask already. What else it changes
    // comes with the answer, if that comes at once: a frame costs the browser as much
    // as the kernel takes to answer.
    const isShown = frame === 0 && local.hover.keeps;
    if (isShown) answerTimer = setTimeout(repaint, ANSWER_WITHIN);
    else repaint();
  };
  const show = () => store.show(root, [...filmstrip.visible]);

  store.attach(root, update, signal);
  stage.observe(paint, signal);
  filmstrip.listen(() => {
    show();
    repaint();
  }, signal);
  listenToPointer(store, stage, local, repaint, signal);
  listenToKeys(store, stage, help, local, repaint, signal);
  help.listen(signal);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    clearTimeout(stripTimer);
    clearTimeout(answerTimer);
    root.remove();
  });
  el.append(root);
  show();
  paint();
}
