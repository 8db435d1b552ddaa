/**
 * The table of the controls: which settings have one on the page, in which group and
 * order, and how it looks. The kernel's table says what a setting means and what its
 * range is. It also decides the kind of control: a number has a slider, a flag a check
 * box, a choice a list, unless an entry says another kind.
 *
 * @import { Store } from "../../model/store.js"
 *
 * @typedef {object} Control
 * @property {string} name of the setting
 * @property {string} label
 * @property {"ways"} [as] the kind of control, if it is not that of its kind of setting
 * @property {string} [key] of the stage that changes it, as `keyOf` names it
 * @property {(store: Store) => boolean} [shown] whether there is such a setting now
 * @property {(store: Store) => boolean} [idle] whether it has no effect now
 * @property {string} [why] it has no effect, in place of its sentence
 * @property {number} [step] of a slider
 * @property {(value: number, store: Store) => string} [format] of a slider's value
 * @property {Control} [toggle] a button beside a slider, of a flag
 */

import { KEY } from "../../keyboard.js";
import { isPreviewed } from "../../model/methods.js";

/** @type {(setting: string) => (store: Store) => boolean} */
const takes = (setting) => (store) => store.method.parameters.includes(setting);
/** @type {(store: Store) => boolean} */
const hasNoNegatives = (store) => !store.seeds.hasNegatives;
/** @type {(value: number) => string} */
const hundredths = (value) => value.toFixed(2);

/** Above all others: what clicks mean. @type {Control} */
export const FIRST = {
  name: "by",
  label: "What a click means",
  as: "ways",
  key: KEY.by,
  shown: ({ ways }) => ways.names.length > 1,
};

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
        shown: ({ method }) => method.finds_threshold,
      },
    },
    {
      name: "granularity",
      label: "Granularity",
      step: 0.1,
      format: (value) => `${value.toFixed(1)} eigenvectors`,
      shown: takes("granularity"),
    },
    {
      name: "num_eig",
      label: "Eigenvectors",
      step: 1,
      format: (value, { info }) => `${value} of ${info.settings.num_eig.high}`,
      shown: takes("num_eig"),
    },
    {
      name: "gamma",
      label: "Gamma",
      step: 0.1,
      format: (value) => value.toFixed(1),
      shown: ({ method }) => method.standardised,
    },
    {
      name: "negative_threshold",
      label: "Negative threshold",
      step: 0.01,
      format: hundredths,
      idle: hasNoNegatives,
      shown: ({ method }) => !method.together,
    },
    { name: "method", label: "Method", shown: ({ way }) => way?.eigvals !== null },
    {
      name: "click_weight",
      label: "Click weight",
      step: 0.01,
      format: hundredths,
      shown: takes("click_weight"),
    },
    {
      name: "bg_weight",
      label: "Negative weight",
      step: 0.01,
      format: hundredths,
      idle: hasNoNegatives,
      shown: takes("bg_weight"),
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
      idle: ({ method }) => !isPreviewed(method),
      why: "There are no previews of a biased cut",
    },
  ],
];

/** What a choice's values are called, but for methods. @type {Record<string, string>} */
export const CHOICE_NAMES = {
  semantics: "What it is",
  appearance: "How it looks",
  image: "Image",
  eigvecs: "Eigenvectors",
  heatmap: "Heatmap",
};
