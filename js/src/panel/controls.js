/**
 * Buttons, overlay choice and sliders. A slider's value is the setting's own value.
 *
 * @import { Store } from "../model/store.js"
 */

import { focusable, html, newId, setAttribute, setText } from "../dom.js";
import { BIASED } from "../model/clicks.js";
import { icon } from "./icons.js";

/**
 * @typedef {object} SliderSpec
 * @property {string} name of the setting
 * @property {string} label
 * @property {string} title
 * @property {number} min
 * @property {number} step
 * @property {(store: Store) => number} max
 * @property {(value: number, store: Store) => string} format
 * @property {(store: Store) => boolean} [idle] whether it has no effect now
 * @property {(store: Store) => boolean} [shown] whether there is such a setting now
 */

/** @type {(store: Store) => boolean} */
const isBiased = (store) => store.get("method") === BIASED;

/** @type {Record<string, SliderSpec>} */
const SLIDERS = {
  threshold: {
    name: "threshold",
    label: "Threshold",
    title: "How alike a cell must be to belong to the mask. Higher: smaller masks.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2),
  },
  gamma: {
    name: "gamma",
    label: "Gamma",
    title: "Contrast of the similarity. Higher: only what is most alike stays warm.",
    min: 0.1,
    max: () => 10,
    step: 0.1,
    format: (value) => value.toFixed(1),
  },
  negative_threshold: {
    name: "negative_threshold",
    label: "Negative threshold",
    title:
      "How alike a cell must be to a negative click to be taken away. " +
      "Higher: less is taken away.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2),
    idle: (store) => store.prompts.negatives.length === 0,
    shown: (store) => !isBiased(store),
  },
  click_weight: {
    name: "click_weight",
    label: "Click weight",
    title: "Share of the clicks in the cut; the rest is how cells are alike anyway.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2),
    shown: isBiased,
  },
  bg_weight: {
    name: "bg_weight",
    label: "Negative weight",
    title: "How much negative clicks count in the cut.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2),
    idle: (store) => store.prompts.negatives.length === 0,
    shown: isBiased,
  },
  denoise_area_th: {
    name: "denoise_area_th",
    label: "Smallest part",
    title: "Connected parts of the mask with fewer cells than this are dropped.",
    min: 0,
    max: ({ info }) => Math.min(info.grid[0] * info.grid[1], 256),
    step: 1,
    format: (value) => `${value} ${value === 1 ? "cell" : "cells"}`,
    idle: (store) => !store.get("denoise"),
  },
  num_eig: {
    name: "num_eig",
    label: "Eigenvectors",
    title:
      "How finely things are told apart. Few: whole scenes. Many: parts of things.",
    min: 1,
    max: ({ info }) => info.num_eig_max,
    step: 1,
    format: (value, { info }) => `${value} of ${info.num_eig_max}`,
  },
  opacity: {
    name: "opacity",
    label: "Opacity",
    title: "Of the mask, or the overlay, over the image.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => `${Math.round(100 * value)} %`,
  },
};

/** @type {Record<string, string>} */
const OVERLAY_NAMES = { image: "Image", eigvecs: "Eigenvectors", heatmap: "Heatmap" };

/** @type {Record<string, string>} */
const METHOD_NAMES = { similarity: "Similarity", [BIASED]: "Biased cut" };

const METHOD_TITLE =
  "Similarity: cells are compared with each click. " +
  "Biased cut: the cells are cut in two, with all clicks in mind.";
const PREVIEW_TITLE = "Show under the pointer what a click there would give";

/** @type {{ op: "undo" | "redo" | "clear" | "commit", label: string, title: string }[]} */
const BUTTONS = [
  { op: "undo", label: "Undo", title: "Take back the last change of the clicks" },
  { op: "redo", label: "Redo", title: "Bring back what was undone" },
  { op: "clear", label: "Clear", title: "Remove every click; can be undone" },
  {
    op: "commit",
    label: "Commit",
    title: "Keep these masks as a segment, and go on to the next thing (key Enter)",
  },
];

export class Controls {
  #store;
  #signal;
  /** @type {(() => void)[]} */
  #painters = [];
  element;

