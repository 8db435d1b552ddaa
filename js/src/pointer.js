/**
 * The pointer on the stage: clicks, and what it hovers over.
 *
 * @import { Store } from "./store.js"
 * @import { Stage } from "./stage.js"
 * @import { Local } from "./view.js"
 */

/** A press that moves further than this, in CSS pixels, was no click. */
const SLACK = 6;

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

  /** @type {(event: MouseEvent, label: 0 | 1) => void} */
  const click = (event, label) => {
    if (!press?.pixel || distance(press.event, event) > SLACK) return;
    store.edit({ op: "click", click: [stage.image, ...press.pixel, label] });
  };

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      // A click is where it was pressed: browsers round its own place to whole pixels.
      press = { event, pixel: stage.pixelAt(event) };
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
      if (event.detail <= 1) click(event, event.altKey ? 0 : 1);
    },
    { signal },
  );
  canvas.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation(); // JupyterLab opens its own menu otherwise.
      click(event, 0);
      press = null;
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      local.hover = stage.pixelAt(event);
      changed();
    },
    { signal },
  );
  canvas.addEventListener(
    "pointerleave",
    () => {
      local.hover = null;
      changed();
    },
    { signal },
  );
}

/**
 * @param {MouseEvent} a
 * @param {MouseEvent} b
 */
function distance(a, b) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
