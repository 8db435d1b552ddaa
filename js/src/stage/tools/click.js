/**
 * Clicking: a positive or a negative click.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Local } from "../../local.js"
 * @import { Stage } from "../stage.js"
 * @import { Point } from "../points.js"
 * @import { Tool } from "./tool.js"
 */

import { MARKER } from "../markers.js";
import { distance, SLACK } from "../points.js";

/** @type {Tool} */
export const click = {
  help: [
    ["Click", "this is it"],
    ["Alt or right click", "this is not"],
    ["Long press, or the button −", "this is not, on a touch screen"],
  ],

  takes: () => true,

  *gesture({ store, stage, local }, press) {
    // The place of a click is that of the press, because browsers round the place of
    // `click` to whole pixels.
    const pixel = stage.lens.pixelAt(press);
    let event = press;
    while (!isClick(event)) event = yield;
    if (!pixel || distance(press, event) > SLACK) return false;
    // A right click and a long press come as `contextmenu`.
    const label = event.type === "contextmenu" ? 0 : labelOf(event, local);
    if (isSaid(store, stage, press, label)) return false;
    store.edit({ op: "add", prompt: [stage.image, ...pixel, label] });
    local.hover.point(null);
    return true;
  },
};

/** @param {MouseEvent} event */
function isClick({ type, detail }) {
  if (type === "contextmenu") return true;
  return type === "click" && detail <= 1; // Else the second half of a double click.
}

/**
 * Label of a click that is made with such an event.
 *
 * @param {MouseEvent} event
 * @param {Local} local
 * @returns {0 | 1}
 */
export function labelOf({ altKey }, { negative }) {
  return altKey || negative ? 0 : 1;
}

/**
 * Whether such a click is there already: the last marker under the pointer has the same
 * label.
 *
 * @param {Store} store
 * @param {Stage} stage
 * @param {Point} place
 * @param {0 | 1} label
 */
export function isSaid(store, stage, place, label) {
  const under = store.clicks.findLast(
    ({ click: [image, x, y] }) =>
      image === stage.image && distance(stage.lens.clientOf(x, y), place) <= MARKER,
  );
  return under?.click[3] === label;
}
