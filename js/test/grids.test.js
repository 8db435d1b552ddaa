/** Fields that lie on a grid of each image's own, against the kernel's masks. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fineGrid, wholeImage } from "../src/maths/coordinates.js";
import { Shape } from "../src/maths/shape.js";
import { SmoothMask } from "../src/maths/smooth.js";
import { maskSeeds, nameOf, standInOf } from "../src/model/seeds.js";
import { Segmentation } from "../src/model/segmentation.js";
import { infoOf } from "./info.js";
import { open } from "./opened.js";
import { BY } from "./ways.js";

const fixture = JSON.parse(
  readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8"),
);
const kept = fixture.own_grids;
const PARAMETERS = { by: BY, granularity: 2 };
/** Of the page's way: the kernel's were made by the other one. */
const seeds = { ...kept.seeds, parameters: PARAMETERS };
const IMAGES = [0, 1, 2, 3];

/** @param {Record<string, unknown>} [traits] @param {string[]} [answered] */
function openFine(traits = {}, answered = []) {
  const _info = infoOf({ grid: kept.grid, sizes: kept.sizes });
  _info.ways[BY].eigvals = [1, 0.9, 0.7, 0.5];
  const given = {
    _info,
    method: "random_walker",
    clicks: kept.clicks,
    threshold: kept.threshold,
    granularity: PARAMETERS.granularity,
    denoise: true,
  };
  return open({ ...given, ...traits }, answered);
}

/** Send the kernel's maps. @param {import("./model.js").FakeModel} model @param {number[]} images */
function deliver(model, images, id = "") {
  const maps = images.map((image) => kept.values[image]);
  const fields = [
    {
      seeds,
      images,
      stats: null,
      grids: images.map((image) => kept.grids[image]),
      presence: images.map((image) => kept.presence[image]),
    },
  ];
  const buffer = Float32Array.from(maps.flat()).buffer;
  model.deliver({ type: "fields", id, fields }, [buffer]);
}

/** The mask at the image's size. @param {Segmentation} segmentation @param {number} image */
function bitsOf(segmentation, image) {
  const size = kept.sizes[image];
  const { grid, quads, margins } = segmentation.shapeInto(new Shape(), image);
  const smooth = new SmoothMask();
  smooth.fit(size, wholeImage(size), size, grid);
  const pixels = new Uint32Array(size[0] * size[1]);
  smooth.paint(pixels, quads, margins, 1);
  return pixels.join("");
}

test("fine grids are the kernel's", () => {
  for (const [height, width, rows, cols] of fixture.fine_grids) {
    assert.deepEqual(fineGrid([height, width], 128), [rows, cols]);
  }
});

test("seeds lie on the images' own grids, in the kernel's order", () => {
  const { store } = openFine();
  const { positives, negatives } = store.seeds;
  assert.deepEqual(positives, [seeds]);
  assert.deepEqual(negatives, []);
});

test("the order of clicks is part of a field's name", () => {
  const other = { ...seeds, order: [...seeds.order].reverse().join("") };
  assert.notEqual(other.order, seeds.order);
  assert.notEqual(nameOf(other), nameOf({ ...seeds }));
});

test("the seeds of a preview are those of the same clicks by diffusion", () => {
  const { store } = openFine();
  const expected = { ...kept.stand_in, parameters: PARAMETERS };
  const made = standInOf(store.seeds.positives[0], store.info);
  assert.deepEqual(made, expected);
  assert.equal(standInOf(store.seeds.positives[0], store.info), made);
});

test("a preview needs a positive click that no later one in its cell denies", () => {
  const { store } = openFine();
  /** @type {Record<string, any>} */
  const traits = { method: "random_walker", by: BY, granularity: 2, _info: store.info };
  const clicks = [
    [3, 5.5, 10, 1],
    [3, 6.5, 10, 0],
  ];
  const made = maskSeeds(/** @type {any} */ (clicks), (name) => traits[name]);
  assert.equal(made.positives[0].order, "+-");
  assert.equal(standInOf(made.positives[0], store.info), null);
});

