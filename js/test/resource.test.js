/** What every kind of resource does: ask, accept, refuse, retry. */

import assert from "node:assert/strict";
import test from "node:test";
import { Resource } from "../src/model/link/resource.js";
import { Resources } from "../src/model/link/resources.js";
import { infoOf } from "./info.js";
import { BY } from "./ways.js";

/** A made-up kind: the area of each image. */
class Areas extends Resource {
  /** @type {Map<string, number>} */
  areas = new Map();

  constructor() {
    super("areas", "areas", ["fields"]);
  }

  /** @override @param {string} key */
  has(key) {
    return this.areas.has(key);
  }

  /**
   * @override
   * @param {Pick<import("../src/model/link/resource.js").Wanted, "images">} wanted
   */
  ask({ images }) {
    const keys = images.map(String).filter((key) => this.lacks(key));
    return keys.length ? { content: { images: keys.map(Number) }, keys } : null;
  }

  /** @override @param {{ areas: Record<string, number> }} content */
  take({ areas }) {
    for (const [key, area] of Object.entries(areas)) this.areas.set(key, area);
  }
}

test("what is missing is asked for until it is here or refused", () => {
  const areas = new Areas();
  assert.deepEqual(areas.ask({ images: [0, 1, 2] })?.content, { images: [0, 1, 2] });
  const { version } = areas;
  areas.accept({ areas: { 0: 7 } }, []);
  areas.refuse(["0", "1"]); // What has come is not refused.
  assert.ok(areas.version > version);
  assert.deepEqual(areas.ask({ images: [0, 1, 2] })?.keys, ["2"]);
  assert.ok(areas.isRefused("1") && !areas.isRefused("0"));
  areas.retry();
  assert.deepEqual(areas.ask({ images: [0, 1, 2] })?.keys, ["1", "2"]);
  areas.accept({ areas: { 1: 8, 2: 9 } }, []);
  assert.equal(areas.ask({ images: [0, 1, 2] }), null);
});

test("an answer goes to the kinds of its type, and a request's end to its own", () => {
  const resources = new Resources(
    infoOf(),
    0,
    () => BY,
    async () => /** @type {any} */ (null),
  );
  const areas = new Areas();
  resources.kinds.push(areas);
  const answer = /** @type {any} */ ({ type: "areas", areas: { 3: 1 } });
  assert.equal(resources.accept(answer, [], true), null);
  resources.refuse("areas", ["3", "4"], answer);
  resources.refuse("fields", ["5"], answer);
  assert.deepEqual(areas.ask({ images: [3, 4, 5] })?.keys, ["5"]);
  resources.retry();
  assert.deepEqual(areas.ask({ images: [3, 4, 5] })?.keys, ["4", "5"]);
});
