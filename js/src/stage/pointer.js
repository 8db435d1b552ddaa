/**
 * The pointer on the stage. The tools decide what a press becomes. Besides them there
 * are the preview of a click, the wheel, and what the host must not do.
 *
 * @import { Reach } from "./tools/tool.js"
 */

import { keepFromHost } from "./host.js";
import { HOVER_HELP, listenToHover } from "./hover.js";
import { TOOLS } from "./tools/index.js";
import { listenToTools } from "./tools/tool.js";

/** The lines of the help about the mouse. */
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
  // The crosshair is for keys only, and vanishes with the first press.
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
