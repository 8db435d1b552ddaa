/**
 * The list of committed segments: colour, name, share of the image on the stage. The one
 * that is selected has buttons for all that can be done with it.
 *
 * @import { Store } from "../model/store.js"
 * @import { SegmentEntry, SegmentFields } from "../model/link/wire.js"
 * @import { Local } from "../view.js"
 */

import constants from "../constants.json" with { type: "json" };
import { focusable, html, setAttribute, setText } from "../dom.js";
import { keyOf } from "../keyboard.js";
import { editOf } from "../model/segments.js";
import { icon, setIcon } from "./icons.js";
import { percent } from "./status.js";

/** @type {Record<string, string>} */
const INSTANCES = {
  connected: "Connected parts",
  watershed: "Split where they touch",
  whole: "All as one",
};

const THINGS =
  "How things are counted and shaded: connected parts, parts split where they touch, " +
  "or all as one";

const { NAME_LENGTH } = constants.segments;

export class SegmentList {
  #rows = html("ol", { class: "ncut-segment-rows" });
  #count = html("span", { class: "ncut-muted" });
  element = html(
    "div",
    { class: "ncut-segments", role: "group", "aria-label": "Segments", hidden: "" },
    html("div", { class: "ncut-segments-head" }, "Segments", this.#count),
    this.#rows,
  );
  #store;
  #local;
  #changed;
  #signal;
  /** @type {Map<number, Row>} */
  #known = new Map();
  /** @type {unknown[]} */
  #painted = [];

  /**
   * @param {Store} store
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed, signal) {
    this.#store = store;
    this.#local = local;
    this.#changed = changed;
    this.#signal = signal;
  }

  paint() {
    const store = this.#store;
    const { segments } = store;
    const image = store.activeImage;
    const { selected } = this.#local;
    const state = [segments, image, selected, store.segmentMasks.version];
    if (state.every((value, i) => value === this.#painted[i])) return;
    this.#painted = state;
    this.element.hidden = segments.length === 0;
    setText(this.#count, String(segments.length));
    const kept = new Set(segments.map(({ id }) => id));
    let orphaned = false;
    for (const [id, row] of this.#known) {
      if (kept.has(id)) continue;
      orphaned ||= row.element.matches(":focus-within");
      row.element.remove();
      this.#known.delete(id);
    }
    for (const [place, segment] of segments.entries()) {
      const row = this.#rowOf(segment);
      // What is moved loses the focus.
      if (this.#rows.children[place] !== row.element) {
        this.#rows.insertBefore(row.element, this.#rows.children[place] ?? null);
      }
      const runs = store.segmentMasks.get(segment, image);
      const [height, width] = store.info.sizes[image];
      row.paint(segment, {
        place,
        last: segments.length - 1,
        selected: segment.id === selected,
        share: runs ? percent(runs.count, height * width) : "",
        things: runs && segment.instances !== "whole" ? runs.instances : 1,
      });
    }
    // Else the keys would go to the notebook, where D D deletes the cell.
    if (orphaned) this.#known.get(segments.at(-1)?.id ?? -1)?.focus();
  }

  /** @param {SegmentEntry} segment */
  #rowOf({ id }) {
    let row = this.#known.get(id);
    if (!row) {
      row = new Row(id, this.#store, () => this.#select(id), this.#signal);
      this.#known.set(id, row);
    }
    return row;
  }

  /** @param {number} id */
  #select(id) {
    this.#local.selected = this.#local.selected === id ? null : id;
    this.#changed();
  }
}

