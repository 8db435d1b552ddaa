/** What a page asks for, and what becomes of the answers. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { Shape } from "../src/maths/shape.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Store } from "../src/model/store.js";
import { infoOf } from "./info.js";
import { FakeModel } from "./model.js";
import { A, B, C, click, lives, open } from "./opened.js";
import { likeCell, together } from "./seeds.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @param {FakeModel} model */
function waiting(model) {
  return model.open().map(({ type, kind, images, sample }) => {
    const what = kind ?? (sample ? "sample" : type);
    return images?.length ? `${what} ${images}` : what;
  });
}

const BIASED = {
  method: "biased_ncut",
  click_weight: 0.5,
  bg_weight: 0.1,
};

test("first the stage's picture and its mask, then the strip, then previews", () => {
  const { model } = open({ clicks: [A], overlay: "eigvecs" }, []);
  assert.deepEqual(waiting(model), ["stage 0", "fields"]);
  assert.deepEqual(model.last("fields").wants, [
    { seeds: likeCell([0, 0, 0]), images: [0] },
  ]);
  model.reply(model.open()[0]);
  assert.deepEqual(waiting(model), ["fields", "eigvecs 0"]);
  model.reply(model.open()[0]);
  assert.deepEqual(waiting(model), ["eigvecs 0", "fields", "thumb 0,1"]);
  assert.deepEqual(model.last("fields").wants, [
    { seeds: likeCell([0, 0, 0]), images: [1] },
  ]);
  for (let k = 0; k < 3; k++) model.reply(model.open()[0]);
  for (const next of ["moments", "vectors 0", "sample", "vectors 1"]) {
    assert.deepEqual(waiting(model), [next]);
    model.reply(model.open()[0]);
  }
  assert.deepEqual(waiting(model), []);
});

test("an image that is turned to has its picture before all else", () => {
  const { model, store } = open({}, ["pictures"]);
  assert.deepEqual(waiting(model), ["moments"]);
  store.set("active_image", 2);
  assert.deepEqual(waiting(model), ["moments", "stage 2"]);
  model.reply(model.open()[0]);
  assert.deepEqual(waiting(model), ["stage 2"]);
  model.reply(model.open()[0]);
  assert.deepEqual(waiting(model), ["thumb 2"]);
});

test("an edit is never held back", () => {
  const { model, store } = open({}, []);
  click(store, A);
  assert.deepEqual(waiting(model), ["stage 0", "edit 0,1"]);
});

test("what is not ready is asked for again, each time after twice as long", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model } = open({}, ["pictures"]);
  const moments = () => model.count("moments");
  for (const [asked, wait] of [300, 600, 1200, 2400, 4800, 5000, 5000].entries()) {
    const { id } = model.last("moments");
    model.done.add(id);
    model.deliver({ type: "later", id });
    model.answer("vectors"); // They do not wait for the moments.
    t.mock.timers.tick(wait - 1);
    assert.equal(moments(), asked + 1);
    t.mock.timers.tick(1);
    assert.equal(moments(), asked + 2);
  }
  model.answer("moments", "vectors");
  assert.deepEqual(waiting(model), []);
});

test("one image has no filmstrip, and needs no thumb", () => {
  const info = infoOf({ sizes: [[20, 20]] });
  const { model } = open({ _info: info });
  const pictures = model.sent.filter(({ type }) => type === "pictures");
  assert.deepEqual(
    pictures.map(({ kind }) => kind),
    ["stage"],
  );
});

test("eigenvector colours are fetched when they are looked at", () => {
  const { model, store } = open();
  assert.ok(!model.sent.some(({ kind }) => kind === "eigvecs"));
  store.set("overlay", "eigvecs");
  assert.equal(model.last("pictures").kind, "eigvecs");
});

test("one edit is in flight; the rest goes together, in order", () => {
  const { model, store } = open();
  for (const each of [A, B, C]) click(store, each);
  store.edit({ op: "undo" });
  assert.equal(model.count("edit"), 1);
  assert.deepEqual(model.last("edit").edits, [{ op: "add", prompt: A }]);
  assert.deepEqual(model.last("edit").images, [0, 1]);
  model.answerEdit();
  assert.deepEqual(model.last("edit").edits, [
    { op: "add", prompt: B },
    { op: "add", prompt: C },
    { op: "undo" },
  ]);
  assert.equal(model.count("edit"), 2);
});

