/**
 * The list of prompts: as the kernel last told it, the edits on their way to it, and what
 * the list will be after them.
 *
 * @import { Edit, ListChange } from "../link/wire.js"
 * @import { Prompt } from "./index.js"
 * @import { History, Predicted } from "./predicted.js"
 *
 * @typedef {{ revision: number, prompts: Prompt[] }} Known the list at a revision
 */

import { isSame, keyOf, readPrompts } from "./index.js";
import { predict } from "./predicted.js";
import { EditQueue } from "./queue.js";

/** The empty list at the beginning: a change of it adds all prompts. @type {Known} */
const BEGINNING = { revision: 0, prompts: [] };

export class PromptList {
  /** @type {Prompt[]} */
  #told;
  /** @type {History} */
  #history;
  #queue = new EditQueue();
  /** Whether the kernel has told other prompts since the edits were sent. */
  #toldSince = false;
  /** @type {Predicted | null} */
  #expected = null;

  /**
   * The last list that an answer told, with its revision: the next answer tells what
   * has changed since. Traits tell lists, too, but a list and its revision may come at
   * different times, and one of them may be lost.
   *
   * @type {Known}
   */
  known = BEGINNING;

  /**
   * @param {unknown} told
   * @param {History} history
   */
  constructor(told, history) {
    this.#told = readPrompts(told);
    this.#history = history;
  }

  /** The prompts as the kernel last told them, by trait or by reply. */
  get told() {
    return this.#told;
  }

  /** What the prompts will be, and whether they can be undone and redone then. */
  get expected() {
    this.#expected ??= predict(this.#told, this.#history, this.#untold());
    return this.#expected;
  }

  /** How many edits the kernel has not answered for. */
  get pending() {
    return this.#queue.pending;
  }

  /**
   * Whether an edit that changes the prompts was sent: its answer will bring fields.
   */
  get arriving() {
    return this.#queue.sent > 0 && this.#toldSince;
  }

  /** Whether a change of settings has to go out next. */
  get isAtMark() {
    return this.#queue.isAtMark;
  }

  /** Whether an edit has to go out next. */
  get isAtEdit() {
    return this.#queue.isAtEdit;
  }

  /**
   * @param {{ prompts?: unknown, history?: History }} news from the kernel
   * @returns {boolean} whether the prompts differ from those it told before
   */
  tell({ prompts, history = this.#history }) {
    const before = this.#told;
    const told = prompts === undefined ? before : readPrompts(prompts);
    const same =
      told.length === before.length &&
      told.every((prompt, i) => isSame(prompt, before[i]));
    this.#history = history;
    this.#expected = null;
    if (same) return false;
    this.#told = told;
    this.#toldSince = true;
    return true;
  }

  /**
   * Take what an answer tells of the list: a change of the list that was known when it
   * was asked.
   *
   * @param {Known} base
   * @param {ListChange | undefined} change
   * @param {number} revision
   * @returns {boolean} false if the change does not fit: then the list is not known any
   *   more
   */
  follow(base, change, revision) {
    const { keep = -1, added } = change ?? {};
    const fits = Number.isInteger(keep) && keep >= 0 && keep <= base.prompts.length;
    if (!fits) {
      this.known = BEGINNING;
      return false;
    }
    const prompts = [...base.prompts.slice(0, keep), ...readPrompts(added)];
    this.known = { revision, prompts };
    this.tell({ prompts });
    return true;
  }

  /** @param {Edit} edit */
  push(edit) {
    this.#queue.push(edit);
    this.#expected = null;
  }

  /**
   * A setting has changed: it has to go out after the edits so far, and before the next
   * ones.
   */
  mark() {
    this.#queue.mark();
    this.#expected = null;
  }

  /** The settings have gone out. */
  pass() {
    this.#queue.pass();
  }

  /**
   * The edits to send, as `EditQueue.take`.
   *
   * @returns {{ first: number, edits: Edit[] }}
   */
  take() {
    if (this.#queue.sent === 0) this.#toldSince = false;
    return this.#queue.take();
  }

  /** The kernel has answered for the sent edits. */
  settle() {
    this.#queue.settle();
    this.#expected = null;
  }

  drop() {
    this.#queue.drop();
    this.#expected = null;
  }

  /**
   * The edits that are not in the told prompts yet. A prompt that was sent may be among
   * the newest ones already, since the trait can arrive before the reply.
   */
  #untold() {
    const { all, sent } = this.#queue;
    if (sent === 0) return all;
    const newest = new Set(this.#told.slice(-sent).map(keyOf));
    let left = sent;
    return all.filter((edit) => {
      if (edit.op === "set" || left === 0) return true;
      left--;
      return edit.op !== "add" || !newest.has(keyOf(edit.prompt));
    });
  }
}
