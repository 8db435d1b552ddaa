// src/maths/cut.js
var TIE = 2 ** -20;
var MAX_FLOAT32 = 34028234663852886e22;
function isConstant(stats) {
  return stats !== null && !(stats.std > 0 && Number.isFinite(stats.mean + stats.std));
}
function isTied({ low, high }) {
  return high[1] - low[0] <= TIE;
}
function cutOf(stats, gamma, threshold) {
  if (stats === null) return Math.fround(threshold);
  if (isConstant(stats)) return Number.POSITIVE_INFINITY;
  if (isTied(stats)) return Math.fround(stats.high[1] + TIE);
  const { slope, zero, one } = logScale(stats, gamma);
  return Math.fround(stats.mean + logMix(zero, one, threshold) / slope);
}
function heatInto(out, map, stats, gamma) {
  if (stats === null) {
    for (let i = 0; i < map.length; i++) out[i] = Math.min(Math.max(map[i], 0), 1);
    return out;
  }
  if (isConstant(stats)) {
    out.fill(0);
    return out;
  }
  const { slope, zero, one } = logScale(stats, gamma);
  if (isTied(stats) || zero === one) {
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

// src/maths/combine.js
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
function markAbove(out, map, cut, value) {
  for (let i = 0; i < map.length; i++) if (map[i] > cut) out[i] = value;
}

// src/maths/denoise.js
function denoiseInto(mask, [rows, cols], area, scratch, kept = []) {
  if (area <= 1) return mask;
  for (const cell of kept) {
    if (mask[cell] === 1) collect(mask, rows, cols, cell, scratch);
  }
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
function collect(mask, rows, cols, start, list2) {
  let count2 = 1;
  list2[0] = start;
  mask[start] = 2;
  for (let next = 0; next < count2; next++) {
    const cell = list2[next];
    const row = Math.floor(cell / cols);
    const col = cell - row * cols;
    const bottom = Math.min(row + 1, rows - 1);
    const right = Math.min(col + 1, cols - 1);
    for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
      for (let c = Math.max(col - 1, 0); c <= right; c++) {
        const neighbour = r * cols + c;
        if (mask[neighbour] !== 1) continue;
        mask[neighbour] = 2;
        list2[count2++] = neighbour;
      }
    }
  }
  return count2;
}

// src/maths/coordinates.js
var CLICK_STEPS = 100;
function cellOf(x, y, [height, width], [rows, cols]) {
  return [
    Math.min(Math.floor(y * rows / height), rows - 1),
    Math.min(Math.floor(x * cols / width), cols - 1)
  ];
}
function clickedCell([image, x, y], size, grid) {
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
  const inside2 = x >= 0 && y >= 0 && x < width && y < height;
  return inside2 ? [roundDown(x), roundDown(y)] : null;
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

// src/model/clicks.js
var DIFFUSION = "diffusion";
var BIASED = "biased_ncut";
var Clicks = class {
  /** @type {Click[]} */
  #told;
  /** @type {History} */
  #history;
  /** @type {Edit[]} */
  #sent = [];
  /** @type {Edit[]} */
  #waiting = [];
  /** Number of the first of the sent edits, or of the next. */
  #first = 1;
  /** Whether the kernel has told other clicks since they were sent. */
  #toldSince = false;
  /** @type {{ clicks: ShownClick[], history: History, unsure: boolean } | null} */
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
  /** How many edits the kernel has not answered for. */
  get pending() {
    return this.#sent.length + this.#waiting.length;
  }
  /** Whether an edit is out that shows in the clicks: its answer, with maps, is near. */
  get arriving() {
    return this.#sent.length > 0 && this.#toldSince;
  }
  /**
   * @param {{ clicks?: Click[], history?: History }} news from the kernel
   * @returns {boolean} whether the clicks are others than it told before
   */
  tell({ clicks = this.#told, history = this.#history }) {
    const same = clicks.length === this.#told.length && clicks.every((click, i) => isSame(click, this.#told[i]));
    this.#history = history;
    this.#expected = null;
    if (same) return false;
    this.#told = clicks;
    this.#toldSince = true;
    return true;
  }
  /** @param {Edit} edit */
  push(edit) {
    this.#waiting.push(edit);
    this.#expected = null;
  }
  /**
   * The edits to send, which from now on count as sent: the same again, if they were
   * sent before, and the kernel has not answered for them.
   *
   * @returns {{ first: number, edits: Edit[] }} and the number of the first
   */
  take() {
    if (this.#sent.length === 0) {
      this.#sent = this.#waiting;
      this.#waiting = [];
      this.#toldSince = false;
    }
    return { first: this.#first, edits: this.#sent };
  }
  /** The kernel has answered for the sent edits. */
  settle() {
    this.#first += this.#sent.length;
    this.#sent = [];
    this.#expected = null;
  }
  drop() {
    this.#waiting = [];
    this.settle();
  }
  /**
   * What the clicks will be once the kernel has taken every edit, as far as the page
   * can know: undo and redo beyond the edits at hand need the kernel's history, and
   * until it has told, the page is unsure of the clicks.
   */
  #preview() {
    let shown = this.#told.map((click) => ({ click, pending: false }));
    let [canUndo, canRedo] = this.#history;
    const past = [];
    const future = [];
    const make = (step) => {
      past.push(step);
      if (step.click) shown.push(step.click);
      else if (step.cleared) [step.cleared, shown] = [shown, []];
    };
    let unsure = false;
    for (const edit of this.#untold()) {
      if (edit.op === "reopen") {
        [shown, past.length, future.length, unsure] = [[], 0, 0, true];
        [canUndo, canRedo] = [true, false];
        continue;
      }
      if (edit.op !== "undo" && edit.op !== "redo") {
        const clears = edit.op === "clear" || edit.op === "commit";
        if (edit.op === "click") make({ click: pendingClick(edit.click) });
        else make(clears ? { cleared: [] } : {});
        future.length = 0;
        if (clears) unsure = false;
        [canUndo, canRedo] = [true, false];
        continue;
      }
      const step = (edit.op === "undo" ? past : future).pop();
      if (!step) {
        if (edit.op === "undo" ? canUndo : canRedo) unsure = true;
      } else if (edit.op === "redo") make(step);
      else {
        if (step.click) shown.pop();
        else if (step.cleared) shown = step.cleared;
        future.push(step);
      }
      if (edit.op === "undo") canRedo = true;
      else canUndo = true;
    }
    const expected = [canUndo, canRedo];
    return { clicks: shown, history: expected, unsure };
  }
  /**
   * The edits that do not show in the clicks yet. A click that was sent may, among the
   * newest ones, since the trait can arrive before the reply.
   */
  #untold() {
    const { length } = this.#sent;
    if (length === 0) return this.#waiting;
    const newest = new Set(this.#told.slice(-length).map(String));
    const sent = this.#sent.filter(
      (edit) => edit.op !== "click" || !newest.has(String(edit.click))
    );
    return [...sent, ...this.#waiting];
  }
};
function promptsOf(clicks, get) {
  const { sizes, grid, methods } = get("_info");
  const method = get("method");
  const names = methods[method];
  const clicked = /* @__PURE__ */ new Map();
  for (const click of clicks) {
    const cell = clickedCell(click, sizes[click[0]], grid);
    const [image, row, col] = cell;
    const label = click[3];
    let index = (image * grid[0] + row) * grid[1] + col;
    if (method !== DIFFUSION) index = 2 * index + label;
    const known = clicked.get(index);
    if (known) known.label = label;
    else clicked.set(index, { cell, label });
  }
  const all = [...clicked.values()];
  const [negatives, positives] = [0, 1].map(
    (label) => all.filter((each) => each.label === label).map(({ cell }) => cell)
  );
  const together = names && {
    method,
    settings: names.map((name) => [name, get(name)])
  };
  return { numEig: get("num_eig"), positives, negatives, together: together ?? null };
}
function sourcesOf({ positives, negatives, together }) {
  if (!together) return { positives, negatives };
  if (!positives.length) return { positives: [], negatives: [] };
  const { method, settings } = together;
  const set = { method, positives, negatives, ...Object.fromEntries(settings) };
  return { positives: [set], negatives: [] };
}
function pendingClick(click) {
  return { click, pending: true };
}
function isSame(a, b) {
  return a.every((value, i) => value === b[i]);
}

// src/model/segmentation.js
var NOTHING = { positives: [], negatives: [], exact: false };
var Segmentation = class {
  /** @type {Map<number, Result>} */
  #results = /* @__PURE__ */ new Map();
  #stamp = 0;
  #store;
  #asked;
  #list = new Int32Array(0);
  #heat = new Float32Array(0);
  #scratch = new Float32Array(0);
  /**
   * @param {Store} store
   * @param {Asked} [asked] by default the store's clicks
   */
  constructor(store, asked = store) {
    this.#store = store;
    this.#asked = asked;
  }
  /**
   * @param {number} image
   * @returns {Result}
   */
  of(image) {
    const { version, prompts } = this.#asked;
    const result = this.#results.get(image) ?? this.#blank(image);
    const { arrivals } = this.#store;
    const isNew = result.exact || result.arrivals === arrivals;
    if (result.version === version && isNew) return result;
    const current = this.#find(image, prompts);
    if (current) result.prompts = prompts;
    const found = current ?? this.#found(image, result);
    result.version = version;
    result.arrivals = arrivals;
    result.stamp = ++this.#stamp;
    result.current = current !== null;
    result.exact = !!current?.exact;
    result.marked = found.positives.length > 0;
    result.constant = found.positives.some(({ stats }) => isConstant(stats));
    this.#fill(result.mask, image, found, this.#kept(image, result.prompts));
    result.count = countCells(result.mask);
    return result;
  }
  /**
   * What the mask of one image is cut from.
   *
   * @param {number} image
   * @returns {CutMaps}
   */
  cutMapsOf(image) {
    const { positives, negatives } = this.#found(image, this.of(image));
    const { gamma, threshold, negative_threshold } = this.#settings();
    return {
      positives: positives.map(({ map, stats }) => ({
        map,
        cut: cutOf(stats, gamma, threshold)
      })),
      negatives: negatives.map(({ map, stats }) => ({
        map,
        cut: cutOf(stats, gamma, negative_threshold)
      }))
    };
  }
  /**
   * Heat of one image; valid until the next call.
   *
   * @param {number} image
   */
  heatOf(image) {
    const { positives } = this.#found(image, this.of(image));
    this.#fit();
    const { gamma } = this.#settings();
    return combineHeat(this.#heat, positives, gamma, this.#scratch);
  }
  /**
   * Largest cosine of a cell with a positive click; null without one.
   *
   * @param {number} image
   * @param {number} row
   * @param {number} col
   */
  similarityAt(image, row, col) {
    const { positives } = this.#found(image, this.of(image));
    if (!positives.length) return null;
    const cell = row * this.#store.info.grid[1] + col;
    return Math.max(...positives.map(({ map }) => map[cell]));
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
      current: false,
      exact: false,
      marked: false,
      constant: false,
      stamp: -1,
      version: -1,
      arrivals: -1,
      prompts: null
    };
    this.#results.set(image, result);
    return result;
  }
  /**
   * @param {number} image
   * @param {Result} result
   */
  #found(image, { prompts }) {
    return (prompts && this.#find(image, prompts)) ?? NOTHING;
  }
  /**
   * @param {number} image
   * @param {Prompts} prompts
   * @returns {Found | null} null if a map is missing
   */
  #find(image, prompts) {
    const { similarities, previews } = this.#store;
    const { numEig } = prompts;
    const { positives, negatives } = sourcesOf(prompts);
    let exact = true;
    const find = (sources) => sources.map((source) => {
      const similarity = similarities.get(source, numEig, image);
      if (similarity) return similarity;
      exact = false;
      return previews.get(source, numEig, image);
    });
    const found = { positives: find(positives), negatives: find(negatives) };
    const all = [...found.positives, ...found.negatives].every(Boolean);
    return all ? (
      /** @type {Found} */
      { ...found, exact }
    ) : null;
  }
  /**
   * @param {Uint8Array} mask
   * @param {number} image
   * @param {Found} found
   * @param {number[]} kept
   */
  #fill(mask, image, { positives, negatives }, kept) {
    const store = this.#store;
    if (store.info.blank.includes(image)) {
      mask.fill(0);
      return;
    }
    combineMasks(mask, positives, negatives, this.#settings());
    if (!store.get("denoise")) return;
    this.#fit();
    const area = store.get("denoise_area_th");
    denoiseInto(mask, store.info.grid, area, this.#list, kept);
  }
  /**
   * The cells of an image whose parts of the mask are kept, however small.
   *
   * @param {number} image
   * @param {Prompts | null} prompts
   */
  #kept(image, prompts) {
    if (prompts?.together?.method !== DIFFUSION) return [];
    const [, cols] = this.#store.info.grid;
    const here = prompts.positives.filter(([at2]) => at2 === image);
    return here.map(([, row, col]) => row * cols + col);
  }
  #settings() {
    const store = this.#store;
    return {
      gamma: store.get("gamma"),
      threshold: store.get("threshold"),
      negative_threshold: store.get("negative_threshold")
    };
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

// src/model/answers.js
var Answers = class {
  /** Grows with all that comes from the kernel to make masks of. */
  arrivals = 0;
  /** @type {string | null} What went wrong, in a sentence. */
  error = null;
  /** @type {CallbackFailed | null} Of a function of the user's. */
  failure = null;
  /** @type {RequestKind | null} Of the request that failed. */
  #errorKind = null;
  /** The highest revision that an answer has told. */
  #revision = 0;
  #model;
  #clicks;
  #settings;
  #requests;
  #resources;
  #hooks;
  /**
   * @param {Model} model
   * @param {Parts} parts
   * @param {Hooks} hooks
   */
  constructor(model, { clicks, settings, requests, resources }, hooks) {
    this.#model = model;
    this.#clicks = clicks;
    this.#settings = settings;
    this.#requests = requests;
    this.#resources = resources;
    this.#hooks = hooks;
  }
  /** The kernel's revision, as far as it has told: an answer overtakes the traits. */
  get revision() {
    return Math.max(this.#model.get("_revision"), this.#revision);
  }
  /**
   * @param {Message} content
   * @param {Buffers} buffers
   */
  receive(content, buffers) {
    const answered = this.#requests.settle(content.id);
    const { request } = answered;
    try {
      this.#take(content, buffers, request);
    } catch (error) {
      if (request) this.#fail(
        /** @type {Error} */
        error.message,
        request.kind
      );
    }
    if (request) this.#finish(request, content);
    this.#makeUp(answered, content);
    if (content.type !== "pictures" && request?.kind !== "ping") this.arrivals++;
    if (content.type === "edited" || content.type === "error") this.#hooks.onChange();
    else this.#hooks.onArrival();
  }
  /** @param {RequestKind} [kind] clear only what a request of this kind left */
  clearError(kind) {
    if (kind && kind !== this.#errorKind) return;
    this.error = null;
    this.#errorKind = null;
  }
  /**
   * @param {Message} content
   * @param {Buffers} buffers
   * @param {Request | undefined} request that this answers, if it is ours
   */
  #take(content, buffers, request) {
    switch (content.type) {
      case "edited":
        if (request) this.#takeEdited(content);
        this.#resources.similarities.accept(content, buffers);
        break;
      case "synced":
        if (request) this.#takeRevision(content.revision);
        break;
      case "failed":
        this.failure = content;
        break;
      case "error":
        if (request || content.id === null) this.#takeError(content, request);
        break;
      default:
        if (request) this.clearError(request.kind);
        this.#resources.accept(content, buffers, request !== void 0)?.catch((error) => this.#fail(error.message, request?.kind ?? null)).finally(() => this.#hooks.onArrival());
    }
  }
  /** @param {Edited} content */
  #takeEdited({ clicks, history, revision, error }) {
    this.#clicks.settle();
    this.#clicks.tell({ clicks, history });
    this.#takeRevision(revision);
    this.#resources.similarities.retry();
    if (error) this.#fail(error, "edit");
    else this.clearError();
  }
  /**
   * @param {Failure} content
   * @param {Request | undefined} request
   */
  #takeError({ message }, request) {
    if (request?.kind === "edit") this.#clicks.settle();
    this.#fail(message, request?.kind ?? null);
  }
  /** @param {number} revision that a reply tells */
  #takeRevision(revision = 0) {
    this.#revision = Math.max(this.#revision, revision);
  }
  /**
   * What was asked for and has not come is asked for no more, unless it was not ready.
   *
   * @param {Request} request
   * @param {Message} content of the answer
   */
  #finish({ kind, keys = [] }, content) {
    const isEdited = content.type === "edited" || content.type === "error";
    if (content.type === "later" || kind === "edit" && !isEdited) {
      this.#requests.postpone(kind);
      return;
    }
    this.#requests.fulfil(kind);
    this.#resources.refuse(kind, keys, content);
  }
  /**
   * Have the kernel tell all again where something was lost; what was asked for and is
   * lost counts as missing.
   *
   * @param {Answered} answered
   * @param {Message} content
   */
  #makeUp({ number, request, lost }, content) {
    if (number === void 0) return;
    const isLost = lost.length > 0;
    const isUnsure = this.#settings.pass(number, isLost);
    if (request?.kind === "sync") this.#settings.synced(request.changes ?? 0);
    else if (isLost || isUnsure || this.#isBehind(content)) {
      if (!this.#requests.isOpen("sync")) this.#settings.sync();
    }
  }
  /**
   * Whether the kernel has changed without its traits' having told.
   *
   * @param {Message} content
   */
  #isBehind(content) {
    if (content.type !== "maps" || !this.#hooks.isSettled()) return false;
    return (content.revision ?? 0) > this.revision;
  }
  /**
   * @param {string} message
   * @param {RequestKind | null} kind of request that failed
   */
  #fail(message, kind) {
    this.error = message;
    this.#errorKind = kind;
  }
};

// src/model/connection.js
var RESTORED_WITHIN_MS = 6e3;
var Connection = class {
  /** Whether the host is about to set traits to older values. */
  restoring = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #broken = false;
  #onReturn;
  /**
   * @param {Model} model
   * @param {() => void} onReturn called when the line to the kernel is back, and when the
   *   host has set its traits
   * @param {AbortSignal} signal ends with the model
   */
  constructor(model, onReturn, signal) {
    this.#onReturn = onReturn;
    const manager = model.widget_manager;
    const restored = manager?.restored;
    listen(manager?.kernel?.connectionStatusChanged, signal, (_, status) => {
      const isBack = this.#broken && status === "connected";
      this.#broken = status !== "connected";
      if (isBack) this.#return(restored !== void 0);
    });
    listen(restored, signal, () => {
      if (this.restoring) this.#return(false);
    });
    signal.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }
  /** @param {boolean} restoring whether the host is still to set traits */
  #return(restoring) {
    clearTimeout(this.#timer);
    this.restoring = restoring;
    if (restoring) {
      this.#timer = setTimeout(() => this.#return(false), RESTORED_WITHIN_MS);
    }
    this.#onReturn();
  }
};
function listen(event, signal, slot) {
  if (!event || signal.aborted) return;
  event.connect(slot);
  signal.addEventListener("abort", () => event.disconnect(slot), { once: true });
}

