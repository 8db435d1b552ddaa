/**
 * The buttons above the settings: undo, redo, clear, commit, and whether a plain click
 * is positive or negative.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Local } from "../../local.js"
 * @import { Part } from "./controls.js"
 *
 * @typedef {object} EditButton
 * @property {"undo" | "redo" | "clear" | "commit"} op
 * @property {string} label
 * @property {string} title
 * @property {(store: Store) => boolean} able whether there is something to do
 */

import { focusable, html } from "../../dom.js";
import { KEY, withKey } from "../../keyboard.js";
import { icon } from "../icons.js";
import { pressButton, showPressed } from "./press.js";

/** @type {EditButton[]} */
const EDITS = [
  {
    op: "undo",
    label: "Undo",
    title: "Take back the last change of clicks, settings or segments",
    able: (store) => store.history[0],
  },
  {
    op: "redo",
    label: "Redo",
    title: "Bring back what was undone",
    able: (store) => store.history[1],
  },
  {
    op: "clear",
    label: "Clear",
    title: "Remove every click; can be undone",
    able: (store) => store.clicks.length > 0,
  },
  {
    op: "commit",
    label: "Commit",
    title: withKey(
      "Keep these masks as a segment, and go on to the next thing",
      KEY.commit,
    ),
    able: (store) => store.seeds.positives.length > 0 && !store.offline,
  },
];

/**
 * Whether a plain click is positive or negative, for those who have no second mouse
 * button and no keys.
 */
const SIGNS = [
  { name: "positive", sign: "+", title: "A click says: this is it", negative: false },
  {
    name: "negative",
    sign: "−",
    title: "A click says: this is not it",
    negative: true,
  },
];

/**
 * @param {Store} store
 * @param {Local} local
 * @param {() => void} changed called when `local` has changed
 * @param {AbortSignal} signal
 * @returns {Part}
 */
export function buttons(store, local, changed, signal) {
  const edits = EDITS.map((spec) => editButton(store, spec, signal));
  const signs = SIGNS.map(({ name, sign, title, negative }) => {
    const says = () => {
      local.negative = negative;
      changed();
    };
    const given = { name, title, "aria-label": title };
    const element = pressButton(given, sign, says, signal);
    const paint = () => showPressed(element, local.negative === negative);
    return { element, paint };
  });
  const group = { class: "ncut-signs", role: "group", "aria-label": "Clicks" };
  const element = html(
    "div",
    { class: "ncut-buttons" },
    ...edits.map((part) => part.element),
    html("div", group, ...signs.map((part) => part.element)),
  );
  const paint = () => {
    for (const part of [...edits, ...signs]) part.paint();
  };
  return { element, paint };
}

/**
 * @param {Store} store
 * @param {EditButton} spec
 * @param {AbortSignal} signal
 */
function editButton(store, { op, label, title, able }, signal) {
  const attributes = { type: "button", name: op, class: "ncut-button", title };
  const element = focusable("button", attributes, icon(op), html("span", {}, label));
  element.addEventListener("click", () => store.edit({ op }), { signal });
  const paint = () => {
    element.disabled = store.lost || !able(store);
  };
  return { element, paint };
}
