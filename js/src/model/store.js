/**
 * What the page knows of one model, shared by all its views: settings, prompts, fields
 * and pictures. It tells the views of every change.
 *
 * @import { Model } from "./link/host.js"
 * @import { Edit, Info, SegmentEntry } from "./link/wire.js"
 * @import { Decoder } from "./pictures.js"
 */

import { countOf } from "./images.js";
import { Link } from "./link/link.js";
import { Resources } from "./link/resources.js";
import { methodOf } from "./methods.js";
import { Output } from "./output.js";
import { PromptList } from "./prompts/list.js";
import { SeedsOfPrompts } from "./seeds.js";

export class Store {
  /** Grows with everything that can change what masks are asked for. */
  version = 0;

  #model;
  #resources;
  #prompts;
  #link;
  #seeds = new SeedsOfPrompts();
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {Model} model
   * @param {AbortSignal} signal ends with the model
   * @param {Decoder} [decode]
   */
  constructor(model, signal, decode = (file) => createImageBitmap(file)) {
    this.#model = model;
    this.output = new Output(model, signal);
    this.#prompts = new PromptList(model.get("clicks"), model.get("_history"));
    const by = () => model.get("by");
    this.#resources = new Resources(this.info, model.get("_colors"), by, decode);
    this.#link = new Link(model, signal, this.#prompts, this.#resources, {
      onChange: () => this.#change(),
      onNews: () => this.#notify(),
      onReturn: () => this.output.tell(),
    });
    listen(model, this.#handlers(), signal);
    signal.addEventListener("abort", () => this.#close(), { once: true });
  }

  // What it knows ----------------------------------------------------------------------

  get fields() {
    return this.#resources.fields;
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

  /** @returns {Info} */
  get info() {
    return this.#model.get("_info");
  }

  /** The method that is set. */
  get method() {
    return methodOf((name) => this.#model.get(name));
  }

  get ways() {
    return this.#resources.ways;
  }

  /** What is known of the way that is set; undefined while it is not made. */
  get way() {
    return this.ways.get(this.#model.get("by"));
  }

  get imageCount() {
    return countOf(this.info);
  }

  /** @returns {number} */
  get activeImage() {
    return this.#model.get("active_image");
  }

  /** Images that some view shows, the active one first. */
  get shownImages() {
    return this.#link.shownImages;
  }

  /** What the stage showed when the widget was displayed last, or null. */
  get still() {
    /** @type {{ image: number, url: string } | null} */
    const still = this.#model.get("_still");
    return this.heard || still?.image !== this.activeImage ? null : still.url;
  }

  /** The prompts as they will be after the edits on their way. */
  get prompts() {
    return this.#prompts.expected.prompts;
  }

  /** Those of them that are clicks. */
  get clicks() {
    return this.#prompts.expected.clicks;
  }

  /** Whether something can be undone, and redone, once the kernel has what is sent. */
  get history() {
    const isSet = !this.#link.settings.settled && this.#prompts.pending === 0;
    return isSet ? [true, false] : this.#prompts.expected.history;
  }

  /** Whether an edit on its way may bring prompts that the page does not know. */
  get unsure() {
    return this.#prompts.expected.unsure;
  }

  /** Seeds of the fields that the masks are made of. */
  get seeds() {
    return this.#seeds.of(this.prompts, (name) => this.get(name));
  }

  // The kernel -------------------------------------------------------------------------

  /** Whether the kernel that the model belongs to is gone. */
  get lost() {
    return this.#link.lost;
  }

  /** Whether a kernel has answered anything. */
  get heard() {
    return this.#link.heard;
  }

  /** Whether there is no kernel, and what was put into the page answers. */
  get offline() {
    return this.info.offline === true;
  }

  /** Whether an answer is late: the kernel runs a cell, or it is gone. */
  get slow() {
    return this.#link.requests.slow;
  }

  /** What a function of the user's raised, and what it was called for; or null. */
  get failure() {
    return this.#link.answers.failure;
  }

  forgetFailure() {
    this.#link.answers.failure = null;
    this.#notify();
  }

  /** Grows with all that comes from the kernel to make masks of. */
  get arrivals() {
    return this.#link.answers.arrivals;
  }

  /** What went wrong, in a sentence, or null. */
  get error() {
    return this.#link.answers.error;
  }

  /** @returns {"idle" | "pending" | "error"} */
  get state() {
    if (this.lost) return "error";
    const isWaiting = this.#link.awaits(this.activeImage) || !this.hasSegments;
    if (this.#prompts.pending > 0 || isWaiting) return "pending";
    return this.error ? "error" : "idle";
  }

  /**
   * The kernel's revision, if the page has the same prompts and settings; null while
   * messages are under way.
   *
   * @returns {number | null}
   */
  get revision() {
    return this.#link.isSettled ? this.#link.answers.revision : null;
  }

  // What views do ----------------------------------------------------------------------

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
   * @param {boolean} [slides] whether more values may follow until `release`; they are
   *   one step of undo
   */
  set(name, value, slides = false) {
    if (this.get(name) === value) return;
    this.#link.answers.clearError();
    this.#link.settings.set(name, value, slides);
    const isUndone = this.maskSettings.includes(name);
    if (isUndone && this.#prompts.pending > 0) this.#prompts.mark();
  }

  /** A slider is let go. */
  release() {
    this.#link.settings.release();
  }

  /** Settings that can change masks. */
  get maskSettings() {
    return this.#link.settings.ofMasks;
  }

  /** @param {string} name of a setting */
  reset(name) {
    this.set(name, this.#link.settings.initial(name));
  }

  /** @param {Edit} edit */
  edit(edit) {
    if (this.lost) return;
    this.#link.settings.release();
    if (this.#link.settings.unsavedStep) this.#prompts.mark();
    this.#prompts.push(edit);
    this.#change();
  }

  /**
   * Tell which images a view shows; what they lack is fetched.
   *
   * @param {object} view
   * @param {number[]} images
   */
  show(view, images) {
    this.#link.show(view, images);
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
      this.#link.forget(view);
    };
    signal.addEventListener("abort", detach, { once: true });
  }

  // What becomes of it -----------------------------------------------------------------

  /** What is done when the model tells something, by the name of its event. */
  #handlers() {
    const { settings } = this.#link;
    /** @type {Record<string, (...args: any[]) => void>} */
    const handlers = {
      "change:clicks": () => {
        // A reply may have told them already.
        if (this.#prompts.tell({ prompts: this.get("clicks") })) this.#retry();
        else this.#refresh();
      },
      "change:_history": () => {
        this.#prompts.tell({ history: this.get("_history") });
        this.#refresh();
      },
      "change:_revision": () => {
        settings.takeRevision();
        this.#notify();
      },
      "change:_segments": () => this.#refresh(),
      "change:_info": () => {
        this.#resources.renew(this.info);
        this.#link.requests.outdate();
        this.#change();
      },
      "change:_colors": () => {
        this.#resources.recolor(this.get("_colors"));
        this.#refresh();
      },
      "msg:custom": (content, buffers) => this.#link.receive(content, buffers ?? []),
      // What ipywidgets tells when the kernel restarts.
      comm_live_update: () => this.#link.disconnect(),
    };
    /** @type {(names: string[], then: () => void) => void} */
    const follow = (names, then) => {
      for (const name of names) {
        handlers[`change:${name}`] = () => {
          settings.keep(name);
          then();
        };
      }
    };
    follow(settings.ofMasks, () => this.#retry());
    follow(settings.ofView, () => this.#refresh());
    return handlers;
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
    this.#link.fetch();
    this.#notify();
  }

  #notify() {
    for (const listener of this.#listeners) listener();
  }

  #close() {
    this.#link.close();
    this.#listeners.clear();
    this.#resources.close();
  }
}

/**
 * Listen to a model until it ends.
 *
 * @param {Model} model
 * @param {Record<string, (...args: any[]) => void>} handlers by the name of an event
 * @param {AbortSignal} signal ends with the model
 */
function listen(model, handlers, signal) {
  for (const [name, handler] of Object.entries(handlers)) model.on(name, handler);
  const unlisten = () => {
    for (const [name, handler] of Object.entries(handlers)) model.off(name, handler);
  };
  signal.addEventListener("abort", unlisten, { once: true });
}
