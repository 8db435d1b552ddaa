/**
 * The edits on their way to the kernel, in order. They are numbered, and the kernel
 * applies each number once, so edits whose answer is lost can be sent again.
 *
 * @import { Edit } from "../link/wire.js"
 *
 * @typedef {Edit | { op: "set" }} Queued an edit, or the place among them of a change
 *   of settings, which is sent in another message
 */

export class EditQueue {
  /** @type {Queued[]} */
  #sent = [];
  /** @type {Queued[]} */
  #waiting = [];
  /** Number of the first of the sent edits, or of the next. */
  #first = 1;

  /** All that the kernel has not answered for, the sent ones first. */
  get all() {
    return [...this.#sent, ...this.#waiting];
  }

  /** How many edits are sent, and not answered for. */
  get sent() {
    return editsOf(this.#sent).length;
  }

  /** How many edits the kernel has not answered for. */
  get pending() {
    return this.sent + editsOf(this.#waiting).length;
  }

  /** Whether a change of settings has to go out next. */
  get isAtMark() {
    return this.#waiting[0]?.op === "set";
  }

  /** Whether an edit has to go out next. */
  get isAtEdit() {
    return this.#waiting.length > 0 && !this.isAtMark;
  }

  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
  }

  /**
   * A setting has changed: it has to go out after the edits so far, and before the next
   * ones.
   */
  mark() {
    if (this.#waiting.at(-1)?.op !== "set") this.#waiting.push({ op: "set" });
  }

  /** The settings have gone out. */
  pass() {
    const [mark, ...rest] = this.#waiting;
    this.#waiting = rest;
    if (this.#sent.length > 0) this.#sent.push(mark);
  }

  /**
   * The edits to send; from now on they count as sent. Edits that were sent before and
   * have no answer are taken again, the same ones. None if settings have to go out
   * first.
   *
   * @returns {{ first: number, edits: Edit[] }} and the number of the first
   */
  take() {
    if (this.#sent.length === 0) {
      const mark = this.#waiting.findIndex(({ op }) => op === "set");
      const count = mark < 0 ? this.#waiting.length : mark;
      this.#sent = this.#waiting.splice(0, count);
    }
    return { first: this.#first, edits: editsOf(this.#sent) };
  }

  /** The kernel has answered for the sent edits. */
  settle() {
    this.#first += this.sent; // A number is never used again.
    this.#sent = [];
  }

  drop() {
    this.#waiting = [];
    this.settle();
  }
}

/**
 * @param {Queued[]} queued
 * @returns {Edit[]}
 */
function editsOf(queued) {
  return /** @type {Edit[]} */ (queued.filter(({ op }) => op !== "set"));
}
