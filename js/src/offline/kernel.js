/**
 * What answers a page without a kernel: clicks, settings and segments with their history,
 * and all that the page asks for, of what was put into it. Masks are made as previews are, of
 * quantised eigenvectors.
 *
 * @import { Click, MapWant, SegmentEntry, Stats } from "../model/wire.js"
 * @import { Page, Parts } from "./page.js"
 *
 * @typedef {object} State
 * @property {Click[]} clicks
 * @property {SegmentEntry[]} segments
 * @property {Record<string, any>} settings those that masks depend on
 * @property {string} [step] what changed the settings last, if that was the last change
 * @typedef {{ content: any, buffers: ArrayBuffer[], state?: State }} Answer
 */

import { Previews } from "../model/previews.js";
import { sourceOf } from "../model/wire.js";

const NO_KERNEL =
  "This page cannot do that: it works in the notebook only, where a kernel runs.";

export class OfflineKernel {
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
    const { traits } = page;
    const { _info: info, clicks, _segments: segments, _revision } = traits;
    this.#page = page;
    this.#parts = parts;
    const names = Object.keys(info.settings);
    const ofMasks = names.filter((name) => info.settings[name].of === "mask");
    const settings = Object.fromEntries(ofMasks.map((name) => [name, traits[name]]));
    this.#state = { clicks, segments, settings };
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
    const { clicks, segments, settings } = this.#state;
    return {
      ...settings,
      clicks,
      _segments: segments,
      _history: [this.#past.length > 0, this.#future.length > 0],
      _revision: this.#revision,
    };
  }

  /**
   * Set settings, as the kernel does: a new threshold turns `auto_threshold` off, and
   * without it the one that was set before comes back.
   *
   * @param {Record<string, any>} changes
   * @param {string} step `<page>-<step>.<changes>`
   */
  set(changes, step) {
    const { settings, step: last } = this.#state;
    const of = step.slice(0, step.lastIndexOf("."));
    const { own_threshold: own } = this.#page;
    const next = { ...settings, ...changes };
    if (next.threshold !== settings.threshold) next.auto_threshold = false;
    else if (settings.auto_threshold && !next.auto_threshold) {
      next.threshold = own ?? settings.threshold;
    }
    if (isSame(next, settings)) return;
    const before = this.#past.at(-1);
    if (!before || of !== last || this.#future.length > 0) {
      this.#turn({ settings: next, step: of });
      return;
    }
    const isBack = isSame(next, before.settings);
    if (isBack) this.#past.pop();
    this.#state = isBack ? before : { ...this.#state, settings: next };
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
      const { message } = /** @type {Error} */ (error);
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
        error = /** @type {Error} */ (refused).message;
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
        return this.#turn({ clicks: [...clicks, click] });
      case "clear":
        return clicks.length && this.#turn({ clicks: [] });
      case "undo":
        return this.#step(this.#past, this.#future);
      case "redo":
        return this.#step(this.#future, this.#past);
      case "delete":
        return this.#turn({ segments: segments.filter(not(segment)) });
      case "change":
        return this.#turn({ segments: changed(segments, segment, fields) });
      default:
        throw new Error(NO_KERNEL);
    }
  }

  /** @param {Partial<State>} change */
  #turn(change) {
    this.#past.push(this.#state);
    this.#future = [];
    this.#state = { ...this.#state, step: undefined, ...change };
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
    /** @type {ArrayBuffer[]} */
    const buffers = [];
    const maps = wants.map((want) => {
      const source = sourceOf(want);
      /** @type {Stats | null} */
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
    const parts = images.map((image) => (image === null ? sample : vectors[image]));
    const entries = images.map((image) => ({ image, ...quantised }));
    return [{ vectors: entries }, parts.map((part) => this.#parts(part))];
  }

  /**
   * @param {number} numEig
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #moments(numEig) {
    const { count, moments } = this.#page;
    const parts = moments[numEig].map((part) => this.#parts(part));
    return [{ num_eig: numEig, count }, parts];
  }

  /**
   * @param {{ kind: string, images: number[] }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #pictures({ kind, images }) {
    const found = images.map((image) => this.#page.pictures[kind][image]);
    const pictures = found.map(({ part, ...entry }, k) => ({
      ...entry,
      image: images[k],
    }));
    const buffers = found.flatMap(({ part }) =>
      part === undefined ? [] : [this.#parts(part)],
    );
    const colors = this.#page.traits._colors;
    return [{ kind, colors, pictures, left: [] }, buffers];
  }

  /**
   * @param {{ kind: string, segments: [number, number][], images: number[] }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #segments({ kind, segments, images }) {
    const found = images.flatMap((image) =>
      segments.map(([id, edition]) => {
        const { part, instances } = this.#page.segments[kind][`${id} ${image}`];
        return { entry: { id, edition, image, instances }, part };
      }),
    );
    const content = { kind, parts: found.map(({ entry }) => entry) };
    return [content, found.map(({ part }) => this.#parts(part))];
  }
}

/** @param {number} id */
function not(id) {
  return (/** @type {SegmentEntry} */ segment) => segment.id !== id;
}

/**
 * @param {SegmentEntry[]} segments
 * @param {number} id
 * @param {any} fields
 */
function changed(segments, id, { place, instances, ...fields }) {
  if (instances !== undefined) throw new Error(NO_KERNEL);
  const one = segments.find((segment) => segment.id === id);
  if (!one) throw new Error("That segment is not there any more.");
  const others = segments.filter(not(id));
  if (fields.name !== undefined) fields.name = checkName(fields.name, others);
  const at = place ?? segments.indexOf(one);
  return [...others.slice(0, at), { ...one, ...fields }, ...others.slice(at)];
}

/**
 * A name as the kernel keeps it.
 *
 * @param {string} name
 * @param {SegmentEntry[]} others
 */
function checkName(name, others) {
  const spelled = name.normalize("NFC").trim();
  if (!spelled) throw new Error("a segment's name must not be empty");
  if (others.some((other) => other.name === spelled)) {
    throw new Error(`there is a segment of the name '${spelled}' already`);
  }
  return spelled;
}

/**
 * @param {Record<string, any>} a
 * @param {Record<string, any>} b
 */
function isSame(a, b) {
  return Object.keys(a).every((name) => a[name] === b[name]);
}

/**
 * @param {Float32Array[]} maps
 * @returns {ArrayBuffer}
 */
function joined(maps) {
  const size = maps.length > 0 ? maps[0].length : 0;
  const all = new Float32Array(maps.length * size);
  for (const [k, map] of maps.entries()) all.set(map, k * size);
  return all.buffer;
}
