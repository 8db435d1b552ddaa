/**
 * Requests that the kernel has not answered yet.
 *
 * The kernel answers requests in the order in which it gets them. So an answer says
 * that every earlier request that is still open is lost, on its way there or back. If
 * nothing is asked later, a ping is sent. A busy kernel answers all of them late.
 *
 * @import { Known } from "../prompts/list.js"
 *
 * @typedef {string} RequestKind a resource's, or "edit", "sync", "ping"
 * @typedef {object} Asked what the reply should bring, or settle
 * @property {string[]} [keys] of what was asked for
 * @property {number} [changes] of the settings that were told
 * @property {Known} [base] list of prompts that its answer is to change
 *
 * @typedef {object} Sent
 * @property {RequestKind} kind
 * @property {number} number
 * @property {boolean} slow
 * @property {boolean} outdated whether its answer may be of fewer images than there are now
 * @property {Timer} timer
 * @typedef {Asked & Sent} Request
 * @typedef {ReturnType<typeof setTimeout> | undefined} Timer
 *
 * @typedef {object} Answered
 * @property {number} [number] of the request; undefined if it is another page's
 * @property {Request} [request] undefined if it is not open any more
 * @property {Request[]} lost those that will not be answered any more
 *
 * @typedef {object} Line to the kernel, and who listens
 * @property {(content: object) => void} send
 * @property {() => object} ping a message that is sent only to be answered
 * @property {() => boolean} waits whether anything besides the open requests waits for
 *   an answer
 * @property {() => void} onSlow
 * @property {() => void} onLater called when it is time to ask again for what was not ready
 */

/**
 * After this time the kernel counts as slow: if it runs no cell, it answers in well
 * under a second.
 */
const SLOW_AFTER_MS = 3000;
/** Time without an answer before the first ping; each next ping waits twice as long. */
const PING_AFTER_MS = 1000;
const PING_WITHIN_MS = 60_000;
/**
 * Time before asking again for what the kernel still computes; each time twice as long.
 */
const LATER_AFTER_MS = 300;
const LATER_WITHIN_MS = 5000;

export class Requests {
  /** Name of this page; `crypto.randomUUID` is lacking on hubs that are plain http. */
  page = `p${Math.random().toString(36).slice(2)}`;
  /** How many requests were made; the number of the last one. */
  count = 0;

  /** @type {Map<number, Request>} By number, oldest first. */
  #open = new Map();
  /** @type {Map<RequestKind, { wait: number, timer: Timer }>} To be asked again later. */
  #later = new Map();
  /** @type {Timer} */
  #timer;
  #wait = PING_AFTER_MS;
  #line;

  /** @param {Line} line */
  constructor(line) {
    this.#line = line;
  }

  /** Whether the kernel lets a request wait for long. */
  get slow() {
    return [...this.#open.values()].some((request) => request.slow);
  }

  /** @param {RequestKind} kind */
  isOpen(kind) {
    return [...this.#open.values()].some((request) => request.kind === kind);
  }

  /**
   * Whether such a request may be made now: there is one of a kind at a time.
   *
   * @param {RequestKind} kind
   */
  isFree(kind) {
    return !this.isOpen(kind) && this.#later.get(kind)?.timer === undefined;
  }

  /**
   * @param {RequestKind} kind
   * @param {object} content
   * @param {Asked} [asked]
   */
  open(kind, content, asked = {}) {
    const number = ++this.count;
    const isPing = kind === "ping";
    /** @type {Request} */
    const request = {
      ...asked,
      kind,
      number,
      slow: false,
      outdated: false,
      timer: undefined,
    };
    if (!isPing) {
      request.timer = setTimeout(() => {
        request.slow = true;
        this.#line.onSlow();
      }, SLOW_AFTER_MS);
    }
    this.#open.set(number, request);
    if (isPing) this.watch();
    else this.hear();
    this.#line.send({ ...content, id: `${this.page}-${number}` });
  }

  /**
   * @param {unknown} id of a reply
   * @returns {Answered}
   */
  settle(id) {
    const number = this.#numberOf(id);
    if (number === undefined) return { lost: [] };
    const lost = [...this.#open.values()].filter((open) => open.number < number);
    const request = this.#open.get(number);
    for (const each of request ? [...lost, request] : lost) this.#close(each);
    this.hear();
    return { number, request, lost };
  }

  /**
   * The kernel has said that it is not ready for such a request.
   *
   * @param {RequestKind} kind
   */
  postpone(kind) {
    const before = this.#later.get(kind)?.wait;
    const wait = before ? Math.min(2 * before, LATER_WITHIN_MS) : LATER_AFTER_MS;
    /** @type {{ wait: number, timer: Timer }} */
    const later = { wait, timer: undefined };
    later.timer = setTimeout(() => {
      later.timer = undefined;
      this.#line.onLater();
    }, wait);
    this.#later.set(kind, later);
  }

  /**
   * The kernel has answered such a request for good.
   *
   * @param {RequestKind} kind
   */
  fulfil(kind) {
    this.#later.delete(kind);
  }

  /** What the open requests bring may be made of eigenvectors that have changed. */
  outdate() {
    for (const request of this.#open.values()) request.outdated = true;
  }

  /** Ask the kernel for a sign of life. */
  ping() {
    this.open("ping", this.#line.ping());
  }

  /**
   * Ask the kernel for a sign of life, repeatedly, as long as something waits for one.
   */
  watch() {
    if (this.#timer !== undefined || !this.#waits) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#waits) return;
      this.#wait = Math.min(2 * this.#wait, PING_WITHIN_MS);
      this.ping();
    }, this.#wait);
  }

  /** Wait anew: the kernel has answered, or there is something new to wait for. */
  hear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wait = PING_AFTER_MS;
    this.watch();
  }

  /** Give up all of them. */
  drop() {
    for (const request of [...this.#open.values()]) this.#close(request);
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #waits() {
    const asked = [...this.#open.values()].some(({ kind }) => kind !== "ping");
    return asked || this.#line.waits();
  }

  /** @param {Request} request */
  #close(request) {
    clearTimeout(request.timer);
    this.#open.delete(request.number);
  }

  /** @param {unknown} id */
  #numberOf(id) {
    const prefix = `${this.page}-`;
    if (typeof id !== "string" || !id.startsWith(prefix)) return undefined;
    const number = Number(id.slice(prefix.length));
    return number >= 1 && number <= this.count ? number : undefined;
  }
}
