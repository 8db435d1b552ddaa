/**
 * The grip under the stage, which changes how high the stage may be in this view.
 *
 * In a narrow column the stage is lower than this limit. Dragging then starts from the
 * height that it has.
 */

import { focusable, html, setAttribute } from "../dom.js";
import { keyOf } from "../keyboard.js";

/** The stage's height, in CSS pixels. */
const LOWEST = 160;
const HIGHEST = 1600;

/** What a key changes, in CSS pixels. */
const STEP = 20;

/** The style sheet has the default. */
const HEIGHT = "--ncut-stage-height";

export class Resizer {
  element = focusable(
    "div",
    {
      class: "ncut-grip",
      role: "separator",
      tabindex: 0,
      title: "Drag to change the image's height. Double click: reset.",
      "aria-label": "Height of the image",
      "aria-orientation": "horizontal",
      "aria-valuemin": LOWEST,
      "aria-valuemax": HIGHEST,
      "aria-valuenow": LOWEST,
    },
    html("span"),
  );
  #root;
  #stage;

  /**
   * @param {HTMLElement} root of the view
   * @param {HTMLElement} stage
   * @param {AbortSignal} signal
   */
  constructor(root, stage, signal) {
    this.#root = root;
    this.#stage = stage;
    this.#listenToKeys(signal);
    this.#listenToPointer(signal);
    this.element.addEventListener("dblclick", () => root.style.removeProperty(HEIGHT), {
      signal,
    });
    const observer = new ResizeObserver(() => this.#tell());
    observer.observe(stage);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  /** @param {AbortSignal} signal */
  #listenToKeys(signal) {
    this.element.addEventListener(
      "keydown",
      (event) => {
        const steps = { ArrowUp: -1, ArrowDown: 1 }[keyOf(event)];
        if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        this.#resize(this.#stage.offsetHeight + steps * STEP);
      },
      { signal },
    );
  }

  /** @param {AbortSignal} signal */
  #listenToPointer(signal) {
    const { element } = this;
    /** @type {{ y: number, height: number, scale: number } | null} */
    let start = null;
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        element.setPointerCapture(event.pointerId);
        const height = this.#stage.offsetHeight;
        // On a scaled page the pointer's pixels are not those of the layout.
        const scale = this.#stage.getBoundingClientRect().height / height;
        start = { y: event.clientY, height, scale };
      },
      { signal },
    );
    element.addEventListener(
      "pointermove",
      ({ clientY }) => {
        if (!start || clientY === start.y) return;
        this.#resize(start.height + (clientY - start.y) / start.scale);
      },
      { signal },
    );
    element.addEventListener(
      "lostpointercapture",
      () => {
        start = null;
      },
      { signal },
    );
  }

  /** @param {number} height */
  #resize(height) {
    this.#root.style.setProperty(HEIGHT, `${inRange(Math.round(height))}px`);
  }

  #tell() {
    const height = inRange(this.#stage.offsetHeight);
    setAttribute(this.element, "aria-valuenow", String(height));
    setAttribute(this.element, "aria-valuetext", `${height} pixels`);
  }
}

/** @param {number} height */
function inRange(height) {
  return Math.max(LOWEST, Math.min(height, HIGHEST));
}
