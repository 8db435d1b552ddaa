/**
 * The table of the controls: which settings have one on the page, in which group and
 * order, and how it looks. The kernel's table says what a setting means and what its
 * range is. It also decides the kind of control: a number has a slider, a flag a check
 * box, a choice a list.
 *
 * @import { Store } from "../../model/store.js"
 *
 * @typedef {object} Control
 * @property {string} name of the setting
 * @property {string} label
 * @property {string} [key] of the stage that changes it, as `keyOf` names it
 * @property {(store: Store) => boolean} [shown] whether there is such a setting now
 * @property {(store: Store) => boolean} [idle] whether it has no effect now
 * @property {string} [why] it has no effect, in place of its sentence
 * @property {number} [step] of a slider
 * @property {(value: number, store: Store) => string} [format] of a slider's value
 * @property {Control} [toggle] a button beside a slider, of a flag
 */

import { KEY } from "../../keyboard.js";
import { BIASED, DIFFUSION } from "../../model/methods.js";

/** @type {(store: Store) => boolean} */
const isBiased = (store) => store.get("method") === BIASED;
/** @type {(store: Store) => boolean} */
const isDiffusion = (store) => store.get("method") === DIFFUSION;
/** @type {(store: Store) => boolean} */
const hasNoNegatives = (store) => !store.seeds.hasNegatives;
/** @type {(value: number) => string} */
const hundredths = (value) => value.toFixed(2);

/** @type {Control[][]} */
export const CONTROLS = [
  [
    {
      name: "threshold",
      label: "Threshold",
      step: 0.01,
      format: hundredths,
      toggle: {
        name: "auto_threshold",
        label: "Auto",
        key: KEY.auto,
        shown: isDiffusion,
      },
    },
    {
      name: "granularity",
      label: "Granularity",
      step: 0.1,
      format: (value) => `${value.toFixed(1)} eigenvectors`,
      shown: isDiffusion,
    },
    {
      name: "num_eig",
      label: "Eigenvectors",
      step: 1,
      format: (value, { info }) => `${value} of ${info.settings.num_eig.high}`,
      shown: (store) => !isDiffusion(store),
    },
    {
      name: "gamma",
      label: "Gamma",
      step: 0.1,
      format: (value) => value.toFixed(1),
      shown: (store) => !isDiffusion(store),
    },
    {
      name: "negative_threshold",
      label: "Negative threshold",
      step: 0.01,
      format: hundredths,
      idle: hasNoNegatives,
      shown: (store) => !isBiased(store) && !isDiffusion(store),
    },
    { name: "method", label: "Method", shown: ({ info }) => info.eigvals !== null },
    {
      name: "click_weight",
      label: "Click weight",
      step: 0.01,
      format: hundredths,
      shown: isBiased,
    },
    {
      name: "bg_weight",
      label: "Negative weight",
      step: 0.01,
      format: hundredths,
      idle: hasNoNegatives,
      shown: isBiased,
    },
  ],
  [
    { name: "denoise", label: "Denoise" },
    {
      name: "denoise_area_th",
      label: "Smallest part",
      step: 1,
      format: (value) => `${value} ${value === 1 ? "cell" : "cells"}`,
      idle: (store) => !store.get("denoise"),
    },
  ],
  [
    { name: "overlay", label: "Overlay", key: KEY.overlay },
    {
      name: "opacity",
      label: "Opacity",
      step: 0.01,
      format: (value) => `${Math.round(100 * value)} %`,
    },
    {
      name: "hover_preview",
      label: "Preview on hover",
      idle: isBiased,
      why: "There are no previews of a biased cut",
    },
  ],
];

/** What a choice's values are called. @type {Record<string, string>} */
export const CHOICE_NAMES = {
  image: "Image",
  eigvecs: "Eigenvectors",
  heatmap: "Heatmap",
  similarity: "Similarity",
  [DIFFUSION]: "Diffusion",
  [BIASED]: "Biased cut",
};
