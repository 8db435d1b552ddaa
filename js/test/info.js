/** What the kernel tells of a batch, with its own table of settings. */

import { readFileSync } from "node:fs";

/** @typedef {import("../src/model/link/wire.js").Info} Info */

const FIXTURE = new URL("fixtures/masks.json", import.meta.url);
const { methods, settings } = JSON.parse(readFileSync(FIXTURE, "utf8"));

/**
 * @param {Partial<Info>} [given]
 * @param {number} [numEig] eigenvectors of the batch
 * @returns {Info}
 */
export function infoOf(given = {}, numEig = 4) {
  /** @type {Info} */
  const info = {
    grid: [2, 2],
    sizes: [
      [20, 20],
      [20, 20],
      [20, 20],
    ],
    has_images: true,
    ways: { appearance: { eigvals: null, blank: [] } },
    methods: structuredClone(methods),
    settings: structuredClone(settings),
    ...given,
  };
  Object.assign(info.settings.by, { default: "appearance", choices: ["appearance"] });
  const cells = info.grid[0] * info.grid[1];
  const ends = { usual: numEig, high: numEig, default: numEig };
  Object.assign(info.settings.num_eig, ends);
  Object.assign(info.settings.denoise_area_th, { usual: cells, high: cells });
  const last = info.sizes.length - 1;
  Object.assign(info.settings.active_image, { usual: last, high: last });
  return info;
}
