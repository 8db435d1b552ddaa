/**
 * Buttons, and a control for each setting of the table.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Local } from "../../local.js"
 * @import { Control } from "./table.js"
 *
 * @typedef {{ element: HTMLElement, paint: () => void }} Part
 */

import { html } from "../../dom.js";
import { buttons } from "./buttons.js";
import { check, choice } from "./choice.js";
import { slider } from "./slider.js";
import { CONTROLS, FIRST } from "./table.js";
import { ways } from "./ways.js";

/** By the kind of setting, as the kernel's table has it, or of control. */
const KINDS = { whole: slider, number: slider, flag: check, choice, ways };

export class Controls {
  /** @type {Part[]} */
  #parts;
  element;

  /**
   * @param {Store} store
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed, signal) {
    const first = partOf(store, FIRST, signal);
    const head = buttons(store, local, changed, signal);
    const made = CONTROLS.map((group) =>
      group.map((control) => partOf(store, control, signal)),
    );
    this.#parts = [first, head, ...made.flat()];
    const groups = made.map((parts) =>
      html("div", { class: "ncut-group" }, ...parts.map(({ element }) => element)),
    );
    const parts = [first.element, head.element, ...groups];
    this.element = html("div", { class: "ncut-controls" }, ...parts);
  }

  paint() {
    for (const { paint } of this.#parts) paint();
  }
}

/**
 * @param {Store} store
 * @param {Control} control
 * @param {AbortSignal} signal
 */
function partOf(store, control, signal) {
  const kind = control.as ?? store.info.settings[control.name].kind;
  return KINDS[kind](store, control, signal);
}
