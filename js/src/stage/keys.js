/**
 * The keys of the stage, while it has the focus and only then.
 *
 * Plain left and right change the image; with Shift, the arrows move the crosshair, and
 * Space clicks there (Shift-Space: negative). Alt-Space is the window manager's.
 *
 * @import { Store } from "../model/store.js"
 * @import { Help } from "../panel/help.js"
 * @import { Stage } from "./stage.js"
 * @import { Local } from "../view.js"
 */

import { keyOf } from "../keyboard.js";
import { cellOf, centreOf } from "../maths/coordinates.js";
import { DIFFUSION } from "../model/methods.js";
import { editOf } from "../model/segments.js";

/** What the page tells about the keys. */
export const KEYS = [
  ["Ctrl / ⌘ Z", "undo; with Shift: redo"],
  ["Esc", "clear all clicks"],
  ["Enter", "commit: keep the masks as a segment"],
  ["1 to 9", "select a segment; again: none"],
  ["E, H, Delete", "edit, show or hide, delete the selected segment"],
  ["← →", "previous, next image"],
  ["Shift + arrows", "move the crosshair"],
  ["Space", "click at the crosshair; with Shift: negative"],
  ["G", "the whole, a thing, a part: next granularity"],
  ["A", "automatic threshold on or off"],
  ["L", "next overlay"],
  ["M", "mask on or off"],
  ["+ −", "zoom at the crosshair or the middle"],
  ["0", "whole image again"],
  ["?", "this help"],
];

/** How much larger or smaller a key makes the image. */
const ZOOM = 1.5;

/** @type {Record<string, [down: number, right: number]>} */
const ARROWS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * @param {Store} store
 * @param {Stage} stage
 * @param {Help} help
 * @param {Local} local
 * @param {() => void} changed called when `local` has changed
 * @param {AbortSignal} signal
 */