test("the reply to an edit brings its fields: nothing more is asked for", () => {
  const { model, store } = open();
  click(store, A);
  assert.equal(store.state, "pending");
  model.answerEdit();
  assert.equal(store.state, "idle");
  assert.equal(model.count("fields"), 0);
  assert.ok(new Segmentation(store).of(0).exact);
});

test("an image that comes into view while a request is out is asked for next", () => {
  const { model, store, view } = open({ clicks: [A] });
  store.show(view, [0, 1, 2]);
  assert.equal(model.count("fields"), 1);
  model.answerFields();
  assert.deepEqual(model.last("fields").wants, [
    { seeds: likeCell([0, 0, 0]), images: [1, 2] },
  ]);
  model.answerFields();
  assert.equal(model.count("fields"), 2);
});

test("the latest num_eig wins; a late reply for another is kept, but not shown", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open({ clicks: [A] });
  const segmentation = new Segmentation(store);
  store.set("num_eig", 3);
  store.set("num_eig", 2);
  assert.equal(model.count("fields"), 1);
  model.answerFields();
  assert.equal(segmentation.of(0).exact, false);
  assert.equal(model.count("fields"), 1); // The slider may move on.
  t.mock.timers.tick(250);
  assert.equal(model.last("fields").wants[0].seeds.parameters.num_eig, 2);
  model.answerFields();
  assert.equal(segmentation.of(0).exact, true);
});

test("the mask of earlier clicks stays until the new fields are here", () => {
  const { model, store } = open({}, ["pictures"]); // There are no previews.
  const segmentation = new Segmentation(store);
  click(store, A);
  model.answerEdit();
  const before = [...segmentation.of(0).mask];
  assert.deepEqual(before, [0, 0, 0, 1]);
  model.set("clicks", [A, [1, 5, 5, 0]]);
  const waiting = segmentation.of(0);
  assert.deepEqual([waiting.current, waiting.marked], [false, true]);
  assert.deepEqual([...waiting.mask], before);
});

test("a biased cut is asked for with all clicks, and its mask is cut here", () => {
  const { model, store } = open({ ...BIASED, clicks: [A, C] });
  const weights = { num_eig: 4, click_weight: 0.5, bg_weight: 0.1 };
  const seeds = together("biased_ncut", [[0, 0, 0]], [[0, 1, 1]], weights);
  assert.deepEqual(model.last("fields").wants, [{ seeds, images: [0] }]);
  assert.equal(model.count("vectors"), 0); // There are no previews of it.
  assert.equal(store.state, "pending");
  model.answerFields();
  const segmentation = new Segmentation(store);
  assert.ok(segmentation.of(0).exact);
  assert.deepEqual([...segmentation.of(0).mask], [0, 0, 0, 1]);
  const { margins: found } = segmentation.shapeInto(new Shape(), 0);
  const margins = [...found];
  assert.deepEqual(margins.map(Math.sign), [-1, -1, -1, 1]);
  store.set("negative_threshold", 0);
  assert.deepEqual([...segmentation.of(0).mask], [0, 0, 0, 1]);
  store.set("threshold", 1);
  assert.equal(segmentation.of(0).count, 0);
});

test("other weights are another cut; until it comes, the one before is shown", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store } = open({ ...BIASED, clicks: [A] });
  model.answerFields();
  model.answerFields();
  const asked = model.count("fields");
  const segmentation = new Segmentation(store);
  const shown = [...segmentation.of(0).mask];
  store.set("click_weight", 0.8);
  t.mock.timers.tick(300);
  model.saves.at(-1)?.("idle");
  assert.equal(model.count("fields"), asked + 1);
  assert.equal(model.last("fields").wants[0].seeds.parameters.click_weight, 0.8);
  assert.ok(!segmentation.of(0).current);
  assert.deepEqual([...segmentation.of(0).mask], shown);
  model.answerFields();
  assert.ok(segmentation.of(0).exact);
});

