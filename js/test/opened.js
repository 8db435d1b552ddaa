/** A page whose kernel answers as the test says. */

import { afterEach } from "node:test";
import { Store } from "../src/model/store.js";
import { FakeModel } from "./model.js";

/** @typedef {import("../src/model/prompts/click.js").Click} Click */

/** @type {Click} */
export const A = [0, 5, 5, 1];
/** @type {Click} */
export const B = [0, 15, 5, 1];
/** @type {Click} */
export const C = [0, 15, 15, 0];

/** @type {(file: Blob) => Promise<any>} */
export const decode = async () => ({ close() {} });

/** @type {AbortController[]} */
export const lives = [];
afterEach(() => {
  for (const life of lives.splice(0)) life.abort(); // And with it what waits.
});

/** What the kernel answers while a page opens. */
const ALL = ["pictures", "moments", "vectors"];

/**
 * A page with one view that shows the first two of three images.
 *
 * @param {Record<string, unknown>} [traits]
 * @param {string[]} [answered] types of requests that the kernel answers at once
 */
export function open(traits, answered = ALL) {
  const model = new FakeModel(traits);
  const modelLife = new AbortController();
  lives.push(modelLife);
  const viewLife = new AbortController();
  const store = new Store(model, modelLife.signal, decode);
  const view = {};
  let notified = 0;
  const heard = () => {
    notified++;
  };
  store.attach(view, heard, viewLife.signal);
  store.show(view, [0, 1]);
  model.answer(...answered);
  return { model, store, modelLife, viewLife, view, notified: () => notified };
}

/** @param {Store} store @param {Click} click */
export function click(store, click) {
  store.edit({ op: "add", prompt: click });
}
