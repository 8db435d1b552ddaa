/**
 * What the pointer hovers over: the pixel that the status line tells of, and the preview
 * of a click there.
 *
 * @import { Reach } from "./tools/tool.js"
 */

import { cellOf } from "../maths/coordinates.js";
import { gridOf } from "../model/methods.js";
import { isSaid, labelOf } from "./tools/click.js";
import { listenToWheel } from "./wheel.js";

/** Its line in the help, as tools have theirs. */
export const HOVER_HELP = [["Hover", "preview the click"]];

/**
 * @param {Omit<Reach, "edited">} reach
 * @param {AbortSignal} signal
 */
export function listenToHover({ store, stage, local, changed }, signal) {
  const { canvas, lens } = stage;
  /** What is under the pointer. Nothing changes while the pointer stays in one cell. */
  let pointedAt = "";

  /** @type {(event: MouseEvent) => void} */
  const point = (event) => {
    local.pointed = lens.pixelAt(event);
    const label = labelOf(event, local);
    const would = event.buttons === 0 && !isSaid(store, stage, event, label);
    const pixel = would ? local.pointed : null;
    local.hover.point(pixel && [stage.image, ...pixel, label]);
    const { info } = store;
    const grid = gridOf(info, store.get("method"), stage.image);
    const size = info.sizes[stage.image];
    const cell = local.pointed && cellOf(...local.pointed, size, grid);
    const before = pointedAt;
    pointedAt = [stage.image, cell, label, would].join();
    if (pointedAt !== before) changed();
  };

  /** @type {(pointed: [x: number, y: number] | null) => void} */
  const stop = (pointed) => {
    local.pointed = pointed;
    local.hover.point(null);
    pointedAt = "";
    changed();
  };

  canvas.addEventListener(
    "pointermove",
    (event) => {
      // A finger that moves does not hover.
      if (event.pointerType !== "touch") point(event);
    },
    { signal },
  );
  canvas.addEventListener("pointerleave", () => stop(null), { signal });
  // While the wheel zooms there is no preview, until the pointer moves again.
  listenToWheel(stage, (event) => stop(lens.pixelAt(event)), signal);
}
