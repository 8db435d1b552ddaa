// src/masks.js
var MAX_FLOAT32 = 34028234663852886e22;
function isConstant({ mean, std }) {
  return !(std > 0 && Number.isFinite(mean + std));
}
function cutOf(stats, gamma, threshold) {
  if (isConstant(stats)) return Number.POSITIVE_INFINITY;
  const { slope, zero, one } = logScale(stats, gamma);
  return Math.fround(stats.mean + logMix(zero, one, threshold) / slope);
}
function heatInto(out, map, stats, gamma) {
  if (isConstant(stats)) {
    out.fill(0);
    return out;
  }
  const { slope, zero, one } = logScale(stats, gamma);
  if (zero === one) {
    const cut = cutOf(stats, gamma, 0.5);
    for (let i = 0; i < map.length; i++) out[i] = map[i] > cut ? 1 : 0;
    return out;
  }
  const floor = Math.exp(zero - one);
  for (let i = 0; i < map.length; i++) {
    const exponent = (map[i] - stats.mean) * slope - one;
    const heat = (Math.exp(Math.min(exponent, 700)) - floor) / (1 - floor);
    out[i] = Math.min(heat, MAX_FLOAT32);
  }
  return out;
}
function combineHeat(out, positives, gamma, scratch) {
  if (positives.length === 0) return out.fill(0);
  heatInto(out, positives[0].map, positives[0].stats, gamma);
  for (const { map, stats } of positives.slice(1)) {
    heatInto(scratch, map, stats, gamma);
    for (let i = 0; i < out.length; i++) {
      if (scratch[i] > out[i]) out[i] = scratch[i];
    }
  }
  return out;
}
function combineMasks(out, positives, negatives, settings) {
  const { gamma, threshold, negative_threshold } = settings;
  out.fill(0);
  for (const { map, stats } of positives) {
    markAbove(out, map, cutOf(stats, gamma, threshold), 1);
  }
  if (positives.length === 0) return out;
  for (const { map, stats } of negatives) {
    markAbove(out, map, cutOf(stats, gamma, negative_threshold), 0);
  }
  return out;
}
function denoiseInto(mask, [rows, cols], area, scratch) {
  if (area <= 1) return mask;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1) continue;
    const count2 = collect(mask, rows, cols, start, scratch);
    if (count2 < area) for (let i = 0; i < count2; i++) mask[scratch[i]] = 0;
  }
  for (let i = 0; i < mask.length; i++) if (mask[i] === 2) mask[i] = 1;
  return mask;
}
function countCells(mask) {
  let count2 = 0;
  for (let i = 0; i < mask.length; i++) count2 += mask[i];
  return count2;
}
function markAbove(out, map, cut, value) {
  for (let i = 0; i < map.length; i++) if (map[i] > cut) out[i] = value;
}
function collect(mask, rows, cols, start, list) {
  let count2 = 1;
  list[0] = start;
  mask[start] = 2;
  for (let next = 0; next < count2; next++) {
    const cell = list[next];
    const row = Math.floor(cell / cols);
    const col = cell - row * cols;
    const bottom = Math.min(row + 1, rows - 1);
    const right = Math.min(col + 1, cols - 1);
    for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
      for (let c = Math.max(col - 1, 0); c <= right; c++) {
        const neighbour = r * cols + c;
        if (mask[neighbour] !== 1) continue;
        mask[neighbour] = 2;
        list[count2++] = neighbour;
      }
    }
  }
  return count2;
}
function logScale({ mean, std, low, high, count: count2 }, gamma) {
  const slope = gamma / std;
  return {
    slope,
    zero: logMix(
      slope * (low[0] - mean),
      slope * (low[1] - mean),
      between(0.01, count2)
    ),
    one: logMix(
      slope * (high[0] - mean),
      slope * (high[1] - mean),
      between(0.99, count2)
    )
  };
}
function logMix(low, high, fraction) {
  if (fraction === 0) return low;
  return high + Math.log(fraction + (1 - fraction) * Math.exp(low - high));
}
function between(q, count2) {
  const position = q * (count2 - 1);
  return position - Math.floor(position);
}

// src/segmentation.js
var Segmentation = class {
  /** @type {Map<number, Result>} */
  #results = /* @__PURE__ */ new Map();
  #store;
  #list = new Int32Array(0);
  #heat = new Float32Array(0);
  #scratch = new Float32Array(0);
  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }
  /**
   * @param {number} image
   * @returns {Result}
   */
  of(image) {
    const { version, prompts } = this.#store;
    const result = this.#results.get(image) ?? this.#blank(image);
    if (result.version === version) return result;
    const current = this.#layers(image, prompts);
    if (current) result.prompts = prompts;
    const layers = current ?? (result.prompts && this.#layers(image, result.prompts));
    result.version = version;
    result.complete = current !== null;
    result.marked = !!layers && layers.positives.length > 0;
    result.constant = !!layers?.positives.some(({ stats }) => isConstant(stats));
    this.#fill(result.mask, layers ?? { positives: [], negatives: [] });
    result.count = countCells(result.mask);
    return result;
  }
  /**
   * Heat of one image; valid until the next call.
   *
   * @param {number} image
   */
  heatOf(image) {
    const { prompts } = this.of(image);
    const layers = prompts && this.#layers(image, prompts);
    this.#fit();
    const gamma = this.#store.get("gamma");
    return combineHeat(this.#heat, layers?.positives ?? [], gamma, this.#scratch);
  }
  /**
   * Largest cosine of a cell with a positive click; null without one.
   *
   * @param {number} image
   * @param {number} row
   * @param {number} col
   */
  similarityAt(image, row, col) {
    const { prompts } = this.of(image);
    const layers = prompts && this.#layers(image, prompts);
    if (!layers?.positives.length) return null;
    const cell = row * this.#store.info.grid[1] + col;
    return Math.max(...layers.positives.map(({ map }) => map[cell]));
  }
  /**
   * @param {number} image
   * @returns {Result}
   */
  #blank(image) {
    const [rows, cols] = this.#store.info.grid;
    const result = {
      mask: new Uint8Array(rows * cols),
      count: 0,
      complete: false,
      marked: false,
      constant: false,
      version: -1,
      prompts: null
    };
    this.#results.set(image, result);
    return result;
  }
  /**
   * @param {number} image
   * @param {Prompts} prompts
   * @returns {Layers | null} null if a map is missing
   */
  #layers(image, { numEig, positives, negatives }) {
    const { similarities } = this.#store;
    const find = (prompts) => prompts.map((prompt) => similarities.get(prompt, numEig, image));
    const layers = { positives: find(positives), negatives: find(negatives) };
    const complete = [...layers.positives, ...layers.negatives].every(Boolean);
    return complete ? (
      /** @type {Layers} */
      layers
    ) : null;
  }
  /**
   * @param {Uint8Array} mask
   * @param {Layers} layers
   */
  #fill(mask, { positives, negatives }) {
    const store = this.#store;
    combineMasks(mask, positives, negatives, {
      gamma: store.get("gamma"),
      threshold: store.get("threshold"),
      negative_threshold: store.get("negative_threshold")
    });
    if (!store.get("denoise")) return;
    this.#fit();
    denoiseInto(mask, store.info.grid, store.get("denoise_area_th"), this.#list);
  }
  /** Buffers are shared by all images and made once. */
  #fit() {
    const [rows, cols] = this.#store.info.grid;
    if (this.#list.length === rows * cols) return;
    this.#list = new Int32Array(rows * cols);
    this.#heat = new Float32Array(rows * cols);
    this.#scratch = new Float32Array(rows * cols);
  }
};

// src/prompts.js
var CLICK_STEPS = 100;
function cellOf(x, y, [height, width], [rows, cols]) {
  return [
    Math.min(Math.floor(y * rows / height), rows - 1),
    Math.min(Math.floor(x * cols / width), cols - 1)
  ];
}
function promptOf([image, x, y], size, grid) {
  return [image, ...cellOf(x, y, size, grid)];
}
function centreOf(row, col, [height, width], [rows, cols]) {
  return [(col + 0.5) * width / cols, (row + 0.5) * height / rows];
}
function wholeImage([height, width]) {
  return { x: 0, y: 0, width, height };
}
function pixelAt(clientX, clientY, box, view, [height, width]) {
  const x = view.x + (clientX - box.left) / box.width * view.width;
  const y = view.y + (clientY - box.top) / box.height * view.height;
  const inside = x >= 0 && y >= 0 && x < width && y < height;
  return inside ? [roundDown(x), roundDown(y)] : null;
}
function placeOf(x, y, view) {
  return [(x - view.x) / view.width, (y - view.y) / view.height];
}
function viewIn(view, [height, width], [rows, cols]) {
  const across = cols / width;
  const down = rows / height;
  return {
    x: view.x * across,
    y: view.y * down,
    width: view.width * across,
    height: view.height * down
  };
}
function roundDown(value) {
  return Math.floor(value * CLICK_STEPS) / CLICK_STEPS;
}

