/** The few icons of the buttons: 16 x 16, drawn in the text's colour. */

import { setAttribute, svg } from "../dom.js";

const PATHS = {
  undo: "M5.5 3 2.5 6l3 3M3 6h6a4 4 0 0 1 0 8H6",
  redo: "M10.5 3l3 3-3 3M13 6H7a4 4 0 0 0 0 8h3",
  commit: "M3 8.5l3.5 3.5L13 4.5",
  clear: "M4 4l8 8M12 4l-8 8",
  show: "M1.5 8C4 3.5 12 3.5 14.5 8 12 12.5 4 12.5 1.5 8ZM8 6.2a1.8 1.8 0 1 0 .01 0",
  hide: "M1.5 8C4 3.5 12 3.5 14.5 8 12 12.5 4 12.5 1.5 8ZM3 13.5l10-11",
  edit: "M2.5 13.5l.8-3.3 7.6-7.6 2.5 2.5-7.6 7.6ZM9.3 4.2l2.5 2.5",
  rename: "M4 3h4M4 13h4M6 3v10M10 6h4v4h-4",
  up: "M8 13V3.5M4 7.5l4-4 4 4",
  down: "M8 3v9.5M4 8.5l4 4 4-4",
  delete: "M2.5 4.5h11M6 4.5V2.5h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4",
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {IconName} name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" },
    svg("path", { d: PATHS[name] }),
  );
}

/**
 * @param {Element} button whose icon it is to be
 * @param {IconName} name
 */
export function setIcon(button, name) {
  const path = button.querySelector("path");
  if (path) setAttribute(path, "d", PATHS[name]);
}
