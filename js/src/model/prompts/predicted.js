/**
 * What the prompts will be once the kernel has taken every edit, as far as the page can
 * know. Undo and redo beyond the edits at hand need the kernel's history; until the
 * kernel has answered, the page is unsure of the prompts.
 *
 * @import { Prompt } from "./index.js"
 * @import { Click } from "./click.js"
 * @import { Queued } from "./queue.js"
 *
 * @typedef {[canUndo: boolean, canRedo: boolean]} History
 * @typedef {{ prompt: Prompt, pending: boolean }} ShownPrompt
 * @typedef {{ click: Click, pending: boolean }} ShownClick
 *
 * @typedef {object} Predicted
 * @property {Prompt[]} prompts
 * @property {ShownClick[]} clicks those of the prompts that are clicks
 * @property {History} history
 * @property {boolean} unsure whether an edit may bring prompts that the page does not know
 *
 * @typedef {{ told: Prompt[] }} Told
 * @typedef {Told | { prompt: Prompt, after: Places }} Places a prompt after others, as
 *   a chain: an array would be copied for each of thousands of prompts
 */

import { Undo } from "../undo.js";
import { isClick } from "./index.js";

/** @type {Places} */
const NOTHING = { told: [] };

/**
 * @param {Prompt[]} told by the kernel
 * @param {History} history that it has
 * @param {Queued[]} edits that are not in these yet
 * @returns {Predicted}
 */
export function predict(told, history, edits) {
  let unsure = false;
  /** @type {Undo<Places>} */
  let undo = new Undo(/** @type {Places} */ ({ told }), history);
  for (const edit of edits) {
    switch (edit.op) {
      case "add":
        undo.turn({ prompt: edit.prompt, after: undo.state });
        break;
      case "clear":
      case "commit":
        undo.turn(NOTHING);
        unsure = false;
        break;
      case "undo":
        if (!undo.undo()) unsure = true;
        break;
      case "redo":
        if (!undo.redo()) unsure = true;
        break;
      case "reopen":
        // Only the kernel knows its prompts.
        undo = new Undo(NOTHING, [true, false]);
        unsure = true;
        break;
      default:
        undo.turn(undo.state); // A step that does not change the prompts.
    }
  }
  const [canUndo, canRedo] = undo.able;
  // One mark may stand for several changes of settings, and each is a step.
  const isMarked = edits.some(({ op }) => op === "set");
  return { ...listed(undo.state), history: [canUndo || isMarked, canRedo], unsure };
}

/** @param {Places} places */
function listed(places) {
  /** @type {Prompt[]} */
  const added = [];
  while ("prompt" in places) {
    added.push(places.prompt);
    places = places.after;
  }
  const prompts = [...places.told, ...added.reverse()];
  const { length } = places.told;
  /** @type {ShownClick[]} */
  const clicks = [];
  for (const [i, prompt] of prompts.entries()) {
    if (isClick(prompt)) clicks.push({ click: prompt, pending: i >= length });
  }
  return { prompts, clicks };
}
