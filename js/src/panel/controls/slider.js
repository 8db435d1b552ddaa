/**
 * The slider of a setting that is a number: its value is the setting's own.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Control } from "./table.js"
 * @import { Part } from "./controls.js"
 */

import { focusable, html, newId, setAttribute, setText } from "../../dom.js";
import { KEY, withKey } from "../../keyboard.js";
import { pressButton, showPressed } from "./press.js";

/**
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 * @returns {Part}
 */
export function slider(store, control, signal) {
  const { name, label, step = 1, format = String, idle, shown } = control;
  const { low, usual, sentence: title } = store.info.settings[name];
  const id = newId();
  const attributes = { type: "range", name, id, min: low, step, title };
  const range = focusable("input", attributes);
  // Hidden from assistive tools, because the slider itself tells its value.
  const output = html("span", { class: "ncut-value", "aria-hidden": "true" });
  const caption = html("label", { for: id, title: `${title} Double click: reset.` });
  caption.append(label);
  const toggle = control.toggle && toggleButton(store, control.toggle, signal);
  const named = namedValues(store, control, signal);
  const head = toggle
    ? html("div", { class: "ncut-caption" }, caption, toggle.element)
    : caption;
  const element = html(
    "div",
    { class: "ncut-slider" },
    ...[head, output, range],
    ...named.elements,
  );
  listen(store, name, range, signal);
  caption.addEventListener("dblclick", () => store.reset(name), { signal });

  const paint = () => {
    toggle?.paint();
    named.paint();
    const value = store.get(name);
    setAttribute(range, "max", String(Math.max(usual, value)));
    if (range.valueAsNumber !== value) range.value = String(value);
    const text = format(value, store);
    setText(output, text);
    setAttribute(range, "aria-valuetext", text);
    element.classList.toggle("ncut-idle", !!idle?.(store));
    element.hidden = shown ? !shown(store) : false;
  };
  return { element, paint };
}

/**
 * @param {Store} store
 * @param {string} name of the setting
 * @param {HTMLInputElement} range
 * @param {AbortSignal} signal
 */
function listen(store, name, range, signal) {
  const slide = () => store.set(name, range.valueAsNumber, true);
  range.addEventListener("input", slide, { signal });
  // A key that is held changes the value repeatedly. That is one step of undo until the
  // key is released.
  let isHeld = false;
  const hold = (/** @type {boolean} */ held) => {
    isHeld = held;
    if (!isHeld) store.release();
  };
  range.addEventListener("keydown", () => hold(true), { signal });
  range.addEventListener("change", () => hold(isHeld), { signal });
  for (const end of ["keyup", "blur"]) {
    range.addEventListener(end, () => hold(false), { signal });
  }
}

/**
 * A button beside it, of a setting that is true or false.
 *
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 * @returns {Part}
 */
function toggleButton(store, { name, label, key, shown }, signal) {
  const title = withKey(store.info.settings[name].sentence, key);
  const flip = () => store.set(name, !store.get(name));
  const element = pressButton({ name, title }, label, flip, signal);
  const paint = () => {
    showPressed(element, store.get(name));
    element.hidden = shown ? !shown(store) : false;
  };
  return { element, paint };
}

/**
 * Buttons below it, where some of its values have names.
 *
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 */
function namedValues(store, { name, label: groupLabel }, signal) {
  const { named = {}, unit } = store.info.settings[name];
  const words = Object.entries(named);
  if (words.length < 2) return { elements: [], paint: () => {} };
  const buttons = words.map(([word, value]) => {
    const title = withKey(`${value} ${unit}`, KEY.granularity, "next");
    const label = word[0].toUpperCase() + word.slice(1);
    const choose = () => store.set(name, value);
    const element = pressButton({ name: word, title }, label, choose, signal);
    return { element, value };
  });
  const group = { class: "ncut-named", role: "group", "aria-label": groupLabel };
  const paint = () => {
    for (const { element, value } of buttons) {
      showPressed(element, store.get(name) === value);
    }
  };
  const elements = buttons.map(({ element }) => element);
  return { elements: [html("div", group, ...elements)], paint };
}
