/**
 * Buttons, layer choice and sliders. A slider's value is the setting's own value.
 *
 * @import { Store } from "./store.js"
 */

import { focusable, html, newId, setAttribute, setText } from "./dom.js";
import { icon } from "./icons.js";
import { LAYERS } from "./keys.js";

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
 */

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
    title: "Of the mask or layer over the image.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => `${Math.round(100 * value)} %`,
  },
};

/** @type {Record<string, string>} */
const LAYER_NAMES = { image: "Image", eigvecs: "Eigenvectors", heatmap: "Heatmap" };

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
      ),
      this.#group(
        this.#check("denoise", "Denoise", "Drop small parts of the mask"),
        this.#slider(SLIDERS.denoise_area_th),
      ),
      this.#group(this.#slider(SLIDERS.num_eig)),
      this.#group(
        this.#layerChoice(),
        this.#slider(SLIDERS.opacity),
        this.#check(
          "hover_preview",
          "Preview on hover",
          "Show under the pointer what a click there would give",
        ),
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

  #layerChoice() {
    const store = this.#store;
    const id = newId();
    const select = focusable(
      "select",
      { name: "layer", id, title: "What lies over the image (key L)" },
      ...LAYERS.map((value) => html("option", { value }, LAYER_NAMES[value])),
    );
    const choose = () => store.set("layer", select.value);
    select.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      select.value = store.get("layer");
    });
    return html(
      "div",
      { class: "ncut-row" },
      html("label", { for: id }, "Layer"),
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
  #slider({ name, label, title, min, max, step, format, idle }) {
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
    });
    return row;
  }
}
