/** What happens when messages are lost, or come late. */

import assert from "node:assert/strict";
import test from "node:test";
import { Store } from "../src/model/store.js";
import { FakeModel, STATS } from "./model.js";
import { A, assertSame, B, click, decode, open } from "./page.js";
import { likeCell } from "./seeds.js";
import { BY, OTHER, twoWays } from "./ways.js";

test("an edit whose answer is lost is sent again, and applied once", (t) => {
  const { host, store, wait, lose } = open(t);
  click(store, A);
  lose(() => host.pump());
  assert.equal(host.edits, 1);
  wait(2000);
  const sent = host.sent.filter(({ type }) => type === "edit");
  assert.deepEqual(
    sent.map(({ first, edits }) => [first, edits.length]),
    [
      [1, 1],
      [1, 1],
    ],
  );
  assert.equal(host.edits, 1);
  assertSame(store, host);
});

test("an edit that is lost on its way is applied when it is sent again", (t) => {
  const { host, store, wait, lose } = open(t);
  lose(() => click(store, A));
  click(store, B); // It waits for the first.
  wait(2000);
  assert.deepEqual(host.clicks, [A, B]);
  const { first, edits, page } = host.last("edit");
  assert.deepEqual([first, edits.length], [2, 1]);
  assert.equal(host.last("edit").id.split("-")[0], page);
  assertSame(store, host);
});

test("fields that are lost are asked for again, and not refused", (t) => {
  const { host, store, wait, lose } = open(t);
  click(store, A);
  host.pump();
  lose(() => host.assign("num_eig", 3));
  store.set("num_eig", 3);
  wait(300);
  assert.equal(store.state, "idle");
  lose(() => {
    store.set("num_eig", 2);
    wait(300);
  });
  wait(2000);
  assertSame(store, host);
});

test("a later answer shows at once what was lost before it", (t) => {
  const { host, store, lose } = open(t);
  lose(() => click(store, A));
  store.set("active_image", 2); // Its picture is asked for.
  host.pump();
  assert.equal(host.edits, 1);
  assert.equal(host.count("sync"), 1);
  assertSame(store, host);
});

test("a kernel that is busy for minutes does not look as if answers were lost", (t) => {
  const { host, store, tick } = open(t);
  click(store, A);
  store.set("threshold", 0.3);
  const before = host.sent.length;
  for (let k = 0; k < 600; k++) tick(1000);
  const pings = host.sent.slice(before);
  assert.ok(pings.every(({ type, wants }) => type === "fields" && wants.length === 0));
  // After 1, 3, 7, 15, 31 and 63 seconds, and then once a minute.
  assert.equal(pings.length, 14);
  assert.equal(store.slow, true);
  assert.equal(store.error, null);
  assert.equal(store.clicks.length, 1);
  host.pump();
  assert.equal(host.count("edit"), 1);
  assert.equal(host.count("sync"), 0);
  assert.equal(host.edits, 1);
  assert.equal(store.slow, false);
  assertSame(store, host);
});

test("when nothing is open, nothing is asked", (t) => {
  const { host, store, wait } = open(t);
  click(store, A);
  host.pump();
  const sent = host.sent.length;
  wait(10_000);
  assert.equal(host.sent.length, sent);
});

for (const where of ["on its way", "with its answer"]) {
  test(`a slider's last position wins, if it was lost ${where}`, (t) => {
    const { host, store, wait, lose, tick } = open(t);
    store.set("threshold", 0.3);
    host.pump();
    tick(300);
    if (where === "on its way") lose(() => store.set("threshold", 0.4));
    else {
      store.set("threshold", 0.4);
      lose(() => {});
    }
    wait(2000);
    assert.equal(host.settings.threshold, 0.4);
    assertSame(store, host);
    // The host waits for its "idle" for ever: what follows goes another way.
    store.set("threshold", 0.5);
    wait(500);
    store.set("gamma", 2);
    wait(500);
    assert.deepEqual([host.settings.threshold, host.settings.gamma], [0.5, 2]);
    assertSame(store, host);
  });
}

