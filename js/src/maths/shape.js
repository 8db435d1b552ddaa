/**
 * The shape of a mask: its margins and quads, on the grid of the fields that it is made
 * of. It is written again and again; another image may have another grid.
 *
 * @import { Size } from "../model/link/wire.js"
 */

import { findQuads } from "./margins.js";

export class Shape {
  grid = /** @type {Size} */ ([0, 0]);
  margins = new Float32Array(0);
  quads = new Uint8Array(0);

  /** @param {Size} grid that margins are going to be written on */
  fit(grid) {
    const cells = grid[0] * grid[1];
    this.grid = grid;
    if (this.margins.length === cells) return;
    this.margins = new Float32Array(cells);
    this.quads = new Uint8Array(cells);
  }

  /** Find the quads, once the margins are written. */
  close() {
    findQuads(this.quads, this.margins, this.grid);
  }
}
