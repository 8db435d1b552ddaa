/**
 * A host with a kernel behind a line that can be cut. It saves traits as ipywidgets does:
 * one message at a time, the next when the kernel's status "idle" for it has come.
 */

import { FakeModel, STATS } from "./model.js";
import { likeCell } from "./seeds.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

const SETTINGS = ["by", "threshold", "gamma", "num_eig", "active_image", "opacity"];
/** Settings of which the kernel's revision is the count of changes. */
const OF_MASKS = ["by", "threshold", "gamma", "num_eig"];

export class Host extends FakeModel {
  /** Whether what is sent now, either way, is lost. */
  cut = false;
  /** @type {(() => void)[]} What the kernel has got, and has not handled. */
  queue = [];
  /** The kernel's own. */
  clicks = /** @type {Click[]} */ ([]);
  settings;
  revision = 0;
  /** How many edits were applied. */
  edits = 0;
  /** Fields that were sent, by name. @type {Map<string, number>} */
  fields = new Map();
  /** The lists of clicks that it knows, by revision. @type {Map<number, Click[]>} */
  lists = new Map();

  /** @type {Click[][]} */
  #past = [];
  /** @type {Click[][]} */
  #future = [];
  /** @type {Map<string, number>} Last number that was applied of each page. */
  #applied = new Map();
  #fromKernel = false;
  /** @type {Record<string, unknown>} */
  #changed = {};
  /** @type {{ state: Record<string, unknown>, callbacks: any } | null} */
  #buffer = null;
  #pending = 0;
  /** @type {Set<(kernel: unknown, status: string) => void>} */
  slots = new Set();
  /** @type {Set<(sender: unknown) => void>} */
  restorers = new Set();
  widget_manager = {
    callbacks: () => ({}),
    restored: {
      connect: (/** @type {any} */ slot) => void this.restorers.add(slot),
      disconnect: (/** @type {any} */ slot) => void this.restorers.delete(slot),
    },
    kernel: {
      connectionStatusChanged: {
        connect: (/** @type {any} */ slot) => void this.slots.add(slot),
        disconnect: (/** @type {any} */ slot) => void this.slots.delete(slot),
      },
    },
  };

  /** @param {Record<string, unknown>} [traits] */
  constructor(traits) {
    super(traits);
    this.settings = Object.fromEntries(
      SETTINGS.map((name) => [name, this.traits[name]]),
    );
  }

  /** @param {string} name @param {unknown} value @override */
  set(name, value) {
    if (!this.#fromKernel && this.traits[name] !== value) this.#changed[name] = value;
    super.set(name, value);
  }

  /** @param {any} content @override */
  send(content) {
    super.send(content);
    if (!this.cut) this.queue.push(() => this.#handle(content));
  }

  /** @param {any} [callbacks] @override */
  save_changes(callbacks) {
    const state = { ...this.#buffer?.state, ...this.#changed };
    this.#changed = {};
    if (this.#pending > 0) this.#buffer = { state, callbacks };
    else this.#save(state, callbacks);
  }

  /** Have the kernel handle all that it has got. */
  pump() {
    for (;;) {
      const next = this.queue.shift();
      if (!next) return;
      next();
    }
  }

  /** The host tells what becomes of its line. @param {...string} statuses */
  tellConnection(...statuses) {
    for (const status of statuses) {
      for (const slot of [...this.slots]) slot({}, status);
    }
  }

  /** The host sets traits as the kernel had them. @param {Record<string, unknown>} state */
  restore(state) {
    this.#fromKernel = true;
    for (const [name, value] of Object.entries(state)) this.set(name, value);
    this.#fromKernel = false;
    for (const slot of [...this.restorers]) slot({});
  }

  /** A cell sets a setting. @param {string} name @param {unknown} value */
  assign(name, value) {
    this.#assign({ [name]: value });
    this.#tell([name, "_revision"]);
  }

  /** A cell sets the clicks, or another page edits them. @param {Click[]} clicks */
  assignClicks(clicks) {
    this.#past.push(this.clicks);
    this.#future = [];
    this.clicks = clicks;
    this.revision++;
    this.#tell(["clicks", "_history", "_revision"]);
  }

  /** @param {Record<string, unknown>} state @param {any} callbacks */
  #save(state, callbacks) {
    this.#pending++;
    const status = (/** @type {string} */ execution_state) =>
      this.#arrive(() => callbacks.iopub.status({ content: { execution_state } }));
    if (this.cut) return;
    this.queue.push(() => {
      status("busy");
      this.#assign(state);
      this.#tell(["_revision"]);
      this.#arrive(() => {
        this.#pending--;
        const buffer = this.#buffer;
        this.#buffer = null;
        if (buffer) this.#save(buffer.state, buffer.callbacks);
      });
      status("idle");
    });
  }

  /** @param {() => void} what comes to the page */
  #arrive(what) {
    if (!this.cut) what();
  }

