/**
 * The rows of settings that are not numbers: a list for a choice, a check box for a
 * flag.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Control } from "./table.js"
 * @import { Part } from "./controls.js"
 */

import { focusable, html, newId } from "../../dom.js";
import { withKey } from "../../keyboard.js";
import { CHOICE_NAMES } from "./table.js";

/**
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 * @returns {Part}
 */
export function choice(store, control, signal) {
  const { name, label, key } = control;
  const id = newId();
  const { settings, methods } = store.info;
  const { sentence, choices } = settings[name];
  const title = withKey(sentence, key);
  const select = focusable(
    "select",
    { name, id, title },
    ...choices.map((value) =>
      html("option", { value }, CHOICE_NAMES[value] ?? methods[value].title),
    ),
  );
  const choose = () => store.set(name, select.value);
  select.addEventListener("change", choose, { signal });
  const element = html(
    "div",
    { class: "ncut-row" },
    html("label", { for: id }, label),
    select,
  );
  const paint = () => {
    select.value = store.get(name);
    paintRow(element, control, store);
  };
  return { element, paint };
}

/**
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 * @returns {Part}
 */
export function check(store, control, signal) {
  const { name, label, idle, why } = control;
  const title = store.info.settings[name].sentence;
  const box = focusable("input", { type: "checkbox", name });
  const choose = () => store.set(name, box.checked);
  box.addEventListener("change", choose, { signal });
  const row = { class: "ncut-row ncut-check", title };
  const element = html("label", row, label, box);
  const paint = () => {
    box.checked = store.get(name);
    paintRow(element, control, store);
    if (why) element.title = idle?.(store) ? why : title;
  };
  return { element, paint };
}

/**
 * @param {HTMLElement} element
 * @param {Control} control
 * @param {Store} store
 */
function paintRow(element, { idle, shown }, store) {
  if (idle) element.classList.toggle("ncut-idle", idle(store));
  if (shown) element.hidden = !shown(store);
}
