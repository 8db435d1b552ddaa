/**
 * The keys of the stage: the one table of them. The handler (key.js) and the help panel
 * are made of it.
 *
 * A key makes edits, sets settings and moves the view. It knows nothing of how they are
 * painted, nor of keyboards' layouts, which are `keyOf`'s.
 *
 * @import { KeyEntry } from "./key.js"
 */

import { KEY, keyName } from "../../keyboard.js";
import {
  canClear,
  canCommit,
  clear,
  editOfSelected,
  editSelected,
  hasWays,
  nextGranularity,
  nextOverlay,
  nextWay,
  segmentOf,
  select,
  toggleAuto,
  turn,
} from "./actions.js";
import { clickAtCrosshair, moveCrosshair, zoom } from "./crosshair.js";

/** How much larger or smaller a key makes the image. */
const ZOOM = 1.5;

/** In the order in which the help tells of them. @type {KeyEntry[]} */
export const KEYS = [
  {
    keys: "Ctrl / ⌘ Z",
    effect: "undo; with Shift: redo",
    bindings: [
      { on: ["Ctrl+z"], act: ({ store }) => store.edit({ op: "undo" }) },
      {
        on: ["Ctrl+Shift+z", "Ctrl+y"],
        act: ({ store }) => store.edit({ op: "redo" }),
      },
    ],
  },
  {
    keys: "Esc",
    effect: "clear all clicks",
    bindings: [
      {
        on: ["Escape"],
        when: ({ help }) => help.isOpen,
        act: ({ help }) => help.close(),
      },
      {
        on: ["Escape"],
        when: (reach) => canClear(reach) || reach.local.crosshair !== null,
        act: clear,
      },
    ],
  },
  {
    keys: keyName(KEY.commit),
    effect: "commit: keep the masks as a segment",
    bindings: [
      {
        on: [KEY.commit],
        when: canCommit,
        act: ({ store }) => store.edit({ op: "commit" }),
      },
    ],
  },
  {
    keys: "1 to 9",
    effect: "select a segment; again: none",
    bindings: [
      {
        on: [..."123456789"],
        when: (reach, digit) => segmentOf(reach, digit) !== undefined,
        act: select,
      },
    ],
  },
  {
    keys: [KEY.edit, KEY.show, "Delete"].map(keyName).join(", "),
    effect: "edit, show or hide, delete the selected segment",
    bindings: [
      {
        on: [KEY.edit, KEY.show, "Delete", "Backspace"],
        when: (reach, key) => editOfSelected(reach, key) !== null,
        act: editSelected,
      },
    ],
  },
  {
    keys: "← →",
    effect: "previous, next image",
    bindings: [
      { on: ["ArrowLeft"], act: (reach) => turn(reach, -1) },
      { on: ["ArrowRight"], act: (reach) => turn(reach, 1) },
    ],
  },
  {
    keys: "Shift + arrows",
    effect: "move the crosshair",
    bindings: [
      { on: ["Shift+ArrowUp"], act: (reach) => moveCrosshair(reach, -1, 0) },
      { on: ["Shift+ArrowDown"], act: (reach) => moveCrosshair(reach, 1, 0) },
      { on: ["Shift+ArrowLeft"], act: (reach) => moveCrosshair(reach, 0, -1) },
      { on: ["Shift+ArrowRight"], act: (reach) => moveCrosshair(reach, 0, 1) },
    ],
  },
  {
    keys: "Space",
    effect: "click at the crosshair; with Shift: negative",
    bindings: [
      { on: [" "], act: (reach) => clickAtCrosshair(reach, 1) },
      { on: ["Shift+ "], act: (reach) => clickAtCrosshair(reach, 0) },
    ],
  },
  {
    keys: keyName(KEY.by),
    effect: "what it is, or how it looks",
    bindings: [{ on: [KEY.by], when: hasWays, act: nextWay }],
    told: hasWays,
  },
  {
    keys: keyName(KEY.granularity),
    effect: "the whole, a thing, a part: next granularity",
    bindings: [{ on: [KEY.granularity], act: nextGranularity }],
  },
  {
    keys: keyName(KEY.auto),
    effect: "automatic threshold on or off",
    bindings: [{ on: [KEY.auto], act: toggleAuto }],
    told: ({ store }) => store.method.finds_threshold,
  },
  {
    keys: keyName(KEY.overlay),
    effect: "next overlay",
    bindings: [{ on: [KEY.overlay], act: nextOverlay }],
  },
  {
    keys: "M",
    effect: "mask on or off",
    bindings: [
      {
        on: ["m"],
        act: ({ local }) => {
          local.showMask = !local.showMask;
        },
      },
    ],
  },
  {
    keys: "+ −",
    effect: "zoom at the crosshair or the middle",
    bindings: [
      { on: ["+", "="], act: (reach) => zoom(reach, ZOOM) },
      { on: ["-", "_"], act: (reach) => zoom(reach, 1 / ZOOM) },
    ],
  },
  {
    keys: "0",
    effect: "whole image again",
    bindings: [{ on: ["0"], act: ({ stage }) => stage.lens.reset() }],
  },
  {
    keys: keyName(KEY.help),
    effect: "this help",
    bindings: [
      {
        on: [KEY.help],
        act: ({ help, stage }) => help.toggle(stage.canvas, { focus: true }),
      },
    ],
  },
];
