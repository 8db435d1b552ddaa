/**
 * What a page without a kernel holds, and its history: prompts, settings and segments, as
 * the kernel's session.
 *
 * @import { Edit, SegmentEntry } from "../model/link/wire.js"
 * @import { Prompt } from "../model/prompts/index.js"
 *
 * @typedef {object} State
 * @property {Prompt[]} prompts
 * @property {SegmentEntry[]} segments
 * @property {Record<string, any>} settings those that masks depend on
 * @property {string} [step] what changed the settings last, if that was the last change
 */

import { Undo } from "../model/undo.js";

export const NO_KERNEL =
  "This page cannot do that: it works in the notebook only, where a kernel runs.";

export class OfflineSession {
  /** How many changes there have been. */
  revision;
  #undo;
  #ownThreshold;
  #settle;

  /**
   * @param {State} state
   * @param {number} revision
   * @param {number | null} ownThreshold the threshold that was set, if another one was
   *   found automatically
   * @param {(state: State) => State} settle gives a state whose masks can be made
   */
  constructor(state, revision, ownThreshold, settle) {
    this.#settle = settle;
    this.#undo = new Undo(state);
    this.revision = revision;
    this.#ownThreshold = ownThreshold;
  }

  get state() {
    return this.#undo.state;
  }

  /** Whether something can be undone, and redone. */
  get history() {
    return this.#undo.able;
  }

  /**
   * Set settings, as the kernel does: a new threshold turns `auto_threshold` off, and
   * without it the one that was set before comes back.
   *
   * @param {Record<string, any>} changes
   * @param {string} step `<page>-<step>.<changes>`
   */
  set(changes, step) {
    const { settings, step: last } = this.state;
    const of = step.slice(0, step.lastIndexOf("."));
    const next = { ...settings, ...changes };
    if (next.threshold !== settings.threshold) next.auto_threshold = false;
    else if (settings.auto_threshold && !next.auto_threshold) {
      next.threshold = this.#ownThreshold ?? settings.threshold;
    }
    if (isSame(next, settings)) return;
    const { before } = this.#undo;
    const isNewest = !this.history[1];
    if (!before || of !== last || !isNewest) {
      this.#turn({ settings: next, step: of });
      return;
    }
    if (isSame(next, before.settings)) this.#undo.withdraw();
    else this.#undo.amend(this.#settle({ ...this.state, settings: next }));
    this.revision++;
  }

  /** @param {Edit} edit */
  make(edit) {
    const { prompts, segments } = this.state;
    switch (edit.op) {
      case "add":
        return this.#turn({ prompts: [...prompts, edit.prompt] });
      case "clear":
        return prompts.length > 0 && this.#turn({ prompts: [] });
      case "undo":
        return this.#step((undo) => undo.undo());
      case "redo":
        return this.#step((undo) => undo.redo());
      case "delete":
        return this.#turn({ segments: segments.filter(not(edit.segment)) });
      case "change":
        return this.#turn({ segments: changed(segments, edit.segment, edit.fields) });
      default:
        throw new Error(NO_KERNEL);
    }
  }

  /** @param {Partial<State>} change */
  #turn(change) {
    this.#undo.turn(this.#settle({ ...this.state, step: undefined, ...change }));
    this.revision++;
  }

  /** @param {(undo: Undo<State>) => void} step */
  #step(step) {
    const { state } = this;
    step(this.#undo);
    if (this.state !== state) this.revision++;
  }
}

/** @param {number} id */
function not(id) {
  return (/** @type {SegmentEntry} */ segment) => segment.id !== id;
}

/**
 * @param {SegmentEntry[]} segments
 * @param {number} id
 * @param {any} fields
 */
function changed(segments, id, { place, instances, ...fields }) {
  if (instances !== undefined) throw new Error(NO_KERNEL);
  const one = segments.find((segment) => segment.id === id);
  if (!one) throw new Error("That segment is not there any more.");
  const others = segments.filter(not(id));
  if (fields.name !== undefined) fields.name = checkName(fields.name, others);
  const at = place ?? segments.indexOf(one);
  return [...others.slice(0, at), { ...one, ...fields }, ...others.slice(at)];
}

/**
 * A name as the kernel keeps it.
 *
 * @param {string} name
 * @param {SegmentEntry[]} others
 */
function checkName(name, others) {
  const spelled = name.normalize("NFC").trim();
  if (!spelled) throw new Error("a segment's name must not be empty");
  if (others.some((other) => other.name === spelled)) {
    throw new Error(`there is a segment of the name '${spelled}' already`);
  }
  return spelled;
}

/**
 * @param {Record<string, any>} a
 * @param {Record<string, any>} b
 */
function isSame(a, b) {
  return Object.keys(a).every((name) => a[name] === b[name]);
}
