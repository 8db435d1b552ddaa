/** Heat to colour: magma grows lighter evenly, and colour-blind readers can read it. */

/** matplotlib's magma (CC0) at 0, 1/16, ... 1; linear between, it is off by < 1 %. */
const MAGMA = [
  0x000004, 0x0a0822, 0x1d1147, 0x36106b, 0x51127c, 0x6a1c81, 0x832681, 0x9c2e7f,
  0xb73779, 0xd0416f, 0xe75263, 0xf56b5c, 0xfc8961, 0xfea772, 0xfec488, 0xfde2a3,
  0xfcfdbf,
];

const TABLE = makeTable();

/**
 * Colour heat values, clipped to [0, 1], into the RGBA pixels of an image.
 *
 * @param {Uint32Array} pixels RGBA as the bytes of little-endian numbers
 * @param {Float32Array} heat
 */
export function paintHeat(pixels, heat) {
  for (let i = 0; i < heat.length; i++) {
    pixels[i] = TABLE[Math.round(255 * Math.min(Math.max(heat[i], 0), 1))];
  }
}

/** RGBA as the bytes of little-endian numbers, as `pixelOf` of canvas.js. */
function makeTable() {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const position = (i / 255) * (MAGMA.length - 1);
    const below = Math.min(Math.floor(position), MAGMA.length - 2);
    /** @type {(shift: number) => number} */
    const channel = (shift) => {
      const a = (MAGMA[below] >> shift) & 255;
      const b = (MAGMA[below + 1] >> shift) & 255;
      return Math.round(a + (position - below) * (b - a));
    };
    table[i] = (255 << 24) | (channel(0) << 16) | (channel(8) << 8) | channel(16);
  }
  return table;
}
