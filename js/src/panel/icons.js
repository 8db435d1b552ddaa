/** The few icons of the buttons: 16 x 16, drawn in the text's colour. */

import { svg } from "../dom.js";

const PATHS = {
  undo: "M5.5 3 2.5 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13 6H7a4 4 0 0 0 0 8h3",
  commit: "M3 8.5l3.5 3.5L13 4.5",
  clear: "M4 4l8 8M12 4l-8 8",
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}
