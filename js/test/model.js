/** A model as anywidget hands it over, and a host that delivers what the test says. */

import { infoOf } from "./info.js";
import { likeCell } from "./seeds.js";
import { WAY } from "./ways.js";

/** @typedef {import("../src/model/link/wire.js").Size} Size */

/** @type {Size} */
export const GRID = [2, 2];
export const STATS = {
  mean: 0.5,
  std: 0.5,
  low: /** @type {[number, number]} */ ([0, 0]),
  high: /** @type {[number, number]} */ ([1, 1]),
  count: 12,
};

/** The table's defaults, without eigenvalues. */
function defaults() {
  const { settings } = infoOf({ grid: GRID });
  return Object.fromEntries(
    Object.entries(settings).map(([name, { default: value }]) => [name, value]),
  );
}

export class FakeModel {
  /** @type {any[]} Messages from the page, oldest first. */
  sent = [];
  /** @type {((status: string) => void)[]} */
  saves = [];
  /** @type {Record<string, any>[]} What the traits were at each save. */
  savedTraits = [];
  /** @type {Record<string, unknown>} */
  traits;
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  handlers = new Map();
  /** @type {Set<string>} Ids of the messages that were answered, or are lost. */
  done = new Set();

  /** @param {Record<string, unknown>} [traits] */
  constructor(traits = {}) {
    this.traits = {
      clicks: [],
      ...defaults(),
      negative_threshold: 0.9,
      denoise: false,
      _info: infoOf({ grid: GRID }),
      _revision: 0,
      _colors: 0,
      _history: [false, false],
      _segments: [],
      _still: null,
      ...traits,
    };
  }

  /** @param {string} name @returns {any} */
  get(name) {
    return this.traits[name];
  }

  /** @param {string} name @param {unknown} value */
  set(name, value) {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }

  /** @param {any} [callbacks] */
  save_changes(callbacks) {
    this.savedTraits.push({ ...this.traits });
    this.saves.push((status) =>
      callbacks.iopub.status({ content: { execution_state: status } }),
    );
  }

  /** @param {any} content */
  send(content) {
    this.sent.push(content);
  }

  /** @param {string} name @param {(...args: any[]) => void} handler */
  on(name, handler) {
    this.handlers.set(name, new Set([...(this.handlers.get(name) ?? []), handler]));
  }

  /** @param {string} name @param {(...args: any[]) => void} handler */
  off(name, handler) {
    this.handlers.get(name)?.delete(handler);
  }

  /** @param {string} name @param {...any} args */
  emit(name, ...args) {
    for (const handler of this.handlers.get(name) ?? []) handler(...args);
  }

  /** @param {any} content @param {any[]} [buffers] */
  deliver(content, buffers = []) {
    this.emit("msg:custom", content, buffers);
  }

  /** @param {string} type @returns {any} the last message of a type */
  last(type) {
    return this.sent.findLast((message) => message.type === type);
  }

  /** @param {string} type */
  count(type) {
    return this.sent.filter((message) => message.type === type).length;
  }

  /** @param {string} [type] @returns {any[]} the messages that wait for an answer */
  open(type) {
    const open = this.sent.filter(({ id }) => !this.done.has(id));
    return type ? open.filter((message) => message.type === type) : open;
  }

  /** Answer what waits of some types, and what is asked then, until nothing is. */
  answer(/** @type {string[]} */ ...types) {
    for (;;) {
      const request = this.open().find(({ type }) => types.includes(type));
      if (!request) return;
      this.reply(request);
    }
  }

  /** Answer a request as the kernel does, all of it. @param {any} request */
  reply(request) {
    const { id, type } = request;
    this.done.add(id);
    if (type === "fields") {
      const { wants } = request;
      const fields = wants.map((/** @type {object} */ want) => ({
        ...want,
        stats: STATS,
      }));
      this.deliver(
        { type, id, fields },
        wants.map((/** @type {any} */ want) => this.bufferOf(want)),
      );
    } else if (type === "vectors") {
      const { by, images, sample } = request;
      const parts = sample ? [...images, null] : images;
      const vectors = parts.map((/** @type {number | null} */ image) => ({
        image,
        low: [0, 0, 0, 0],
        step: [1, 1, 1, 1],
      }));
      this.deliver({ type, id, by, vectors }, parts.map(levelsOf));
    } else if (type === "moments") {
      const { by, num_eig } = request;
      const sizes = [num_eig, num_eig ** 2];
      const buffers = sizes.map((size) => new Float64Array(size).fill(0.25).buffer);
      this.deliver({ type, id, by, num_eig, count: 12 }, buffers);
    } else if (type === "way") {
      this.deliver({ type, id, by: request.by, ...WAY });
    } else if (type === "pictures") {
      const { by, kind, images } = request;
      const colors = this.get("_colors");
      const pictures = images.map(pictureOf);
      const buffers = images.map(() => new ArrayBuffer(1));
      this.deliver({ type, id, kind, by, colors, pictures }, buffers);
    } else if (type === "sync") {
      this.deliver({ type: "synced", id, revision: this.get("_revision") });
    } else this.answerEdit();
  }

  /** Answer the last request for fields, all of it. */
  answerFields() {
    this.reply(this.last("fields"));
  }

  /** Answer the last edit as the kernel does. @param {Record<string, unknown>} [reply] */
  answerEdit(reply = {}) {
    const { id, edits, images } = this.last("edit");
    this.done.add(id);
    const made = edits.map((/** @type {any} */ edit) => edit.prompt).filter(Boolean);
    const cells = [...new Set(made.map(cellOf))].map((cell) => JSON.parse(cell));
    const wants = cells.map((cell) => {
      return { seeds: likeCell(cell, this.get("num_eig"), this.get("by")), images };
    });
    const revision = this.get("_revision") + 1;
    this.deliver(
      {
        type: "edited",
        id,
        revision,
        prompts: { keep: 0, added: [...this.get("clicks"), ...made] },
        history: [true, false],
        fields: wants.map((want) => ({ ...want, stats: STATS })),
        error: null,
        ...reply,
      },
      wants.map((want) => this.bufferOf(want)),
    );
    return revision;
  }

  /** @param {{ images: number[] }} want */
  bufferOf({ images }) {
    const [rows, cols] = this.get("_info").grid;
    const values = new Float32Array(images.length * rows * cols);
    for (const [k, image] of images.entries()) {
      values.set([image, 0, 0, 1], k * rows * cols);
    }
    return new DataView(values.buffer);
  }
}

/** @param {import("../src/model/prompts/click.js").Click} click of an image of 20 x 20 pixels */
function cellOf([image, x, y]) {
  return JSON.stringify([image, Math.floor(y / 10), Math.floor(x / 10)]);
}

/** The cells 0 and 3, and 1 and 2, are alike. */
function levelsOf() {
  const levels = [1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  return Uint16Array.from(levels).buffer;
}

/** @param {number} image */
export function pictureOf(image) {
  return { image, mime: "image/png", width: 1, height: 1 };
}
