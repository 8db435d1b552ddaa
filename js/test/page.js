/** A page at a host whose line can be cut. */

import assert from "node:assert/strict";
import { Store } from "../src/model/store.js";
import { Host } from "./host.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {(file: Blob) => Promise<any>} */
export const decode = async () => ({ close() {} });

/** @type {Click} */
export const A = [0, 5, 5, 1];
/** @type {Click} */
export const B = [0, 15, 5, 1];
/** @type {Click} */
export const C = [1, 5, 15, 0];

/**
 * A page that has all it needs.
 *
 * @param {import("node:test").TestContext} t
 * @param {Record<string, unknown>} [traits]
 */
export function open(t, traits) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const host = new Host(traits);
  const life = new AbortController();
  const store = new Store(host, life.signal, decode);
  const view = {};
  store.attach(view, () => {}, life.signal);
  store.show(view, [0, 1]);
  host.pump();
  t.after(() => life.abort());
  /** Let so many milliseconds pass, with the kernel at work. */
  const wait = (/** @type {number} */ time) => {
    for (let k = 0; k < time; k += 50) {
      t.mock.timers.tick(50);
      host.pump();
    }
  };
  /** What is sent or answered while this runs is lost. */
  const lose = (/** @type {() => void} */ what) => {
    host.cut = true;
    what();
    host.pump();
    host.cut = false;
  };
  return {
    host,
    store,
    view,
    life,
    wait,
    lose,
    tick: (ms = 0) => t.mock.timers.tick(ms),
  };
}

/** @param {Store} store @param {Click} click */
export function click(store, click) {
  store.edit({ op: "add", prompt: click });
}

/** @param {Store} store @param {Host} host */
export function assertSame(store, host) {
  const shown = store.clicks.map(({ click }) => click);
  assert.deepEqual(shown, host.clicks);
  assert.ok(store.clicks.every(({ pending }) => !pending));
  for (const [name, value] of Object.entries(host.settings)) {
    assert.equal(store.get(name), value, name);
  }
  assert.equal(store.error, null);
  assert.equal(store.state, "idle");
  assert.equal(store.revision, host.revision);
}
