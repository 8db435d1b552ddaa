/**
 * The outline of a mask, on the edges of its cells.
 *
 * @import { Size } from "./wire.js"
 * @import { View } from "./prompts.js"
 */

/**
 * Visit every straight piece of the outline once, in cells: (col, row) to (col, row).
 *
 * @param {Uint8Array} mask
 * @param {Size} grid
 * @param {(x0: number, y0: number, x1: number, y1: number) => void} visit
 */
export function traceOutline(mask, [rows, cols], visit) {
  /** @type {(row: number, col: number) => number} */
  const at = (row, col) =>
    row < 0 || col < 0 || row >= rows || col >= cols ? 0 : mask[row * cols + col];
  traceRuns(
    rows + 1,
    cols,
    (row, col) => at(row - 1, col) !== at(row, col),
    (row, from, to) => visit(from, row, to, row),
  );
  traceRuns(
    cols + 1,
    rows,
    (col, row) => at(row, col - 1) !== at(row, col),
    (col, from, to) => visit(col, from, col, to),
  );
}

/**
 * Draw an outline that reads on any photograph: light on dark.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} mask
 * @param {Size} grid
 * @param {View} view part of the grid that fills the canvas
 * @param {number} width of the light line, in device pixels
 */
export function drawOutline(context, mask, grid, view, width) {
  const across = context.canvas.width / view.width;
  const down = context.canvas.height / view.height;
  const path = new Path2D();
  traceOutline(mask, grid, (x0, y0, x1, y1) => {
    path.moveTo(Math.round((x0 - view.x) * across), Math.round((y0 - view.y) * down));
    path.lineTo(Math.round((x1 - view.x) * across), Math.round((y1 - view.y) * down));
  });
  context.lineCap = "square";
  context.strokeStyle = "rgb(0 0 0 / 70%)";
  context.lineWidth = 2.5 * width;
  context.stroke(path);
  context.strokeStyle = "#fff";
  context.lineWidth = width;
  context.stroke(path);
}

/**
 * On each line, join neighbouring edges to runs.
 *
 * @param {number} lines
 * @param {number} length
 * @param {(line: number, place: number) => boolean} isEdge
 * @param {(line: number, from: number, to: number) => void} visit
 */
function traceRuns(lines, length, isEdge, visit) {
  for (let line = 0; line < lines; line++) {
    let from = -1;
    for (let place = 0; place <= length; place++) {
      const edge = place < length && isEdge(line, place);
      if (edge && from < 0) from = place;
      if (!edge && from >= 0) {
        visit(line, from, place);
        from = -1;
      }
    }
  }
}
