/**
 * What was done step by step, and can be undone and redone. A state is never changed:
 * each step leads to another one.
 *
 * There may be more steps elsewhere, before and after those at hand: the kernel has the
 * whole history; the page, which predicts what an undo brings, has the last steps only.
 *
 * @typedef {[before: boolean, after: boolean]} Elsewhere
 */

/** @template State */
export class Undo {
  /** @type {State} */
  state;
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  #before;
  #after;

  /**
   * @param {State} state
   * @param {Elsewhere} [elsewhere]
   */
  constructor(state, [before, after] = [false, false]) {
    this.state = state;
    this.#before = before;
    this.#after = after;
  }

  /** Whether something can be undone, and redone. @returns {[boolean, boolean]} */
  get able() {
    return [
      this.#past.length > 0 || this.#before,
      this.#future.length > 0 || this.#after,
    ];
  }

  /** The state before the last step at hand. */
  get before() {
    return this.#past.at(-1);
  }

  /** @param {State} state that a new step leads to */
  turn(state) {
    this.#past.push(this.state);
    this.#future = [];
    this.#after = false;
    this.state = state;
  }

  /** @param {State} state that the last step leads to instead */
  amend(state) {
    this.state = state;
  }

  /** Remove the last step, because it changed nothing. */
  withdraw() {
    this.state = this.#past.pop() ?? this.state;
  }

  /**
   * @returns {boolean} whether the state before is at hand; if not, it lies elsewhere
   */
  undo() {
    if (this.#past.length === 0) {
      this.#after ||= this.#before;
      return !this.#before;
    }
    this.#step(this.#past, this.#future);
    return true;
  }

  /**
   * @returns {boolean} whether the state after is at hand; if not, it lies elsewhere
   */
  redo() {
    if (this.#future.length === 0) {
      this.#before ||= this.#after;
      return !this.#after;
    }
    this.#step(this.#future, this.#past);
    return true;
  }

  /**
   * @param {State[]} from
   * @param {State[]} to
   */
  #step(from, to) {
    to.push(this.state);
    this.state = /** @type {State} */ (from.pop());
  }
}
