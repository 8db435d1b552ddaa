import assert from "node:assert/strict";
import test from "node:test";
import {
  cellOf,
  centreOf,
  pixelAt,
  placeOf,
  viewIn,
  wholeImage,
} from "../src/maths/coordinates.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @type {Size} */
const SIZE = [480, 640];
/** @type {Size} */
const GRID = [64, 48];
const BOX = { left: 10.5, top: 20.25, width: 320, height: 240 };

test("a pixel lies in the cell floor(y * H / h), floor(x * W / w)", () => {
  assert.deepEqual(cellOf(0, 0, SIZE, GRID), [0, 0]);
  assert.deepEqual(cellOf(639, 479, SIZE, GRID), [63, 47]);
  assert.deepEqual(cellOf(13.3, 7.5, SIZE, GRID), [1, 0]);
  assert.deepEqual(cellOf(13.34, 7.49, SIZE, GRID), [0, 1]);
});

test("rounding never leads out of the grid", () => {
  const below = 3 - Number.EPSILON;
  assert.deepEqual(cellOf(below, below, [3, 3], [7, 7]), [6, 6]);
});

test("a cell's centre lies in the cell, also where cells are finer than pixels", () => {
  for (const size of /** @type {Size[]} */ ([SIZE, [3, 5]])) {
    for (let row = 0; row < GRID[0]; row++) {
      for (let col = 0; col < GRID[1]; col++) {
        const [x, y] = centreOf(row, col, size, GRID);
        assert.deepEqual(cellOf(x, y, size, GRID), [row, col]);
      }
    }
  }
});

test("the pointer hits the same pixel at every size of the stage", () => {
  for (const scale of [0.25, 0.5, 1, 1.7, 3]) {
    const box = { left: 3.5, top: -100, width: 640 * scale, height: 480 * scale };
    const x = box.left + 100.5 * scale;
    const y = box.top + 200.25 * scale;
    const pixel = pixelAt(x, y, box, wholeImage(SIZE), SIZE);
    assert.ok(pixel);
    assert.ok(Math.abs(pixel[0] - 100.5) < 0.02 && Math.abs(pixel[1] - 200.25) < 0.02);
  }
});

test("the corners belong to the image, one step beyond does not", () => {
  const view = wholeImage(SIZE);
  assert.deepEqual(pixelAt(BOX.left, BOX.top, BOX, view, SIZE), [0, 0]);
  const last = pixelAt(BOX.left + 319.999, BOX.top + 239.999, BOX, view, SIZE);
  assert.ok(last && last[0] < 640 && last[1] < 480);
  assert.equal(pixelAt(BOX.left + 320, BOX.top, BOX, view, SIZE), null);
  assert.equal(pixelAt(BOX.left - 0.01, BOX.top, BOX, view, SIZE), null);
});

test("a zoomed view moves pixels and places together", () => {
  const view = { x: 160, y: 120, width: 64, height: 48 };
  const centre = pixelAt(BOX.left + 160, BOX.top + 120, BOX, view, SIZE);
  assert.deepEqual(centre, [192, 144]);
  assert.deepEqual(placeOf(192, 144, view), [0.5, 0.5]);
});

test("a view names the same part in another raster", () => {
  const view = { x: 320, y: 0, width: 320, height: 240 };
  assert.deepEqual(viewIn(view, SIZE, GRID), { x: 24, y: 0, width: 24, height: 32 });
});
