/**
 * A segment's name: a button that selects the segment, and in its place, while it is
 * renamed, an entry for the new one.
 *
 * @import { SegmentEdit, SegmentEntry } from "../../model/link/wire.js"
 *
 * @typedef {object} Doing what the row does
 * @property {() => void} select
 * @property {(name: string) => void} rename
 * @property {(edit: SegmentEdit) => void} edit
 */

import constants from "../../constants.json" with { type: "json" };
import { focusable, html, setAttribute, setText } from "../../dom.js";
import { keyOf } from "../../keyboard.js";
import { editOf } from "../../model/segments.js";

const { NAME_LENGTH } = constants.segments;

export class SegmentName {
  #key = html("span", { class: "ncut-segment-key", "aria-hidden": "true" });
  #label = html("span", { class: "ncut-segment-label", dir: "auto" });
  button = focusable(
    "button",
    { type: "button", class: "ncut-segment-name" },
    this.#key,
    this.#label,
  );
  entry = focusable("input", {
    type: "text",
    class: "ncut-segment-entry",
    maxlength: NAME_LENGTH,
    "aria-label": "Name",
    hidden: "",
  });
  /** @type {SegmentEntry | null} */
  #segment = null;
  #doing;

  /**
   * @param {Doing} doing
   * @param {AbortSignal} signal
   */
  constructor(doing, signal) {
    this.#doing = doing;
    const { button, entry } = this;
    const on = { signal };
    button.addEventListener("click", doing.select, on);
    button.addEventListener("dblclick", () => this.begin(), on);
    button.addEventListener("keydown", (event) => this.#press(event), on);
    entry.addEventListener("blur", () => this.#end(true), on);
    entry.addEventListener("keydown", (event) => this.#type(event), on);
  }

  /**
   * @param {SegmentEntry} segment
   * @param {number} place in the list
   * @param {boolean} selected
   */
  paint(segment, place, selected) {
    const { name, open } = segment;
    this.#segment = segment;
    setText(this.#key, place < 9 ? String(place + 1) : "");
    setText(this.#label, open ? `${name} (open)` : name);
    setAttribute(this.button, "aria-expanded", String(selected));
    setAttribute(this.button, "title", `${name}. Double click: rename.`);
  }

  focus() {
    this.button.focus({ preventScroll: true });
  }

  /** Show an entry for a new name. */
  begin() {
    this.entry.value = this.#segment?.name ?? "";
    this.entry.hidden = false;
    this.button.hidden = true;
    this.entry.focus({ preventScroll: true });
    this.entry.select();
  }

  /** @param {boolean} keep what was written */
  #end(keep) {
    if (this.entry.hidden) return;
    const name = this.entry.value;
    this.entry.hidden = true;
    this.button.hidden = false;
    if (keep && name && name !== this.#segment?.name) this.#doing.rename(name);
  }

  /** @param {KeyboardEvent} event on the name */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const key = keyOf(event);
    const edit = this.#segment && editOf(key, this.#segment);
    if (key !== "F2" && !edit) return;
    event.preventDefault();
    event.stopPropagation();
    if (edit) this.#doing.edit(edit);
    else this.begin();
  }

  /** @param {KeyboardEvent} event in the entry */
  #type(event) {
    event.stopPropagation();
    const key = keyOf(event);
    if (key !== "Enter" && key !== "Escape") return;
    event.preventDefault();
    this.#end(key === "Enter");
    this.focus();
  }
}
