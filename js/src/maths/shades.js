/**
 * Colours of a segment's instances, as ncut_widget/segments/palette.py.
 */

import constants from "../constants.json" with { type: "json" };

/** Per cent of white or black that each shade in turn is mixed with. */
const { SHADES } = constants.palette;

/**
 * Pixel values of a segment's instances: RGBA as little-endian numbers.
 *
 * @param {string} color as "#rrggbb"
 * @returns {number[]} of the first instance, the second, ...; after the last one they
 *   repeat
 */
export function shadesOf(color) {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return SHADES.map(([share, other]) => {
    const [red, green, blue] = parts.map((part) =>
      Math.floor((part * (100 - share) + other * share + 50) / 100),
    );
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
