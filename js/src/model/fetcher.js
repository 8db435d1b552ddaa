/**
 * What the views show, and the requests for what it lacks: at most one of a kind is out,
 * and each is made from what is missing by then, so that the latest wants win.
 *
 * On a slow line each waits for what goes before it. So the stage's picture goes first,
 * then its mask, then what the strip shows, then what previews are made of.
 *
 * @import { MapWant, Model, PictureKind } from "./wire.js"
 * @import { Clicks, Prompts } from "./clicks.js"
 * @import { Pictures } from "./pictures.js"
 * @import { Previews } from "./previews.js"
 * @import { Requests } from "./requests.js"
 * @import { Settings } from "./settings.js"
 * @import { Similarities } from "./similarities.js"
 */

import { BIASED, promptsOf, sourcesOf } from "./clicks.js";
import { mapKey, sourceOf } from "./wire.js";

/** Thumbs come in small batches, so that the first ones show early. */
const PICTURES_PER_REQUEST = 12;
/** What previews wait for. */
const BEFORE_PREVIEWS = /** @type {const} */ (["maps", "eigvecs", "thumb"]);
export const OF_PREVIEWS = /** @type {const} */ (["moments", "vectors", "sample"]);

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
  /** @type {{ clicks: unknown, settings: string, prompts: Prompts } | null} */
  #told = null;
  /** What is missing for which images, of these prompts, at that version. */
  #known = {
    prompts: /** @type {Prompts | null} */ (null),
    version: -1,
    missing: /** @type {Map<string, MapWant[]>} */ (new Map()),
  };

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

  /** Send the edits, and ask for what is missing. */
  fetch() {
    const images = this.shownImages;
    const requests = this.#requests;
    this.#reserve(images.length);
    if (this.#clicks.pending > 0 && requests.isFree("edit")) {
      const edits = { page: requests.page, ...this.#clicks.take() };
      requests.open("edit", { type: "edit", ...edits, images });
    }
    if (images.length === 0) return;
    const active = images.slice(0, 1);
    this.#fetchPictures("stage", active);
    // The kernel answers in order: the mask comes right behind the picture.
    this.#fetchMaps(requests.isOpen("stage") ? active : images);
    if (requests.isOpen("stage")) return;
    if (this.#model.get("overlay") === "eigvecs")
      this.#fetchPictures("eigvecs", active);
    if (requests.isOpen("maps") && this.missingMaps(active).length > 0) return;
    if (this.#model.get("_info").sizes.length > 1) this.#fetchPictures("thumb", images);
    if (BEFORE_PREVIEWS.some((kind) => requests.isOpen(kind))) return;
    if (this.#model.get("method") !== BIASED) this.#fetchPreviews(images);
  }

  /**
   * Maps that are still to come for the clicks that the kernel knows, as far as one
   * reply goes.
   *
   * @param {number[]} images
   * @returns {MapWant[]}
   */
  missingMaps(images) {
    const prompts = this.#promptsTold();
    const { version } = this.#similarities;
    if (this.#known.prompts !== prompts || this.#known.version !== version) {
      this.#known = { prompts, version, missing: new Map() };
    }
    const key = images.join();
    const known = this.#known.missing.get(key);
    if (known) return known;
    const { grid } = this.#model.get("_info");
    const missing = this.#similarities.missing(prompts, images, grid);
    this.#known.missing.set(key, missing);
    return missing;
  }

  /** Of the clicks that the kernel has told: the same object while they are the same. */
  #promptsTold() {
    const get = (/** @type {string} */ name) => this.#model.get(name);
    const { told: clicks } = this.#clicks;
    const of = ["num_eig", "method", "click_weight", "bg_weight"];
    const settings = of.map(get).join();
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
    this.#similarities.reserve(clicks, images, this.#model.get("_info").grid);
    this.#previews.reserve(clicks, images);
    this.#pictures.reserve(images);
  }

  /** @param {number[]} images */
  #fetchMaps(images) {
    // A slider on its way to another number of eigenvectors asks where it rests, and an
    // edit brings its own.
    if (this.#settings.unsaved || this.#clicks.arriving) return;
    if (!this.#requests.isFree("maps")) return;
    const wants = this.missingMaps(images);
    if (wants.length === 0) return;
    const numEig = this.#model.get("num_eig");
    const maps = wants.flatMap((want) =>
      want.images.map((image) => mapKey(numEig, sourceOf(want), image)),
    );
    this.#requests.open("maps", { type: "maps", num_eig: numEig, wants }, { maps });
  }

  /**
   * What previews are made of: the moments, eigenvectors of the active image, the
   * sample, and eigenvectors of the others on view and of those clicked. One at a time,
   * so that little is ahead of a picture that is suddenly wanted.
   *
   * @param {number[]} shown
   */
  #fetchPreviews(shown) {
    const previews = this.#previews;
    const requests = this.#requests;
    const { clicks } = this.#clicks.expected;
    const clicked = clicks.map(({ click }) => click[0]).reverse();
    if (OF_PREVIEWS.some((kind) => requests.isOpen(kind))) return;
    const numEig = this.#model.get("num_eig");
    const images = previews.missing(shown, clicked);
    const isFirst = images[0] === shown[0];
    if (
      previews.lacksMoments(numEig) &&
      requests.isFree("moments") &&
      !this.#settings.unsaved
    ) {
      requests.open("moments", { type: "moments", num_eig: numEig }, { numEig });
    } else if (previews.lacksSample && !isFirst && requests.isFree("sample")) {
      const asked = { images: [], sample: true };
      requests.open("sample", { type: "vectors", ...asked }, asked);
    } else if (images.length > 0 && requests.isFree("vectors")) {
      const asked = { images, sample: false };
      requests.open("vectors", { type: "vectors", ...asked }, asked);
    }
  }

  /**
   * @param {PictureKind} kind
   * @param {number[]} wanted
   */
  #fetchPictures(kind, wanted) {
    if (!this.#requests.isFree(kind)) return;
    const images = this.#pictures.missing(kind, wanted).slice(0, PICTURES_PER_REQUEST);
    if (images.length === 0) return;
    this.#requests.open(kind, { type: "pictures", kind, images }, { images });
  }
}
