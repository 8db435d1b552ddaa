/** A model as anywidget hands it over, and a host that delivers what the test says. */

/** @typedef {import("../src/wire.js").Size} Size */

/** @type {Size} */
export const GRID = [2, 2];
export const STATS = {
  mean: 0.5,
  std: 0.5,
  low: /** @type {[number, number]} */ ([0, 0]),
  high: /** @type {[number, number]} */ ([1, 1]),
  count: 12,
};

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

  /** @param {Record<string, unknown>} [traits] */
  constructor(traits = {}) {
    this.traits = {
      clicks: [],
      threshold: 0.5,
      gamma: 1,
      negative_threshold: 0.9,
      denoise: false,
      denoise_area_th: 3,
      num_eig: 4,
      method: "similarity",
      click_weight: 0.5,
      bg_weight: 0.1,
      active_image: 0,
      layer: "image",
      opacity: 0.5,
      hover_preview: true,
      _info: {
        grid: GRID,
        sizes: [
          [20, 20],
          [20, 20],
          [20, 20],
        ],
        num_eig_max: 4,
        has_images: true,
      },
      _revision: 0,
      _colors: 0,
      _history: [false, false],
      _segments: [],
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

  /** Answer the last request for maps, all of it. */
  answerMaps() {
    const { id, num_eig, wants } = this.last("maps");
    const maps = wants.map((/** @type {object} */ want) => ({ ...want, stats: STATS }));
    this.deliver({ type: "maps", id, num_eig, maps }, wants.map(mapsBuffer));
  }

  /** Answer the last request for eigenvectors: the cells 0 and 3, and 1 and 2, alike. */
  answerVectors() {
    const { id, images, sample } = this.last("vectors");
    const parts = sample ? [...images, null] : images;
    const vectors = parts.map((/** @type {number | null} */ image) => ({
      image,
      low: [0, 0, 0, 0],
      step: [1, 1, 1, 1],
    }));
    const levels = [1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const buffers = parts.map(() => Uint16Array.from(levels).buffer);
    this.deliver({ type: "vectors", id, vectors }, buffers);
  }

  /** Answer the last edit as the kernel does. @param {Record<string, unknown>} [reply] */
  answerEdit(reply = {}) {
    const { id, edits, images } = this.last("edit");
    const clicks = edits.map((/** @type {any} */ edit) => edit.click).filter(Boolean);
    const prompts = [...new Set(clicks.map(cellOf))].map((cell) => JSON.parse(cell));
    const wants = prompts.map((prompt) => ({ prompt, images }));
    const revision = this.get("_revision") + 1;
    this.deliver(
      {
        type: "edited",
        id,
        revision,
        clicks: [...this.get("clicks"), ...clicks],
        history: [true, false],
        num_eig: this.get("num_eig"),
        maps: wants.map((want) => ({ ...want, stats: STATS })),
        error: null,
        ...reply,
      },
      wants.map(mapsBuffer),
    );
    return revision;
  }
}

/** @param {import("../src/wire.js").Click} click of an image of 20 x 20 pixels */
function cellOf([image, x, y]) {
  return JSON.stringify([image, Math.floor(y / 10), Math.floor(x / 10)]);
}

/** @param {{ images: number[] }} want */
function mapsBuffer({ images }) {
  const values = images.flatMap((image) => [image, 0, 0, 1]);
  return new DataView(Float32Array.from(values).buffer);
}