test("what a cell sets while the line is cut wins, where the page set nothing", (t) => {
  const { host, store, wait, lose } = open(t);
  lose(() => {
    host.assign("threshold", 0.9);
    store.set("gamma", 2);
  });
  assert.equal(store.get("threshold"), 0.5);
  wait(2000);
  assert.deepEqual([host.settings.threshold, host.settings.gamma], [0.9, 2]);
  assertSame(store, host);
});

test("a slider that moves on is not set back by what the kernel tells", (t) => {
  const { host, store, wait, lose, tick } = open(t);
  lose(() => store.set("threshold", 0.4));
  tick(1000); // The ping.
  host.queue.shift()?.();
  store.set("threshold", 0.6);
  host.queue.shift()?.(); // The traits and the answer to `sync`.
  assert.equal(store.get("threshold"), 0.6);
  wait(1000);
  assert.equal(host.settings.threshold, 0.6);
  assertSame(store, host);
});

test("when the host is connected again, all is told again at once", (t) => {
  const { host, store, life, lose } = open(t);
  lose(() => {
    click(store, A);
    store.set("threshold", 0.4);
    host.assign("gamma", 3);
  });
  host.tellConnection("connected"); // It was not away.
  assert.equal(host.count("sync"), 0);
  host.tellConnection("connecting", "connected");
  host.pump();
  assert.deepEqual(host.last("sync").settings, { threshold: 0.4 });
  assert.deepEqual([host.clicks, host.settings.gamma], [[A], 3]);
  host.restore({});
  host.pump();
  assertSame(store, host);
  life.abort();
  assert.equal(host.slots.size + host.restorers.size, 0);
});

test("what the host restores of before is put right, and told as unsettled", (t) => {
  const { host, store, wait } = open(t);
  host.tellConnection("connecting", "connected");
  host.pump();
  store.set("threshold", 0.4);
  wait(300);
  assert.equal(host.settings.threshold, 0.4);
  assert.equal(store.revision, null);
  host.restore({ threshold: 0.5, _revision: 0 });
  assert.equal(store.get("threshold"), 0.5);
  assert.equal(store.revision, null);
  host.pump();
  assert.equal(store.get("threshold"), 0.4);
  assertSame(store, host);
});

test("a host that never says that it has restored is not waited for", (t) => {
  const { host, store, wait } = open(t);
  host.tellConnection("connecting", "connected");
  wait(7000);
  assertSame(store, host);
});

test("a sync that is lost is asked for again", (t) => {
  const { host, store, wait, lose } = open(t);
  lose(() => host.assign("threshold", 0.9));
  lose(() => host.tellConnection("connecting", "connected"));
  wait(2000);
  assert.equal(host.count("sync"), 2);
  assert.equal(store.get("threshold"), 0.9);
  host.restore({});
  host.pump();
  assertSame(store, host);
});

test("a revision that no trait has told is asked about", (t) => {
  const { host, store, view, lose } = open(t);
  click(store, A);
  host.pump();
  lose(() => host.assign("threshold", 0.9));
  assert.equal(store.get("threshold"), 0.5);
  store.show(view, [0, 1, 2]); // Its field is asked for, and comes with the revision.
  host.pump();
  assert.equal(host.count("sync"), 1);
  assertSame(store, host);
});

test("a setting that the kernel refuses after a loss is said, and put right", (t) => {
  const { host, store, wait, lose, tick } = open(t);
  lose(() => store.set("threshold", 7));
  tick(1000);
  host.queue.shift()?.(); // The ping is answered.
  host.queue.length = 0;
  const { id, settings } = host.last("sync");
  assert.deepEqual(settings, { threshold: 7 });
  host.assign("threshold", 0.5); // As it was.
  host.deliver({ type: "error", id, message: "threshold must be ..." });
  assert.equal(store.error, "threshold must be ...");
  assert.equal(store.get("threshold"), 0.5);
  wait(2000);
  assert.equal(host.count("sync"), 1);
});

