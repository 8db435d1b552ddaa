/**
 * One display of the widget: builds the page.
 *
 * @import { Store } from "./model/store.js"
 * @import { Segmentation } from "./model/segmentation.js"
 */

import { html, newRoot } from "./dom.js";
import { newLocal } from "./local.js";
import { Painter } from "./painter.js";
import {
  Controls,
  Filmstrip,
  Help,
  SegmentList,
  Status,
  Trouble,
} from "./panel/index.js";
import {
  KEYS,
  listenToKeys,
  listenToPointer,
  MOUSE,
  Resizer,
  Stage,
} from "./stage/index.js";
import { followTheme } from "./theme.js";

/**
 * @param {Store} store
 * @param {Segmentation} segmentation
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
export function showView(store, segmentation, el, signal) {
  const local = newLocal(store);
  const stage = new Stage(store);
  const filmstrip = new Filmstrip(store);
  const status = new Status(store, segmentation);
  const controls = new Controls(store, local, () => repaint(), signal);
  const segments = new SegmentList(store, local, () => repaint(), signal);
  const trouble = new Trouble(store, signal);
  const keys = KEYS.filter(({ told }) => told?.({ store }) ?? true);
  const help = new Help(
    MOUSE,
    keys.map(({ keys, effect }) => [keys, effect]),
  );
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
  const reach = { store, stage, local, changed: repaint };
  listenToPointer(reach, signal);
  listenToKeys(KEYS, { ...reach, help }, signal);
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
