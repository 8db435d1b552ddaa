import assert from "node:assert/strict";
import test from "node:test";
import { pixelAt, placeOf, wholeImage } from "../src/maths/coordinates.js";
import {
  isMagnified,
  isWhole,
  openingView,
  revealing,
  smallestWidth,
  transformed,
} from "../src/maths/viewport.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */
/** @typedef {import("../src/maths/coordinates.js").View} View */
/** @typedef {import("../src/maths/viewport.js").Place} Place */

/** @type {Size} */
const SIZE = [480, 640];
const SMALLEST = 20;

/** @type {(view: View, place: Place, factor: number) => View} */
const zoom = (view, place, factor) =>
  transformed(view, SIZE, place, place, factor, SMALLEST);

/** @type {(view: View, from: Place, to: Place) => View} */
const pan = (view, from, to) => transformed(view, SIZE, from, to, 1, SMALLEST);

/** @type {(view: View, place: Place) => [x: number, y: number]} */
const under = (view, [across, down]) => [
  view.x + across * view.width,
  view.y + down * view.height,
];

/**
 * Numbers in [0, 1), the same in every run.
 *
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("zooming in about the middle shows the middle", () => {
  const view = zoom(wholeImage(SIZE), [0.5, 0.5], 2);
  assert.deepEqual(view, { x: 160, y: 120, width: 320, height: 240 });
});

test("zooming about a corner keeps the corner", () => {
  assert.deepEqual(zoom(wholeImage(SIZE), [0, 0], 4), {
    x: 0,
    y: 0,
    width: 160,
    height: 120,
  });
  assert.deepEqual(zoom(wholeImage(SIZE), [1, 1], 4), {
    x: 480,
    y: 360,
    width: 160,
    height: 120,
  });
});

test("zooming out ends at the whole image, exactly", () => {
  let view = wholeImage(SIZE);
  for (const factor of [1.7, 3.1, 1.3]) view = zoom(view, [0.3, 0.9], factor);
  assert.ok(!isWhole(view, SIZE));
  for (let i = 0; i < 20; i++) view = zoom(view, [0.7, 0.2], 0.7);
  assert.deepEqual(view, wholeImage(SIZE));
  assert.ok(isWhole(view, SIZE));
});

test("zooming in ends where an image pixel takes 32 CSS pixels", () => {
  assert.equal(smallestWidth(SIZE, 640), 20);
  let view = wholeImage(SIZE);
  for (let i = 0; i < 20; i++) view = zoom(view, [0.25, 0.5], 2);
  assert.equal(view.width, 20);
  assert.equal(view.height, 15);
});

test("an image whose pixels are larger than that as a whole is not zoomed", () => {
  assert.equal(smallestWidth([8, 8], 500), 8);
});

test("a stage that has grown does not zoom out when zooming in", () => {
  const view = zoom(wholeImage(SIZE), [0.5, 0.5], 32);
  assert.deepEqual(transformed(view, SIZE, [0, 0], [0, 0], 2, 40), view);
  assert.equal(transformed(view, SIZE, [0, 0], [0, 0], 0.5, 40).width, 40);
});

test("panning carries the image along with the pointer", () => {
  const view = zoom(wholeImage(SIZE), [0.5, 0.5], 2);
  assert.deepEqual(pan(view, [0.5, 0.5], [0.75, 0.25]), {
    x: 80,
    y: 180,
    width: 320,
    height: 240,
  });
});

test("panning ends at the image's edges", () => {
  const view = zoom(wholeImage(SIZE), [0.5, 0.5], 2);
  assert.deepEqual(pan(view, [0, 0], [5, 5]), { x: 0, y: 0, width: 320, height: 240 });
  assert.deepEqual(pan(view, [5, 5], [0, 0]), {
    x: 320,
    y: 240,
    width: 320,
    height: 240,
  });
  assert.deepEqual(pan(wholeImage(SIZE), [0.2, 0.2], [0.8, 0.4]), wholeImage(SIZE));
});

test("a pinch zooms and pans at once", () => {
  const view = zoom(wholeImage(SIZE), [0.5, 0.5], 2);
  const pinched = transformed(view, SIZE, [0.5, 0.5], [0.25, 0.75], 2, SMALLEST);
  assert.deepEqual(pinched, { x: 280, y: 150, width: 160, height: 120 });
  assert.deepEqual(under(pinched, [0.25, 0.75]), under(view, [0.5, 0.5]));
});

test("a pixel out of view is brought in, one in view moves nothing", () => {
  const view = zoom(wholeImage(SIZE), [0, 0], 4); // 160 x 120
  assert.deepEqual(revealing(view, SIZE, [100, 60]), view);
  const right = revealing(view, SIZE, [320, 60]);
  assert.ok(Math.abs(right.x - 176) < 1e-9); // 320 lies at 0.9 of the width.
  assert.equal(right.y, 0);
  const corner = revealing(view, SIZE, [639, 479]);
  assert.deepEqual(corner, { x: 480, y: 360, width: 160, height: 120 });
  assert.deepEqual(revealing(corner, SIZE, [1, 1]), view);
});

test("a very long image opens with a part of it, in a stage that is no line", () => {
  assert.deepEqual(openingView([480, 640]), wholeImage([480, 640]));
  assert.deepEqual(openingView([40, 4000]), { x: 0, y: 0, width: 200, height: 40 });
  assert.deepEqual(openingView([4000, 40]), { x: 0, y: 0, width: 40, height: 200 });
  const view = openingView([40, 4000]);
  assert.ok(!isWhole(view, [40, 4000]));
  assert.ok(!isMagnified(view, [40, 4000]));
  const end = transformed(view, [40, 4000], [0, 0], [-30, 0], 1, 10);
  assert.deepEqual(end, { x: 3800, y: 0, width: 200, height: 40 });
});

test("through any zooms and drags, the view has the stage's shape and stays in the image", () => {
  const random = randomNumbers(1);
  for (const size of /** @type {Size[]} */ ([SIZE, [1, 3000], [257, 301], [7, 5]])) {
    const smallest = smallestWidth(size, 500);
    const opening = openingView(size);
    let view = opening;
    for (let i = 0; i < 500; i++) {
      /** @type {Place} */
      const from = [random(), random()];
      /** @type {Place} */
      const to = [from[0] + random() - 0.5, from[1] + random() - 0.5];
      view = transformed(view, size, from, to, 4 ** (random() - 0.5), smallest);
      assert.ok(view.width <= opening.width);
      assert.ok(view.width >= Math.min(smallest, opening.width));
      const [down, across] = [view.height / opening.height, view.width / opening.width];
      assert.ok(Math.abs(down - across) < 1e-12);
      assert.ok(view.x >= 0 && view.x + view.width <= size[1] * (1 + 1e-12));
      assert.ok(view.y >= 0 && view.y + view.height <= size[0] * (1 + 1e-12));
    }
  }
});

