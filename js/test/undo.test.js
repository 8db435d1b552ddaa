import assert from "node:assert/strict";
import test from "node:test";
import { Undo } from "../src/model/undo.js";

test("steps are undone and redone in order, and a new one ends what was undone", () => {
  const undo = new Undo("a");
  undo.turn("b");
  undo.turn("c");
  assert.deepEqual(undo.able, [true, false]);
  assert.equal(undo.before, "b");
  undo.undo();
  undo.undo();
  assert.deepEqual([undo.state, ...undo.able], ["a", false, true]);
  undo.redo();
  assert.equal(undo.state, "b");
  undo.turn("d");
  undo.redo();
  assert.deepEqual([undo.state, ...undo.able], ["d", true, false]);
});

test("without a step nothing is done, and that is known", () => {
  const undo = new Undo("a");
  assert.ok(undo.undo());
  assert.ok(undo.redo());
  assert.deepEqual([undo.state, ...undo.able], ["a", false, false]);
});

test("a step can lead elsewhere than it did, or be withdrawn", () => {
  const undo = new Undo("a");
  undo.turn("b");
  undo.amend("c");
  assert.equal(undo.state, "c");
  undo.withdraw();
  assert.deepEqual([undo.state, ...undo.able], ["a", false, false]);
});

test("a step that lies elsewhere is said, and can be taken back there", () => {
  const undo = new Undo("a", [true, false]);
  undo.turn("b");
  assert.ok(undo.undo());
  assert.ok(!undo.undo());
  assert.deepEqual([undo.state, ...undo.able], ["a", true, true]);
  const other = new Undo("a", [false, true]);
  assert.ok(!other.redo());
  assert.deepEqual(other.able, [true, true]);
  other.turn("b");
  assert.deepEqual(other.able, [true, false]); // What could be redone is no more.
});
