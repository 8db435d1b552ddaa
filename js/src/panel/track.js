/**
 * Where items of different widths lie in a row, in CSS pixels. It knows numbers only.
 */
export class Track {
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
   * The items that lie between two places, wholly or in part.
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
      const middle = (low + high) >> 1;
      if (holds(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
