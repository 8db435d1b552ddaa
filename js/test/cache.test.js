import assert from "node:assert/strict";
import test from "node:test";
import { Cache } from "../src/model/cache.js";

test("the least recently used goes first, and is released", () => {
  /** @type {number[]} */
  const released = [];
  const cache = new Cache(2, (value) => released.push(value));
  cache.set("a", 1);
  cache.set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  assert.deepEqual(released, [2]);
  assert.ok(cache.has("a") && cache.has("c") && !cache.has("b"));
});

test("a replaced value is released, and clear releases all", () => {
  /** @type {number[]} */
  const released = [];
  const cache = new Cache(2, (value) => released.push(value));
  cache.set("a", 1);
  cache.set("a", 2);
  assert.deepEqual(released, [1]);
  cache.clear();
  assert.deepEqual(released, [1, 2]);
  assert.equal(cache.size, 0);
});

test("keys that are long count, too", () => {
  const cache = new Cache(1000);
  for (let n = 0; n < 100; n++) cache.set(`${n}`.padEnd(2 ** 20), n);
  assert.equal(cache.size, 32);
  cache.set("one".padEnd(2 ** 26), 1);
  assert.equal(cache.size, 1);
  cache.set("a", 2);
  assert.deepEqual([cache.size, cache.get("a")], [1, 2]);
});