// src/model/fetcher.js
var Fetcher = class {
  #model;
  #clicks;
  #settings;
  #requests;
  #resources;
  /** @type {Map<object, number[]>} Images that each view shows. */
  #shown = /* @__PURE__ */ new Map();
  /** @type {{ clicks: unknown, settings: string, prompts: Prompts } | null} */
  #told = null;
  /**
   * @param {Model} model
   * @param {Parts} parts
   */
  constructor(model, { clicks, settings, requests, resources }) {
    this.#model = model;
    this.#clicks = clicks;
    this.#settings = settings;
    this.#requests = requests;
    this.#resources = resources;
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
  /** Send the edits, and ask for what is missing. */
  fetch() {
    const shown = this.shownImages;
    const requests = this.#requests;
    this.#reserve(shown.length);
    if (this.#clicks.pending > 0 && requests.isFree("edit")) {
      const edits = { page: requests.page, ...this.#clicks.take() };
      requests.open("edit", { type: "edit", ...edits, images: shown });
    }
    if (shown.length === 0) return;
    for (const resource of this.#resources.kinds) {
      const { kind, type, after } = resource;
      if (!requests.isFree(kind) || after.some((each) => this.#isOut(each))) continue;
      const ask = resource.ask(this.#wanted(shown));
      if (ask) requests.open(kind, { type, ...ask.content }, { keys: ask.keys });
    }
  }
  /**
   * Maps that are still to come for the clicks that the kernel knows, as far as one
   * reply goes.
   *
   * @param {number[]} images
   * @returns {MapWant[]}
   */
  missingMaps(images) {
    return this.#resources.similarities.missing(this.#promptsTold(), images);
  }
  /** @param {string} kind of request, or "mask" */
  #isOut(kind) {
    if (kind !== "mask") return this.#requests.isOpen(kind);
    const active = [this.#model.get("active_image")];
    return this.#requests.isOpen("maps") && this.missingMaps(active).length > 0;
  }
  /**
   * @param {number[]} shown
   * @returns {Wanted}
   */
  #wanted(shown) {
    return {
      // The kernel answers in order: the mask comes right behind the picture.
      images: this.#requests.isOpen("stage") ? shown.slice(0, 1) : shown,
      clicked: () => this.#clicks.expected.clicks.map(({ click }) => click[0]).reverse(),
      prompts: this.#promptsTold(),
      get: (name) => this.#model.get(name),
      resting: !this.#settings.unsaved,
      arriving: this.#clicks.arriving
    };
  }
  /** Of the clicks that the kernel has told: the same object while they are the same. */
  #promptsTold() {
    const get = (name) => this.#model.get(name);
    const { told: clicks } = this.#clicks;
    const of = Object.values(get("_info").methods).flat();
    const settings = ["num_eig", "method", ...of].map(get).join();
    if (this.#told?.clicks !== clicks || this.#told.settings !== settings) {
      this.#told = { clicks, settings, prompts: promptsOf(clicks, get) };
    }
    return this.#told.prompts;
  }
  /**
   * Keep room for what is on view, and for what the edits under way may add.
   *
   * @param {number} images on view
   */
  #reserve(images) {
    const { positives, negatives } = sourcesOf(this.#promptsTold());
    const clicks = positives.length + negatives.length + this.#clicks.pending;
    this.#resources.reserve(clicks, images);
  }
};

// src/model/requests.js
var SLOW_AFTER_MS = 3e3;
var PING_AFTER_MS = 1e3;
var PING_WITHIN_MS = 6e4;
var LATER_AFTER_MS = 300;
var LATER_WITHIN_MS = 5e3;
var Requests = class {
  /** Name of this page; `crypto.randomUUID` is lacking on hubs that are plain http. */
  page = `p${Math.random().toString(36).slice(2)}`;
  /** How many were made; the number of the last one. */
  count = 0;
  /** @type {Map<number, Request>} By number, oldest first. */
  #open = /* @__PURE__ */ new Map();
  /** @type {Map<RequestKind, { wait: number, timer: Timer }>} To be asked again later. */
  #later = /* @__PURE__ */ new Map();
  /** @type {Timer} */
  #timer;
  #wait = PING_AFTER_MS;
  #line;
  /** @param {Line} line */
  constructor(line) {
    this.#line = line;
  }
  /** Whether the kernel lets a request wait for long. */
  get slow() {
    return [...this.#open.values()].some((request) => request.slow);
  }
  /** @param {RequestKind} kind */
  isOpen(kind) {
    return [...this.#open.values()].some((request) => request.kind === kind);
  }
  /**
   * Whether such a request may be made now: there is one of a kind at a time.
   *
   * @param {RequestKind} kind
   */
  isFree(kind) {
    return !this.isOpen(kind) && this.#later.get(kind)?.timer === void 0;
  }
  /**
   * @param {RequestKind} kind
   * @param {object} content
   * @param {Asked} [asked]
   */
  open(kind, content, asked = {}) {
    const number = ++this.count;
    const isPing = kind === "ping";
    const request = { ...asked, kind, number, slow: false, timer: void 0 };
    if (!isPing) {
      request.timer = setTimeout(() => {
        request.slow = true;
        this.#line.onSlow();
      }, SLOW_AFTER_MS);
    }
    this.#open.set(number, request);
    if (isPing) this.watch();
    else this.hear();
    this.#line.send({ ...content, id: `${this.page}-${number}` });
  }
  /**
   * @param {unknown} id of a reply
   * @returns {Answered}
   */
  settle(id) {
    const number = this.#numberOf(id);
    if (number === void 0) return { lost: [] };
    const lost = [...this.#open.values()].filter((open) => open.number < number);
    const request = this.#open.get(number);
    for (const each of request ? [...lost, request] : lost) this.#close(each);
    this.hear();
    return { number, request, lost };
  }
  /**
   * The kernel has said that it is not ready for such a request.
   *
   * @param {RequestKind} kind
   */
  postpone(kind) {
    const before = this.#later.get(kind)?.wait;
    const wait = before ? Math.min(2 * before, LATER_WITHIN_MS) : LATER_AFTER_MS;
    const later = { wait, timer: void 0 };
    later.timer = setTimeout(() => {
      later.timer = void 0;
      this.#line.onLater();
    }, wait);
    this.#later.set(kind, later);
  }
  /**
   * The kernel has answered such a request for good.
   *
   * @param {RequestKind} kind
   */
  fulfil(kind) {
    this.#later.delete(kind);
  }
  /** Ask the kernel for a sign. */
  ping() {
    this.open("ping", this.#line.ping());
  }
  /** Ask the kernel for a sign, again and again, as long as something waits for one. */
  watch() {
    if (this.#timer !== void 0 || !this.#waits) return;
    this.#timer = setTimeout(() => {
      this.#timer = void 0;
      if (!this.#waits) return;
      this.#wait = Math.min(2 * this.#wait, PING_WITHIN_MS);
      this.ping();
    }, this.#wait);
  }
  /** There is a sign of the kernel, or something new to wait for. */
  hear() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
    this.#wait = PING_AFTER_MS;
    this.watch();
  }
  /** Give up all of them. */
  drop() {
    for (const request of [...this.#open.values()]) this.#close(request);
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    clearTimeout(this.#timer);
    this.#timer = void 0;
  }
  get #waits() {
    const asked = [...this.#open.values()].some(({ kind }) => kind !== "ping");
    return asked || this.#line.waits();
  }
  /** @param {Request} request */
  #close(request) {
    clearTimeout(request.timer);
    this.#open.delete(request.number);
  }
  /** @param {unknown} id */
  #numberOf(id) {
    const prefix = `${this.page}-`;
    if (typeof id !== "string" || !id.startsWith(prefix)) return void 0;
    const number = Number(id.slice(prefix.length));
    return number >= 1 && number <= this.count ? number : void 0;
  }
};

// src/model/cache.js
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
   * Look without using it.
   *
   * @param {string} key
   * @returns {Value | undefined}
   */
  peek(key) {
    return this.#entries.get(key);
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

// src/model/resource.js
var Resource = class {
  /** Grows with all that changes what is missing. */
  version = 0;
  /** @type {Set<string>} */
  #refused = /* @__PURE__ */ new Set();
  /**
   * @param {string} kind of its requests: one of a kind is out at a time
   * @param {string} type of the messages, there and back
   * @param {string[]} after kinds that it waits for while they are out; "mask" is the
   *   maps of the active image
   */
  constructor(kind, type, after) {
    this.kind = kind;
    this.type = type;
    this.after = after;
  }
  /**
   * Whether it is here, or on its way into the cache.
   *
   * @param {string} _key
   * @returns {boolean}
   */
  has(_key) {
    throw new Error("A resource says what it has.");
  }
  /**
   * The next request: what is missing of what is wanted, as much as one answer should
   * hold.
   *
   * @param {Wanted} _wanted
   * @returns {Ask | null} null if nothing is missing
   */
  ask(_wanted) {
    throw new Error("A resource says what it asks for.");
  }
  /**
   * Keep what has come.
   *
   * @param {any} _content
   * @param {Buffers} _buffers
   * @param {boolean} _isOurs whether this page has asked for it
   * @returns {Promise<void> | void} what is still to be done with it
   */
  take(_content, _buffers, _isOurs) {
    throw new Error("A resource takes what has come.");
  }
  /**
   * Keep room for what is on view.
   *
   * @param {number} _clicks
   * @param {number} _images
   */
  reserve(_clicks, _images) {
  }
  /** Drop what is kept. */
  close() {
  }
  /** @param {string} key */
  lacks(key) {
    return !this.has(key) && !this.#refused.has(key);
  }
  /** @param {string} key */
  isRefused(key) {
    return this.#refused.has(key);
  }
  /**
   * @param {any} content
   * @param {Buffers} buffers
   * @param {boolean} [isOurs]
   */
  accept(content, buffers, isOurs = true) {
    this.version++;
    return this.take(content, buffers, isOurs);
  }
  /**
   * An answer has come: of what was asked for, what is not here is not to be had.
   *
   * @param {string[]} keys
   * @param {Message} [_answer]
   */
  refuse(keys, _answer) {
    this.version++;
    for (const key of keys) if (!this.has(key)) this.#refused.add(key);
  }
  /** Ask again for what was refused: clicks or settings are others. */
  retry() {
    this.version++;
    this.#refused.clear();
  }
};

// src/model/wire.js
function mapKey(numEig, source, image) {
  return keyOf(numEig, nameOf(source), image);
}
function keyOf(numEig, name, image) {
  return `${numEig}:${name}:${image}`;
}
function nameOf(source) {
  if (isCell(source)) return `${source[0]},${source[1]},${source[2]}`;
  const { positives, negatives, ...settings } = source;
  const values = Object.keys(settings).sort();
  const given = values.map((name) => settings[
    /** @type {"method"} */
    name
  ]);
  return [...given, positives.join(" "), negatives.join(" ")].join("/");
}
function isCell(source) {
  return Array.isArray(source);
}
function mapWant(source, images) {
  return isCell(source) ? { cell: source, images } : { clicks: source, images };
}
function sourceOf({ cell, clicks }) {
  return (
    /** @type {Source} */
    cell ?? clicks
  );
}
function decodeMaps(entries, buffers, [rows, cols]) {
  const cells = rows * cols;
  return entries.flatMap((entry, k) => {
    const { images, stats } = entry;
    const source = sourceOf(entry);
    const what = isCell(source) ? `cell ${source}` : "all clicks";
    const bytes = bytesOf(buffers[k], `the maps of ${what}`);
    if (bytes.byteLength !== 4 * cells * images.length) {
      throw new Error(
        `The maps of ${what} must be ${4 * cells * images.length} bytes (${images.length} x ${rows} x ${cols} float32), got ${bytes.byteLength}.`
      );
    }
    return images.map((image, i) => {
      const map = new Float32Array(cells);
      new Uint8Array(map.buffer).set(
        bytes.subarray(4 * cells * i, 4 * cells * (i + 1))
      );
      return { source, image, map, stats };
    });
  });
}
function decodeVectors(entries = [], buffers, cells) {
  return entries.flatMap(({ image, low, step }, k) => {
    if (image === null !== (cells === null)) return [];
    const what = image === null ? "the sample" : `the eigenvectors of image ${image}`;
    const bytes = bytesOf(buffers[k], what).slice();
    const row = 2 * low.length;
    const count2 = cells ?? Math.floor(bytes.length / row);
    if (bytes.length !== count2 * row) {
      throw new Error(
        `The levels of ${what} must be ${low.length} x ${count2} uint16, got ${bytes.length} bytes.`
      );
    }
    const quantised = {
      low: Float32Array.from(low),
      step: Float32Array.from(step),
      levels: new Uint16Array(bytes.buffer)
    };
    return [{ image, quantised }];
  });
}
function decodeMoments({ num_eig: numEig, count: count2 }, buffers) {
  const [mean, covariance] = ["mean", "covariance"].map((what, k) => {
    const bytes = bytesOf(buffers[k], `the ${what}`).slice();
    if (bytes.length !== 8 * numEig ** (k + 1)) {
      throw new Error(
        `The ${what} must be of ${numEig} eigenvectors in float64, got ${bytes.length} bytes.`
      );
    }
    return new Float64Array(bytes.buffer);
  });
  return { count: count2, mean, covariance };
}
function decodePictures(entries, buffers) {
  const made = entries.filter((entry) => "mime" in entry);
  return made.map(({ image, mime }, k) => {
    const bytes = bytesOf(buffers[k], `the picture of image ${image}`);
    return { image, file: new Blob([bytes.slice()], { type: mime }) };
  });
}
function decodeSegments(parts, buffers) {
  return parts.map((part, k) => {
    const bytes = bytesOf(buffers[k], `a segment of image ${part.image}`).slice();
    return { part, bytes };
  });
}
function bytesOf(buffer, what) {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  throw new Error(`The reply lacks the buffer of ${what}.`);
}

// src/model/pictures.js
var PICTURES_PER_REQUEST = 12;
var KINDS = {
  stage: { kept: 6, after: [], images: ({ images }) => images.slice(0, 1) },
  eigvecs: {
    kept: 64,
    after: ["stage"],
    images: ({ images, get }) => get("overlay") === "eigvecs" ? images.slice(0, 1) : []
  },
  thumb: {
    kept: 400,
    after: ["stage", "mask"],
    images: ({ images, get }) => get("_info").sizes.length > 1 ? images : []
  }
};
function picturesOfKinds(decode, hasImages, colors) {
  const shared = { decode, hasImages, colors };
  return {
    stage: new Pictures("stage", shared),
    eigvecs: new Pictures("eigvecs", shared),
    thumb: new Pictures("thumb", shared)
  };
}
var Pictures = class extends Resource {
  /** @type {Cache<Entry>} */
  #cache;
  /** @type {Set<string>} */
  #decoding = /* @__PURE__ */ new Set();
  /** @type {Map<number, string>} Why an image has no picture. */
  #reasons = /* @__PURE__ */ new Map();
  #closed = false;
  #decode;
  #spec;
  #picture;
  #isColored;
  /** Version of the eigenvectors' colours that the kernel has now. */
  #colors;
  /**
   * @param {PictureKind} kind
   * @param {{ decode: Decoder, hasImages: boolean, colors: number }} shared
   */
  constructor(kind, { decode, hasImages, colors }) {
    super(kind, "pictures", KINDS[kind].after);
    this.#picture = kind;
    this.#spec = KINDS[kind];
    this.#cache = new Cache(this.#spec.kept, ({ picture }) => picture.close());
    this.#decode = decode;
    this.#isColored = kind === "eigvecs" || !hasImages;
    this.#colors = colors;
  }
  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    this.#colors = Math.max(this.#colors, colors);
  }
  /** @param {number} image */
  get(image) {
    return this.#cache.get(String(image))?.picture;
  }
  /**
   * Why there is no picture of an image, or undefined.
   *
   * @param {number} image
   */
  reason(image) {
    return this.#cache.has(String(image)) ? void 0 : this.#reasons.get(image);
  }
  /**
   * Whether a picture is still to come.
   *
   * @param {number} image
   */
  awaits(image) {
    return !this.#cache.has(String(image)) && !this.isRefused(this.#key(image));
  }
  /**
   * @param {string} key
   * @override
   */
  has(key) {
    if (this.#decoding.has(key)) return true;
    const [image, colors = 0] = key.split(" ");
    const entry = this.#cache.peek(image);
    return entry !== void 0 && entry.colors >= Number(colors);
  }
  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask(wanted) {
    const missing = this.missing(this.#spec.images(wanted));
    const images = missing.slice(0, PICTURES_PER_REQUEST);
    if (images.length === 0) return null;
    const keys = images.map((image) => this.#key(image));
    return { content: { kind: this.#picture, images }, keys };
  }
  /**
   * The images whose picture has to be fetched.
   *
   * @param {number[]} images
   */
  missing(images) {
    return images.filter((image) => this.lacks(this.#key(image)));
  }
  /**
   * Other pages ask for pictures of their own.
   *
   * @param {PictureReply} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs
   * @returns {Promise<void>} rejects, with a sentence, if one cannot be decoded
   * @override
   */
  async take({ kind, colors, pictures }, buffers, isOurs) {
    if (!isOurs || kind !== this.#picture || this.#isStale(colors)) return;
    this.recolor(colors);
    for (const entry of pictures ?? []) {
      if ("error" in entry) this.#reasons.set(entry.image, entry.error);
    }
    const files = decodePictures(pictures ?? [], buffers);
    await Promise.all(files.map(({ image, file }) => this.#keep(image, file, colors)));
  }
  /**
   * What an answer had no room for is asked for again, unless it had room for nothing:
   * it would be as full the next time.
   *
   * @param {string[]} keys
   * @param {Message} [answer]
   * @override
   */
  refuse(keys, answer) {
    const isFull = answer?.type === "pictures" && answer.pictures?.length > 0;
    const left = isFull ? answer.left ?? [] : [];
    super.refuse(keys.filter((key) => !left.includes(imageOf(key))));
  }
  /**
   * A picture that cannot be had has nothing to do with clicks and settings.
   * @override
   */
  retry() {
  }
  /**
   * @param {number} _clicks
   * @param {number} images on view: there is room for their pictures, twice
   * @override
   */
  reserve(_clicks, images) {
    if (this.#picture !== "thumb") return;
    this.#cache.limit = Math.max(this.#spec.kept, 2 * images);
  }
  /** @override */
  close() {
    this.#closed = true;
    this.#cache.clear();
  }
  /**
   * @param {number} image
   * @param {Blob} file
   * @param {number} colors
   */
  async #keep(image, file, colors) {
    const key = this.#key(image);
    this.#decoding.add(key);
    try {
      const picture = await this.#decode(file);
      if (this.#closed || this.#isStale(colors)) return picture.close();
      this.#cache.set(String(image), { picture, colors });
    } catch {
      this.#decoding.delete(key);
      super.refuse([key]);
      if (this.#isStale(colors)) return;
      throw new Error(`The browser cannot decode the picture of image ${image}.`);
    } finally {
      this.#decoding.delete(key);
    }
  }
  /**
   * Whether a picture shows colours that are no longer those of the eigenvectors.
   *
   * @param {number} colors version it was made with
   */
  #isStale(colors) {
    return this.#isColored && colors < this.#colors;
  }
  /**
   * What is being decoded or was refused in other colours says nothing of these.
   *
   * @param {number} image
   */
  #key(image) {
    return this.#isColored ? `${image} ${this.#colors}` : String(image);
  }
};
function imageOf(key) {
  return Number(key.split(" ")[0]);
}

// src/maths/diffusion.js
var TRIVIAL = 0.3;
var RIDGE = 2;
var SEPARATION = 0.7;
var REACH = 0.15;
var LOCAL_RIDGE = 0.05;
var STEPS = 60;
var LONGEST = 1e9;
var FAINTEST = 1e-30;
var NOTHING2 = 1e-9;
function weightsOf(eigvals, granularity) {
  const largest = eigvals[1];
  if (!(largest > 0)) return new Float32Array(eigvals.length);
  const some = eigvals.slice(1);
  const logs = some.map((value) => Math.log(Math.max(value / largest, FAINTEST)));
  const at2 = (time) => logs.map((log) => Math.exp(Math.max(time * log, -700)));
  let low = 0;
  let high = 1;
  while (high < LONGEST && participation(at2(high)) > granularity) {
    low = high;
    high *= 2;
  }
  for (let step = 0; step < STEPS; step++) {
    const time = (low + high) / 2;
    if (participation(at2(time)) > granularity) low = time;
    else high = time;
  }
  return Float32Array.from([TRIVIAL, ...at2(low).map(Math.sqrt)]);
}
function participation(weights) {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight ** 2;
  }
  return sum ** 2 / squares;
}
function fitOf(clicks, grid) {
  const cosines = clicks.map((a) => clicks.map((b) => dot(a.vector, b.vector)));
  const labels = clicks.map(({ positive }) => positive ? 1 : 0);
  const amounts = solve(cosines, RIDGE, labels);
  const fits = cosines.map((row) => dot(row, amounts));
  const of = (wanted) => fits.filter((_, i) => clicks[i].positive === wanted);
  const top = Math.max(Math.min(...of(true)), 1e-3);
  const bottom = Math.min(Math.max(0, ...of(false)), SEPARATION * top);
  const vector = new Float32Array(clicks[0].vector.length);
  clicks.forEach((click, j) => {
    const amount = amounts[j] / (top - bottom);
    for (let k = 0; k < vector.length; k++) vector[k] += amount * click.vector[k];
  });
  const lacking = fits.map((fit, i) => {
    const scaled = (fit - bottom) / (top - bottom);
    const lack = clicks[i].positive ? Math.max(1 - scaled, 0) : Math.min(-scaled, 0);
    return Math.abs(lack) < NOTHING2 ? 0 : lack;
  });
  const near = clicks.map(
    ({ cell: a }, i) => clicks.map(({ cell: b }, j) => {
      if (a[0] !== b[0]) return 0;
      const falloff = falloffOf(a[1] - b[1], grid[0]) * falloffOf(a[2] - b[2], grid[1]);
      return Math.max(cosines[i][j], 0) * falloff;
    })
  );
  const isRight = lacking.every((lack) => lack === 0);
  const local = isRight ? lacking : solve(near, LOCAL_RIDGE, lacking);
  return { vector, offset: -bottom / (top - bottom), local };
}
function addAbout(map, cosines, { cell }, amount, [rows, cols]) {
  for (let row = 0, i = 0; row < rows; row++) {
    const down = amount * falloffOf(row - cell[1], rows);
    for (let col = 0; col < cols; col++, i++) {
      const across = falloffOf(col - cell[2], cols);
      map[i] += down * across * Math.max(cosines[i], 0);
    }
  }
}
function falloffOf(apart, size) {
  return Math.exp(-((apart / (size * REACH)) ** 2) / 2);
}
function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
function solve(matrix, ridge, right) {
  const size = right.length;
  const lower = [];
  const x = [...right];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j] + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= lower[i][k] * lower[j][k];
      lower[i].push(i === j ? Math.sqrt(sum) : sum / lower[j][j]);
    }
    for (let k = 0; k < i; k++) x[i] -= lower[i][k] * x[k];
    x[i] /= lower[i][i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}

// src/maths/statistics.js
var EPSILON = 2 ** -23;
function statisticsOf(vector, sample, moments) {
  const { mean, std } = moments ? spreadOf(vector, moments) : spreadIn(sample);
  const count2 = sample.length;
  const last = count2 - 1;
  const rank = Math.floor(0.01 * last);
  const highRank = Math.floor(0.99 * last);
  const low = pairAt(sample, rank, 0);
  const high = pairAt(sample, highRank, Math.min(rank, highRank));
  return { mean, std: std > EPSILON * Math.abs(mean) ? std : 0, low, high, count: count2 };
}
function spreadOf(vector, { count: count2, mean: means, covariance }) {
  const size = vector.length;
  let mean = 0;
  let variance = 0;
  for (let i = 0; i < size; i++) {
    mean += vector[i] * means[i];
    let row = 0;
    for (let j = 0; j < size; j++) row += covariance[i * size + j] * vector[j];
    variance += vector[i] * row;
  }
  const std = Math.sqrt(Math.max(variance, 0) * count2 / Math.max(count2 - 1, 1));
  return { mean, std };
}
function spreadIn(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, std: Math.sqrt(squares / Math.max(values.length - 1, 1)) };
}
function pairAt(values, rank, from) {
  select(values, rank, from);
  let next = rank + 1 < values.length ? Number.POSITIVE_INFINITY : values[rank];
  for (let i = rank + 1; i < values.length; i++) if (values[i] < next) next = values[i];
  return [values[rank], next];
}
function select(values, rank, from) {
  let left = from;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[rank];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (pivot < values[j]) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (j < rank) left = i;
    if (rank < i) right = j;
  }
}

// src/maths/vectors.js
var Vectors = class {
  #low;
  #step;
  #levels;
  #count;
  /** Lengths of the leading eigenvectors, or of the weighted, the other way round. */
  #scale = new Float32Array(0);
  /** @type {number | Float32Array} How many, or their weights. */
  #scaleOf = 0;
  /** @param {Quantised} quantised */
  constructor({ low, step, levels }) {
    this.#low = low;
    this.#step = step;
    this.#levels = levels;
    this.#count = levels.length / low.length;
  }
  /** How many pixels. */
  get count() {
    return this.#count;
  }
  /**
   * Unit vector of the leading eigenvectors of one pixel.
   *
   * @param {number} pixel
   * @param {number} numEig
   * @param {Float32Array} [weights] of these eigenvectors
   */
  vectorOf(pixel, numEig, weights) {
    const vector = new Float32Array(numEig);
    for (let k = 0; k < numEig; k++) {
      const level = this.#levels[k * this.#count + pixel];
      vector[k] = this.#low[k] + this.#step[k] * level;
      if (weights) vector[k] *= weights[k];
    }
    const length = Math.hypot(...vector);
    for (let k = 0; k < numEig; k++) vector[k] /= length || 1;
    return vector;
  }
  /**
   * Cosine of every pixel's leading eigenvectors with a unit vector.
   *
   * @param {Float32Array} out
   * @param {Float32Array} vector
   * @param {Float32Array} [weights] of the pixels' eigenvectors
   */
  similarityInto(out, vector, weights) {
    const scaleOf = weights ?? vector.length;
    if (weights) vector = vector.map((value, k) => value * weights[k]);
    const numEig = vector.length;
    const count2 = this.#count;
    const levels = this.#levels;
    let base = 0;
    for (let k = 0; k < numEig; k++) base += vector[k] * this.#low[k];
    out.fill(base);
    for (let k = 0; k < numEig; k += 2) {
      const a = vector[k] * this.#step[k];
      const b = k + 1 < numEig ? vector[k + 1] * this.#step[k + 1] : 0;
      const rowA = k * count2;
      const rowB = b ? rowA + count2 : rowA;
      for (let i = 0; i < count2; i++) {
        out[i] += a * levels[rowA + i] + b * levels[rowB + i];
      }
    }
    this.#fit(numEig, scaleOf);
    for (let i = 0; i < count2; i++) out[i] *= this.#scale[i];
    return out;
  }
  /**
   * Measure the leading eigenvectors: they are not of unit length by themselves, and
   * all of them only to within their bytes.
   *
   * @param {number} numEig
   * @param {number | Float32Array} of how many, or their weights
   */
  #fit(numEig, of) {
    if (this.#scaleOf === of) return;
    this.#scaleOf = of;
    const count2 = this.#count;
    if (this.#scale.length === 0) this.#scale = new Float32Array(count2);
    const scale = this.#scale.fill(0);
    for (let k = 0; k < numEig; k++) {
      const low = this.#low[k];
      const step = this.#step[k];
      const square = typeof of === "number" ? 1 : of[k] ** 2;
      if (square === 0) continue;
      for (let i = 0; i < count2; i++) {
        const value = low + step * this.#levels[k * count2 + i];
        scale[i] += value * value * square;
      }
    }
    for (let i = 0; i < count2; i++) scale[i] = scale[i] > 0 ? scale[i] ** -0.5 : 0;
  }
};

// src/model/eigvecs.js
var CACHE_BYTES = 64e6;
var REPLY_BYTES = 256e3;
var MOMENTS_KEPT = 64;
var SAMPLE = "sample";
var AFTER = ["stage", "maps", "eigvecs", "thumb", "moments", "sample", "vectors"];
var isTogether = (get) => [BIASED, DIFFUSION].includes(get("method"));
var MomentsOfBatch = class extends Resource {
  /** Grows with each that comes. */
  arrivals = 0;
  /** @type {Cache<Moments>} */
  #moments = new Cache(MOMENTS_KEPT);
  constructor() {
    super("moments", "moments", AFTER);
  }
  /** @param {number} numEig */
  get(numEig) {
    return this.#moments.get(String(numEig));
  }
  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#moments.has(key);
  }
  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ get, resting }) {
    const numEig = get("num_eig");
    const key = String(numEig);
    if (isTogether(get) || !resting || !this.lacks(key)) return null;
    return { content: { num_eig: numEig }, keys: [key] };
  }
  /**
   * @param {MomentsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take(content, buffers) {
    this.arrivals++;
    this.#moments.set(String(content.num_eig), decodeMoments(content, buffers));
  }
};
var VectorsOfImages = class extends Resource {
  /** @type {Cache<Vectors>} */
  #vectors = new Cache(0);
  #cells;
  #bytes;
  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   */
  constructor(grid, numEig) {
    super("vectors", "vectors", AFTER);
    this.#cells = grid[0] * grid[1];
    this.#bytes = 2 * this.#cells * numEig;
  }
  /** @param {number} image */
  get(image) {
    return this.#vectors.get(String(image));
  }
  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#vectors.has(key);
  }
  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images: shown, clicked, get }) {
    if (get("method") === BIASED) return null;
    const images = this.missing(shown, clicked());
    if (images.length === 0) return null;
    return { content: { images, sample: false }, keys: images.map(String) };
  }
  /**
   * The first image alone, then others of those that are shown or clicked.
   *
   * @param {number[]} shown the active one first
   * @param {number[]} clicked only as many as there is room for, besides
   * @returns {number[]}
   */
  missing(shown, clicked = []) {
    const others = new Set(clicked);
    for (const image of shown) others.delete(image);
    const lacking = [...shown, ...[...others].slice(0, this.#kept)].filter(
      (image) => this.lacks(String(image))
    );
    const isFirst = lacking[0] === shown[0];
    const room = isFirst ? 1 : Math.max(Math.floor(REPLY_BYTES / this.#bytes), 1);
    return lacking.slice(0, room);
  }
  /**
   * @param {VectorsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ vectors }, buffers) {
    const ofImages = decodeVectors(vectors, buffers, this.#cells);
    for (const { image, quantised } of ofImages) {
      this.#vectors.set(String(image), new Vectors(quantised));
    }
  }
  /**
   * @param {number} _clicks
   * @param {number} images
   * @override
   */
  reserve(_clicks, images) {
    this.#vectors.limit = images + this.#kept;
  }
  /** @override */
  close() {
    this.#vectors.clear();
  }
  /** Images whose eigenvectors are kept beside those that are shown. */
  get #kept() {
    return Math.floor(CACHE_BYTES / this.#bytes);
  }
};
var VectorsOfSample = class extends Resource {
  /** @type {Vectors | null} */
  vectors = null;
  #images;
  /** @param {VectorsOfImages} images */
  constructor(images) {
    super(SAMPLE, "vectors", AFTER);
    this.#images = images;
  }
  /** @override */
  has() {
    return this.vectors !== null;
  }
  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images: [active], get }) {
    if (isTogether(get) || !this.lacks(SAMPLE)) return null;
    if (this.#images.lacks(String(active))) return null;
    return { content: { images: [], sample: true }, keys: [SAMPLE] };
  }
  /**
   * @param {VectorsReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ vectors }, buffers) {
    const [sample] = decodeVectors(vectors, buffers, null);
    if (sample) this.vectors = new Vectors(sample.quantised);
  }
  /** @override */
  close() {
    this.vectors = null;
  }
};

// src/model/previews.js
var STATISTICS_KEPT = 64;
var FITS_KEPT = 64;
var MAPS_KEPT = 128;
var MAPS_BYTES = 16e6;
var Previews = class {
  moments = new MomentsOfBatch();
  vectors;
  sample;
  /** @type {Cache<{ vector: Float32Array, stats: Stats }>} */
  #prompts = new Cache(STATISTICS_KEPT);
  /** Of moments, when the statistics were taken. */
  #arrivals = 0;
  /** The sample's similarities, written again for each prompt. */
  #sampled = new Float32Array(0);
  /** @type {Float32Array[]} Maps to be written again: a hover makes hundreds. */
  #spare = [];
  /** @type {Cache<Similarity>} */
  #maps = new Cache(MAPS_KEPT, ({ map }) => this.#spare.push(map));
  #grid;
  #numEig;
  #eigvals;
  /** @type {{ granularity: number, weights: Float32Array } | null} */
  #weights = null;
  /** @type {Cache<{ fit: Fit, clicks: Clicked[] }>} */
  #fits = new Cache(FITS_KEPT);
  /**
   * @param {Size} grid
   * @param {number} numEig of the vectors
   * @param {number[] | null} eigvals
   */
  constructor(grid, numEig, eigvals) {
    this.#grid = grid;
    this.#numEig = numEig;
    this.#eigvals = eigvals;
    this.vectors = new VectorsOfImages(grid, numEig);
    this.sample = new VectorsOfSample(this.vectors);
  }
  /** What they are made of, in the order in which it is asked for. */
  get resources() {
    return [this.moments, this.sample, this.vectors];
  }
  /**
   * What is similar to a source on an image, or undefined where the eigenvectors for it
   * are not here. The map is valid until others are asked for, more than `reserve` told.
   *
   * @param {Source} source
   * @param {number} numEig
   * @param {number} image
   * @returns {Similarity | undefined}
   */
  get(source, numEig, image) {
    this.#renew();
    const key = mapKey(numEig, source, image);
    const known = this.#maps.get(key);
    if (known) return known;
    const similarity = isCell(source) ? this.#ofCell(source, numEig, image) : source.method === DIFFUSION && this.#ofClicks(source, image);
    if (!similarity) return void 0;
    this.#maps.set(key, similarity);
    return similarity;
  }
  /**
   * @param {Cell} cell
   * @param {number} numEig
   * @param {number} image
   */
  #ofCell(cell, numEig, image) {
    const vectors = this.vectors.get(image);
    const clicked = vectors && this.#clickedAt(cell, numEig);
    if (!clicked) return void 0;
    const map = this.#newMap(vectors.count);
    vectors.similarityInto(map, clicked.vector);
    return { map, stats: clicked.stats };
  }
  /**
   * How well the cells of an image fit all clicks.
   *
   * @param {ClickSet} set
   * @param {number} image
   */
  #ofClicks(set, image) {
    const vectors = this.vectors.get(image);
    const weights = this.#weightsAt(
      /** @type {number} */
      set.granularity
    );
    const known = vectors && this.#fitOf(set, weights);
    if (!known) return void 0;
    const { fit, clicks } = known;
    const map = this.#newMap(vectors.count);
    vectors.similarityInto(map, fit.vector, weights);
    for (let i = 0; i < map.length; i++) map[i] += fit.offset;
    clicks.forEach((click, j) => {
      if (click.cell[0] !== image || fit.local[j] === 0) return;
      const cosines = this.#newMap(vectors.count);
      vectors.similarityInto(cosines, click.vector, weights);
      addAbout(map, cosines, click, fit.local[j], this.#grid);
      this.#spare.push(cosines);
    });
    const positives = set.positives.slice(0, -1);
    const earlier = positives.length && this.get({ ...set, positives }, this.#numEig, image);
    if (earlier) {
      for (let i = 0; i < map.length; i++) map[i] = Math.max(map[i], earlier.map[i]);
    }
    for (const { cell, positive } of clicks) {
      if (cell[0] !== image) continue;
      const at2 = cell[1] * this.#grid[1] + cell[2];
      map[at2] = positive ? Math.max(map[at2], 1) : Math.min(map[at2], 0);
    }
    return { map, stats: null };
  }
  /**
   * @param {ClickSet} set
   * @param {Float32Array} weights
   */
  #fitOf(set, weights) {
    const key = nameOf(set);
    const known = this.#fits.get(key);
    if (known) return known;
    const clicks = [];
    for (const cells of [set.positives, set.negatives]) {
      for (const cell of cells) {
        const vectors = this.vectors.get(cell[0]);
        if (!vectors) return void 0;
        const pixel = cell[1] * this.#grid[1] + cell[2];
        const vector = vectors.vectorOf(pixel, this.#numEig, weights);
        clicks.push({ vector, positive: cells === set.positives, cell });
      }
    }
    const found = { fit: fitOf(clicks, this.#grid), clicks };
    this.#fits.set(key, found);
    return found;
  }
  /** @param {number} granularity */
  #weightsAt(granularity) {
    if (this.#weights?.granularity !== granularity) {
      const eigvals = this.#eigvals ?? [];
      this.#weights = { granularity, weights: weightsOf(eigvals, granularity) };
    }
    return this.#weights.weights;
  }
  /** @param {number} size */
  #newMap(size) {
    return this.#spare.pop() ?? new Float32Array(size);
  }
  /**
   * Keep room for the maps of so many clicks on one image.
   *
   * @param {number} clicks
   */
  reserve(clicks) {
    const [rows, cols] = this.#grid;
    const more = Math.min(MAPS_KEPT, Math.floor(MAPS_BYTES / (4 * rows * cols)));
    this.#maps.limit = clicks + 1 + more;
    this.#prompts.limit = clicks + STATISTICS_KEPT;
  }
  close() {
    this.#maps.clear();
    this.#spare = [];
  }
  /** Until the moments have come, the sample's own stand in. */
  #renew() {
    const { arrivals } = this.moments;
    if (arrivals === this.#arrivals) return;
    this.#arrivals = arrivals;
    this.#prompts.clear();
    this.#maps.clear();
  }
  /**
   * @param {Cell} cell
   * @param {number} numEig
   */
  #clickedAt(cell, numEig) {
    const key = mapKey(numEig, cell, -1);
    const known = this.#prompts.get(key);
    if (known) return known;
    const [image, row, col] = cell;
    const vectors = this.vectors.get(image);
    const sample = this.sample.vectors;
    if (!vectors || !sample) return void 0;
    const vector = vectors.vectorOf(row * this.#grid[1] + col, numEig);
    if (this.#sampled.length !== sample.count) {
      this.#sampled = new Float32Array(sample.count);
    }
    const sampled = sample.similarityInto(this.#sampled, vector);
    const stats = statisticsOf(vector, sampled, this.moments.get(numEig));
    const clicked = { vector, stats };
    this.#prompts.set(key, clicked);
    return clicked;
  }
};

// src/maths/runs.js
var Runs = class {
  /** First pixel of each run, as of a flattened array. */
  #starts;
  /** One after the last. */
  #stops;
  /** Number of the thing that it belongs to, from 1 on. */
  #instances;
  #rows;
  #width;
  /** Pixels in the mask. */
  count = 0;
  /** Things in it. */
  instances = 0;
  /**
   * @param {Uint32Array} values starts, stops and instances, one after the other
   * @param {[height: number, width: number]} size of the image
   */
  constructor(values, [height, width]) {
    const length = values.length / 3;
    this.#starts = values.subarray(0, length);
    this.#stops = values.subarray(length, 2 * length);
    this.#instances = values.subarray(2 * length);
    this.#width = width;
    this.#rows = new Uint32Array(height + 1).fill(length);
    for (let run = length - 1; run >= 0; run--) {
      this.count += this.#stops[run] - this.#starts[run];
      this.instances = Math.max(this.instances, this.#instances[run]);
      this.#rows[Math.floor(this.#starts[run] / width)] = run;
    }
    for (let row = height - 1; row >= 0; row--) {
      this.#rows[row] = Math.min(this.#rows[row], this.#rows[row + 1]);
    }
  }
  /**
   * Paint the canvas pixels that show pixels of the mask.
   *
   * @param {Uint32Array} pixels of the canvas
   * @param {Int32Array} rows of the image that its rows show
   * @param {Int32Array} cols of the image that its columns show; no column
   *   shows one further left than the one before it
   * @param {number[]} colours of the things, in turn
   */
  paint(pixels2, rows, cols, colours) {
    const width = cols.length;
    for (let y = 0; y < rows.length; y++) {
      const row = rows[y];
      const line = row * this.#width;
      for (let run = this.#rows[row]; run < this.#rows[row + 1]; run++) {
        const from = firstOf(cols, this.#starts[run] - line);
        const to = firstOf(cols, this.#stops[run] - line);
        const colour = colours[(this.#instances[run] - 1) % colours.length];
        if (from < to) pixels2.fill(colour, y * width + from, y * width + to);
      }
    }
  }
};
function firstOf(sorted, least) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (sorted[middle] >= least) high = middle;
    else low = middle + 1;
  }
  return low;
}
function pixelsUnder(length, from, extent, pixels2) {
  const under = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const at2 = Math.floor(from + (i + 0.5) * extent / length);
    under[i] = Math.min(Math.max(at2, 0), pixels2 - 1);
  }
  return under;
}

// src/model/segments.js
var KEPT = { stage: 500, thumb: 2e4 };
var IMAGES = 24;
var SegmentMasks = class extends Resource {
  /** @type {Cache<Mask>} */
  #cache;
  #picture;
  #sizes;
  /**
   * @param {SegmentKind} kind
   * @param {Size[]} sizes of the images
   */
  constructor(kind, sizes) {
    const after = kind === "stage" ? ["stage", "mask"] : ["stage", "mask", "thumb"];
    super(`segments ${kind}`, "segments", after);
    this.#cache = new Cache(KEPT[kind]);
    this.#picture = kind;
    this.#sizes = sizes;
  }
  /**
   * @param {SegmentEntry} segment
   * @param {number} image
   */
  get(segment, image) {
    return this.#cache.get(this.#key(segment, image));
  }
  /**
   * Whether all that is to be shown on an image is here, or not to be had.
   *
   * @param {SegmentEntry[]} segments
   * @param {number} image
   */
  isComplete(segments, image) {
    return this.#missing(segments, image).length === 0;
  }
  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#cache.has(key);
  }
  /**
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images, get }) {
    const listed = get("_segments");
    const isStage = this.#picture === "stage";
    if (listed.length === 0 || !isStage && this.#sizes.length === 1) return null;
    const shown = isStage ? images.slice(0, 1) : images;
    this.#cache.limit = Math.max(KEPT[this.#picture], 2 * listed.length * shown.length);
    const first = shown.find((image) => !this.isComplete(listed, image));
    if (first === void 0) return null;
    const segments = this.#missing(listed, first);
    const lacking = shown.filter(
      (image) => segments.some((segment) => this.lacks(this.#key(segment, image)))
    );
    const asked = lacking.slice(0, IMAGES);
    const keys = asked.flatMap(
      (image) => segments.map((segment) => this.#key(segment, image))
    );
    const content = {
      kind: this.#picture,
      segments: segments.map(({ id, edition }) => [id, edition]),
      images: asked
    };
    return { content, keys };
  }
  /**
   * Other pages ask for masks of their own.
   *
   * @param {SegmentsReply} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs
   * @override
   */
  take({ kind, parts }, buffers, isOurs) {
    if (!isOurs || kind !== this.#picture) return;
    for (const { part, bytes } of decodeSegments(parts, buffers)) {
      const mask = kind === "stage" ? new Runs(new Uint32Array(bytes.buffer), this.#sizes[part.image]) : bytes;
      this.#cache.set(
        this.#key(part, part.image),
        /** @type {Mask} */
        mask
      );
    }
  }
  /**
   * What an answer had no time for is asked for again, unless it brought nothing.
   *
   * @param {string[]} keys
   * @param {Message} [answer]
   * @override
   */
  refuse(keys, answer) {
    const hasSome = answer?.type === "segments" && answer.parts.length > 0;
    super.refuse(hasSome ? [] : keys);
  }
  /** @override */
  close() {
    this.#cache.clear();
  }
  /**
   * @param {SegmentEntry[]} segments
   * @param {number} image
   */
  #missing(segments, image) {
    return segments.filter(
      (segment) => isShown(segment) && this.lacks(this.#key(segment, image))
    );
  }
  /**
   * @param {{ id: number, edition: number, instances: string }} segment
   * @param {number} image
   */
  #key({ id, edition, instances }, image) {
    const key = `${id} ${edition} ${image}`;
    return this.#picture === "stage" ? `${key} ${instances}` : key;
  }
};
function editOf(key, { id, visible, open }) {
  switch (key.toLowerCase()) {
    case "delete":
    case "backspace":
      return { op: "delete", segment: id };
    case "e":
      return { op: "reopen", segment: open ? null : id };
    case "h":
      return { op: "change", segment: id, fields: { visible: !visible } };
    default:
      return null;
  }
}
function isShown({ visible, open }) {
  return visible && !open;
}

// src/model/similarities.js
var CACHE_BYTES2 = 64e6;
var REPLY_BYTES2 = 1e6;
var Similarities = class extends Resource {
  /** @type {Cache<Similarity>} */
  #cache = new Cache(0);
  #grid;
  #bytes;
  /** What is missing for which images, of these prompts, at that version. */
  #known = {
    prompts: (
      /** @type {Prompts | null} */
      null
    ),
    version: -1,
    missing: (
      /** @type {Map<string, MapWant[]>} */
      /* @__PURE__ */ new Map()
    )
  };
  /** @param {Size} grid */
  constructor(grid) {
    super("maps", "maps", []);
    this.#grid = grid;
    this.#bytes = 4 * grid[0] * grid[1];
  }
  /**
   * @param {Source} source
   * @param {number} numEig
   * @param {number} image
   */
  get(source, numEig, image) {
    return this.#cache.get(mapKey(numEig, source, image));
  }
  /**
   * @param {string} key
   * @override
   */
  has(key) {
    return this.#cache.has(key);
  }
  /**
   * A slider on its way to another number of eigenvectors asks where it rests, and an
   * edit brings its own.
   *
   * @param {Wanted} wanted
   * @returns {Ask | null}
   * @override
   */
  ask({ images, prompts, get, resting, arriving }) {
    if (!resting || arriving) return null;
    const wants = this.missing(prompts, images);
    if (wants.length === 0) return null;
    const numEig = get("num_eig");
    const keys = wants.flatMap(
      (want) => want.images.map((image) => mapKey(numEig, sourceOf(want), image))
    );
    return { content: { num_eig: numEig, wants }, keys };
  }
  /**
   * @param {Edited | MapReply} content
   * @param {Buffers} buffers
   * @override
   */
  take({ num_eig: numEig, maps }, buffers) {
    for (const entry of decodeMaps(maps ?? [], buffers, this.#grid)) {
      const { source, image, map, stats } = entry;
      this.#cache.set(mapKey(numEig, source, image), { map, stats });
    }
  }
  /**
   * Keep room for the maps of so many clicks on so many images, and for more of them:
   * what is fetched never pushes out what is shown.
   *
   * @param {number} clicks
   * @param {number} images
   * @override
   */
  reserve(clicks, images) {
    this.#cache.limit = clicks * images + Math.floor(CACHE_BYTES2 / this.#bytes);
  }
  /**
   * What to ask the kernel for, as far as one reply goes: the first image's maps, and
   * once they are here the others'.
   *
   * @param {Prompts} prompts
   * @param {number[]} images the active one first
   * @returns {MapWant[]}
   */
  missing(prompts, images) {
    const { version } = this;
    if (this.#known.prompts !== prompts || this.#known.version !== version) {
      this.#known = { prompts, version, missing: /* @__PURE__ */ new Map() };
    }
    const key = images.join();
    let missing = this.#known.missing.get(key);
    if (!missing) {
      const room = Math.max(Math.floor(REPLY_BYTES2 / this.#bytes), 1);
      missing = this.#missing(prompts, images.slice(0, 1), room);
      if (!missing.length) missing = this.#missing(prompts, images.slice(1), room);
      this.#known.missing.set(key, missing);
    }
    return missing;
  }
  /** @override */
  close() {
    this.#cache.clear();
  }
  /**
   * @param {Prompts} prompts
   * @param {number[]} images
   * @param {number} room at most this many maps
   * @returns {MapWant[]}
   */
  #missing(prompts, images, room) {
    const { positives, negatives } = sourcesOf(prompts);
    const wants = [];
    const seen = /* @__PURE__ */ new Set();
    for (const source of [...positives, ...negatives]) {
      if (room === 0) break;
      const name = nameOf(source);
      if (seen.has(name)) continue;
      if (negatives.length > 0) seen.add(name);
      const lacking = images.filter(
        (image) => this.lacks(keyOf(prompts.numEig, name, image))
      );
      const asked = lacking.slice(0, room);
      room -= asked.length;
      if (asked.length) wants.push(mapWant(source, asked));
    }
    return wants;
  }
};

// src/model/resources.js
var Resources = class {
  similarities;
  previews;
  pictures;
  /** @type {SegmentMasks<Runs>} At the images' own sizes. */
  segmentMasks;
  /** @type {SegmentMasks<Uint8Array>} On the latent grid. */
  segmentCells;
  /** @type {Resource[]} */
  kinds;
  /**
   * @param {Info} info
   * @param {number} colors version of the eigenvectors' colours
   * @param {Decoder} decode
   */
  constructor({ grid, sizes, has_images, settings, eigvals }, colors, decode) {
    this.similarities = new Similarities(grid);
    this.previews = new Previews(grid, settings.num_eig.high, eigvals);
    this.pictures = picturesOfKinds(decode, has_images, colors);
    this.segmentMasks = new SegmentMasks("stage", sizes);
    this.segmentCells = new SegmentMasks("thumb", sizes);
    const { stage, eigvecs, thumb } = this.pictures;
    const { moments, sample, vectors } = this.previews;
    this.kinds = [
      stage,
      this.similarities,
      this.segmentMasks,
      eigvecs,
      thumb,
      this.segmentCells,
      moments,
      sample,
      vectors
    ];
  }
  /**
   * Keep room for what is on view.
   *
   * @param {number} clicks
   * @param {number} images
   */
  reserve(clicks, images) {
    for (const resource of this.kinds) resource.reserve(clicks, images);
    this.previews.reserve(clicks);
  }
  /**
   * Keep what has come.
   *
   * @param {Message} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs whether this page has asked for it
   * @returns {Promise<unknown> | null} of what is still to be done with it
   */
  accept(content, buffers, isOurs) {
    const takers = this.kinds.filter(({ type }) => type === content.type);
    const taken = takers.map((each) => each.accept(content, buffers, isOurs));
    const toDo = taken.filter(Boolean);
    return toDo.length > 0 ? Promise.all(toDo) : null;
  }
  /**
   * @param {string} kind of request that has its answer
   * @param {string[]} keys of what it asked for
   * @param {Message} answer
   */
  refuse(kind, keys, answer) {
    this.kinds.find((each) => each.kind === kind)?.refuse(keys, answer);
  }
  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    for (const pictures of Object.values(this.pictures)) pictures.recolor(colors);
  }
  retry() {
    for (const resource of this.kinds) resource.retry();
  }
  close() {
    for (const resource of this.kinds) resource.close();
    this.previews.close();
  }
};

// src/model/settings.js
var SAVE_EVERY_MS = 250;
var MARIMO = "marimo-anywidget";
var Settings = class {
  #model;
  #requests;
  #onChange;
  #onLost;
  /** Changes made here, and how many of them went out. */
  #changes = 0;
  #sent = 0;
  /** @type {Map<string, { value: unknown, change: number }>} Not known to be handled. */
  #values = /* @__PURE__ */ new Map();
  /** @type {Save | null} Under way, as far as is known. */
  #saving = null;
  /** @type {Save | null} */
  #lastSave = null;
  /** Whether the host waits for an answer that is lost. */
  #stuck = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether this host tells when the kernel has handled a change. */
  #hostTells;
  /** What the host's callbacks hold of us: they may outlive the model. */
  #link = { settings: (
    /** @type {Settings | null} */
    this
  ) };
  /** The table: what the kernel tells of each. */
  #table;
  /** Those that can change masks; the kernel's `_revision` counts their changes. */
  ofMasks;
  /** Those of how it looks. */
  ofView;
  /**
   * @param {Model} model
   * @param {Requests} requests
   * @param {() => void} onChange called when changes went out or were handled
   * @param {() => void} onLost called when they cannot go out: the kernel has gone
   */
  constructor(model, requests, onChange, onLost) {
    this.#model = model;
    this.#requests = requests;
    this.#onChange = onChange;
    this.#onLost = onLost;
    this.#hostTells = typeof model.widget_manager?.callbacks === "function";
    this.#table = /** @type {Info} */
    model.get("_info").settings;
    const names = Object.keys(this.#table);
    this.ofMasks = names.filter((name) => this.#table[name].of === "mask");
    this.ofView = names.filter((name) => this.#table[name].of === "view");
  }
  /** Whether the kernel has handled every change that can change masks. */
  get settled() {
    return !this.ofMasks.some((name) => this.#values.has(name));
  }
  /** Whether a change is not known to be handled. */
  get waiting() {
    return this.#values.size > 0;
  }
  /** Whether changes wait to go out. */
  get unsaved() {
    return [...this.#values.values()].some(({ change }) => change > this.#sent);
  }
  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    this.#values.set(name, { value, change: ++this.#changes });
    this.#model.set(name, value);
    this.#schedule();
  }
  /**
   * The trait has changed. Is it the kernel's older value, the one set here stays, since
   * it is about to go out.
   *
   * @param {string} name
   */
  keep(name) {
    const own = this.#values.get(name);
    if (!own || own.change <= this.#sent || own.value === this.#model.get(name)) return;
    this.#model.set(name, own.value);
  }
  /** Tell the kernel all that it may not have, and have it tell all traits. */
  sync() {
    this.#stop();
    const settings = Object.fromEntries(
      [...this.#values].map(([name, { value }]) => [name, value])
    );
    this.#markSent();
    const asked = { changes: this.#changes };
    this.#requests.open("sync", { type: "sync", settings }, asked);
  }
  /**
   * The kernel has answered a request: what was sent before it is handled, or lost.
   *
   * @param {number} number of the request
   * @param {boolean} isLost whether something before it was lost
   * @returns {boolean} whether a change may be lost
   */
  pass(number, isLost) {
    const save = this.#saving;
    if (!save || number <= save.after) return false;
    this.#saving = null;
    this.#stuck = this.#hostTells;
    if (this.#stuck || isLost) return true;
    this.#handle(save.changes);
    return false;
  }
  /**
   * The kernel has answered a `sync`.
   *
   * @param {number} changes that it was told of
   */
  synced(changes) {
    this.#handle(changes);
    this.#schedule();
  }
  /** A new revision has come: the best sign there is in a host that does not tell. */
  takeRevision() {
    if (this.#hostTells || this.unsaved) return;
    this.#saving = null;
    this.#handle(this.#changes);
  }
  /**
   * marimo runs cells again when its page sets a trait, and for nothing else: clicks are
   * no traits.
   *
   * @param {number} revision of the clicks that were made
   */
  tellHost(revision) {
    if (!globalThis.customElements?.get(MARIMO)) return;
    this.#model.set("_seen", revision);
    this.#model.save_changes();
  }
  /** Nothing is under way any more: the kernel has gone. */
  drop() {
    this.#stop();
    this.#saving = null;
  }
  close() {
    this.drop();
    this.#link.settings = null;
  }
  /** @param {string} name */
  initial(name) {
    return this.#table[name].default;
  }
  /** One message at a time, and not too many: the rest is merged into the next. */
  #schedule() {
    if (!this.unsaved || this.#busy || this.#timer !== void 0) return;
    const wait = this.#sentAt + SAVE_EVERY_MS - performance.now();
    if (wait <= 0) this.#tell();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = void 0;
        if (!this.#busy) this.#tell();
      }, wait);
    }
  }
  /** Whether the kernel is still to tell that it has what was sent last. */
  get #busy() {
    if (this.#stuck) return this.#requests.isOpen("sync");
    return this.#hostTells && this.#saving !== null;
  }
  #tell() {
    if (this.#stuck) {
      this.sync();
      this.#onChange();
    } else this.#save();
  }
  #save() {
    this.#markSent();
    const save = { changes: this.#changes, after: this.#requests.count };
    this.#saving = save;
    this.#lastSave = save;
    this.#requests.hear();
    try {
      this.#model.save_changes(callbacksOf(this.#model, this.#link, save));
    } catch {
      this.#onLost();
    }
    this.#onChange();
  }
  #markSent() {
    this.#sent = this.#changes;
    this.#sentAt = performance.now();
  }
  #stop() {
    clearTimeout(this.#timer);
    this.#timer = void 0;
  }
  /** @param {number} changes that the kernel has */
  #handle(changes) {
    for (const [name, { change }] of this.#values) {
      if (change <= changes) this.#values.delete(name);
    }
    this.#requests.hear();
  }
  /**
   * @param {Save} save
   * @param {string} status of the kernel, about it
   */
  takeStatus(save, status) {
    this.#hostTells = true;
    if (status !== "idle") return;
    if (this.#saving === save) this.#saving = null;
    if (save === this.#lastSave && save.changes === this.#changes) this.#stuck = false;
    this.#handle(save.changes);
    this.#schedule();
    this.#onChange();
  }
};
function callbacksOf({ widget_manager: manager }, link, save) {
  const callbacks = manager?.callbacks?.() ?? {};
  return {
    ...callbacks,
    iopub: {
      ...callbacks.iopub,
      status: (message) => link.settings?.takeStatus(save, message.content.execution_state)
    }
  };
}

// src/model/store.js
var Store = class {
  /** Grows with everything that can change what masks are asked for. */
  version = 0;
  /** Whether the kernel that the model belongs to is gone. */
  lost = false;
  /** Whether a kernel has answered anything. */
  heard = false;
  #model;
  #signal;
  #resources;
  /** @type {Settings} */
  #settings;
  #clicks;
  /** @type {Requests} */
  #requests;
  #answers;
  #fetcher;
  #connection;
  /** @type {Set<() => void>} */
  #listeners = /* @__PURE__ */ new Set();
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
    this.#requests = new Requests({
      send: (content) => this.#send(content),
      ping: () => ({ type: "maps", num_eig: this.get("num_eig"), wants: [] }),
      waits: () => !this.lost && this.#settings.waiting,
      onSlow: () => this.#notify(),
      onLater: () => this.#fetch()
    });
    this.#settings = new Settings(
      model,
      this.#requests,
      () => this.#refresh(),
      () => this.#disconnect()
    );
    this.#clicks = new Clicks(model.get("clicks"), model.get("_history"));
    this.#resources = new Resources(this.info, model.get("_colors"), decode);
    const parts = {
      clicks: this.#clicks,
      settings: this.#settings,
      requests: this.#requests,
      resources: this.#resources
    };
    this.#fetcher = new Fetcher(model, parts);
    this.#answers = new Answers(model, parts, {
      isSettled: () => this.#isSettled,
      onChange: () => this.#change(),
      onArrival: () => this.#refresh()
    });
    this.#listen();
    this.#connection = new Connection(model, () => this.#resume(), signal);
    signal.addEventListener("abort", () => this.#close(), { once: true });
  }
  get similarities() {
    return this.#resources.similarities;
  }
  get previews() {
    return this.#resources.previews;
  }
  get pictures() {
    return this.#resources.pictures;
  }
  get segmentMasks() {
    return this.#resources.segmentMasks;
  }
  get segmentCells() {
    return this.#resources.segmentCells;
  }
  /** @returns {SegmentEntry[]} the committed segments, in their order */
  get segments() {
    return this.#model.get("_segments");
  }
  /** Whether the segments' masks on the active image are here. */
  get hasSegments() {
    return this.segmentMasks.isComplete(this.segments, this.activeImage);
  }
  /** What the stage showed when the widget was displayed last, or null. */
  get still() {
    const still = this.#model.get("_still");
    return this.heard || still?.image !== this.activeImage ? null : still.url;
  }
  /** Whether there is no kernel, and what was put into the page answers. */
  get offline() {
    return this.info.offline === true;
  }
  /** What a function of the user's raised, and what it was called for; or null. */
  get failure() {
    return this.#answers.failure;
  }
  forgetFailure() {
    this.#answers.failure = null;
    this.#notify();
  }
  /** Grows with all that comes from the kernel to make masks of. */
  get arrivals() {
    return this.#answers.arrivals;
  }
  /** What went wrong, in a sentence, or null. */
  get error() {
    return this.#answers.error;
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
  /** Whether an edit on its way may bring clicks that the page does not know. */
  get unsure() {
    return this.#clicks.expected.unsure;
  }
  /** Cells of the clicks that the masks are to be made of. */
  get prompts() {
    if (this.#prompts?.version !== this.version) {
      const clicks = this.clicks.map(({ click }) => click);
      const prompts = promptsOf(clicks, (name) => this.get(name));
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
    const isWaiting = missing.length > 0 || !this.hasSegments;
    if (this.#clicks.pending > 0 || isWaiting) return "pending";
    return this.error ? "error" : "idle";
  }
  /**
   * The kernel's revision that the page's clicks and settings are those of, or null
   * while the two sides are still settling.
   *
   * @returns {number | null}
   */
  get revision() {
    return this.#isSettled ? this.#answers.revision : null;
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
    this.#answers.clearError();
    this.#settings.set(name, value);
  }
  /** Settings that can change masks. */
  get maskSettings() {
    return this.#settings.ofMasks;
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
    const detach = () => {
      this.#listeners.delete(listener);
      this.#fetcher.forget(view);
    };
    signal.addEventListener("abort", detach, { once: true });
  }
  #listen() {
    const handlers = {
      "change:clicks": () => {
        if (this.#clicks.tell({ clicks: this.get("clicks") })) this.#retry();
        else this.#refresh();
      },
      "change:_history": () => {
        this.#clicks.tell({ history: this.get("_history") });
        this.#refresh();
      },
      "change:_revision": () => {
        this.#settings.takeRevision();
        this.#notify();
      },
      "change:_segments": () => this.#refresh(),
      "change:_colors": () => {
        this.#resources.recolor(this.get("_colors"));
        this.#refresh();
      },
      "msg:custom": (content, buffers) => {
        if (typeof content?.type !== "string") return;
        this.heard = true;
        if (this.lost) this.#revive();
        this.#answers.receive(content, buffers ?? []);
        if (content.type === "edited") this.#settings.tellHost(content.revision);
      },
      // What ipywidgets tells when the kernel restarts.
      comm_live_update: () => this.#disconnect()
    };
    const listen2 = (names, then) => {
      for (const name of names) {
        handlers[`change:${name}`] = () => {
          this.#settings.keep(name);
          then();
        };
      }
    };
    listen2(this.#settings.ofMasks, () => this.#retry());
    listen2(this.#settings.ofView, () => this.#refresh());
    for (const [name, handler] of Object.entries(handlers))
      this.#model.on(name, handler);
    const unlisten = () => {
      for (const [name, handler] of Object.entries(handlers)) {
        this.#model.off(name, handler);
      }
    };
    this.#signal.addEventListener("abort", unlisten, { once: true });
  }
  get #isSettled() {
    const isTelling = this.#connection.restoring || this.#requests.isOpen("sync");
    const isEditing = this.#clicks.pending > 0 || !this.#settings.settled;
    return !this.lost && !isTelling && !isEditing;
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
  /** The line to the kernel is back; what was under way may be lost. */
  #resume() {
    if (!this.lost) this.#settings.sync();
  }
  /** Give up what is under way. Should the kernel still be there, its answer revives. */
  #disconnect() {
    if (this.lost) return;
    this.lost = true;
    this.#requests.drop();
    this.#clicks.drop();
    this.#settings.drop();
    this.#requests.ping();
    this.#change();
  }
  #revive() {
    this.lost = false;
    this.#settings.sync();
  }
  #retry() {
    this.#resources.retry();
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
    this.#settings.close();
    this.#requests.drop();
    this.#listeners.clear();
    this.#resources.close();
  }
};

// src/offline/kernel.js
var NO_KERNEL = "That needs a kernel: this page only shows, and lets you try.";
var OfflineKernel = class {
  /** @type {State} */
  #state;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  #revision;
  #page;
  #parts;
  #previews;
  /**
   * @param {Page} page
   * @param {Parts} parts
   */
  constructor(page, parts) {
    const { _info: info, clicks, _segments: segments, _revision } = page.traits;
    this.#page = page;
    this.#parts = parts;
    this.#state = { clicks, segments };
    this.#revision = _revision;
    this.#previews = new Previews(info.grid, info.settings.num_eig.high, info.eigvals);
    const images = Object.keys(page.vectors).map(Number);
    const { vectors, sample, moments } = this.#previews;
    vectors.reserve(0, images.length);
    for (const image of images) vectors.accept(...this.#vectors([image]));
    sample.accept(...this.#vectors([null]));
    for (const numEig of Object.keys(page.moments)) {
      moments.accept(...this.#moments(Number(numEig)));
    }
  }
  /** What the page is told of: its traits. */
  get traits() {
    const { clicks, segments } = this.#state;
    return {
      clicks,
      _segments: segments,
      _history: [this.#past.length > 0, this.#future.length > 0],
      _revision: this.#revision
    };
  }
  /** A setting has changed. */
  count() {
    this.#revision++;
  }
  /**
   * @param {any} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  answer(request) {
    const { type, id } = request;
    try {
      const [content, buffers] = this.#answer(request);
      return [{ type, ...content, id }, buffers];
    } catch (error) {
      const { message } = (
        /** @type {Error} */
        error
      );
      return [{ type: "error", id, message }, []];
    }
  }
  /**
   * @param {any} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #answer(request) {
    switch (request.type) {
      case "edit":
        return this.#edit(request.edits);
      case "maps":
        return this.#maps(request);
      case "vectors":
        return this.#vectors(request.sample ? [null] : request.images);
      case "moments":
        return this.#moments(request.num_eig);
      case "pictures":
        return this.#pictures(request);
      case "segments":
        return this.#segments(request);
      default:
        return [{ type: "synced", revision: this.#revision }, []];
    }
  }
  // Clicks and segments ---------------------------------------------------------------
  /**
   * @param {any[]} edits
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #edit(edits) {
    let error = null;
    for (const edit of edits) {
      try {
        this.#make(edit);
      } catch (refused) {
        error = /** @type {Error} */
        refused.message;
        break;
      }
    }
    const { clicks, _history: history, _revision: revision } = this.traits;
    const content = { type: "edited", revision, clicks, history, maps: [], error };
    return [content, []];
  }
  /** @param {any} edit */
  #make({ op, click, segment, fields }) {
    const { clicks, segments } = this.#state;
    switch (op) {
      case "click":
        return this.#turn({ clicks: [...clicks, click], segments });
      case "clear":
        return clicks.length && this.#turn({ clicks: [], segments });
      case "undo":
        return this.#step(this.#past, this.#future);
      case "redo":
        return this.#step(this.#future, this.#past);
      case "delete":
        return this.#turn({ clicks, segments: segments.filter(not(segment)) });
      case "change":
        return this.#turn({ clicks, segments: changed(segments, segment, fields) });
      default:
        throw new Error(NO_KERNEL);
    }
  }
  /** @param {State} state */
  #turn(state) {
    this.#past.push(this.#state);
    this.#future = [];
    this.#state = state;
    this.#revision++;
  }
  /**
   * @param {State[]} from
   * @param {State[]} to
   */
  #step(from, to) {
    const state = from.pop();
    if (!state) return;
    to.push(this.#state);
    this.#state = state;
    this.#revision++;
  }
  // What it was given -----------------------------------------------------------------
  /**
   * @param {{ num_eig: number, wants: MapWant[] }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #maps({ num_eig, wants }) {
    const buffers = [];
    const maps = wants.map((want) => {
      const source = sourceOf(want);
      let stats = null;
      const values = want.images.map((image) => {
        const found = this.#previews.get(source, num_eig, image);
        if (!found) throw new Error(NO_KERNEL);
        stats = found.stats;
        return found.map.slice();
      });
      buffers.push(joined(values));
      return { ...want, stats };
    });
    return [{ num_eig, revision: this.#revision, maps }, buffers];
  }
  /**
   * @param {(number | null)[]} images null: the sample
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #vectors(images) {
    const { vectors, sample, quantised } = this.#page;
    const parts = images.map((image) => image === null ? sample : vectors[image]);
    const entries = images.map((image) => ({ image, ...quantised }));
    return [{ vectors: entries }, parts.map((part) => this.#parts(part))];
  }
  /**
   * @param {number} numEig
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #moments(numEig) {
    const { count: count2, moments } = this.#page;
    const parts = moments[numEig].map((part) => this.#parts(part));
    return [{ num_eig: numEig, count: count2 }, parts];
  }
  /**
   * @param {{ kind: string, images: number[] }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #pictures({ kind, images }) {
    const found = images.map((image) => this.#page.pictures[kind][image]);
    const pictures = found.map(({ part, ...entry }, k) => ({
      ...entry,
      image: images[k]
    }));
    const buffers = found.flatMap(
      ({ part }) => part === void 0 ? [] : [this.#parts(part)]
    );
    const colors = this.#page.traits._colors;
    return [{ kind, colors, pictures, left: [] }, buffers];
  }
  /**
   * @param {{ kind: string, segments: [number, number][], images: number[] }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #segments({ kind, segments, images }) {
    const found = images.flatMap(
      (image) => segments.map(([id, edition]) => {
        const { part, instances } = this.#page.segments[kind][`${id} ${image}`];
        return { entry: { id, edition, image, instances }, part };
      })
    );
    const content = { kind, parts: found.map(({ entry }) => entry) };
    return [content, found.map(({ part }) => this.#parts(part))];
  }
};
function not(id) {
  return (segment) => segment.id !== id;
}
function changed(segments, id, { place, instances, ...fields }) {
  if (instances !== void 0) throw new Error(NO_KERNEL);
  const one = segments.find((segment) => segment.id === id);
  if (!one) throw new Error("That segment is not there any more.");
  const others = segments.filter(not(id));
  const at2 = place ?? segments.indexOf(one);
  return [...others.slice(0, at2), { ...one, ...fields }, ...others.slice(at2)];
}
function joined(maps) {
  const size = maps.length > 0 ? maps[0].length : 0;
  const all = new Float32Array(maps.length * size);
  for (const [k, map] of maps.entries()) all.set(map, k * size);
  return all.buffer;
}

// src/offline/page.js
function openOffline(widget, page, el) {
  const model = new OfflineModel(page);
  widget.initialize({ model });
  widget.render({ el });
  return model;
}
var OfflineModel = class {
  /** @type {Record<string, any>} */
  #traits;
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  #handlers = /* @__PURE__ */ new Map();
  #kernel;
  #mask;
  #changed = false;
  /** @param {Page} page */
  constructor(page) {
    const { settings } = page.traits._info;
    const names = Object.keys(settings);
    this.#mask = new Set(names.filter((name) => settings[name].of === "mask"));
    this.#traits = { ...page.traits };
    this.#kernel = new OfflineKernel(page, (part) => bytesOf2(page.parts[part]));
  }
  /** @param {string} name */
  get(name) {
    return this.#traits[name];
  }
  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (this.#traits[name] === value) return;
    this.#traits[name] = value;
    this.#changed ||= this.#mask.has(name);
    this.#emit(`change:${name}`);
  }
  save_changes() {
    if (this.#changed) this.#kernel.count();
    this.#changed = false;
    this.#tell();
  }
  /** @param {any} request */
  send(request) {
    const [content, buffers] = this.#kernel.answer(request);
    queueMicrotask(() => {
      this.#tell();
      this.#emit("msg:custom", content, buffers);
    });
  }
  /**
   * @param {string} name
   * @param {(...args: any[]) => void} handler
   */
  on(name, handler) {
    const handlers = this.#handlers.get(name) ?? /* @__PURE__ */ new Set();
    this.#handlers.set(name, handlers.add(handler));
  }
  /**
   * @param {string} name
   * @param {(...args: any[]) => void} handler
   */
  off(name, handler) {
    this.#handlers.get(name)?.delete(handler);
  }
  /** Take from the kernel what it tells by traits. */
  #tell() {
    for (const [name, value] of Object.entries(this.#kernel.traits)) {
      this.set(name, value);
    }
  }
  /**
   * @param {string} name
   * @param {...any} args
   */
  #emit(name, ...args) {
    for (const handler of this.#handlers.get(name) ?? []) handler(...args);
  }
};
function bytesOf2(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer;
}

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
var count = 0;
function newId() {
  return `ncut-${Math.random().toString(36).slice(2)}-${++count}`;
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

// src/panel/waiting.js
var WAIT_MS = 3e3;
var WAITING = "Waiting for the kernel…";
var ABSENT = "This widget is not connected to a kernel. Run its cell again to go on with it.";
function showWaiting(el, signal) {
  const text = html(
    "div",
    { class: "ncut-status", "data-ncut": "status", role: "status" },
    WAITING
  );
  const root = html(
    "div",
    { class: "ncut-segmenter", role: "group", "aria-label": "NCUT segmenter" },
    html("div", { class: "ncut-body" }, text)
  );
  root.dataset.state = "pending";
  const timer = setTimeout(() => {
    root.dataset.state = "error";
    setText(text, ABSENT);
  }, WAIT_MS);
  const end = () => {
    clearTimeout(timer);
    root.remove();
  };
  signal.addEventListener("abort", end, { once: true });
  el.append(root);
}

// src/model/hover.js
var Hover = class {
  /** Grows with every change of what masks are asked for. */
  version = 0;
  /** @type {Click | null} The click that would be made. */
  #click = null;
  #store;
  #segmentation;
  /** @type {Prompts} */
  #prompts = { numEig: 0, positives: [], negatives: [], together: null };
  #key = "";
  /** What the prompts are of: thousands of clicks are not looked at for every move. */
  #asked = "";
  /** @type {WeakMap<Prompts, string>} */
  #keys = /* @__PURE__ */ new WeakMap();
  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#segmentation = new Segmentation(store, this);
  }
  /**
   * The masks to show instead of the clicks' own, or null: nothing is pointed at, it
   * would change nothing, or what it needs is not here.
   */
  get shown() {
    const store = this.#store;
    const image = store.activeImage;
    if (this.#click?.[0] !== image || !store.get("hover_preview")) return null;
    if (store.get("method") === BIASED) return null;
    this.#update(this.#click);
    if (this.#key === this.#keyOf(store.prompts)) return null;
    if (this.#prompts.positives.length === 0) return null;
    return this.#segmentation.of(image).current ? this.#segmentation : null;
  }
  /**
   * Whether the masks that were shown are those of the clicks now: the click was made,
   * and until the kernel's own masks come there is nothing to repaint.
   */
  get keeps() {
    const { state, prompts, activeImage } = this.#store;
    if (state !== "pending" || this.#key !== this.#keyOf(prompts)) return false;
    return this.#segmentation.of(activeImage).current;
  }
  /** The masks of the clicks and of one more, as long as `keeps` or `shown` says so. */
  get masks() {
    return this.#segmentation;
  }
  /** Cells of the clicks, with the one that is not made. */
  get prompts() {
    return this.#prompts;
  }
  /** @param {Click | null} click that would be made, or null for none */
  point(click) {
    this.#click = click;
  }
  /** @param {Click} click */
  #update(click) {
    const store = this.#store;
    const { sizes, grid } = store.info;
    const cell = clickedCell(click, sizes[click[0]], grid);
    const asked = [store.version, cell, click[3]].join();
    if (asked === this.#asked) return;
    this.#asked = asked;
    const clicks = store.clicks.map(({ click: click2 }) => click2);
    const prompts = promptsOf([...clicks, click], (name) => store.get(name));
    const key = this.#keyOf(prompts);
    if (key === this.#key) return;
    this.#prompts = prompts;
    this.#key = key;
    this.version++;
  }
  /**
   * All that masks depend on, of prompts that are made anew with every change of it.
   *
   * @param {Prompts} prompts
   */
  #keyOf(prompts) {
    const known = this.#keys.get(prompts);
    if (known !== void 0) return known;
    const { positives, negatives } = prompts;
    const settings = this.#store.maskSettings.map((name) => this.#store.get(name));
    const key = [settings, positives.join(" "), negatives.join(" ")].join(" - ");
    this.#keys.set(prompts, key);
    return key;
  }
};

// src/painter.js
var NO_REVISION = "-1";
var STRIP_BUDGET = 6;
var STRIP_EVERY = 100;
var ANSWER_WITHIN = 60;
var Painter = class {
  #root;
  #store;
  #segmentation;
  #parts;
  #local;
  #frame = 0;
  #paintedImage = -1;
  /** @type {unknown[]} What the filmstrip is of. */
  #strip = [];
  #stripDue = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /**
   * @param {HTMLElement} root of the view
   * @param {Store} store
   * @param {Segmentation} segmentation of the clicks
   * @param {Parts} parts
   * @param {Local} local
   */
  constructor(root, store, segmentation, parts, local) {
    this.#root = root;
    this.#store = store;
    this.#segmentation = segmentation;
    this.#parts = parts;
    this.#local = local;
    setAttribute(root, "data-revision", NO_REVISION);
    setAttribute(root, "data-state", store.state);
  }
  /** Paint with the next frame. */
  repaint() {
    this.#frame ||= requestAnimationFrame(() => this.paint());
  }
  /** Paint what the store's change has changed. */
  update() {
    setAttribute(this.#root, "data-state", this.#store.state);
    if (this.#frame === 0 && this.#local.hover.keeps) this.#repaintIn(ANSWER_WITHIN);
    else this.repaint();
  }
  stop() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }
  /** Paint at once. */
  paint() {
    this.stop();
    this.#frame = 0;
    if (!this.#root.isConnected) return;
    const segmentation = this.#segmentation;
    const { hover } = this.#local;
    const { stage, controls, segments, trouble, status } = this.#parts;
    const image = this.#store.activeImage;
    const preview = hover.shown;
    const exact = segmentation.of(image).exact && this.#store.hasSegments;
    const shown = preview ?? (hover.keeps ? hover.masks : segmentation);
    const result = shown.of(image);
    const isPreview = shown !== segmentation || !result.exact && result.current;
    stage.paint(shown, isPreview, this.#local);
    this.#paintStrip(shown, isPreview);
    controls.paint();
    segments.paint();
    trouble.paint();
    status.paint(this.#local, preview);
    this.#tell(image, preview !== null, exact);
  }
  /**
   * @param {number} image
   * @param {boolean} isHover
   * @param {boolean} exact
   */
  #tell(image, isHover, exact) {
    const { state, revision } = this.#store;
    setAttribute(this.#root, "data-state", state);
    setAttribute(this.#root, "data-preview", String(isHover));
    if (exact && !isHover && revision !== null) {
      setAttribute(this.#root, "data-revision", String(revision));
      this.#paintedImage = image;
    } else if (image !== this.#paintedImage) {
      setAttribute(this.#root, "data-revision", NO_REVISION);
    }
  }
  /**
   * @param {Segmentation} shown
   * @param {boolean} isPreview
   */
  #paintStrip(shown, isPreview) {
    const now = performance.now();
    const { state, segments, segmentCells } = this.#store;
    const strip = [shown, isPreview, state, segments, segmentCells.version];
    if (strip.some((value, i) => value !== this.#strip[i])) {
      this.#strip = strip;
      this.#stripDue = isPreview ? now + STRIP_EVERY : 0;
      this.repaint();
    } else if (isPreview && now < this.#stripDue) {
      this.#repaintIn(this.#stripDue - now);
    } else if (this.#parts.filmstrip.paint(shown, now + STRIP_BUDGET)) {
      this.#stripDue = now + STRIP_EVERY;
    } else this.repaint();
  }
  /** @param {number} wait in milliseconds, unless it is painted before */
  #repaintIn(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.repaint(), wait);
  }
};

// src/panel/icons.js
var PATHS = {
  undo: "M5.5 3 2.5 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13 6H7a4 4 0 0 0 0 8h3",
  commit: "M3 8.5l3.5 3.5L13 4.5",
  clear: "M4 4l8 8M12 4l-8 8",
  show: "M1.5 8C4 3.5 12 3.5 14.5 8 12 12.5 4 12.5 1.5 8ZM8 6.2a1.8 1.8 0 1 0 .01 0",
  hide: "M1.5 8C4 3.5 12 3.5 14.5 8 12 12.5 4 12.5 1.5 8ZM3 13.5l10-11",
  edit: "M2.5 13.5l.8-3.3 7.6-7.6 2.5 2.5-7.6 7.6ZM9.3 4.2l2.5 2.5",
  rename: "M4 3h4M4 13h4M6 3v10M10 6h4v4h-4",
  up: "M8 13V3.5M4 7.5l4-4 4 4",
  down: "M8 3v9.5M4 8.5l4 4 4-4",
  delete: "M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4"
};
function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] })
  );
}
function setIcon(button, name) {
  const path = button.querySelector("path");
  if (path) setAttribute(path, "d", PATHS[name]);
}

// src/panel/controls.js
var isBiased = (store) => store.get("method") === BIASED;
var isDiffusion = (store) => store.get("method") === DIFFUSION;
var hasNoNegatives = (store) => store.prompts.negatives.length === 0;
var hundredths = (value) => value.toFixed(2);
var SLIDERS = {
  threshold: {
    label: "Threshold",
    step: 0.01,
    format: hundredths,
    toggle: {
      name: "auto_threshold",
      label: "Auto",
      hint: " (key A)",
      shown: isDiffusion
    }
  },
  granularity: {
    label: "Granularity",
    step: 0.1,
    format: (value) => `${value.toFixed(1)} eigenvectors`,
    shown: isDiffusion
  },
  gamma: {
    label: "Gamma",
    step: 0.1,
    format: (value) => value.toFixed(1),
    shown: (store) => !isDiffusion(store)
  },
  negative_threshold: {
    label: "Negative threshold",
    step: 0.01,
    format: hundredths,
    idle: hasNoNegatives,
    shown: (store) => !isBiased(store) && !isDiffusion(store)
  },
  click_weight: {
    label: "Click weight",
    step: 0.01,
    format: hundredths,
    shown: isBiased
  },
  bg_weight: {
    label: "Negative weight",
    step: 0.01,
    format: hundredths,
    idle: hasNoNegatives,
    shown: isBiased
  },
  denoise_area_th: {
    label: "Smallest part",
    step: 1,
    format: (value) => `${value} ${value === 1 ? "cell" : "cells"}`,
    idle: (store) => !store.get("denoise")
  },
  num_eig: {
    label: "Eigenvectors",
    step: 1,
    format: (value, { info }) => `${value} of ${info.settings.num_eig.high}`,
    shown: (store) => !isDiffusion(store)
  },
  opacity: {
    label: "Opacity",
    step: 0.01,
    format: (value) => `${Math.round(100 * value)} %`
  }
};
var CHOICE_NAMES = {
  image: "Image",
  eigvecs: "Eigenvectors",
  heatmap: "Heatmap",
  similarity: "Similarity",
  [DIFFUSION]: "Diffusion",
  [BIASED]: "Biased cut"
};
var BUTTONS = [
  {
    op: "undo",
    label: "Undo",
    title: "Take back the last change of clicks or segments"
  },
  { op: "redo", label: "Redo", title: "Bring back what was undone" },
  { op: "clear", label: "Clear", title: "Remove every click; can be undone" },
  {
    op: "commit",
    label: "Commit",
    title: "Keep these masks as a segment, and go on to the next thing (key Enter)"
  }
];
var Controls = class {
  #store;
  #signal;
  /** @type {(() => void)[]} */
  #painters = [];
  element;
  /**
   * @param {Store} store
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed2, signal) {
    this.#store = store;
    this.#signal = signal;
    this.element = html(
      "div",
      { class: "ncut-controls" },
      html(
        "div",
        { class: "ncut-buttons" },
        ...BUTTONS.map((spec) => this.#button(spec)),
        this.#signs(local, changed2)
      ),
      this.#group(
        this.#slider("threshold"),
        this.#slider("granularity"),
        this.#slider("num_eig"),
        this.#slider("gamma"),
        this.#slider("negative_threshold"),
        this.#methodChoice(),
        this.#slider("click_weight"),
        this.#slider("bg_weight")
      ),
      this.#group(this.#check("denoise", "Denoise"), this.#slider("denoise_area_th")),
      this.#group(
        this.#choice("overlay", "Overlay", " (key L)"),
        this.#slider("opacity"),
        this.#previewSwitch()
      )
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
      const kept = op === "commit" && store.offline;
      button.disabled = store.lost || kept || !able[op];
    });
    return button;
  }
  /**
   * What a plain click says: for those who have no other button, and no key.
   *
   * @param {Local} local
   * @param {() => void} changed
   */
  #signs(local, changed2) {
    const signs = (
      /** @type {const} */
      [
        ["positive", "+", "A click says: this is it", false],
        ["negative", "−", "A click says: this is not it", true]
      ]
    );
    const buttons = signs.map(([name, sign, title, negative]) => {
      const button = this.#press({ name, title, "aria-label": title }, sign, () => {
        local.negative = negative;
        changed2();
      });
      this.#painters.push(
        () => setAttribute(button, "aria-pressed", String(local.negative === negative))
      );
      return button;
    });
    const group = { class: "ncut-signs", role: "group", "aria-label": "Clicks" };
    return html("div", group, ...buttons);
  }
  #methodChoice() {
    const store = this.#store;
    const row = this.#choice("method", "Method");
    row.hidden = store.info.eigvals === null;
    return row;
  }
  #previewSwitch() {
    const row = this.#check("hover_preview", "Preview on hover");
    const { title } = row;
    this.#painters.push(() => {
      const biased = isBiased(this.#store);
      row.classList.toggle("ncut-idle", biased);
      row.title = biased ? "There are no previews of a biased cut" : title;
    });
    return row;
  }
  /**
   * @param {string} name of a setting
   * @param {string} label
   * @param {string} [hint] behind the title
   */
  #choice(name, label, hint = "") {
    const store = this.#store;
    const id = newId();
    const { sentence, choices } = store.info.settings[name];
    const title = sentence + hint;
    const select2 = focusable(
      "select",
      { name, id, title },
      ...choices.map((value) => html("option", { value }, CHOICE_NAMES[value]))
    );
    const choose = () => store.set(name, select2.value);
    select2.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      select2.value = store.get(name);
    });
    return html(
      "div",
      { class: "ncut-row" },
      html("label", { for: id }, label),
      select2
    );
  }
  /**
   * @param {string} name of a setting that is true or false
   * @param {string} label
   */
  #check(name, label) {
    const store = this.#store;
    const title = store.info.settings[name].sentence;
    const box = focusable("input", { type: "checkbox", name });
    const choose = () => store.set(name, box.checked);
    box.addEventListener("change", choose, { signal: this.#signal });
    this.#painters.push(() => {
      box.checked = store.get(name);
    });
    return html("label", { class: "ncut-row ncut-check", title }, label, box);
  }
  /** @param {string} name of a setting that is a number */
  #slider(name) {
    const store = this.#store;
    const { label, step, format, idle, shown, toggle } = SLIDERS[name];
    const { low, usual, sentence: title } = store.info.settings[name];
    const id = newId();
    const attributes = { type: "range", name, id, min: low, step, title };
    const range = focusable("input", attributes);
    const output = html("span", { class: "ncut-value", "aria-hidden": "true" });
    const caption = html("label", { for: id, title: `${title} Double click: reset.` });
    caption.append(label);
    const head = toggle ? html("div", { class: "ncut-caption" }, caption, this.#toggle(toggle)) : caption;
    const named = this.#named(name);
    const row = html("div", { class: "ncut-slider" }, head, output, range, ...named);
    const signal = this.#signal;
    range.addEventListener("input", () => store.set(name, range.valueAsNumber), {
      signal
    });
    caption.addEventListener("dblclick", () => store.reset(name), { signal });
    this.#painters.push(() => {
      const value = store.get(name);
      setAttribute(range, "max", String(Math.max(usual, value)));
      if (range.valueAsNumber !== value) range.value = String(value);
      const text = format(value, store);
      setText(output, text);
      setAttribute(range, "aria-valuetext", text);
      row.classList.toggle("ncut-idle", !!idle?.(store));
      row.hidden = shown ? !shown(store) : false;
    });
    return row;
  }
  /** @param {Toggle} toggle */
  #toggle({ name, label, hint, shown }) {
    const store = this.#store;
    const title = store.info.settings[name].sentence + hint;
    const button = this.#press(
      { name, title },
      label,
      () => store.set(name, !store.get(name))
    );
    this.#painters.push(() => {
      setAttribute(button, "aria-pressed", String(store.get(name)));
      button.hidden = shown ? !shown(store) : false;
    });
    return button;
  }
  /** @param {string} name of a setting, some of whose values have names */
  #named(name) {
    const store = this.#store;
    const named = Object.entries(store.info.settings[name].named ?? {});
    if (named.length < 2) return [];
    const buttons = named.map(([word, value]) => {
      const title = `${value} ${store.info.settings[name].unit} (key G: next)`;
      const label = word[0].toUpperCase() + word.slice(1);
      const button = this.#press(
        { name: word, title },
        label,
        () => store.set(name, value)
      );
      this.#painters.push(
        () => setAttribute(button, "aria-pressed", String(store.get(name) === value))
      );
      return button;
    });
    const group = {
      class: "ncut-named",
      role: "group",
      "aria-label": SLIDERS[name].label
    };
    return [html("div", group, ...buttons)];
  }
  /**
   * A button that is pressed or not.
   *
   * @param {Record<string, string>} attributes
   * @param {string} label
   * @param {() => void} act
   */
  #press(attributes, label, act) {
    const given = { type: "button", class: "ncut-button ncut-press", ...attributes };
    const button = focusable("button", given, label);
    button.addEventListener("click", act, { signal: this.#signal });
    return button;
  }
};

