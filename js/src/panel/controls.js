/**
 * Buttons, overlay choice and sliders. A slider's value is the setting's own value.
 *
 * @import { Store } from "../model/store.js"
 * @import { Local } from "../view.js"
 */

import { focusable, html, newId, setAttribute, setText } from "../dom.js";
import { BIASED, DIFFUSION } from "../model/methods.js";
import { icon } from "./icons.js";

/**
 * How a setting's slider looks. What it means and where it ends is the kernel's table.
 *
 * @typedef {object} Look
 * @property {string} label
 * @property {number} step
 * @property {(value: number, store: Store) => string} format
 * @property {(store: Store) => boolean} [idle] whether it has no effect now
 * @property {(store: Store) => boolean} [shown] whether there is such a setting now
 * @property {Toggle} [toggle] a button beside it
 *
 * @typedef {{ name: string, label: string, hint: string, shown: Look["shown"] }} Toggle
 *   of a setting that is true or false
 */

/** @type {(store: Store) => boolean} */
const isBiased = (store) => store.get("method") === BIASED;
/** @type {(store: Store) => boolean} */
const isDiffusion = (store) => store.get("method") === DIFFUSION;
/** @type {(store: Store) => boolean} */
const hasNoNegatives = (store) => !store.seeds.hasNegatives;
/** @type {(value: number) => string} */
const hundredths = (value) => value.toFixed(2);

/** @type {Record<string, Look>} */
const SLIDERS = {
  threshold: {
    label: "Threshold",
    step: 0.01,
    format: hundredths,
    toggle: {
      name: "auto_threshold",
      label: "Auto",
      hint: " (key A)",
      shown: isDiffusion,
    },
  },
  granularity: {
    label: "Granularity",
    step: 0.1,
    format: (value) => `${value.toFixed(1)} eigenvectors`,
    shown: isDiffusion,
  },
  gamma: {
    label: "Gamma",
    step: 0.1,
    format: (value) => value.toFixed(1),
    shown: (store) => !isDiffusion(store),
  },
  negative_threshold: {
    label: "Negative threshold",
    step: 0.01,
    format: hundredths,
    idle: hasNoNegatives,
    shown: (store) => !isBiased(store) && !isDiffusion(store),
  },
  click_weight: {
    label: "Click weight",
    step: 0.01,
    format: hundredths,
    shown: isBiased,
  },
  bg_weight: {
    label: "Negative weight",
    step: 0.01,
    format: hundredths,
    idle: hasNoNegatives,
    shown: isBiased,
  },
  denoise_area_th: {
    label: "Smallest part",
    step: 1,
    format: (value) => `${value} ${value === 1 ? "cell" : "cells"}`,
    idle: (store) => !store.get("denoise"),
  },
  num_eig: {
    label: "Eigenvectors",
    step: 1,
    format: (value, { info }) => `${value} of ${info.settings.num_eig.high}`,
    shown: (store) => !isDiffusion(store),
  },
  opacity: {
    label: "Opacity",
    step: 0.01,
    format: (value) => `${Math.round(100 * value)} %`,
  },
};

/** @type {Record<string, string>} */
const CHOICE_NAMES = {
  image: "Image",
  eigvecs: "Eigenvectors",
  heatmap: "Heatmap",
  similarity: "Similarity",
  [DIFFUSION]: "Diffusion",
  [BIASED]: "Biased cut",
};

