/**
 * Requests that the kernel has not answered yet: at most one of a kind.
 *
 * @typedef {"edit" | "maps" | "vectors" | "moments" | "stage" | "thumb" | "eigvecs"} RequestKind
 * @typedef {object} Request
 * @property {string} id
 * @property {RequestKind} kind
 * @property {string[]} [maps] keys of the maps that were asked for
 * @property {number[]} [images] images whose pictures or vectors were asked for
 * @property {boolean} [sample] whether the sample was asked for
 * @property {number} [numEig] whose moments were asked for
 * @property {boolean} slow
 * @property {ReturnType<typeof setTimeout>} timer
 */

/** A kernel that runs no cell answers in well under a second. */
const SLOW_AFTER_MS = 3000;

export class Requests {
  /** @type {Map<RequestKind, Request>} */
  #open = new Map();
  #count = 0;
  // crypto.randomUUID exists on secure origins only, and many hubs are plain http.
  #page = Math.random().toString(36).slice(2);
  #send;
  #onSlow;

  /**
   * @param {(content: object) => void} send
   * @param {() => void} onSlow
   */
  constructor(send, onSlow) {
    this.#send = send;
    this.#onSlow = onSlow;
  }

  /** Whether the kernel lets a request wait for long. */
  get slow() {
    return [...this.#open.values()].some((request) => request.slow);
  }

  /** @param {RequestKind} kind */
  isOpen(kind) {
    return this.#open.has(kind);
  }

  /**
   * @param {RequestKind} kind
   * @param {object} content
   * @param {{ maps?: string[], images?: number[], sample?: boolean, numEig?: number }} [asked] what the reply should bring
   */
  open(kind, content, asked = {}) {
    const id = `${this.#page}-${++this.#count}`;
    const timer = setTimeout(() => {
      const request = this.#open.get(kind);
      if (request?.id === id) request.slow = true;
      this.#onSlow();
    }, SLOW_AFTER_MS);
    this.#open.set(kind, { ...asked, id, kind, slow: false, timer });
    this.#send({ ...content, id });
  }

  /**
   * @param {string | null} id of a reply
   * @returns {Request | undefined} what it answers; undefined for another page's
   */
  settle(id) {
    const request = [...this.#open.values()].find((open) => open.id === id);
    if (request) {
      clearTimeout(request.timer);
      this.#open.delete(request.kind);
    }
    return request;
  }

  drop() {
    for (const request of this.#open.values()) clearTimeout(request.timer);
    this.#open.clear();
  }
}
