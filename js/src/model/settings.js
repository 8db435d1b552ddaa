/**
 * The settings: traits that the page sets itself, and whether the kernel has them.
 *
 * They are sent by the host, which saves traits. If the answer to a save is lost, hosts
 * with ipywidgets save nothing more: they wait for the status "idle" of the last save.
 * From then on settings are sent in our own message, `sync`, which also asks the kernel
 * to tell all traits again.
 *
 * @import { Model } from "./link/host.js"
 * @import { Info } from "./link/wire.js"
 * @import { Requests } from "./link/requests.js"
 *
 * The changes of one step are undone together, as those of a slider while it is moved.
 * Each save of settings that masks depend on names its step: `<page>-<step>.<changes>`.
 *
 * @typedef {{ changes: number, after: number }} Save changes that went out, and the number
 *   of the last request before them
 */

/**
 * Time between two saves while a slider moves. In between, the page computes alone. The
 * last value is always sent.
 */
const SAVE_EVERY_MS = 250;

/** The element that marimo shows a widget in. */
const MARIMO = "marimo-anywidget";

export class Settings {
  #model;
  #requests;
  #onChange;
  #onLost;
  #isHeld;
  /** Number of the step that a change is of, and the name of what slides in it. */
  #step = 0;
  /** @type {string | null} */
  #sliding = null;
  /** Changes made here, and how many of them went out. */
  #changes = 0;
  #sent = 0;
  /** @type {Map<string, { value: unknown, change: number }>} Not known to be handled. */
  #values = new Map();
  /** @type {Save | null} Under way, as far as is known. */
  #saving = null;
  /** @type {Save | null} */
  #lastSave = null;
  /** Whether the host waits for an answer that is lost. */
  #stuck = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether this host tells when the kernel has handled a change. */
  #hostTells;
  /**
   * What the host's callbacks refer to. They may be kept for longer than the model,
   * which must be freed nevertheless.
   */
  #link = { settings: /** @type {Settings | null} */ (this) };
  /** The kernel's table of the settings. */
  #table;
  /**
   * Names of the settings that can change masks; the kernel's `_revision` counts their
   * changes.
   */
  ofMasks;
  /** Names of the settings that change only the look. */
  ofView;

