/**
 * The traceback of a function of the user's that raised an error when it was called for
 * a change. It stays until it is closed.
 *
 * @import { Store } from "../model/store.js"
 */

import { focusable, html, setText } from "../dom.js";
import { icon } from "./icons.js";

/** @type {Record<string, string>} by cause, for what is not a function of the user's */
const TITLES = {
  autosave: "The session could not be saved",
  "autosave by another": "Somebody else wrote the session's file",
};

export class Trouble {
  #title = html("span");
  #traceback = focusable("pre", { class: "ncut-traceback", tabindex: 0 });
  #store;
  element;

  /**
   * @param {Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.#store = store;
    const close = focusable(
      "button",
      {
        type: "button",
        name: "close-trouble",
        class: "ncut-round",
        title: "Close",
        "aria-label": "Close",
      },
      icon("clear"),
    );
    close.addEventListener("click", () => store.forgetFailure(), { signal });
    this.element = html(
      "div",
      { class: "ncut-trouble", "data-ncut": "trouble", role: "alert" },
      html("div", { class: "ncut-help-head" }, this.#title, close),
      this.#traceback,
    );
    this.element.hidden = true;
  }

  paint() {
    const { failure } = this.#store;
    this.element.hidden = failure === null;
    if (!failure) return;
    const { what } = failure;
    const failed = `A function of yours, called for ${what}, failed`;
    setText(this.#title, TITLES[what] ?? failed);
    setText(this.#traceback, failure.traceback);
  }
}
