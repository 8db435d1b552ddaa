/**
 * The list of committed segments: colour, name, share of the image on the stage. The one
 * that is selected has buttons for all that can be done with it.
 *
 * @import { Store } from "../../model/store.js"
 * @import { SegmentEntry } from "../../model/link/wire.js"
 * @import { Local } from "../../local.js"
 */

import { html, setText } from "../../dom.js";
import { percent } from "../status.js";
import { SegmentRow } from "./row.js";

export class SegmentList {
  #rows = html("ol", { class: "ncut-segment-rows" });
  #count = html("span", { class: "ncut-muted" });
  element = html(
    "div",
    { class: "ncut-segments", role: "group", "aria-label": "Segments", hidden: "" },
    html("div", { class: "ncut-segments-head" }, "Segments", this.#count),
    this.#rows,
  );
  #store;
  #local;
  #changed;
  #signal;
  /** @type {Map<number, SegmentRow>} */
  #known = new Map();
  /** @type {unknown[]} */
  #painted = [];

  /**
   * @param {Store} store
   * @param {Local} local
   * @param {() => void} changed called when `local` has changed
   * @param {AbortSignal} signal
   */
  constructor(store, local, changed, signal) {
    this.#store = store;
    this.#local = local;
    this.#changed = changed;
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
    const orphaned = this.#removeAllBut(new Set(segments.map(({ id }) => id)));
    for (const [place, segment] of segments.entries()) {
      const row = this.#rowOf(segment);
      // A row that is moved loses the focus.
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
        things: runs && segment.instances !== "whole" ? runs.instances : 1,
      });
    }
    // Otherwise keys would go to the notebook, where D D deletes the cell.
    if (orphaned) this.#known.get(segments.at(-1)?.id ?? -1)?.focus();
  }

  /**
   * @param {Set<number>} kept ids
   * @returns {boolean} whether a row that had the focus is gone
   */
  #removeAllBut(kept) {
    let orphaned = false;
    for (const [id, row] of this.#known) {
      if (kept.has(id)) continue;
      orphaned ||= row.element.matches(":focus-within");
      row.element.remove();
      this.#known.delete(id);
    }
    return orphaned;
  }

  /** @param {SegmentEntry} segment */
  #rowOf({ id }) {
    let row = this.#known.get(id);
    if (!row) {
      row = new SegmentRow(id, this.#store, () => this.#select(id), this.#signal);
      this.#known.set(id, row);
    }
    return row;
  }

  /** @param {number} id */
  #select(id) {
    this.#local.selected = this.#local.selected === id ? null : id;
    this.#changed();
  }
}
