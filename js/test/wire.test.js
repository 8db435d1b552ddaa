import assert from "node:assert/strict";
import test from "node:test";
import { decodeMaps, decodePictures, mapKey, mapWant } from "../src/model/wire.js";

/** @typedef {import("../src/model/wire.js").Cell} Cell */

const STATS = {
  mean: 0,
  std: 1,
  low: /** @type {[number, number]} */ ([0, 0]),
  high: /** @type {[number, number]} */ ([1, 1]),
  count: 4,
};
/** @type {[number, number]} */
const GRID = [1, 2];

/**
 * Values somewhere inside a larger message, as they arrive.
 *
 * @param {number[]} values
 * @param {number} byteOffset
 */
function inMessage(values, byteOffset) {
  const message = new Uint8Array(byteOffset + 4 * values.length + 5).fill(255);
  message.set(new Uint8Array(Float32Array.from(values).buffer), byteOffset);
  return new DataView(message.buffer, byteOffset, 4 * values.length);
}

/** @param {number[]} images @returns {import("../src/model/wire.js").MapEntry} */
function entry(images) {
  return { cell: [0, 0, 1], images, stats: STATS };
}

test("maps are read wherever they lie in the message", () => {
  for (const byteOffset of [0, 1, 2, 3, 4, 8]) {
    const buffer = inMessage([0.5, 1, -1, 0.25], byteOffset);
    const maps = decodeMaps([entry([3, 5])], [buffer], GRID);
    assert.deepEqual(
      maps.map(({ image, map }) => [image, [...map]]),
      [
        [3, [0.5, 1]],
        [5, [-1, 0.25]],
      ],
    );
  }
});

test("a map does not hold on to its message", () => {
  const [{ map }] = decodeMaps([entry([0])], [inMessage([1, 2], 4)], GRID);
  assert.equal(map.buffer.byteLength, 8);
});

test("an ArrayBuffer will do as well", () => {
  const buffer = Float32Array.of(1, 2).buffer;
  const [{ map }] = decodeMaps([entry([0])], [buffer], GRID);
  assert.deepEqual([...map], [1, 2]);
});

test("a buffer of the wrong length is refused, in one sentence", () => {
  assert.throws(() => decodeMaps([entry([0, 1])], [inMessage([1, 2], 0)], GRID), {
    message: "The maps of cell 0,0,1 must be 16 bytes (2 x 1 x 2 float32), got 8.",
  });
});

test("a missing buffer is refused", () => {
  assert.throws(() => decodeMaps([entry([0])], [], GRID), /lacks the buffer/);
});

test("pictures become files of their type", async () => {
  const buffer = new DataView(Uint8Array.of(9, 1, 2, 3, 9).buffer, 1, 3);
  const info = { image: 4, mime: "image/png", width: 1, height: 1 };
  const [{ image, file }] = decodePictures([info], [buffer]);
  assert.equal(image, 4);
  assert.equal(file.type, "image/png");
  assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [1, 2, 3]);
});

test("a biased cut's maps are named as they were asked for", () => {
  const clicks = biased([[0, 0, 1]], [], 0.5, 0.1);
  const told = { ...mapWant(clicks, [3]), stats: STATS };
  const [{ source, image }] = decodeMaps([told], [inMessage([1, 2], 1)], GRID);
  assert.equal(mapKey(2, source, image), mapKey(2, clicks, 3));
  assert.throws(() => decodeMaps([told], [inMessage([1], 0)], GRID), {
    message: "The maps of all clicks must be 8 bytes (1 x 1 x 2 float32), got 4.",
  });
});

/** @type {(positives: Cell[], negatives: Cell[], clicks: number, bg: number) => import("../src/model/wire.js").ClickSet} */
const biased = (positives, negatives, click_weight, bg_weight) => ({
  method: "biased_ncut",
  positives,
  negatives,
  click_weight,
  bg_weight,
});

test("maps of different clicks, images or eigenvectors have different keys", () => {
  const keys = [
    mapKey(20, biased([[0, 1, 2]], [], 0.5, 0.1), 3),
    mapKey(20, biased([[0, 1, 2]], [[0, 1, 2]], 0.5, 0.1), 3),
    mapKey(20, biased([[0, 1, 2]], [[0, 1, 2]], 0.4, 0.1), 3),
    mapKey(20, biased([[0, 1, 2]], [[0, 1, 2]], 0.5, 0.2), 3),
    mapKey(
      20,
      biased(
        [
          [0, 1, 2],
          [0, 1, 3],
        ],
        [],
        0.5,
        0.1,
      ),
      3,
    ),
    mapKey(20, [0, 1, 2], 3),
    mapKey(20, [0, 12, 3], 3),
    mapKey(20, [0, 1, 23], 3),
    mapKey(20, [0, 1, 2], 33),
    mapKey(2, [0, 1, 2], 3),
  ];
  assert.equal(new Set(keys).size, keys.length);
});
