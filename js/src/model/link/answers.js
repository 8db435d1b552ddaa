/**
 * What the kernel answers, and what follows. What has arrived is kept; what has not is
 * refused, asked for later, or told again.
 *
 * @import { Model } from "./host.js"
 * @import { CallbackFailed, Edited, Failure, Message } from "./wire.js"
 * @import { Parts } from "./fetcher.js"
 * @import { Answered, Request, RequestKind } from "./requests.js"
 * @import { Buffers } from "./resource.js"
 *
 * @typedef {object} Hooks
 * @property {() => boolean} isSettled whether page and kernel have the same prompts and
 *   settings, as far as is known
 * @property {() => void} onChange called when other masks may be asked for
 * @property {() => void} onArrival called after every other answer
 */

export class Answers {
  /** Grows with everything from the kernel that masks are made of. */
  arrivals = 0;
  /** @type {string | null} What went wrong, in a sentence. */
  error = null;
  /** @type {CallbackFailed | null} Of a function of the user's. */
  failure = null;
  /** @type {RequestKind | null} Of the request that failed. */
  #errorKind = null;
  /** The highest revision that an answer has told. */
  #revision = 0;
  #model;
  #prompts;
  #settings;
  #requests;
  #resources;
  #hooks;

  /**
   * @param {Model} model
   * @param {Parts} parts
   * @param {Hooks} hooks
   */
  constructor(model, { prompts, settings, requests, resources }, hooks) {
    this.#model = model;
    this.#prompts = prompts;
    this.#settings = settings;
    this.#requests = requests;
    this.#resources = resources;
    this.#hooks = hooks;
  }

  /**
   * The kernel's revision as it was last told. An answer may arrive before the traits.
   */
  get revision() {
    return Math.max(this.#model.get("_revision"), this.#revision);
  }

  /**
   * @param {Message} content
   * @param {Buffers} buffers
   */
  receive(content, buffers) {
    const answered = this.#requests.settle(content.id);
    const { request } = answered;
    try {
      this.#take(content, buffers, request);
    } catch (error) {
      // Only the page that asked tells its user.
      if (request) this.#fail(/** @type {Error} */ (error).message, request.kind);
    }
    if (request) this.#finish(request, content);
    this.#makeUp(answered, content);
    if (content.type !== "pictures" && request?.kind !== "ping") this.arrivals++;
    // Other answers do not change which masks are asked for.
    if (content.type === "edited" || content.type === "error") this.#hooks.onChange();
    else this.#hooks.onArrival();
  }

  /** @param {RequestKind} [kind] clear only what a request of this kind left */
  clearError(kind) {
    if (kind && kind !== this.#errorKind) return;
    this.error = null;
    this.#errorKind = null;
  }

  /**
   * @param {Message} content
   * @param {Buffers} buffers
   * @param {Request | undefined} request that this answers, if it is ours
   */
  #take(content, buffers, request) {
    switch (content.type) {
      case "edited":
        if (request) this.#takeEdited(content, request);
        if (!request?.outdated) this.#resources.fields.accept(content, buffers);
        break;
      case "synced":
        if (request) this.#takeRevision(content.revision);
        break;
      case "failed":
        this.failure = content;
        break;
      case "error":
        // An error of another page's request is shown there.
        if (request || content.id === null) this.#takeError(content, request);
        break;
      default:
        if (request) this.clearError(request.kind);
        if (isOutdated(content, request)) break;
        this.#resources
          .accept(content, buffers, request !== undefined)
          ?.catch((error) => this.#fail(error.message, request?.kind ?? null))
          .finally(() => this.#hooks.onArrival());
    }
  }

  /**
   * @param {Edited} content
   * @param {Request} request
   */
  #takeEdited({ prompts, history, revision, error }, { base }) {
    this.#prompts.settle();
    this.#prompts.tell({ history });
    this.#takeRevision(revision);
    // A change of another list than this page's would make a list that exists nowhere.
    const follows = base && this.#prompts.follow(base, prompts, revision);
    if (!follows && !this.#requests.isOpen("sync")) this.#settings.sync();
    this.#resources.fields.retry();
    if (error) this.#fail(error, "edit");
    else this.clearError();
  }

  /**
   * @param {Failure} content
   * @param {Request | undefined} request
   */
  #takeError({ message }, request) {
    if (request?.kind === "edit") this.#prompts.settle();
    this.#fail(message, request?.kind ?? null);
  }

  /** @param {number} revision that a reply tells */
  #takeRevision(revision = 0) {
    this.#revision = Math.max(this.#revision, revision);
  }

  /**
   * What was asked for and has not come is not asked for again, unless it was not
   * ready.
   *
   * @param {Request} request
   * @param {Message} content of the answer
   */
  #finish(request, content) {
    const { kind, keys = [] } = request;
    const isEdited = content.type === "edited" || content.type === "error";
    if (content.type === "later" || (kind === "edit" && !isEdited)) {
      this.#requests.postpone(kind);
      return;
    }
    this.#requests.fulfil(kind);
    if (!isOutdated(content, request)) this.#resources.refuse(kind, keys, content);
  }

  /**
   * If something was lost, ask the kernel to tell everything again. What was asked for
   * and is lost counts as missing.
   *
   * @param {Answered} answered
   * @param {Message} content
   */
  #makeUp({ number, request, lost }, content) {
    if (number === undefined) return;
    const isLost = lost.length > 0;
    const isUnsure = this.#settings.pass(number, isLost);
    if (request?.kind === "sync") this.#settings.synced(request.changes ?? 0);
    else if (isLost || isUnsure || this.#isBehind(content)) {
      if (!this.#requests.isOpen("sync")) this.#settings.sync();
    }
  }

  /**
   * Whether the kernel has changed, but its traits have not told so.
   *
   * @param {Message} content
   */
  #isBehind(content) {
    if (content.type !== "fields" || !this.#hooks.isSettled()) return false;
    return (content.revision ?? 0) > this.revision;
  }

  /**
   * @param {string} message
   * @param {RequestKind | null} kind of request that failed
   */
  #fail(message, kind) {
    this.error = message;
    this.#errorKind = kind;
  }
}

/**
 * Whether an answer may be of fewer images than there are now; pictures are of files, or
 * tell the version of their colours.
 *
 * @param {Message} content
 * @param {Request | undefined} request
 */
function isOutdated({ type }, request) {
  return type !== "pictures" && request?.outdated === true;
}
