/** A stage without a page: its lens over a canvas that tests press with pointers. */

import { Lens } from "../src/stage/lens.js";

/** @typedef {import("../src/stage/tools/tool.js").Reach} Reach */
/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** Of the image; the canvas shows each of its pixels as one of its own. @type {Size} */
const SIZE = [100, 100];

class FakeCanvas extends EventTarget {
  clientWidth = SIZE[1];
  /** @type {Set<string>} */
  classes = new Set();
  classList = {
    add: (/** @type {string} */ name) => void this.classes.add(name),
    remove: (/** @type {string} */ name) => void this.classes.delete(name),
  };
  /** @type {number[]} Pointers that were captured. */
  captured = [];

  getBoundingClientRect() {
    const [height, width] = SIZE;
    return { left: 0, top: 0, width, height };
  }

  /** @param {number} pointer */
  setPointerCapture(pointer) {
    this.captured.push(pointer);
  }

  /**
   * @param {string} type
   * @param {number} x
   * @param {number} y
   * @param {object} [more]
   */
  fire(type, x, y, more = {}) {
    const mouse = { pointerId: 1, pointerType: "mouse", isPrimary: true, button: 0 };
    const detail = type === "click" ? 1 : 0;
    const fields = { ...mouse, clientX: x, clientY: y, detail, ...more };
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }

  /**
   * Press and let go, where the browser makes a click of it.
   *
   * @param {number} x
   * @param {number} y
   * @param {object} [more]
   */
  click(x, y, more) {
    this.fire("pointerdown", x, y, more);
    this.fire("pointerup", x, y, more);
    this.fire("click", x, y, more);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  doubleClick(x, y) {
    this.click(x, y);
    this.click(x, y, { detail: 2 });
    this.fire("dblclick", x, y, { detail: 2 });
  }
}

/**
 * What tools work on, and what they did.
 *
 * @param {{ zoom?: number, negative?: boolean }} [given]
 */
export function reachOf({ zoom = 1, negative = false } = {}) {
  const canvas = new FakeCanvas();
  const lens = new Lens(/** @type {any} */ (canvas));
  lens.turnTo(SIZE);
  lens.zoomAt([0.5, 0.5], zoom);
  /** @type {any[]} */
  const edits = [];
  /** @type {{ click: number[] }[]} */
  const clicks = [];
  const reach = {
    store: {
      clicks,
      edit: (/** @type {any} */ edit) => {
        edits.push(edit);
        if (edit.op === "add") clicks.push({ click: edit.prompt });
      },
    },
    stage: { canvas, lens, image: 0 },
    local: { negative, crosshair: null, hover: { point: () => {} } },
    changed: () => {},
  };
  const life = new AbortController();
  return {
    reach: /** @type {Reach} */ (/** @type {unknown} */ (reach)),
    ...{ canvas, lens, edits, life },
  };
}
