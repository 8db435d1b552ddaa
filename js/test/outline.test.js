import assert from "node:assert/strict";
import test from "node:test";
import { traceOutline } from "../src/outline.js";

/** @param {number[][]} rows */
function outlineOf(rows) {
  /** @type {string[]} */
  const pieces = [];
  const mask = Uint8Array.from(rows.flat());
  traceOutline(mask, [rows.length, rows[0].length], (...piece) => {
    pieces.push(piece.join(" "));
  });
  return pieces.sort();
}

test("a block is outlined by four straight pieces", () => {
  const outline = outlineOf([
    [0, 0, 0, 0],
    [0, 1, 1, 0],
    [0, 0, 0, 0],
  ]);
  assert.deepEqual(outline, ["1 1 1 2", "1 1 3 1", "1 2 3 2", "3 1 3 2"]);
});

test("a mask that fills the image is outlined at its border", () => {
  assert.deepEqual(outlineOf([[1, 1]]), ["0 0 0 1", "0 0 2 0", "0 1 2 1", "2 0 2 1"]);
});

test("an empty mask has no outline", () => {
  assert.deepEqual(outlineOf([[0, 0, 0]]), []);
});