// src/clicks.js
var Clicks = class {
  /** @type {Click[]} */
  #told;
  /** @type {History} */
  #history;
  /** @type {Edit[]} */
  #sent = [];
  /** @type {Edit[]} */
  #waiting = [];
  /** @type {{ clicks: ShownClick[], history: History } | null} */
  #expected = null;
  /**
   * @param {Click[]} clicks
   * @param {History} history
   */
  constructor(clicks, history) {
    this.#told = clicks;
    this.#history = history;
  }
  /** As the kernel last told, by trait or by reply. */
  get told() {
    return this.#told;
  }
  /** What they will be, and what can be undone and redone then. */
  get expected() {
    this.#expected ??= this.#preview();
    return this.#expected;
  }
  get editing() {
    return this.#sent.length > 0 || this.waiting;
  }
  get waiting() {
    return this.#waiting.length > 0;
  }
  /** @param {{ clicks?: Click[], history?: History }} news from the kernel */
  tell({ clicks = this.#told, history = this.#history }) {
    this.#told = clicks;
    this.#history = history;
    this.#expected = null;
  }
  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
    this.#expected = null;
  }
  /** The waiting edits, which from now on count as sent. */
  take() {
    this.#sent = this.#waiting;
    this.#waiting = [];
    return this.#sent;
  }
  /** The kernel has answered for the sent edits. */
  settle() {
    this.#sent = [];
    this.#expected = null;
  }
  drop() {
    this.#waiting = [];
    this.settle();
  }
  /**
   * What the clicks will be once the kernel has taken every edit, as far as the page
   * can know: undo and redo beyond the edits at hand need the kernel's history.
   */
  #preview() {
    let shown = this.#told.map((click) => ({ click, pending: false }));
    let [canUndo, canRedo] = this.#history;
    const past = [];
    const future = [];
    for (const edit of this.#untold()) {
      if (edit.op !== "undo" && edit.op !== "redo") {
        past.push(shown);
        shown = edit.op === "click" ? [...shown, pendingClick(edit.click)] : [];
        future.length = 0;
        [canUndo, canRedo] = [true, false];
        continue;
      }
      const [from, to] = edit.op === "undo" ? [past, future] : [future, past];
      const known = from.pop();
      if (known) {
        to.push(shown);
        shown = known;
      }
      if (edit.op === "undo") canRedo = true;
      else canUndo = true;
    }
    const expected = [canUndo, canRedo];
    return { clicks: shown, history: expected };
  }
  /**
   * The edits that do not show in the clicks yet. A click that was sent may, since the
   * trait can arrive before the reply.
   */
  #untold() {
    const sent = this.#sent.filter(
      (edit) => edit.op !== "click" || !this.#told.some((click) => isSame(click, edit.click))
    );
    return [...sent, ...this.#waiting];
  }
};
function promptsOf(clicks, numEig, { sizes, grid }) {
  const cells = (label) => uniqueCells(
    clicks.filter((click) => click[3] === label).map((click) => promptOf(click, sizes[click[0]], grid))
  );
  return { numEig, positives: cells(1), negatives: cells(0) };
}
function uniqueCells(prompts) {
  return [...new Map(prompts.map((prompt) => [prompt.join(), prompt])).values()];
}
function pendingClick(click) {
  return { click, pending: true };
}
function isSame(a, b) {
  return a.every((value, i) => value === b[i]);
}

// src/cache.js
var Cache = class {
  /** @type {Map<string, Value>} */
  #entries = /* @__PURE__ */ new Map();
  #release;
  /**
   * @param {number} limit entries to keep
   * @param {(value: Value) => void} [release] called with what is dropped
   */
  constructor(limit, release = () => {
  }) {
    this.limit = limit;
    this.#release = release;
  }
  get size() {
    return this.#entries.size;
  }
  /** @param {string} key */
  has(key) {
    return this.#entries.has(key);
  }
  /**
   * @param {string} key
   * @returns {Value | undefined}
   */
  get(key) {
    const value = this.#entries.get(key);
    if (value !== void 0) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }
  /**
   * @param {string} key
   * @param {Value} value
   */
  set(key, value) {
    this.#drop(key);
    this.#entries.set(key, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.limit) break;
      this.#drop(oldest);
    }
  }
  clear() {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }
  /** @param {string} key */
  #drop(key) {
    const value = this.#entries.get(key);
    if (value === void 0) return;
    this.#entries.delete(key);
    this.#release(value);
  }
};

// src/wire.js
function mapKey(numEig, prompt, image) {
  return `${numEig}:${prompt.join(",")}:${image}`;
}
function decodeMaps(entries, buffers, [rows, cols]) {
  const cells = rows * cols;
  return entries.flatMap(({ prompt, images, stats }, k) => {
    const bytes = bytesOf(buffers[k], `the maps of prompt ${prompt}`);
    if (bytes.byteLength !== 4 * cells * images.length) {
      throw new Error(
        `The maps of prompt ${prompt} must be ${4 * cells * images.length} bytes (${images.length} x ${rows} x ${cols} float32), got ${bytes.byteLength}.`
      );
    }
    return images.map((image, i) => {
      const map = new Float32Array(cells);
      new Uint8Array(map.buffer).set(
        bytes.subarray(4 * cells * i, 4 * cells * (i + 1))
      );
      return { prompt, image, map, stats };
    });
  });
}
function decodePictures(entries, buffers) {
  return entries.map(({ image, mime }, k) => {
    const bytes = bytesOf(buffers[k], `the picture of image ${image}`);
    return { image, file: new Blob([bytes.slice()], { type: mime }) };
  });
}
function bytesOf(buffer, what) {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  throw new Error(`The reply lacks the buffer of ${what}.`);
}

// src/pictures.js
var PICTURE_KINDS = ["stage", "eigvecs", "thumb"];
var CACHED = { stage: 6, eigvecs: 64, thumb: 400 };
var Pictures = class {
  /** Grows with every picture that arrives. */
  version = 0;
  /** @type {Map<string, Cache<Entry>>} */
  #caches = new Map(
    PICTURE_KINDS.map((kind) => [
      kind,
      new Cache(CACHED[kind], ({ picture }) => picture.close())
    ])
  );
  /** @type {Set<string>} */
  #decoding = /* @__PURE__ */ new Set();
  /** @type {Set<string>} What kernel or browser could not deliver. */
  #refused = /* @__PURE__ */ new Set();
  #closed = false;
  #decode;
  #hasImages;
  /** Version of the eigenvectors' colours that the kernel has now. */
  #colors;
  /**
   * @param {Decoder} decode
   * @param {boolean} hasImages or else the eigenvectors' colours stand in for them
   * @param {number} colors
   */
  constructor(decode, hasImages, colors) {
    this.#decode = decode;
    this.#hasImages = hasImages;
    this.#colors = colors;
  }
  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    this.#colors = Math.max(this.#colors, colors);
  }
  /**
   * Whether a picture shows colours that are no longer those of the eigenvectors.
   *
   * @param {PictureKind} kind
   * @param {number} colors version it was made with
   */
  isStale(kind, colors) {
    return this.#isColored(kind) && colors < this.#colors;
  }
  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  get(kind, image) {
    return this.#cache(kind).get(String(image))?.picture;
  }
  /**
   * @param {PictureKind} kind
   * @param {number} image
   */
  isRefused(kind, image) {
    return this.#refused.has(this.#key(kind, image));
  }
  /**
   * The images whose picture has to be fetched.
   *
   * @param {PictureKind} kind
   * @param {number[]} images
   */
  missing(kind, images) {
    return images.filter((image) => {
      const entry = this.#cache(kind).get(String(image));
      return (!entry || this.isStale(kind, entry.colors)) && !this.#decoding.has(this.#key(kind, image)) && !this.isRefused(kind, image);
    });
  }
  /**
   * @param {PictureKind} kind
   * @param {number} colors version they were made with, not stale
   * @param {PictureEntry[]} entries
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @returns {Promise<void>} rejects, with a sentence, if one cannot be decoded
   */
  async accept(kind, colors, entries, buffers) {
    this.recolor(colors);
    await Promise.all(
      decodePictures(entries, buffers).map(
        ({ image, file }) => this.#accept(kind, colors, image, file)
      )
    );
  }
  /**
   * Ask for these no more, unless they have arrived.
   *
   * @param {PictureKind} kind
   * @param {number[]} images
   */
  refuse(kind, images) {
    for (const image of this.missing(kind, images))
      this.#refused.add(this.#key(kind, image));
  }
  close() {
    this.#closed = true;
    for (const cache of this.#caches.values()) cache.clear();
  }
  /**
   * @param {PictureKind} kind
   * @param {number} colors
   * @param {number} image
   * @param {Blob} file
   */
  async #accept(kind, colors, image, file) {
    const key = this.#key(kind, image);
    this.#decoding.add(key);
    try {
      const picture = await this.#decode(file);
      if (this.#closed || this.isStale(kind, colors)) return picture.close();
      this.#cache(kind).set(String(image), { picture, colors });
      this.version++;
    } catch {
      this.#refused.add(key);
      if (this.isStale(kind, colors)) return;
      throw new Error(`The browser cannot decode the picture of image ${image}.`);
    } finally {
      this.#decoding.delete(key);
    }
  }
  /**
   * What is being decoded or was refused in other colours says nothing of these.
   *
   * @param {PictureKind} kind
   * @param {number} image
   */
  #key(kind, image) {
    return `${kind} ${image} ${this.#isColored(kind) ? this.#colors : ""}`;
  }
  /** @param {PictureKind} kind */
  #isColored(kind) {
    return kind === "eigvecs" || !this.#hasImages;
  }
  /** @param {PictureKind} kind */
  #cache(kind) {
    return (
      /** @type {Cache<Entry>} */
      this.#caches.get(kind)
    );
  }
};

