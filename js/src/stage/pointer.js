/**
 * The pointer on the stage: what a press becomes is the tools' to say; beside them are
 * the preview of a click, the wheel, and what is kept from the host.
 *
 * @import { Reach } from "./tools/tool.js"
 */

import { keepFromHost } from "./host.js";
import { HOVER_HELP, listenToHover } from "./hover.js";
import { TOOLS } from "./tools/index.js";
import { listenToTools } from "./tools/tool.js";

/** What the page tells about the mouse. */
export const MOUSE = [...HOVER_HELP, ...TOOLS.flatMap(({ help }) => help)];

/**
 * @param {Omit<Reach, "edited">} reach
 * @param {AbortSignal} signal
 */
export function listenToPointer(reach, signal) {
  const { stage, local, changed } = reach;
  keepFromHost(stage.canvas, signal);
  listenToTools(TOOLS, reach, signal);
  listenToHover(reach, signal);
  // The crosshair is the keys': it goes with the first press.
  stage.canvas.addEventListener(
    "pointerdown",
    () => {
      if (!local.crosshair) return; // Nothing to repaint.
      local.crosshair = null;
      changed();
    },
    { signal },
  );
}
