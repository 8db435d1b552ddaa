/**
 * What fields are made of: the seeds of prompts, and the settings of a method.
 *
 * @import { Group, Seed } from "../maths/seeds.js"
 * @import { Prompt } from "./prompts/index.js"
 * @import { Info, Size } from "./link/wire.js"
 *
 * @typedef {object} Seeds of one field
 * @property {string} method
 * @property {Group[]} positives a group for each prompt
 * @property {Group[]} negatives
 * @property {Record<string, any>} parameters the method's settings
 * @property {string} [order] of an ordered method: the sign of each group, "+" or "-", in
 *   the order of prompts
 *
 * @typedef {object} MaskSeeds of all fields that a mask is made of
 * @property {Seeds[]} positives what belongs to it
 * @property {Seeds[]} negatives what is taken away
 * @property {boolean} hasNegatives whether a prompt says what is not wanted
 *
 * @typedef {{ group: Group, positive: boolean }} Labelled what a prompt labels, and how
 */

import { centreCell } from "../maths/coordinates.js";
import { sizeOf } from "./images.js";
import { gridOf } from "./methods.js";
import { imageOf, isPositive, seedsOf } from "./prompts/index.js";

/** @type {WeakMap<Seeds, string>} */
const names = new WeakMap();

/**
 * A name for the seeds of one field: other seeds have another name.
 *
 * @param {Seeds} seeds never changed from now on
 */
export function nameOf(seeds) {
  const known = names.get(seeds);
  if (known !== undefined) return known;
  const { method, positives, negatives, parameters, order = "" } = seeds;
  const settings = Object.keys(parameters).sort();
  const given = settings.map((name) => `${name}=${parameters[name]}`);
  const groups = [positives, negatives].map((each) => each.map(nameOfGroup).join(" "));
  const name = [method, ...given, ...groups].join("/") + order;
  names.set(seeds, name);
  return name;
}

/**
 * The key of a field of one image. The field depends on nothing else, so it is never
 * out of date.
 *
 * @param {Seeds} seeds
 * @param {number} image
 */
export function fieldKey(seeds, image) {
  return `${nameOf(seeds)}:${image}`;
}

/** @param {Group} group */
function nameOfGroup(group) {
  if (group.length === 1) return nameOfSeed(group[0]);
  return group.map(nameOfSeed).join("+");
}

/** @param {Seed} seed */
function nameOfSeed([image, row, col, weight = 1]) {
  const cell = `${image},${row},${col}`; // `join` is slower.
  return weight === 1 ? cell : `${cell},${weight}`;
}

/** The seeds of the fields that masks are made of: made anew when something has changed. */
export class SeedsOfPrompts {
  /** @type {Prompt[] | null} */
  #prompts = null;
  #settings = "";
  /** @type {MaskSeeds} */
  #seeds = { positives: [], negatives: [], hasNegatives: false };

  /**
   * @param {Prompt[]} prompts
   * @param {(name: string) => any} get a trait of the model
   */
  of(prompts, get) {
    const method = get("method");
    const { parameters } = /** @type {Info} */ (get("_info")).methods[method];
    const settings = [method, ...parameters.map(get)].join();
    if (prompts !== this.#prompts || settings !== this.#settings) {
      this.#prompts = prompts;
      this.#settings = settings;
      this.#seeds = maskSeeds(prompts, get);
    }
    return this.#seeds;
  }
}

/**
 * @param {Prompt[]} prompts
 * @param {(name: string) => any} get a trait of the model
 * @returns {MaskSeeds}
 */
export function maskSeeds(prompts, get) {
  /** @type {Info} */
  const info = get("_info");
  const method = get("method");
  const { parameters: names, together, ordered, ...kind } = info.methods[method];
  const parameters = Object.fromEntries(names.map((name) => [name, get(name)]));
  const labelled = prompts.map((prompt) => ({
    group: groupOf(prompt, info, method),
    positive: isPositive(prompt),
  }));
  const hasNegatives = labelled.some(({ positive }) => !positive);
  if (!together) {
    const of = (/** @type {boolean} */ label) =>
      differentFields(labelled, label, (group) => fieldOf(group, method, parameters));
    return { positives: of(true), negatives: of(false), hasNegatives };
  }
  const most = kind.side ? [kind.side, kind.side] : info.grid;
  const groups = groupsOf(cellsOf(labelled, most, kind.last_counts));
  const positives = ofLabel(groups, true);
  if (positives.length === 0) return { positives: [], negatives: [], hasNegatives };
  const field = { method, positives, negatives: ofLabel(groups, false), parameters };
  const fields = [ordered ? { ...field, order: signsOf(groups) } : field];
  return { positives: fields, negatives: [], hasNegatives };
}

/** @type {WeakMap<Seeds, Seeds | null>} */
const standIns = new WeakMap();

/**
 * The seeds of the field that previews a field: itself, or that of the same prompts by
 * the method that stands in, on the latent grid. Null if that has no positive prompt.
 *
 * @param {Seeds} seeds never changed from now on
 * @param {Info} info
 */