  /**
   * @param {Model} model
   * @param {Requests} requests
   * @param {() => void} onChange called when changes went out or were handled
   * @param {() => void} onLost called when they cannot go out: the kernel has gone
   * @param {() => boolean} isHeld whether edits that were made before are still to go out
   */
  constructor(model, requests, onChange, onLost, isHeld) {
    this.#model = model;
    this.#requests = requests;
    this.#onChange = onChange;
    this.#onLost = onLost;
    this.#isHeld = isHeld;
    this.#hostTells = typeof model.widget_manager?.callbacks === "function";
    this.#table = /** @type {Info} */ (model.get("_info")).settings;
    const names = Object.keys(this.#table);
    this.ofMasks = names.filter((name) => this.#table[name].of === "mask");
    this.ofView = names.filter((name) => this.#table[name].of === "view");
  }

  /** Whether the kernel has handled every change that can change masks. */
  get settled() {
    return !this.ofMasks.some((name) => this.#values.has(name));
  }

  /** Whether a change is not known to be handled. */
  get waiting() {
    return this.#values.size > 0;
  }

  /** Whether changes wait to go out. */
  get unsaved() {
    return [...this.#values.values()].some(({ change }) => change > this.#sent);
  }

  /** Whether a change that can be undone waits to go out. */
  get unsavedStep() {
    return this.ofMasks.some(
      (name) => (this.#values.get(name)?.change ?? 0) > this.#sent,
    );
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {boolean} slides whether more values may follow in the same step
   */
  set(name, value, slides) {
    if (!slides || this.#sliding !== name) {
      if (!this.#isHeld()) this.flush();
      this.#step++;
    }
    this.#sliding = slides ? name : null;
    this.#values.set(name, { value, change: ++this.#changes });
    this.#model.set(name, value);
    this.#schedule();
  }

  /** A slider is let go: what comes is another step. */
  release() {
    this.#sliding = null;
  }

  /**
   * Send changes that can be undone now, if that is allowed, so that what is sent next
   * comes after them.
   */
  flush() {
    if (!this.unsavedStep || this.#busy) return;
    this.#stop();
    this.#tell();
  }

  /** The edits that had to go out first have gone out. */
  resume() {
    this.#schedule();
  }

  /**
   * The trait has changed. If it has an older value of the kernel's, the value set here
   * stays, because it is about to be sent.
   *
   * @param {string} name
   */
  keep(name) {
    const own = this.#values.get(name);
    if (!own || own.change <= this.#sent || own.value === this.#model.get(name)) return;
    this.#model.set(name, own.value);
  }

  /**
   * Tell the kernel all settings that it may not have, and ask it to tell all traits.
   */
  sync() {
    this.#stop();
    const values = [...this.#values].map(([name, { value }]) => [name, value]);
    const settings = Object.fromEntries(values);
    if (this.unsavedStep) settings._step = this.#stepName;
    this.#markSent();
    const asked = { changes: this.#changes };
    this.#requests.open("sync", { type: "sync", settings }, asked);
  }

  /**
   * The kernel has answered a request: what was sent before it is handled, or lost.
   *
   * @param {number} number of the request
   * @param {boolean} isLost whether something before it was lost
   * @returns {boolean} whether a change may be lost
   */
  pass(number, isLost) {
    const save = this.#saving;
    if (!save || number <= save.after) return false;
    this.#saving = null;
    this.#stuck = this.#hostTells;
    if (this.#stuck || isLost) return true;
    this.#handle(save.changes);
    return false;
  }

  /**
   * The kernel has answered a `sync`.
   *
   * @param {number} changes that it was told of
   */
  synced(changes) {
    this.#handle(changes);
    this.#schedule();
  }

  /**
   * A new revision has come. In a host that does not tell what was handled, it is the
   * best sign of that.
   */
  takeRevision() {
    if (this.#hostTells || this.unsaved) return;
    this.#saving = null;
    this.#handle(this.#changes);
  }

  /**
   * Set a trait after an edit, because marimo runs cells again only when its page sets
   * a trait.
   *
   * @param {number} revision after the edits that were made
   */
  tellHost(revision) {
    if (!globalThis.customElements?.get(MARIMO)) return;
    this.#model.set("_seen", revision);
    this.#model.save_changes();
  }

  /** Nothing is under way any more: the kernel has gone. */
  drop() {
    this.#stop();
    this.#saving = null;
  }

  close() {
    this.drop();
    this.#link.settings = null;
  }

  /** @param {string} name */
  initial(name) {
    return this.#table[name].default;
  }

  /** One message at a time, and not too many: the rest is merged into the next. */
  #schedule() {
    if (!this.#isReady || this.#timer !== undefined) return;
    const wait = this.#sentAt + SAVE_EVERY_MS - performance.now();
    if (wait <= 0) this.#tell();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#isReady) this.#tell();
      }, wait);
    }
  }

  get #isReady() {
    return this.unsaved && !this.#busy && !this.#isHeld();
  }

  get #stepName() {
    return `${this.#requests.page}-${this.#step}.${this.#changes}`;
  }

  /** Whether the kernel is still to tell that it has what was sent last. */
  get #busy() {
    if (this.#stuck) return this.#requests.isOpen("sync");
    return this.#hostTells && this.#saving !== null;
  }

  #tell() {
    if (this.#stuck) {
      this.sync();
      this.#onChange();
    } else this.#save();
  }

  #save() {
    if (this.unsavedStep) this.#model.set("_step", this.#stepName);
    this.#markSent();
    const save = { changes: this.#changes, after: this.#requests.count };
    this.#saving = save;
    this.#lastSave = save;
    this.#requests.hear(); // From now on an answer is waited for.
    try {
      this.#model.save_changes(callbacksOf(this.#model, this.#link, save));
    } catch {
      this.#onLost(); // JupyterLab throws when the comm has gone with its kernel.
    }
    this.#onChange();
  }

  #markSent() {
    this.#sent = this.#changes;
    this.#sentAt = performance.now();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} changes that the kernel has */
  #handle(changes) {
    for (const [name, { change }] of this.#values) {
      if (change <= changes) this.#values.delete(name);
    }
    this.#requests.hear();
  }

  /**
   * @param {Save} save
   * @param {string} status of the kernel, about it
   */
  takeStatus(save, status) {
    this.#hostTells = true;
    if (status !== "idle") return;
    if (this.#saving === save) this.#saving = null;
    // The answer was late, not lost. But now the host would save what it has held back,
    // also values that are older than the page's.
    if (save === this.#lastSave && save.changes === this.#changes) this.#stuck = false;
    this.#handle(save.changes);
    this.#schedule();
    this.#onChange();
  }
}

/**
 * The host's callbacks for a message, and one more that hears the kernel's status.
 *
 * @param {Model} model
 * @param {{ settings: Settings | null }} link
 * @param {Save} save
 */
function callbacksOf({ widget_manager: manager }, link, save) {
  const callbacks = manager?.callbacks?.() ?? {};
  return {
    ...callbacks,
    iopub: {
      ...callbacks.iopub,
      status: (/** @type {{ content: { execution_state: string } }} */ message) =>
        link.settings?.takeStatus(save, message.content.execution_state),
    },
  };
}