// src/fetcher.js
var PICTURES_PER_REQUEST = 12;
var Fetcher = class {
  #model;
  #clicks;
  #similarities;
  #pictures;
  #requests;
  /** @type {Map<object, number[]>} Images that each view shows. */
  #shown = /* @__PURE__ */ new Map();
  /**
   * @param {Model} model
   * @param {Clicks} clicks
   * @param {Similarities} similarities
   * @param {Pictures} pictures
   * @param {Requests} requests
   */
  constructor(model, clicks, similarities, pictures, requests) {
    this.#model = model;
    this.#clicks = clicks;
    this.#similarities = similarities;
    this.#pictures = pictures;
    this.#requests = requests;
  }
  /** Images that some view shows, the active one first. */
  get shownImages() {
    if (this.#shown.size === 0) return [];
    const active = this.#model.get("active_image");
    return [.../* @__PURE__ */ new Set([active, ...[...this.#shown.values()].flat()])];
  }
  /**
   * @param {object} view
   * @param {number[]} images
   */
  show(view, images) {
    this.#shown.set(view, images);
  }
  /** @param {object} view */
  forget(view) {
    this.#shown.delete(view);
  }
  /** Send the waiting edits, and ask for what is missing. */
  fetch() {
    const images = this.shownImages;
    if (this.#clicks.waiting && !this.#requests.isOpen("edit")) {
      this.#requests.open("edit", { type: "edit", edits: this.#clicks.take(), images });
    }
    if (!this.#requests.isOpen("maps")) this.#fetchMaps(images);
    for (const kind of PICTURE_KINDS) {
      if (!this.#requests.isOpen(kind)) this.#fetchPictures(kind, images);
    }
  }
  /**
   * Maps that are still to come for the clicks that the kernel knows; an edit brings
   * its own.
   *
   * @param {number[]} images
   * @returns {MapWant[]}
   */
  missingMaps(images) {
    const info = this.#model.get("_info");
    const prompts = promptsOf(this.#clicks.told, this.#model.get("num_eig"), info);
    return this.#similarities.missing(prompts, images, info.grid);
  }
  /** @param {number[]} images */
  #fetchMaps(images) {
    const { grid } = this.#model.get("_info");
    this.#similarities.reserve(this.#clicks.told.length, images.length, grid);
    const wants = this.missingMaps(images);
    if (wants.length === 0) return;
    const numEig = this.#model.get("num_eig");
    const maps = wants.flatMap(
      ({ prompt, images: images2 }) => images2.map((image) => mapKey(numEig, prompt, image))
    );
    this.#requests.open("maps", { type: "maps", num_eig: numEig, wants }, { maps });
  }
  /**
   * @param {PictureKind} kind
   * @param {number[]} shown
   */
  #fetchPictures(kind, shown) {
    const active = shown.slice(0, 1);
    const wanted = {
      stage: active,
      eigvecs: this.#model.get("layer") === "eigvecs" ? active : [],
      thumb: this.#model.get("_info").sizes.length > 1 ? shown : []
    }[kind];
    const images = this.#pictures.missing(kind, wanted).slice(0, PICTURES_PER_REQUEST);
    if (images.length === 0) return;
    this.#requests.open(kind, { type: "pictures", kind, images }, { images });
  }
};

// src/requests.js
var SLOW_AFTER_MS = 3e3;
var Requests = class {
  /** @type {Map<RequestKind, Request>} */
  #open = /* @__PURE__ */ new Map();
  #count = 0;
  // crypto.randomUUID exists on secure origins only, and many hubs are plain http.
  #page = Math.random().toString(36).slice(2);
  #send;
  #onSlow;
  /**
   * @param {(content: object) => void} send
   * @param {() => void} onSlow
   */
  constructor(send, onSlow) {
    this.#send = send;
    this.#onSlow = onSlow;
  }
  /** Whether the kernel lets a request wait for long. */
  get slow() {
    return [...this.#open.values()].some((request) => request.slow);
  }
  /** @param {RequestKind} kind */
  isOpen(kind) {
    return this.#open.has(kind);
  }
  /**
   * @param {RequestKind} kind
   * @param {object} content
   * @param {{ maps?: string[], images?: number[] }} [asked] what the reply should bring
   */
  open(kind, content, asked = {}) {
    const id = `${this.#page}-${++this.#count}`;
    const timer = setTimeout(() => {
      const request = this.#open.get(kind);
      if (request?.id === id) request.slow = true;
      this.#onSlow();
    }, SLOW_AFTER_MS);
    this.#open.set(kind, { ...asked, id, kind, slow: false, timer });
    this.#send({ ...content, id });
  }
  /**
   * @param {string | null} id of a reply
   * @returns {Request | undefined} what it answers; undefined for another page's
   */
  settle(id) {
    const request = [...this.#open.values()].find((open) => open.id === id);
    if (request) {
      clearTimeout(request.timer);
      this.#open.delete(request.kind);
    }
    return request;
  }
  drop() {
    for (const request of this.#open.values()) clearTimeout(request.timer);
    this.#open.clear();
  }
};

// src/settings.js
var MASK_SETTINGS = [
  "threshold",
  "gamma",
  "negative_threshold",
  "denoise",
  "denoise_area_th",
  "num_eig"
];
var VIEW_SETTINGS = ["active_image", "layer", "opacity"];
var Settings = class {
  #model;
  #onSettled;
  #saves = 0;
  #saved = 0;
  /** Whether this host tells when the kernel has handled a change. */
  #hostTells = false;
  #initial;
  /**
   * @param {Model} model
   * @param {() => void} onSettled called when the kernel has handled a change
   */
  constructor(model, onSettled) {
    this.#model = model;
    this.#onSettled = onSettled;
    this.#initial = new Map(
      [...MASK_SETTINGS, ...VIEW_SETTINGS].map((name) => [name, model.get(name)])
    );
  }
  /**
   * Whether the kernel has handled every change that can change masks. ipywidgets keeps
   * one message in flight and merges the rest, so a new revision is not yet a sign.
   */
  get settled() {
    return this.#saved === this.#saves;
  }
  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (MASK_SETTINGS.includes(name)) this.#saves++;
    const save = this.#saves;
    const onStatus = (status) => {
      this.#hostTells = true;
      if (status !== "idle" || save <= this.#saved) return;
      this.#saved = save;
      this.#onSettled();
    };
    this.#model.set(name, value);
    this.#model.save_changes(callbacksWithStatus(this.#model, onStatus));
  }
  /** A new revision has come: the best sign there is in a host that does not tell. */
  takeRevision() {
    if (!this.#hostTells) this.#saved = this.#saves;
  }
  /**
   * What a setting is reset to: the kernel's default where it tells, else the value
   * that the page began with.
   *
   * @param {string} name
   */
  initial(name) {
    return this.#model.get("_info").defaults?.[name] ?? this.#initial.get(name);
  }
};
function callbacksWithStatus(model, onStatus) {
  const callbacks = model.widget_manager?.callbacks?.() ?? {};
  return {
    ...callbacks,
    iopub: {
      ...callbacks.iopub,
      status: (message) => onStatus(message.content.execution_state)
    }
  };
}

// src/similarities.js
var CACHE_BYTES = 64e6;
var REPLY_BYTES = 1e6;
var Similarities = class {
  /** @type {Cache<Similarity>} */
  #cache = new Cache(0);
  /** @type {Set<string>} What the kernel could not deliver. */
  #refused = /* @__PURE__ */ new Set();
  /**
   * @param {Prompt} prompt
   * @param {number} numEig
   * @param {number} image
   */
  get(prompt, numEig, image) {
    return this.#cache.get(mapKey(numEig, prompt, image));
  }
  /**
   * @param {Edited | MapReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @param {Size} grid
   */
  accept(content, buffers, grid) {
    for (const { prompt, image, map, stats } of decodeMaps(
      content.maps,
      buffers,
      grid
    )) {
      this.#cache.set(mapKey(content.num_eig, prompt, image), { map, stats });
    }
  }
  /**
   * Keep room for the maps of so many clicks on so many images, and for some more, so
   * that what is fetched never pushes out what is shown.
   *
   * @param {number} clicks
   * @param {number} images
   * @param {Size} grid
   */
  reserve(clicks, images, grid) {
    const cached = Math.floor(CACHE_BYTES / (4 * grid[0] * grid[1]));
    this.#cache.limit = Math.max(cached, 2 * clicks * images);
  }
  /**
   * What to ask the kernel for: the first image's maps alone, then the others'.
   *
   * @param {Prompts} prompts
   * @param {number[]} images the active one first
   * @param {Size} grid
   * @returns {MapWant[]}
   */
  missing(prompts, images, grid) {
    const mapBytes = 4 * grid[0] * grid[1];
    const needed = images.length * (prompts.positives.length + prompts.negatives.length);
    this.#cache.limit = Math.max(Math.floor(CACHE_BYTES / mapBytes), 2 * needed);
    const first = this.#missing(prompts, images.slice(0, 1), 1 + needed);
    if (first.length) return first;
    const room = Math.max(Math.floor(REPLY_BYTES / mapBytes), 1);
    return this.#missing(prompts, images.slice(1), room);
  }
  /**
   * Ask for these no more, unless they have arrived, until `retry`.
   *
   * @param {string[]} keys
   */
  refuse(keys) {
    for (const key of keys) if (!this.#cache.has(key)) this.#refused.add(key);
  }
  retry() {
    this.#refused.clear();
  }
  close() {
    this.#cache.clear();
  }
  /**
   * @param {Prompts} prompts
   * @param {number[]} images
   * @param {number} room at most this many maps
   * @returns {MapWant[]}
   */
  #missing({ numEig, positives, negatives }, images, room) {
    const wants = [];
    for (const prompt of uniqueCells([...positives, ...negatives])) {
      const lacking = images.filter((image) => {
        const key = mapKey(numEig, prompt, image);
        return !this.#cache.has(key) && !this.#refused.has(key);
      });
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push({ prompt, images: asked });
    }
    return wants;
  }
};

// src/store.js
var Store = class {
  /** Grows with everything that can change a mask. */
  version = 0;
  /** Whether the kernel that the model belongs to is gone. */
  lost = false;
  /** @type {string | null} */
  error = null;
  pictures;
  similarities = new Similarities();
  #model;
  #signal;
  #settings;
  #clicks;
  #requests;
  #fetcher;
  /** @type {Set<() => void>} */
  #listeners = /* @__PURE__ */ new Set();
  /** @type {RequestKind | null} */
  #errorKind = null;
  /** Of the last reply to an edit; the traits may lag behind it. */
  #editedRevision = 0;
  /** @type {Prompts & { version: number } | null} */
  #prompts = null;
  /**
   * @param {Model} model
   * @param {AbortSignal} signal ends with the model
   * @param {Decoder} [decode]
   */
  constructor(model, signal, decode = (file) => createImageBitmap(file)) {
    this.#model = model;
    this.#signal = signal;
    this.#settings = new Settings(model, () => this.#notify());
    this.#clicks = new Clicks(model.get("clicks"), model.get("_history"));
    this.pictures = new Pictures(decode, this.info.has_images, model.get("_colors"));
    this.#requests = new Requests(
      (content) => this.#send(content),
      () => this.#notify()
    );
    this.#fetcher = new Fetcher(
      model,
      this.#clicks,
      this.similarities,
      this.pictures,
      this.#requests
    );
    this.#listen();
    signal.addEventListener("abort", () => this.#close());
  }
  /** @returns {Info} */
  get info() {
    return this.#model.get("_info");
  }
  get imageCount() {
    return this.info.sizes.length;
  }
  /** @returns {number} */
  get activeImage() {
    return this.#model.get("active_image");
  }
  /** The clicks as they will be after the edits on their way. */
  get clicks() {
    return this.#clicks.expected.clicks;
  }
  get history() {
    return this.#clicks.expected.history;
  }
  /** Whether edits are on their way to the kernel. */
  get editing() {
    return this.#clicks.editing;
  }
  /** Cells of the clicks that the masks are to be made of. */
  get prompts() {
    if (this.#prompts?.version !== this.version) {
      const clicks = this.clicks.map(({ click }) => click);
      const prompts = promptsOf(clicks, this.get("num_eig"), this.info);
      this.#prompts = { ...prompts, version: this.version };
    }
    return this.#prompts;
  }
  /** Whether the kernel lets us wait: it runs a cell, or it is gone. */
  get slow() {
    return this.#requests.slow;
  }
  /** @returns {"idle" | "pending" | "error"} */
  get state() {
    if (this.lost) return "error";
    const missing = this.#fetcher.missingMaps([this.activeImage]);
    if (this.#clicks.editing || missing.length > 0) return "pending";
    return this.error ? "error" : "idle";
  }
  /**
   * The kernel's revision that the page's clicks and settings are those of, or null
   * while the two sides are still settling.
   *
   * @returns {number | null}
   */
  get revision() {
    const revision = this.#model.get("_revision");
    const settled = !this.lost && !this.#clicks.editing && this.#settings.settled && this.#editedRevision <= revision;
    return settled ? revision : null;
  }
  /** Images that some view shows, the active one first. */
  get shownImages() {
    return this.#fetcher.shownImages;
  }
  /**
   * @param {string} name of a setting
   * @returns {any}
   */
  get(name) {
    return this.#model.get(name);
  }
  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (this.get(name) === value) return;
    this.#clearError();
    this.#settings.set(name, value);
  }
  /** @param {string} name of a setting */
  reset(name) {
    this.set(name, this.#settings.initial(name));
  }
  /** @param {Edit} edit */
  edit(edit) {
    if (this.lost) return;
    this.#clicks.push(edit);
    this.#change();
  }
  /**
   * Tell which images a view shows; what they lack is fetched.
   *
   * @param {object} view
   * @param {number[]} images
   */
  show(view, images) {
    this.#fetcher.show(view, images);
    this.#fetch();
  }
  /**
   * @param {object} view
   * @param {() => void} listener called after every change
   * @param {AbortSignal} signal ends with the view
   */
  attach(view, listener, signal) {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => {
      this.#listeners.delete(listener);
      this.#fetcher.forget(view);
    });
  }
  #listen() {
    const retry = () => this.#retry();
    const refresh = () => this.#refresh();
    const handlers = {
      "change:clicks": () => {
        this.#clicks.tell({ clicks: this.get("clicks") });
        this.#retry();
      },
      "change:_history": () => {
        this.#clicks.tell({ history: this.get("_history") });
        this.#refresh();
      },
      "change:_revision": () => {
        this.#settings.takeRevision();
        this.#notify();
      },
      "change:_segments": () => this.#notify(),
      "change:_colors": () => {
        this.pictures.recolor(this.get("_colors"));
        this.#refresh();
      },
      "msg:custom": (content, buffers) => this.#receive(content, buffers ?? []),
      // What ipywidgets tells when the kernel restarts.
      comm_live_update: () => this.#disconnect()
    };
    for (const name of MASK_SETTINGS) handlers[`change:${name}`] = retry;
    for (const name of VIEW_SETTINGS) handlers[`change:${name}`] = refresh;
    for (const [name, handler] of Object.entries(handlers))
      this.#model.on(name, handler);
    this.#signal.addEventListener("abort", () => {
      for (const [name, handler] of Object.entries(handlers)) {
        this.#model.off(name, handler);
      }
    });
  }
  /**
   * @param {Message} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   */
  #receive(content, buffers) {
    const request = this.#requests.settle(content.id);
    this.lost = false;
    try {
      this.#take(content, buffers, request);
    } catch (error) {
      this.#fail(
        /** @type {Error} */
        error.message,
        request?.kind ?? null
      );
    }
    this.similarities.refuse(request?.maps ?? []);
    this.#change();
  }
  /**
   * @param {Message} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @param {Request | undefined} request that this answers, if it is ours
   */
  #take(content, buffers, request) {
    switch (content.type) {
      case "edited":
        if (request) this.#takeEdited(content);
        this.similarities.accept(content, buffers, this.info.grid);
        break;
      case "maps":
        this.similarities.accept(content, buffers, this.info.grid);
        if (request) this.#clearError("maps");
        break;
      case "pictures":
        if (request) this.#takePictures(content, buffers, request.images ?? []);
        break;
      case "error":
        if (request || content.id === null) this.#takeError(content, request);
    }
  }
  /** @param {Edited} content */
  #takeEdited({ clicks, history, revision, error }) {
    this.#clicks.settle();
    this.#clicks.tell({ clicks, history });
    this.#editedRevision = revision;
    this.similarities.retry();
    if (error) this.#fail(error, "edit");
    else this.#clearError();
  }
  /**
   * @param {PictureReply} content
   * @param {(DataView | ArrayBuffer)[]} buffers
   * @param {number[]} asked
   */
  #takePictures({ kind, colors, pictures }, buffers, asked) {
    this.#clearError(kind);
    if (this.pictures.isStale(kind, colors)) return;
    this.pictures.accept(kind, colors, pictures, buffers).catch((error) => this.#fail(error.message, kind)).finally(() => this.#notify());
    this.pictures.refuse(kind, asked);
  }
  /**
   * @param {Failure} content
   * @param {Request | undefined} request
   */
  #takeError({ message }, request) {
    if (request?.kind === "edit") this.#clicks.settle();
    const kind = PICTURE_KINDS.find((kind2) => kind2 === request?.kind);
    if (kind) this.pictures.refuse(kind, request?.images ?? []);
    this.#fail(message, request?.kind ?? null);
  }
  #fetch() {
    if (!this.lost && !this.#signal.aborted) this.#fetcher.fetch();
  }
  /** @param {object} content */
  #send(content) {
    try {
      this.#model.send(content);
    } catch {
      this.#disconnect();
    }
  }
  /** Give up what is under way. Should the kernel still be there, its answer revives. */
  #disconnect() {
    if (this.lost) return;
    this.lost = true;
    this.#requests.drop();
    this.#clicks.drop();
    const question = { type: "maps", num_eig: this.get("num_eig"), wants: [] };
    this.#requests.open("maps", question);
    this.#change();
  }
  /**
   * @param {string} message
   * @param {RequestKind | null} kind of request that failed
   */
  #fail(message, kind) {
    this.error = message;
    this.#errorKind = kind;
  }
  /** @param {RequestKind} [kind] clear only what a request of this kind left */
  #clearError(kind) {
    if (kind && kind !== this.#errorKind) return;
    this.error = null;
    this.#errorKind = null;
  }
  #retry() {
    this.similarities.retry();
    this.#change();
  }
  #change() {
    this.version++;
    this.#refresh();
  }
  #refresh() {
    this.#fetch();
    this.#notify();
  }
  #notify() {
    for (const listener of this.#listeners) listener();
  }
  #close() {
    this.#requests.drop();
    this.#listeners.clear();
    this.pictures.close();
    this.similarities.close();
  }
};

