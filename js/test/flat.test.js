/** Previews of an exactly flat ground: `python -m tests.js_fixture`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { combineMasks } from "../src/maths/combine.js";
import { statisticsOf } from "../src/maths/statistics.js";
import { Vectors } from "../src/maths/vectors.js";

/** @typedef {{ low: number[], step: number[], levels: number[] }} Packed */

const { flat } = JSON.parse(
  readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8"),
);

/** @param {Packed} packed */
function unpack({ low, step, levels }) {
  return new Vectors({
    low: Float32Array.from(low),
    step: Float32Array.from(step),
    levels: Uint16Array.from(levels),
  });
}

for (const [number, kept] of flat.entries()) {
  const { width, count, mean, covariance } = kept;
  /** @type {Vectors[]} */
  const vectors = kept.vectors.map(unpack);
  const sample = unpack(kept.sample);
  const moments = {
    count,
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(covariance),
  };

  /** @param {[number, number, number]} cell */
  const previewOf = ([image, row, col]) => {
    const vector = vectors[image].vectorOf(row * width + col, mean.length);
    const sampled = sample.similarityInto(new Float32Array(sample.count), vector);
    const stats = statisticsOf(vector, sampled, moments);
    const fields = vectors.map((some) => ({
      values: some.similarityInto(new Float32Array(some.count), vector),
      stats,
    }));
    return { fields, sampled };
  };

  test(`flat ground ${number}: equal eigenvectors are equally similar everywhere`, () => {
    const { fields, sampled } = previewOf([1, 2, 3]);
    const [ground, thing] = fields;
    assert.equal(new Set(ground.values).size, 1);
    assert.equal(new Set(thing.values).size, 2);
    assert.ok(thing.values.includes(ground.values[0]));
    // All pixels are in the sample, and no value is its alone.
    assert.deepEqual(
      new Set(sampled),
      new Set(fields.flatMap(({ values }) => [...values])),
    );
  });

  test(`flat ground ${number}: the masks are the kernel's, cell by cell`, () => {
    for (const { cell, threshold, gamma, masks } of kept.masks) {
      const settings = { threshold, gamma, negative_threshold: 0.7 };
      const got = previewOf(cell).fields.map((similarity) =>
        combineMasks(new Uint8Array(vectors[0].count), [similarity], [], settings),
      );
      assert.deepEqual(
        got.map((mask) => mask.join("")),
        masks,
      );
    }
  });
}
