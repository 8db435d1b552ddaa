/**
 * What the views show, and the requests for what it lacks: at most one of a kind is out,
 * and each is made from what is missing by then, so that the latest wants win.
 *
 * @import { MapWant, Model, PictureKind } from "./wire.js"
 * @import { Clicks } from "./clicks.js"
 * @import { Pictures } from "./pictures.js"
 * @import { Previews } from "./previews.js"
 * @import { Requests } from "./requests.js"
 * @import { Settings } from "./settings.js"
 * @import { Similarities } from "./similarities.js"
 */

import { BIASED, promptsOf } from "./clicks.js";
import { PICTURE_KINDS } from "./pictures.js";
import { mapKey, sourceOf } from "./wire.js";

/** Thumbs come in small batches, so that the first ones show early. */
const PICTURES_PER_REQUEST = 12;

export class Fetcher {
  #model;
  #clicks;
  #settings;
  #similarities;
  #previews;
  #pictures;
  #requests;
  /** @type {Map<object, number[]>} Images that each view shows. */
  #shown = new Map();

  /**
   * @param {Model} model
   * @param {Clicks} clicks
   * @param {Settings} settings
   * @param {Similarities} similarities
   * @param {Previews} previews
   * @param {Pictures} pictures
   * @param {Requests} requests
   */
  constructor(model, clicks, settings, similarities, previews, pictures, requests) {
    this.#model = model;
    this.#clicks = clicks;
    this.#settings = settings;
    this.#similarities = similarities;
    this.#previews = previews;
    this.#pictures = pictures;
    this.#requests = requests;
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

  /** Send the waiting edits, and ask for what is missing. */
  fetch() {
    const images = this.shownImages;
    if (this.#clicks.waiting && !this.#requests.isOpen("edit")) {
      this.#requests.open("edit", { type: "edit", edits: this.#clicks.take(), images });
    }
    // A slider on its way to another number of eigenvectors asks where it rests.
    if (!this.#requests.isOpen("maps") && !this.#settings.unsaved) {
      this.#fetchMaps(images);
    }
    const previews = this.#model.get("method") !== BIASED;
    if (images.length > 0 && previews) this.#fetchPreviews(images);
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
    const prompts = promptsOf(this.#clicks.told, (name) => this.#model.get(name));
    return this.#similarities.missing(prompts, images, this.#model.get("_info").grid);
  }

  /** @param {number[]} images */
  #fetchMaps(images) {
    const { grid } = this.#model.get("_info");
    this.#similarities.reserve(this.#clicks.told.length, images.length, grid);
    const wants = this.missingMaps(images);
    if (wants.length === 0) return;
    const numEig = this.#model.get("num_eig");
    const maps = wants.flatMap((want) =>
      want.images.map((image) => mapKey(numEig, sourceOf(want), image)),
    );
    this.#requests.open("maps", { type: "maps", num_eig: numEig, wants }, { maps });
  }

  /**
   * What previews are made of: eigenvectors of the images on view and of those clicked,
   * and the moments.
   *
   * @param {number[]} images
   */
  #fetchPreviews(images) {
    const clicked = this.#clicks.expected.clicks.map(({ click }) => click[0]);
    const needed = [...new Set([...images, ...clicked])];
    this.#previews.reserve(clicked.length, needed.length);
    this.#fetchMoments();
    if (this.#requests.isOpen("vectors")) return;
    const missing = this.#previews.missing(needed);
    if (missing)
      this.#requests.open("vectors", { type: "vectors", ...missing }, missing);
  }

  #fetchMoments() {
    if (this.#requests.isOpen("moments") || this.#settings.unsaved) return;
    const numEig = this.#model.get("num_eig");
    if (!this.#previews.lacksMoments(numEig)) return;
    this.#requests.open("moments", { type: "moments", num_eig: numEig }, { numEig });
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
      thumb: this.#model.get("_info").sizes.length > 1 ? shown : [],
    }[kind];
    const images = this.#pictures.missing(kind, wanted).slice(0, PICTURES_PER_REQUEST);
    if (images.length === 0) return;
    this.#requests.open(kind, { type: "pictures", kind, images }, { images });
  }
}
