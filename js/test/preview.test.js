/** Previews against the kernel's own eigenvectors: `python -m tests.js_fixture`. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { combineMasks } from "../src/maths/combine.js";
import { weightsOf } from "../src/maths/diffusion.js";
import { statisticsOf } from "../src/maths/statistics.js";
import { Previews } from "../src/model/previews.js";
import { infoOf } from "./info.js";
import { likeCell } from "./seeds.js";
import { BY, OTHER, WAY } from "./ways.js";

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8"),
);
const WAYS = new Map([[BY, WAY]]);

/** @param {{ eigvals: number[], seeds: any }} kept */
function openDiffusion({ eigvals, seeds }) {
  const ways = new Map([[seeds.parameters.by, { eigvals, blank: [] }]]);
  return new Previews(infoOf({ grid: fixture.grid }), eigvals.length, ways);
}

/**
 * @param {Previews} previews
 * @param {{ type: string } & Record<string, unknown>} content
 * @param {ArrayBuffer[]} buffers
 */
function accept(previews, content, buffers) {
  for (const resource of previews.resources) {
    if (resource.type === content.type) resource.accept(content, buffers);
  }
}

/**
 * @param {Previews} previews
 * @param {number} clicks
 * @param {number} images
 */
function reserve(previews, clicks, images) {
  for (const resource of previews.resources) resource.reserve(clicks, images);
  previews.reserve(clicks);
}

/** @typedef {{ low: number[], step: number[], levels: number[] }} Packed */

/**
 * The vectors of a fixture as the kernel sends them.
 *
 * @param {Previews} previews
 * @param {{ vectors: Packed[], sample: Packed }} kept
 * @param {(number | null)[]} images
 * @param {string} [by]
 */
function send(previews, kept, images, by = BY) {
  const parts = images.map((image) =>
    image === null ? kept.sample : kept.vectors[image],
  );
  const vectors = parts.map(({ low, step }, k) => ({ image: images[k], low, step }));
  const buffers = parts.map(({ levels }) => Uint16Array.from(levels).buffer);
  accept(previews, { type: "vectors", by, vectors }, buffers);
}

/**
 * @param {Previews} previews
 * @param {{ num_eig: number, count: number, mean: number[], covariance: number[] }} kept
 * @param {string} [by]
 */
function sendMoments(previews, { num_eig, count, mean, covariance }, by = BY) {
  const buffers = [mean, covariance].map((v) => Float64Array.from(v).buffer);
  accept(previews, { type: "moments", by, num_eig, count }, buffers);
}

for (const kept of fixture.previews) {
  const { num_eig: numEig, cell, values, truth } = kept;
  const seeds = likeCell(cell, numEig);
  const open = () => {
    const previews = new Previews(
      infoOf({ grid: fixture.grid }),
      kept.vectors[0].low.length,
      WAYS,
    );
    reserve(previews, 1, 2);
    return previews;
  };

  test(`${numEig} eigenvectors: a field is the kernel's, from the same bytes`, () => {
    const previews = open();
    send(previews, kept, [0, 1, null]);
    for (const [image, expected] of values.entries()) {
      const similarity = previews.get(seeds, image);
      assert.ok(similarity);
      for (const [i, value] of similarity.values.entries()) {
        assert.ok(Math.abs(value - expected[i]) < 2e-6, `${value}: ${expected[i]}`);
      }
    }
  });

  test(`${numEig} eigenvectors: statistics are the kernel's, but for the bytes`, () => {
    const previews = open();
    send(previews, kept, [0, 1, null]);
    sendMoments(previews, kept);
    const stats = previews.get(seeds, 0)?.stats;
    assert.ok(stats);
    const { mean, std, low, high, count } = truth.stats;
    assert.equal(stats.count, count);
    assert.ok(Math.abs(stats.mean - mean) < 1e-4);
    assert.ok(Math.abs(stats.std / std - 1) < 1e-4);
    for (const k of [0, 1]) {
      assert.ok(Math.abs(stats.low[k] - low[k]) < 1e-4);
      assert.ok(Math.abs(stats.high[k] - high[k]) < 1e-4);
    }
  });

  test(`${numEig} eigenvectors: the mask is the kernel's, but for ties`, () => {
    const previews = open();
    send(previews, kept, [0, 1, null]);
    sendMoments(previews, kept);
    const settings = { gamma: 1, threshold: 0.5, negative_threshold: 0.7 };
    let both = 0;
    let either = 0;
    for (const image of [0, 1]) {
      const preview = previews.get(seeds, image);
      assert.ok(preview);
      const exact = {
        values: Float32Array.from(truth.values[image]),
        stats: truth.stats,
      };
      const [a, b] = [preview, exact].map((similarity) =>
        combineMasks(new Uint8Array(120), [similarity], [], settings),
      );
      for (let i = 0; i < 120; i++) {
        both += a[i] & b[i];
        either += a[i] | b[i];
      }
    }
    assert.ok(either > 10);
    assert.ok(both / either >= 0.98, `${both} of ${either}`);
  });
}

