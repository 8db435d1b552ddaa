/**
 * Dragging on the stage: Shift or the middle button pans, one finger pans once zoomed,
 * two fingers pinch. (At zoom 1, one finger is the notebook's, to scroll it.)
 *
 * @import { Stage } from "./stage.js"
 *
 * @typedef {{ clientX: number, clientY: number }} Point
 */

/** A press that moves further than this, in CSS pixels, was no click. */
export const SLACK = 6;

const LEFT = 0;
const MIDDLE = 1;

/**
 * @param {Stage} stage
 * @param {() => void} changed called when the view has changed
 * @param {AbortSignal} signal
 * @returns {{ readonly dragged: boolean }} whether the last press panned or pinched
 */
export function listenToDrags(stage, changed, signal) {
  const { canvas } = stage;
  const state = { dragged: false };
  /** @type {Map<number, Point>} Pointers that can drag, and where they were last. */
  const held = new Map();

  /** @type {(event: PointerEvent) => void} */
  const press = (event) => {
    if (event.isPrimary) {
      held.clear();
      state.dragged = false;
    }
    if (!canDrag(event)) return;
    held.set(event.pointerId, pointOf(event));
    canvas.setPointerCapture(event.pointerId);
    if (held.size > 1) state.dragged = true;
  };

  /** @type {(event: PointerEvent) => void} */
  const move = (event) => {
    const last = held.get(event.pointerId);
    if (!last || (!state.dragged && distance(last, event) <= SLACK)) return;
    state.dragged = true;
    canvas.classList.add("ncut-dragging");
    const from = spanOf([...held.values()]);
    held.set(event.pointerId, pointOf(event));
    const to = spanOf([...held.values()]);
    stage.transform(
      stage.placeAt(from.middle),
      stage.placeAt(to.middle),
      to.length / from.length,
    );
    changed();
  };

  /** @type {(event: PointerEvent) => void} */
  const release = (event) => {
    held.delete(event.pointerId);
    if (held.size === 0) canvas.classList.remove("ncut-dragging");
  };

  canvas.addEventListener("pointerdown", press, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    canvas.addEventListener(end, release, { signal });
  }
  keepFromHost(canvas, signal);
  return state;
}

/**
 * Keep the browser and the notebook from what they do themselves with such a press.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {AbortSignal} signal
 */
function keepFromHost(canvas, signal) {
  canvas.addEventListener(
    "mousedown",
    (event) => {
      const middle = event.button === MIDDLE; // Opens the autoscroll.
      const shift = event.button === LEFT && event.shiftKey; // Selects text, cells.
      if (middle || shift) event.preventDefault();
      if (shift) event.stopPropagation();
    },
    { signal },
  );
  canvas.addEventListener(
    "auxclick",
    (event) => {
      if (event.button === MIDDLE) event.preventDefault(); // Pastes, on some systems.
    },
    { signal },
  );
  canvas.addEventListener(
    "touchstart",
    (event) => {
      // A second finger: the page must neither scroll nor zoom along.
      if (event.touches.length > 1 && event.cancelable) event.preventDefault();
    },
    { passive: false, signal },
  );
}

/** @param {PointerEvent} event */
function canDrag({ pointerType, button, shiftKey }) {
  if (pointerType !== "mouse") return button === LEFT;
  return button === MIDDLE || (button === LEFT && shiftKey);
}

/**
 * The middle of one or two points, and how far apart they are.
 *
 * @param {Point[]} points
 * @returns {{ middle: Point, length: number }}
 */
function spanOf([a, b = a]) {
  const middle = {
    clientX: (a.clientX + b.clientX) / 2,
    clientY: (a.clientY + b.clientY) / 2,
  };
  return { middle, length: Math.max(distance(a, b), 1) };
}

/**
 * @param {Point} a
 * @param {Point} b
 */
export function distance(a, b) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}

/**
 * @param {Point} event
 * @returns {Point}
 */
function pointOf({ clientX, clientY }) {
  return { clientX, clientY };
}
