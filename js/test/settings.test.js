/** Settings go out, in order and not too often, and are settled. */

import assert from "node:assert/strict";
import test from "node:test";
import { Segmentation } from "../src/model/segmentation.js";
import { A, click, open } from "./opened.js";
import { BY, OTHER, twoWays, WAY } from "./ways.js";

/** @typedef {import("./model.js").FakeModel} FakeModel */

test("a slider repaints without the kernel", () => {
  const { model, store } = open({ threshold: 0.5 });
  const segmentation = new Segmentation(store);
  click(store, [1, 5, 5, 1]);
  model.answerEdit();
  const requests = model.sent.length;
  assert.deepEqual([...segmentation.of(1).mask], [1, 0, 0, 1]);
  store.set("threshold", 1);
  assert.deepEqual([...segmentation.of(1).mask], [0, 0, 0, 0]);
  assert.equal(model.sent.length, requests);
});

test("the revision is told only when both sides are the same", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open();
  assert.equal(store.revision, 0);
  click(store, A);
  assert.equal(store.revision, null);
  const revision = model.answerEdit(); // The reply overtakes the traits.
  assert.equal(store.revision, revision);
  model.set("clicks", [A]);
  model.set("_revision", revision);
  assert.equal(store.revision, revision);

  store.set("threshold", 0.4);
  store.set("threshold", 0.3);
  assert.equal(store.revision, null);
  model.saves[0]("busy");
  model.set("_revision", 2);
  model.saves[0]("idle");
  assert.equal(store.revision, null); // 2 is that of 0.4.
  t.mock.timers.tick(250);
  model.saves[1]("busy");
  model.set("_revision", 3);
  model.saves[1]("idle");
  assert.equal(store.revision, 3);
});

test("a host that does not tell settles with the next revision", () => {
  const { model, store } = open();
  store.set("threshold", 0.4);
  assert.equal(store.revision, null);
  model.set("_revision", 1);
  assert.equal(store.revision, 1);
});

test("how it looks is no matter of revisions", () => {
  const { store } = open();
  store.set("opacity", 0.1);
  store.set("overlay", "heatmap");
  store.set("active_image", 1);
  assert.equal(store.revision, 0);
});

test("a refused setting is said until the next one", () => {
  const { model, store } = open();
  store.set("threshold", 0.4);
  model.deliver({ type: "error", id: null, message: "threshold must be ..." });
  model.set("threshold", 0.5);
  assert.equal(store.error, "threshold must be ...");
  assert.equal(store.state, "error");
  store.set("threshold", 0.6);
  assert.equal(store.error, null);
});

test("a comm that throws at a setting is a lost one, too", () => {
  const { model, store } = open();
  model.save_changes = () => {
    throw new Error("Cannot send");
  };
  store.set("threshold", 0.2);
  assert.equal(store.lost, true);
  assert.equal(store.state, "error");
});

test("a flood of a slider is a handful of messages, and the last one arrives", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open();
  let now = 0;
  t.mock.method(performance, "now", () => now);
  for (let k = 1; k <= 200; k++) {
    store.set("threshold", k / 200, true);
    now += 5;
    t.mock.timers.tick(5);
    // The kernel takes 20 ms, and one message at a time.
    if (k % 4 === 0) for (const done of model.saves) done("idle");
  }
  now += 250;
  t.mock.timers.tick(250);
  assert.ok(model.saves.length <= 6, `${model.saves.length}`);
  assert.equal(model.savedTraits.at(-1)?.threshold, 1);
});

/** @param {FakeModel} model @returns {string[]} of the last save, without the page's name */
function stepOf(model) {
  return model.savedTraits.at(-1)?._step.split("-")[1].split(".");
}