// src/dom.js
var SVG = "http://www.w3.org/2000/svg";
function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}
function focusable(tag, attributes = {}, ...children) {
  return html(
    tag,
    { ...attributes, "data-lm-suppress-shortcuts": "true" },
    ...children
  );
}
function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}
function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

// src/icons.js
var PATHS = {
  undo: "M5.5 3 2.5 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13 6H7a4 4 0 0 0 0 8h3",
  commit: "M3 8.5l3.5 3.5L13 4.5",
  clear: "M4 4l8 8M12 4l-8 8"
};
function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] })
  );
}

// src/keys.js
var LAYERS = ["image", "eigvecs", "heatmap"];
var KEYS = [
  ["Ctrl / ⌘ Z", "undo; with Shift: redo"],
  ["Esc", "clear all clicks"],
  ["Enter", "commit: keep the masks as a segment"],
  ["← →", "previous, next image"],
  ["Shift + arrows", "move the crosshair"],
  ["Space", "click at the crosshair; with Shift: negative"],
  ["L", "next layer"],
  ["M", "mask on or off"]
];
var ARROWS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1]
};
function listenToKeys(store, stage, local, changed, signal) {
  const { canvas } = stage;
  canvas.addEventListener(
    "keydown",
    (event) => {
      const act = actionOf(event);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
      changed();
    },
    { signal }
  );
  canvas.addEventListener(
    "blur",
    () => {
      local.crosshair = null;
      changed();
    },
    { signal }
  );
  const actionOf = (event) => {
    const { key, shiftKey, altKey } = event;
    if (event.ctrlKey || event.metaKey) return altKey ? null : historyAction(event);
    if (altKey) return null;
    const arrow = ARROWS[key];
    if (arrow && shiftKey) return () => moveCrosshair(...arrow);
    if (arrow?.[1]) return () => turn(arrow[1]);
    if (key === " ") return () => clickAtCrosshair(shiftKey ? 0 : 1);
    if (key === "Escape" && (clearable() || local.crosshair)) return clear;
    if (key === "Enter" && store.prompts.positives.length) return commit;
    if (key.toLowerCase() === "l") return nextLayer;
    if (key.toLowerCase() === "m") return toggleMask;
    return null;
  };
  const historyAction = ({ key, shiftKey }) => {
    if (key.toLowerCase() === "y") return () => store.edit({ op: "redo" });
    if (key.toLowerCase() !== "z") return null;
    return () => store.edit({ op: shiftKey ? "redo" : "undo" });
  };
  const clearable = () => store.clicks.length > 0 || store.editing;
  const clear = () => {
    if (clearable()) store.edit({ op: "clear" });
    local.crosshair = null;
  };
  const commit = () => store.edit({ op: "commit" });
  const turn = (step) => {
    const image = store.activeImage + step;
    if (image >= 0 && image < store.imageCount) store.set("active_image", image);
    local.crosshair = null;
  };
  const moveCrosshair = (down, right) => {
    const [rows, cols] = store.info.grid;
    const [row, col] = local.crosshair ?? firstCell();
    local.crosshair = [clamp(row + down, rows), clamp(col + right, cols)];
  };
  const firstCell = () => {
    const { grid, sizes } = store.info;
    const last = store.clicks.findLast(({ click }) => click[0] === stage.image)?.click;
    if (!last) return [grid[0] >> 1, grid[1] >> 1];
    return cellOf(last[1], last[2], sizes[stage.image], grid);
  };
  const clickAtCrosshair = (label) => {
    local.crosshair ??= firstCell();
    const { grid, sizes } = store.info;
    const pixel = centreOf(...local.crosshair, sizes[stage.image], grid);
    store.edit({ op: "click", click: [stage.image, ...pixel, label] });
  };
  const nextLayer = () => {
    const place = LAYERS.indexOf(store.get("layer"));
    store.set("layer", LAYERS[(place + 1) % LAYERS.length]);
  };
  const toggleMask = () => {
    local.showMask = !local.showMask;
  };
}
function clamp(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}

