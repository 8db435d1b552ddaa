/**
 * The pointer on the stage: clicks, what it hovers over, and the view.
 *
 * @import { Store } from "../model/store.js"
 * @import { Stage } from "./stage.js"
 * @import { Local } from "../view.js"
 * @import { Point } from "./drag.js"
 */

import { cellOf } from "../maths/coordinates.js";
import { distance, listenToDrags, SLACK } from "./drag.js";
import { MARKER } from "./markers.js";
import { listenToWheel } from "./wheel.js";

/** What the page tells about the mouse. */
export const MOUSE = [
  ["Hover", "preview the click"],
  ["Click", "this is it"],
  ["Alt or right click", "this is not"],
  ["Long press, or the button −", "this is not, on a touch screen"],
  ["Wheel or pinch", "zoom"],
  ["Shift or middle drag", "move the zoomed image"],
  ["Double click", "whole image again, once zoomed"],
];

/**
 * @param {Store} store
 * @param {Stage} stage
 * @param {Local} local
 * @param {() => void} changed called when `local` has changed
 * @param {AbortSignal} signal
 */
export function listenToPointer(store, stage, local, changed, signal) {
  const { canvas } = stage;
  /** @type {{ event: PointerEvent, pixel: [number, number] | null } | null} */
  let press = null;

  /** Whether the last press was a click, which a double click takes back. */
  let clicked = false;

  /** @type {(event: MouseEvent) => boolean} */
  const isPositive = ({ altKey }) => !altKey && !local.negative;

  const drags = listenToDrags(stage, changed, signal);

  /**
   * Whether a click there is made: the last marker under the pointer says the same.
   *
   * @type {(place: Point, label: 0 | 1) => boolean}
   */
  const isMarked = (place, label) => {
    const under = store.clicks.findLast(
      ({ click: [image, x, y] }) =>
        image === stage.image && distance(stage.clientOf(x, y), place) <= MARKER,
    );
    return under?.click[3] === label;
  };

  /** @type {(event: MouseEvent, positive: boolean) => void} */
  const click = (event, positive) => {
    clicked = false;
    if (drags.dragged) return;
    if (!press?.pixel || distance(press.event, event) > SLACK) return;
    const label = positive ? 1 : 0;
    if (isMarked(press.event, label)) return; // It is said already.
    store.edit({ op: "add", prompt: [stage.image, ...press.pixel, label] });
    local.hover.point(null);
    clicked = true;
  };

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      // A click is where it was pressed: browsers round its own place to whole pixels.
      press = { event, pixel: stage.pixelAt(event) };
      if (!local.crosshair) return; // Nothing to repaint.
      local.crosshair = null;
      changed();
    },
    { signal },
  );
  canvas.addEventListener(
    "click",
    (event) => {
      canvas.focus({ preventScroll: true }); // If the host has kept the press's own.
      // The second half of a double click is not another click.
      if (event.detail <= 1) click(event, isPositive(event));
    },
    { signal },
  );
  canvas.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation(); // JupyterLab opens its own menu otherwise.
      click(event, false);
      press = null;
    },
    { signal },
  );
  canvas.addEventListener(
    "dblclick",
    () => {
      if (drags.dragged || !stage.magnified) return;
      if (clicked) store.edit({ op: "undo" });
      clicked = false;
      stage.resetView();
      changed();
    },
    { signal },
  );

  let pointedAt = "";
  /** @type {(event: MouseEvent) => void} */
  const point = (event) => {
    local.pointed = stage.pixelAt(event);
    const label = isPositive(event) ? 1 : 0;
    const would = event.buttons === 0 && !isMarked(event, label);
    const pixel = would ? local.pointed : null;
    local.hover.point(pixel && [stage.image, ...pixel, label]);
    const { sizes, grid } = store.info;
    const cell = local.pointed && cellOf(...local.pointed, sizes[stage.image], grid);
    const before = pointedAt;
    pointedAt = [stage.image, cell, label, would].join();
    if (pointedAt !== before) changed(); // Within a cell nothing is another.
  };
  canvas.addEventListener(
    "pointermove",
    (event) => {
      // A finger that moves is no hover.
      if (event.pointerType !== "touch") point(event);
    },
    { signal },
  );
  listenToWheel(
    stage,
    (event) => {
      local.pointed = stage.pixelAt(event);
      local.hover.point(null); // Zoomed is what is, until the pointer moves again.
      pointedAt = "";
      changed();
    },
    signal,
  );
  canvas.addEventListener(
    "pointerleave",
    () => {
      local.pointed = null;
      local.hover.point(null);
      pointedAt = "";
      changed();
    },
    { signal },
  );
}
