/**
 * What the views show, and the requests for what is missing. At most one request of a
 * kind is open, and each is made from what is missing at that moment, so that the
 * latest needs are served.
 *
 * On a slow line each request waits for those before it. So the stage's picture goes
 * first, then its mask, then what the strip shows, then what previews are made of.
 *
 * @import { Model } from "./host.js"
 * @import { Want } from "./wire.js"
 * @import { PromptList } from "../prompts/list.js"
 * @import { Requests } from "./requests.js"
 * @import { Wanted } from "./resource.js"
 * @import { Resources } from "./resources.js"
 * @import { Settings } from "../settings.js"
 *
 * @typedef {object} Parts of a store
 * @property {PromptList} prompts
 * @property {Settings} settings
 * @property {Requests} requests
 * @property {Resources} resources
 */

import { imageOf } from "../prompts/index.js";
import { SeedsOfPrompts } from "../seeds.js";

export class Fetcher {
  #model;
  #prompts;
  #settings;
  #requests;
  #resources;
  /** @type {Map<object, number[]>} Images that each view shows. */
  #shown = new Map();
  #seeds = new SeedsOfPrompts();

  /**
   * @param {Model} model
   * @param {Parts} parts
   */
  constructor(model, { prompts, settings, requests, resources }) {
    this.#model = model;
    this.#prompts = prompts;
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
   * Edits and changes of settings go out in the order in which they were made, because
   * they are undone in that order.
   *
   * @param {number[]} images on view
   */
  #sendEdits(images) {
    const prompts = this.#prompts;
    if (prompts.isAtMark) this.#settings.flush();
    if (prompts.isAtMark && !this.#settings.unsavedStep) prompts.pass();
    if (prompts.pending === 0 || !this.#requests.isFree("edit")) return;
    const { first, edits } = prompts.take();
    if (edits.length === 0) return;
    const { page } = this.#requests;
    const { known } = prompts;
    const content = { type: "edit", page, first, since: known.revision, edits, images };
    this.#requests.open("edit", content, { base: known });
    this.#settings.resume();
  }

  /**
   * Fields that are still to come for the prompts that the kernel knows, as many as fit
   * into one reply.
   *
   * @param {number[]} images
   * @returns {Want[]}
   */
  missingFields(images) {
    return this.#resources.fields.missing(this.#seedsTold(), images);
  }

  /** @param {string} kind of request, or "mask" */
  #isOut(kind) {
    if (kind !== "mask") return this.#requests.isOpen(kind);
    const active = [this.#model.get("active_image")];
    return this.#requests.isOpen("fields") && this.missingFields(active).length > 0;
  }

  /**
   * @param {number[]} shown
   * @returns {Wanted}
   */
  #wanted(shown) {
    return {
      // The kernel answers in order, so this image's mask comes right after its
      // picture.
      images: this.#requests.isOpen("stage") ? shown.slice(0, 1) : shown,
      prompted: () => this.#prompts.expected.prompts.map(imageOf).reverse(),
      seeds: this.#seedsTold(),
      get: (name) => this.#model.get(name),
      resting: !this.#settings.unsaved,
      arriving: this.#prompts.arriving,
    };
  }

  /**
   * Seeds of the prompts that the kernel has told; the same object while they are the
   * same.
   */
  #seedsTold() {
    return this.#seeds.of(this.#prompts.told, (name) => this.#model.get(name));
  }

  /**
   * Keep room for what is on view, and for what the edits under way may add.
   *
   * @param {number} images on view
   */
  #reserve(images) {
    const { positives, negatives } = this.#seedsTold();
    const fields = positives.length + negatives.length + this.#prompts.pending;
    this.#resources.reserve(fields, images);
  }
}
