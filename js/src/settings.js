/**
 * The settings: traits that the page sets itself, and whether the kernel has them.
 *
 * @import { Model } from "./wire.js"
 */

/** Settings that can change masks; the kernel's `_revision` counts their changes. */
export const MASK_SETTINGS = [
  "threshold",
  "gamma",
  "negative_threshold",
  "denoise",
  "denoise_area_th",
  "num_eig",
];

/** Settings of how it looks. */
export const VIEW_SETTINGS = ["active_image", "layer", "opacity"];

export class Settings {
  #model;
  #onSettled;
  #saves = 0;
  #saved = 0;
  /** Whether this host tells when the kernel has handled a change. */
  #hostTells = false;
  #initial;

  /**
   * @param {Model} model
   * @param {() => void} onSettled called when the kernel has handled a change
   */
  constructor(model, onSettled) {
    this.#model = model;
    this.#onSettled = onSettled;
    this.#initial = new Map(
      [...MASK_SETTINGS, ...VIEW_SETTINGS].map((name) => [name, model.get(name)]),
    );
  }

  /**
   * Whether the kernel has handled every change that can change masks. ipywidgets keeps
   * one message in flight and merges the rest, so a new revision is not yet a sign.
   */
  get settled() {
    return this.#saved === this.#saves;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (MASK_SETTINGS.includes(name)) this.#saves++;
    const save = this.#saves;
    const onStatus = (/** @type {string} */ status) => {
      this.#hostTells = true;
      if (status !== "idle" || save <= this.#saved) return;
      this.#saved = save;
      this.#onSettled();
    };
    this.#model.set(name, value);
    this.#model.save_changes(callbacksWithStatus(this.#model, onStatus));
  }

  /** A new revision has come: the best sign there is in a host that does not tell. */
  takeRevision() {
    if (!this.#hostTells) this.#saved = this.#saves;
  }

  /**
   * What a setting is reset to: the kernel's default where it tells, else the value
   * that the page began with.
   *
   * @param {string} name
   */
  initial(name) {
    return this.#model.get("_info").defaults?.[name] ?? this.#initial.get(name);
  }
}

/**
 * The host's callbacks for a message, and one more that hears the kernel's status.
 *
 * @param {Model} model
 * @param {(status: string) => void} onStatus
 */
function callbacksWithStatus(model, onStatus) {
  const callbacks = model.widget_manager?.callbacks?.() ?? {};
  return {
    ...callbacks,
    iopub: {
      ...callbacks.iopub,
      status: (/** @type {{ content: { execution_state: string } }} */ message) =>
        onStatus(message.content.execution_state),
    },
  };
}