export function standInOf(seeds, info) {
  const { stand_in: method } = info.methods[seeds.method] ?? {};
  if (!method) return seeds;
  const known = standIns.get(seeds);
  if (known !== undefined) return known;
  /** @type {(seed: Seed) => Seed} */
  const move = ([image, row, col, ...weight]) => {
    const grid = gridOf(info, seeds.method, image);
    return [image, ...centreCell(row, col, grid, info.grid), ...weight];
  };
  const labelled = inOrder(seeds).map(({ group, positive }) => ({
    group: group.map(move),
    positive,
  }));
  const groups = groupsOf(cellsOf(labelled, info.grid, true));
  const [positives, negatives] = [ofLabel(groups, true), ofLabel(groups, false)];
  const { parameters } = seeds;
  const made = positives.length ? { method, positives, negatives, parameters } : null;
  standIns.set(seeds, made);
  return made;
}

/**
 * The groups of an ordered method in the order of prompts.
 *
 * @param {Seeds} seeds
 * @returns {Labelled[]}
 */
function inOrder({ positives, negatives, order = "" }) {
  const [ours, others] = [positives.values(), negatives.values()];
  return [...order].map((sign) => {
    const positive = sign === "+";
    const { value } = (positive ? ours : others).next();
    return { group: value ?? [], positive };
  });
}

/** @type {WeakMap<Prompt, { grid: Size, group: Group }>} */
const groups = new WeakMap();

/**
 * What a prompt labels. It is the same object again each time, because thousands of
 * prompts are looked at with every move of the pointer.
 *
 * @param {Prompt} prompt
 * @param {Info} info never changes
 * @param {string} method
 */
function groupOf(prompt, info, method) {
  const grid = gridOf(info, method, imageOf(prompt));
  const known = groups.get(prompt);
  if (known?.grid === grid) return known.group;
  const group = seedsOf(prompt, sizeOf(info, imageOf(prompt)), grid);
  groups.set(prompt, { grid, group });
  return group;
}

/** @type {WeakMap<Group, Seeds>} */
const fields = new WeakMap();

/**
 * The seeds of a field of one group; the same object again each time.
 *
 * @param {Group} group
 * @param {string} method
 * @param {Record<string, any>} parameters
 */
function fieldOf(group, method, parameters) {
  const known = fields.get(group);
  const isSame = Object.keys(parameters).every(
    (name) => known?.parameters[name] === parameters[name],
  );
  if (isSame && known?.method === method) return known;
  const seeds = { method, positives: [group], negatives: [], parameters };
  fields.set(group, seeds);
  return seeds;
}

/**
 * The fields of the groups of a label, each once.
 *
 * @param {Labelled[]} labelled
 * @param {boolean} label
 * @param {(group: Group) => Seeds} make
 */
function differentFields(labelled, label, make) {
  /** @type {Map<string, Seeds>} */
  const fields = new Map();
  for (const { group, positive } of labelled) {
    if (positive !== label) continue;
    const seeds = make(group);
    const name = nameOf(seeds);
    if (!fields.has(name)) fields.set(name, seeds);
  }
  return [...fields.values()];
}

/**
 * @typedef {object} Placed a cell, which several prompts may label
 * @property {Seed} seed
 * @property {boolean} positive
 * @property {number} at number of the prompt whose label counts
 */

/**
 * The labelled cells: each once if its last label counts, otherwise once for each
 * label. A cell has the place in the order at which it was labelled first.
 *
 * @param {Labelled[]} labelled
 * @param {number[]} most rows and columns of an image, at most
 * @param {boolean} isLast whether a cell's last label counts
 * @returns {Placed[]}
 */
function cellsOf(labelled, [rows, cols], isLast) {
  /** @type {Map<number, Placed>} */
  const cells = new Map();
  for (const [at, { group, positive }] of labelled.entries()) {
    for (const seed of group) {
      const cell = (seed[0] * rows + seed[1]) * cols + seed[2];
      const key = isLast ? cell : 2 * cell + Number(positive);
      const known = cells.get(key);
      if (!known) cells.set(key, { seed, positive, at });
      else if (isLast) Object.assign(known, { seed, positive, at });
    }
  }
  return [...cells.values()];
}

/**
 * The cells as a group for each prompt that has some, of one label.
 *
 * @param {Placed[]} cells in the order of prompts
 * @returns {Labelled[]}
 */
function groupsOf(cells) {
  /** @type {Map<number, Labelled>} */
  const groups = new Map();
  for (const { seed, positive, at } of cells) {
    const known = groups.get(at);
    if (known) known.group.push(seed);
    else groups.set(at, { group: [seed], positive });
  }
  return [...groups.values()];
}

/**
 * @param {Labelled[]} groups
 * @param {boolean} label
 */
function ofLabel(groups, label) {
  return groups.filter(({ positive }) => positive === label).map(({ group }) => group);
}

/** @param {Labelled[]} groups */
function signsOf(groups) {
  return groups.map(({ positive }) => (positive ? "+" : "-")).join("");
}
