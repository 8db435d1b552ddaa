/**
 * Tells a view whether the page around it is light or dark, where the style sheet
 * cannot: selectors do not see out of a shadow root (marimo's).
 */

/**
 * @param {HTMLElement} root of the view
 * @param {AbortSignal} signal
 */
export function followTheme(root, signal) {
  if (!(root.getRootNode() instanceof ShadowRoot)) return;
  const outer = [document.documentElement, document.body];
  const follow = () => {
    const has = (/** @type {string} */ theme) =>
      outer.some(({ classList }) => classList.contains(theme));
    root.style.colorScheme = has("dark") ? "dark" : has("light") ? "light" : "";
  };
  const observer = new MutationObserver(follow);
  for (const element of outer) {
    observer.observe(element, { attributes: true, attributeFilter: ["class"] });
  }
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  follow();
}
