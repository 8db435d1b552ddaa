/** What is left of models that are closed: nothing. */

import assert from "node:assert/strict";
import test from "node:test";
import { queryObjects } from "node:v8";
import definition from "../src/index.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Store } from "../src/model/store.js";
import { Host } from "./host.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

class FakePicture {
  static open = 0;

  constructor() {
    FakePicture.open++;
  }

  close() {
    FakePicture.open--;
  }
}

/** @type {Click} */
const A = [0, 5, 5, 1];

/**
 * Use a model, and close it in the midst of it.
 *
 * @param {Host} host
 * @param {AbortSignal} signal
 */
async function use(host, signal) {
  const store = new Store(
    host,
    signal,
    async () => /** @type {any} */ (new FakePicture()),
  );
  const segmentation = new Segmentation(store);
  store.attach({}, () => segmentation.of(0), signal);
  store.show({}, [0, 1]);
  host.pump();
  await new Promise(setImmediate);
  store.edit({ op: "add", prompt: A });
  host.pump();
  assert.equal(store.state, "idle");
  assert.ok(FakePicture.open > 0);
  // From here on nothing is answered: an edit, a setting, its fields and a ping wait.
  store.edit({ op: "undo" });
  store.set("num_eig", 3);
  store.set("threshold", 0.25);
}

/** How many stores there are, once the garbage is collected. */
function count() {
  return queryObjects(Store);
}

test("of 40 models that are closed no store is left, whatever the host keeps", async () => {
  const hosts = [];
  const lives = [];
  for (let k = 0; k < 40; k++) {
    const host = new Host();
    const life = new AbortController();
    await use(host, life.signal);
    hosts.push(host);
    lives.push(life);
  }
  assert.equal(count(), 40);
  for (const life of lives) life.abort();
  assert.equal(FakePicture.open, 0);
  await new Promise(setImmediate);
  assert.equal(count(), 0);
  for (const host of hosts) {
    assert.equal(host.slots.size, 0);
    host.pump(); // What comes late finds nobody.
    assert.ok([...host.handlers.values()].every((handlers) => handlers.size === 0));
  }
});

test("a definition that the host keeps keeps no store, nor does its cleanup", () => {
  const kept = [];
  for (const hasSignal of [true, false]) {
    const host = new Host();
    const life = new AbortController();
    const page = definition();
    const signal = hasSignal ? life.signal : undefined;
    const cleanup = page.initialize({ model: host, signal });
    kept.push({ host, life, page, cleanup });
    if (hasSignal) life.abort();
    else cleanup();
    const el = /** @type {any} */ (null); // A view that comes too late is none.
    assert.equal(page.render({ el }), undefined);
  }
  assert.equal(count(), 0);
  assert.equal(kept.length, 2);
});