test("what the page does not know is ignored", (t) => {
  const { host, store } = open(t);
  const sent = host.sent.length;
  const page = host.sent[0].id.split("-")[0];
  for (const id of [null, undefined, 7, "other-1", `${page}-99999`, `${page}-x`]) {
    for (const type of ["news", "edited", "fields", "vectors", "pictures", "synced"]) {
      host.deliver({ type, id });
    }
  }
  for (const content of [null, undefined, 3, "edited", [], {}, { type: 4 }]) {
    host.deliver(content);
  }
  const fields = [{ seeds: likeCell([0, 0, 0]), images: [0], stats: {} }];
  host.deliver({ type: "fields", id: "other-1", fields });
  assert.equal(store.error, null);
  assert.equal(store.state, "idle");
  assert.equal(host.sent.length, sent);
});

test("an answer of a kind that the page does not know is no loop", (t) => {
  const { host, store, tick } = open(t);
  click(store, A);
  host.queue.length = 0;
  for (let k = 0; k < 3; k++) {
    host.deliver({ type: "news", id: host.last("edit").id });
    host.deliver({ type: "news", id: host.last("edit").id });
  }
  assert.equal(host.count("edit"), 1);
  tick(300);
  assert.equal(host.count("edit"), 2);
  host.pump();
  assertSame(store, host);
});

test("a line that is cut at random: page and kernel are the same after each time", (t) => {
  const { host, store, wait, tick } = open(t, twoWays());
  let seed = 5;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  const pixel = () => Math.floor(20 * random());
  let hasTold = false;
  /** Of what is lost that the page did not ask for, only the host's word can tell. */
  const tell = (/** @type {() => void} */ what) => {
    hasTold ||= host.cut;
    what();
  };
  /** @type {(() => void)[]} */
  const acts = [
    () => click(store, [Math.floor(3 * random()), pixel(), pixel(), 1]),
    () => click(store, [0, pixel(), pixel(), 0]),
    () => store.edit({ op: "undo" }),
    () => store.edit({ op: "redo" }),
    () => store.edit({ op: random() < 0.2 ? "clear" : "undo" }),
    () => store.set("threshold", random()),
    () => store.set("num_eig", 1 + Math.floor(4 * random())),
    () => store.set("by", random() < 0.5 ? BY : OTHER),
    () => store.set("active_image", Math.floor(3 * random())),
    () => store.set("opacity", random()),
    () => tell(() => host.assignClicks(host.clicks.slice(0, 2 * random()))),
    () => tell(() => host.assign("gamma", 1 + random())),
    () => host.lists.clear(),
  ];
  for (let round = 0; round < 100; round++) {
    const made = host.edits;
    let edits = 0;
    for (let k = 0; k < 12; k++) {
      host.cut = random() < 0.4;
      const act = Math.floor(acts.length * random());
      if (act < 5) edits++;
      acts[act]();
      if (random() < 0.5) tick(Math.floor(400 * random()));
      host.cut = random() < 0.4;
      if (random() < 0.7) host.pump();
    }
    host.cut = false;
    if (round % 2 || hasTold) host.tellConnection("connecting", "connected");
    hasTold = false;
    wait(8000);
    assert.equal(host.edits - made, edits, `round ${round}`);
    assertSame(store, host);
  }
});

test("what went wrong with a buffer is not covered by what goes well", async (t) => {
  const model = new FakeModel({ clicks: [A] });
  const life = new AbortController();
  t.after(() => life.abort());
  const store = new Store(model, life.signal, decode);
  store.show({}, [0]);
  const asked = model.sent.find((each) => each.type === "fields");
  const [want] = asked.wants;
  const entry = { ...want, stats: STATS };
  const content = { type: "fields", id: asked.id, fields: [entry] };
  model.emit("msg:custom", content, [new ArrayBuffer(3)]);
  assert.equal(store.state, "error");
  assert.match(store.error ?? "", /must be 16 bytes/);
  // Pictures that come after it say nothing of fields.
  for (const { type, id, kind } of model.sent) {
    if (type !== "pictures") continue;
    model.emit("msg:custom", { type, id, kind, colors: 0, pictures: [] }, []);
  }
  await new Promise(setImmediate);
  assert.equal(store.state, "error");
  // The next thing that is done begins anew.
  store.set("threshold", 0.2);
  assert.equal(store.error, null);
});