test("in diffusion coordinates all clicks make one field, which is its own heatmap", () => {
  const { model, store } = open({
    method: "diffusion",
    granularity: 2,
    clicks: [A, C],
  });
  const seeds = together("diffusion", [[0, 0, 0]], [[0, 1, 1]], { granularity: 2 });
  assert.deepEqual(model.last("fields").wants, [{ seeds, images: [0] }]);
  assert.equal(model.count("moments"), 0); // No statistics are wanted of it.
  assert.equal(model.count("vectors"), 0); // They are asked for after the fields.
  const segmentation = new Segmentation(store);
  store.fields.take(
    { type: "fields", id: "", fields: [{ seeds, images: [0], stats: null }] },
    [Float32Array.of(1.2, 0.6, 0.4, -0.1).buffer],
  );
  store.set("denoise", false);
  assert.deepEqual([...segmentation.of(0).mask], [1, 1, 0, 0]);
  store.set("threshold", 0.3);
  assert.deepEqual([...segmentation.of(0).mask], [1, 1, 1, 0]);
  store.set("gamma", 9);
  assert.deepEqual([...segmentation.of(0).mask], [1, 1, 1, 0]);
  const heat = [...segmentation.heatOf(0)].map((value) => Math.round(100 * value));
  assert.deepEqual(heat, [100, 60, 40, 0]);
});

test("only negative clicks are no biased cut", () => {
  const { model, store } = open({ ...BIASED, clicks: [C] });
  assert.equal(model.count("fields"), 0);
  assert.equal(store.state, "idle");
  assert.equal(new Segmentation(store).of(0).count, 0);
});

test("a refused edit is said, the clicks are the kernel's, and the next one clears", () => {
  const { model, store } = open();
  click(store, A);
  click(store, B);
  model.answerEdit({
    prompts: { keep: 0, added: [] },
    fields: [],
    error: "a click must lie in its image",
  });
  assert.equal(store.error, "a click must lie in its image");
  assert.deepEqual(
    store.clicks.map((shown) => shown.click),
    [B],
  );
  model.answerEdit();
  assert.equal(store.error, null);
  assert.equal(store.state, "idle");
});

test("a failed edit is dropped, and the next goes out", () => {
  const { model, store } = open();
  click(store, A);
  click(store, B);
  model.deliver({ type: "error", id: model.last("edit").id, message: "No." });
  assert.equal(store.error, "No.");
  assert.deepEqual(model.last("edit").edits, [{ op: "add", prompt: B }]);
});

test("fields that fail are not asked for again until something changes", () => {
  const { model, store } = open({ clicks: [A] });
  model.deliver({ type: "error", id: model.last("fields").id, message: "No." });
  model.deliver({ type: "error", id: model.last("fields").id, message: "No." });
  assert.equal(model.count("fields"), 2); // The active image's, and the other's.
  assert.equal(store.state, "error");
  store.set("num_eig", 2);
  assert.equal(model.count("fields"), 3);
});

test("a reply that lacks what was asked for does not loop", () => {
  const { model } = open({ clicks: [A] });
  model.deliver({ type: "fields", id: model.last("fields").id, fields: [] });
  model.deliver({ type: "fields", id: model.last("fields").id, fields: [] });
  assert.equal(model.count("fields"), 2);
});

test("a malformed reply is said and leaves the page usable", () => {
  const { model, store } = open({ clicks: [A] });
  const { id, wants } = model.last("fields");
  const fields = [{ ...wants[0], stats: {} }];
  model.deliver({ type: "fields", id, fields }, [new ArrayBuffer(3)]);
  assert.match(store.error ?? "", /must be 16 bytes/);
  click(store, B);
  model.answerEdit();
  assert.equal(store.error, null);
});

test("another page's replies settle nothing here, but their fields serve", () => {
  const { model, store } = open();
  click(store, A);
  model.deliver({ type: "error", id: "another", message: "Not yours." });
  assert.equal(store.error, null);
  const own = model.last("edit").id;
  model.last("edit").id = "another";
  model.answerEdit();
  assert.equal(store.state, "pending");
  model.last("edit").id = own;
  assert.ok(store.fields.get(likeCell([0, 0, 0]), 0));
});

test("thumbs are fetched in batches, and once", async () => {
  const sizes = Array.from({ length: 30 }, () => /** @type {Size} */ ([20, 20]));
  const info = infoOf({ sizes });
  const { model, store, view } = open({ _info: info }, []);
  store.show(
    view,
    sizes.map((_, i) => i),
  );
  model.reply(model.open()[0]);
  /** @type {number[]} */
  const asked = [];
  for (let k = 0; k < 5; k++) {
    const request = model.sent.findLast(({ kind }) => kind === "thumb");
    if (request.images.some((/** @type {number} */ i) => asked.includes(i))) break;
    asked.push(...request.images);
    assert.ok(request.images.length <= 12);
    const pictures = request.images.map((/** @type {number} */ image) => ({
      image,
      mime: "image/png",
      width: 1,
      height: 1,
    }));
    const buffers = pictures.map(() => new ArrayBuffer(1));
    model.deliver(
      { type: "pictures", id: request.id, kind: "thumb", colors: 0, pictures },
      buffers,
    );
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    asked.sort((a, b) => a - b),
    sizes.map((_, i) => i),
  );
  assert.ok(store.pictures.thumb.get(29));
});

