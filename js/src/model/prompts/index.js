/**
 * Prompts: what a user says of images. A kind says what its prompts label on the latent
 * grid, and what their JSON holds; nothing outside of this folder knows a kind's fields,
 * but for the tool that makes such prompts and the marker that shows them.
 *
 * A prompt is kept as its JSON, and never changed: a click is `[image, x, y, label]`, of
 * any other kind it is `{kind, image, label, ...}`. A kind is a file here, and a line of
 * the table. It must not know of methods, settings or the kernel.
 *
 * @import { Group } from "../../maths/seeds.js"
 * @import { Click } from "./click.js"
 * @import { Size } from "../link/wire.js"
 *
 * @typedef {{ kind: string, image: number, label: number }} Named of a kind with a name,
 *   with what more it has
 * @typedef {Click | Named} Prompt
 */

/**
 * @template Of
 * @typedef {object} Kind
 * @property {(json: any) => boolean} isValid whether it is one of this kind
 * @property {(prompt: Of) => number} image
 * @property {(prompt: Of) => number} label 1, or 0 for what is not wanted
 * @property {(prompt: Of, size: Size, grid: Size) => Group} seeds that it labels, on an
 *   image of a size
 */

import { click } from "./click.js";

/** @type {Record<string, Kind<any>>} */
const KINDS = { click };

/** @param {Prompt} prompt */
function nameOf(prompt) {
  return Array.isArray(prompt) ? "click" : prompt.kind;
}

/** @param {Prompt} prompt */
function kindOf(prompt) {
  return KINDS[nameOf(prompt)];
}

/**
 * Prompts as the kernel tells them.
 *
 * @param {any} json
 * @returns {Prompt[]}
 */
export function readPrompts(json) {
  if (!Array.isArray(json)) throw new Error("The prompts must be a list.");
  const odd = json.find((each) => !each || !kindOf(each)?.isValid(each));
  if (odd === undefined) return json;
  throw new Error(
    `The page knows no such prompt: ${JSON.stringify(odd).slice(0, 100)}`,
  );
}

/** @param {Prompt} prompt */
export function imageOf(prompt) {
  return kindOf(prompt).image(prompt);
}

/** @param {Prompt} prompt */
export function isPositive(prompt) {
  return kindOf(prompt).label(prompt) === 1;
}

/**
 * @param {Prompt} prompt
 * @param {Size} size of its image
 * @param {Size} grid
 */
export function seedsOf(prompt, size, grid) {
  return kindOf(prompt).seeds(prompt, size, grid);
}

/**
 * @param {Prompt} prompt
 * @returns {prompt is Click}
 */
export function isClick(prompt) {
  return nameOf(prompt) === "click";
}

/**
 * A text that is the same only for the same prompts.
 *
 * @param {Prompt} prompt
 */
export function keyOf(prompt) {
  return Array.isArray(prompt) ? String(prompt) : JSON.stringify(prompt);
}

/**
 * @param {Prompt} a
 * @param {Prompt} b
 */
export function isSame(a, b) {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b)) return keyOf(a) === keyOf(b);
  return a.every((value, i) => value === b[i]);
}
