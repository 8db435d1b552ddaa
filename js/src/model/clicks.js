/**
 * The clicks: as the kernel last told them, the edits on their way to it in order, and
 * what the clicks will be after them. Edits are numbered: the kernel applies a number
 * once, so that those whose answer is lost can be sent again.
 *
 * @import { Click, Edit, Cell, Source, Together } from "./wire.js"
 *
 * @typedef {Edit | { op: "set" }} Queued an edit, or the place of a change of settings,
 *   which goes another way, among them
 * @typedef {{ click: Click, pending: boolean }} ShownClick
 * @typedef {[canUndo: boolean, canRedo: boolean]} History
 * @typedef {object} Step a click, or what was cleared, or neither
 * @property {ShownClick} [click]
 * @property {ShownClick[]} [cleared]
 * @typedef {object} Prompts
 * @property {number} numEig
 * @property {Cell[]} positives
 * @property {Cell[]} negatives
 * @property {Together | null} together how all clicks are compared together, or null
 *   where each is by itself
 */

import { clickedCell } from "../maths/coordinates.js";

/** The methods that take all clicks together: in diffusion coordinates, and by a cut. */
export const DIFFUSION = "diffusion";
export const BIASED = "biased_ncut";

export class Clicks {
  /** @type {Click[]} */
  #told;
  /** @type {History} */
  #history;
  /** @type {Queued[]} */
  #sent = [];
  /** @type {Queued[]} */
  #waiting = [];
  /** Number of the first of the sent edits, or of the next. */
  #first = 1;
  /** Whether the kernel has told other clicks since they were sent. */
  #toldSince = false;
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

  /** How many edits the kernel has not answered for. */
  get pending() {
    return editsOf(this.#sent).length + editsOf(this.#waiting).length;
  }

  /** Whether an edit is out that shows in the clicks: its answer, with maps, is near. */
  get arriving() {
    return editsOf(this.#sent).length > 0 && this.#toldSince;
  }

  /**
   * @param {{ clicks?: Click[], history?: History }} news from the kernel
   * @returns {boolean} whether the clicks are others than it told before
   */
  tell({ clicks = this.#told, history = this.#history }) {
    const same =
      clicks.length === this.#told.length &&
      clicks.every((click, i) => isSame(click, this.#told[i]));
    this.#history = history;
    this.#expected = null;
    if (same) return false;
    this.#told = clicks;
    this.#toldSince = true;
    return true;
  }

  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
    this.#expected = null;
  }

  /** A setting has changed: it is to go out after the edits, and before what follows. */
  mark() {
    if (this.#waiting.at(-1)?.op === "set") return;
    this.#waiting.push({ op: "set" });
    this.#expected = null;
  }

  /** Whether a change of settings is what is to go out next. */
  get isAtMark() {
    return this.#waiting[0]?.op === "set";
  }

  /** Whether an edit is. */
  get isAtEdit() {
    return this.#waiting.length > 0 && !this.isAtMark;
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
      this.#toldSince = false;
    }
    return { first: this.#first, edits: editsOf(this.#sent) };
  }

  /** The kernel has answered for the sent edits. */
  settle() {
    this.#first += editsOf(this.#sent).length; // A number is never used again.
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
    /** @type {Step[]} Each is a click or what was cleared, in the order they were made. */
    const past = [];
    /** @type {Step[]} */
    const future = [];
    /** @type {(step: Step) => void} */
    const make = (step) => {
      past.push(step);
      if (step.click) shown.push(step.click);
      else if (step.cleared) [step.cleared, shown] = [shown, []];
    };
    let unsure = false;
    for (const edit of this.#untold()) {
      if (edit.op === "reopen") {
        // Its clicks are the kernel's to tell.
        [shown, past.length, future.length, unsure] = [[], 0, 0, true];
        [canUndo, canRedo] = [true, false];
        continue;
      }
      if (edit.op !== "undo" && edit.op !== "redo") {
        // A change of settings is a step, too, that leaves the clicks.
        const clears = edit.op === "clear" || edit.op === "commit";
        if (edit.op === "click") make({ click: pendingClick(edit.click) });
        else make(clears ? { cleared: [] } : {});
        future.length = 0;
        if (clears) unsure = false;
        [canUndo, canRedo] = [true, false];
        continue;
      }
      const step = (edit.op === "undo" ? past : future).pop();
      if (!step) {
        if (edit.op === "undo" ? canUndo : canRedo) unsure = true;
      } else if (edit.op === "redo") make(step);
      else {
        if (step.click) shown.pop();
        else if (step.cleared) shown = step.cleared;
        future.push(step);
      }
      if (edit.op === "undo") canRedo = true;
      else canUndo = true;
    }
    /** @type {History} */
    const expected = [canUndo, canRedo];
    return { clicks: shown, history: expected, unsure };
  }

  /**
   * The edits that do not show in the clicks yet. A click that was sent may, among the
   * newest ones, since the trait can arrive before the reply.
   */
  #untold() {
    const { length } = editsOf(this.#sent);
    if (length === 0) return this.#waiting;
    const newest = new Set(this.#told.slice(-length).map(String));
    const sent = this.#sent.filter(
      (edit) => edit.op !== "click" || !newest.has(String(edit.click)),
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
  const { sizes, grid, methods } = get("_info");
  const method = get("method");
  const names = methods[method];
  /** @type {Map<number, { cell: Cell, label: number }>} */
  const clicked = new Map();
  for (const click of clicks) {
    const cell = clickedCell(click, sizes[click[0]], grid);
    const [image, row, col] = cell;
    const label = click[3];
    let index = (image * grid[0] + row) * grid[1] + col;
    // Elsewhere a cell may be asked for and against; here its last click counts.
    if (method !== DIFFUSION) index = 2 * index + label;
    const known = clicked.get(index);
    if (known) known.label = label;
    else clicked.set(index, { cell, label });
  }
  const all = [...clicked.values()];
  const [negatives, positives] = [0, 1].map((label) =>
    all.filter((each) => each.label === label).map(({ cell }) => cell),
  );
  const together = names && {
    method,
    settings: names.map((/** @type {string} */ name) => [name, get(name)]),
  };
  return { numEig: get("num_eig"), positives, negatives, together: together ?? null };
}

/**
 * What masks are made of: what is alike to the first, and not to the second.
 *
 * @param {Prompts} prompts
 * @returns {{ positives: Source[], negatives: Source[] }}
 */
export function sourcesOf({ positives, negatives, together }) {
  if (!together) return { positives, negatives };
  if (!positives.length) return { positives: [], negatives: [] };
  const { method, settings } = together;
  const set = { method, positives, negatives, ...Object.fromEntries(settings) };
  return { positives: [set], negatives: [] };
}

/**
 * @param {Queued[]} queued
 * @returns {Edit[]}
 */
function editsOf(queued) {
  return /** @type {Edit[]} */ (queued.filter(({ op }) => op !== "set"));
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
