/**
 * What the page knows of one model, shared by all its views: settings, clicks, maps and
 * pictures. It tells the views of every change.
 *
 * @import { Edit, Info, Model, SegmentEntry } from "./wire.js"
 * @import { Decoder } from "./pictures.js"
 * @import { Prompts } from "./clicks.js"
 */

import { Answers } from "./answers.js";
import { Clicks, promptsOf } from "./clicks.js";
import { Connection } from "./connection.js";
import { Fetcher } from "./fetcher.js";
import { Output } from "./output.js";
import { Requests } from "./requests.js";
import { Resources } from "./resources.js";
import { Settings } from "./settings.js";

export class Store {
  /** Grows with everything that can change what masks are asked for. */
  version = 0;
  /** Whether the kernel that the model belongs to is gone. */
  lost = false;
  /** Whether a kernel has answered anything. */
  heard = false;

  #model;
  #signal;
  #resources;
  /** @type {Settings} */
  #settings;
  #clicks;
  /** @type {Requests} */
  #requests;
  #answers;
  #fetcher;
  #connection;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {Prompts & { version: number } | null} */
  #prompts = null;

  /**
   * @param {Model} model
   * @param {AbortSignal} signal ends with the model
   * @param {Decoder} [decode]
   */
  constructor(model, signal, decode = (file) => createImageBitmap(file)) {
    this.#model = model;
    this.#signal = signal;
    this.output = new Output(model, signal);
    this.#requests = new Requests({
      send: (content) => this.#send(content),
      ping: () => ({ type: "maps", num_eig: this.get("num_eig"), wants: [] }),
      waits: () => !this.lost && this.#settings.waiting,
      onSlow: () => this.#notify(),
      onLater: () => this.#fetch(),
    });
    this.#settings = new Settings(
      model,
      this.#requests,
      () => this.#refresh(),
      () => this.#disconnect(),
      () => this.#clicks.isAtEdit,
    );
    this.#clicks = new Clicks(model.get("clicks"), model.get("_history"));
    this.#resources = new Resources(this.info, model.get("_colors"), decode);
    const parts = {
      clicks: this.#clicks,
      settings: this.#settings,
      requests: this.#requests,
      resources: this.#resources,
    };
    this.#fetcher = new Fetcher(model, parts);
    this.#answers = new Answers(model, parts, {
      isSettled: () => this.#isSettled,
      onChange: () => this.#change(),
      onArrival: () => this.#refresh(),
    });
    this.#listen();
    this.#connection = new Connection(model, () => this.#resume(), signal);
    signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  get similarities() {
    return this.#resources.similarities;
  }

  get previews() {
    return this.#resources.previews;
  }

  get pictures() {
    return this.#resources.pictures;
  }

  get segmentMasks() {
    return this.#resources.segmentMasks;
  }

  get segmentCells() {
    return this.#resources.segmentCells;
  }

  /** @returns {SegmentEntry[]} the committed segments, in their order */
  get segments() {
    return this.#model.get("_segments");
  }

  /** Whether the segments' masks on the active image are here. */
  get hasSegments() {
    return this.segmentMasks.isComplete(this.segments, this.activeImage);
  }

  /** What the stage showed when the widget was displayed last, or null. */
  get still() {
    /** @type {{ image: number, url: string } | null} */
    const still = this.#model.get("_still");
    return this.heard || still?.image !== this.activeImage ? null : still.url;
  }

  /** Whether there is no kernel, and what was put into the page answers. */
  get offline() {
    return this.info.offline === true;
  }

  /** What a function of the user's raised, and what it was called for; or null. */
  get failure() {
    return this.#answers.failure;
  }

  forgetFailure() {
    this.#answers.failure = null;
    this.#notify();
  }

  /** Grows with all that comes from the kernel to make masks of. */
  get arrivals() {
    return this.#answers.arrivals;
  }

  /** What went wrong, in a sentence, or null. */
  get error() {
    return this.#answers.error;
  }

  /** @returns {Info} */
  get info() {
    return this.#model.get("_info");
  }

  get imageCount() {
    return this.info.sizes.length;
  }

  /** @returns {number} */
  get activeImage() {
    return this.#model.get("active_image");
  }

  /** The clicks as they will be after the edits on their way. */
  get clicks() {
    return this.#clicks.expected.clicks;
  }

  /** Whether something can be undone, and redone, once the kernel has what is sent. */
  get history() {
    const isSet = !this.#settings.settled && this.#clicks.pending === 0;
    return isSet ? [true, false] : this.#clicks.expected.history;
  }

  /** Whether an edit on its way may bring clicks that the page does not know. */
  get unsure() {
    return this.#clicks.expected.unsure;
  }

  /** Cells of the clicks that the masks are to be made of. */
  get prompts() {
    if (this.#prompts?.version !== this.version) {
      const clicks = this.clicks.map(({ click }) => click);
      const prompts = promptsOf(clicks, (name) => this.get(name));
      this.#prompts = { ...prompts, version: this.version };
    }
    return this.#prompts;
  }

  /** Whether the kernel lets us wait: it runs a cell, or it is gone. */
  get slow() {
    return this.#requests.slow;
  }

  /** @returns {"idle" | "pending" | "error"} */
  get state() {
    if (this.lost) return "error";
    const missing = this.#fetcher.missingMaps([this.activeImage]);
    const isWaiting = missing.length > 0 || !this.hasSegments;
    if (this.#clicks.pending > 0 || isWaiting) return "pending";
    return this.error ? "error" : "idle";
  }

  /**
   * The kernel's revision that the page's clicks and settings are those of, or null
   * while the two sides are still settling.
   *
   * @returns {number | null}
   */
  get revision() {
    return this.#isSettled ? this.#answers.revision : null;
  }

  /** Images that some view shows, the active one first. */
  get shownImages() {
    return this.#fetcher.shownImages;
  }

  /**
   * @param {string} name of a setting
   * @returns {any}
   */
  get(name) {
    return this.#model.get(name);
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {boolean} [slides] whether it is on its way until `release`: one step of undo
   */
  set(name, value, slides = false) {
    if (this.get(name) === value) return;
    this.#answers.clearError();
    this.#settings.set(name, value, slides);
    const isUndone = this.#settings.ofMasks.includes(name);
    if (isUndone && this.#clicks.pending > 0) this.#clicks.mark();
  }

  /** A slider is let go. */
  release() {
    this.#settings.release();
  }

  /** Settings that can change masks. */
  get maskSettings() {
    return this.#settings.ofMasks;
  }

  /** @param {string} name of a setting */
  reset(name) {
    this.set(name, this.#settings.initial(name));
  }

  /** @param {Edit} edit */
  edit(edit) {
    if (this.lost) return;
    this.#settings.release();
    if (this.#settings.unsavedStep) this.#clicks.mark();
    this.#clicks.push(edit);
    this.#change();
  }

  /**
   * Tell which images a view shows; what they lack is fetched.
   *
   * @param {object} view
   * @param {number[]} images
   */
  show(view, images) {
    this.#fetcher.show(view, images);
    this.#fetch();
  }

  /**
   * @param {object} view
   * @param {() => void} listener called after every change
   * @param {AbortSignal} signal ends with the view
   */
  attach(view, listener, signal) {
    this.#listeners.add(listener);
    const detach = () => {
      this.#listeners.delete(listener);
      this.#fetcher.forget(view);
    };
    signal.addEventListener("abort", detach, { once: true });
  }

  #listen() {
    /** @type {Record<string, (...args: any[]) => void>} */
    const handlers = {
      "change:clicks": () => {
        // A reply may have told them already.
        if (this.#clicks.tell({ clicks: this.get("clicks") })) this.#retry();
        else this.#refresh();
      },
      "change:_history": () => {
        this.#clicks.tell({ history: this.get("_history") });
        this.#refresh();
      },
      "change:_revision": () => {
        this.#settings.takeRevision();
        this.#notify();
      },
      "change:_segments": () => this.#refresh(),
      "change:_colors": () => {
        this.#resources.recolor(this.get("_colors"));
        this.#refresh();
      },
      "msg:custom": (content, buffers) => {
        if (typeof content?.type !== "string") return;
        this.heard = true;
        if (this.lost) this.#revive();
        if (content.type === "picture") return; // for `output`
        this.#answers.receive(content, buffers ?? []);
        if (content.type === "edited") this.#settings.tellHost(content.revision);
      },
      // What ipywidgets tells when the kernel restarts.
      comm_live_update: () => this.#disconnect(),
    };
    /** @type {(names: string[], then: () => void) => void} */
    const listen = (names, then) => {
      for (const name of names) {
        handlers[`change:${name}`] = () => {
          this.#settings.keep(name);
          then();
        };
      }
    };
    listen(this.#settings.ofMasks, () => this.#retry());
    listen(this.#settings.ofView, () => this.#refresh());
    for (const [name, handler] of Object.entries(handlers))
      this.#model.on(name, handler);
    const unlisten = () => {
      for (const [name, handler] of Object.entries(handlers)) {
        this.#model.off(name, handler);
      }
    };
    this.#signal.addEventListener("abort", unlisten, { once: true });
  }

  get #isSettled() {
    const isTelling = this.#connection.restoring || this.#requests.isOpen("sync");
    const isEditing = this.#clicks.pending > 0 || !this.#settings.settled;
    return !this.lost && !isTelling && !isEditing;
  }

  #fetch() {
    if (!this.lost && !this.#signal.aborted) this.#fetcher.fetch();
  }

  /** @param {object} content */
  #send(content) {
    try {
      this.#model.send(content);
    } catch {
      this.#disconnect(); // JupyterLab throws when the comm has gone with its kernel.
    }
  }

  /** The line to the kernel is back; what was under way may be lost. */
  #resume() {
    if (this.lost) return;
    this.#settings.sync();
    this.output.tell();
  }

  /** Give up what is under way. Should the kernel still be there, its answer revives. */
  #disconnect() {
    if (this.lost) return;
    this.lost = true;
    this.#requests.drop();
    this.#clicks.drop();
    this.#settings.drop();
    this.#requests.ping();
    this.#change();
  }

  #revive() {
    this.lost = false;
    this.#settings.sync();
  }

  #retry() {
    this.#resources.retry();
    this.#change();
  }

  #change() {
    this.version++;
    this.#refresh();
  }

  #refresh() {
    this.#fetch();
    this.#notify();
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }

  #close() {
    this.#settings.close();
    this.#requests.drop();
    this.#listeners.clear();
    this.#resources.close();
  }
}
