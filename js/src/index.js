/**
 * The widget's page side, as anywidget calls it: `initialize` once per model, `render`
 * once per view.
 *
 * The default export is a function so that each model gets a definition, and with it a
 * store, of its own: hosts call it once per model, and the views of a model share it.
 *
 * @import { Model } from "./model/link/host.js"
 * @import { Page } from "./offline/page.js"
 */

import { Segmentation } from "./model/segmentation.js";
import { Store } from "./model/store.js";
import { openOffline } from "./offline/page.js";
import { showWaiting } from "./panel/waiting.js";
import { showView } from "./view.js";

/**
 * Milliseconds between two looks for a model's traits: some hosts make a model before
 * they know them.
 */
const LOOK_EVERY_MS = 50;

const define = () => {
  /** @type {{ store: Store, segmentation: Segmentation } | null} */
  let shown = null;
  let ended = false;
  /** @type {Set<() => void>} Views that wait for the model. */
  const waiting = new Set();
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const life = lifetime(signal);
      whenKnown(model, life.signal, () => {
        const store = new Store(model, life.signal);
        shown = { store, segmentation: new Segmentation(store) };
        for (const show of waiting) show();
        waiting.clear();
      });
      // The host may keep this definition for longer than its model.
      const forget = () => {
        shown = null;
        ended = true;
        waiting.clear();
      };
      life.signal.addEventListener("abort", forget, { once: true });
      return () => life.abort();
    },

    /** @param {{ el: HTMLElement, signal?: AbortSignal }} context */
    render({ el, signal }) {
      const life = lifetime(signal);
      if (life.signal.aborted || ended) return;
      const wait = lifetime(life.signal);
      const show = () => {
        wait.abort();
        if (shown) showView(shown.store, shown.segmentation, el, life.signal);
      };
      if (shown) show();
      else {
        showWaiting(el, wait.signal);
        waiting.add(show);
        life.signal.addEventListener("abort", () => waiting.delete(show), {
          once: true,
        });
      }
      return () => life.abort();
    },
  };
};

export default define;

/**
 * Show a page that has no kernel, from what Python's `save_html` has put into it.
 *
 * @param {Page} page
 * @param {HTMLElement} el
 */
export function openPage(page, el) {
  return openOffline(define(), page, el);
}

/**
 * @param {Model} model
 * @param {AbortSignal} signal
 * @param {() => void} then called once the model's traits are there
 */
function whenKnown(model, signal, then) {
  const isKnown = () => model.get("_info") && model.get("clicks");
  if (isKnown()) return then();
  const timer = setInterval(() => {
    if (!isKnown()) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

/**
 * Ends with the host's signal or, in hosts without one, with the returned cleanup.
 *
 * @param {AbortSignal} [signal]
 */
function lifetime(signal) {
  const controller = new AbortController();
  const end = () => controller.abort();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  return controller;
}
