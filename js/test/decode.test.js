import assert from "node:assert/strict";
import test from "node:test";
import { decodeFields, decodePictures } from "../src/model/link/decode.js";
import { likeCell } from "./seeds.js";

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

/** @param {number[]} images @returns {import("../src/model/link/wire.js").FieldEntry} */
function entry(images) {
  return { seeds: likeCell([0, 0, 1]), images, stats: STATS };
}

test("fields are read wherever they lie in the message", () => {
  for (const byteOffset of [0, 1, 2, 3, 4, 8]) {
    const buffer = inMessage([0.5, 1, -1, 0.25], byteOffset);
    const fields = decodeFields([entry([3, 5])], [buffer], GRID);
    assert.deepEqual(
      fields.map(({ image, values }) => [image, [...values]]),
      [
        [3, [0.5, 1]],
        [5, [-1, 0.25]],
      ],
    );
  }
});

test("a field does not hold on to its message", () => {
  const [{ values }] = decodeFields([entry([0])], [inMessage([1, 2], 4)], GRID);
  assert.equal(values.buffer.byteLength, 8);
});

test("an ArrayBuffer will do as well", () => {
  const buffer = Float32Array.of(1, 2).buffer;
  const [{ values }] = decodeFields([entry([0])], [buffer], GRID);
  assert.deepEqual([...values], [1, 2]);
});

test("a buffer of the wrong length is refused, in one sentence", () => {
  assert.throws(() => decodeFields([entry([0, 1])], [inMessage([1, 2], 0)], GRID), {
    message: "A field must be 16 bytes (float32, 1 x 2 + 1 x 2), got 8.",
  });
});

test("a missing buffer is refused", () => {
  assert.throws(() => decodeFields([entry([0])], [], GRID), /lacks the buffer/);
});

test("pictures become files of their type", async () => {
  const buffer = new DataView(Uint8Array.of(9, 1, 2, 3, 9).buffer, 1, 3);
  const info = { image: 4, mime: "image/png", width: 1, height: 1 };
  const [{ image, file }] = decodePictures([info], [buffer]);
  assert.equal(image, 4);
  assert.equal(file.type, "image/png");
  assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [1, 2, 3]);
});
