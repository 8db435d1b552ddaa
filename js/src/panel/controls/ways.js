/**
 * The switch between the ways that a click can be meant: a button each, of which one is
 * chosen. A way that is still being made cannot be chosen, nor one that could not be
 * made.
 *
 * For assistive tools it is a group of radio buttons, with the keys of one: Tab stops at
 * the chosen button, and arrows choose the next (https://www.w3.org/WAI/ARIA/apg/patterns/radio/).
 *
 * @import { Store } from "../../model/store.js"
 * @import { Control } from "./table.js"
 * @import { Part } from "./controls.js"
 */

import { focusable, html, setAttribute } from "../../dom.js";
import { keyOf, withKey } from "../../keyboard.js";
import { CHOICE_NAMES } from "./table.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/**
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 * @returns {Part}
 */
export function ways(store, control, signal) {
  const { name, label, key, shown } = control;
  const title = withKey(store.info.settings[name].sentence, key);
  const buttons = store.ways.names.map((value) => {
    const attributes = { type: "button", name, value, role: "radio" };
    const text = CHOICE_NAMES[value];
    const element = focusable("button", { ...attributes, class: "ncut-way" }, text);
    const choose = () => store.set(name, value);
    element.addEventListener("click", choose, { signal });
    return element;
  });
  const group = { class: "ncut-ways", role: "radiogroup", "aria-label": label };
  const element = html("div", group, ...buttons);
  element.addEventListener("keydown", (event) => step(event, buttons), { signal });
  const paint = () => {
    element.hidden = shown ? !shown(store) : false;
    paintButtons(store, buttons, name, title);
  };
  return { element, paint };
}

/**
 * Why a way cannot be chosen, in a sentence; null if it can.
 *
 * @param {Store} store
 * @param {string} by
 */
export function whyNot({ ways }, by) {
  if (ways.has(by)) return null;
  return ways.reason(by) ?? `“${CHOICE_NAMES[by]}” is still being made`;
}

/**
 * @param {Store} store
 * @param {HTMLButtonElement[]} buttons
 * @param {string} name of the setting
 * @param {string} title of those that can be chosen
 */
function paintButtons(store, buttons, name, title) {
  const { ways } = store;
  const isWaiting = !store.lost && !store.slow;
  const chosen = store.get(name);
  const able = buttons.filter(({ value }) => ways.has(value));
  const stop = able.find(({ value }) => value === chosen) ?? able[0];
  for (const button of buttons) {
    const { value } = button;
    const isMade = ways.has(value);
    const failed = ways.reason(value);
    const why = whyNot(store, value);
    const label = failed ? `${CHOICE_NAMES[value]}: ${failed}` : why;
    button.disabled = !isMade;
    button.tabIndex = button === stop ? 0 : -1;
    setAttribute(button, "aria-checked", String(value === chosen));
    setAttribute(button, "aria-busy", String(isWaiting && !isMade && !failed));
    setAttribute(button, "title", why ?? title);
    setAttribute(button, "aria-label", label ?? CHOICE_NAMES[value]);
  }
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} buttons
 */
function step(event, buttons) {
  const by = STEPS[keyOf(event)];
  if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  const able = buttons.filter(({ disabled }) => !disabled);
  const at = able.indexOf(/** @type {HTMLButtonElement} */ (event.target));
  const next = able[(at + by + able.length) % able.length];
  next?.focus();
  next?.click();
}
