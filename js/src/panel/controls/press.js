/** Buttons that are pressed or not. */

import { focusable, setAttribute } from "../../dom.js";

/**
 * @param {Record<string, string>} attributes
 * @param {string} label
 * @param {() => void} act
 * @param {AbortSignal} signal
 */
export function pressButton(attributes, label, act, signal) {
  const given = { type: "button", class: "ncut-button ncut-press", ...attributes };
  const button = focusable("button", given, label);
  button.addEventListener("click", act, { signal });
  return button;
}

/**
 * @param {Element} button
 * @param {boolean} isPressed
 */
export function showPressed(button, isPressed) {
  setAttribute(button, "aria-pressed", String(isPressed));
}
