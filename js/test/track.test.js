import assert from "node:assert/strict";
import test from "node:test";
import { Track } from "../src/panel/track.js";

/** Items at 0 to 10, 15 to 35, 40 to 45 and 50 to 80. */
const track = new Track([10, 20, 5, 30], 5);

test("items follow each other with gaps between them, and none at the end", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((item) => [track.startOf(item), track.endOf(item)]),
    [
      [0, 10],
      [15, 35],
      [40, 45],
      [50, 80],
    ],
  );
  assert.equal(track.length, 80);
});

test("an item counts as in view when a part of it is", () => {
  assert.deepEqual(track.between(0, 80), [0, 4]);
  assert.deepEqual(track.between(9, 16), [0, 2]);
  assert.deepEqual(track.between(34.5, 40.5), [1, 3]);
  assert.deepEqual(track.between(20, 21), [1, 2]);
});

test("an item that only touches the view is not in it", () => {
  assert.deepEqual(track.between(10, 15), [1, 1]);
  assert.deepEqual(track.between(35, 50), [2, 3]);
});

test("a view may reach beyond both ends, or lie there", () => {
  assert.deepEqual(track.between(-200, 5), [0, 1]);
  assert.deepEqual(track.between(60, 1000), [3, 4]);
  assert.deepEqual(track.between(-50, -10), [0, 0]);
  assert.deepEqual(track.between(90, 100), [4, 4]);
});

test("the range is that of a plain search, wherever the view is", () => {
  const widths = Array.from({ length: 300 }, (_, i) => 40 + ((i * 37) % 105));
  const long = new Track(widths, 6);
  for (let from = -300; from < long.length + 300; from += 97.3) {
    const inView = widths
      .map((_, item) => item)
      .filter((item) => long.endOf(item) > from && long.startOf(item) < from + 400);
    const [first, end] = long.between(from, from + 400);
    assert.equal(end - first, inView.length);
    if (inView.length) assert.deepEqual([first, end - 1], [inView[0], inView.at(-1)]);
  }
});

test("a view goes no further than it has to, to show an item whole", () => {
  assert.equal(track.reveal(1, 12, 30), 12); // it is in view
  assert.equal(track.reveal(3, 0, 40), 40); // its end comes in at the right
  assert.equal(track.reveal(1, 30, 40), 15); // its start comes in at the left
  assert.equal(track.reveal(3, 0, 10), 50); // of one too wide, the start
});

test("without items there is nothing in view", () => {
  const empty = new Track([], 6);
  assert.equal(empty.length, 0);
  assert.deepEqual(empty.between(0, 100), [0, 0]);
});