for (const [area, masks] of Object.entries(kept.masks)) {
  test(`masks are the kernel's, pixel by pixel, without parts below ${area}`, () => {
    const { model, store } = openFine({ denoise_area_th: Number(area) });
    const segmentation = new Segmentation(store);
    deliver(model, IMAGES);
    for (const image of IMAGES) {
      const result = segmentation.of(image);
      assert.ok(result.exact);
      assert.deepEqual(result.grid, kept.grids[image]);
      const bits = bitsOf(segmentation, image);
      assert.equal(bits, masks[image]);
      assert.equal(segmentation.areaOf(image), bits.replaceAll("0", "").length);
    }
  });
}

test("an image that lacks the thing has an empty mask, and says so", () => {
  const { model, store } = openFine();
  const segmentation = new Segmentation(store);
  deliver(model, IMAGES);
  const absent = IMAGES.map((image) => segmentation.of(image).absent);
  assert.deepEqual(absent, [false, false, false, true]);
  assert.equal(segmentation.of(3).count, 0);
});

test("heat and similarity are those of the image's own cells", () => {
  const { model, store } = openFine();
  const segmentation = new Segmentation(store);
  deliver(model, IMAGES);
  const heat = segmentation.heatOf(1);
  const values = Float32Array.from(kept.values[1]);
  assert.deepEqual(
    heat,
    values.map((value) => Math.min(Math.max(value, 0), 1)),
  );
  assert.equal(segmentation.similarityAt(1, 19.5, 15.5), values.at(-1));
  const [rows, cols] = kept.grids[0];
  const last = Math.fround(kept.values[0][rows * cols - 1]);
  assert.equal(segmentation.similarityAt(0, 149, 11.9), last);
});

test("previews by diffusion have the latent grid, until the kernel's map comes", () => {
  const { model, store } = openFine({ clicks: [] });
  const segmentation = new Segmentation(store);
  store.edit({ op: "add", prompt: kept.clicks[0] });
  assert.equal(segmentation.of(0).marked, false); // Eigenvectors have not come.
  model.set("clicks", kept.clicks);
  const levels = Uint16Array.from({ length: 4 * 30 }, (_, i) => (7 * i) % 5).buffer;
  const vectors = IMAGES.map((image) => {
    return { image, low: [0.1, 0, 0, 0], step: [0.1, 1, 1, 1] };
  });
  const buffers = IMAGES.map(() => levels);
  model.deliver({ type: "vectors", id: "", by: BY, vectors }, buffers);
  const preview = segmentation.of(1);
  assert.deepEqual([preview.current, preview.exact], [true, false]);
  assert.deepEqual(preview.grid, kept.grid);
  assert.equal(preview.mask.length, 30);
  bitsOf(segmentation, 1);
  deliver(model, IMAGES);
  const exact = segmentation.of(1);
  assert.deepEqual(exact.grid, kept.grids[1]);
  assert.equal(bitsOf(segmentation, 1), kept.masks[3][1]);
});

test("the active image's map is asked for first, then as many as a reply holds", () => {
  const sizes = Array.from({ length: 20 }, () => [128, 128]);
  const _info = infoOf({ grid: kept.grid, sizes: /** @type {any} */ (sizes) });
  const { model, store } = openFine({ _info, clicks: [[0, 5, 5, 1]] });
  const all = sizes.map((_, image) => image);
  const wanted = store.fields.missing(store.seeds, all);
  assert.deepEqual(
    wanted.map(({ images }) => images),
    [[0]],
  );
  const values = new Float32Array(128 * 128);
  const fields = [{ ...wanted[0], stats: null, grids: [[128, 128]], presence: [1] }];
  model.deliver({ type: "fields", id: "", fields }, [values.buffer]);
  const then = store.fields.missing(store.seeds, all);
  // 15 maps of 64 KiB are less than a megabyte.
  assert.deepEqual(
    then.map(({ images }) => images),
    [all.slice(1, 16)],
  );
});
