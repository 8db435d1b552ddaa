/**
 * The edits on their way to the kernel, in order. They are numbered: the kernel applies
 * a number once, so that those whose answer is lost can be sent again.
 *
 * @import { Edit } from "../link/wire.js"
 *
 * @typedef {Edit | { op: "set" }} Queued an edit, or the place of a change of settings,
 *   which goes another way, among them
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

  /** Whether a change of settings is what is to go out next. */
  get isAtMark() {
    return this.#waiting[0]?.op === "set";
  }

  /** Whether an edit is. */
  get isAtEdit() {
    return this.#waiting.length > 0 && !this.isAtMark;
  }

  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
  }

  /** A setting has changed: it is to go out after the edits, and before what follows. */
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
   * The edits to send, which from now on count as sent: the same again, if they were
   * sent before, and the kernel has not answered for them. None where settings go first.
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
