import assert from "node:assert/strict";
import test from "node:test";
import { TOOLS } from "../src/stage/tools/index.js";
import { listenToTools } from "../src/stage/tools/tool.js";
import { reachOf } from "./stage.js";

/** @typedef {import("../src/stage/tools/tool.js").Tool} Tool */

const SHIFT = { shiftKey: true };

/** @param {Parameters<typeof reachOf>[0]} [given] */
function stageOf(given) {
  const made = reachOf(given);
  listenToTools(TOOLS, made.reach, made.life.signal);
  return made;
}

/**
 * A tool that notes what it gets, and takes the press for itself at a move.
 *
 * @param {string[]} log
 * @param {boolean} [greedy]
 * @returns {Tool}
 */
function noting(log, greedy = false) {
  return {
    help: [],
    takes: ({ button }) => button === 0,
    *gesture(_reach, press) {
      log.push(press.type);
      let moved = false;
      try {
        for (;;) {
          /** @type {Event} */
          const event = yield moved && greedy;
          log.push(event.type);
          moved = event.type === "pointermove";
          if (event.type === "click") return;
        }
      } finally {
        log.push("end");
      }
    },
  };
}

/** @param {Tool[]} tools */
function canvasOf(...tools) {
  const { canvas, reach, life } = reachOf();
  listenToTools(tools, reach, life.signal);
  return { canvas, life };
}

test("a gesture goes from its press through moves and release to the click", () => {
  /** @type {string[]} */
  const log = [];
  const { canvas } = canvasOf(noting(log));
  canvas.fire("pointermove", 1, 1); // Hovers.
  canvas.fire("pointerdown", 1, 1);
  canvas.fire("pointermove", 2, 1);
  canvas.fire("pointerup", 2, 1);
  canvas.fire("pointermove", 3, 1);
  canvas.fire("click", 3, 1);
  canvas.fire("dblclick", 3, 1);
  const got = ["pointerdown", "pointermove", "pointerup", "click", "end"];
  assert.deepEqual(log, got);
});

test("a press that a tool does not take is not its own", () => {
  /** @type {string[]} */
  const log = [];
  const { canvas } = canvasOf(noting(log));
  canvas.fire("pointerdown", 1, 1, { button: 2 });
  canvas.fire("contextmenu", 1, 1);
  assert.deepEqual(log, []);
});

test("a tool that takes the press for itself ends the others", () => {
  /** @type {string[]} */
  const one = [];
  /** @type {string[]} */
  const other = [];
  const { canvas } = canvasOf(noting(one), noting(other, true));
  canvas.fire("pointerdown", 1, 1);
  canvas.fire("pointermove", 2, 1);
  canvas.fire("pointerup", 2, 1);
  assert.deepEqual(one, ["pointerdown", "pointermove", "end"]);
  assert.deepEqual(other, ["pointerdown", "pointermove", "pointerup"]);
});

test("a gesture ends with the next press, and with the view", () => {
  /** @type {string[]} */
  const log = [];
  const { canvas, life } = canvasOf(noting(log));
  canvas.fire("pointerdown", 1, 1);
  canvas.fire("pointerdown", 1, 1);
  assert.deepEqual(log, ["pointerdown", "end", "pointerdown"]);
  life.abort();
  assert.deepEqual(log.at(-1), "end");
});

test("a further pointer goes on with the gesture that there is", () => {
  /** @type {string[]} */
  const log = [];
  const { canvas } = canvasOf(noting(log));
  canvas.fire("pointerdown", 1, 1);
  canvas.fire("pointerdown", 5, 5, { pointerId: 2, isPrimary: false });
  canvas.fire("pointermove", 5, 6, { pointerId: 2, isPrimary: false });
  assert.deepEqual(log, ["pointerdown", "pointerdown", "pointermove"]);
});

/**
 * What is done, and the label of the click that it makes.
 *
 * @type {Record<string, [event: object, given: object, label: 0 | 1]>}
 */
const SAID = {
  "a click": [{}, {}, 1],
  "a click with Alt": [{ altKey: true }, {}, 0],
  "a click while the button − is pressed": [{}, { negative: true }, 0],
  "a click with Shift": [SHIFT, {}, 1],
};

for (const [done, [event, given, label]] of Object.entries(SAID)) {
  test(`${done} says ${label}, where it was pressed`, () => {
    const { canvas, edits } = stageOf(given);
    canvas.fire("pointerdown", 20.6, 30.2, event);
    canvas.fire("pointerup", 20.6, 30.2, event);
    canvas.fire("click", 21, 30, event);
    assert.deepEqual(edits, [{ op: "add", prompt: [0, 20.6, 30.2, label] }]);
  });
}