// src/stage/colormap.js
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

// src/stage/canvas.js
var CellLayer = class {
  #context;
  #image;
  #pixels;
  /** @param {Size} grid */
  constructor([rows, cols]) {
    const canvas = document.createElement("canvas");
    canvas.width = cols;
    canvas.height = rows;
    this.#context = contextOf(canvas);
    this.#image = this.#context.createImageData(cols, rows);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }
  get canvas() {
    return this.#context.canvas;
  }
  /** @param {number} pixel what all pixels hold, as of `pixelOf` */
  fill(pixel) {
    this.#pixels.fill(pixel);
  }
  /**
   * @param {Uint8Array} mask
   * @param {number} pixel what its pixels hold
   */
  add(mask, pixel) {
    for (let i = 0; i < mask.length; i++) if (mask[i]) this.#pixels[i] = pixel;
  }
  /**
   * @param {Uint8Array} bits of a mask, the first one the highest of the first byte
   * @param {number} pixel what its pixels hold
   */
  addBits(bits, pixel) {
    for (let i = 0; i < this.#pixels.length; i++) {
      if (bits[i >> 3] & 128 >> (i & 7)) this.#pixels[i] = pixel;
    }
  }
  put() {
    this.#context.putImageData(this.#image, 0, 0);
  }
  /** @param {Float32Array} heat */
  paintHeat(heat) {
    paintHeat(this.#image.data, heat);
    this.#context.putImageData(this.#image, 0, 0);
  }
};
var Raster = class {
  #context;
  #image;
  pixels;
  /** @param {Record<string, string>} [attributes] */
  constructor(attributes = {}) {
    this.#context = contextOf(html("canvas", attributes));
    this.#image = this.#context.createImageData(1, 1);
    this.pixels = new Uint32Array(this.#image.data.buffer);
  }
  get canvas() {
    return this.#context.canvas;
  }
  /** @returns {Size} */
  get size() {
    return [this.#image.height, this.#image.width];
  }
  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.canvas.width = width;
    this.canvas.height = height;
    this.#image = this.#context.createImageData(width, height);
    this.pixels = new Uint32Array(this.#image.data.buffer);
  }
  put() {
    this.#context.putImageData(this.#image, 0, 0);
  }
};
var ScaledPicture = class {
  #context = contextOf(document.createElement("canvas"));
  /** @type {unknown[]} What the canvas shows. */
  #shows = [];
  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.#context.canvas.width = width;
    this.#context.canvas.height = height;
    this.#shows = [];
  }
  /**
   * @param {ImageBitmap} picture
   * @param {View} part of the picture
   * @param {boolean} smooth
   */
  of(picture, part, smooth) {
    const { canvas } = this.#context;
    const shows = [picture, part.x, part.y, part.width, part.height];
    if (shows.some((value, i) => value !== this.#shows[i])) {
      this.#shows = shows;
      this.#context.clearRect(0, 0, canvas.width, canvas.height);
      drawView(this.#context, picture, part, { smooth });
    }
    return canvas;
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
function pixelOf(colour, opacity = 1) {
  const pixel = pixels.get(colour) ?? readPixel(colour);
  const alpha = Math.round((pixel >>> 24) * opacity);
  return (alpha << 24 | pixel & 16777215) >>> 0;
}
var pixels = /* @__PURE__ */ new Map();
function readPixel(colour) {
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

// src/panel/status.js
var LOST = "The kernel was restarted or shut down. Run this cell again to go on.";
var UNHEARD = "No kernel answers. Run this cell again to go on, unless it is busy with another.";
var STILL = "No kernel answers: this is what was shown last. Run this cell again to go on.";
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
  /**
   * @param {Local} local
   * @param {Segmentation | null} preview
   */
  paint(local, preview) {
    const store = this.#store;
    const alarm = store.lost ? LOST : store.error;
    const text = alarm ?? (store.slow ? this.#wait() : this.#describe(local));
    setAttribute(this.element, "data-tone", alarm ? "error" : store.slow ? "wait" : "");
    setText(this.#text, text);
    setText(this.#readout, this.#read(local, preview));
    setAttribute(this.#readout, "aria-hidden", String(!local.crosshair));
  }
  #wait() {
    const { heard, still } = this.#store;
    if (heard) return SLOW;
    return still ? STILL : UNHEARD;
  }
  /** @param {Local} local */
  #describe({ selected }) {
    const { segments, pictures, activeImage } = this.#store;
    const reason = pictures.stage.reason(activeImage);
    if (reason) return `No picture: ${reason}`;
    const open = segments.find((segment) => segment.open);
    if (open) return `Editing “${open.name}” · ${this.#describeClicks()}`;
    if (this.#store.clicks.length > 0) return this.#describeClicks();
    const chosen = segments.find(({ id }) => id === selected);
    if (chosen) return `“${chosen.name}” is selected. E: edit, H: hide, Delete.`;
    const last = segments.at(-1);
    if (last) return `Kept as “${last.name}”. Click the next thing.`;
    return this.#describeClicks();
  }
  #describeClicks() {
    const { prompts, clicks, imageCount, activeImage } = this.#store;
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
    return imageCount > 1 && result.exact ? `${cells} · ${this.#found()}` : cells;
  }
  /** In how many images the thing is found, as far as the page knows. */
  #found() {
    const { shownImages, imageCount } = this.#store;
    const known = shownImages.map((image) => this.#segmentation.of(image)).filter((result) => result.marked);
    const found = known.filter((result) => result.count > 0).length;
    const of = known.length === imageCount ? "images" : "images in view";
    return `found in ${found} of ${known.length} ${of}`;
  }
  /**
   * @param {Local} local
   * @param {Segmentation | null} preview
   */
  #read({ pointed, crosshair }, preview) {
    const { grid, sizes } = this.#store.info;
    const image = this.#store.activeImage;
    const cell = crosshair ?? (pointed && cellOf(...pointed, sizes[image], grid));
    if (!cell) return "";
    if (preview) {
      const { count: count2, mask } = preview.of(image);
      return `click here: ${percent(count2, mask.length)}`;
    }
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

// src/panel/thumb.js
var HEIGHT = 72;
var NARROWEST = 40;
var WIDEST = 144;
function thumbWidth(aspect) {
  return Math.round(Math.min(Math.max(HEIGHT * aspect, NARROWEST), WIDEST));
}
var Thumb = class {
  #number = html("span", { class: "ncut-number" });
  #coverage = html("span", { class: "ncut-coverage" });
  #context = contextOf(html("canvas", { "aria-hidden": "true" }));
  #scaled = new ScaledPicture();
  /** @type {unknown[]} What is painted. */
  #painted = [];
  #name;
  #aspect;
  element;
  /**
   * @param {number} index
   * @param {number} count of the images
   * @param {number} aspect width / height
   * @param {number} left where it lies in the strip, in CSS pixels
   */
  constructor(index, count2, aspect, left) {
    this.#name = `Image ${index + 1} of ${count2}`;
    this.#aspect = aspect;
    this.#number.textContent = String(index + 1);
    this.element = focusable(
      "button",
      {
        type: "button",
        class: "ncut-thumb",
        "data-ncut": "thumb",
        "data-index": index,
        "aria-label": this.#name
      },
      this.#context.canvas,
      this.#number,
      this.#coverage
    );
    this.element.style.left = `${left}px`;
    this.element.style.width = `${thumbWidth(aspect)}px`;
  }
  /** @param {boolean} active */
  mark(active) {
    setAttribute(this.element, "aria-current", String(active));
    this.element.tabIndex = active ? 0 : -1;
  }
  /**
   * Whether this is not what the thumb shows; from now on it counts as shown.
   *
   * @param {unknown[]} state all that it depends on, but for the screen
   */
  differs(state) {
    const painted2 = [...state, devicePixelRatio];
    const differs = painted2.some((value, i) => value !== this.#painted[i]);
    this.#painted = painted2;
    return differs;
  }
  /** @param {string} coverage of the mask; empty without one */
  describe(coverage) {
    setText(this.#coverage, coverage);
    const name = coverage ? `${this.#name}, ${coverage} covered` : this.#name;
    setAttribute(this.element, "aria-label", name);
  }
  /**
   * @param {Picture} picture
   * @param {CanvasImageSource | null} cells drawn over it
   */
  paint(picture, cells) {
    this.#fit();
    const whole = wholeImage([picture.height, picture.width]);
    const { width, height } = this.#context.canvas;
    this.#context.drawImage(this.#scaled.of(picture, whole, true), 0, 0);
    if (!cells) return;
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(cells, 0, 0, width, height);
  }
  /**
   * @param {boolean} waiting for the picture
   * @param {string} [reason] why there is none
   */
  wait(waiting, reason) {
    this.element.classList.toggle("ncut-loading", waiting);
    this.element.classList.toggle("ncut-broken", reason !== void 0);
    this.element.title = reason ?? "";
  }
  /** Give the canvas the pixels that it covers. */
  #fit() {
    const ratio = devicePixelRatio;
    const fitted = Math.min(HEIGHT, WIDEST / this.#aspect) * ratio;
    const height = Math.max(Math.round(fitted), 1);
    const width = Math.max(Math.round(fitted * this.#aspect), 1);
    const { canvas } = this.#context;
    if (canvas.width === width && canvas.height === height) return;
    canvas.width = width;
    canvas.height = height;
    this.#scaled.resize(width, height);
  }
};

// src/panel/track.js
var Track = class {
  /** Where each item begins, and where one after the last would. */
  #starts;
  #gap;
  /**
   * @param {number[]} widths
   * @param {number} gap between two items
   */
  constructor(widths, gap) {
    this.#gap = gap;
    this.#starts = new Float64Array(widths.length + 1);
    for (const [i, width] of widths.entries()) {
      this.#starts[i + 1] = this.#starts[i] + width + gap;
    }
  }
  get count() {
    return this.#starts.length - 1;
  }
  get length() {
    return this.count && this.endOf(this.count - 1);
  }
  /** @param {number} item */
  startOf(item) {
    return this.#starts[item];
  }
  /** @param {number} item */
  endOf(item) {
    return this.#starts[item + 1] - this.#gap;
  }
  /**
   * The items that lie between two places, be it in part.
   *
   * @param {number} from
   * @param {number} to
   * @returns {[first: number, end: number]} end: the one after the last
   */
  between(from, to) {
    const first = this.#first((item) => this.endOf(item) > from);
    const end = this.#first((item) => this.startOf(item) >= to);
    return [first, Math.max(end, first)];
  }
  /**
   * Where to scroll to, and no further than needed, so that all of an item is in view.
   *
   * @param {number} item
   * @param {number} from where the view begins now
   * @param {number} extent of the view
   */
  reveal(item, from, extent) {
    return Math.min(Math.max(from, this.endOf(item) - extent), this.startOf(item));
  }
  /**
   * The first item for which `holds`, which it does for all that follow.
   *
   * @param {(item: number) => boolean} holds
   */
  #first(holds) {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = low + high >> 1;
      if (holds(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
};

// src/panel/filmstrip.js
var TINT = 0.6;
var DIMMED = 0.4;
var GAP = 6;
var MARGIN = 200;
var NO_MASK = -1;
var Filmstrip = class {
  #track = html("div", { class: "ncut-track" });
  element = html(
    "div",
    { class: "ncut-filmstrip", role: "toolbar", "aria-label": "Images" },
    this.#track
  );
  /** @type {Set<number>} Images in view, or almost. */
  visible = /* @__PURE__ */ new Set();
  #store;
  #places;
  #cells;
  /** @type {Map<number, Thumb>} Those on the page. */
  #thumbs = /* @__PURE__ */ new Map();
  #active = -1;
  /** Whether the active image is still to be brought into view. */
  #owed = false;
  /** Left end and width of what is in view; no width while the strip is hidden. */
  #left = 0;
  #width = 0;
  /** First and one after the last of the visible ones, and of those without margin. */
  #range = [0, 0];
  #inner = [0, 0];
  /** The image to go on from, where time ran out. */
  #turn = 0;
  #changed = () => {
  };
  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#cells = new CellLayer(store.info.grid);
    this.element.hidden = store.imageCount === 1;
    const widths = store.info.sizes.map(
      ([height, width]) => thumbWidth(width / height)
    );
    this.#places = new Track(widths, GAP);
    this.#track.style.width = `${this.#places.length}px`;
  }
  /**
   * @param {() => void} changed called when other images have come into view
   * @param {AbortSignal} signal
   */
  listen(changed2, signal) {
    if (this.element.hidden) return;
    this.#changed = changed2;
    const observer = new ResizeObserver(
      ([{ contentRect }]) => this.#resize(contentRect.width)
    );
    observer.observe(this.element);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.element.addEventListener("scroll", () => this.#scroll(), { signal });
    this.element.addEventListener("click", (event) => this.#choose(event), { signal });
    this.element.addEventListener("keydown", (event) => this.#step(event), { signal });
  }
  /**
   * Paint thumbs that do not show what they should, until it is late, but at least one.
   *
   * @param {Shown} shown
   * @param {number} deadline as of `performance.now()`
   * @returns {boolean} whether all is painted; if not, call again
   */
  paint(shown, deadline) {
    if (this.element.hidden) return true;
    this.#turnTo(this.#store.activeImage);
    if (this.#width === 0) return true;
    const colour = getComputedStyle(this.element).getPropertyValue("--ncut-mask");
    const tabStop = [this.#active, this.#active + 1];
    let painted2 = 0;
    for (const [first, end] of [this.#inner, this.#range, tabStop]) {
      const start = this.#turn > first && this.#turn < end ? this.#turn : first;
      for (let k = first; k < end; k++) {
        const image = k + start - first < end ? k + start - first : k + start - end;
        if (painted2 > 0 && performance.now() >= deadline) {
          this.#turn = image;
          return false;
        }
        if (this.#paintThumb(image, shown, colour)) painted2++;
      }
    }
    return true;
  }
  /**
   * @param {number} image
   * @param {Shown} shown
   * @param {string} colour
   * @returns {boolean} whether there was anything to do
   */
  #paintThumb(image, shown, colour) {
    const thumb = this.#thumbs.get(image);
    if (!thumb) return false;
    const thumbs = this.#store.pictures.thumb;
    const { mask, count: count2, marked, stamp } = shown.of(image);
    const picture = thumbs.get(image);
    thumb.wait(thumbs.awaits(image), thumbs.reason(image));
    const { segments, segmentCells } = this.#store;
    const version = marked ? stamp : NO_MASK;
    const state = [
      picture,
      thumbs.reason(image),
      shown,
      version,
      colour,
      segments,
      segmentCells.version
    ];
    if (!thumb.differs(state)) return false;
    thumb.describe(marked ? percent(count2, mask.length) : "");
    if (!picture) return true;
    const kept = segments.filter(isShown);
    const cells = this.#cells;
    cells.fill(pixelOf("#000", DIMMED));
    for (const segment of kept) {
      const bits = segmentCells.get(segment, image);
      if (bits) cells.addBits(bits, pixelOf(segment.color, TINT));
    }
    if (marked) cells.add(mask, pixelOf(colour, TINT));
    cells.put();
    thumb.paint(picture, marked || kept.length > 0 ? cells.canvas : null);
    return true;
  }
  /** @param {number} image */
  #turnTo(image) {
    if (image === this.#active) return;
    this.#thumbs.get(this.#active)?.mark(false);
    this.#active = image;
    this.#reveal();
    this.#fill();
    this.#thumbs.get(image)?.mark(true);
  }
  /** @param {number} width of what is in view; 0 if the strip or its cell is hidden */
  #resize(width) {
    this.#width = width;
    if (width === 0) return this.#look();
    this.element.scrollLeft = this.#left;
    this.#left = this.element.scrollLeft;
    if (this.#owed) this.#reveal();
    this.#look();
  }
  #scroll() {
    if (this.#width === 0) return;
    this.#left = this.element.scrollLeft;
    this.#look();
  }
  /**
   * Bring the active image into view, as soon as there is one. This scrolls the strip,
   * and never the notebook, as scrollIntoView would.
   */
  #reveal() {
    this.#owed = this.#width === 0;
    if (this.#owed) return;
    const left = this.#places.reveal(this.#active, this.#left, this.#width);
    if (left === this.#left) return;
    this.#left = left;
    this.element.scrollLeft = left;
    this.#look();
  }
  /** See which images are in view now. */
  #look() {
    const [left, right] = [this.#left, this.#left + this.#width];
    const nothing = this.#width === 0;
    this.#inner = nothing ? [0, 0] : this.#places.between(left, right);
    const [first, end] = nothing ? [0, 0] : this.#places.between(left - MARGIN, right + MARGIN);
    if (first === this.#range[0] && end === this.#range[1]) return;
    this.#range = [first, end];
    this.visible = /* @__PURE__ */ new Set();
    for (let image = first; image < end; image++) this.visible.add(image);
    this.#fill();
    this.#changed();
  }
  /** Put on the page what is in view, and take off what is not. */
  #fill() {
    for (const [image, { element }] of this.#thumbs) {
      const kept = this.visible.has(image) || image === this.#active;
      if (kept || element.matches(":focus")) continue;
      element.remove();
      this.#thumbs.delete(image);
    }
    for (const image of this.visible) this.#add(image);
    if (this.#active >= 0) this.#add(this.#active);
  }
  /** @param {number} image */
  #add(image) {
    if (this.#thumbs.has(image)) return;
    const [height, width] = this.#store.info.sizes[image];
    const { count: count2 } = this.#places;
    const thumb = new Thumb(image, count2, width / height, this.#places.startOf(image));
    thumb.mark(image === this.#active);
    this.#thumbs.set(image, thumb);
    const others = [...this.#track.children];
    const next = others.find((other) => indexOf(other) > image) ?? null;
    this.#track.insertBefore(thumb.element, next);
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
    const last = this.#places.count - 1;
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
    this.#turnTo(image);
    this.#reveal();
    this.#thumbs.get(image)?.element.focus({ preventScroll: true });
  }
};
function indexOf(thumb) {
  return Number(thumb.getAttribute("data-index"));
}

// src/panel/help.js
var TITLE = "Mouse and keys";
var Help = class {
  button;
  panel;
  #close;
  /** @type {HTMLElement | null} What gets the focus back. */
  #opener = null;
  /**
   * @param {string[][]} mouse pairs of gesture and effect
   * @param {string[][]} keys pairs of key and effect
   */
  constructor(mouse, keys) {
    const id = newId();
    this.button = focusable(
      "button",
      {
        type: "button",
        name: "help",
        class: "ncut-round",
        title: `${TITLE} (key ?)`,
        "aria-label": TITLE,
        "aria-expanded": "false",
        "aria-controls": id
      },
      "?"
    );
    this.#close = focusable(
      "button",
      {
        type: "button",
        name: "close-help",
        class: "ncut-round",
        title: "Close (Esc)",
        "aria-label": "Close"
      },
      icon("clear")
    );
    this.panel = html(
      "div",
      { class: "ncut-help", id, role: "group", "aria-label": TITLE, hidden: "" },
      html("div", { class: "ncut-help-head" }, html("span", {}, TITLE), this.#close),
      list(mouse, "span"),
      html("p", {}, "While the image has the focus:"),
      list(keys, "kbd")
    );
  }
  get isOpen() {
    return !this.panel.hidden;
  }
  /** @param {AbortSignal} signal */
  listen(signal) {
    this.button.addEventListener("click", () => this.toggle(this.button), { signal });
    this.#close.addEventListener("click", () => this.close(), { signal });
    const press = (event) => this.#press(event);
    this.button.addEventListener("keydown", press, { signal });
    this.panel.addEventListener("keydown", press, { signal });
  }
  /**
   * @param {HTMLElement} opener gets the focus back, should the panel have it then
   * @param {{ focus?: boolean }} [how] whether the focus goes into the panel
   */
  toggle(opener, { focus = false } = {}) {
    if (this.isOpen) {
      this.close();
      return;
    }
    this.#opener = opener;
    this.#show(true);
    if (focus) this.#close.focus();
  }
  close() {
    const focused = this.panel.matches(":focus-within");
    this.#show(false);
    if (focused) this.#opener?.focus({ preventScroll: true });
  }
  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.isOpen || event.key !== "Escape" && event.key !== "?") return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  }
  /** @param {boolean} open */
  #show(open) {
    this.panel.hidden = !open;
    setAttribute(this.button, "aria-expanded", String(open));
  }
};
function list(rows, tag) {
  const items = rows.map(
    ([act, effect]) => html("div", {}, html("dt", {}, html(tag, {}, act)), html("dd", {}, effect))
  );
  return html("dl", {}, ...items);
}

// src/panel/segments.js
var INSTANCES = {
  connected: "Parts",
  watershed: "Touching",
  whole: "Whole"
};
var THINGS = "What counts as one thing, and gets a shade: connected parts, these parted where they touch, or the whole";
var NAME_LENGTH = 200;
var SegmentList = class {
  #rows = html("ol", { class: "ncut-segment-rows" });
  #count = html("span", { class: "ncut-muted" });
  element = html(
    "div",
    { class: "ncut-segments", role: "group", "aria-label": "Segments", hidden: "" },
    html("div", { class: "ncut-segments-head" }, "Segments", this.#count),
    this.#rows
  );
  #store;
  #local;
  #changed;
  #signal;
  /** @type {Map<number, Row>} */
  #known = /* @__PURE__ */ new Map();
  /** @type {unknown[]} */
  #painted = [];
  /**
   * @param {Store} store
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed2, signal) {
    this.#store = store;
    this.#local = local;
    this.#changed = changed2;
    this.#signal = signal;
  }
  paint() {
    const store = this.#store;
    const { segments } = store;
    const image = store.activeImage;
    const { selected } = this.#local;
    const state = [segments, image, selected, store.segmentMasks.version];
    if (state.every((value, i) => value === this.#painted[i])) return;
    this.#painted = state;
    this.element.hidden = segments.length === 0;
    setText(this.#count, String(segments.length));
    const kept = new Set(segments.map(({ id }) => id));
    let orphaned = false;
    for (const [id, row] of this.#known) {
      if (kept.has(id)) continue;
      orphaned ||= row.element.matches(":focus-within");
      row.element.remove();
      this.#known.delete(id);
    }
    for (const [place, segment] of segments.entries()) {
      const row = this.#rowOf(segment);
      if (this.#rows.children[place] !== row.element) {
        this.#rows.insertBefore(row.element, this.#rows.children[place] ?? null);
      }
      const runs = store.segmentMasks.get(segment, image);
      const [height, width] = store.info.sizes[image];
      row.paint(segment, {
        place,
        last: segments.length - 1,
        selected: segment.id === selected,
        share: runs ? percent(runs.count, height * width) : "",
        things: runs && segment.instances !== "whole" ? runs.instances : 1
      });
    }
    if (orphaned) this.#known.get(segments.at(-1)?.id ?? -1)?.focus();
  }
  /** @param {SegmentEntry} segment */
  #rowOf({ id }) {
    let row = this.#known.get(id);
    if (!row) {
      row = new Row(id, this.#store, () => this.#select(id), this.#signal);
      this.#known.set(id, row);
    }
    return row;
  }
  /** @param {number} id */
  #select(id) {
    this.#local.selected = this.#local.selected === id ? null : id;
    this.#changed();
  }
};
var Row = class {
  element;
  #store;
  #id;
  /** @type {SegmentEntry | null} */
  #segment = null;
  #place = 0;
  #key = html("span", { class: "ncut-segment-key", "aria-hidden": "true" });
  #label = html("span", { class: "ncut-segment-label", dir: "auto" });
  #share = html("output", { class: "ncut-segment-share" });
  #color = focusable("input", { type: "color", class: "ncut-swatch" });
  #name = focusable(
    "button",
    { type: "button", class: "ncut-segment-name" },
    this.#key,
    this.#label
  );
  #entry = focusable("input", {
    type: "text",
    class: "ncut-segment-entry",
    maxlength: NAME_LENGTH,
    "aria-label": "Name",
    hidden: ""
  });
  #eye;
  #open;
  #rename;
  #remove;
  #up;
  #down;
  #things = focusable(
    "select",
    {
      class: "ncut-segment-things",
      title: THINGS
    },
    ...Object.entries(INSTANCES).map(
      ([value, label]) => html("option", { value }, label)
    )
  );
  #tools;
  /**
   * @param {number} id
   * @param {Store} store
   * @param {() => void} select
   * @param {AbortSignal} signal
   */
  constructor(id, store, select2, signal) {
    this.#id = id;
    this.#store = store;
    this.#eye = this.#button(
      "show",
      "Show or hide (key H)",
      signal,
      () => this.#change({ visible: !this.#segment?.visible })
    );
    this.#open = this.#button(
      "edit",
      "Edit: its clicks and settings (key E)",
      signal,
      () => store.edit({ op: "reopen", segment: this.#segment?.open ? null : id })
    );
    this.#rename = this.#button(
      "rename",
      "Rename (double click, F2)",
      signal,
      () => this.#begin()
    );
    this.#up = this.#button(
      "up",
      "Move up: below the others",
      signal,
      () => this.#change({ place: this.#place - 1 })
    );
    this.#down = this.#button(
      "down",
      "Move down: over the others",
      signal,
      () => this.#change({ place: this.#place + 1 })
    );
    this.#remove = this.#button(
      "delete",
      "Delete; can be undone",
      signal,
      () => store.edit({ op: "delete", segment: id })
    );
    this.#tools = html(
      "div",
      { class: "ncut-segment-tools", hidden: "" },
      this.#open,
      this.#rename,
      this.#up,
      this.#down,
      this.#remove,
      this.#things
    );
    this.element = html(
      "li",
      { class: "ncut-segment", "data-ncut": "segment" },
      this.#color,
      this.#name,
      this.#entry,
      this.#share,
      this.#eye,
      this.#tools
    );
    this.#listen(select2, signal);
  }
  /**
   * @param {SegmentEntry} segment
   * @param {{ place: number, last: number, selected: boolean, share: string,
   *   things: number }} shown
   */
  paint(segment, { place, last, selected, share, things }) {
    const { name, color, visible, open, instances } = segment;
    this.#segment = segment;
    this.#place = place;
    setAttribute(this.element, "data-name", name);
    this.element.classList.toggle("ncut-selected", selected);
    this.element.classList.toggle("ncut-hidden", !visible);
    this.element.classList.toggle("ncut-open", open);
    if (this.#color.value !== color) this.#color.value = color;
    setAttribute(this.#color, "aria-label", `Colour of ${name}`);
    setAttribute(this.#color, "title", `${color}: click to change`);
    setText(this.#key, place < 9 ? String(place + 1) : "");
    setText(this.#label, open ? `${name} (open)` : name);
    setAttribute(this.#name, "aria-expanded", String(selected));
    setAttribute(this.#name, "title", `${name}. Double click: rename.`);
    setText(this.#share, things > 1 ? `${things} · ${share}` : share);
    setAttribute(
      this.#share,
      "title",
      things > 1 ? `${things} things, ${share} of this image` : `${share} of this image`
    );
    setIcon(this.#eye, visible ? "show" : "hide");
    setAttribute(this.#eye, "aria-label", `Show ${name}`);
    setAttribute(this.#eye, "aria-pressed", String(visible));
    setAttribute(this.#open, "aria-pressed", String(open));
    this.#tools.hidden = !selected;
    const { lost, offline } = this.#store;
    const others = [this.#color, this.#eye, this.#open, this.#rename, this.#remove];
    for (const control of [...others, this.#things]) control.disabled = lost;
    this.#up.disabled = lost || place === 0;
    this.#down.disabled = lost || place === last;
    this.#open.hidden = offline;
    this.#things.hidden = offline;
    this.#things.value = instances;
    setAttribute(this.#things, "aria-label", `What is one thing of ${name}`);
  }
  /**
   * @param {() => void} select
   * @param {AbortSignal} signal
   */
  #listen(select2, signal) {
    const on = { signal };
    this.#name.addEventListener("click", select2, on);
    this.#name.addEventListener("dblclick", () => this.#begin(), on);
    this.#name.addEventListener(
      "keydown",
      (event) => {
        const { key, altKey, ctrlKey, metaKey } = event;
        if (altKey || ctrlKey || metaKey) return;
        const edit = this.#segment && editOf(key, this.#segment);
        if (key !== "F2" && !edit) return;
        event.preventDefault();
        event.stopPropagation();
        if (edit) this.#store.edit(edit);
        else this.#begin();
      },
      on
    );
    this.#color.addEventListener(
      "change",
      () => this.#change({ color: this.#color.value }),
      on
    );
    this.#things.addEventListener(
      "change",
      () => this.#change({
        instances: (
          /** @type {SegmentEntry["instances"]} */
          this.#things.value
        )
      }),
      on
    );
    this.#entry.addEventListener("blur", () => this.#end(true), on);
    this.#entry.addEventListener(
      "keydown",
      (event) => {
        event.stopPropagation();
        if (event.key === "Enter" || event.key === "Escape") {
          event.preventDefault();
          this.#end(event.key === "Enter");
          this.focus();
        }
      },
      on
    );
  }
  focus() {
    this.#name.focus({ preventScroll: true });
  }
  /** Show the name to be written anew. */
  #begin() {
    this.#entry.value = this.#segment?.name ?? "";
    this.#entry.hidden = false;
    this.#name.hidden = true;
    this.#entry.focus({ preventScroll: true });
    this.#entry.select();
  }
  /** @param {boolean} keep what was written */
  #end(keep) {
    if (this.#entry.hidden) return;
    const name = this.#entry.value;
    this.#entry.hidden = true;
    this.#name.hidden = false;
    if (keep && name && name !== this.#segment?.name) this.#change({ name });
  }
  /** @param {SegmentFields} fields */
  #change(fields) {
    this.#store.edit({ op: "change", segment: this.#id, fields });
  }
  /**
   * @param {import("./icons.js").IconName} name
   * @param {string} title
   * @param {AbortSignal} signal
   * @param {() => void} act
   */
  #button(name, title, signal, act) {
    const attributes = { type: "button", name, class: "ncut-tool", title };
    const button = focusable(
      "button",
      { ...attributes, "aria-label": title },
      icon(name)
    );
    button.addEventListener("click", act, { signal });
    return button;
  }
};

// src/panel/trouble.js
var Trouble = class {
  #title = html("span");
  #traceback = focusable("pre", { class: "ncut-traceback", tabindex: 0 });
  #store;
  element;
  /**
   * @param {Store} store
   * @param {AbortSignal} signal
   */
  constructor(store, signal) {
    this.#store = store;
    const close = focusable(
      "button",
      {
        type: "button",
        name: "close-trouble",
        class: "ncut-round",
        title: "Close",
        "aria-label": "Close"
      },
      icon("clear")
    );
    close.addEventListener("click", () => store.forgetFailure(), { signal });
    this.element = html(
      "div",
      { class: "ncut-trouble", "data-ncut": "trouble", role: "alert" },
      html("div", { class: "ncut-help-head" }, this.#title, close),
      this.#traceback
    );
    this.element.hidden = true;
  }
  paint() {
    const { failure } = this.#store;
    this.element.hidden = failure === null;
    if (!failure) return;
    const title = failure.what === "autosave" ? "The session could not be saved" : `A function of yours, called for ${failure.what}, failed`;
    setText(this.#title, title);
    setText(this.#traceback, failure.traceback);
  }
};

// src/stage/keys.js
var KEYS = [
  ["Ctrl / ⌘ Z", "undo; with Shift: redo"],
  ["Esc", "clear all clicks"],
  ["Enter", "commit: keep the masks as a segment"],
  ["1 to 9", "select a segment; again: none"],
  ["E, H, Delete", "edit, show or hide, delete the selected segment"],
  ["← →", "previous, next image"],
  ["Shift + arrows", "move the crosshair"],
  ["Space", "click at the crosshair; with Shift: negative"],
  ["G", "the whole, a thing, a part: next granularity"],
  ["A", "automatic threshold on or off"],
  ["L", "next overlay"],
  ["M", "mask on or off"],
  ["+ −", "zoom at the crosshair or the middle"],
  ["0", "whole image again"],
  ["?", "this help"]
];
var ZOOM = 1.5;
var ARROWS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1]
};
function listenToKeys(store, stage, help, local, changed2, signal) {
  const { canvas } = stage;
  canvas.addEventListener(
    "keydown",
    (event) => {
      const act = actionOf(event);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      local.hover.point(null);
      act();
      changed2();
    },
    { signal }
  );
  canvas.addEventListener(
    "blur",
    () => {
      local.crosshair = null;
      local.hover.point(null);
      changed2();
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
    if (key === "?") return () => help.toggle(canvas, { focus: true });
    if (key === "Escape" && help.isOpen) return () => help.close();
    if (key === "Escape" && (clearable() || local.crosshair)) return clear;
    if (key === "Enter" && committable()) return commit;
    if (key === "+" || key === "=") return () => zoom(ZOOM);
    if (key === "-" || key === "_") return () => zoom(1 / ZOOM);
    if (key === "0") return () => stage.resetView();
    if (key >= "1" && key <= "9") return selectable(Number(key) - 1);
    const segment = store.segments.find(({ id }) => id === local.selected);
    const edit = segment && editOf(key, segment);
    if (edit) return () => store.edit(edit);
    if (key.toLowerCase() === "g") return nextGranularity;
    if (key.toLowerCase() === "a") return toggleAuto;
    if (key.toLowerCase() === "l") return nextLayer;
    if (key.toLowerCase() === "m") return toggleMask;
    return null;
  };
  const historyAction = ({ key, shiftKey }) => {
    if (key.toLowerCase() === "y") return () => store.edit({ op: "redo" });
    if (key.toLowerCase() !== "z") return null;
    return () => store.edit({ op: shiftKey ? "redo" : "undo" });
  };
  const selectable = (place) => {
    const id = store.segments[place]?.id;
    if (id === void 0) return null;
    return () => {
      local.selected = local.selected === id ? null : id;
    };
  };
  const clearable = () => store.clicks.length > 0 || store.unsure;
  const committable = () => store.prompts.positives.length > 0 || store.unsure;
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
    const pixel = crosshairPixel();
    stage.reveal(pixel);
    local.hover.point([stage.image, ...pixel, 1]);
  };
  const firstCell = () => {
    const { grid, sizes } = store.info;
    const last = store.clicks.findLast(({ click }) => click[0] === stage.image)?.click;
    if (!last) return [grid[0] >> 1, grid[1] >> 1];
    return cellOf(last[1], last[2], sizes[stage.image], grid);
  };
  const crosshairPixel = () => {
    local.crosshair ??= firstCell();
    const { grid, sizes } = store.info;
    return centreOf(...local.crosshair, sizes[stage.image], grid);
  };
  const clickAtCrosshair = (label) => {
    const pixel = crosshairPixel();
    stage.reveal(pixel);
    store.edit({ op: "click", click: [stage.image, ...pixel, label] });
  };
  const zoom = (factor) => {
    if (local.crosshair) stage.zoomAt(stage.reveal(crosshairPixel()), factor);
    else stage.zoomAt([0.5, 0.5], factor);
  };
  const nextGranularity = () => {
    if (store.get("method") !== DIFFUSION) return;
    const values = Object.values(store.info.settings.granularity.named ?? {});
    const now = store.get("granularity");
    const next = values.find((value) => value > now) ?? values[0];
    if (next !== void 0) store.set("granularity", next);
  };
  const toggleAuto = () => {
    if (store.get("method") !== DIFFUSION) return;
    store.set("auto_threshold", !store.get("auto_threshold"));
  };
  const nextLayer = () => {
    const { choices } = store.info.settings.overlay;
    const place = choices.indexOf(store.get("overlay"));
    store.set("overlay", choices[(place + 1) % choices.length]);
  };
  const toggleMask = () => {
    local.showMask = !local.showMask;
  };
}
function clamp(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}

// src/stage/drag.js
var SLACK = 6;
var LEFT = 0;
var MIDDLE = 1;
function listenToDrags(stage, changed2, signal) {
  const { canvas } = stage;
  const state = { dragged: false };
  const held = /* @__PURE__ */ new Map();
  const press = (event) => {
    if (event.isPrimary) {
      held.clear();
      state.dragged = false;
    }
    if (!canDrag(event)) return;
    held.set(event.pointerId, pointOf(event));
    canvas.setPointerCapture(event.pointerId);
    if (held.size > 1) state.dragged = true;
  };
  const move = (event) => {
    const last = held.get(event.pointerId);
    if (!last || !state.dragged && distance(last, event) <= SLACK) return;
    state.dragged = true;
    canvas.classList.add("ncut-dragging");
    const from = spanOf([...held.values()]);
    held.set(event.pointerId, pointOf(event));
    const to = spanOf([...held.values()]);
    stage.transform(
      stage.placeAt(from.middle),
      stage.placeAt(to.middle),
      to.length / from.length
    );
    changed2();
  };
  const release = (event) => {
    held.delete(event.pointerId);
    if (held.size === 0) canvas.classList.remove("ncut-dragging");
  };
  canvas.addEventListener("pointerdown", press, { signal });
  canvas.addEventListener("pointermove", move, { signal });
  for (
    const end of
    /** @type {const} */
    ["pointerup", "pointercancel"]
  ) {
    canvas.addEventListener(end, release, { signal });
  }
  keepFromHost(canvas, signal);
  return state;
}
function keepFromHost(canvas, signal) {
  canvas.addEventListener(
    "mousedown",
    (event) => {
      const middle = event.button === MIDDLE;
      const shift = event.button === LEFT && event.shiftKey;
      if (middle || shift) event.preventDefault();
      if (shift) event.stopPropagation();
    },
    { signal }
  );
  canvas.addEventListener(
    "auxclick",
    (event) => {
      if (event.button === MIDDLE) event.preventDefault();
    },
    { signal }
  );
  canvas.addEventListener(
    "touchstart",
    (event) => {
      if (event.touches.length > 1 && event.cancelable) event.preventDefault();
    },
    { passive: false, signal }
  );
}
function canDrag({ pointerType, button, shiftKey }) {
  if (pointerType !== "mouse") return button === LEFT;
  return button === MIDDLE || button === LEFT && shiftKey;
}
function spanOf([a, b = a]) {
  const middle = {
    clientX: (a.clientX + b.clientX) / 2,
    clientY: (a.clientY + b.clientY) / 2
  };
  return { middle, length: Math.max(distance(a, b), 1) };
}
function distance(a, b) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
function pointOf({ clientX, clientY }) {
  return { clientX, clientY };
}

// src/stage/wheel.js
var PAUSE = 250;
var LINE = 40;
var SPEED = 2e-3;
var PINCH_SPEED = 0.01;
var LARGEST_STEP = 0.5;
var ScrollGesture = class {
  #ours = false;
  #last = Number.NEGATIVE_INFINITY;
  /**
   * An event beside the stage.
   *
   * @param {number} time in milliseconds
   */
  elsewhere(time) {
    this.#ours = false;
    this.#last = time;
  }
  /**
   * Whether an event over the stage is for the stage.
   *
   * @param {number} time in milliseconds
   * @param {boolean} useful whether it would change what the stage shows
   */
  isOurs(time, useful) {
    if (time - this.#last > PAUSE) this.#ours = useful;
    this.#last = time;
    return this.#ours;
  }
};
function zoomOf({ deltaY, deltaMode, ctrlKey }) {
  const way = deltaMode === 0 ? deltaY : deltaY * LINE;
  const step = -way * (ctrlKey ? PINCH_SPEED : SPEED);
  return Math.exp(Math.max(-LARGEST_STEP, Math.min(step, LARGEST_STEP)));
}
function listenToWheel(stage, changed2, signal) {
  const { canvas } = stage;
  const gesture = new ScrollGesture();
  document.addEventListener(
    "wheel",
    (event) => {
      if (!event.composedPath().includes(canvas)) gesture.elsewhere(event.timeStamp);
    },
    // First, since the notebook may stop the event on its way.
    { capture: true, passive: true, signal }
  );
  canvas.addEventListener(
    "wheel",
    (event) => {
      const factor = zoomOf(event);
      const useful = factor > 1 || stage.zoomed && event.deltaY !== 0;
      if (!gesture.isOurs(event.timeStamp, useful)) return;
      event.preventDefault();
      event.stopPropagation();
      stage.zoomAt(stage.placeAt(event), factor);
      changed2(event);
    },
    { passive: false, signal }
  );
}

// src/stage/pointer.js
var MOUSE = [
  ["Hover", "preview the click"],
  ["Click", "this is it"],
  ["Alt or right click", "this is not"],
  ["Long press, or the button −", "this is not, on a touch screen"],
  ["Wheel or pinch", "zoom"],
  ["Shift or middle drag", "move the zoomed image"],
  ["Double click", "whole image again, once zoomed"]
];
function listenToPointer(store, stage, local, changed2, signal) {
  const { canvas } = stage;
  let press = null;
  let clicked = false;
  const isPositive = ({ altKey }) => !altKey && !local.negative;
  const drags = listenToDrags(stage, changed2, signal);
  const click = (event, positive) => {
    clicked = false;
    if (drags.dragged) return;
    if (!press?.pixel || distance(press.event, event) > SLACK) return;
    const label = positive ? 1 : 0;
    store.edit({ op: "click", click: [stage.image, ...press.pixel, label] });
    local.hover.point(null);
    clicked = true;
  };
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      press = { event, pixel: stage.pixelAt(event) };
      if (!local.crosshair) return;
      local.crosshair = null;
      changed2();
    },
    { signal }
  );
  canvas.addEventListener(
    "click",
    (event) => {
      canvas.focus({ preventScroll: true });
      if (event.detail <= 1) click(event, isPositive(event));
    },
    { signal }
  );
  canvas.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      click(event, false);
      press = null;
    },
    { signal }
  );
  canvas.addEventListener(
    "dblclick",
    () => {
      if (drags.dragged || !stage.magnified) return;
      if (clicked) store.edit({ op: "undo" });
      clicked = false;
      stage.resetView();
      changed2();
    },
    { signal }
  );
  let pointedAt = "";
  const point = (event) => {
    local.pointed = stage.pixelAt(event);
    const pixel = event.buttons === 0 ? local.pointed : null;
    const label = isPositive(event) ? 1 : 0;
    local.hover.point(pixel && [stage.image, ...pixel, label]);
    const { sizes, grid } = store.info;
    const cell = local.pointed && cellOf(...local.pointed, sizes[stage.image], grid);
    const before = pointedAt;
    pointedAt = [stage.image, cell, label, event.buttons].join();
    if (pointedAt !== before) changed2();
  };
  canvas.addEventListener(
    "pointermove",
    (event) => {
      if (event.pointerType !== "touch") point(event);
    },
    { signal }
  );
  listenToWheel(
    stage,
    (event) => {
      point(event);
      changed2();
    },
    signal
  );
  canvas.addEventListener(
    "pointerleave",
    () => {
      local.pointed = null;
      local.hover.point(null);
      pointedAt = "";
      changed2();
    },
    { signal }
  );
}

// src/stage/resizer.js
var LOWEST = 160;
var HIGHEST = 1600;
var STEP = 20;
var HEIGHT2 = "--ncut-stage-height";
var Resizer = class {
  element = focusable(
    "div",
    {
      class: "ncut-grip",
      role: "separator",
      tabindex: 0,
      title: "Drag to change the image's height. Double click: reset.",
      "aria-label": "Height of the image",
      "aria-orientation": "horizontal",
      "aria-valuemin": LOWEST,
      "aria-valuemax": HIGHEST,
      "aria-valuenow": LOWEST
    },
    html("span")
  );
  #root;
  #stage;
  /**
   * @param {HTMLElement} root of the view
   * @param {HTMLElement} stage
   * @param {AbortSignal} signal
   */
  constructor(root, stage, signal) {
    this.#root = root;
    this.#stage = stage;
    this.#listenToKeys(signal);
    this.#listenToPointer(signal);
    this.element.addEventListener("dblclick", () => root.style.removeProperty(HEIGHT2), {
      signal
    });
    const observer = new ResizeObserver(() => this.#tell());
    observer.observe(stage);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }
  /** @param {AbortSignal} signal */
  #listenToKeys(signal) {
    this.element.addEventListener(
      "keydown",
      (event) => {
        const steps = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation();
        this.#resize(this.#stage.offsetHeight + steps * STEP);
      },
      { signal }
    );
  }
  /** @param {AbortSignal} signal */
  #listenToPointer(signal) {
    const { element } = this;
    let start = null;
    element.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        element.setPointerCapture(event.pointerId);
        const height = this.#stage.offsetHeight;
        const scale = this.#stage.getBoundingClientRect().height / height;
        start = { y: event.clientY, height, scale };
      },
      { signal }
    );
    element.addEventListener(
      "pointermove",
      ({ clientY }) => {
        if (!start || clientY === start.y) return;
        this.#resize(start.height + (clientY - start.y) / start.scale);
      },
      { signal }
    );
    element.addEventListener(
      "lostpointercapture",
      () => {
        start = null;
      },
      { signal }
    );
  }
  /** @param {number} height */
  #resize(height) {
    this.#root.style.setProperty(HEIGHT2, `${inRange(Math.round(height))}px`);
  }
  #tell() {
    const height = inRange(this.#stage.offsetHeight);
    setAttribute(this.element, "aria-valuenow", String(height));
    setAttribute(this.element, "aria-valuetext", `${height} pixels`);
  }
};
function inRange(height) {
  return Math.max(LOWEST, Math.min(height, HIGHEST));
}

// src/maths/viewport.js
var LARGEST_PIXEL = 32;
var LONGEST2 = 5;
var MARGIN2 = 0.1;
function openingView([height, width]) {
  return {
    ...wholeImage([height, width]),
    width: Math.min(width, LONGEST2 * height),
    height: Math.min(height, LONGEST2 * width)
  };
}
function smallestWidth([, imageWidth], width) {
  return Math.min(imageWidth, width / LARGEST_PIXEL);
}
function isWhole(view, [imageHeight, imageWidth]) {
  return view.width >= imageWidth && view.height >= imageHeight;
}
function isMagnified(view, size) {
  return view.width < openingView(size).width;
}
function transformed(view, size, from, to, factor, smallest) {
  const least = Math.min(smallest, view.width);
  const opening = openingView(size);
  const width = clamp2(view.width / factor, least, opening.width);
  const height = width * opening.height / opening.width;
  const x = view.x + from[0] * view.width - to[0] * width;
  const y = view.y + from[1] * view.height - to[1] * height;
  return inside({ x, y, width, height }, size);
}
function revealing(view, size, [x, y]) {
  const [across, down] = placeOf(x, y, view);
  const moved = {
    ...view,
    x: view.x + (across - clamp2(across, MARGIN2, 1 - MARGIN2)) * view.width,
    y: view.y + (down - clamp2(down, MARGIN2, 1 - MARGIN2)) * view.height
  };
  return inside(moved, size);
}
function inside({ x, y, width, height }, [imageHeight, imageWidth]) {
  return {
    x: clamp2(x, 0, imageWidth - width),
    y: clamp2(y, 0, imageHeight - height),
    width,
    height
  };
}
function clamp2(value, low, high) {
  return Math.max(low, Math.min(value, high));
}

// src/stage/markers.js
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

// src/maths/quads.js
var OFF = 0;
var ON = 1;
var MIXED = 2;
var DROPPED = 3;
function findQuads(quads, mask, { positives, negatives }, [rows, cols]) {
  for (let row = 0; row < rows; row++) {
    const down = row + 1 < rows ? cols : 0;
    for (let col = 0; col < cols; col++) {
      const cell = row * cols + col;
      const right = col + 1 < cols ? 1 : 0;
      let surely = false;
      let perhaps = false;
      for (let k = 0; k < positives.length; k++) {
        const above = cornersAbove(positives[k], cell, right, down);
        if (above === 4) surely = true;
        if (above > 0) perhaps = true;
      }
      for (let k = 0; perhaps && k < negatives.length; k++) {
        const above = cornersAbove(negatives[k], cell, right, down);
        if (above > 0) surely = false;
        if (above === 4) perhaps = false;
      }
      const near = mask[cell] | mask[cell + right] | mask[cell + down] | mask[cell + right + down];
      if (!perhaps) quads[cell] = OFF;
      else if (!near) quads[cell] = DROPPED;
      else quads[cell] = surely ? ON : MIXED;
    }
  }
}
function cornersAbove({ map, cut }, cell, right, down) {
  let above = 0;
  if (map[cell] > cut) above++;
  if (map[cell + right] > cut) above++;
  if (map[cell + down] > cut) above++;
  if (map[cell + right + down] > cut) above++;
  return above;
}

// src/maths/axis.js
var Axis = class {
  /** Cell before each canvas pixel. @type {Int32Array} */
  before = new Int32Array(0);
  /** Cell after it; the same beyond the outermost centres. @type {Int32Array} */
  after = new Int32Array(0);
  /** How far it is from the one to the other, 0 to 1. @type {Float64Array} */
  fraction = new Float64Array(0);
  /** Where it lies in the image, in image pixels. @type {Float64Array} */
  place = new Float64Array(0);
  /** First canvas pixel of each quad; the last entry ends the last. @type {Int32Array} */
  starts = new Int32Array(0);
  #key = "";
  /**
   * Each canvas pixel shows the image pixel under its centre, and lies where that one's
   * centre lies.
   *
   * @param {number} length of the canvas
   * @param {number} from where the view begins, in image pixels
   * @param {number} extent of the view
   * @param {number} pixels of the image
   * @param {number} cells
   */
  fitPixels(length, from, extent, pixels2, cells) {
    this.#fit(
      length,
      from,
      extent,
      pixels2,
      cells,
      (at2) => Math.min(Math.max(Math.floor(at2), 0), pixels2 - 1) + 0.5
    );
  }
  /**
   * Each canvas pixel lies where it lies, also within an image pixel.
   *
   * @param {number} length
   * @param {number} from
   * @param {number} extent
   * @param {number} pixels
   * @param {number} cells
   */
  fitPlaces(length, from, extent, pixels2, cells) {
    this.#fit(length, from, extent, pixels2, cells, (at2) => at2);
  }
  /**
   * @param {number} length
   * @param {number} from
   * @param {number} extent
   * @param {number} pixels
   * @param {number} cells
   * @param {(at: number) => number} shown
   */
  #fit(length, from, extent, pixels2, cells, shown) {
    const key = [length, from, extent, pixels2, cells].join();
    if (key === this.#key) return;
    this.#key = key;
    if (length !== this.before.length) {
      this.before = new Int32Array(length);
      this.after = new Int32Array(length);
      this.fraction = new Float64Array(length);
      this.place = new Float64Array(length);
    }
    this.starts = new Int32Array(cells + 1).fill(length);
    for (let i = length - 1; i >= 0; i--) {
      this.place[i] = shown(from + (i + 0.5) * extent / length);
      const cell = this.place[i] * cells / pixels2 - 0.5;
      const inside2 = Math.min(Math.max(cell, 0), cells - 1);
      this.before[i] = Math.floor(inside2);
      this.after[i] = Math.min(this.before[i] + 1, cells - 1);
      this.fraction[i] = inside2 - this.before[i];
      this.starts[this.before[i]] = i;
    }
    for (let k = cells - 1; k >= 0; k--) {
      this.starts[k] = Math.min(this.starts[k], this.starts[k + 1]);
    }
  }
};

// src/maths/smooth.js
var SmoothMask = class {
  #across = new Axis();
  #down = new Axis();
  /**
   * @param {Size} raster (height, width) of the canvas
   * @param {View} view part of the image that fills it, in image pixels
   * @param {Size} size of the image
   * @param {Size} grid
   */
  fit([height, width], view, size, grid) {
    this.#across.fitPixels(width, view.x, view.width, size[1], grid[1]);
    this.#down.fitPixels(height, view.y, view.height, size[0], grid[0]);
  }
  /**
   * @param {Uint32Array} pixels of the canvas: those of the mask get the colour, all
   *   others are cleared
   * @param {Uint8Array} quads
   * @param {CutMaps} cutMaps
   * @param {number} colour
   */
  paint(pixels2, quads, cutMaps, colour) {
    const { before: lefts, starts } = this.#across;
    const { before: tops, after: bottoms, fraction: down, place: rows } = this.#down;
    const width = lefts.length;
    const cols = starts.length - 1;
    pixels2.fill(0);
    for (let y = 0; y < tops.length; y++) {
      const line = y * width;
      if (y > 0 && rows[y] === rows[y - 1]) {
        pixels2.copyWithin(line, line - width, line);
        continue;
      }
      const first = tops[y] * cols;
      for (let col = lefts[0]; col <= lefts[width - 1]; col++) {
        const quad = quads[first + col];
        if (quad === ON)
          pixels2.fill(colour, line + starts[col], line + starts[col + 1]);
        if (quad !== MIXED) continue;
        const bottom = bottoms[y] * cols;
        this.#paintQuad(pixels2, line, col, first, bottom, down[y], cutMaps, colour);
      }
    }
  }
  /**
   * @param {Uint32Array} pixels
   * @param {number} line start of the canvas row
   * @param {number} col of the quad
   * @param {number} top start of the row of cells above
   * @param {number} bottom start of the row of cells below
   * @param {number} down how far it is from the one to the other
   * @param {CutMaps} cutMaps
   * @param {number} colour
   */
  #paintQuad(pixels2, line, col, top, bottom, down, { positives, negatives }, colour) {
    const { starts, after, fraction } = this.#across;
    const end = starts[col + 1];
    const right = after[starts[col]];
    for (let x = starts[col]; x < end; x++) {
      const across = fraction[x];
      let inside2 = false;
      for (let k = 0; k < positives.length && !inside2; k++) {
        const { map, cut } = positives[k];
        inside2 = mix(map, top + col, top + right, bottom + col, bottom + right, across, down) > cut;
      }
      for (let k = 0; k < negatives.length && inside2; k++) {
        const { map, cut } = negatives[k];
        inside2 = !(mix(map, top + col, top + right, bottom + col, bottom + right, across, down) > cut);
      }
      if (inside2) pixels2[line + x] = colour;
    }
  }
};
function mix(map, a, b, c, d, across, down) {
  const top = map[a] + across * (map[b] - map[a]);
  const bottom = map[c] + across * (map[d] - map[c]);
  return top + down * (bottom - top);
}

// src/stage/outline.js
var LIGHT = 1.25;
var DARK = 1;
var DARK_OPACITY = 0.7;
var Outline = class {
  #across = new Axis();
  #down = new Axis();
  #grid = (
    /** @type {Size} */
    [0, 0]
  );
  /** Cells per canvas pixel. */
  #scale = [0, 0];
  /**
   * @param {Size} raster (height, width) of the canvas
   * @param {View} view part of the image that fills it, in image pixels
   * @param {Size} size of the image
   * @param {Size} grid
   */
  fit([height, width], view, size, grid) {
    this.#across.fitPlaces(width, view.x, view.width, size[1], grid[1]);
    this.#down.fitPlaces(height, view.y, view.height, size[0], grid[0]);
    this.#grid = grid;
    this.#scale = [
      grid[1] * view.width / (size[1] * width),
      grid[0] * view.height / (size[0] * height)
    ];
  }
  /**
   * @param {Uint32Array} pixels of the canvas
   * @param {Uint8Array} quads
   * @param {CutMaps} cutMaps
   * @param {number} ratio device pixels per CSS pixel
   */
  paint(pixels2, quads, cutMaps, ratio) {
    pixels2.fill(0);
    const [rows, cols] = this.#grid;
    const { before: lefts } = this.#across;
    const { before: tops } = this.#down;
    for (let row = tops[0]; row <= tops[tops.length - 1]; row++) {
      for (let col = lefts[0]; col <= lefts[lefts.length - 1]; col++) {
        const quad = quads[row * cols + col];
        if (quad === DROPPED) continue;
        if (quad === MIXED || besideMixed(quads, row, col, rows, cols)) {
          this.#paintQuad(pixels2, row, col, cutMaps, ratio);
        }
      }
    }
  }
  /**
   * @param {Uint32Array} pixels
   * @param {number} row
   * @param {number} col
   * @param {CutMaps} cutMaps
   * @param {number} ratio
   */
  #paintQuad(pixels2, row, col, { positives, negatives }, ratio) {
    const { starts: xs, before, fraction: across } = this.#across;
    const { starts: ys, fraction: down } = this.#down;
    const [rows, cols] = this.#grid;
    const a = row * cols + col;
    const right = col + 1 < cols ? 1 : 0;
    const below = row + 1 < rows ? cols : 0;
    const light = LIGHT * ratio / 2;
    const far = light + DARK * ratio + 0.5;
    for (let y = ys[row]; y < ys[row + 1]; y++) {
      for (let x = xs[col]; x < xs[col + 1]; x++) {
        let inside2 = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < positives.length; k++) {
          const gap = this.#distance(positives[k], a, right, below, across[x], down[y]);
          if (gap > inside2) inside2 = gap;
        }
        for (let k = 0; k < negatives.length; k++) {
          const gap = this.#distance(negatives[k], a, right, below, across[x], down[y]);
          if (-gap < inside2) inside2 = -gap;
        }
        const away = Math.abs(inside2);
        if (away < far) pixels2[y * before.length + x] = inkAt(away, light, far);
      }
    }
  }
  /**
   * Distance from a click's edge in canvas pixels, to first order; negative outside.
   *
   * @param {CutMap} cutMap
   * @param {number} a cell at the top left
   * @param {number} right step to the next column
   * @param {number} below step to the next row
   * @param {number} across
   * @param {number} down
   */
  #distance({ map, cut }, a, right, below, across, down) {
    const topSlope = map[a + right] - map[a];
    const bottomSlope = map[a + right + below] - map[a + below];
    const top = map[a] + across * topSlope;
    const bottom = map[a + below] + across * bottomSlope;
    const dx = (topSlope + down * (bottomSlope - topSlope)) * this.#scale[0];
    const dy = (bottom - top) * this.#scale[1];
    return (top + down * (bottom - top) - cut) / Math.sqrt(dx * dx + dy * dy);
  }
};
function inkAt(away, light, far) {
  const lit = Math.min(Math.max(light + 0.5 - away, 0), 1);
  const shade = Math.min(far - away, 1) * DARK_OPACITY * (1 - lit);
  const alpha = lit + shade;
  const grey = Math.round(255 * lit / alpha);
  return (Math.round(255 * alpha) << 24 | grey << 16 | grey << 8 | grey) >>> 0;
}
function besideMixed(quads, row, col, rows, cols) {
  const bottom = Math.min(row + 1, rows - 1);
  const right = Math.min(col + 1, cols - 1);
  for (let r = Math.max(row - 1, 0); r <= bottom; r++) {
    for (let c = Math.max(col - 1, 0); c <= right; c++) {
      if (quads[r * cols + c] === MIXED) return true;
    }
  }
  return false;
}

// src/stage/mask.js
var StageMask = class {
  #tint = new Raster();
  #lines = new Raster({ class: "ncut-outline", "aria-hidden": "true" });
  #mask = new SmoothMask();
  #outline = new Outline();
  #quads;
  #grid;
  /** @type {CutMaps} */
  #cutMaps = { positives: [], negatives: [] };
  /** @param {Size} grid */
  constructor(grid) {
    this.#grid = grid;
    this.#quads = new Uint8Array(grid[0] * grid[1]);
  }
  /** The outline's canvas, to be laid over the stage. */
  get outline() {
    return this.#lines.canvas;
  }
  /**
   * @param {number} width of the stage's canvas
   * @param {number} height
   */
  resize(width, height) {
    this.#tint.resize(width, height);
    this.#lines.resize(width, height);
  }
  /**
   * What is to be painted, and where.
   *
   * @param {Uint8Array} mask on the latent grid
   * @param {CutMaps} cutMaps
   * @param {View} view
   * @param {Size} size of the image
   */
  show(mask, cutMaps, view, size) {
    this.#cutMaps = cutMaps;
    findQuads(this.#quads, mask, cutMaps, this.#grid);
    this.#mask.fit(this.#tint.size, view, size, this.#grid);
    this.#outline.fit(this.#lines.size, view, size, this.#grid);
  }
  /**
   * @param {CanvasRenderingContext2D} context of the stage
   * @param {number} colour as of `pixelOf`
   * @param {number} opacity
   */
  paintTint(context, colour, opacity) {
    this.#mask.paint(this.#tint.pixels, this.#quads, this.#cutMaps, colour);
    this.#tint.put();
    context.globalAlpha = opacity;
    context.drawImage(this.#tint.canvas, 0, 0);
    context.globalAlpha = 1;
  }
  /** @param {boolean} visible */
  paintOutline(visible) {
    if (visible) {
      const ratio = devicePixelRatio;
      this.#outline.paint(this.#lines.pixels, this.#quads, this.#cutMaps, ratio);
    } else this.#lines.pixels.fill(0);
    this.#lines.put();
  }
};

// src/maths/shades.js
var SHADES = [
  [0, 0],
  [40, 255],
  [30, 0],
  [65, 255],
  [50, 0],
  [20, 255]
];
function shadesOf(color) {
  const parts = [1, 3, 5].map((at2) => Number.parseInt(color.slice(at2, at2 + 2), 16));
  return SHADES.map(([share, other]) => {
    const [red, green, blue] = parts.map(
      (part) => Math.floor((part * (100 - share) + other * share + 50) / 100)
    );
    return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
  });
}

// src/stage/segments.js
var StageSegments = class {
  #raster = new Raster();
  /** @type {unknown[]} What the raster shows. */
  #shows = [];
  /**
   * @param {number} width of the stage's canvas
   * @param {number} height
   */
  resize(width, height) {
    this.#raster.resize(width, height);
    this.#shows = [];
  }
  /**
   * @param {CanvasRenderingContext2D} context of the stage
   * @param {SegmentEntry[]} segments
   * @param {SegmentMasks<Runs>} masks
   * @param {number} image
   * @param {View} view part of the image that fills the canvas, in image pixels
   * @param {Size} size of the image
   * @param {number} opacity
   */
  paint(context, segments, masks, image, view, size, opacity) {
    const shown = segments.filter(isShown);
    if (shown.length === 0) return;
    const shows = [segments, masks.version, image, view];
    if (shows.some((value, i) => value !== this.#shows[i])) {
      this.#shows = shows;
      this.#compose(shown, masks, image, view, size);
    }
    context.globalAlpha = opacity;
    context.drawImage(this.#raster.canvas, 0, 0);
    context.globalAlpha = 1;
  }
  /**
   * @param {SegmentEntry[]} shown
   * @param {SegmentMasks<Runs>} masks
   * @param {number} image
   * @param {View} view
   * @param {Size} size
   */
  #compose(shown, masks, image, view, [height, width]) {
    const raster = this.#raster;
    const rows = pixelsUnder(raster.size[0], view.y, view.height, height);
    const cols = pixelsUnder(raster.size[1], view.x, view.width, width);
    raster.pixels.fill(0);
    for (const segment of shown) {
      const runs = masks.get(segment, image);
      runs?.paint(raster.pixels, rows, cols, shadesOf(segment.color));
    }
    raster.put();
  }
};

// src/stage/stage.js
var PREVIEW = 0.6;
var CRISP = 3;
var Stage = class {
  canvas = focusable("canvas", {
    "data-ncut": "stage",
    tabindex: 0,
    role: "application"
  });
  /** @type {number} The image that is painted. */
  image = -1;
  element;
  #still = html("img", { class: "ncut-still", alt: "", hidden: "" });
  #markers = svg("svg", { class: "ncut-markers", "aria-hidden": "true" });
  #context = contextOf(this.canvas);
  #store;
  #mask;
  #segments = new StageSegments();
  #cells;
  /** @type {View} */
  #view = openingView([1, 1]);
  #picture = new ScaledPicture();
  /** @type {unknown[]} What the canvas shows. */
  #painted = [];
  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.#mask = new StageMask(store.info.grid);
    this.#cells = new CellLayer(store.info.grid);
    this.element = html(
      "div",
      { class: "ncut-frame" },
      this.#still,
      this.canvas,
      this.#mask.outline,
      this.#markers
    );
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
        this.canvas.width = width;
        this.canvas.height = height;
        this.#picture.resize(width, height);
        this.#mask.resize(width, height);
        this.#segments.resize(width, height);
        this.#painted = [];
      }
      repaint();
    });
    try {
      observer.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.canvas);
    }
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
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
  /**
   * Place of the pointer in the view.
   *
   * @param {{ clientX: number, clientY: number }} event
   * @returns {Place}
   */
  placeAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }
  /** Whether a part of the image only is shown. */
  get zoomed() {
    return !isWhole(this.#view, this.#size);
  }
  /** Whether it is larger than it opens. */
  get magnified() {
    return isMagnified(this.#view, this.#size);
  }
  /**
   * @param {Place} place that stays
   * @param {number} factor
   */
  zoomAt(place, factor) {
    this.transform(place, place, factor);
  }
  /**
   * Bring what lies at `from` to `to`, `factor` times as large.
   *
   * @param {Place} from
   * @param {Place} to
   * @param {number} factor
   */
  transform(from, to, factor) {
    const smallest = smallestWidth(this.#size, this.canvas.clientWidth);
    this.#view = transformed(this.#view, this.#size, from, to, factor, smallest);
  }
  /**
   * Move the view, where it must be, for a pixel to be in it.
   *
   * @param {[x: number, y: number]} pixel
   * @returns {Place} of the pixel
   */
  reveal(pixel) {
    this.#view = revealing(this.#view, this.#size, pixel);
    return placeOf(...pixel, this.#view);
  }
  resetView() {
    this.#view = openingView(this.#size);
  }
  get #size() {
    return this.#store.info.sizes[this.image];
  }
  /**
   * @param {Segmentation} shown
   * @param {boolean} isPreview whether it shows what is not, or not yet, so
   * @param {Local} local
   */
  paint(shown, isPreview, { showMask, crosshair }) {
    const store = this.#store;
    const image = store.activeImage;
    const size = store.info.sizes[image];
    if (image !== this.image) this.#turnTo(image, size);
    this.#tellView();
    this.#paintStill(store.still);
    const result = shown.of(image);
    const colour = getComputedStyle(this.canvas).getPropertyValue("--ncut-mask");
    const state = [
      image,
      shown,
      result.stamp,
      isPreview,
      showMask,
      store.get("overlay"),
      store.get("opacity"),
      store.pictures.stage.get(image) ?? store.pictures.thumb.get(image),
      store.pictures.stage.awaits(image),
      store.pictures.eigvecs.get(image),
      store.segments,
      store.segmentMasks.version,
      this.#view,
      devicePixelRatio,
      colour
    ];
    if (state.some((value, i) => value !== this.#painted[i])) {
      this.#painted = state;
      const strength = store.get("opacity") * (isPreview ? PREVIEW : 1);
      const tint = showMask ? { colour: pixelOf(colour), strength } : null;
      this.#paintAll(shown, result, size, tint);
    }
    const clicks = store.clicks.filter(({ click }) => click[0] === image);
    paintMarkers(this.#markers, clicks, crosshair, this.#view, size, store.info.grid);
  }
  /**
   * @param {Segmentation} shown
   * @param {Result} result
   * @param {Size} size
   * @param {{ colour: number, strength: number } | null} tint null: no mask
   */
  #paintAll(shown, result, size, tint) {
    const store = this.#store;
    const overlay = store.get("overlay");
    const opacity = store.get("opacity");
    this.#paintPicture(size);
    const cutMaps = shown.cutMapsOf(this.image);
    this.#mask.show(result.mask, cutMaps, this.#view, size);
    if (overlay === "eigvecs") this.#paintEigvecs(size, opacity);
    else if (overlay === "heatmap" && result.marked)
      this.#paintHeat(shown, size, opacity);
    else if (tint) {
      const { segments, segmentMasks } = store;
      const here = (
        /** @type {const} */
        [this.image, this.#view, size, opacity]
      );
      this.#segments.paint(this.#context, segments, segmentMasks, ...here);
      if (result.marked)
        this.#mask.paintTint(this.#context, tint.colour, tint.strength);
    }
    this.#mask.paintOutline(tint !== null && result.marked);
  }
  /** @param {string | null} still what it showed before, while there is no kernel */
  #paintStill(still) {
    if (still && this.#still.src !== still) this.#still.src = still;
    this.#still.hidden = still === null;
  }
  /**
   * @param {number} image
   * @param {Size} size
   */
  #turnTo(image, size) {
    const before = this.#size;
    this.image = image;
    if (before?.join() !== size.join()) this.resetView();
    const { width, height } = openingView(size);
    this.element.style.setProperty("--ncut-aspect", String(width / height));
    setAttribute(this.canvas, "data-image", String(image));
    const count2 = this.#store.imageCount;
    const name = count2 > 1 ? `Image ${image + 1} of ${count2}` : "Image";
    setAttribute(this.canvas, "aria-label", `${name}. Click to segment.`);
  }
  #tellView() {
    const { x, y, width, height } = this.#view;
    setAttribute(this.canvas, "data-view", [x, y, width, height].join());
    this.canvas.classList.toggle("ncut-zoomed", this.zoomed);
  }
  /** @param {Size} size */
  #paintPicture(size) {
    const { pictures } = this.#store;
    const picture = pictures.stage.get(this.image) ?? pictures.thumb.get(this.image);
    this.element.classList.toggle("ncut-loading", pictures.stage.awaits(this.image));
    const context = this.#context;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (!picture) return;
    const part = viewIn(this.#view, size, sizeOf(picture));
    const own = picture.width === size[1];
    const crisp = own && context.canvas.width > CRISP * part.width;
    context.drawImage(this.#picture.of(picture, part, !crisp), 0, 0);
  }
  /**
   * @param {Size} size
   * @param {number} opacity
   */
  #paintEigvecs(size, opacity) {
    const picture = this.#store.pictures.eigvecs.get(this.image);
    if (!picture) return;
    const part = viewIn(this.#view, size, sizeOf(picture));
    drawView(this.#context, picture, part, { smooth: false, opacity });
  }
  /**
   * @param {Segmentation} shown
   * @param {Size} size
   * @param {number} opacity
   */
  #paintHeat(shown, size, opacity) {
    this.#cells.paintHeat(shown.heatOf(this.image));
    const part = viewIn(this.#view, size, this.#store.info.grid);
    drawView(this.#context, this.#cells.canvas, part, { smooth: true, opacity });
  }
};
function sizeOf({ width, height }) {
  return [height, width];
}
function deviceSize(entry) {
  const { inlineSize, blockSize } = entry.contentBoxSize[0];
  const width = inlineSize * devicePixelRatio;
  const height = blockSize * devicePixelRatio;
  const exact = entry.devicePixelContentBoxSize?.[0];
  const isSame2 = exact && Math.abs(exact.inlineSize - width) < 2;
  return isSame2 ? exact : { inlineSize: Math.round(width), blockSize: Math.round(height) };
}

// src/theme.js
function followTheme(root, signal) {
  if (!(root.getRootNode() instanceof ShadowRoot)) return;
  const outer = [document.documentElement, document.body];
  const follow = () => {
    const has = (theme) => outer.some(({ classList }) => classList.contains(theme));
    root.style.colorScheme = has("dark") ? "dark" : has("light") ? "light" : "";
  };
  const observer = new MutationObserver(follow);
  for (const element of outer) {
    observer.observe(element, { attributes: true, attributeFilter: ["class"] });
  }
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  follow();
}

// src/view.js
function showView(store, segmentation, el, signal) {
  const local = {
    showMask: true,
    crosshair: null,
    pointed: null,
    hover: new Hover(store),
    selected: null,
    negative: false
  };
  const stage = new Stage(store);
  const filmstrip = new Filmstrip(store);
  const status = new Status(store, segmentation);
  const controls = new Controls(store, local, () => repaint(), signal);
  const segments = new SegmentList(store, local, () => repaint(), signal);
  const trouble = new Trouble(store, signal);
  const help = new Help(MOUSE, KEYS);
  const root = html("div", {
    class: "ncut-segmenter",
    role: "group",
    "aria-label": "NCUT segmenter",
    // Its words are English, whatever the page around it is.
    lang: "en",
    dir: "ltr"
  });
  const resizer = new Resizer(root, stage.element, signal);
  const foot = html("div", { class: "ncut-foot" }, status.element, help.button);
  root.append(
    html(
      "div",
      { class: "ncut-body" },
      html(
        "div",
        { class: "ncut-main" },
        stage.element,
        resizer.element,
        foot,
        help.panel,
        trouble.element
      ),
      filmstrip.element,
      html("div", { class: "ncut-side" }, controls.element, segments.element)
    )
  );
  const parts = { stage, filmstrip, status, controls, segments, trouble };
  const painter = new Painter(root, store, segmentation, parts, local);
  const repaint = () => painter.repaint();
  const show = () => store.show(root, [...filmstrip.visible]);
  store.attach(root, () => painter.update(), signal);
  stage.observe(() => painter.paint(), signal);
  filmstrip.listen(() => {
    show();
    repaint();
  }, signal);
  listenToPointer(store, stage, local, repaint, signal);
  listenToKeys(store, stage, help, local, repaint, signal);
  help.listen(signal);
  const end = () => {
    painter.stop();
    root.remove();
  };
  signal.addEventListener("abort", end, { once: true });
  el.append(root);
  followTheme(root, signal);
  show();
  painter.paint();
}

// src/index.js
var LOOK_EVERY_MS = 50;
var define = () => {
  let shown = null;
  let ended = false;
  const waiting = /* @__PURE__ */ new Set();
  return {
    /** @param {{ model: Model, signal?: AbortSignal }} context */
    initialize({ model, signal }) {
      const life = lifetime(signal);
      whenKnown(model, life.signal, () => {
        const store = new Store(model, life.signal);
        shown = { store, segmentation: new Segmentation(store) };
        for (const show of waiting) show();
        waiting.clear();
      });
      const forget = () => {
        shown = null;
        ended = true;
        waiting.clear();
      };
      life.signal.addEventListener("abort", forget, { once: true });
      return () => life.abort();
    },
    /** @param {{ el: HTMLElement, signal?: AbortSignal }} context */
    render({ el, signal }) {
      const life = lifetime(signal);
      if (life.signal.aborted || ended) return;
      const wait = lifetime(life.signal);
      const show = () => {
        wait.abort();
        if (shown) showView(shown.store, shown.segmentation, el, life.signal);
      };
      if (shown) show();
      else {
        showWaiting(el, wait.signal);
        waiting.add(show);
        life.signal.addEventListener("abort", () => waiting.delete(show), {
          once: true
        });
      }
      return () => life.abort();
    }
  };
};
var src_default = define;
function openPage(page, el) {
  return openOffline(define(), page, el);
}
function whenKnown(model, signal, then) {
  const isKnown = () => model.get("_info") && model.get("clicks");
  if (isKnown()) return then();
  const timer = setInterval(() => {
    if (!isKnown()) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}
function lifetime(signal) {
  const controller = new AbortController();
  const end = () => controller.abort();
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  return controller;
}
export {
  src_default as default,
  openPage
};
