/**
 * A double click shows the whole image again. Its first half was a click, which is
 * undone.
 *
 * @import { Tool } from "./tool.js"
 */

/** @type {Tool} */
export const whole = {
  help: [["Double click", "whole image again, once zoomed"]],

  takes: () => true,

  *gesture({ store, stage, changed, edited }, press) {
    let event = press;
    while (event.type !== "dblclick") event = yield;
    if (!stage.lens.magnified) return;
    if (edited) store.edit({ op: "undo" });
    stage.lens.reset();
    changed();
  },
};