test("what slides is one step until it is let go, each other change is its own", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open();
  const steps = /** @type {string[]} */ ([]);
  /** @type {(act: () => void) => void} */
  const after = (act) => {
    act();
    t.mock.timers.tick(250);
    steps.push(stepOf(model)[0]);
  };
  after(() => store.set("threshold", 0.1, true));
  after(() => store.set("threshold", 0.2, true));
  store.release();
  after(() => store.set("threshold", 0.3, true));
  after(() => store.set("gamma", 2, true));
  after(() => store.set("granularity", 2));
  after(() => store.set("granularity", 3));
  after(() => store.set("threshold", 0.4, true));
  store.edit({ op: "add", prompt: A });
  after(() => store.set("threshold", 0.5, true));
  assert.deepEqual(steps, ["1", "1", "2", "3", "4", "5", "6", "7"]);
  store.set("opacity", 0.9);
  t.mock.timers.tick(250);
  assert.equal(stepOf(model)[0], "7"); // Not said again: it cannot be undone.
});

test("each switch of what a click means is one step of undo", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open(twoWays({ [BY]: WAY, [OTHER]: WAY }));
  const steps = [OTHER, BY, OTHER].map((by) => {
    store.set("by", by);
    t.mock.timers.tick(250);
    return stepOf(model)[0];
  });
  assert.deepEqual(steps, ["1", "2", "3"]);
  assert.deepEqual(store.history, [true, false]);
  store.edit({ op: "undo" });
  assert.deepEqual(model.last("edit").edits, [{ op: "undo" }]);
});

test("settings and edits go out in the order in which they were made", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => 0); // Soon after the last message.
  const { model, store } = open();
  const threshold = () => model.savedTraits.at(-1)?.threshold;
  store.set("threshold", 0.1, true);
  model.saves[0]("busy"); // This host tells.
  store.set("threshold", 0.2, true);
  assert.deepEqual(store.history, [true, false]);
  store.edit({ op: "undo" }); // Of that slider.
  assert.equal(model.count("edit"), 0);
  model.saves[0]("idle");
  assert.equal(threshold(), 0.2);
  assert.deepEqual(model.last("edit").edits, [{ op: "undo" }]);
  model.saves[1]("idle");
  store.set("threshold", 0.3, true);
  assert.equal(threshold(), 0.2); // Not so soon,
  store.edit({ op: "add", prompt: A }); // unless something is to follow it.
  assert.equal(threshold(), 0.3);
  model.saves[2]("idle");
  store.set("threshold", 0.4, true);
  t.mock.timers.tick(1000);
  assert.equal(threshold(), 0.3); // The click before it waits for the undo's answer.
  model.answerEdit();
  assert.deepEqual(model.last("edit").edits, [{ op: "add", prompt: A }]);
  t.mock.timers.tick(1000);
  assert.equal(threshold(), 0.4);
  assert.equal(model.last("edit").first, 2);
});

test("an undo of a setting leaves the click before it", () => {
  const { model, store } = open();
  store.edit({ op: "add", prompt: A });
  store.set("threshold", 0.1);
  store.edit({ op: "undo" });
  assert.equal(store.clicks.length, 1);
  assert.deepEqual(store.history, [true, true]);
  store.edit({ op: "undo" });
  assert.equal(store.clicks.length, 0);
  model.answer("edit");
  assert.equal(model.count("edit"), 2);
  assert.equal(model.last("edit").first, 2);
});

test("one message of settings is in flight", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open();
  store.set("threshold", 0.1);
  model.saves[0]("busy"); // This host tells.
  store.set("threshold", 0.2);
  t.mock.timers.tick(10_000);
  assert.equal(model.saves.length, 1);
  model.saves[0]("idle");
  t.mock.timers.tick(250);
  assert.equal(model.saves.length, 2);
  assert.equal(model.savedTraits.at(-1)?.threshold, 0.2);
});

test("a setting is reset to the kernel's default", () => {
  const { store } = open({ threshold: 0.7 });
  store.set("threshold", 0.1);
  store.reset("threshold");
  assert.equal(store.get("threshold"), 0.5);
});
