/**
 * The masks and heat of each image as they are painted, computed from fields when
 * asked for and kept until something changes. The kernel's own fields come first; where
 * they are not here yet, previews stand in.
 *
 * @import { Store } from "./store.js"
 * @import { MaskSeeds, Seeds } from "./seeds.js"
 * @import { CutMap } from "../maths/margins.js"
 * @import { Field } from "../maths/cut.js"
 * @import { Shape as ShapeOfMask } from "../maths/shape.js"
 * @import { FieldMap } from "./fields.js"
 * @import { Size } from "./link/wire.js"
 *
 * @typedef {{ version: number, seeds: MaskSeeds }} Asked what masks are asked for; the
 *   version grows with every change of it
 * @typedef {object} Result of one image
 * @property {Uint8Array} mask 1 = object, on the grid
 * @property {Size} grid of the fields that were found: the image's own, or the latent grid,
 *   on which previews are
 * @property {boolean} absent whether the image lacks the thing, so that its mask is empty
 * @property {number} count cells in the mask
 * @property {number | null} area pixels in it, at the image's own size; null until asked
 * @property {boolean} current whether it is the mask of what is asked for; if not, it
 *   is that of the last seeds whose fields were all here
 * @property {boolean} exact whether it is current, and of the kernel's fields alone
 * @property {MaskSeeds | null} seeds that it is the mask of; null before the first
 * @property {boolean} marked whether the fields of a positive prompt are here, so that
 *   there is something to paint, perhaps of earlier prompts
 * @property {boolean} constant whether all cells are equally similar to a positive
 *   prompt
 * @property {number} stamp another one each time it is computed
 * @property {number} version that it was computed for
 * @property {number} arrivals that it was computed from
 *
 * @typedef {object} Found
 * @property {FieldMap[]} positives
 * @property {FieldMap[]} negatives
 * @property {boolean} exact
 */

import constants from "../constants.json" with { type: "json" };
import { combineHeat, combineMasks } from "../maths/combine.js";
import { cellOf, centreCell, wholeImage } from "../maths/coordinates.js";
import { cutOf, isConstant } from "../maths/cut.js";
import { countCells, denoiseInto } from "../maths/denoise.js";
import { marginsInto } from "../maths/margins.js";
import { Shape } from "../maths/shape.js";
import { SmoothMask } from "../maths/smooth.js";
import { isBlank, sizeOf } from "./images.js";
import { gridOf } from "./methods.js";

const { PRESENT } = constants.presence;

/** @type {Found} */
const NOTHING = { positives: [], negatives: [], exact: false };

export class Segmentation {
  /** @type {Map<number, Result>} */
  #results = new Map();
  #stamp = 0;
  #store;
  #asked;
  #list = new Int32Array(0);
  #heat = new Float32Array(0);
  #scratch = new Float32Array(0);
  #shape = new Shape();
  #smooth = new SmoothMask();

  /**
   * @param {Store} store
   * @param {Asked} [asked] by default the store's prompts
   */
  constructor(store, asked = store) {
    this.#store = store;
    this.#asked = asked;
  }

  /**
   * @param {number} image
   * @returns {Result}
   */
  of(image) {
    const { version, seeds } = this.#asked;
    const result = this.#results.get(image) ?? this.#blank(image);
    const { arrivals } = this.#store;
    const isNew = result.exact || result.arrivals === arrivals;
    if (result.version === version && isNew) return result;
    const current = this.#find(image, seeds);
    if (current) result.seeds = seeds;
    const found = current ?? this.#found(image, result);
    result.version = version;
    result.arrivals = arrivals;
    result.stamp = ++this.#stamp;
    result.current = current !== null;
    result.exact = !!current?.exact;
    result.marked = found.positives.length > 0;
    result.constant = found.positives.some(({ stats }) => isConstant(stats));
    result.absent = result.marked && !found.positives.some(isPresent);
    result.grid = found.positives[0]?.grid ?? this.#store.info.grid;
    const cells = result.grid[0] * result.grid[1];
    if (result.mask.length !== cells) result.mask = new Uint8Array(cells);
    this.#fill(result, image, found);
    result.count = countCells(result.mask);
    result.area = null;
    return result;
  }

  /**
   * Pixels of an image that are in its mask, as many as in the kernel's `full_masks`.
   *
   * @param {number} image
   */
  areaOf(image) {
    const result = this.of(image);
    result.area ??= this.#countPixels(image);
    return result.area;
  }

