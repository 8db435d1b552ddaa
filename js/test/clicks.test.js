import assert from "node:assert/strict";
import test from "node:test";
import { Clicks, promptsOf, sourcesOf } from "../src/model/clicks.js";
import { infoOf } from "./info.js";

/** @typedef {import("../src/model/wire.js").Click} Click */

/** @type {Click} */
const A = [0, 1, 2, 1];
/** @type {Click} */
const B = [0, 3, 4, 0];

/** @param {Clicks} clicks */
function expected(clicks) {
  const { clicks: shown, history } = clicks.expected;
  return {
    clicks: shown.map(({ click }) => click),
    pending: shown.map(({ pending }) => pending),
    history,
  };
}

/** @param {...Click} told by the kernel */
function make(...told) {
  return new Clicks(told, [told.length > 0, false]);
}

test("clicks on their way show after the others, as pending", () => {
  const clicks = make(A);
  clicks.push({ op: "click", click: B });
  assert.deepEqual(expected(clicks), {
    clicks: [A, B],
    pending: [false, true],
    history: [true, false],
  });
});

test("taken edits are expected until they are settled", () => {
  const clicks = make();
  clicks.push({ op: "click", click: A });
  assert.deepEqual(clicks.take(), { first: 1, edits: [{ op: "click", click: A }] });
  clicks.push({ op: "click", click: B });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
  clicks.settle();
  clicks.tell({ clicks: [A] });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
  assert.deepEqual(expected(clicks).pending, [false, true]);
  assert.equal(clicks.pending, 1);
});

test("a sent click that the trait brought before the reply is not shown twice", () => {
  const clicks = make();
  clicks.push({ op: "click", click: A });
  clicks.take();
  clicks.tell({ clicks: [A] });
  assert.deepEqual(expected(clicks).clicks, [A]);
});

test("undo and redo of edits on their way are known at once", () => {
  const clicks = make(A);
  clicks.push({ op: "click", click: B });
  clicks.push({ op: "undo" });
  assert.deepEqual(expected(clicks).clicks, [A]);
  assert.deepEqual(expected(clicks).history, [true, true]);
  clicks.push({ op: "redo" });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
});

test("an undo of what came before is the kernel's to tell", () => {
  const clicks = make(A);
  clicks.push({ op: "undo" });
  assert.deepEqual(expected(clicks).clicks, [A]);
  assert.deepEqual(expected(clicks).history, [true, true]);
});

test("a redo on its way leaves the page unsure, until it is told or cleared", () => {
  const clicks = new Clicks([], [false, true]);
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "redo" });
  assert.ok(clicks.expected.unsure);
  clicks.push({ op: "click", click: B });
  assert.ok(clicks.expected.unsure);
  clicks.push({ op: "commit" });
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "undo" });
  assert.ok(!clicks.expected.unsure);
  clicks.take();
  clicks.tell({ clicks: [A, B], history: [true, true] });
  clicks.settle();
  assert.ok(!clicks.expected.unsure);
});

test("a redo of nothing leaves the page sure", () => {
  const clicks = new Clicks([A], [true, false]);
  clicks.push({ op: "redo" });
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "undo" });
  assert.ok(clicks.expected.unsure);
});

test("a commit clears the clicks at once and can be undone", () => {
  const clicks = new Clicks([[0, 1, 1, 1]], [true, false]);
  clicks.push({ op: "commit" });
  assert.deepEqual(expected(clicks).clicks, []);
  assert.deepEqual(clicks.expected.history, [true, false]);
  clicks.push({ op: "undo" });
  assert.equal(clicks.expected.clicks.length, 1);
});

test("clear shows at once and can be undone", () => {
  const clicks = make(A, B);
  clicks.push({ op: "clear" });
  assert.deepEqual(expected(clicks).clicks, []);
  clicks.push({ op: "undo" });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
});

test("dropped edits leave what the kernel told", () => {
  const clicks = make(A);
  clicks.push({ op: "clear" });
  clicks.take();
  clicks.push({ op: "click", click: B });
  clicks.drop();
  assert.deepEqual(expected(clicks).clicks, [A]);
  assert.equal(clicks.pending, 0);
});

test("clicks in one cell are one cell, of each label", () => {
  const info = infoOf({ sizes: [[10, 20]] });
  /** @type {Click[]} */
  const clicks = [
    [0, 1, 1, 1],
    [0, 9, 4, 1],
    [0, 19, 9, 1],
    [0, 2, 2, 0],
  ];
  /** @type {Record<string, unknown>} */
  const traits = { _info: info, num_eig: 5, method: "similarity" };
  const prompts = promptsOf(clicks, (name) => traits[name]);
  assert.deepEqual(prompts, {
    numEig: 5,
    positives: [
      [0, 0, 0],
      [0, 1, 1],
    ],
    negatives: [[0, 0, 0]],
    together: null,
  });
  const { positives, negatives } = prompts;
  assert.deepEqual(sourcesOf(prompts), { positives, negatives });
});

test("of all clicks together the last one of a cell counts", () => {
  /** @type {Record<string, unknown>} */
  const traits = { _info: infoOf(), num_eig: 5, method: "diffusion", granularity: 3 };
  /** @type {Click[]} */
  const clicks = [
    [0, 1, 1, 1],
    [1, 1, 1, 1],
    [0, 2, 2, 0],
  ];
  const prompts = promptsOf(clicks, (name) => traits[name]);
  assert.deepEqual(sourcesOf(prompts).positives, [
    {
      method: "diffusion",
      positives: [[1, 0, 0]],
      negatives: [[0, 0, 0]],
      granularity: 3,
    },
  ]);
});

test("a biased cut is one map, of all clicks and weights; none without a positive", () => {
  const info = infoOf({ sizes: [[10, 20]] });
  /** @type {Record<string, unknown>} */
  const traits = {
    _info: info,
    num_eig: 5,
    method: "biased_ncut",
    click_weight: 0.5,
    bg_weight: 0.1,
  };
  /** @type {(clicks: Click[]) => object} */
  const sources = (clicks) => sourcesOf(promptsOf(clicks, (name) => traits[name]));
  const both = sources([
    [0, 1, 1, 1],
    [0, 19, 9, 0],
  ]);
  assert.deepEqual(both, {
    positives: [
      {
        method: "biased_ncut",
        positives: [[0, 0, 0]],
        negatives: [[0, 1, 1]],
        click_weight: 0.5,
        bg_weight: 0.1,
      },
    ],
    negatives: [],
  });
  assert.deepEqual(sources([[0, 1, 1, 0]]), { positives: [], negatives: [] });
});
