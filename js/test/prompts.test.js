import assert from "node:assert/strict";
import test from "node:test";
import {
  imageOf,
  isPositive,
  isSame,
  keyOf,
  seedsOf,
} from "../src/model/prompts/index.js";
import { PromptList } from "../src/model/prompts/list.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {Click} */
const A = [0, 1, 2, 1];
/** @type {Click} */
const B = [0, 3, 4, 0];

/** @param {PromptList} clicks */
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
  return new PromptList(told, [told.length > 0, false]);
}

test("clicks on their way show after the others, as pending", () => {
  const clicks = make(A);
  clicks.push({ op: "add", prompt: B });
  assert.deepEqual(expected(clicks), {
    clicks: [A, B],
    pending: [false, true],
    history: [true, false],
  });
});

test("taken edits are expected until they are settled", () => {
  const clicks = make();
  clicks.push({ op: "add", prompt: A });
  assert.deepEqual(clicks.take(), { first: 1, edits: [{ op: "add", prompt: A }] });
  clicks.push({ op: "add", prompt: B });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
  clicks.settle();
  clicks.tell({ prompts: [A] });
  assert.deepEqual(expected(clicks).clicks, [A, B]);
  assert.deepEqual(expected(clicks).pending, [false, true]);
  assert.equal(clicks.pending, 1);
});

test("a sent click that the trait brought before the reply is not shown twice", () => {
  const clicks = make();
  clicks.push({ op: "add", prompt: A });
  clicks.take();
  clicks.tell({ prompts: [A] });
  assert.deepEqual(expected(clicks).clicks, [A]);
});

test("undo and redo of edits on their way are known at once", () => {
  const clicks = make(A);
  clicks.push({ op: "add", prompt: B });
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
  const clicks = new PromptList([], [false, true]);
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "redo" });
  assert.ok(clicks.expected.unsure);
  clicks.push({ op: "add", prompt: B });
  assert.ok(clicks.expected.unsure);
  clicks.push({ op: "commit" });
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "undo" });
  assert.ok(!clicks.expected.unsure);
  clicks.take();
  clicks.tell({ prompts: [A, B], history: [true, true] });
  clicks.settle();
  assert.ok(!clicks.expected.unsure);
});

test("a redo of nothing leaves the page sure", () => {
  const clicks = new PromptList([A], [true, false]);
  clicks.push({ op: "redo" });
  assert.ok(!clicks.expected.unsure);
  clicks.push({ op: "undo" });
  assert.ok(clicks.expected.unsure);
});

test("a commit clears the clicks at once and can be undone", () => {
  const clicks = new PromptList([[0, 1, 1, 1]], [true, false]);
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
  clicks.push({ op: "add", prompt: B });
  clicks.drop();
  assert.deepEqual(expected(clicks).clicks, [A]);
  assert.equal(clicks.pending, 0);
});

/** @type {Click} */
const C = [1, 5, 6, 1];

test("an answer changes the list that it was asked with", () => {
  const clicks = make(A);
  assert.equal(clicks.known.revision, 0);
  assert.ok(clicks.follow(clicks.known, { keep: 0, added: [A, B] }, 5));
  const asked = clicks.known;
  assert.deepEqual(asked, { revision: 5, prompts: [A, B] });
  clicks.tell({ prompts: [C] }); // A trait, whose revision is not told.
  assert.equal(clicks.known, asked);
  assert.ok(clicks.follow(asked, { keep: 1, added: [C] }, 7));
  assert.deepEqual(clicks.told, [A, C]);
  assert.deepEqual(clicks.known, { revision: 7, prompts: [A, C] });
});

test("an answer that does not fit its list leaves it, and all is told the next time", () => {
  const changes = /** @type {any[]} */ ([
    { keep: 3, added: [] },
    { keep: -1, added: [] },
    { keep: 0.5, added: [] },
    {},
    undefined,
  ]);
  for (const change of changes) {
    const clicks = make();
    clicks.follow(clicks.known, { keep: 0, added: [A, B] }, 5);
    assert.ok(!clicks.follow(clicks.known, change, 6));
    assert.deepEqual(clicks.told, [A, B]);
    assert.deepEqual(clicks.known, { revision: 0, prompts: [] });
  }
});

test("prompts that the page does not know are refused, in one sentence", () => {
  for (const odd of [null, 3, {}, [0, 1, 2], [0, 1, 2, "1"], { kind: "scent" }]) {
    const clicks = make(A);
    assert.throws(() => clicks.tell({ prompts: [A, odd] }), /knows no such prompt/);
    assert.deepEqual(clicks.told, [A]);
  }
});

test("a click labels the cell that it lies in, and no other", () => {
  assert.deepEqual(seedsOf([7, 639, 10, 0], [480, 640], [64, 64]), [[7, 1, 63]]);
  assert.equal(imageOf([7, 639, 10, 0]), 7);
  assert.deepEqual([isPositive(A), isPositive(B)], [true, false]);
});

test("a prompt is the same after it went by the wire, and as no other", () => {
  assert.ok(isSame(A, JSON.parse(JSON.stringify(A))));
  assert.ok(!isSame(A, [0, 1, 2, 0]));
  assert.notEqual(keyOf(A), keyOf([0, 1, 2, 0]));
});
