/**
 * Prevents what the browser and the notebook would do with a press on the stage.
 */

const LEFT = 0;
const MIDDLE = 1;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {AbortSignal} signal
 */
export function keepFromHost(canvas, signal) {
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
  canvas.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation(); // JupyterLab opens its own menu otherwise.
    },
    { signal },
  );
  canvas.addEventListener(
    "click",
    // The host may have prevented the focus that a press gives.
    () => canvas.focus({ preventScroll: true }),
    { signal },
  );
}