  /** @param {number} image */
  #countPixels(image) {
    const size = sizeOf(this.#store.info, image);
    const { margins, quads, grid } = this.shapeInto(this.#shape, image);
    this.#smooth.fit(size, wholeImage(size), size, grid);
    return this.#smooth.count(quads, margins);
  }

  /**
   * How far the cells of one image are within its mask, and where its quads are.
   *
   * @param {ShapeOfMask} out
   * @param {number} image
   */
  shapeInto(out, image) {
    const result = this.of(image);
    const { positives, negatives } = this.#found(image, result);
    const { gamma, threshold, negative_threshold } = this.#settings();
    /** @type {(level: number) => (field: Field) => CutMap} */
    const cutAt =
      (level) =>
      ({ values, stats }) => ({ values, cut: cutOf(stats, gamma, level) });
    const cutMaps = {
      positives: positives.map(cutAt(threshold)),
      negatives: negatives.map(cutAt(negative_threshold)),
    };
    out.fit(result.grid);
    marginsInto(out.margins, result.mask, cutMaps, result.grid);
    out.close();
    return out;
  }

  /**
   * Heat of one image, on the grid of its result; valid until the next call.
   *
   * @param {number} image
   */
  heatOf(image) {
    const result = this.of(image);
    const { positives } = this.#found(image, result);
    this.#fit(result.grid);
    const { gamma } = this.#settings();
    return combineHeat(this.#heat, positives, gamma, this.#scratch);
  }

  /**
   * Largest value in a positive prompt's field of the cell that a pixel lies in; null
   * without one.
   *
   * @param {number} image
   * @param {number} x
   * @param {number} y
   */
  similarityAt(image, x, y) {
    const { positives } = this.#found(image, this.of(image));
    if (!positives.length) return null;
    const [{ grid }] = positives;
    const [row, col] = cellOf(x, y, sizeOf(this.#store.info, image), grid);
    const cell = row * grid[1] + col;
    return Math.max(...positives.map(({ values }) => values[cell]));
  }

  /**
   * @param {number} image
   * @returns {Result}
   */
  #blank(image) {
    const { grid } = this.#store.info;
    const result = {
      mask: new Uint8Array(grid[0] * grid[1]),
      grid,
      absent: false,
      count: 0,
      area: null,
      current: false,
      exact: false,
      marked: false,
      constant: false,
      stamp: -1,
      version: -1,
      arrivals: -1,
      seeds: null,
    };
    this.#results.set(image, result);
    return result;
  }

  /**
   * @param {number} image
   * @param {Result} result
   */
  #found(image, { seeds }) {
    return (seeds && this.#find(image, seeds)) ?? NOTHING;
  }

  /**
   * @param {number} image
   * @param {MaskSeeds} seeds
   * @returns {Found | null} null if a field is missing
   */
  #find(image, { positives, negatives }) {
    const { fields, previews } = this.#store;
    // Before the way is known, the image may be a blank one.
    let exact = this.#store.way !== undefined;
    /** @type {(wanted: Seeds[]) => (FieldMap | undefined)[]} */
    const find = (wanted) =>
      wanted.map((seeds) => {
        const field = fields.get(seeds, image);
        exact = exact && field !== undefined && !fields.isOld(seeds, image);
        if (field) return field;
        return previews.get(seeds, image);
      });
    const found = { positives: find(positives), negatives: find(negatives) };
    const all = [...found.positives, ...found.negatives].every(Boolean);
    return all ? /** @type {Found} */ ({ ...found, exact }) : null;
  }

  /**
   * @param {Result} result
   * @param {number} image
   * @param {Found} found
   */
  #fill({ mask, grid, absent, seeds }, image, { positives, negatives }) {
    const store = this.#store;
    if (absent || isBlank(store.way, image)) {
      mask.fill(0);
      return;
    }
    combineMasks(mask, positives, negatives, this.#settings());
    if (!store.get("denoise")) return;
    this.#fit(grid);
    // The setting counts cells of the latent grid.
    const [rows, cols] = store.info.grid;
    const area = (store.get("denoise_area_th") * mask.length) / (rows * cols);
    denoiseInto(mask, grid, area, this.#list, this.#kept(image, seeds, grid));
  }

  /**
   * The cells of an image whose parts of the mask are kept, however small.
   *
   * @param {number} image
   * @param {MaskSeeds | null} seeds
   * @param {Size} grid of the mask
   */
  #kept(image, seeds, grid) {
    const [field] = seeds?.positives ?? [];
    const { info } = this.#store;
    if (!field || !info.methods[field.method].keeps_prompted) return [];
    const own = gridOf(info, field.method, image);
    const here = field.positives.flat().filter(([at]) => at === image);
    return here.map(([, ...cell]) => {
      const [row, col] = centreCell(cell[0], cell[1], own, grid);
      return row * grid[1] + col;
    });
  }

  #settings() {
    const store = this.#store;
    return {
      gamma: store.get("gamma"),
      threshold: store.get("threshold"),
      negative_threshold: store.get("negative_threshold"),
    };
  }

  /**
   * Buffers are shared by all images of a grid.
   *
   * @param {Size} grid
   */
  #fit([rows, cols]) {
    if (this.#list.length === rows * cols) return;
    this.#list = new Int32Array(rows * cols);
    this.#heat = new Float32Array(rows * cols);
    this.#scratch = new Float32Array(rows * cols);
  }
}

/** @param {FieldMap} field */
function isPresent({ presence }) {
  return presence >= PRESENT;
}