/** One segment. */
class Row {
  element;
  #store;
  #id;
  /** @type {SegmentEntry | null} */
  #segment = null;
  #place = 0;
  #key = html("span", { class: "ncut-segment-key", "aria-hidden": "true" });
  #label = html("span", { class: "ncut-segment-label", dir: "auto" });
  #share = html("output", { class: "ncut-segment-share" });
  #color = focusable("input", { type: "color", class: "ncut-swatch" });
  #name = focusable(
    "button",
    { type: "button", class: "ncut-segment-name" },
    this.#key,
    this.#label,
  );
  #entry = focusable("input", {
    type: "text",
    class: "ncut-segment-entry",
    maxlength: NAME_LENGTH,
    "aria-label": "Name",
    hidden: "",
  });
  #eye;
  #open;
  #rename;
  #remove;
  #up;
  #down;
  #things = focusable(
    "select",
    {
      class: "ncut-segment-things",
      title: THINGS,
    },
    ...Object.entries(INSTANCES).map(([value, label]) =>
      html("option", { value }, label),
    ),
  );
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
    this.#eye = this.#button("show", "Show or hide (key H)", signal, () =>
      this.#change({ visible: !this.#segment?.visible }),
    );
    this.#open = this.#button(
      "edit",
      "Edit: its clicks and settings (key E)",
      signal,
      () => store.edit({ op: "reopen", segment: this.#segment?.open ? null : id }),
    );
    this.#rename = this.#button("rename", "Rename (double click, F2)", signal, () =>
      this.#begin(),
    );
    this.#up = this.#button(
      "up",
      "Move up the list: it is painted under those after it",
      signal,
      () => this.#change({ place: this.#place - 1 }),
    );
    this.#down = this.#button(
      "down",
      "Move down the list: it is painted over those before it",
      signal,
      () => this.#change({ place: this.#place + 1 }),
    );
    this.#remove = this.#button("delete", "Delete; can be undone", signal, () =>
      store.edit({ op: "delete", segment: id }),
    );
    this.#tools = html(
      "div",
      { class: "ncut-segment-tools", hidden: "" },
      this.#open,
      this.#rename,
      this.#up,
      this.#down,
      this.#remove,
      this.#things,
    );
    this.element = html(
      "li",
      { class: "ncut-segment", "data-ncut": "segment" },
      this.#color,
      this.#name,
      this.#entry,
      this.#share,
      this.#eye,
      this.#tools,
    );
    this.#listen(select, signal);
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
    setText(this.#key, place < 9 ? String(place + 1) : "");
    setText(this.#label, open ? `${name} (open)` : name);
    setAttribute(this.#name, "aria-expanded", String(selected));
    setAttribute(this.#name, "title", `${name}. Double click: rename.`);
    const counted = things > 1 ? `${things} things, ${share}` : share;
    setText(this.#share, counted);
    setAttribute(this.#share, "title", `${counted} of this image`);
    setIcon(this.#eye, visible ? "show" : "hide");
    setAttribute(this.#eye, "aria-label", `Show ${name}`);
    setAttribute(this.#eye, "aria-pressed", String(visible));
    setAttribute(this.#open, "aria-pressed", String(open));
    this.#tools.hidden = !selected;
    const { lost, offline } = this.#store;
    const others = [this.#color, this.#eye, this.#open, this.#rename, this.#remove];
    for (const control of [...others, this.#things]) control.disabled = lost;
    this.#up.disabled = lost || place === 0;
    this.#down.disabled = lost || place === last;
    this.#open.hidden = offline;
    this.#things.hidden = offline;
    this.#things.value = instances;
    setAttribute(this.#things, "aria-label", `How the things of ${name} are counted`);
  }

  /**
   * @param {() => void} select
   * @param {AbortSignal} signal
   */
  #listen(select, signal) {
    const on = { signal };
    this.#name.addEventListener("click", select, on);
    this.#name.addEventListener("dblclick", () => this.#begin(), on);
    this.#name.addEventListener(
      "keydown",
      (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const key = keyOf(event);
        const edit = this.#segment && editOf(key, this.#segment);
        if (key !== "F2" && !edit) return;
        event.preventDefault();
        event.stopPropagation();
        if (edit) this.#store.edit(edit);
        else this.#begin();
      },
      on,
    );
    this.#color.addEventListener(
      "change",
      () => this.#change({ color: this.#color.value }),
      on,
    );
    this.#things.addEventListener(
      "change",
      () =>
        this.#change({
          instances: /** @type {SegmentEntry["instances"]} */ (this.#things.value),
        }),
      on,
    );
    this.#entry.addEventListener("blur", () => this.#end(true), on);
    this.#entry.addEventListener(
      "keydown",
      (event) => {
        event.stopPropagation();
        const key = keyOf(event);
        if (key !== "Enter" && key !== "Escape") return;
        event.preventDefault();
        this.#end(key === "Enter");
        this.focus();
      },
      on,
    );
  }

  focus() {
    this.#name.focus({ preventScroll: true });
  }

  /** Show the name to be written anew. */
  #begin() {
    this.#entry.value = this.#segment?.name ?? "";
    this.#entry.hidden = false;
    this.#name.hidden = true;
    this.#entry.focus({ preventScroll: true });
    this.#entry.select();
  }

  /** @param {boolean} keep what was written */
  #end(keep) {
    if (this.#entry.hidden) return;
    const name = this.#entry.value;
    this.#entry.hidden = true;
    this.#name.hidden = false;
    if (keep && name && name !== this.#segment?.name) this.#change({ name });
  }

  /** @param {SegmentFields} fields */
  #change(fields) {
    this.#store.edit({ op: "change", segment: this.#id, fields });
  }

  /**
   * @param {import("./icons.js").IconName} name
   * @param {string} title
   * @param {AbortSignal} signal
   * @param {() => void} act
   */
  #button(name, title, signal, act) {
    const attributes = { type: "button", name, class: "ncut-tool", title };
    const button = focusable(
      "button",
      { ...attributes, "aria-label": title },
      icon(name),
    );
    button.addEventListener("click", act, { signal });
    return button;
  }
}
