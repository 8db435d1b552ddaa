/**
 * What a tool of the stage is: what a press becomes, from press to release.
 *
 * A press begins the gesture of every tool that takes it. A gesture is a generator: it is
 * called with the press and goes on, at its `yield`, with each event that belongs to it:
 * moves and releases of the pointers that are pressed, further pointers that are pressed
 * meanwhile, and the browser's `click`, `contextmenu` and `dblclick`. It ends when it
 * returns, at the latest with the next press.
 *
 *     *gesture({ stage }, press) {
 *       let event = press;
 *       while (event.type !== "pointerup") event = yield true;
 *     }
 *
 * `yield true` says that the press is this tool's alone: the gestures of the others end
 * there and do nothing more. What must be undone then belongs in a `finally`.
 * A gesture that has made an edit returns true: a double click takes it back.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Local } from "../../local.js"
 * @import { Stage } from "../stage.js"
 *
 * @typedef {object} Tool
 * @property {string[][]} help pairs of what is done and what that does
 * @property {(press: PointerEvent, local: Local) => boolean} takes whether the press may
 *   become this tool's gesture
 * @property {(reach: Reach, press: PointerEvent) => Gesture} gesture
 *
 * @typedef {Generator<boolean | void, boolean | void, PointerEvent>} Gesture `dblclick`
 *   and, in some browsers, `click` and `contextmenu` have no more than a MouseEvent has
 *
 * @typedef {object} Reach what a gesture works on
 * @property {Store} store
 * @property {Stage} stage
 * @property {Local} local
 * @property {() => void} changed to be called when `local` or the view has changed
 * @property {boolean} edited whether the press before this one has made an edit
 */

/** The events that a gesture goes on with, besides presses. */
const EVENTS = /** @type {const} */ ([
  ...["pointermove", "pointerup", "pointercancel"],
  ...["click", "contextmenu", "dblclick"],
]);

/**
 * Begin the gestures of the tools with each press on the stage, and end them.
 *
 * @param {Tool[]} tools
 * @param {Omit<Reach, "edited">} reach
 * @param {AbortSignal} signal
 */
export function listenToTools(tools, reach, signal) {
  const { canvas } = reach.stage;
  /** @type {Map<Tool, Gesture>} */
  const running = new Map();
  /** @type {Set<number>} */
  const pressed = new Set();
  let edited = false;

  const end = () => {
    for (const gesture of running.values()) gesture.return();
    running.clear();
    pressed.clear();
  };

  /** @type {(event: PointerEvent) => void} */
  const goOn = (event) => {
    for (const [tool, gesture] of running) {
      const { done, value } = gesture.next(event);
      if (done) {
        running.delete(tool);
        edited ||= value === true;
      } else if (value) endOthers(tool);
    }
  };

  /** @type {(tool: Tool) => void} */
  const endOthers = (tool) => {
    for (const [other, gesture] of running) {
      if (other === tool) continue;
      gesture.return();
      running.delete(other);
    }
  };

  /** @type {(press: PointerEvent) => void} */
  const begin = (press) => {
    end();
    const given = { ...reach, edited };
    edited = false;
    for (const tool of tools) {
      if (tool.takes(press, reach.local)) running.set(tool, tool.gesture(given, press));
    }
  };

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (event.isPrimary || running.size === 0) begin(event);
      pressed.add(event.pointerId);
      goOn(event); // A gesture that begins runs to its first `yield`.
    },
    { signal },
  );
  for (const type of EVENTS) {
    canvas.addEventListener(
      type,
      (event) => {
        const isPointers = type.startsWith("pointer");
        const { pointerId } = /** @type {PointerEvent} */ (event);
        if (isPointers && !pressed.has(pointerId)) return; // A mouse that hovers.
        goOn(/** @type {PointerEvent} */ (event));
        if (isPointers && type !== "pointermove") pressed.delete(pointerId);
      },
      { signal },
    );
  }
  signal.addEventListener("abort", end, { once: true });
}
