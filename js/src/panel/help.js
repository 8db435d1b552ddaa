/**
 * The panel that tells what mouse and keys do, and the button that opens it.
 */

import { focusable, html, newId, setAttribute } from "../dom.js";
import { KEY, keyOf, withKey } from "../keyboard.js";
import { icon } from "./icons.js";

const TITLE = "Mouse and keys";

export class Help {
  button;
  panel;
  #close;
  /** @type {HTMLElement | null} What gets the focus back. */
  #opener = null;

  /**
   * @param {string[][]} mouse pairs of gesture and effect
   * @param {string[][]} keys pairs of key and effect
   */
  constructor(mouse, keys) {
    const id = newId();
    this.button = focusable(
      "button",
      {
        type: "button",
        name: "help",
        class: "ncut-round",
        title: withKey(TITLE, KEY.help),
        "aria-label": TITLE,
        "aria-expanded": "false",
        "aria-controls": id,
      },
      "?",
    );
    this.#close = focusable(
      "button",
      {
        type: "button",
        name: "close-help",
        class: "ncut-round",
        title: "Close (Esc)",
        "aria-label": "Close",
      },
      icon("clear"),
    );
    this.panel = html(
      "div",
      { class: "ncut-help", id, role: "group", "aria-label": TITLE, hidden: "" },
      html("div", { class: "ncut-help-head" }, html("span", {}, TITLE), this.#close),
      list(mouse, "span"),
      html("p", {}, "While the image has the focus:"),
      list(keys, "kbd"),
    );
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.button.addEventListener("click", () => this.toggle(this.button), { signal });
    this.#close.addEventListener("click", () => this.close(), { signal });
    /** @type {(event: KeyboardEvent) => void} */
    const press = (event) => this.#press(event);
    this.button.addEventListener("keydown", press, { signal });
    this.panel.addEventListener("keydown", press, { signal });
  }

  /**
   * @param {HTMLElement} opener gets the focus back when the panel is closed, if the
   *   panel has it then
   * @param {{ focus?: boolean }} [how] whether the focus goes into the panel
   */
  toggle(opener, { focus = false } = {}) {
    if (this.isOpen) {
      this.close();
      return;
    }
    this.#opener = opener;
    this.#show(true);
    if (focus) this.#close.focus();
  }

  close() {
    const focused = this.panel.matches(":focus-within");
    this.#show(false);
    if (focused) this.#opener?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.isOpen || !["Escape", "?"].includes(keyOf(event))) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }

  /** @param {boolean} open */
  #show(open) {
    this.panel.hidden = !open;
    setAttribute(this.button, "aria-expanded", String(open));
  }
}

/**
 * @param {string[][]} rows
 * @param {"kbd" | "span"} tag of what is done
 */
function list(rows, tag) {
  const items = rows.map(([act, effect]) =>
    html("div", {}, html("dt", {}, html(tag, {}, act)), html("dd", {}, effect)),
  );
  return html("dl", {}, ...items);
}
