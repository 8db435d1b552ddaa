import assert from "node:assert/strict";
import test, { afterEach } from "node:test";
import { picturesOfKinds } from "../src/model/pictures.js";
import { Store } from "../src/model/store.js";
import { infoOf } from "./info.js";
import { FakeModel, pictureOf } from "./model.js";
import { BY, OTHER, twoWays, WAY } from "./ways.js";

/** @typedef {import("../src/model/link/wire.js").PictureKind} PictureKind */

const SIZE = /** @type {import("../src/model/link/wire.js").Size} */ ([20, 20]);
const WITHOUT_IMAGES = {
  _info: infoOf({ sizes: [SIZE, SIZE], has_images: false }),
};

/** Let what is being decoded arrive. */
const settled = () => new Promise(setImmediate);

/** A picture that tells what was decoded, and whether it is closed. */
class FakePicture {
  closed = false;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  close() {
    this.closed = true;
  }
}

/** @type {AbortController[]} */
const lives = [];
afterEach(() => {
  for (const life of lives.splice(0)) life.abort(); // And with it what waits.
});

/** @type {(file: Blob) => Promise<any>} */
const decode = async (file) => new FakePicture(await file.text());

/**
 * A page whose view shows two images, the eigenvectors' colours over the first.
 *
 * @param {Record<string, unknown>} [traits]
 * @param {(file: Blob) => Promise<any>} [decoder]
 */
function open(traits, decoder = decode) {
  const model = new FakeModel({ overlay: "eigvecs", ...traits });
  const life = new AbortController();
  lives.push(life);
  const store = new Store(model, life.signal, decoder);
  let notified = 0;
  const heard = () => {
    notified++;
  };
  const view = {};
  store.attach(view, heard, new AbortController().signal);
  store.show(view, [0, 1]);

  /** @param {PictureKind} kind */
  const asked = (kind) => model.sent.filter((message) => message.kind === kind);

  /**
   * Answer the last request of a kind as the kernel does, in words for pictures.
   *
   * @param {PictureKind} kind
   * @param {number} colors
   */
  const answer = async (kind, colors) => {
    const { id, by, images } = /** @type {any} */ (asked(kind).at(-1));
    const pictures = images.map((/** @type {number} */ image) => ({
      image,
      mime: "image/png",
      width: 1,
      height: 1,
    }));
    const buffers = images.map(
      (/** @type {number} */ image) =>
        new TextEncoder().encode(`${kind} ${image} in colours ${colors}`).buffer,
    );
    model.deliver({ type: "pictures", id, kind, by, colors, pictures }, buffers);
    await settled();
    await settled();
  };

  /** @param {PictureKind} kind @returns {any} */
  const shown = (kind) => store.pictures[kind].get(0);
  return { model, store, asked, answer, shown, notified: () => notified };
}

test("new colours are fetched at once, and the old stay until they are here", async () => {
  const { model, asked, answer, shown, notified } = open();
  await answer("stage", 0);
  await answer("eigvecs", 0);
  const old = shown("eigvecs");
  assert.equal(old.text, "eigvecs 0 in colours 0");
  assert.equal(asked("eigvecs").length, 1);

  model.set("_colors", 1);
  assert.equal(asked("eigvecs").length, 2);
  assert.equal(shown("eigvecs"), old);
  assert.equal(old.closed, false);

  const before = notified();
  await answer("eigvecs", 1);
  assert.equal(shown("eigvecs").text, "eigvecs 0 in colours 1");
  assert.equal(old.closed, true);
  assert.ok(notified() > before);
  assert.equal(asked("eigvecs").length, 2);
});

test("images keep their pictures when the eigenvectors are coloured anew", async () => {
  const { model, asked, answer } = open();
  await answer("stage", 0);
  await answer("thumb", 0);
  model.set("_colors", 1);
  assert.equal(asked("stage").length, 1);
  assert.equal(asked("thumb").length, 1);
});

test("without images every picture is coloured anew", async () => {
  const { model, asked, answer, shown } = open(WITHOUT_IMAGES);
  for (const kind of /** @type {PictureKind[]} */ (["stage", "eigvecs", "thumb"])) {
    await answer(kind, 0);
  }
  model.set("_colors", 1);
  for (const kind of /** @type {PictureKind[]} */ (["stage", "eigvecs", "thumb"])) {
    assert.equal(asked(kind).length, 2);
    assert.deepEqual(asked(kind)[1].images, asked(kind)[0].images);
    await answer(kind, 1);
    assert.equal(shown(kind).text, `${kind} 0 in colours 1`);
  }
});

test("a late answer in old colours is dropped, and asked for again", async () => {
  const { model, store, asked, answer, shown } = open();
  await answer("stage", 0);
  model.set("_colors", 1); // The first request is still out.
  assert.equal(asked("eigvecs").length, 1);
  await answer("eigvecs", 0);
  assert.equal(shown("eigvecs"), undefined);
  assert.equal(store.pictures.eigvecs.awaits(0), true);
  assert.equal(asked("eigvecs").length, 2);
  await answer("eigvecs", 1);
  assert.equal(shown("eigvecs").text, "eigvecs 0 in colours 1");
});

