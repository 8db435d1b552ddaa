/**
 * The page's side of the line to the kernel: what goes out and what comes in, what is lost
 * on its way, and whether there is a kernel at all.
 *
 * @import { Model } from "./host.js"
 * @import { PromptList } from "../prompts/list.js"
 * @import { Resources } from "./resources.js"
 * @import { Buffers } from "./resource.js"
 *
 * @typedef {object} Hooks
 * @property {() => void} onChange called when other masks may be asked for
 * @property {() => void} onNews called when something else has changed
 * @property {() => void} onReturn called when what the kernel was told may be lost
 */

import { Settings } from "../settings.js";
import { Answers } from "./answers.js";
import { Connection } from "./connection.js";
import { Fetcher } from "./fetcher.js";
import { Requests } from "./requests.js";

export class Link {
  /** Whether the kernel that the model belongs to is gone. */
  lost = false;
  /** Whether a kernel has answered anything. */
  heard = false;
  /** @type {Settings} */
  settings;
  /** @type {Requests} */
  requests;
  answers;
  #model;
  #signal;
  #hooks;
  #prompts;
  #fetcher;
  #connection;

  /**
   * @param {Model} model
   * @param {AbortSignal} signal ends with the model
   * @param {PromptList} prompts
   * @param {Resources} resources
   * @param {Hooks} hooks
   */
  constructor(model, signal, prompts, resources, hooks) {
    this.#model = model;
    this.#signal = signal;
    this.#hooks = hooks;
    this.#prompts = prompts;
    const { onChange, onNews } = hooks;
    const onArrival = () => this.#refresh();
    this.requests = new Requests({
      send: (content) => this.#send(content),
      ping: () => ({ type: "fields", wants: [] }),
      waits: () => !this.lost && this.settings.waiting,
      onSlow: onNews,
      onLater: () => this.fetch(),
    });
    this.settings = new Settings(
      model,
      this.requests,
      onArrival,
      () => this.disconnect(),
      () => prompts.isAtEdit,
    );
    const { settings, requests } = this;
    const parts = { prompts, settings, requests, resources };
    const isSettled = () => this.isSettled;
    this.#fetcher = new Fetcher(model, parts);
    this.answers = new Answers(model, parts, { isSettled, onChange, onArrival });
    this.#connection = new Connection(model, () => this.#resume(), signal);
  }

  /** Images that some view shows, the active one first. */
  get shownImages() {
    return this.#fetcher.shownImages;
  }

  /** Whether page and kernel have the same prompts and settings, as far as is known. */
  get isSettled() {
    const isTelling = this.#connection.restoring || this.requests.isOpen("sync");
    const isEditing = this.#prompts.pending > 0 || !this.settings.settled;
    return !this.lost && !isTelling && !isEditing;
  }

  /**
   * Whether fields of an image are still to come, for the prompts that the kernel knows.
   *
   * @param {number} image
   */
  awaits(image) {
    return this.#fetcher.missingFields([image]).length > 0;
  }

  /**
   * @param {object} view
   * @param {number[]} images that it shows from now on
   */
  show(view, images) {
    this.#fetcher.show(view, images);
    this.fetch();
  }

  /** @param {object} view that has ended */
  forget(view) {
    this.#fetcher.forget(view);
  }

  /** Send the edits, and ask for what is missing. */
  fetch() {
    if (!this.lost && !this.#signal.aborted) this.#fetcher.fetch();
  }

  /**
   * @param {any} content of a message
   * @param {Buffers} buffers
   */
  receive(content, buffers) {
    if (typeof content?.type !== "string") return;
    this.heard = true;
    if (this.lost) this.#revive();
    if (content.type === "picture") return; // `Output` takes it.
    this.answers.receive(content, buffers);
    if (content.type === "edited") this.settings.tellHost(content.revision);
  }

  /**
   * Give up what is under way. If the kernel is still there, its next answer ends this
   * state.
   */
  disconnect() {
    if (this.lost) return;
    this.lost = true;
    this.requests.drop();
    this.#prompts.drop();
    this.settings.drop();
    this.requests.ping();
    this.#hooks.onChange();
  }

  close() {
    this.settings.close();
    this.requests.drop();
  }

  /** @param {object} content */
  #send(content) {
    try {
      this.#model.send(content);
    } catch {
      this.disconnect(); // JupyterLab throws when the comm has gone with its kernel.
    }
  }

  /** The line is back; what was under way may be lost. */
  #resume() {
    if (this.lost) return;
    this.settings.sync();
    this.#hooks.onReturn();
  }

  #revive() {
    this.lost = false;
    this.settings.sync();
  }

  #refresh() {
    this.fetch();
    this.#hooks.onNews();
  }
}