test("a picture that cannot be decoded is said, and not asked for again", async () => {
  const model = new FakeModel();
  const life = new AbortController();
  lives.push(life);
  const store = new Store(model, life.signal, () => Promise.reject(new Error()));
  store.show({}, [0]);
  const request = model.sent.find(({ kind }) => kind === "stage");
  const pictures = [{ image: 0, mime: "image/png", width: 1, height: 1 }];
  const { id, kind } = request;
  const reply = { type: "pictures", id, kind, colors: 0, pictures };
  model.deliver(reply, [new ArrayBuffer(1)]);
  await new Promise(setImmediate);
  assert.match(store.error ?? "", /cannot decode the picture of image 0/);
  assert.equal(model.sent.filter(({ kind }) => kind === "stage").length, 1);
});

test("a kernel that does not answer for long is noticed", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { model, store, notified } = open();
    click(store, A);
    assert.equal(store.slow, false);
    const before = notified();
    mock.timers.tick(3000);
    assert.equal(store.slow, true);
    assert.ok(notified() > before);
    model.answerEdit();
    assert.equal(store.slow, false);
  } finally {
    mock.timers.reset();
  }
});

test("when the kernel restarts, nothing waits and nothing is sent any more", () => {
  const { model, store } = open();
  click(store, A);
  model.emit("comm_live_update");
  assert.equal(store.lost, true);
  assert.equal(store.state, "error");
  assert.equal(store.clicks.length, 0);
  const sent = model.sent.length;
  click(store, B);
  assert.equal(model.sent.length, sent);
  assert.equal(store.clicks.length, 0);
});

test("a kernel that is there after all revives the page", () => {
  const { model, store } = open({ clicks: [A] });
  model.emit("comm_live_update");
  const { id, wants } = model.last("fields");
  assert.deepEqual(wants, []);
  model.deliver({ type: "fields", id, fields: [] });
  assert.equal(store.lost, false);
  assert.deepEqual(model.last("fields").wants, [
    { seeds: likeCell([0, 0, 0]), images: [0] },
  ]);
});

test("a comm that throws is a lost one", () => {
  const { model, store } = open();
  model.send = () => {
    throw new Error("Cannot send");
  };
  click(store, A);
  assert.equal(store.lost, true);
  assert.equal(store.clicks.length, 0);
});

test("views share what was fetched, and one that closes is forgotten", () => {
  const { model, store, viewLife } = open();
  const other = new AbortController();
  const view = {};
  store.attach(view, () => {}, other.signal);
  store.show(view, [2]);
  assert.deepEqual(store.shownImages, [0, 1, 2]);
  viewLife.abort();
  assert.deepEqual(store.shownImages, [0, 2]);
  other.abort();
  assert.deepEqual(store.shownImages, []);
  const sent = model.sent.length;
  model.set("clicks", [A]);
  assert.equal(model.sent.length, sent);
});

test("eigenvectors of what is seen or clicked are fetched once, and moments", () => {
  const { model, store } = open();
  const vectors = () => model.sent.filter(({ type }) => type === "vectors");
  assert.equal(vectors().length, 3);
  assert.equal(model.last("moments").num_eig, 4);
  click(store, [2, 5, 5, 1]); // As Python may: on an image that no view shows.
  assert.deepEqual(model.last("vectors").images, [2]);
  model.answer("edit", "vectors");
  store.edit({ op: "undo" });
  model.answerEdit({ prompts: { keep: 0, added: [] } });
  assert.equal(vectors().length, 4);
});

test("with the model go its listeners and its timers", () => {
  const { model, modelLife, store, notified } = open();
  click(store, A);
  modelLife.abort();
  assert.ok([...model.handlers.values()].every((handlers) => handlers.size === 0));
  const before = notified();
  model.deliver({ type: "error", id: null, message: "late" });
  assert.equal(notified(), before);
});