test("without moments the sample's own stand in, and are given up for the kernel's", () => {
  const [kept] = fixture.previews;
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, WAYS);
  reserve(previews, 1, 1);
  send(previews, kept, [0, null]);
  assert.ok(previews.moments.lacks(`${BY} 4`));
  const own = previews.get(likeCell(kept.cell), 0)?.stats;
  // A batch of fewer pixels than the sample's limit is its own sample.
  assert.ok(own && Math.abs(own.std / kept.truth.stats.std - 1) < 1e-4);
  sendMoments(previews, { ...kept, covariance: kept.covariance.map(() => 0) });
  assert.ok(!previews.moments.lacks(`${BY} 4`));
  assert.equal(previews.get(likeCell(kept.cell), 0)?.stats?.std, 0);
});

test("what is missing is asked for: the active image alone, and what there is room for", () => {
  const [kept] = fixture.previews;
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, WAYS);
  reserve(previews, 0, 2);
  assert.deepEqual(previews.vectors.missing(BY, [1, 0]), [1]);
  assert.ok(previews.sample.lacks(BY));
  send(previews, kept, [1, null]);
  assert.ok(!previews.sample.lacks(BY));
  assert.deepEqual(previews.vectors.missing(BY, [1, 0], [0, 5]), [0, 5]);
  assert.equal(previews.get(likeCell(kept.cell), 1), undefined); // It is on image 0.
  previews.vectors.refuse([`${BY} 0`]);
  assert.deepEqual(previews.vectors.missing(BY, [1, 0]), []);
  previews.vectors.retry();
  send(previews, kept, [0]);
  assert.deepEqual(previews.vectors.missing(BY, [1, 0]), []);
  assert.ok(previews.get(likeCell(kept.cell), 1));
});

test("fields are written again: hovering does not grow", () => {
  const [kept] = fixture.previews;
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, WAYS);
  reserve(previews, 0, 1);
  send(previews, kept, [0, null]);
  const seen = new Set();
  for (let k = 0; k < 1000; k++) {
    const cell = k % 120;
    const values = previews.get(
      likeCell([0, Math.floor(cell / 10), cell % 10], 1 + (k % 4)),
      0,
    )?.values;
    seen.add(values?.buffer);
  }
  assert.ok(seen.size <= 129, `${seen.size}`);
});

test("reply that is too short is said", () => {
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, WAYS);
  const entry = { image: 0, low: [0, 0, 0, 0], step: [1, 1, 1, 1] };
  const buffers = [new ArrayBuffer(7)];
  assert.throws(
    () => accept(previews, { type: "vectors", by: BY, vectors: [entry] }, buffers),
    /4 x 120 uint16, got 7 bytes/,
  );
  const moments = { type: "moments", by: BY, num_eig: 2, count: 3 };
  assert.throws(
    () => accept(previews, moments, [new ArrayBuffer(16), new ArrayBuffer(8)]),
    /covariance must be of 2 eigenvectors in float64, got 8 bytes/,
  );
});

test("order statistics are those of sorting", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (const count of [1, 2, 3, 99, 100, 101, 1000, 10000]) {
    for (const levels of [3, 1e9]) {
      const values = Float32Array.from({ length: count }, () =>
        Math.floor(random() * levels),
      );
      const sorted = values.slice().sort();
      const at = (/** @type {number} */ rank) => sorted[Math.min(rank, count - 1)];
      const low = Math.floor(0.01 * (count - 1));
      const high = Math.floor(0.99 * (count - 1));
      const stats = statisticsOf(Float32Array.of(1), values, undefined);
      assert.deepEqual(stats.low, [at(low), at(low + 1)]);
      assert.deepEqual(stats.high, [at(high), at(high + 1)]);
    }
  }
});

