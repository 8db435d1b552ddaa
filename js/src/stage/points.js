/**
 * Points on the page, in CSS pixels.
 *
 * @typedef {{ clientX: number, clientY: number }} Point
 */

/** A press that moves further than this is no click. */
export const SLACK = 6;

/**
 * @param {Point} a
 * @param {Point} b
 */
export function distance(a, b) {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}
