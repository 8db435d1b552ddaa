/**
 * Moving the zoomed image: Shift or the middle button pans, one finger pans once zoomed,
 * two fingers pinch. (At zoom 1, one finger is the notebook's, to scroll it.)
 *
 * @import { Point } from "../points.js"
 * @import { Tool } from "./tool.js"
 */

import { distance, SLACK } from "../points.js";

const LEFT = 0;
const MIDDLE = 1;

/** @type {Tool} */
export const pan = {
  help: [
    ["Wheel or pinch", "zoom"], // wheel.js has the wheel.
    ["Shift or middle drag", "move the zoomed image"],
  ],

  takes: canDrag,

  *gesture({ stage, changed }, press) {
    const { canvas, lens } = stage;
    /** @type {Map<number, Point>} Pointers that drag, and where they were last. */
    const held = new Map();
    let dragged = false;

    /** @type {(event: PointerEvent) => void} */
    const hold = (event) => {
      held.set(event.pointerId, pointOf(event));
      canvas.setPointerCapture(event.pointerId);
      if (held.size > 1) dragged = true;
    };

    /** @type {(event: PointerEvent) => void} */
    const move = (event) => {
      const last = held.get(event.pointerId);
      if (!last || (!dragged && distance(last, event) <= SLACK)) return;
      dragged = true;
      canvas.classList.add("ncut-dragging");
      const from = spanOf([...held.values()]);
      held.set(event.pointerId, pointOf(event));
      const to = spanOf([...held.values()]);
      lens.transform(
        lens.placeAt(from.middle),
        lens.placeAt(to.middle),
        to.length / from.length,
      );
      changed();
    };

    hold(press);
    try {
      while (held.size > 0) {
        const event = yield dragged;
        if (event.type === "pointerdown" && canDrag(event)) hold(event);
        else if (event.type === "pointermove") move(event);
        else if (ENDS.includes(event.type)) held.delete(event.pointerId);
      }
    } finally {
      canvas.classList.remove("ncut-dragging");
    }
  },
};

const ENDS = ["pointerup", "pointercancel"];

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
 * @param {Point} event
 * @returns {Point}
 */
function pointOf({ clientX, clientY }) {
  return { clientX, clientY };
}