test("through any zoom that meets no limit, the pixel under the pointer stays", () => {
  const random = randomNumbers(2);
  let view = wholeImage(SIZE);
  let free = 0;
  for (let i = 0; i < 2000; i++) {
    /** @type {Place} */
    const place = [random(), random()];
    const next = zoom(view, place, 3 ** (random() - 0.48));
    const edges =
      next.x === 0 ||
      next.y === 0 ||
      next.x + next.width === SIZE[1] ||
      next.y + next.height === SIZE[0];
    if (!edges) {
      free++;
      const [before, after] = [under(view, place), under(next, place)];
      assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
    }
    view = next;
  }
  assert.ok(free > 500, `only ${free} zooms met no edge`);
});

test("zooming in never meets an edge: the pixel under the pointer always stays", () => {
  const random = randomNumbers(3);
  for (let i = 0; i < 200; i++) {
    let view = wholeImage(SIZE);
    while (view.width > SMALLEST) {
      /** @type {Place} */
      const place = [random(), random()];
      const before = under(view, place);
      view = zoom(view, place, 1 + random());
      const after = under(view, place);
      assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
    }
  }
});

test("every pixel is hit at its middle, at any zoom, pixel ratio and CSS scale", () => {
  const random = randomNumbers(4);
  let view = wholeImage(SIZE);
  for (let i = 0; i < 3000; i++) {
    view = zoom(view, [random(), random()], 3 ** (random() - 0.45));
    // As under `transform: scale()` and fractional pixel ratios.
    const scale = 0.3 + 3 * random();
    const box = {
      left: 1000 * random() - 500,
      top: 1000 * random() - 500,
      width: 640 * scale,
      height: 480 * scale,
    };
    const x = Math.floor(view.x + random() * (view.width - 1)) + 0.5;
    const y = Math.floor(view.y + random() * (view.height - 1)) + 0.5;
    const [across, down] = placeOf(x, y, view);
    const pixel = pixelAt(
      box.left + across * box.width,
      box.top + down * box.height,
      box,
      view,
      SIZE,
    );
    assert.ok(pixel);
    // Rounded down to the hundredth of a pixel that a click is told to.
    assert.ok(Math.abs(pixel[0] - x) <= 0.0101 && Math.abs(pixel[1] - y) <= 0.0101);
    assert.deepEqual(pixel.map(Math.floor), [Math.floor(x), Math.floor(y)]);
  }
});