test("a right click and a long press say 0, once", () => {
  const { canvas, edits } = stageOf();
  canvas.fire("pointerdown", 20, 30, { button: 2 });
  canvas.fire("contextmenu", 20, 30, { button: 2 });
  canvas.fire("pointerdown", 60, 30, { pointerType: "touch" });
  canvas.fire("contextmenu", 60, 30, { pointerType: "touch" });
  canvas.fire("pointerup", 60, 30, { pointerType: "touch" });
  canvas.fire("click", 60, 30, { pointerType: "touch" });
  const clicks = edits.map(({ prompt }) => prompt);
  assert.deepEqual(clicks, [
    [0, 20, 30, 0],
    [0, 60, 30, 0],
  ]);
});

test("a press that moved away, and one on a marker that says the same, say nothing", () => {
  const { canvas, edits } = stageOf();
  canvas.fire("pointerdown", 20, 30);
  canvas.fire("pointerup", 27, 30);
  canvas.fire("click", 27, 30);
  assert.deepEqual(edits, []);
  canvas.click(20, 30);
  canvas.click(21, 30);
  assert.equal(edits.length, 1);
  canvas.click(21, 30, { altKey: true });
  assert.equal(edits.length, 2);
});

test("a drag with Shift moves the zoomed image and is no click", () => {
  const { canvas, edits, lens } = stageOf({ zoom: 2 });
  const { x, y } = lens.view;
  canvas.fire("pointerdown", 50, 50, SHIFT);
  canvas.fire("pointermove", 40, 50, SHIFT);
  assert.deepEqual([lens.view.x, lens.view.y], [x + 5, y]);
  assert.ok(canvas.classes.has("ncut-dragging"));
  canvas.fire("pointerup", 40, 50, SHIFT);
  canvas.fire("click", 40, 50, SHIFT);
  assert.deepEqual([edits, [...canvas.classes]], [[], []]);
});

test("a drag with the middle button moves it, a plain one does not", () => {
  const { canvas, lens } = stageOf({ zoom: 2 });
  const { x } = lens.view;
  canvas.fire("pointerdown", 50, 50);
  canvas.fire("pointermove", 30, 50);
  assert.deepEqual([lens.view.x, canvas.captured], [x, []]);
  canvas.fire("pointerdown", 50, 50, { button: 1 });
  canvas.fire("pointermove", 30, 50, { button: 1 });
  assert.deepEqual([lens.view.x, canvas.captured], [x + 10, [1]]);
});

test("two fingers pinch, and the one that stays goes on moving it", () => {
  const { canvas, edits, lens } = stageOf();
  const first = { pointerType: "touch", pointerId: 1 };
  const second = { pointerType: "touch", pointerId: 2, isPrimary: false };
  canvas.fire("pointerdown", 40, 50, first);
  canvas.fire("pointerdown", 60, 50, second);
  canvas.fire("pointermove", 80, 50, second);
  assert.equal(lens.view.width, 50);
  canvas.fire("pointerup", 80, 50, second);
  const { x } = lens.view;
  canvas.fire("pointermove", 36, 50, first);
  assert.equal(lens.view.x, x + 2);
  canvas.fire("pointerup", 36, 50, first);
  canvas.fire("contextmenu", 36, 50, first);
  assert.deepEqual([edits, [...canvas.classes]], [[], []]);
});

test("a double click shows the whole image and takes its click back", () => {
  const { canvas, edits, lens } = stageOf({ zoom: 2 });
  canvas.doubleClick(50, 50);
  assert.deepEqual(
    edits.map(({ op }) => op),
    ["add", "undo"],
  );
  assert.ok(!lens.zoomed);
  canvas.doubleClick(90, 90); // The whole image is shown: this is a click.
  assert.equal(edits.at(-1).op, "add");
});

test("a double click after a drag, or on what is said, takes nothing back", () => {
  const { canvas, edits, lens } = stageOf({ zoom: 2 });
  canvas.click(50, 50);
  canvas.doubleClick(50, 50);
  assert.deepEqual([edits.length, lens.zoomed], [1, false]);
  lens.zoomAt([0.5, 0.5], 2);
  canvas.fire("pointerdown", 50, 50, SHIFT);
  canvas.fire("pointermove", 40, 50, SHIFT);
  canvas.fire("dblclick", 40, 50, SHIFT);
  assert.deepEqual([edits.length, lens.zoomed], [1, true]);
});
