/**
 * What the views show, and the requests for what it lacks: at most one of a kind is out,
 * and each is made from what is missing by then, so that the latest wants win.
 *
 * On a slow line each waits for what goes before it. So the stage's picture goes first,
 * then its mask, then what the strip shows, then what previews are made of.
 *
 * @import { MapWant, Model } from "./wire.js"
 * @import { Clicks, Prompts } from "./clicks.js"
 * @import { Requests } from "./requests.js"
 * @import { Wanted } from "./resource.js"
 * @import { Resources } from "./resources.js"
 * @import { Settings } from "./settings.js"
 *
 * @typedef {object} Parts of a store
 * @property {Clicks} clicks
 * @property {Settings} settings
 * @property {Requests} requests
 * @property {Resources} resources
 */

import { promptsOf, sourcesOf } from "./clicks.js";

export class Fetcher {
  #model;
  #clicks;
  #settings;
  #requests;
  #resources;
  /** @type {Map<object, number[]>} Images that each view shows. */
  #shown = new Map();
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
    return [...new Set([active, ...[...this.#shown.values()].flat()])];
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
    this.#sendEdits(shown);
    if (shown.length === 0) return;
    for (const resource of this.#resources.kinds) {
      const { kind, type, after } = resource;
      if (!requests.isFree(kind) || after.some((each) => this.#isOut(each))) continue;
      const ask = resource.ask(this.#wanted(shown));
      if (ask) requests.open(kind, { type, ...ask.content }, { keys: ask.keys });
    }
  }

  /**
   * In the order in which they were made, and settings were changed: that is how they
   * are undone.
   *
   * @param {number[]} images on view
   */
  #sendEdits(images) {
    const clicks = this.#clicks;
    if (clicks.isAtMark) this.#settings.flush();
    if (clicks.isAtMark && !this.#settings.unsavedStep) clicks.pass();
    if (clicks.pending === 0 || !this.#requests.isFree("edit")) return;
    const { first, edits } = clicks.take();
    if (edits.length === 0) return;
    const { page } = this.#requests;
    this.#requests.open("edit", { type: "edit", page, first, edits, images });
    this.#settings.resume();
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
      clicked: () =>
        this.#clicks.expected.clicks.map(({ click }) => click[0]).reverse(),
      prompts: this.#promptsTold(),
      get: (name) => this.#model.get(name),
      resting: !this.#settings.unsaved,
      arriving: this.#clicks.arriving,
    };
  }

  /** Of the clicks that the kernel has told: the same object while they are the same. */
  #promptsTold() {
    const get = (/** @type {string} */ name) => this.#model.get(name);
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
}
