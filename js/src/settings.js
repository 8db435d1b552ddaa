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
  "method",
  "click_weight",
  "bg_weight",
];

/** Settings of how it looks. */
export const VIEW_SETTINGS = ["active_image", "layer", "opacity", "hover_preview"];

/**
 * While the hand moves, the kernel hears of it so often; between, the page is on its
 * own. The last value always goes out.
 */
const SAVE_EVERY_MS = 250;

export class Settings {
  #model;
  #onChange;
  #onLost;
  /** Changes that can change masks: made here, and those the kernel has handled. */
  #changes = 0;
  #handled = 0;
  #unsaved = false;
  #inFlight = false;
  #savedAt = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether this host tells when the kernel has handled a change. */
  #hostTells = false;
  #initial;

  /**
   * @param {Model} model
   * @param {() => void} onChange called when changes went out or were handled
   * @param {() => void} onLost called when they cannot go out: the kernel has gone
   */
  constructor(model, onChange, onLost) {
    this.#model = model;
    this.#onChange = onChange;
    this.#onLost = onLost;
    this.#initial = new Map(
      [...MASK_SETTINGS, ...VIEW_SETTINGS].map((name) => [name, model.get(name)]),
    );
  }

  /** Whether the kernel has handled every change that can change masks. */
  get settled() {
    return this.#handled === this.#changes;
  }

  /** Whether changes wait to go out. */
  get unsaved() {
    return this.#unsaved;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (MASK_SETTINGS.includes(name)) this.#changes++;
    this.#unsaved = true;
    this.#model.set(name, value);
    this.#schedule();
  }

  /** Nothing is under way any more: the kernel has gone. */
  drop() {
    this.#inFlight = false;
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** One message at a time, and not too many: the rest is merged into the next. */
  #schedule() {
    if (!this.#unsaved || this.#inFlight || this.#timer !== undefined) return;
    const wait = this.#savedAt + SAVE_EVERY_MS - performance.now();
    if (wait <= 0) this.#save();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (!this.#inFlight) this.#save();
      }, wait);
    }
  }

  #save() {
    const changes = this.#changes;
    this.#unsaved = false;
    this.#savedAt = performance.now();
    const onStatus = (/** @type {string} */ status) => {
      this.#hostTells = true;
      this.#inFlight = status !== "idle";
      if (this.#inFlight) return;
      this.#handled = Math.max(this.#handled, changes);
      this.#schedule();
      this.#onChange();
    };
    this.#inFlight = this.#hostTells;
    try {
      this.#model.save_changes(callbacksWithStatus(this.#model, onStatus));
    } catch {
      this.#onLost(); // JupyterLab throws when the comm has gone with its kernel.
    }
    this.#onChange();
  }

  /** A new revision has come: the best sign there is in a host that does not tell. */
  takeRevision() {
    if (!this.#hostTells && !this.#unsaved) this.#handled = this.#changes;
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
