/** The list of prompts, of which answers tell changes. */

import assert from "node:assert/strict";
import test from "node:test";
import { A, assertSame, B, C, click, open } from "./page.js";

test("an answer tells only what has changed in the list", (t) => {
  const { host, store } = open(t);
  /** @type {any[]} */
  const told = [];
  host.on("msg:custom", ({ prompts }) => prompts && told.push(prompts));
  click(store, A);
  host.pump();
  click(store, B);
  host.pump();
  assert.deepEqual(told, [
    { keep: 0, added: [A] },
    { keep: 1, added: [B] },
  ]);
  assert.equal(host.last("edit").since, 1);
  assertSame(store, host);
});

test("an answer changes the list that was asked with, whatever was told meanwhile", (t) => {
  const { host, store } = open(t);
  click(store, A);
  click(store, B);
  host.pump();
  store.edit({ op: "undo" });
  host.assignClicks([B, A, C]); // Told by a trait, before the undo is handled.
  assert.deepEqual(
    store.clicks.map(({ click }) => click),
    [B, A, C],
  );
  host.pump();
  assert.deepEqual(host.clicks, [A, B]);
  assertSame(store, host);
});

test("a list that a trait has told is no base, as its revision may be another's", (t) => {
  const { host, store, lose } = open(t);
  click(store, A);
  host.pump();
  const { revision } = host;
  lose(() => host.assignClicks([C])); // The page does not hear of it,
  host.assign("threshold", 0.4); // but of a revision that has come after it.
  click(store, B);
  assert.equal(host.last("edit").since, revision);
  host.pump();
  assert.deepEqual(host.clicks, [C, B]);
  assertSame(store, host);
});

test("a kernel that has forgotten the list tells all of it", (t) => {
  const { host, store } = open(t);
  click(store, A);
  click(store, B);
  host.pump();
  host.lists.clear();
  click(store, C);
  host.pump();
  assert.deepEqual(host.clicks, [A, B, C]);
  assertSame(store, host);
});

test("an answer that comes twice, or late, changes the list once", (t) => {
  const { host, store, wait } = open(t);
  /** @type {any[]} */
  const answers = [];
  const keep = (/** @type {any} */ content) => answers.push(structuredClone(content));
  host.on("msg:custom", keep);
  click(store, A);
  host.pump();
  host.off("msg:custom", keep);
  const [answer] = answers.filter(({ type }) => type === "edited");
  host.deliver(answer);
  click(store, B);
  host.deliver(answer); // As if it were late, and the page had asked again.
  wait(2000);
  host.deliver(answer);
  assert.deepEqual(host.clicks, [A, B]);
  assertSame(store, host);
});

test("an answer that fits no list has the kernel tell all again", (t) => {
  const { host, store, wait } = open(t);
  click(store, A);
  host.queue.length = 0;
  const { id } = host.last("edit");
  host.assignClicks([A, B]);
  const prompts = { keep: 9, added: [C] };
  const reply = { type: "edited", id, revision: host.revision, prompts };
  host.deliver({ ...reply, history: [true, false], fields: [], error: null });
  assert.equal(host.count("sync"), 1);
  wait(2000);
  assertSame(store, host);
  click(store, C);
  assert.equal(host.last("edit").since, 0);
  host.pump();
  assert.deepEqual(host.clicks, [A, B, C]);
  assertSame(store, host);
});
