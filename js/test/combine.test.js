import assert from "node:assert/strict";
import test from "node:test";
import { combineHeat, combineMasks } from "../src/maths/combine.js";
import { heatInto } from "../src/maths/cut.js";
import { similarity } from "./similarity.js";

const SETTINGS = { gamma: 1, threshold: 0.5, negative_threshold: 0.5 };

test("positives are united, then the negatives taken away", () => {
  const left = similarity([0.9, 0.8, 0, 0]);
  const right = similarity([0, 0, 0.8, 0.9]);
  const second = similarity([0, 0.9, 0, 0]);
  const mask = combineMasks(new Uint8Array(4), [left, right], [second], SETTINGS);
  assert.deepEqual([...mask], [1, 0, 1, 1]);
});

test("without a positive click the mask is empty", () => {
  const mask = Uint8Array.of(1, 1);
  combineMasks(mask, [], [similarity([0.9, 0])], SETTINGS);
  assert.deepEqual([...mask], [0, 0]);
});

test("heat of several clicks is the largest", () => {
  const out = new Float32Array(4);
  const scratch = new Float32Array(4);
  const left = similarity([0.9, 0.8, 0, 0]);
  const right = similarity([0, 0, 0.8, 0.9]);
  combineHeat(out, [left, right], 1, scratch);
  const alone = [left, right].map(({ values, stats }) =>
    heatInto(new Float32Array(4), values, stats, 1),
  );
  const largest = [0, 1, 2, 3].map((i) => Math.max(alone[0][i], alone[1][i]));
  assert.deepEqual([...out], largest);
  assert.deepEqual([...combineHeat(out, [], 1, scratch)], [0, 0, 0, 0]);
});
