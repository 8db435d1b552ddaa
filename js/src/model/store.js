/**
 * What the page knows of one model, shared by all its views: settings, clicks, maps and
 * pictures. It takes the kernel's messages and tells the views of every change.
 *
 * @import { Edit, Edited, Failure, Info, Message, Model, PictureKind, PictureReply } from "./wire.js"
 * @import { Decoder } from "./pictures.js"
 * @import { Prompts } from "./clicks.js"
 * @import { Answered, Request, RequestKind } from "./requests.js"
 */

import { Clicks, promptsOf } from "./clicks.js";
import { Connection } from "./connection.js";
import { Fetcher, OF_PREVIEWS } from "./fetcher.js";
import { PICTURE_KINDS, Pictures } from "./pictures.js";
import { Previews } from "./previews.js";
import { Requests } from "./requests.js";
import { Settings } from "./settings.js";
import { Similarities } from "./similarities.js";

export class Store {
  /** Grows with everything that can change what masks are asked for. */
  version = 0;
  /** Grows with all that comes from the kernel to make masks of. */
  arrivals = 0;
  /** Whether the kernel that the model belongs to is gone. */
  lost = false;
  /** @type {string | null} */
  error = null;
  pictures;
  similarities = new Similarities();
  previews;

  #model;
  #signal;
  /** @type {Settings} */
  #settings;
  #clicks;
  /** @type {Requests} */
  #requests;
  #fetcher;
  #connection;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {RequestKind | null} */
  #errorKind = null;
  /** The highest that a reply has told. */
  #repliedRevision = 0;
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
    );
    this.#clicks = new Clicks(model.get("clicks"), model.get("_history"));
    this.previews = new Previews(this.info.grid, this.info.settings.num_eig.high);
    this.pictures = new Pictures(decode, this.info.has_images, model.get("_colors"));
    this.#fetcher = new Fetcher(
      model,
      this.#clicks,
      this.#settings,
      this.similarities,
      this.previews,
      this.pictures,
      this.#requests,
    );
    this.#listen();
    this.#connection = new Connection(model, () => this.#resume(), signal);
    signal.addEventListener("abort", () => this.#close(), { once: true });
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

  get history() {
    return this.#clicks.expected.history;
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
    if (this.#clicks.pending > 0 || missing.length > 0) return "pending";
    return this.error ? "error" : "idle";
  }

  /**
   * The kernel's revision that the page's clicks and settings are those of, or null
   * while the two sides are still settling.
   *
   * @returns {number | null}
   */
  get revision() {
    return this.#isSettled ? this.#revisionTold : null;
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
   */
  set(name, value) {
    if (this.get(name) === value) return;
    this.#clearError();
    this.#settings.set(name, value);
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
      "change:_segments": () => this.#notify(),
      "change:_colors": () => {
        this.pictures.recolor(this.get("_colors"));
        this.#refresh();
      },
      "msg:custom": (content, buffers) => {
        if (typeof content?.type === "string") this.#receive(content, buffers ?? []);
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

  /**
   * @param {Message} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   */
  #receive(content, buffers) {
    const answered = this.#requests.settle(content.id);
    const { request } = answered;
    if (this.lost) this.#revive();
    try {
      this.#take(content, buffers, request);
    } catch (error) {
      // What another page cannot read is that page's to say.
      if (request) this.#fail(/** @type {Error} */ (error).message, request.kind);
    }
    if (request) this.#finish(request, content);
    this.#makeUp(answered, content);
    if (content.type !== "pictures" && request?.kind !== "ping") this.arrivals++;
    // Only an edit changes what is asked for: other masks stay as they are.
    if (content.type === "edited" || content.type === "error") this.#change();
    else this.#refresh();
  }

  /**
   * What was asked for and has not come is asked for no more, unless it was not ready.
   *
   * @param {Request} request
   * @param {Message} content of the answer
   */
  #finish(request, content) {
    const { kind } = request;
    const isEdited = content.type === "edited" || content.type === "error";
    if (content.type === "later" || (kind === "edit" && !isEdited)) {
      this.#requests.postpone(kind);
      return;
    }
    this.#requests.fulfil(kind);
    this.similarities.refuse(request.maps ?? []);
    if (OF_PREVIEWS.some((each) => each === kind)) this.previews.refuse(request);
    const pictures = PICTURE_KINDS.find((each) => each === kind);
    if (pictures) this.#finishPictures(pictures, request.images ?? [], content);
  }

  /**
   * @param {PictureKind} kind
   * @param {number[]} asked
   * @param {Message} content
   */
  #finishPictures(kind, asked, content) {
    if (content.type !== "pictures") return this.pictures.refuse(kind, asked);
    const { colors, pictures, left = [] } = content;
    if (this.pictures.isStale(kind, colors)) return; // They are asked for again.
    const isFull = pictures?.length > 0; // Else it would be as full the next time.
    const refused = isFull ? asked.filter((image) => !left.includes(image)) : asked;
    this.pictures.refuse(kind, refused);
  }

  /**
   * Have the kernel tell all again where something was lost; what was asked for and is
   * lost counts as missing.
   *
   * @param {Answered} answered
   * @param {Message} content
   */
  #makeUp({ number, request, lost }, content) {
    if (number === undefined) return;
    const isLost = lost.length > 0;
    const isUnsure = this.#settings.pass(number, isLost);
    if (request?.kind === "sync") this.#settings.synced(request.changes ?? 0);
    else if ((isLost || isUnsure || this.#isBehind(content)) && !this.lost) {
      if (!this.#requests.isOpen("sync")) this.#settings.sync();
    }
  }

  /**
   * Whether the kernel has changed without its traits' having told.
   *
   * @param {Message} content
   */
  #isBehind(content) {
    if (content.type !== "maps" || !this.#isSettled) return false;
    return (content.revision ?? 0) > this.#revisionTold;
  }

  /**
   * @param {Message} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @param {Request | undefined} request that this answers, if it is ours
   */
  #take(content, buffers, request) {
    switch (content.type) {
      case "edited":
        if (request) this.#takeEdited(content);
        this.similarities.accept(content, buffers, this.info.grid);
        break;
      case "maps":
        this.similarities.accept(content, buffers, this.info.grid);
        if (request) this.#clearError("maps");
        break;
      case "vectors":
        this.previews.acceptVectors(content, buffers);
        break;
      case "moments":
        this.previews.acceptMoments(content, buffers);
        break;
      case "pictures":
        if (request) this.#takePictures(content, buffers);
        break;
      case "synced":
        if (request) this.#takeRevision(content.revision);
        break;
      case "error":
        // An answer to another page's request is that page's business.
        if (request || content.id === null) this.#takeError(content, request);
    }
  }

  /** @param {Edited} content */
  #takeEdited({ clicks, history, revision, error }) {
    this.#clicks.settle();
    this.#clicks.tell({ clicks, history });
    this.#takeRevision(revision);
    this.similarities.retry();
    if (error) this.#fail(error, "edit");
    else this.#clearError();
  }

  /**
   * @param {PictureReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   */
  #takePictures({ kind, colors, pictures }, buffers) {
    this.#clearError(kind);
    if (this.pictures.isStale(kind, colors)) return;
    this.pictures
      .accept(kind, colors, pictures, buffers)
      .catch((error) => this.#fail(error.message, kind))
      .finally(() => this.#refresh());
  }

  /**
   * @param {Failure} content
   * @param {Request | undefined} request
   */
  #takeError({ message }, request) {
    if (request?.kind === "edit") this.#clicks.settle();
    this.#fail(message, request?.kind ?? null);
  }

  /** @param {number} revision that a reply tells */
  #takeRevision(revision = 0) {
    this.#repliedRevision = Math.max(this.#repliedRevision, revision);
  }

  get #isSettled() {
    const isTelling = this.#connection.restoring || this.#requests.isOpen("sync");
    const isEditing = this.#clicks.pending > 0 || !this.#settings.settled;
    return !this.lost && !isTelling && !isEditing;
  }

  /** A reply overtakes the traits. */
  get #revisionTold() {
    return Math.max(this.#model.get("_revision"), this.#repliedRevision);
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
    if (!this.lost) this.#settings.sync();
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

  /**
   * @param {string} message
   * @param {RequestKind | null} kind of request that failed
   */
  #fail(message, kind) {
    this.error = message;
    this.#errorKind = kind;
  }

  /** @param {RequestKind} [kind] clear only what a request of this kind left */
  #clearError(kind) {
    if (kind && kind !== this.#errorKind) return;
    this.error = null;
    this.#errorKind = null;
  }

  #retry() {
    this.similarities.retry();
    this.previews.retry();
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
    this.pictures.close();
    this.similarities.close();
    this.previews.close();
  }
}