for (const [number, kept] of fixture.diffusion.entries()) {
  test(`diffusion, case ${number}: weights and fields are the kernel's`, () => {
    const weights = weightsOf(kept.eigvals, kept.seeds.parameters.granularity);
    kept.weights.forEach((/** @type {number} */ value, /** @type {number} */ k) => {
      assert.ok(Math.abs(weights[k] - value) < 1e-6, `${weights[k]}, not ${value}`);
    });
    const previews = openDiffusion(kept);
    reserve(previews, 0, 2);
    const { by } = kept.seeds.parameters;
    send(previews, kept, [0], by);
    assert.equal(previews.get(kept.seeds, 0), undefined); // One lies on image 1.
    send(previews, kept, [1], by);
    kept.values.forEach(
      (/** @type {number[]} */ values, /** @type {number} */ image) => {
        const found = previews.get(kept.seeds, image);
        assert.ok(found);
        assert.equal(found.stats, null);
        const worst = Math.max(
          ...values.map((value, i) => Math.abs(value - found.values[i])),
        );
        assert.ok(worst < 2e-3, `${worst}`);
      },
    );
  });
}

test("each way has previews of its own, of its vectors, moments and eigenvalues", () => {
  const [kept] = fixture.previews;
  const eigvals = [1, 0.9, 0.2, 0.1];
  const ways = new Map([
    [BY, WAY],
    [OTHER, { eigvals, blank: [] }],
  ]);
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, ways);
  reserve(previews, 2, 2);
  const { cell } = kept;
  const seeds = (/** @type {string} */ by) => likeCell(cell, kept.num_eig, by);
  send(previews, kept, [0, null]);
  sendMoments(previews, kept);
  const first = previews.get(seeds(BY), 0);
  assert.ok(first);
  assert.equal(previews.get(seeds(OTHER), 0), undefined);
  send(previews, { ...kept, vectors: kept.vectors.toReversed() }, [0, null], OTHER);
  const other = previews.get(seeds(OTHER), 0);
  assert.ok(other);
  assert.notDeepEqual(other.values, first.values);
  assert.equal(previews.get(seeds(BY), 0), first);
  const { covariance, num_eig } = kept;
  const still = { ...kept, covariance: covariance.map(() => 0) };
  sendMoments(previews, still, OTHER);
  assert.equal(previews.get(seeds(OTHER), 0)?.stats?.std, 0);
  assert.notEqual(previews.get(seeds(BY), 0)?.stats?.std, 0);
  assert.ok(!previews.moments.lacks(`${OTHER} ${num_eig}`));

  send(previews, kept, [0], OTHER); // Now they differ in their eigenvalues alone.
  const diffused = [BY, OTHER].map((by) => {
    const parameters = { by, granularity: 2 };
    return previews.get({ ...seeds(by), method: "diffusion", parameters }, 0)?.values;
  });
  assert.ok(diffused.every(Boolean));
  assert.notDeepEqual(diffused[0], diffused[1]);
});

test("without its eigenvalues a way has no previews in diffusion coordinates", () => {
  const [kept] = fixture.previews;
  const ways = new Map();
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, ways);
  reserve(previews, 1, 1);
  send(previews, kept, [0, null]);
  const parameters = { by: BY, granularity: 2 };
  const seeds = { ...likeCell(kept.cell), method: "diffusion", parameters };
  assert.equal(previews.get(seeds, 0), undefined);
  ways.set(BY, WAY);
  assert.ok(previews.get(seeds, 0));
});

test("a prompt of several cells adds at once, and not cell by cell", () => {
  const [kept] = fixture.diffusion;
  const previews = openDiffusion(kept);
  reserve(previews, 0, 2);
  send(previews, kept, [0, 1], kept.seeds.parameters.by);
  const [[a], [b]] = kept.seeds.positives;
  const grouped = previews.get({ ...kept.seeds, positives: [[a, b]] }, 0)?.values;
  const first = previews.get({ ...kept.seeds, positives: [[a]] }, 0)?.values;
  assert.ok(grouped && first);
  assert.ok(grouped.some((value, i) => value < first[i]));
});

test("a group's field is by all its cells, and by their weights", () => {
  const [kept] = fixture.previews;
  const previews = new Previews(infoOf({ grid: fixture.grid }), 4, WAYS);
  reserve(previews, 0, 1);
  send(previews, kept, [0, null]);
  const fieldOf = (/** @type {import("../src/maths/seeds.js").Group} */ ...group) => {
    const seeds = { ...likeCell([0, 0, 0]), positives: [group] };
    return previews.get(seeds, 0)?.values.slice() ?? new Float32Array(0);
  };
  const a = fieldOf([0, 1, 1]);
  const b = fieldOf([0, 9, 7]);
  const even = fieldOf([0, 1, 1], [0, 9, 7]);
  const heavy = fieldOf([0, 1, 1, 1e6], [0, 9, 7]);
  const scale = even[11] / (a[11] + b[11]);
  for (const [i, value] of even.entries()) {
    assert.ok(Math.abs(value - scale * (a[i] + b[i])) < 1e-5);
    assert.ok(Math.abs(heavy[i] - a[i]) < 1e-5);
  }
});
