/**
 * Listens for the host's signal that it is connected to the kernel again, which
 * JupyterLab and related hosts give. What was under way when the line broke may be lost
 * without notice. Afterwards these hosts set all traits to what the kernel had when
 * they asked it, which may be older than what the page has by then.
 *
 * @import { Model, Signal } from "./host.js"
 */

/** Milliseconds that a host has to set the traits: if it fails, it does not say so. */
const RESTORED_WITHIN_MS = 6000;

export class Connection {
  /** Whether the host is about to set traits to older values. */
  restoring = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #broken = false;
  #onReturn;

  /**
   * @param {Model} model
   * @param {() => void} onReturn called when the line to the kernel is back, and when the
   *   host has set its traits
   * @param {AbortSignal} signal ends with the model
   */
  constructor(model, onReturn, signal) {
    this.#onReturn = onReturn;
    const manager = model.widget_manager;
    const restored = manager?.restored;
    listen(manager?.kernel?.connectionStatusChanged, signal, (_, status) => {
      const isBack = this.#broken && status === "connected";
      this.#broken = status !== "connected";
      if (isBack) this.#return(restored !== undefined);
    });
    listen(restored, signal, () => {
      if (this.restoring) this.#return(false);
    });
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** @param {boolean} restoring whether the host is still to set traits */
  #return(restoring) {
    clearTimeout(this.#timer);
    this.restoring = restoring;
    if (restoring) {
      this.#timer = setTimeout(() => this.#return(false), RESTORED_WITHIN_MS);
    }
    this.#onReturn();
  }
}

/**
 * @param {Signal | undefined} event
 * @param {AbortSignal} signal
 * @param {(sender: unknown, argument: any) => void} slot
 */
function listen(event, signal, slot) {
  if (!event || signal.aborted) return;
  event.connect(slot);
  signal.addEventListener("abort", () => event.disconnect(slot), { once: true });
}
