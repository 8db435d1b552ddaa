/** The page's maths against vectors from the kernel's: `python -m tests.js_fixture`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { combineHeat, combineMasks } from "../src/maths/combine.js";
import { cellOf, wholeImage } from "../src/maths/coordinates.js";
import { cutOf, heatInto } from "../src/maths/cut.js";
import { denoiseInto } from "../src/maths/denoise.js";
import { findQuads, marginsInto } from "../src/maths/margins.js";
import { SmoothMask } from "../src/maths/smooth.js";

/** @typedef {import("../src/model/link/wire.js").Stats} Stats */
/** @typedef {{ label: number, stats: Stats, values: number[][] }} Fixed */

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8"),
);
const cells = fixture.grid[0] * fixture.grid[1];
/** @type {Fixed[]} */
const similarities = fixture.similarities;

/**
 * The prompts' fields on one image.
 *
 * @param {number} label
 * @param {number} image
 */
function cutMapsOf(label, image) {
  return similarities
    .filter((similarity) => similarity.label === label)
    .map(({ stats, values }) => ({ stats, values: Float32Array.from(values[image]) }));
}

/**
 * @param {Uint8Array} mask
 * @param {import("../src/maths/margins.js").CutMaps} cutMaps
 * @param {import("../src/model/link/wire.js").Size} size
 */
function smoothBits(mask, cutMaps, size) {
  const quads = new Uint8Array(cells);
  const margins = new Float32Array(cells);
  marginsInto(margins, mask, cutMaps, fixture.grid);
  findQuads(quads, margins, fixture.grid);
  const smooth = new SmoothMask();
  smooth.fit(size, wholeImage(size), size, fixture.grid);
  const pixels = new Uint32Array(size[0] * size[1]);
  smooth.paint(pixels, quads, margins, 1);
  const bits = pixels.join("");
  assert.equal(smooth.count(quads, margins), bits.replaceAll("0", "").length);
  return bits;
}

for (const [number, kept] of fixture.cases.entries()) {
  const { settings, cuts, heat, masks, smooth } = kept;
  const { gamma, threshold, negative_threshold } = settings;

  test(`case ${number}: the cuts are the kernel's, to the last bit but one`, () => {
    for (const [k, { stats }] of similarities.entries()) {
      for (const [i, level] of [threshold, negative_threshold].entries()) {
        const cut = cutOf(stats, gamma, level);
        const ulp = 2 ** -23 * Math.abs(cuts[k][i]);
        assert.ok(Math.abs(cut - cuts[k][i]) <= ulp, `${cut} for ${cuts[k][i]}`);
      }
    }
  });

  test(`case ${number}: the masks are the kernel's`, () => {
    for (const [image, expected] of masks.entries()) {
      const mask = new Uint8Array(cells);
      combineMasks(mask, cutMapsOf(1, image), cutMapsOf(0, image), settings);
      if (settings.denoise) {
        const list = new Int32Array(cells);
        denoiseInto(mask, fixture.grid, settings.denoise_area_th, list);
      }
      assert.equal(mask.join(""), expected);
    }
  });

  test(`case ${number}: the smooth masks are the kernel's, pixel by pixel`, () => {
    for (const { image, size, mask: expected } of smooth) {
      const mask = Uint8Array.from(masks[image]);
      /** @type {(label: number, level: number) => import("../src/maths/margins.js").CutMap[]} */
      const cut = (label, level) =>
        cutMapsOf(label, image).map(({ values, stats }) => ({
          values,
          cut: cutOf(stats, gamma, level),
        }));
      const cutMaps = {
        positives: cut(1, threshold),
        negatives: cut(0, negative_threshold),
      };
      assert.equal(smoothBits(mask, cutMaps, size), expected);
    }
  });

  test(`case ${number}: the heat is the kernel's`, () => {
    for (const [image, expected] of heat.entries()) {
      const out = new Float32Array(cells);
      combineHeat(out, cutMapsOf(1, image), gamma, new Float32Array(cells));
      for (let i = 0; i < cells; i++) {
        const rounding = 1e-4 * Math.max(Math.abs(expected[i]), 1);
        assert.ok(
          Math.abs(out[i] - expected[i]) <= rounding,
          `${out[i]}: ${expected[i]}`,
        );
      }
    }
  });
}

for (const [number, clicked] of fixture.diffusion.entries()) {
  test(`clicks ${number}: what is clicked is kept, however small`, () => {
    const grid = fixture.grid;
    for (const [image, expected] of clicked.masks.entries()) {
      const mask = Uint8Array.from(
        clicked.values[image],
        (/** @type {number} */ value) => Number(value > Math.fround(clicked.threshold)),
      );
      const kept = clicked.seeds.positives
        .flat()
        .filter((/** @type {number[]} */ [at]) => at === image)
        .map((/** @type {number[]} */ [, row, col]) => row * grid[1] + col);
      const area = clicked.denoise_area_th;
      denoiseInto(mask, grid, area, new Int32Array(cells), kept);
      assert.equal(mask.join(""), expected);
    }
  });
}

test("a thing of less than 1 % of the batch has heat 1, all else 0", () => {
  const { stats, heat } = fixture.plateau;
  const out = heatInto(new Float32Array(2), Float32Array.of(0.25, 0.75), stats, 1);
  assert.deepEqual([...out], heat);
});

test("every pixel lies in the kernel's cell", () => {
  for (const [pixels, count, ...expected] of fixture.coordinates) {
    for (let x = 0; x < pixels; x++) {
      const [row, col] = cellOf(x, x, [pixels, pixels], [count, count]);
      assert.deepEqual([row, col], [expected[x], expected[x]]);
    }
  }
});