  /** @param {any} content @param {any[]} [buffers] */
  #answer(content, buffers) {
    this.done.add(content.id);
    this.#arrive(() => this.deliver(content, buffers));
  }

  /** @param {Record<string, unknown>} state */
  #assign(state) {
    const isOther = OF_MASKS.some(
      (name) => name in state && state[name] !== this.settings[name],
    );
    if (isOther) this.revision++;
    for (const name of SETTINGS) {
      if (name in state) this.settings[name] = state[name];
    }
  }

  /** Send traits. @param {string[]} names */
  #tell(names) {
    const history = [this.#past.length > 0, this.#future.length > 0];
    /** @type {Record<string, unknown>} */
    const state = {
      ...this.settings,
      clicks: this.clicks,
      _history: history,
      _revision: this.revision,
    };
    this.#arrive(() => {
      this.#fromKernel = true;
      try {
        for (const name of names) this.set(name, state[name]);
      } finally {
        this.#fromKernel = false;
      }
    });
  }

  /** @param {any} content */
  #handle(content) {
    const { id, type } = content;
    if (type === "edit") this.#edit(content);
    else if (type === "sync") {
      this.#assign(content.settings);
      this.#tell([...SETTINGS, "clicks", "_history", "_revision"]);
      this.#answer({ type: "synced", id, revision: this.revision });
    } else if (type === "fields") {
      const { wants } = content;
      const reply = { type, id, revision: this.revision };
      this.#answer(
        { ...reply, fields: this.#fieldsOf(wants) },
        wants.map(this.#bufferOf),
      );
    } else if (!this.cut) this.reply(content);
  }

  /** @param {any} content */
  #edit({ id, page, first, since, edits, images }) {
    this.lists.set(this.revision, this.clicks);
    /** @type {Click[]} */
    const made = [];
    for (const [k, { op, prompt }] of edits.entries()) {
      if (first + k <= (this.#applied.get(page) ?? 0)) continue;
      this.#applied.set(page, first + k);
      this.edits++;
      this.#apply(op, prompt);
      if (prompt) made.push(prompt);
    }
    if (made.length > 0 || edits.length > 0) this.revision++;
    const [[rows, cols], [height, width]] = [
      this.get("_info").grid,
      this.get("_info").sizes[0],
    ];
    const wants = made.map(([image, x, y]) => ({
      seeds: likeCell(
        [image, Math.floor((y * rows) / height), Math.floor((x * cols) / width)],
        /** @type {number} */ (this.settings.num_eig),
        /** @type {string} */ (this.settings.by),
      ),
      images,
    }));
    this.#tell(["clicks", "_history", "_revision"]);
    const { revision } = this;
    const history = [this.#past.length > 0, this.#future.length > 0];
    const prompts = this.#changeSince(since);
    this.lists.set(revision, this.clicks);
    const reply = { type: "edited", id, revision, prompts, history, error: null };
    this.#answer(
      { ...reply, fields: this.#fieldsOf(wants) },
      wants.map(this.#bufferOf),
    );
  }

  /** @param {number} revision */
  #changeSince(revision) {
    const known = this.lists.get(revision) ?? [];
    const differs = known.findIndex((each, i) => each !== this.clicks[i]);
    const keep = differs < 0 ? known.length : differs;
    return { keep, added: this.clicks.slice(keep) };
  }

  /** @param {string} op @param {Click} click */
  #apply(op, click) {
    const [from, to] =
      op === "redo" ? [this.#future, this.#past] : [this.#past, this.#future];
    if (op === "undo" || op === "redo") {
      const other = from.pop();
      if (!other) return;
      to.push(this.clicks);
      this.clicks = other;
      return;
    }
    this.#past.push(this.clicks);
    this.#future = [];
    this.clicks = op === "add" ? [...this.clicks, click] : [];
  }

  /** @param {any[]} wants */
  #fieldsOf(wants) {
    for (const { seeds, images } of wants) {
      for (const image of images) {
        const name = `${seeds.positives} on ${image}`;
        this.fields.set(name, (this.fields.get(name) ?? 0) + 1);
      }
    }
    return wants.map((want) => ({ ...want, stats: STATS }));
  }

  #bufferOf = (/** @type {{ images: number[] }} */ want) => this.bufferOf(want);
}
