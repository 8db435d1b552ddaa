/**
 * The host's word that it is connected to the kernel again. JupyterLab and its kin give
 * it; what was under way when the line broke may be lost, without another word.
 *
 * @import { Model } from "./wire.js"
 */

/**
 * @param {Model} model
 * @param {() => void} onReturn called when the line to the kernel is back
 * @param {AbortSignal} signal ends with the model
 */
export function listenToConnection(model, onReturn, signal) {
  const changed = model.widget_manager?.kernel?.connectionStatusChanged;
  if (!changed || signal.aborted) return;
  let broken = false;
  /** @type {(kernel: unknown, status: string) => void} */
  const slot = (_, status) => {
    const isBack = broken && status === "connected";
    broken = status !== "connected";
    if (isBack) onReturn();
  };
  changed.connect(slot);
  signal.addEventListener("abort", () => changed.disconnect(slot), { once: true });
}
