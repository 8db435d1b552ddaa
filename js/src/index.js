/**
 * The widget's page side, as anywidget calls it: `initialize` once per model, `render`
 * once per view.
 *
 * The default export is a function so that each model gets a definition, and with it a
 * store, of its own: hosts call it once per model, and the views of a model share it.
 *
 * @import { Model } from "./model/wire.js"
 */

import { Segmentation } from "./model/segmentation.js";
import { Store } from "./model/store.js";
import { showView } from "./view.js";

export default () => {
  /** @type {{ store: Store, segmentation: Segmentation } | null} */
  let shown = null;
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const life = lifetime(signal);
      const store = new Store(model, life.signal);
      shown = { store, segmentation: new Segmentation(store) };
      // The host may keep this definition for longer than its model.
      const forget = () => {
        shown = null;
      };
      life.signal.addEventListener("abort", forget, { once: true });
      return () => life.abort();
    },

    /** @param {{ el: HTMLElement, signal?: AbortSignal }} context */
    render({ el, signal }) {
      const life = lifetime(signal);
      if (life.signal.aborted || !shown) return;
      showView(shown.store, shown.segmentation, el, life.signal);
      return () => life.abort();
    },
  };
};

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
