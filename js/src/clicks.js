/**
 * The clicks: as the kernel last told them, the edits on their way to it in order, and
 * what the clicks will be after them.
 *
 * @import { Click, Edit, Prompt, Source } from "./wire.js"
 *
 * @typedef {{ click: Click, pending: boolean }} ShownClick
 * @typedef {[canUndo: boolean, canRedo: boolean]} History
 * @typedef {object} Prompts
 * @property {number} numEig
 * @property {Prompt[]} positives
 * @property {Prompt[]} negatives
 * @property {{ click_weight: number, bg_weight: number } | null} biased the weights of a
 *   biased cut, or null where each click is compared by itself
 */

import { promptOf } from "./prompts.js";
import { nameOf } from "./wire.js";

/** The method of a biased cut. */
export const BIASED = "biased_ncut";

export class Clicks {
  /** @type {Click[]} */
  #told;
  /** @type {History} */
  #history;
  /** @type {Edit[]} */
  #sent = [];
  /** @type {Edit[]} */
  #waiting = [];
  /** @type {{ clicks: ShownClick[], history: History, unsure: boolean } | null} */
  #expected = null;

  /**
   * @param {Click[]} clicks
   * @param {History} history
   */
  constructor(clicks, history) {
    this.#told = clicks;
    this.#history = history;
  }

  /** As the kernel last told, by trait or by reply. */
  get told() {
    return this.#told;
  }

  /** What they will be, and what can be undone and redone then. */
  get expected() {
    this.#expected ??= this.#preview();
    return this.#expected;
  }

  get editing() {
    return this.#sent.length > 0 || this.waiting;
  }

  get waiting() {
    return this.#waiting.length > 0;
  }

  /**
   * @param {{ clicks?: Click[], history?: History }} news from the kernel
   * @returns {boolean} whether the clicks are others than it told before
   */
  tell({ clicks = this.#told, history = this.#history }) {
    const same =
      clicks.length === this.#told.length &&
      clicks.every((click, i) => isSame(click, this.#told[i]));
    this.#told = clicks;
    this.#history = history;
    this.#expected = null;
    return !same;
  }

  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
    this.#expected = null;
  }

  /** The waiting edits, which from now on count as sent. */
  take() {
    this.#sent = this.#waiting;
    this.#waiting = [];
    return this.#sent;
  }

  /** The kernel has answered for the sent edits. */
  settle() {
    this.#sent = [];
    this.#expected = null;
  }

  drop() {
    this.#waiting = [];
    this.settle();
  }

  /**
   * What the clicks will be once the kernel has taken every edit, as far as the page
   * can know: undo and redo beyond the edits at hand need the kernel's history, and
   * until it has told, the page is unsure of the clicks.
   */
  #preview() {
    /** @type {ShownClick[]} */
    let shown = this.#told.map((click) => ({ click, pending: false }));
    let [canUndo, canRedo] = this.#history;
    /** @type {ShownClick[][]} */
    const past = [];
    /** @type {ShownClick[][]} */
    const future = [];
    let unsure = false;
    for (const edit of this.#untold()) {
      if (edit.op !== "undo" && edit.op !== "redo") {
        past.push(shown);
        shown = edit.op === "click" ? [...shown, pendingClick(edit.click)] : [];
        future.length = 0;
        if (edit.op !== "click") unsure = false;
        [canUndo, canRedo] = [true, false];
        continue;
      }
      const [from, to] = edit.op === "undo" ? [past, future] : [future, past];
      const known = from.pop();
      if (known) {
        to.push(shown);
        shown = known;
      } else if (edit.op === "undo" ? canUndo : canRedo) {
        unsure = true;
      }
      if (edit.op === "undo") canRedo = true;
      else canUndo = true;
    }
    /** @type {History} */
    const expected = [canUndo, canRedo];
    return { clicks: shown, history: expected, unsure };
  }

  /**
   * The edits that do not show in the clicks yet. A click that was sent may, since the
   * trait can arrive before the reply.
   */
  #untold() {
    const sent = this.#sent.filter(
      (edit) =>
        edit.op !== "click" || !this.#told.some((click) => isSame(click, edit.click)),
    );
    return [...sent, ...this.#waiting];
  }
}

/**
 * The cells of some clicks, each once of a label, and what they are compared by.
 *
 * @param {Click[]} clicks
 * @param {(name: string) => any} get a trait of the model
 * @returns {Prompts}
 */
export function promptsOf(clicks, get) {
  const { sizes, grid } = get("_info");
  /** @type {(label: number) => Prompt[]} */
  const cells = (label) =>
    unique(
      clicks
        .filter((click) => click[3] === label)
        .map((click) => promptOf(click, sizes[click[0]], grid)),
    );
  const weights = { click_weight: get("click_weight"), bg_weight: get("bg_weight") };
  const biased = get("method") === BIASED ? weights : null;
  return { numEig: get("num_eig"), positives: cells(1), negatives: cells(0), biased };
}

/**
 * What masks are made of: what is alike to the first, and not to the second.
 *
 * @param {Prompts} prompts
 * @returns {{ positives: Source[], negatives: Source[] }}
 */
export function sourcesOf({ positives, negatives, biased }) {
  if (!biased) return { positives, negatives };
  const together = positives.length ? [{ positives, negatives, ...biased }] : [];
  return { positives: together, negatives: [] };
}

/**
 * @template {Source} T
 * @param {T[]} sources
 * @returns {T[]} each once
 */
export function unique(sources) {
  return [...new Map(sources.map((source) => [nameOf(source), source])).values()];
}

/**
 * @param {Click} click
 * @returns {ShownClick}
 */
function pendingClick(click) {
  return { click, pending: true };
}

/**
 * @param {Click} a
 * @param {Click} b
 */
function isSame(a, b) {
  return a.every((value, i) => value === b[i]);
}