export function listenToKeys(store, stage, help, local, changed, signal) {
  const { canvas } = stage;
  canvas.addEventListener(
    "keydown",
    (event) => {
      const act = actionOf(event);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      local.hover.point(null); // Shown is what is, until something moves again.
      act();
      changed();
    },
    { signal },
  );
  canvas.addEventListener(
    "blur",
    () => {
      local.crosshair = null;
      local.hover.point(null);
      changed();
    },
    { signal },
  );

  /** @type {(event: KeyboardEvent) => (() => void) | null} */
  const actionOf = (event) => {
    const { shiftKey, altKey } = event;
    const key = keyOf(event);
    if (event.ctrlKey || event.metaKey)
      return altKey ? null : historyAction(key, shiftKey);
    if (altKey) return null;
    const arrow = ARROWS[key];
    if (arrow && shiftKey) return () => moveCrosshair(...arrow);
    if (arrow?.[1]) return () => turn(arrow[1]);
    if (key === " ") return () => clickAtCrosshair(shiftKey ? 0 : 1);
    if (key === "?") return () => help.toggle(canvas, { focus: true });
    if (key === "Escape" && help.isOpen) return () => help.close();
    if (key === "Escape" && (clearable() || local.crosshair)) return clear;
    if (key === "Enter" && committable()) return commit;
    if (key === "+" || key === "=") return () => zoom(ZOOM);
    if (key === "-" || key === "_") return () => zoom(1 / ZOOM);
    if (key === "0") return () => stage.resetView();
    if (key >= "1" && key <= "9") return selectable(Number(key) - 1);
    const segment = store.segments.find(({ id }) => id === local.selected);
    const edit = segment && editOf(key, segment);
    if (edit) return () => store.edit(edit);
    if (key === "g") return nextGranularity;
    if (key === "a") return toggleAuto;
    if (key === "l") return nextLayer;
    if (key === "m") return toggleMask;
    return null;
  };

  /** @type {(key: string, shiftKey: boolean) => (() => void) | null} */
  const historyAction = (key, shiftKey) => {
    if (key === "y") return () => store.edit({ op: "redo" });
    if (key !== "z") return null;
    return () => store.edit({ op: shiftKey ? "redo" : "undo" });
  };

  /** @type {(place: number) => (() => void) | null} */
  const selectable = (place) => {
    const id = store.segments[place]?.id;
    if (id === undefined) return null;
    return () => {
      local.selected = local.selected === id ? null : id;
    };
  };

  const clearable = () => store.clicks.length > 0 || store.unsure;
  const committable = () => store.seeds.positives.length > 0 || store.unsure;

  const clear = () => {
    if (clearable()) store.edit({ op: "clear" });
    local.crosshair = null;
  };

  const commit = () => store.edit({ op: "commit" });

  /** @type {(step: number) => void} */
  const turn = (step) => {
    const image = store.activeImage + step;
    if (image >= 0 && image < store.imageCount) store.set("active_image", image);
    local.crosshair = null;
  };

  /** @type {(down: number, right: number) => void} */
  const moveCrosshair = (down, right) => {
    const [rows, cols] = store.info.grid;
    const [row, col] = local.crosshair ?? firstCell();
    local.crosshair = [clamp(row + down, rows), clamp(col + right, cols)];
    const pixel = crosshairPixel();
    stage.reveal(pixel);
    local.hover.point([stage.image, ...pixel, 1]);
  };

  /**
   * Where the crosshair begins: at the last click on this image, or in the middle.
   *
   * @returns {[row: number, col: number]}
   */
  const firstCell = () => {
    const { grid, sizes } = store.info;
    const last = store.clicks.findLast(({ click }) => click[0] === stage.image)?.click;
    if (!last) return [grid[0] >> 1, grid[1] >> 1];
    return cellOf(last[1], last[2], sizes[stage.image], grid);
  };

  /** @returns {[x: number, y: number]} */
  const crosshairPixel = () => {
    local.crosshair ??= firstCell();
    const { grid, sizes } = store.info;
    return centreOf(...local.crosshair, sizes[stage.image], grid);
  };

  /** @type {(label: 0 | 1) => void} */
  const clickAtCrosshair = (label) => {
    const pixel = crosshairPixel();
    stage.reveal(pixel);
    if (labelAtCrosshair() === label) return; // It is said already.
    store.edit({ op: "add", prompt: [stage.image, ...pixel, label] });
  };

  /** Label of the last click on the crosshair's cell; undefined without one. */
  const labelAtCrosshair = () => {
    const { sizes, grid } = store.info;
    const cell = String(local.crosshair);
    return store.clicks.findLast(
      ({ click: [image, x, y] }) =>
        image === stage.image && String(cellOf(x, y, sizes[image], grid)) === cell,
    )?.click[3];
  };

  /** @type {(factor: number) => void} */
  const zoom = (factor) => {
    if (local.crosshair) stage.zoomAt(stage.reveal(crosshairPixel()), factor);
    else stage.zoomAt([0.5, 0.5], factor);
  };

  // Elsewhere these do nothing, neither here nor, where A inserts a cell, in a notebook.
  const nextGranularity = () => {
    if (store.get("method") !== DIFFUSION) return;
    const values = Object.values(store.info.settings.granularity.named ?? {});
    const now = store.get("granularity");
    const next = values.find((value) => value > now) ?? values[0];
    if (next !== undefined) store.set("granularity", next);
  };

  const toggleAuto = () => {
    if (store.get("method") !== DIFFUSION) return;
    store.set("auto_threshold", !store.get("auto_threshold"));
  };

  const nextLayer = () => {
    const { choices } = store.info.settings.overlay;
    const place = choices.indexOf(store.get("overlay"));
    store.set("overlay", choices[(place + 1) % choices.length]);
  };

  const toggleMask = () => {
    local.showMask = !local.showMask;
  };
}

/**
 * @param {number} place
 * @param {number} length
 */
function clamp(place, length) {
  return Math.min(Math.max(place, 0), length - 1);
}
