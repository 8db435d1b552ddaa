/**
 * Which key of ours was pressed, on any keyboard.
 *
 * A letter is the one that is written on the key, since Dvorak and AZERTY have letters
 * in other places. Layouts of other scripts (Cyrillic, Greek, Hebrew, Thai) have no
 * Latin letters; there the place of the key decides, as in other programs.
 */

/**
 * The `keyCode` of a key that an input method has taken; some browsers set it in place
 * of `isComposing`.
 */
const TAKEN = 229;

/** A letter, mark or digit of another script; some keys type two characters. */
const OTHER_SCRIPT = /^(?!\p{Script=Latin}|[0-9])[\p{L}\p{M}\p{Nd}]/u;

/** Keys that tooltips name. They are bound in the table of the stage's keys. */
export const KEY = {
  auto: "a",
  by: "w",
  commit: "Enter",
  edit: "e",
  granularity: "g",
  help: "?",
  overlay: "l",
  show: "h",
};

/**
 * A key as the help writes it.
 *
 * @param {string} key
 */
export function keyName(key) {
  return key.length === 1 ? key.toUpperCase() : key;
}

/**
 * A tooltip that ends with the key for the same.
 *
 * @param {string} text
 * @param {string} [key]
 * @param {string} [effect] of the key, if it is not quite the same
 */
export function withKey(text, key, effect) {
  if (!key) return text;
  return `${text} (key ${keyName(key)}${effect ? `: ${effect}` : ""})`;
}

/**
 * The key as `event.key` names it, a letter in lower case. Empty while an input method
 * composes, because Enter and Escape are meant for that.
 *
 * @param {Pick<KeyboardEvent, "key" | "code" | "isComposing" | "keyCode">} event
 */
export function keyOf({ key, code, isComposing, keyCode }) {
  if (isComposing || keyCode === TAKEN) return "";
  const place = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  const meant = place && OTHER_SCRIPT.test(key) ? place : key;
  return meant.length === 1 ? meant.toLowerCase() : meant;
}
