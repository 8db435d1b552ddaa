/**
 * One display of the widget: builds the page.
 *
 * @import { Store } from "./model/store.js"
 * @import { Segmentation } from "./model/segmentation.js"
 *
 * @typedef {object} Local what is a view's own, and not the model's
 * @property {boolean} showMask
 * @property {[row: number, col: number] | null} crosshair
 * @property {[x: number, y: number] | null} pointed pixel under the pointer
 * @property {Hover} hover what a click there would give
 * @property {number | null} selected id of a segment
 * @property {boolean} negative whether a plain click says that this is not it
 */

import { html, newRoot } from "./dom.js";
import { Hover } from "./model/hover.js";
import { Painter } from "./painter.js";
import { Controls } from "./panel/controls.js";
import { Filmstrip } from "./panel/filmstrip.js";
import { Help } from "./panel/help.js";
import { SegmentList } from "./panel/segments.js";
import { Status } from "./panel/status.js";
import { Trouble } from "./panel/trouble.js";
import { KEYS, listenToKeys } from "./stage/keys.js";
import { listenToPointer, MOUSE } from "./stage/pointer.js";
import { Resizer } from "./stage/resizer.js";
import { Stage } from "./stage/stage.js";
import { followTheme } from "./theme.js";

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
    selected: null,
    negative: false,
  };
  const stage = new Stage(store);
  const filmstrip = new Filmstrip(store);
  const status = new Status(store, segmentation);
  const controls = new Controls(store, local, () => repaint(), signal);
  const segments = new SegmentList(store, local, () => repaint(), signal);
  const trouble = new Trouble(store, signal);
  const help = new Help(MOUSE, KEYS);
  const root = newRoot();
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
        trouble.element,
      ),
      filmstrip.element,
      html("div", { class: "ncut-side" }, controls.element, segments.element),
    ),
  );

  const parts = { stage, filmstrip, status, controls, segments, trouble };
  const painter = new Painter(root, store, segmentation, parts, local);
  const repaint = () => painter.repaint();
  const show = () => store.show(root, [...filmstrip.visible]);
  store.attach(root, () => painter.update(), signal);
  stage.observe(() => painter.paint(), signal);
  filmstrip.listen(() => {
    show();
    repaint();
  }, signal);
  listenToPointer(store, stage, local, repaint, signal);
  listenToKeys(store, stage, help, local, repaint, signal);
  help.listen(signal);
  const end = () => {
    painter.stop();
    root.remove();
  };
  signal.addEventListener("abort", end, { once: true });
  el.append(root);
  store.output.attach(root, signal);
  followTheme(root, signal);
  show();
  painter.paint();
}
