/**
 * The wheel over the stage: it zooms, unless the notebook is being scrolled.
 *
 * @import { Stage } from "./stage.js"
 */

/** Milliseconds without a wheel event that end a scroll gesture. */
const PAUSE = 250;

/** Pixels in a line, where the browser counts the wheel's way in lines. */
const LINE = 40;

/** Zoom per pixel of the wheel's way: a notch of 120 pixels zooms by 1.27. */
const SPEED = 0.002;

/** The same for a trackpad's pinch, whose ways are short. */
const PINCH_SPEED = 0.01;

/** Largest zoom for one event, as a logarithm: some wheels jump by whole screens. */
const LARGEST_STEP = 0.5;

/**
 * Whether a scroll gesture is for the stage or for the notebook. To its end it belongs
 * to where it began: the notebook goes on scrolling when the stage comes under the
 * pointer, and does not scroll when zooming out has come to the whole image.
 */
export class ScrollGesture {
  #ours = false;
  #last = Number.NEGATIVE_INFINITY;

  /**
   * An event outside of the stage.
   *
   * @param {number} time in milliseconds
   */
  elsewhere(time) {
    this.#ours = false;
    this.#last = time;
  }

  /**
   * Whether an event over the stage is for the stage.
   *
   * @param {number} time in milliseconds
   * @param {boolean} useful whether it would change what the stage shows
   */
  isOurs(time, useful) {
    if (time - this.#last > PAUSE) this.#ours = useful;
    this.#last = time;
    return this.#ours;
  }
}

/**
 * How many times larger a wheel event makes the image.
 *
 * @param {{ deltaY: number, deltaMode: number, ctrlKey: boolean }} event
 */
export function zoomOf({ deltaY, deltaMode, ctrlKey }) {
  const way = deltaMode === 0 ? deltaY : deltaY * LINE;
  // Browsers tell a trackpad's pinch as a wheel with Ctrl.
  const step = -way * (ctrlKey ? PINCH_SPEED : SPEED);
  return Math.exp(Math.max(-LARGEST_STEP, Math.min(step, LARGEST_STEP)));
}

/**
 * @param {Stage} stage
 * @param {(event: MouseEvent) => void} changed called when the view has changed
 * @param {AbortSignal} signal
 */
export function listenToWheel(stage, changed, signal) {
  const { canvas } = stage;
  const gesture = new ScrollGesture();
  document.addEventListener(
    "wheel",
    (event) => {
      if (!event.composedPath().includes(canvas)) gesture.elsewhere(event.timeStamp);
    },
    // Captured, since the notebook may stop the event on its way.
    { capture: true, passive: true, signal },
  );
  canvas.addEventListener(
    "wheel",
    (event) => {
      const factor = zoomOf(event);
      const useful = factor > 1 || (stage.lens.zoomed && event.deltaY !== 0);
      if (!gesture.isOurs(event.timeStamp, useful)) return;
      event.preventDefault();
      event.stopPropagation();
      stage.lens.zoomAt(stage.lens.placeAt(event), factor);
      changed(event);
    },
    { passive: false, signal },
  );
}
