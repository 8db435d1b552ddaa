/** Similarities of a whole small batch, to be cut. */

/**
 * Statistics of a whole small batch, straight from their definition.
 *
 * @param {number[] | Float32Array} values
 * @returns {import("../src/model/link/wire.js").Stats}
 */
export function statsOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  /** @type {(q: number) => [number, number]} */
  const around = (q) => {
    const below = Math.floor(q * (count - 1));
    return [sorted[below], sorted[Math.min(below + 1, count - 1)]];
  };
  const std = Math.sqrt(squares / (count - 1));
  return { mean, std, low: around(0.01), high: around(0.99), count };
}

/** A smooth similarity of so many cells. @param {number} count */
export function wave(count) {
  return Float32Array.from({ length: count }, (_, i) => Math.cos(i * i * 0.37) * 0.9);
}

/** @param {number[]} values @returns {import("../src/maths/cut.js").Field} */
export function similarity(values) {
  return { values: Float32Array.from(values), stats: statsOf(values) };
}