  /**
   * @param {Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.#store = store;
    this.#signal = signal;
    this.element = html(
      "div",
      { class: "ncut-controls" },
      html(
        "div",
        { class: "ncut-buttons" },
        ...BUTTONS.map((spec) => this.#button(spec)),
      ),
      this.#group(
        this.#slider(SLIDERS.threshold),
        this.#slider(SLIDERS.gamma),
        this.#slider(SLIDERS.negative_threshold),
        this.#methodChoice(),
        this.#slider(SLIDERS.click_weight),
        this.#slider(SLIDERS.bg_weight),
      ),
      this.#group(
        this.#check("denoise", "Denoise", "Drop small parts of the mask"),
        this.#slider(SLIDERS.denoise_area_th),
      ),
      this.#group(this.#slider(SLIDERS.num_eig)),
      this.#group(
        this.#choice(
          "overlay",
          "Overlay",
          "What lies over the image (key L)",
          OVERLAY_NAMES,
        ),
        this.#slider(SLIDERS.opacity),
        this.#previewSwitch(),
      ),
    );
  }

  paint() {
    for (const paint of this.#painters) paint();
  }

  /** @param {...Node} children */
  #group(...children) {
    return html("div", { class: "ncut-group" }, ...children);
  }

  /** @param {(typeof BUTTONS)[number]} spec */
  #button({ op, label, title }) {
    const store = this.#store;
    const attributes = { type: "button", name: op, class: "ncut-button", title };
    const button = focusable("button", attributes, icon(op), html("span", {}, label));
    button.addEventListener("click", () => store.edit({ op }), {
      signal: this.#signal,
    });
    this.#painters.push(() => {
      const [canUndo, canRedo] = store.history;
      const able = {
        undo: canUndo,
        redo: canRedo,
        clear: store.clicks.length > 0,
        commit: store.prompts.positives.length > 0,
      };
      button.disabled = !able[op];
    });
    return button;
  }

  #methodChoice() {
    const store = this.#store;
    const row = this.#choice("method", "Method", METHOD_TITLE, METHOD_NAMES);
    row.hidden = !store.info.has_eigvals;
    return row;
  }

  #previewSwitch() {
    const row = this.#check("hover_preview", "Preview on hover", PREVIEW_TITLE);
    this.#painters.push(() => {
      const biased = isBiased(this.#store);
      row.classList.toggle("ncut-idle", biased);
      row.title = biased ? "There are no previews of a biased cut" : PREVIEW_TITLE;
    });
    return row;
  }

  /**
   * @param {string} name of a setting
   * @param {string} label
   * @param {string} title
   * @param {Record<string, string>} options labels by value
   */
  #choice(name, label, title, options) {
    const store = this.#store;
    const id = newId();
    const select = focusable(
      "select",
      { name, id, title },
      ...Object.entries(options).map(([value, text]) =>
        html("option", { value }, text),
      ),
    );
    const choose = () => store.set(name, select.value);
    select.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      select.value = store.get(name);
    });
    return html(
      "div",
      { class: "ncut-row" },
      html("label", { for: id }, label),
      select,
    );
  }

  /**
   * @param {string} name of a setting that is true or false
   * @param {string} label
   * @param {string} title
   */
  #check(name, label, title) {
    const store = this.#store;
    const box = focusable("input", { type: "checkbox", name });
    const choose = () => store.set(name, box.checked);
    box.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      box.checked = store.get(name);
    });
    return html("label", { class: "ncut-row ncut-check", title }, label, box);
  }

  /** @param {SliderSpec} spec */
  #slider({ name, label, title, min, max, step, format, idle, shown }) {
    const store = this.#store;
    const id = newId();
    const range = focusable("input", { type: "range", name, id, min, step, title });
    const output = html("output", { for: id });
    const caption = html("label", { for: id, title: `${title} Double click: reset.` });
    const row = html("div", { class: "ncut-slider" }, caption, output, range);
    caption.append(label);

    const signal = this.#signal;
    range.addEventListener("input", () => store.set(name, range.valueAsNumber), {
      signal,
    });
    caption.addEventListener("dblclick", () => store.reset(name), { signal });

    this.#painters.push(() => {
      const value = store.get(name);
      setAttribute(range, "max", String(Math.max(max(store), value)));
      if (range.valueAsNumber !== value) range.value = String(value);
      const text = format(value, store);
      setText(output, text);
      setAttribute(range, "aria-valuetext", text);
      row.classList.toggle("ncut-idle", !!idle?.(store));
      row.hidden = shown ? !shown(store) : false;
    });
    return row;
  }
}