// src/controls.js
var SLIDERS = {
  threshold: {
    name: "threshold",
    label: "Threshold",
    title: "How alike a cell must be to belong to the mask. Higher: smaller masks.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2)
  },
  gamma: {
    name: "gamma",
    label: "Gamma",
    title: "Contrast of the similarity. Higher: only what is most alike stays warm.",
    min: 0.1,
    max: () => 10,
    step: 0.1,
    format: (value) => value.toFixed(1)
  },
  negative_threshold: {
    name: "negative_threshold",
    label: "Negative threshold",
    title: "How alike a cell must be to a negative click to be taken away. Higher: less is taken away.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => value.toFixed(2),
    idle: (store) => store.prompts.negatives.length === 0
  },
  denoise_area_th: {
    name: "denoise_area_th",
    label: "Smallest part",
    title: "Connected parts of the mask with fewer cells than this are dropped.",
    min: 0,
    max: ({ info }) => Math.min(info.grid[0] * info.grid[1], 256),
    step: 1,
    format: (value) => `${value} ${value === 1 ? "cell" : "cells"}`,
    idle: (store) => !store.get("denoise")
  },
  num_eig: {
    name: "num_eig",
    label: "Eigenvectors",
    title: "How finely things are told apart. Few: whole scenes. Many: parts of things.",
    min: 1,
    max: ({ info }) => info.num_eig_max,
    step: 1,
    format: (value, { info }) => `${value} of ${info.num_eig_max}`
  },
  opacity: {
    name: "opacity",
    label: "Opacity",
    title: "Of the mask or layer over the image.",
    min: 0,
    max: () => 1,
    step: 0.01,
    format: (value) => `${Math.round(100 * value)} %`
  }
};
var LAYER_NAMES = { image: "Image", eigvecs: "Eigenvectors", heatmap: "Heatmap" };
var BUTTONS = [
  { op: "undo", label: "Undo", title: "Take back the last change of the clicks" },
  { op: "redo", label: "Redo", title: "Bring back what was undone" },
  { op: "clear", label: "Clear", title: "Remove every click; can be undone" },
  {
    op: "commit",
    label: "Commit",
    title: "Keep these masks as a segment, and go on to the next thing (key Enter)"
  }
];
var count = 0;
var Controls = class {
  #store;
  #signal;
  /** @type {(() => void)[]} */
  #painters = [];
  element;
  /**
   * @param {Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.#store = store;
    this.#signal = signal;
    this.element = html(
      "div",
      { class: "ncut-controls" },
      html(
        "div",
        { class: "ncut-buttons" },
        ...BUTTONS.map((spec) => this.#button(spec))
      ),
      this.#group(
        this.#slider(SLIDERS.threshold),
        this.#slider(SLIDERS.gamma),
        this.#slider(SLIDERS.negative_threshold)
      ),
      this.#group(this.#denoise(), this.#slider(SLIDERS.denoise_area_th)),
      this.#group(this.#slider(SLIDERS.num_eig)),
      this.#group(this.#layerChoice(), this.#slider(SLIDERS.opacity))
    );
  }
  paint() {
    for (const paint of this.#painters) paint();
  }
  /** @param {...Node} children */
  #group(...children) {
    return html("div", { class: "ncut-group" }, ...children);
  }
  /** @param {(typeof BUTTONS)[number]} spec */
  #button({ op, label, title }) {
    const store = this.#store;
    const attributes = { type: "button", name: op, class: "ncut-button", title };
    const button = focusable("button", attributes, icon(op), html("span", {}, label));
    button.addEventListener("click", () => store.edit({ op }), {
      signal: this.#signal
    });
    this.#painters.push(() => {
      const [canUndo, canRedo] = store.history;
      const able = {
        undo: canUndo,
        redo: canRedo,
        clear: store.clicks.length > 0,
        commit: store.prompts.positives.length > 0
      };
      button.disabled = !able[op];
    });
    return button;
  }
  #layerChoice() {
    const store = this.#store;
    const id = nextId();
    const select = focusable(
      "select",
      { name: "layer", id, title: "What lies over the image (key L)" },
      ...LAYERS.map((value) => html("option", { value }, LAYER_NAMES[value]))
    );
    const choose = () => store.set("layer", select.value);
    select.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      select.value = store.get("layer");
    });
    return html(
      "div",
      { class: "ncut-row" },
      html("label", { for: id }, "Layer"),
      select
    );
  }
  #denoise() {
    const store = this.#store;
    const box = focusable("input", { type: "checkbox", name: "denoise" });
    const choose = () => store.set("denoise", box.checked);
    box.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      box.checked = store.get("denoise");
    });
    const title = "Drop small parts of the mask";
    return html("label", { class: "ncut-row ncut-check", title }, "Denoise", box);
  }
  /** @param {SliderSpec} spec */
  #slider({ name, label, title, min, max, step, format, idle }) {
    const store = this.#store;
    const id = nextId();
    const range = focusable("input", { type: "range", name, id, min, step, title });
    const output = html("output", { for: id });
    const caption = html("label", { for: id, title: `${title} Double click: reset.` });
    const row = html("div", { class: "ncut-slider" }, caption, output, range);
    caption.append(label);
    const signal = this.#signal;
    range.addEventListener("input", () => store.set(name, range.valueAsNumber), {
      signal
    });
    caption.addEventListener("dblclick", () => store.reset(name), { signal });
    this.#painters.push(() => {
      const value = store.get(name);
      setAttribute(range, "max", String(Math.max(max(store), value)));
      if (range.valueAsNumber !== value) range.value = String(value);
      const text = format(value, store);
      setText(output, text);
      setAttribute(range, "aria-valuetext", text);
      row.classList.toggle("ncut-idle", !!idle?.(store));
    });
    return row;
  }
};
function nextId() {
  return `ncut-${Math.random().toString(36).slice(2)}-${++count}`;
}

