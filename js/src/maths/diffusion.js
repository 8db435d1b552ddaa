/**
 * Weights of the eigenvectors in diffusion coordinates, as
 * ncut_widget/methods/diffusion.py, which says what is done and why.
 */

import constants from "../constants.json" with { type: "json" };

const { TRIVIAL, STEPS, LONGEST, FAINTEST } = constants.diffusion;

/**
 * Weights of the eigenvectors at the largest time of diffusion at which at least
 * `granularity` of them stay in effect.
 *
 * @param {number[]} eigvals
 * @param {number} granularity
 */
export function weightsOf(eigvals, granularity) {
  const largest = eigvals[1];
  if (!(largest > 0)) return new Float32Array(eigvals.length);
  const some = eigvals.slice(1);
  const logs = some.map((value) => Math.log(Math.max(value / largest, FAINTEST)));
  /** @param {number} time */
  const at = (time) => logs.map((log) => Math.exp(Math.max(time * log, -700)));
  let low = 0;
  let high = 1;
  while (high < LONGEST && participation(at(high)) > granularity) {
    low = high;
    high *= 2;
  }
  for (let step = 0; step < STEPS; step++) {
    const time = (low + high) / 2;
    if (participation(at(time)) > granularity) low = time;
    else high = time;
  }
  return Float32Array.from([TRIVIAL, ...at(low).map(Math.sqrt)]);
}

/** @param {number[]} weights */
function participation(weights) {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight ** 2;
  }
  return sum ** 2 / squares;
}
