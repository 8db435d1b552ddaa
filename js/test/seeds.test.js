/** What fields are made of, and what they are named by. */

import assert from "node:assert/strict";
import test from "node:test";
import { fieldKey, maskSeeds, nameOf, SeedsOfPrompts } from "../src/model/seeds.js";
import { infoOf } from "./info.js";
import { likeCell, together } from "./seeds.js";
import { BY, OTHER } from "./ways.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */
/** @typedef {import("../src/maths/seeds.js").Seed} Seed */

/** @param {Record<string, unknown>} [settings] */
function traits(settings) {
  /** @type {Record<string, unknown>} */
  const all = {
    _info: infoOf({ sizes: [[10, 20]] }),
    by: BY,
    num_eig: 5,
    method: "similarity",
    granularity: 3,
    click_weight: 0.5,
    bg_weight: 0.1,
    ...settings,
  };
  return (/** @type {string} */ name) => all[name];
}

test("each click has a field of its own; those of one cell and label share it", () => {
  /** @type {Click[]} */
  const clicks = [
    [0, 1, 1, 1],
    [0, 9, 4, 1],
    [0, 19, 9, 1],
    [0, 2, 2, 0],
  ];
  assert.deepEqual(maskSeeds(clicks, traits()), {
    positives: [likeCell([0, 0, 0], 5), likeCell([0, 1, 1], 5)],
    negatives: [likeCell([0, 0, 0], 5)],
    hasNegatives: true,
  });
});

test("of all clicks together the last one of a cell counts", () => {
  /** @type {Click[]} */
  const clicks = [
    [0, 1, 1, 1],
    [1, 1, 1, 1],
    [0, 2, 2, 0],
  ];
  const get = traits({ _info: infoOf(), method: "diffusion" });
  assert.deepEqual(maskSeeds(clicks, get).positives, [
    together("diffusion", [[1, 0, 0]], [[0, 0, 0]], { granularity: 3 }),
  ]);
});

test("a cell that is labelled again stays where it was labelled first", () => {
  /** @type {Click[]} */
  const clicks = [
    [0, 1, 1, 0],
    [1, 1, 1, 1],
    [0, 2, 2, 1],
  ];
  const get = traits({ _info: infoOf(), method: "diffusion" });
  const [{ positives, negatives }] = maskSeeds(clicks, get).positives;
  assert.deepEqual(positives, [[[0, 0, 0]], [[1, 0, 0]]]);
  assert.deepEqual(negatives, []);
});

test("a biased cut is one field, of all clicks and weights; none without a positive", () => {
  const get = traits({ method: "biased_ncut" });
  const both = maskSeeds(
    [
      [0, 1, 1, 1],
      [0, 19, 9, 0],
      [0, 2, 2, 0],
      [0, 3, 3, 1],
    ],
    get,
  );
  const parameters = { num_eig: 5, click_weight: 0.5, bg_weight: 0.1 };
  /** @type {Seed[]} */
  const negatives = [
    [0, 1, 1],
    [0, 0, 0],
  ];
  assert.deepEqual(both.positives, [
    together("biased_ncut", [[0, 0, 0]], negatives, parameters),
  ]);
  const none = maskSeeds([[0, 1, 1, 0]], get);
  assert.deepEqual(none, { positives: [], negatives: [], hasNegatives: true });
});

test("seeds are made anew with other prompts or parameters, and for nothing else", () => {
  const seeds = new SeedsOfPrompts();
  /** @type {Click[]} */
  const clicks = [[0, 1, 1, 1]];
  const first = seeds.of(clicks, traits());
  assert.equal(seeds.of(clicks, traits({ threshold: 0.1, granularity: 9 })), first);
  assert.notEqual(seeds.of(clicks, traits({ num_eig: 4 })), first);
  assert.notEqual(seeds.of(clicks, traits({ by: OTHER })), first);
  assert.notEqual(seeds.of([...clicks], traits({ num_eig: 4 })), first);
});

test("a field is named as it was asked for, in whatever order its parameters come", () => {
  const seeds = together("biased_ncut", [[0, 0, 1]], [], {
    num_eig: 2,
    bg_weight: 0.1,
  });
  const told = JSON.parse(JSON.stringify(seeds));
  told.parameters = { bg_weight: 0.1, num_eig: 2, by: BY };
  assert.equal(fieldKey(told, 3), fieldKey(seeds, 3));
});

test("fields of other seeds, groups, weights, parameters or images have other keys", () => {
  /** @type {(positives: Seed[], negatives: Seed[], clicks: number, bg: number) => import("../src/model/seeds.js").Seeds} */
  const biased = (positives, negatives, click_weight, bg_weight) =>
    together("biased_ncut", positives, negatives, { click_weight, bg_weight });
  const a = /** @type {Seed} */ ([0, 1, 2]);
  const b = /** @type {Seed} */ ([0, 1, 3]);
  const keys = [
    fieldKey(biased([a], [], 0.5, 0.1), 3),
    fieldKey(biased([a], [a], 0.5, 0.1), 3),
    fieldKey(biased([], [a], 0.5, 0.1), 3),
    fieldKey(biased([a], [a], 0.4, 0.1), 3),
    fieldKey(biased([a], [a], 0.5, 0.2), 3),
    fieldKey(biased([a, b], [], 0.5, 0.1), 3),
    fieldKey({ ...biased([], [], 0.5, 0.1), positives: [[a, b]] }, 3),
    fieldKey(biased([[0, 1, 2, 0.5]], [], 0.5, 0.1), 3),
    fieldKey(likeCell(a, 20), 3),
    fieldKey(likeCell([0, 12, 3], 20), 3),
    fieldKey(likeCell([0, 1, 23], 20), 3),
    fieldKey(likeCell(a, 20), 33),
    fieldKey(likeCell(a, 2), 3),
    fieldKey(likeCell(a, 2, OTHER), 3),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test("a weight of 1 need not be told", () => {
  assert.equal(nameOf(likeCell([0, 1, 2, 1])), nameOf(likeCell([0, 1, 2])));
});
