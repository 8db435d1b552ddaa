/**
 * Most characters of all keys together: a key that names thousands of seeds is long.
 */
const KEY_CHARACTERS = 2 ** 25;

/**
 * A cache that drops the least recently used entry first.
 *
 * @template Value
 */
export class Cache {
  /** @type {Map<string, Value>} */
  #entries = new Map();
  #characters = 0;
  /** @type {Set<string>} Keys of entries that stand in for newer ones. */
  #old = new Set();
  #release;

  /**
   * @param {number} limit entries to keep
   * @param {(value: Value) => void} [release] called with each value that is dropped
   */
  constructor(limit, release = () => {}) {
    this.limit = limit;
    this.#release = release;
  }

  get size() {
    return this.#entries.size;
  }

  /**
   * Whether an entry is here, and not too old.
   *
   * @param {string} key
   */
  has(key) {
    return this.#entries.has(key) && !this.#old.has(key);
  }

  /**
   * Whether an entry stands in for a newer one.
   *
   * @param {string} key
   */
  isOld(key) {
    return this.#old.has(key);
  }

  /**
   * Read an entry without counting that as a use.
   *
   * @param {string} key
   * @returns {Value | undefined}
   */
  peek(key) {
    return this.#entries.get(key);
  }

  /**
   * @param {string} key
   * @returns {Value | undefined}
   */
  get(key) {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /**
   * @param {string} key
   * @param {Value} value
   */
  set(key, value) {
    this.#drop(key);
    this.#entries.set(key, value);
    this.#characters += key.length;
    for (const oldest of this.#entries.keys()) {
      const fits = this.#characters <= KEY_CHARACTERS || this.#entries.size === 1;
      if (fits && this.#entries.size <= this.limit) break;
      this.#drop(oldest);
    }
  }

  /** Let all entries stand in for newer ones, which do not count as here. */
  age() {
    for (const key of this.#entries.keys()) this.#old.add(key);
  }

  clear() {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  /** @param {string} key */
  #drop(key) {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#old.delete(key);
    this.#characters -= key.length;
    this.#release(value);
  }
}
