/**
 * Clicks and crosshair over the stage. Places are percentages of it, so that they hold
 * at any size.
 *
 * @import { ShownClick } from "../model/prompts/predicted.js"
 * @import { View } from "../maths/coordinates.js"
 * @import { Size } from "../model/link/wire.js"
 */

import { svg } from "../dom.js";
import { centreOf, placeOf } from "../maths/coordinates.js";

/** Radius of a click's marker, in CSS pixels. */
export const MARKER = 8;

/** @type {WeakMap<SVGSVGElement, string>} What each element shows now. */
const painted = new WeakMap();

/**
 * @param {SVGSVGElement} element
 * @param {ShownClick[]} clicks on the image that is shown
 * @param {[row: number, col: number] | null} crosshair
 * @param {View} view
 * @param {Size} size
 * @param {Size} grid
 */
export function paintMarkers(element, clicks, crosshair, view, size, grid) {
  const key = JSON.stringify([clicks, crosshair, view]);
  // Replacing a marker would restart its animation.
  if (painted.get(element) === key) return;
  painted.set(element, key);
  const markers = clicks.map((shown) => clickMarker(shown, view));
  element.replaceChildren(...markers);
  if (crosshair) element.append(...crosshairMarker(crosshair, view, size, grid));
}

/**
 * Positive: a round plus. Negative: a square minus. Never by colour alone.
 *
 * @param {ShownClick} shown
 * @param {View} view
 */
function clickMarker({ click: [, x, y, label], pending }, view) {
  const positive = label === 1;
  const shape = positive
    ? svg("circle", { r: MARKER })
    : svg("rect", { x: -7.5, y: -7.5, width: 15, height: 15, rx: 3 });
  const sign = svg("path", { d: positive ? "M-4 0H4M0-4V4" : "M-4 0H4" });
  return at(
    placeOf(x, y, view),
    {
      class: pending ? "ncut-click ncut-pending" : "ncut-click",
      "data-ncut": "click",
      "data-label": label,
    },
    svg("g", {}, shape, sign),
  );
}

/**
 * @param {[row: number, col: number]} cell
 * @param {View} view
 * @param {Size} size
 * @param {Size} grid
 */
function crosshairMarker([row, col], view, size, grid) {
  const place = placeOf(...centreOf(row, col, size, grid), view);
  const [left, top] = place.map(percent);
  const lines = [
    { x1: "0%", y1: top, x2: "100%", y2: top },
    { x1: left, y1: "0%", x2: left, y2: "100%" },
  ];
  return [
    ...["ncut-crosshair-dark", "ncut-crosshair"].flatMap((name) =>
      lines.map((line) => svg("line", { ...line, class: name })),
    ),
    at(
      place,
      { "data-ncut": "crosshair", "data-row": row, "data-col": col },
      svg("circle", { r: 6, class: "ncut-crosshair-dark" }),
      svg("circle", { r: 6, class: "ncut-crosshair" }),
    ),
  ];
}

/**
 * @param {number[]} place
 * @param {Record<string, string | number>} attributes
 * @param {...SVGElement} children
 */
function at([across, down], attributes, ...children) {
  return svg(
    "svg",
    { ...attributes, x: percent(across), y: percent(down), overflow: "visible" },
    ...children,
  );
}

/** @param {number} fraction */
function percent(fraction) {
  return `${100 * fraction}%`;
}
