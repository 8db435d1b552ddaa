/** A page without a kernel that has the kernel's maps of its clicks. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { maskSeeds, nameOf } from "../src/model/seeds.js";
import { Carried } from "../src/offline/carried.js";
import { OfflineSession } from "../src/offline/session.js";
import { infoOf } from "./info.js";
import { BY } from "./ways.js";

const kept = JSON.parse(
  readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8"),
).own_grids;
const info = infoOf({ grid: kept.grid, sizes: kept.sizes });
const SETTINGS = { method: "random_walker", by: BY, granularity: 2, threshold: 0.5 };
const STATE = { prompts: kept.clicks, segments: [], settings: SETTINGS };
/** @type {[number, number, number, number]} */
const CLICK = [1, 15, 2, 1];

function carriedOf({ clicks = kept.clicks } = {}) {
  /** @type {any} */
  const page = {
    traits: { ...SETTINGS, _info: info, clicks },
    maps: {
      grids: kept.grids,
      presence: kept.presence,
      parts: [0, 1, 2, 3],
    },
  };
  return new Carried(page, (part) => Float32Array.from(kept.values[part]).buffer);
}

/** @param {any[]} prompts @param {Record<string, any>} settings */
function seedsOf(prompts, settings) {
  const given = { ...settings, _info: info };
  return maskSeeds(prompts, (name) => /** @type {any} */ (given)[name]).positives[0];
}

function sessionOf() {
  const carried = carriedOf();
  return new OfflineSession(STATE, 0, null, (state) => carried.settle(state));
}

test("maps of the first clicks are the kernel's", () => {
  const found = carriedOf().get({
    seeds: seedsOf(kept.clicks, SETTINGS),
    images: [2, 0],
  });
  assert.ok(found);
  assert.deepEqual(found.entry.grids, [kept.grids[2], kept.grids[0]]);
  assert.deepEqual(found.entry.presence, [kept.presence[2], kept.presence[0]]);
  assert.deepEqual(found.maps[1], Float32Array.from(kept.values[0]));
});

test("there are none of other clicks, nor of other settings of the field", () => {
  const carried = carriedOf();
  const others = [
    seedsOf([...kept.clicks, CLICK], SETTINGS),
    seedsOf(kept.clicks, { ...SETTINGS, granularity: 3 }),
  ];
  for (const seeds of others) assert.equal(carried.get({ seeds, images: [0] }), null);
});

test("a slider of masks keeps the method, a click goes on by the other one", () => {
  const session = sessionOf();
  session.set({ threshold: 0.7 }, "p-1.1");
  assert.equal(session.state.settings.method, "random_walker");
  session.make({ op: "add", prompt: CLICK });
  assert.equal(session.state.settings.method, "diffusion");
  session.make({ op: "undo" });
  assert.deepEqual(session.state.prompts, kept.clicks);
  assert.equal(session.state.settings.method, "random_walker");
  session.make({ op: "redo" });
  assert.equal(session.state.settings.method, "diffusion");
});

test("a setting of the field goes on by the other method, and is undone", () => {
  const session = sessionOf();
  session.set({ granularity: 3 }, "p-1.1");
  session.set({ granularity: 4 }, "p-1.2");
  const { method, granularity } = session.state.settings;
  assert.deepEqual([method, granularity], ["diffusion", 4]);
  session.make({ op: "undo" });
  assert.deepEqual(session.state.settings, SETTINGS);
});

test("the method can be chosen again for the clicks that it has maps of", () => {
  const session = sessionOf();
  session.set({ method: "similarity" }, "p-1.1");
  session.set({ method: "random_walker" }, "p-2.1");
  assert.equal(session.state.settings.method, "random_walker");
  session.make({ op: "add", prompt: CLICK });
  session.set({ method: "random_walker" }, "p-3.1");
  assert.equal(session.state.settings.method, "diffusion");
});

test("the maps are found by the seeds of the page's own images", () => {
  const [, , other] = kept.clicks;
  const seeds = seedsOf([other], SETTINGS);
  const found = carriedOf({ clicks: [other] }).get({ seeds, images: [1] });
  assert.ok(found, nameOf(seeds));
});
