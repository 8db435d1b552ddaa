/**
 * What keys do with clicks, segments, images and settings; crosshair.js has the other
 * keys.
 *
 * @import { KeyReach } from "./key.js"
 * @import { Store } from "../../model/store.js"
 */

import { editOf } from "../../model/segments.js";

/** @param {KeyReach} reach */
export function canClear({ store }) {
  return store.clicks.length > 0 || store.unsure;
}

/** @param {KeyReach} reach */
export function canCommit({ store }) {
  return store.seeds.positives.length > 0 || store.unsure;
}

/** @param {KeyReach} reach */
export function clear(reach) {
  if (canClear(reach)) reach.store.edit({ op: "clear" });
  reach.local.crosshair = null;
}

/**
 * The segment that a digit names.
 *
 * @param {KeyReach} reach
 * @param {string} digit
 */
export function segmentOf({ store }, digit) {
  return store.segments[Number(digit) - 1];
}

/**
 * @param {KeyReach} reach
 * @param {string} digit
 */
export function select(reach, digit) {
  const { local } = reach;
  const { id } = segmentOf(reach, digit);
  local.selected = local.selected === id ? null : id;
}

/**
 * The edit that a key makes of the selected segment, or null.
 *
 * @param {KeyReach} reach
 * @param {string} key
 */
export function editOfSelected({ store, local }, key) {
  const segment = store.segments.find(({ id }) => id === local.selected);
  return segment ? editOf(key, segment) : null;
}

/**
 * @param {KeyReach} reach
 * @param {string} key
 */
export function editSelected(reach, key) {
  const edit = editOfSelected(reach, key);
  if (edit) reach.store.edit(edit);
}

/**
 * @param {KeyReach} reach
 * @param {number} step
 */
export function turn({ store, local }, step) {
  const image = store.activeImage + step;
  if (image >= 0 && image < store.imageCount) store.set("active_image", image);
  local.crosshair = null;
}

/** @param {{ store: Store }} reach */
export function hasWays({ store }) {
  return store.ways.names.length > 1;
}

/**
 * The next way that is made.
 *
 * @param {KeyReach} reach
 */
export function nextWay({ store }) {
  const { ways } = store;
  const made = ways.names.filter((by) => ways.has(by));
  const next = made[(made.indexOf(store.get("by")) + 1) % made.length];
  if (next !== undefined) store.set("by", next);
}

// With another method these two keys do nothing. They are taken all the same, because
// in a notebook A inserts a cell.

/** @param {KeyReach} reach */
export function nextGranularity({ store }) {
  if (!store.method.parameters.includes("granularity")) return;
  const values = Object.values(store.info.settings.granularity.named ?? {});
  const now = store.get("granularity");
  const next = values.find((value) => value > now) ?? values[0];
  if (next !== undefined) store.set("granularity", next);
}

/** @param {KeyReach} reach */
export function toggleAuto({ store }) {
  if (!store.method.finds_threshold) return;
  store.set("auto_threshold", !store.get("auto_threshold"));
}

/** @param {KeyReach} reach */
export function nextOverlay({ store }) {
  const { choices } = store.info.settings.overlay;
  const place = choices.indexOf(store.get("overlay"));
  store.set("overlay", choices[(place + 1) % choices.length]);
}
