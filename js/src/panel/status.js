/**
 * The line that says what the page shows, waits for, or could not do.
 *
 * @import { Store } from "../model/store.js"
 * @import { Segmentation } from "../model/segmentation.js"
 * @import { Local } from "../local.js"
 * @import { Way } from "../model/link/wire.js"
 */

import { html, setAttribute, setText } from "../dom.js";
import { centreOf } from "../maths/coordinates.js";
import { isAwaited, isBlank, readyOf } from "../model/images.js";
import { whyNot } from "./controls/ways.js";

const LOST = "The kernel was restarted or shut down. Run this cell again to go on.";
const UNHEARD =
  "No kernel answers. Run this cell again to go on, unless it is busy with another.";
const STILL =
  "No kernel answers: this is what was shown last. Run this cell again to go on.";
const SLOW =
  "No answer from the kernel yet: it is busy with a cell, " +
  "or was restarted (then run this cell again).";

/**
 * For an image whose eigenvectors are all zero; an image that was skipped has another
 * text.
 */
const UNKNOWN =
  "Nothing is known of this image: its eigenvectors are all zero, so its mask stays empty.";

/** For an image that is still to come. */
const AWAITED = "Not ready yet: clicks here count later.";

/** For an image that lacks what was clicked. */
export const ABSENT = "This was not found in the image, so its mask is empty.";

export class Status {
  #text = html("span");
  #readout = html("span", { class: "ncut-readout" });
  element = html(
    "div",
    {
      class: "ncut-status",
      "data-ncut": "status",
      role: "status",
      "aria-live": "polite",
    },
    this.#text,
    this.#readout,
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
    const isWrong = alarm !== null || store.info.failure !== undefined;
    const told = store.slow ? this.#wait() : this.#tellReady() + this.#describe(local);
    const text = alarm ?? told;
    setAttribute(
      this.element,
      "data-tone",
      isWrong ? "error" : store.slow ? "wait" : "",
    );
    setText(this.#text, text);
    setText(this.#readout, this.#read(local, preview));
    // Screen readers speak it at the crosshair only: a moving mouse would make them
    // speak without end.
    setAttribute(this.#readout, "aria-hidden", String(!local.crosshair));
  }

  #wait() {
    const { heard, still } = this.#store;
    if (heard) return SLOW;
    return still ? STILL : UNHEARD;
  }

  /** @param {Local} local */
  #describe({ selected }) {
    const { segments, pictures, activeImage, way } = this.#store;
    const reason = pictures.stage.reason(activeImage);
    if (reason) return `No picture: ${reason}`;
    const why = whyNot(this.#store, this.#store.get("by"));
    if (why) return why;
    const note = noteOf(way, activeImage);
    if (note) return note;
    const open = segments.find((segment) => segment.open);
    if (open) return `Editing “${open.name}” · ${this.#describeClicks()}`;
    if (this.#store.clicks.length > 0) return this.#describeClicks();
    const chosen = segments.find(({ id }) => id === selected);
    if (chosen) {
      const edit = this.#store.offline ? "" : "E: edit, ";
      return `“${chosen.name}” is selected. ${edit}H: hide, Delete: remove.`;
    }
    const last = segments.at(-1);
    if (last) return `Kept as “${last.name}”. Click the next thing.`;
    return this.#describeClicks();
  }

  #describeClicks() {
    const { seeds, clicks, imageCount, activeImage } = this.#store;
    if (clicks.length === 0) {
      return imageCount > 1
        ? `Click something to segment it in all ${imageCount} images.`
        : "Click something to segment it.";
    }
    if (seeds.positives.length === 0) {
      return "Negative clicks only take away: add a positive one, with a plain click.";
    }
    const result = this.#segmentation.of(activeImage);
    if (!result.marked) return "Waiting for the kernel…";
    if (result.constant && result.count === 0) {
      return "Nothing to tell apart: every cell is as similar to the click as any other.";
    }
    const share = this.#share(this.#segmentation, activeImage);
    const instead = this.#tellInstead();
    const cells = `${share} of ${imageCount > 1 ? "this" : "the"} image${instead}`;
    // Counted only once the kernel's fields are here: before, counting would delay the
    // request for them.
    return imageCount > 1 && result.exact ? `${cells} · ${this.#found()}` : cells;
  }

  /** How many images can be clicked by now, while others are still to come. */
  #tellReady() {
    const { info, imageCount, ways } = this.#store;
    const [first] = Object.keys(info.ways);
    const ready = readyOf(info, ways.get(first));
    if (ready === imageCount) return "";
    const why = info.failure ? `; ${info.failure}` : "";
    return `${ready} of ${imageCount} images ready${why} · `;
  }

  /** That new clicks are of another method than the kernel's, where there is none. */
  #tellInstead() {
    const { instead, methods } = this.#store.info;
    if (!instead || this.#store.get("method") !== instead.by) return "";
    const { title } = methods[instead.by];
    return ` · by “${title}”: “${instead.of}” works in the notebook only`;
  }

  /**
   * In how many images the thing is found. The page has masks only of the images in
   * view.
   */
  #found() {
    const { shownImages, imageCount } = this.#store;
    const known = shownImages
      .map((image) => this.#segmentation.of(image))
      .filter((result) => result.marked);
    const found = known.filter((result) => result.count > 0).length;
    return known.length === imageCount
      ? `found in ${found} of ${imageCount} images`
      : `found in ${found} of the ${known.length} in view, of ${imageCount} images`;
  }

  /**
   * @param {Segmentation} segmentation
   * @param {number} image
   */
  #share(segmentation, image) {
    const [height, width] = this.#store.info.sizes[image];
    return percent(segmentation.areaOf(image), height * width);
  }

  /**
   * @param {Local} local
   * @param {Segmentation | null} preview
   */
  #read({ pointed, crosshair }, preview) {
    const { grid, sizes } = this.#store.info;
    const image = this.#store.activeImage;
    const pixel = crosshair ? centreOf(...crosshair, sizes[image], grid) : pointed;
    if (!pixel) return "";
    if (preview) {
      // Another method stands in until the kernel has made the field.
      const about = this.#store.method.stand_in ? "about " : "";
      return `a click here: ${about}${this.#share(preview, image)} of the image`;
    }
    const similarity = this.#segmentation.similarityAt(image, ...pixel);
    if (similarity !== null) return this.#tellSimilarity(similarity);
    return crosshair ? `row ${crosshair[0]}, column ${crosshair[1]}` : "";
  }

  /**
   * A field that is standardised is a cosine of eigenvectors. In another one 0 is the
   * strongest negative click or nothing alike, 1 the weakest positive one.
   *
   * @param {number} similarity
   */
  #tellSimilarity(similarity) {
    if (this.#store.method.standardised) {
      return `similarity ${twoDigits(similarity)} (−1 to 1)`;
    }
    return `similarity ${twoDigits(Math.min(Math.max(similarity, 0), 1))} (0 to 1)`;
  }
}

/**
 * What is to be said of an image of which nothing is known, or undefined.
 *
 * @param {Way | undefined} way
 * @param {number} image
 */
export function noteOf(way, image) {
  if (isAwaited(way, image)) return AWAITED;
  return isBlank(way, image) ? UNKNOWN : undefined;
}

/** @param {number} value */
function twoDigits(value) {
  return value
    .toFixed(2)
    .replace(/^-(?=0\.00$)/, "")
    .replace("-", "−");
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function percent(part, whole) {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
