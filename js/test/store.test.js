import assert from "node:assert/strict";
import test, { afterEach, mock } from "node:test";
import { Hover } from "../src/model/hover.js";
import { Segmentation } from "../src/model/segmentation.js";
import { Store } from "../src/model/store.js";
import { infoOf } from "./info.js";
import { FakeModel } from "./model.js";
import { likeCell, together } from "./seeds.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */
/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {Click} */
const A = [0, 5, 5, 1];
/** @type {Click} */
const B = [0, 15, 5, 1];
/** @type {Click} */
const C = [0, 15, 15, 0];

/** @type {(file: Blob) => Promise<any>} */
const decode = async () => ({ close() {} });

/** @type {AbortController[]} */
const lives = [];
afterEach(() => {
  for (const life of lives.splice(0)) life.abort(); // And with it what waits.
});

/** What the kernel answers while a page opens. */
const ALL = ["pictures", "moments", "vectors"];

/**
 * A page with one view that shows the first two of three images.
 *
 * @param {Record<string, unknown>} [traits]
 * @param {string[]} [answered] types of requests that the kernel answers at once
 */
function open(traits, answered = ALL) {
  const model = new FakeModel(traits);
  const modelLife = new AbortController();
  lives.push(modelLife);
  const viewLife = new AbortController();
  const store = new Store(model, modelLife.signal, decode);
  const view = {};
  let notified = 0;
  const heard = () => {
    notified++;
  };
  store.attach(view, heard, viewLife.signal);
  store.show(view, [0, 1]);
  model.answer(...answered);
  return { model, store, modelLife, viewLife, view, notified: () => notified };
}

/** @param {Store} store @param {Click} click */
function click(store, click) {
  store.edit({ op: "add", prompt: click });
}

/** @param {Hover} hover */
function maskOf(hover) {
  return [...(hover.shown?.of(0).mask ?? [])];
}

/** @param {FakeModel} model */
function waiting(model) {
  return model.open().map(({ type, kind, images, sample }) => {
    const what = kind ?? (sample ? "sample" : type);
    return images?.length ? `${what} ${images}` : what;
  });
}

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

const BIASED = {
  method: "biased_ncut",
  click_weight: 0.5,
  bg_weight: 0.1,
};

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
  const margins = [...segmentation.marginsInto(new Float32Array(4), 0)];
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

test("hovering previews no biased cut", () => {
  const { store } = open();
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  store.set("method", "biased_ncut");
  assert.equal(hover.shown, null);
  click(store, A);
  assert.ok(!hover.keeps);
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

test("a comm that throws at a setting is a lost one, too", () => {
  const { model, store } = open();
  model.save_changes = () => {
    throw new Error("Cannot send");
  };
  store.set("threshold", 0.2);
  assert.equal(store.lost, true);
  assert.equal(store.state, "error");
});

test("a click that was hovered over keeps its preview until the kernel answers", () => {
  const { model, store } = open();
  const hover = new Hover(store);
  hover.point(A);
  assert.ok(hover.shown);
  assert.equal(hover.keeps, false);
  click(store, A);
  hover.point(null);
  assert.equal(hover.keeps, true);
  store.set("threshold", 0.1); // Another mask than the one that was shown.
  assert.equal(hover.keeps, false);
  store.set("threshold", 0.5);
  model.answerEdit();
  assert.equal(hover.keeps, false);
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

test("a click shows its preview at once, until the kernel's fields come", () => {
  const { model, store } = open();
  const segmentation = new Segmentation(store);
  click(store, A);
  const preview = segmentation.of(0);
  assert.deepEqual(
    [preview.current, preview.exact, preview.marked],
    [true, false, true],
  );
  assert.equal(store.state, "pending");
  assert.deepEqual([...preview.mask], [1, 0, 0, 1]);
  model.answerEdit();
  assert.equal(segmentation.of(0).exact, true);
  assert.deepEqual([...segmentation.of(0).mask], [0, 0, 0, 1]);
});

test("hovering shows what a click would give, and nothing is asked of the kernel", () => {
  const { model, store } = open({}, ["pictures"]);
  const hover = new Hover(store);
  hover.point(A);
  assert.equal(hover.shown, null); // What it needs is not here yet.
  model.answer("moments", "vectors");
  const sent = model.sent.length;
  assert.deepEqual(maskOf(hover), [1, 0, 0, 1]);
  const { version } = hover;
  hover.point([0, 6, 6, 1]); // In the same cell.
  assert.ok(hover.shown);
  assert.equal(hover.version, version);
  hover.point(B);
  assert.deepEqual(maskOf(hover), [0, 1, 1, 0]);
  store.set("hover_preview", false);
  assert.equal(hover.shown, null);
  store.set("hover_preview", true);
  hover.point([0, 6, 6, 0]);
  assert.equal(hover.shown, null); // A negative click alone gives nothing.
  hover.point(null);
  assert.equal(hover.shown, null);
  assert.equal(model.sent.length, sent);
});

test("hovering adds to the clicks, and where one was made it changes nothing", () => {
  const { model, store } = open();
  const hover = new Hover(store);
  click(store, A);
  model.answerEdit();
  hover.point([0, 6, 6, 1]);
  assert.equal(hover.shown, null);
  hover.point(B);
  assert.deepEqual(maskOf(hover), [0, 1, 1, 1]);
  hover.point([0, 15, 15, 0]);
  assert.deepEqual(maskOf(hover), [0, 0, 0, 0]);
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

test("a setting is reset to the kernel's default", () => {
  const { store } = open({ threshold: 0.7 });
  store.set("threshold", 0.1);
  store.reset("threshold");
  assert.equal(store.get("threshold"), 0.5);
});
