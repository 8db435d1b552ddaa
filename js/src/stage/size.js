/** Sizes in device pixels: a canvas is as sharp as the screen. */

/**
 * Tell an element's size, now and whenever it or the screen changes.
 *
 * @param {Element} element
 * @param {(width: number, height: number) => void} tell in device pixels, never 0
 * @param {AbortSignal} signal
 */
export function followSize(element, tell, signal) {
  const observer = new ResizeObserver(([entry]) => {
    const { inlineSize: width, blockSize: height } = deviceSize(entry);
    if (width > 0 && height > 0) tell(width, height);
  });
  try {
    observer.observe(element, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(element); // Safari
  }
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}

/**
 * Size of an element in device pixels, exact where the browser tells.
 *
 * @param {ResizeObserverEntry} entry
 * @returns {ResizeObserverSize}
 */
function deviceSize(entry) {
  const { inlineSize, blockSize } = entry.contentBoxSize[0];
  const width = inlineSize * devicePixelRatio;
  const height = blockSize * devicePixelRatio;
  const exact = entry.devicePixelContentBoxSize?.[0];
  // A browser that emulates another screen tells the size on its own.
  const isSame = exact && Math.abs(exact.inlineSize - width) < 2;
  return isSame
    ? exact
    : { inlineSize: Math.round(width), blockSize: Math.round(height) };
}