/** @type {{ op: "undo" | "redo" | "clear" | "commit", label: string, title: string }[]} */
const BUTTONS = [
  {
    op: "undo",
    label: "Undo",
    title: "Take back the last change of clicks, settings or segments",
  },
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
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed, signal) {
    this.#store = store;
    this.#signal = signal;
    this.element = html(
      "div",
      { class: "ncut-controls" },
      html(
        "div",
        { class: "ncut-buttons" },
        ...BUTTONS.map((spec) => this.#button(spec)),
        this.#signs(local, changed),
      ),
      this.#group(
        this.#slider("threshold"),
        this.#slider("granularity"),
        this.#slider("num_eig"),
        this.#slider("gamma"),
        this.#slider("negative_threshold"),
        this.#methodChoice(),
        this.#slider("click_weight"),
        this.#slider("bg_weight"),
      ),
      this.#group(this.#check("denoise", "Denoise"), this.#slider("denoise_area_th")),
      this.#group(
        this.#choice("overlay", "Overlay", " (key L)"),
        this.#slider("opacity"),
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
        commit: store.seeds.positives.length > 0,
      };
      const kept = op === "commit" && store.offline;
      button.disabled = store.lost || kept || !able[op];
    });
    return button;
  }

  /**
   * What a plain click says: for those who have no other button, and no key.
   *
   * @param {Local} local
   * @param {() => void} changed
   */
  #signs(local, changed) {
    const signs = /** @type {const} */ ([
      ["positive", "+", "A click says: this is it", false],
      ["negative", "−", "A click says: this is not it", true],
    ]);
    const buttons = signs.map(([name, sign, title, negative]) => {
      const button = this.#press({ name, title, "aria-label": title }, sign, () => {
        local.negative = negative;
        changed();
      });
      this.#painters.push(() =>
        setAttribute(button, "aria-pressed", String(local.negative === negative)),
      );
      return button;
    });
    const group = { class: "ncut-signs", role: "group", "aria-label": "Clicks" };
    return html("div", group, ...buttons);
  }

  #methodChoice() {
    const store = this.#store;
    const row = this.#choice("method", "Method");
    row.hidden = store.info.eigvals === null;
    return row;
  }

  #previewSwitch() {
    const row = this.#check("hover_preview", "Preview on hover");
    const { title } = row;
    this.#painters.push(() => {
      const biased = isBiased(this.#store);
      row.classList.toggle("ncut-idle", biased);
      row.title = biased ? "There are no previews of a biased cut" : title;
    });
    return row;
  }

  /**
   * @param {string} name of a setting
   * @param {string} label
   * @param {string} [hint] behind the title
   */
  #choice(name, label, hint = "") {
    const store = this.#store;
    const id = newId();
    const { sentence, choices } = store.info.settings[name];
    const title = sentence + hint;
    const select = focusable(
      "select",
      { name, id, title },
      ...choices.map((value) => html("option", { value }, CHOICE_NAMES[value])),
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
   */
  #check(name, label) {
    const store = this.#store;
    const title = store.info.settings[name].sentence;
    const box = focusable("input", { type: "checkbox", name });
    const choose = () => store.set(name, box.checked);
    box.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      box.checked = store.get(name);
    });
    return html("label", { class: "ncut-row ncut-check", title }, label, box);
  }

  /** @param {string} name of a setting that is a number */
  #slider(name) {
    const store = this.#store;
    const { label, step, format, idle, shown, toggle } = SLIDERS[name];
    const { low, usual, sentence: title } = store.info.settings[name];
    const id = newId();
    const attributes = { type: "range", name, id, min: low, step, title };
    const range = focusable("input", attributes);
    // The slider itself says its value: this is to be seen only.
    const output = html("span", { class: "ncut-value", "aria-hidden": "true" });
    const caption = html("label", { for: id, title: `${title} Double click: reset.` });
    caption.append(label);
    const head = toggle
      ? html("div", { class: "ncut-caption" }, caption, this.#toggle(toggle))
      : caption;
    const named = this.#named(name);
    const row = html("div", { class: "ncut-slider" }, head, output, range, ...named);

    const signal = this.#signal;
    const slide = () => store.set(name, range.valueAsNumber, true);
    range.addEventListener("input", slide, { signal });
    // A key that is held changes it again and again: one step until it is let go.
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
    caption.addEventListener("dblclick", () => store.reset(name), { signal });

    this.#painters.push(() => {
      const value = store.get(name);
      setAttribute(range, "max", String(Math.max(usual, value)));
      if (range.valueAsNumber !== value) range.value = String(value);
      const text = format(value, store);
      setText(output, text);
      setAttribute(range, "aria-valuetext", text);
      row.classList.toggle("ncut-idle", !!idle?.(store));
      row.hidden = shown ? !shown(store) : false;
    });
    return row;
  }

  /** @param {Toggle} toggle */
  #toggle({ name, label, hint, shown }) {
    const store = this.#store;
    const title = store.info.settings[name].sentence + hint;
    const button = this.#press({ name, title }, label, () =>
      store.set(name, !store.get(name)),
    );
    this.#painters.push(() => {
      setAttribute(button, "aria-pressed", String(store.get(name)));
      button.hidden = shown ? !shown(store) : false;
    });
    return button;
  }

  /** @param {string} name of a setting, some of whose values have names */
  #named(name) {
    const store = this.#store;
    const named = Object.entries(store.info.settings[name].named ?? {});
    if (named.length < 2) return [];
    const buttons = named.map(([word, value]) => {
      const title = `${value} ${store.info.settings[name].unit} (key G: next)`;
      const label = word[0].toUpperCase() + word.slice(1);
      const button = this.#press({ name: word, title }, label, () =>
        store.set(name, value),
      );
      this.#painters.push(() =>
        setAttribute(button, "aria-pressed", String(store.get(name) === value)),
      );
      return button;
    });
    const group = {
      class: "ncut-named",
      role: "group",
      "aria-label": SLIDERS[name].label,
    };
    return [html("div", group, ...buttons)];
  }

  /**
   * A button that is pressed or not.
   *
   * @param {Record<string, string>} attributes
   * @param {string} label
   * @param {() => void} act
   */
  #press(attributes, label, act) {
    const given = { type: "button", class: "ncut-button ncut-press", ...attributes };
    const button = focusable("button", given, label);
    button.addEventListener("click", act, { signal: this.#signal });
    return button;
  }
}