test("a picture still being decoded when the colours change is dropped", async () => {
  /** @type {((picture: FakePicture) => void)[]} */
  const finish = [];
  const { model, asked, answer, shown } = open(
    {},
    () => new Promise((resolve) => finish.push(resolve)),
  );
  await answer("stage", 0);
  finish.length = 0;
  await answer("eigvecs", 0);
  model.set("_colors", 1);
  assert.equal(asked("eigvecs").length, 2);
  await answer("eigvecs", 1);
  const [old, current] = [new FakePicture("old"), new FakePicture("current")];
  finish[1](current);
  await settled();
  finish[0](old);
  await settled();
  assert.equal(shown("eigvecs"), current);
  assert.deepEqual([old.closed, current.closed], [true, false]);
});

test("an answer may overtake the trait", async () => {
  const { model, asked, answer, shown } = open();
  await answer("stage", 0);
  await answer("eigvecs", 1);
  model.set("_colors", 1);
  assert.equal(shown("eigvecs").text, "eigvecs 0 in colours 1");
  assert.equal(asked("eigvecs").length, 1);
});

test("what was refused is asked for again in new colours", async () => {
  const { model, asked, answer } = open();
  await answer("stage", 0);
  model.deliver({ type: "error", id: asked("eigvecs")[0].id, message: "No." });
  assert.equal(asked("eigvecs").length, 1);
  model.set("_colors", 1);
  assert.equal(asked("eigvecs").length, 2);
});

test("each way has colours of its own, which are kept, and images are of no way", async () => {
  const { model, store, asked, answer, shown } = open(
    twoWays({ [BY]: WAY, [OTHER]: WAY }),
  );
  await answer("stage", 0);
  await answer("eigvecs", 0);
  await answer("thumb", 0);
  const first = shown("eigvecs");
  assert.equal(asked("eigvecs")[0].by, BY);
  store.set("by", OTHER);
  assert.equal(shown("eigvecs"), undefined);
  assert.equal(store.pictures.eigvecs.awaits(0), true);
  assert.equal(asked("eigvecs")[1].by, OTHER);
  store.set("by", BY); // The answer comes while the first way is set again.
  await answer("eigvecs", 0);
  assert.equal(shown("eigvecs"), first);
  store.set("by", OTHER);
  assert.ok(shown("eigvecs"));
  assert.notEqual(shown("eigvecs"), first);
  model.set("_colors", 1);
  await answer("eigvecs", 1);
  store.set("by", BY);
  await answer("eigvecs", 1);
  assert.equal(first.closed, true);
  const counts = ["stage", "thumb", "eigvecs"].map(
    (kind) => asked(/** @type {PictureKind} */ (kind)).length,
  );
  assert.deepEqual(counts, [1, 1, 4]);
});

test("why a way has no colours is said of that way alone", async () => {
  const { model, store, asked, answer } = open(twoWays({ [BY]: WAY, [OTHER]: WAY }));
  await answer("stage", 0);
  const { id, by } = asked("eigvecs")[0];
  const pictures = [{ image: 0, error: "No." }];
  model.deliver({ type: "pictures", id, kind: "eigvecs", by, colors: 0, pictures });
  await settled();
  assert.equal(store.pictures.eigvecs.reason(0), "No.");
  assert.equal(store.pictures.eigvecs.awaits(0), false);
  store.set("by", OTHER);
  assert.equal(store.pictures.eigvecs.reason(0), undefined);
  assert.equal(store.pictures.eigvecs.awaits(0), true);
});

test("what a full reply left out is asked for again, and not if nothing fits", () => {
  const { model, asked } = open({ overlay: "image" });
  model.reply(asked("stage")[0]);
  const [{ id, images }] = asked("thumb");
  assert.deepEqual(images, [0, 1]);
  const [pictures, buffers] = [[pictureOf(0)], [new ArrayBuffer(1)]];
  const reply = { type: "pictures", kind: "thumb", colors: 0 };
  model.deliver({ ...reply, id, pictures, left: [1] }, buffers);
  assert.deepEqual(asked("thumb")[1].images, [1]);
  const next = asked("thumb")[1].id;
  model.deliver({ ...reply, id: next, pictures: [], left: [1] }, []);
  assert.equal(asked("thumb").length, 2);
});

test("hundreds of thumbs on view all stay, and asking what is missing drops none", async () => {
  const { thumb: thumbs } = picturesOfKinds(decode, true, 0, () => BY);
  const images = [...new Array(900).keys()];
  thumbs.reserve(0, images.length);
  const entry = { mime: "image/jpeg", width: 1, height: 1 };
  /** @param {number[]} images */
  const deliver = (images) => {
    const entries = images.map((image) => ({ image, ...entry }));
    const buffers = images.map(() => new ArrayBuffer(1));
    return thumbs.accept(
      { kind: "thumb", by: BY, colors: 0, pictures: entries },
      buffers,
    );
  };
  await deliver(images);
  assert.deepEqual(thumbs.missing(images), []);
  // Used last is what was shown last, not what was asked about.
  thumbs.get(5);
  thumbs.missing([0]);
  thumbs.reserve(0, 0);
  await deliver([900]);
  assert.deepEqual(thumbs.missing([0, 5, 900]), [0]);
});
