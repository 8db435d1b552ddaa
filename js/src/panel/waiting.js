/**
 * What is shown in place of a view until its model is here. A notebook that is opened
 * again may show an output before its model is there, and the model may never come.
 */

import { html, newRoot, setText } from "../dom.js";

const WAIT_MS = 3000;

const WAITING = "Waiting for the kernel…";
const ABSENT =
  "This widget is not connected to a kernel. Run its cell again to go on with it.";

/**
 * @param {HTMLElement} el
 * @param {AbortSignal} signal ends when there is a view
 */
export function showWaiting(el, signal) {
  const text = html(
    "div",
    { class: "ncut-status", "data-ncut": "status", role: "status" },
    WAITING,
  );
  const root = newRoot(html("div", { class: "ncut-body" }, text));
  root.dataset.state = "pending";
  const timer = setTimeout(() => {
    root.dataset.state = "error";
    setText(text, ABSENT);
  }, WAIT_MS);
  const end = () => {
    clearTimeout(timer);
    root.remove();
  };
  signal.addEventListener("abort", end, { once: true });
  el.append(root);
}