// src/colormap.js
var MAGMA = [
  4,
  657442,
  1904967,
  3543147,
  5313148,
  6954113,
  8595073,
  10235519,
  12007289,
  13648239,
  15159907,
  16083804,
  16550241,
  16689010,
  16696456,
  16638627,
  16580031
];
var TABLE = makeTable();
function paintHeat(rgba, heat) {
  const pixels2 = new Uint32Array(rgba.buffer, rgba.byteOffset, heat.length);
  for (let i = 0; i < heat.length; i++) {
    pixels2[i] = TABLE[Math.round(255 * Math.min(Math.max(heat[i], 0), 1))];
  }
}
function makeTable() {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const position = i / 255 * (MAGMA.length - 1);
    const below = Math.min(Math.floor(position), MAGMA.length - 2);
    const channel = (shift) => {
      const a = MAGMA[below] >> shift & 255;
      const b = MAGMA[below + 1] >> shift & 255;
      return Math.round(a + (position - below) * (b - a));
    };
    table[i] = 255 << 24 | channel(0) << 16 | channel(8) << 8 | channel(16);
  }
  return table;
}

// src/layers.js
var CellLayer = class {
  #context;
  #image;
  /** @param {Size} grid */
  constructor([rows, cols]) {
    const canvas = document.createElement("canvas");
    canvas.width = cols;
    canvas.height = rows;
    this.#context = contextOf(canvas);
    this.#image = this.#context.createImageData(cols, rows);
  }
  get canvas() {
    return this.#context.canvas;
  }
  /**
   * @param {Uint8Array} mask
   * @param {string} colour CSS colour
   * @param {0 | 1} [value] paint the cells that hold this
   */
  paintMask(mask, colour, value = 1) {
    const pixel = pixelOf(colour);
    const pixels2 = new Uint32Array(this.#image.data.buffer);
    for (let i = 0; i < mask.length; i++) pixels2[i] = mask[i] === value ? pixel : 0;
    this.#context.putImageData(this.#image, 0, 0);
  }
  /** @param {Float32Array} heat */
  paintHeat(heat) {
    paintHeat(this.#image.data, heat);
    this.#context.putImageData(this.#image, 0, 0);
  }
};
function drawView(context, picture, view, { smooth, opacity = 1 }) {
  const { width, height } = context.canvas;
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture,
    view.x,
    view.y,
    view.width,
    view.height,
    0,
    0,
    width,
    height
  );
  context.globalAlpha = 1;
}
var pixels = /* @__PURE__ */ new Map();
function pixelOf(colour) {
  const known = pixels.get(colour);
  if (known !== void 0) return known;
  const context = contextOf(document.createElement("canvas"));
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [pixel] = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer);
  pixels.set(colour, pixel);
  return pixel;
}
function contextOf(canvas) {
  return (
    /** @type {CanvasRenderingContext2D} */
    canvas.getContext("2d")
  );
}

