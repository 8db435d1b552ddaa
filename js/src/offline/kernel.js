/**
 * Answers the page where there is no kernel, from a session of its own and from what
 * was put into the page. Masks are made as previews are, from quantised eigenvectors,
 * or of maps that the kernel has made.
 *
 * @import { Edit, FieldEntry, PictureKind, Stats, Want } from "../model/link/wire.js"
 * @import { Page, Parts } from "./page.js"
 */

import { Previews } from "../model/previews.js";
import { Carried } from "./carried.js";
import { NO_KERNEL, OfflineSession } from "./session.js";

export class OfflineKernel {
  #session;
  #page;
  #parts;
  #previews;
  #carried;

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
    const state = { prompts: clicks, segments, settings };
    const carried = new Carried(page, parts);
    this.#carried = carried;
    this.#session = new OfflineSession(
      state,
      _revision,
      page.own_threshold,
      (changed) => carried.settle(changed),
    );
    const ways = new Map(Object.entries(info.ways));
    this.#previews = new Previews(info, info.settings.num_eig.high, ways);
    const images = Object.values(page.ways).flatMap(({ vectors }) =>
      Object.keys(vectors),
    );
    this.#previews.vectors.reserve(0, images.length);
    for (const by of Object.keys(page.ways)) this.#prepare(by);
  }

  /** @param {string} by way of which previews are to be made */
  #prepare(by) {
    const way = this.#page.ways[by];
    const { vectors, sample, moments } = this.#previews;
    for (const image of Object.keys(way.vectors)) {
      vectors.accept(...this.#vectors(by, [Number(image)]));
    }
    sample.accept(...this.#vectors(by, [null]));
    for (const numEig of Object.keys(way.moments)) {
      moments.accept(...this.#moments(by, Number(numEig)));
    }
  }

  /** The traits that the page is told. */
  get traits() {
    const { prompts, segments, settings } = this.#session.state;
    return {
      ...settings,
      clicks: prompts,
      _segments: segments,
      _history: this.#session.history,
      _revision: this.#session.revision,
    };
  }

  /**
   * @param {Record<string, any>} changes of settings
   * @param {string} step that they are of
   */
  set(changes, step) {
    this.#session.set(changes, step);
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
      case "fields":
        return this.#fields(request.wants);
      case "vectors":
        return this.#vectors(request.by, request.sample ? [null] : request.images);
      case "moments":
        return this.#moments(request.by, request.num_eig);
      case "pictures":
        return this.#pictures(request);
      case "segments":
        return this.#segments(request);
      default:
        return [{ type: "synced", revision: this.#session.revision }, []];
    }
  }

  /**
   * @param {Edit[]} edits
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #edit(edits) {
    let error = null;
    for (const edit of edits) {
      try {
        this.#session.make(edit);
      } catch (refused) {
        error = /** @type {Error} */ (refused).message;
        break;
      }
    }
    const { history, revision, state } = this.#session;
    const prompts = { keep: 0, added: state.prompts };
    const content = { type: "edited", revision, prompts, history, fields: [], error };
    return [content, []];
  }

  /**
   * @param {Want[]} wants
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #fields(wants) {
    // A page that was told another method, and not yet of its prompts, asks for a field
    // that nobody can make: it has no entry, and is not asked for again.
    const made = wants.flatMap((want) => {
      const { twin } = this.#page.traits._info.methods[want.seeds.method];
      const found = this.#carried.get(want);
      return found ?? (twin ? this.#make(want) : []);
    });
    const fields = made.map(({ entry }) => entry);
    const buffers = made.map(({ maps }) => joined(maps));
    return [{ revision: this.#session.revision, fields }, buffers];
  }

  /**
   * @param {Want} want
   * @returns {{ entry: FieldEntry, maps: Float32Array[] }}
   */
  #make({ seeds, images }) {
    /** @type {Stats | null} */
    let stats = null;
    const maps = images.map((image) => {
      const found = this.#previews.get(seeds, image);
      if (!found) throw new Error(NO_KERNEL);
      stats = found.stats;
      return found.values.slice();
    });
    return { entry: { seeds, images, stats }, maps };
  }

  /**
   * @param {string} by
   * @param {(number | null)[]} images null: the sample
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #vectors(by, images) {
    const { vectors, sample, quantised } = this.#page.ways[by];
    const parts = images.map((image) => (image === null ? sample : vectors[image]));
    const entries = images.map((image) => ({ image, ...quantised }));
    return [{ by, vectors: entries }, parts.map((part) => this.#parts(part))];
  }

  /**
   * @param {string} by
   * @param {number} numEig
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #moments(by, numEig) {
    const { count, moments } = this.#page.ways[by];
    const parts = moments[numEig].map((part) => this.#parts(part));
    return [{ by, num_eig: numEig, count }, parts];
  }

  /**
   * @param {{ kind: PictureKind, images: number[], by: string }} request
   * @returns {[content: any, buffers: ArrayBuffer[]]}
   */
  #pictures({ kind, images, by }) {
    const { pictures: ofImages, ways } = this.#page;
    const kept = kind === "eigvecs" ? ways[by].colors : ofImages[kind];
    const found = images.map((image) => kept[image]);
    const pictures = found.map(({ part, ...entry }, k) => ({
      ...entry,
      image: images[k],
    }));
    const buffers = found.flatMap(({ part }) =>
      part === undefined ? [] : [this.#parts(part)],
    );
    const colors = this.#page.traits._colors;
    return [{ kind, by, colors, pictures, left: [] }, buffers];
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

/**
 * @param {Float32Array[]} maps
 * @returns {ArrayBuffer}
 */
function joined(maps) {
  const all = new Float32Array(maps.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const map of maps) {
    all.set(map, start);
    start += map.length;
  }
  return all.buffer;
}
