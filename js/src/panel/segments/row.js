/**
 * A segment's row in the list: colour, name, share of the image, whether it is shown, and
 * while it is selected all else that can be done with it.
 *
 * @import { Store } from "../../model/store.js"
 * @import { SegmentEntry, SegmentFields } from "../../model/link/wire.js"
 * @import { IconName } from "../icons.js"
 */

import { focusable, html, setAttribute, setText } from "../../dom.js";
import { KEY, withKey } from "../../keyboard.js";
import { icon, setIcon } from "../icons.js";
import { SegmentName } from "./name.js";

/** @type {Record<string, string>} */
const INSTANCES = {
  connected: "Connected parts",
  watershed: "Split where they touch",
  whole: "All as one",
};

const THINGS =
  "How things are counted and shaded: connected parts, parts split where they touch, " +
  "or all as one";

export class SegmentRow {
  element;
  #store;
  #id;
  /** @type {SegmentEntry | null} */
  #segment = null;
  #place = 0;
  #name;
  #share = html("output", { class: "ncut-segment-share" });
  #color = focusable("input", { type: "color", class: "ncut-swatch" });
  #things = focusable(
    "select",
    { class: "ncut-segment-things", title: THINGS },
    ...Object.entries(INSTANCES).map(([value, label]) =>
      html("option", { value }, label),
    ),
  );
  #eye;
  #open;
  #rename;
  #remove;
  #up;
  #down;
  #tools;

  /**
   * @param {number} id
   * @param {Store} store
   * @param {() => void} select
   * @param {AbortSignal} signal
   */
  constructor(id, store, select, signal) {
    this.#id = id;
    this.#store = store;
    this.#name = new SegmentName(
      {
        select,
        rename: (name) => this.#change({ name }),
        edit: (edit) => store.edit(edit),
      },
      signal,
    );
    const button = (
      /** @type {IconName} */ name,
      /** @type {string} */ title,
      /** @type {() => void} */ act,
    ) => toolButton(name, title, act, signal);
    this.#eye = button("show", withKey("Show or hide", KEY.show), () =>
      this.#change({ visible: !this.#segment?.visible }),
    );
    this.#open = button("edit", withKey("Edit its clicks and settings", KEY.edit), () =>
      store.edit({ op: "reopen", segment: this.#segment?.open ? null : id }),
    );
    this.#rename = button("rename", "Rename (double click, F2)", () =>
      this.#name.begin(),
    );
    this.#up = button(
      "up",
      "Move up the list: it is painted under those after it",
      () => this.#change({ place: this.#place - 1 }),
    );
    this.#down = button(
      "down",
      "Move down the list: it is painted over those before it",
      () => this.#change({ place: this.#place + 1 }),
    );
    this.#remove = button("delete", "Delete; can be undone", () =>
      store.edit({ op: "delete", segment: id }),
    );
    this.#tools = html(
      "div",
      { class: "ncut-segment-tools", hidden: "" },
      ...[this.#open, this.#rename, this.#up, this.#down, this.#remove, this.#things],
    );
    this.element = html(
      "li",
      { class: "ncut-segment", "data-ncut": "segment" },
      ...[this.#color, this.#name.button, this.#name.entry],
      ...[this.#share, this.#eye, this.#tools],
    );
    this.#listen(signal);
  }

  focus() {
    this.#name.focus();
  }

  /**
   * @param {SegmentEntry} segment
   * @param {{ place: number, last: number, selected: boolean, share: string,
   *   things: number }} shown
   */
  paint(segment, { place, last, selected, share, things }) {
    const { name, color, visible, open, instances } = segment;
    this.#segment = segment;
    this.#place = place;
    setAttribute(this.element, "data-name", name);
    this.element.classList.toggle("ncut-selected", selected);
    this.element.classList.toggle("ncut-hidden", !visible);
    this.element.classList.toggle("ncut-open", open);
    if (this.#color.value !== color) this.#color.value = color;
    setAttribute(this.#color, "aria-label", `Colour of ${name}`);
    setAttribute(this.#color, "title", `${color}: click to change`);
    this.#name.paint(segment, place, selected);
    const counted = things > 1 ? `${things} things, ${share}` : share;
    setText(this.#share, counted);
    setAttribute(this.#share, "title", `${counted} of this image`);
    setIcon(this.#eye, visible ? "show" : "hide");
    setAttribute(this.#eye, "aria-label", `Show ${name}`);
    setAttribute(this.#eye, "aria-pressed", String(visible));
    setAttribute(this.#open, "aria-pressed", String(open));
    this.#tools.hidden = !selected;
    this.#things.value = instances;
    setAttribute(this.#things, "aria-label", `How the things of ${name} are counted`);
    this.#paintAble(last);
  }

  /**
   * Enable what can be done now: nothing if the kernel was lost, less on a page without
   * a kernel.
   *
   * @param {number} last place of the list
   */
  #paintAble(last) {
    const { lost, offline } = this.#store;
    const others = [this.#color, this.#eye, this.#open, this.#rename, this.#remove];
    for (const control of [...others, this.#things]) control.disabled = lost;
    this.#up.disabled = lost || this.#place === 0;
    this.#down.disabled = lost || this.#place === last;
    this.#open.hidden = offline;
    this.#things.hidden = offline;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const color = () => this.#change({ color: this.#color.value });
    this.#color.addEventListener("change", color, { signal });
    const things = () => {
      const { value } = this.#things;
      this.#change({ instances: /** @type {SegmentEntry["instances"]} */ (value) });
    };
    this.#things.addEventListener("change", things, { signal });
  }

  /** @param {SegmentFields} fields */
  #change(fields) {
    this.#store.edit({ op: "change", segment: this.#id, fields });
  }
}

/**
 * @param {IconName} name
 * @param {string} title
 * @param {() => void} act
 * @param {AbortSignal} signal
 */
function toolButton(name, title, act, signal) {
  const attributes = { type: "button", name, class: "ncut-tool", title };
  const button = focusable(
    "button",
    { ...attributes, "aria-label": title },
    icon(name),
  );
  button.addEventListener("click", act, { signal });
  return button;
}