// src/status.js
var LOST = "The kernel was restarted or shut down. Run this cell again to go on.";
var SLOW = "No answer from the kernel yet: it is busy with a cell, or was restarted (then run this cell again).";
var Status = class {
  #text = html("span");
  #readout = html("span", { class: "ncut-readout" });
  element = html(
    "div",
    {
      class: "ncut-status",
      "data-ncut": "status",
      role: "status",
      "aria-live": "polite"
    },
    this.#text,
    this.#readout
  );
  #store;
  #segmentation;
  /**
   * @param {Store} store
   * @param {Segmentation} segmentation
   */
  constructor(store, segmentation) {
    this.#store = store;
    this.#segmentation = segmentation;
  }
  /** @param {Local} local */
  paint(local) {
    const store = this.#store;
    const alarm = store.lost ? LOST : store.error;
    const text = alarm ?? (store.slow ? SLOW : this.#describe());
    setAttribute(this.element, "data-tone", alarm ? "error" : store.slow ? "wait" : "");
    setText(this.#text, text);
    setText(this.#readout, this.#read(local));
    setAttribute(this.#readout, "aria-hidden", String(!local.crosshair));
  }
  #describe() {
    const { prompts, clicks, imageCount, activeImage } = this.#store;
    const segment = this.#store.get("_segments").at(-1);
    if (clicks.length === 0 && segment) {
      return `Kept as “${segment}” (in Python: segments). Click the next thing.`;
    }
    if (clicks.length === 0) {
      return imageCount > 1 ? `Click something to segment it in all ${imageCount} images.` : "Click something to segment it.";
    }
    if (prompts.positives.length === 0) {
      return "Negative clicks only take away: add a positive one, with a plain click.";
    }
    const result = this.#segmentation.of(activeImage);
    if (!result.marked) return "Waiting for the kernel…";
    if (result.constant && result.count === 0) {
      return "Nothing to tell apart: every cell is as similar to the click as any other.";
    }
    const share = percent(result.count, result.mask.length);
    const cells = `${share} of ${imageCount > 1 ? "this" : "the"} image`;
    return imageCount > 1 ? `${cells} · ${this.#found()}` : cells;
  }
  /** In how many images the thing is found, as far as the page knows. */
  #found() {
    const { shownImages, imageCount } = this.#store;
    const known = shownImages.map((image) => this.#segmentation.of(image)).filter((result) => result.marked);
    const found = known.filter((result) => result.count > 0).length;
    const of = known.length === imageCount ? "images" : "images in view";
    return `found in ${found} of ${known.length} ${of}`;
  }
  /** @param {Local} local */
  #read({ hover, crosshair }) {
    const { grid, sizes } = this.#store.info;
    const image = this.#store.activeImage;
    const cell = crosshair ?? (hover && cellOf(...hover, sizes[image], grid));
    if (!cell) return "";
    const similarity = this.#segmentation.similarityAt(image, ...cell);
    if (similarity !== null) return `similarity ${twoDigits(similarity)}`;
    return crosshair ? `row ${cell[0]}, column ${cell[1]}` : "";
  }
};
function twoDigits(value) {
  return value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");
}
function percent(part, whole) {
  return `${(100 * part / whole).toFixed(1)} %`;
}

// src/thumb.js
var HEIGHT = 72;
var NARROWEST = 40;
var WIDEST = 144;
var Thumb = class {
  #coverage = html("span", { class: "ncut-coverage" });
  /** @type {HTMLCanvasElement | null} Made when the thumb comes into view. */
  #canvas = null;
  /** @type {unknown[]} What the canvas shows. */
  #painted = [];
  #aspect;
  #index;
  element;
  /**
   * @param {number} index
   * @param {number} aspect width / height
   */
  constructor(index, aspect) {
    this.#index = index;
    this.#aspect = aspect;
    this.element = focusable(
      "button",
      {
        type: "button",
        class: "ncut-thumb",
        "data-ncut": "thumb",
        "data-index": index,
        "aria-current": "false",
        "aria-label": `Image ${index + 1}`,
        tabindex: -1
      },
      html("span", { class: "ncut-number" }, String(index + 1)),
      this.#coverage
    );
    const width = Math.min(Math.max(HEIGHT * aspect, NARROWEST), WIDEST);
    this.element.style.width = `${Math.round(width)}px`;
  }
  /**
   * Whether this is not what the thumb shows; from now on it counts as shown.
   *
   * @param {unknown[]} state
   */
  differs(state) {
    const differs = state.some((value, i) => value !== this.#painted[i]);
    this.#painted = state;
    return differs;
  }
  /** @param {string} coverage of the mask; empty without one */
  describe(coverage) {
    setText(this.#coverage, coverage);
    const label = `Image ${this.#index + 1}${coverage && `, ${coverage} covered`}`;
    setAttribute(this.element, "aria-label", label);
  }
  /** @param {Picture} picture */
  paint(picture) {
    const context = this.#fit();
    const whole = wholeImage([picture.height, picture.width]);
    drawView(context, picture, whole, { smooth: true });
    return context;
  }
  /** @param {boolean} waiting for the picture */
  wait(waiting) {
    this.element.classList.toggle("ncut-loading", waiting);
  }
  /** Out of view, a thumb holds no pixels and moves nothing. */
  release() {
    this.wait(false);
    this.#canvas?.remove();
    this.#canvas = null;
    this.#painted = [];
  }
  #fit() {
    if (!this.#canvas) {
      this.#canvas = html("canvas", { "aria-hidden": "true" });
      this.element.prepend(this.#canvas);
    }
    const height = Math.round(HEIGHT * devicePixelRatio);
    this.#canvas.height = height;
    this.#canvas.width = Math.max(Math.round(height * this.#aspect), 1);
    return contextOf(this.#canvas);
  }
};

// src/filmstrip.js
var TINT = 0.6;
var DIMMED = 0.4;
var MARGIN = "0px 200px";
var Filmstrip = class {
  element = html("div", {
    class: "ncut-filmstrip",
    role: "toolbar",
    "aria-label": "Images"
  });
  /** @type {Set<number>} */
  visible = /* @__PURE__ */ new Set();
  #store;
  #segmentation;
  /** @type {Thumb[]} */
  #thumbs = [];
  #active = -1;
  #cells;
  /**
   * @param {Store} store
   * @param {Segmentation} segmentation
   */
  constructor(store, segmentation) {
    this.#store = store;
    this.#segmentation = segmentation;
    this.#cells = new CellLayer(store.info.grid);
    if (store.imageCount === 1) this.element.hidden = true;
    else
      this.#thumbs = store.info.sizes.map((size, i) => new Thumb(i, size[1] / size[0]));
    this.element.append(...this.#thumbs.map((thumb) => thumb.element));
  }
  /**
   * @param {() => void} changed called when other images have come into view
   * @param {AbortSignal} signal
   */
  listen(changed, signal) {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const image = indexOf(target);
          if (isIntersecting) this.visible.add(image);
          else this.visible.delete(image);
          if (!isIntersecting) this.#thumbs[image].release();
        }
        changed();
      },
      { root: this.element, rootMargin: MARGIN }
    );
    for (const { element } of this.#thumbs) observer.observe(element);
    signal.addEventListener("abort", () => observer.disconnect());
    this.element.addEventListener("click", (event) => this.#choose(event), { signal });
    this.element.addEventListener("keydown", (event) => this.#step(event), { signal });
  }
  paint() {
    if (this.#active !== this.#store.activeImage) this.#turnTo(this.#store.activeImage);
    const colour = getComputedStyle(this.element).getPropertyValue("--ncut-mask");
    const { pictures, info } = this.#store;
    for (const image of this.visible) {
      const thumb = this.#thumbs[image];
      const result = this.#segmentation.of(image);
      const { marked } = result;
      const picture = pictures.get("thumb", image);
      thumb.wait(!picture && !pictures.isRefused("thumb", image));
      const state = [picture, marked && result.version, colour, devicePixelRatio];
      if (!thumb.differs(state)) continue;
      thumb.describe(marked ? percent(result.count, result.mask.length) : "");
      if (!picture) continue;
      const context = thumb.paint(picture);
      if (!marked) continue;
      const cells = wholeImage(info.grid);
      this.#cells.paintMask(result.mask, colour);
      drawView(context, this.#cells.canvas, cells, { smooth: false, opacity: TINT });
      this.#cells.paintMask(result.mask, "#000", 0);
      drawView(context, this.#cells.canvas, cells, { smooth: false, opacity: DIMMED });
    }
  }
  /** @param {number} image */
  #turnTo(image) {
    for (const index of [this.#active, image]) {
      const element = this.#thumbs[index]?.element;
      if (!element) continue;
      setAttribute(element, "aria-current", String(index === image));
      element.tabIndex = index === image ? 0 : -1;
    }
    this.#active = image;
    this.#reveal(this.#thumbs[image]?.element);
  }
  /**
   * Scroll the strip, and never the notebook, as scrollIntoView would.
   *
   * @param {HTMLElement | undefined} element
   */
  #reveal(element) {
    if (!element) return;
    const strip = this.element.getBoundingClientRect();
    const thumb = element.getBoundingClientRect();
    const over = Math.max(thumb.right - strip.right, 0);
    this.element.scrollLeft += over || Math.min(thumb.left - strip.left, 0);
  }
  /** @param {MouseEvent} event */
  #choose({ target }) {
    const thumb = (
      /** @type {Element} */
      target.closest("[data-ncut=thumb]")
    );
    if (thumb) this.#store.set("active_image", indexOf(thumb));
  }
  /** @param {KeyboardEvent} event */
  #step(event) {
    const last = this.#thumbs.length - 1;
    const image = {
      ArrowLeft: Math.max(this.#active - 1, 0),
      ArrowRight: Math.min(this.#active + 1, last),
      Home: 0,
      End: last
    }[event.key];
    if (image === void 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#store.set("active_image", image);
    this.#thumbs[image].element.focus({ preventScroll: true });
  }
};
function indexOf(thumb) {
  return Number(thumb.getAttribute("data-index"));
}

// src/pointer.js
var SLACK = 6;
function listenToPointer(store, stage, local, changed, signal) {
  const { canvas } = stage;
  let press = null;
  const click = (event, label) => {
    if (!press?.pixel || distance(press.event, event) > SLACK) return;
    store.edit({ op: "click", click: [stage.image, ...press.pixel, label] });
  };
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      press = { event, pixel: stage.pixelAt(event) };
      local.crosshair = null;
      changed();
    },
    { signal }
  );
  canvas.addEventListener(
    "click",
    (event) => {
      canvas.focus({ preventScroll: true });
      if (event.detail <= 1) click(event, event.altKey ? 0 : 1);
    },
    { signal }
  );
  canvas.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      click(event, 0);
      press = null;
    },
    { signal }
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      local.hover = stage.pixelAt(event);
      changed();
    },
    { signal }
  );
  canvas.addEventListener(
    "pointerleave",
    () => {
      local.hover = null;
      changed();
    },
    { signal }
  );
}
function distance(a, b) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}

// src/markers.js
var painted = /* @__PURE__ */ new WeakMap();
function paintMarkers(element, clicks, crosshair, view, size, grid) {
  const key = JSON.stringify([clicks, crosshair, view]);
  if (painted.get(element) === key) return;
  painted.set(element, key);
  const markers = clicks.map((shown) => clickMarker(shown, view));
  element.replaceChildren(...markers);
  if (crosshair) element.append(...crosshairMarker(crosshair, view, size, grid));
}
function clickMarker({ click: [, x, y, label], pending }, view) {
  const positive = label === 1;
  const shape = positive ? svg("circle", { r: 8 }) : svg("rect", { x: -7.5, y: -7.5, width: 15, height: 15, rx: 3 });
  const sign = svg("path", { d: positive ? "M-4 0H4M0-4V4" : "M-4 0H4" });
  return at(
    placeOf(x, y, view),
    {
      class: pending ? "ncut-click ncut-pending" : "ncut-click",
      "data-ncut": "click",
      "data-label": label
    },
    svg("g", {}, shape, sign)
  );
}
function crosshairMarker([row, col], view, size, grid) {
  const place = placeOf(...centreOf(row, col, size, grid), view);
  const [left, top] = place.map(percent2);
  const lines = [
    { x1: "0%", y1: top, x2: "100%", y2: top },
    { x1: left, y1: "0%", x2: left, y2: "100%" }
  ];
  return [
    ...["ncut-crosshair-dark", "ncut-crosshair"].flatMap(
      (name) => lines.map((line) => svg("line", { ...line, class: name }))
    ),
    at(
      place,
      { "data-ncut": "crosshair", "data-row": row, "data-col": col },
      svg("circle", { r: 6, class: "ncut-crosshair-dark" }),
      svg("circle", { r: 6, class: "ncut-crosshair" })
    )
  ];
}
function at([across, down], attributes, ...children) {
  return svg(
    "svg",
    { ...attributes, x: percent2(across), y: percent2(down), overflow: "visible" },
    ...children
  );
}
function percent2(fraction) {
  return `${100 * fraction}%`;
}

// src/outline.js
function traceOutline(mask, [rows, cols], visit) {
  const at2 = (row, col) => row < 0 || col < 0 || row >= rows || col >= cols ? 0 : mask[row * cols + col];
  traceRuns(
    rows + 1,
    cols,
    (row, col) => at2(row - 1, col) !== at2(row, col),
    (row, from, to) => visit(from, row, to, row)
  );
  traceRuns(
    cols + 1,
    rows,
    (col, row) => at2(row, col - 1) !== at2(row, col),
    (col, from, to) => visit(col, from, col, to)
  );
}
function drawOutline(context, mask, grid, view, width) {
  const across = context.canvas.width / view.width;
  const down = context.canvas.height / view.height;
  const path = new Path2D();
  traceOutline(mask, grid, (x0, y0, x1, y1) => {
    path.moveTo(Math.round((x0 - view.x) * across), Math.round((y0 - view.y) * down));
    path.lineTo(Math.round((x1 - view.x) * across), Math.round((y1 - view.y) * down));
  });
  context.lineCap = "square";
  context.strokeStyle = "rgb(0 0 0 / 70%)";
  context.lineWidth = 2.5 * width;
  context.stroke(path);
  context.strokeStyle = "#fff";
  context.lineWidth = width;
  context.stroke(path);
}
function traceRuns(lines, length, isEdge, visit) {
  for (let line = 0; line < lines; line++) {
    let from = -1;
    for (let place = 0; place <= length; place++) {
      const edge = place < length && isEdge(line, place);
      if (edge && from < 0) from = place;
      if (!edge && from >= 0) {
        visit(line, from, place);
        from = -1;
      }
    }
  }
}

// src/stage.js
var OUTLINE = 1.25;
var Stage = class {
  canvas = focusable("canvas", {
    "data-ncut": "stage",
    tabindex: 0,
    role: "application"
  });
  /** @type {number} The image that is painted. */
  image = -1;
  #outline = html("canvas", { class: "ncut-outline", "aria-hidden": "true" });
  #markers = svg("svg", { class: "ncut-markers", "aria-hidden": "true" });
  element = html(
    "div",
    { class: "ncut-frame" },
    this.canvas,
    this.#outline,
    this.#markers
  );
  #context = contextOf(this.canvas);
  #store;
  #segmentation;
  #cells;
  /** @type {View} */
  #view = wholeImage([1, 1]);
  /** The picture as last scaled to the canvas: scaling a large one takes a frame. */
  #base = contextOf(html("canvas"));
  #baseKey = "";
  /** @type {Picture | null} */
  #basePicture = null;
  /**
   * @param {Store} store
   * @param {Segmentation} segmentation
   */
  constructor(store, segmentation) {
    this.#store = store;
    this.#segmentation = segmentation;
    this.#cells = new CellLayer(store.info.grid);
  }
  /**
   * @param {() => void} repaint at once: a resized canvas is blank, and one that comes
   *   back (notebooks take off what is scrolled away) has missed what happened
   * @param {AbortSignal} signal
   */
  observe(repaint, signal) {
    const observer = new ResizeObserver(([entry]) => {
      const { inlineSize: width, blockSize: height } = deviceSize(entry);
      if (width === 0 || height === 0) return;
      if (width !== this.canvas.width || height !== this.canvas.height) {
        for (const canvas of [this.canvas, this.#outline, this.#base.canvas]) {
          canvas.width = width;
          canvas.height = height;
        }
        this.#baseKey = "";
      }
      repaint();
    });
    try {
      observer.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.canvas);
    }
    signal.addEventListener("abort", () => observer.disconnect());
  }
  /**
   * Image pixel under the pointer, or null beside the image.
   *
   * @param {{ clientX: number, clientY: number }} event
   */
  pixelAt({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return pixelAt(
      clientX,
      clientY,
      box,
      this.#view,
      this.#store.info.sizes[this.image]
    );
  }
  /** @param {Local} local */
  paint({ showMask, crosshair }) {
    const store = this.#store;
    const image = store.activeImage;
    const size = store.info.sizes[image];
    if (image !== this.image) this.#turnTo(image, size);
    this.#paintPicture(size);
    const result = this.#segmentation.of(image);
    const layer = store.get("layer");
    const opacity = store.get("opacity");
    if (layer === "eigvecs") this.#paintEigvecs(size, opacity);
    else if (layer === "heatmap" && result.marked) this.#paintHeat(size, opacity);
    else if (showMask) this.#paintMask(result.mask, size, opacity);
    this.#paintOutline(showMask ? result.mask : null, size);
    const clicks = store.clicks.filter(({ click }) => click[0] === image);
    paintMarkers(this.#markers, clicks, crosshair, this.#view, size, store.info.grid);
  }
  /**
   * @param {number} image
   * @param {Size} size
   */
  #turnTo(image, size) {
    this.image = image;
    this.#view = wholeImage(size);
    this.element.style.setProperty("--ncut-aspect", String(size[1] / size[0]));
    setAttribute(this.canvas, "data-image", String(image));
    const count2 = this.#store.imageCount;
    const name = count2 > 1 ? `Image ${image + 1} of ${count2}` : "Image";
    setAttribute(this.canvas, "aria-label", `${name}. Click to segment.`);
  }
  /** @param {Size} size */
  #paintPicture(size) {
    const { pictures } = this.#store;
    const stage = pictures.get("stage", this.image);
    const picture = stage ?? pictures.get("thumb", this.image);
    const waiting = !stage && !pictures.isRefused("stage", this.image);
    this.element.classList.toggle("ncut-loading", waiting);
    const context = this.#context;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (!picture) return;
    const view = this.#view;
    const key = [view.x, view.y, view.width, view.height].join();
    if (key !== this.#baseKey || picture !== this.#basePicture) {
      this.#baseKey = key;
      this.#basePicture = picture;
      this.#base.clearRect(0, 0, context.canvas.width, context.canvas.height);
      const part = viewIn(view, size, sizeOf(picture));
      drawView(this.#base, picture, part, { smooth: true });
    }
    context.drawImage(this.#base.canvas, 0, 0);
  }
  /**
   * @param {Size} size
   * @param {number} opacity
   */
  #paintEigvecs(size, opacity) {
    const picture = this.#store.pictures.get("eigvecs", this.image);
    if (!picture) return;
    const part = viewIn(this.#view, size, sizeOf(picture));
    drawView(this.#context, picture, part, { smooth: false, opacity });
  }
  /**
   * @param {Size} size
   * @param {number} opacity
   */
  #paintHeat(size, opacity) {
    this.#cells.paintHeat(this.#segmentation.heatOf(this.image));
    this.#drawCells(size, opacity);
  }
  /**
   * @param {Uint8Array} mask
   * @param {Size} size
   * @param {number} opacity
   */
  #paintMask(mask, size, opacity) {
    const colour = getComputedStyle(this.canvas).getPropertyValue("--ncut-mask");
    this.#cells.paintMask(mask, colour);
    this.#drawCells(size, opacity);
  }
  /**
   * @param {Size} size
   * @param {number} opacity
   */
  #drawCells(size, opacity) {
    const part = viewIn(this.#view, size, this.#store.info.grid);
    drawView(this.#context, this.#cells.canvas, part, { smooth: false, opacity });
  }
  /**
   * @param {Uint8Array | null} mask
   * @param {Size} size
   */
  #paintOutline(mask, size) {
    const context = contextOf(this.#outline);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (!mask) return;
    const { grid } = this.#store.info;
    const part = viewIn(this.#view, size, grid);
    drawOutline(context, mask, grid, part, OUTLINE * devicePixelRatio);
  }
};
function sizeOf({ width, height }) {
  return [height, width];
}
function deviceSize(entry) {
  if (entry.devicePixelContentBoxSize) return entry.devicePixelContentBoxSize[0];
  const { inlineSize, blockSize } = entry.contentBoxSize[0];
  return {
    inlineSize: Math.round(inlineSize * devicePixelRatio),
    blockSize: Math.round(blockSize * devicePixelRatio)
  };
}

// src/view.js
var NO_REVISION = "-1";
function showView(store, segmentation, el, signal) {
  const local = { showMask: true, crosshair: null, hover: null };
  const stage = new Stage(store, segmentation);
  const filmstrip = new Filmstrip(store, segmentation);
  const status = new Status(store, segmentation);
  const controls = new Controls(store, signal);
  const root = html(
    "div",
    { class: "ncut-segmenter", role: "group", "aria-label": "NCUT segmenter" },
    html(
      "div",
      { class: "ncut-body" },
      html("div", { class: "ncut-main" }, stage.element, status.element),
      filmstrip.element,
      controls.element,
      help()
    )
  );
  setAttribute(root, "data-revision", NO_REVISION);
  setAttribute(root, "data-state", store.state);
  let frame = 0;
  let paintedImage = -1;
  const paint = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!root.isConnected) return;
    const image = store.activeImage;
    stage.paint(local);
    filmstrip.paint();
    controls.paint();
    status.paint(local);
    setAttribute(root, "data-state", store.state);
    const { revision } = store;
    if (segmentation.of(image).complete && revision !== null) {
      setAttribute(root, "data-revision", String(revision));
      paintedImage = image;
    } else if (image !== paintedImage) {
      setAttribute(root, "data-revision", NO_REVISION);
    }
  };
  const repaint = () => {
    frame ||= requestAnimationFrame(paint);
  };
  const show = () => store.show(root, [...filmstrip.visible]);
  store.attach(root, repaint, signal);
  stage.observe(paint, signal);
  filmstrip.listen(() => {
    show();
    repaint();
  }, signal);
  listenToPointer(store, stage, local, repaint, signal);
  listenToKeys(store, stage, local, repaint, signal);
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    root.remove();
  });
  el.append(root);
  show();
  paint();
}
function help() {
  const rows = KEYS.map(
    ([key, effect]) => html("div", {}, html("dt", {}, html("kbd", {}, key)), html("dd", {}, effect))
  );
  return html(
    "details",
    { class: "ncut-help" },
    focusable("summary", {}, "Mouse and keys"),
    html(
      "p",
      {},
      "Click: this is it. Alt-click or right click: this is not. Keys work while the image has the focus."
    ),
    html("dl", {}, ...rows)
  );
}

// src/index.js
var src_default = () => {
  let store;
  let segmentation;
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const life = lifetime(signal);
      store = new Store(model, life.signal);
      segmentation = new Segmentation(store);
      return () => life.abort();
    },
    /** @param {{ el: HTMLElement, signal?: AbortSignal }} context */
    render({ el, signal }) {
      const life = lifetime(signal);
      if (life.signal.aborted) return;
      showView(store, segmentation, el, life.signal);
      return () => life.abort();
    }
  };
};
function lifetime(signal) {
  const controller = new AbortController();
  const end = () => controller.abort();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  return controller;
}
export {
  src_default as default
};
