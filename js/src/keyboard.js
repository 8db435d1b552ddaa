/**
 * Which key of ours was pressed, on any keyboard.
 *
 * A letter is the one that is written on the key: Dvorak and AZERTY have theirs elsewhere.
 * Layouts of other scripts (Cyrillic, Greek, Hebrew, Thai) have none of our letters; there
 * the key's place says which one is meant, as it does in other programs.
 */

/** What an input method has taken, where the browser does not say that it composes. */
const TAKEN = 229;

/** Letters, marks and digits of other scripts, be they two on one key. */
const OTHER_SCRIPT = /^(?!\p{Script=Latin}|[0-9])[\p{L}\p{M}\p{Nd}]/u;

/**
 * The key as `event.key` names it, a letter in lower case; empty while an input method
 * composes: its Enter and its Escape are not ours.
 *
 * @param {Pick<KeyboardEvent, "key" | "code" | "isComposing" | "keyCode">} event
 */
export function keyOf({ key, code, isComposing, keyCode }) {
  if (isComposing || keyCode === TAKEN) return "";
  const place = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  const meant = place && OTHER_SCRIPT.test(key) ? place : key;
  return meant.length === 1 ? meant.toLowerCase() : meant;
}
