/**
 * What a key of the stage is, and what is done when one is pressed: while the stage has
 * the focus, and only then.
 *
 * @import { Store } from "../../model/store.js"
 * @import { Local } from "../../local.js"
 * @import { Stage } from "../stage.js"
 *
 * @typedef {object} KeyEntry an entry of the table, and a line of the help
 * @property {string} keys as the help writes them
 * @property {string} effect as the help says it
 * @property {Binding[]} bindings of these keys; the first that holds is taken
 * @property {(reach: { store: Store }) => boolean} [told] whether the help tells of it;
 *   it does not change while the page is open
 *
 * @typedef {object} Binding
 * @property {string[]} on keys as `keyOf` names them, behind "Ctrl+" (⌘ as well) and
 *   "Shift+". A key that is bound without Shift works with Shift, too, unless that is
 *   bound itself. No binding has Alt: such keys belong to the browser and the window
 *   manager.
 * @property {(reach: KeyReach, key: string) => void} act
 * @property {(reach: KeyReach, key: string) => boolean} [when] else the key is the
 *   notebook's
 *
 * @typedef {object} KeyReach what a key works on
 * @property {Store} store
 * @property {Stage} stage
 * @property {Local} local
 * @property {HelpPanel} help
 * @property {() => void} changed to be called when `local` or the view has changed
 *
 * @typedef {object} HelpPanel
 * @property {boolean} isOpen
 * @property {(opener: HTMLElement, how?: { focus?: boolean }) => void} toggle
 * @property {() => void} close
 */

import { keyOf } from "../../keyboard.js";

/**
 * What a press of a key does, or null: then it is not the stage's.
 *
 * @param {KeyEntry[]} table
 * @param {KeyboardEvent} event
 * @param {KeyReach} reach
 * @returns {(() => void) | null}
 */
export function actionOf(table, event, reach) {
  if (event.altKey) return null;
  const key = keyOf(event);
  const bindings = table.flatMap((entry) => entry.bindings);
  for (const chord of chordsOf(event, key)) {
    const bound = bindings.filter(({ on }) => on.includes(chord));
    const binding = bound.find(({ when }) => !when || when(reach, key));
    if (binding) return () => binding.act(reach, key);
    if (bound.length > 0) return null;
  }
  return null;
}

/**
 * @param {KeyboardEvent} event
 * @param {string} key
 */
function chordsOf({ ctrlKey, metaKey, shiftKey }, key) {
  const control = ctrlKey || metaKey ? "Ctrl+" : "";
  return shiftKey ? [`${control}Shift+${key}`, control + key] : [control + key];
}

/**
 * @param {KeyEntry[]} table
 * @param {KeyReach} reach
 * @param {AbortSignal} signal
 */
export function listenToKeys(table, reach, signal) {
  const { stage, local, changed } = reach;
  stage.canvas.addEventListener(
    "keydown",
    (event) => {
      const act = actionOf(table, event, reach);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      local.hover.point(null); // There is no preview until something moves again.
      act();
      changed();
    },
    { signal },
  );
  stage.canvas.addEventListener(
    "blur",
    () => {
      local.crosshair = null;
      local.hover.point(null);
      changed();
    },
    { signal },
  );
}
