/**
 * How the buffers of messages are read.
 *
 * @import { Moments } from "../../maths/statistics.js"
 * @import { Quantised } from "../../maths/vectors.js"
 * @import { Seeds } from "../seeds.js"
 * @import { FieldEntry, MomentsReply, PictureEntry, PictureFailure, SegmentPart, Size } from "./wire.js"
 * @import { VectorsEntry } from "./wire.js"
 * @import { FieldMap } from "../fields.js"
 */

/**
 * Split the fields of a reply by image.
 *
 * The values are copied: a view would be misaligned where byteOffset is odd, and would
 * keep the whole websocket message alive.
 *
 * @param {FieldEntry[]} entries
 * @param {(DataView | ArrayBuffer)[]} buffers one per entry: float32, the maps of its
 *   images one after the other
 * @param {Size} latent grid of maps whose entry names none
 * @returns {(FieldMap & { seeds: Seeds, image: number })[]}
 */
export function decodeFields(entries, buffers, latent) {
  return entries.flatMap(({ seeds, images, stats, grids, presence }, k) => {
    const bytes = bytesOf(buffers[k], "a field");
    const maps = images.map((_, i) => grids?.[i] ?? latent);
    const length = maps.reduce((sum, [rows, cols]) => sum + 4 * rows * cols, 0);
    if (bytes.byteLength !== length) {
      const sizes = maps.map(([rows, cols]) => `${rows} x ${cols}`);
      throw new Error(
        `A field must be ${length} bytes (float32, ${sizes.join(" + ")}), ` +
          `got ${bytes.byteLength}.`,
      );
    }
    let start = 0;
    return images.map((image, i) => {
      const grid = maps[i];
      const values = new Float32Array(grid[0] * grid[1]);
      const end = start + values.byteLength;
      new Uint8Array(values.buffer).set(bytes.subarray(start, end));
      start = end;
      return { seeds, image, values, stats, grid, presence: presence?.[i] ?? 1 };
    });
  });
}

/**
 * The vectors of images, or those of the sample.
 *
 * @param {VectorsEntry[]} entries
 * @param {(DataView | ArrayBuffer)[]} buffers one per entry: uint16, (numEig, cells)
 * @param {number | null} cells of an image, or null for the sample, of any number
 * @returns {{ image: number | null, quantised: Quantised }[]}
 */
export function decodeVectors(entries = [], buffers, cells) {
  return entries.flatMap(({ image, low, step }, k) => {
    if ((image === null) !== (cells === null)) return [];
    const what = image === null ? "the sample" : `the eigenvectors of image ${image}`;
    const bytes = bytesOf(buffers[k], what).slice();
    const row = 2 * low.length;
    const count = cells ?? Math.floor(bytes.length / row);
    if (bytes.length !== count * row) {
      throw new Error(
        `The levels of ${what} must be ${low.length} x ${count} uint16, ` +
          `got ${bytes.length} bytes.`,
      );
    }
    const quantised = {
      low: Float32Array.from(low),
      step: Float32Array.from(step),
      levels: new Uint16Array(bytes.buffer),
    };
    return [{ image, quantised }];
  });
}

/**
 * @param {MomentsReply} content
 * @param {(DataView | ArrayBuffer)[]} buffers float64: (numEig,) and (numEig, numEig)
 * @returns {Moments}
 */
export function decodeMoments({ num_eig: numEig, count }, buffers) {
  const [mean, covariance] = ["mean", "covariance"].map((what, k) => {
    const bytes = bytesOf(buffers[k], `the ${what}`).slice();
    if (bytes.length !== 8 * numEig ** (k + 1)) {
      throw new Error(
        `The ${what} must be of ${numEig} eigenvectors in float64, ` +
          `got ${bytes.length} bytes.`,
      );
    }
    return new Float64Array(bytes.buffer);
  });
  return { count, mean, covariance };
}

/**
 * @param {(PictureEntry | PictureFailure)[]} entries
 * @param {(DataView | ArrayBuffer)[]} buffers one encoded file for each picture that
 *   there is
 * @returns {{ image: number, file: Blob }[]}
 */
export function decodePictures(entries, buffers) {
  const made = entries.filter((entry) => "mime" in entry);
  return made.map(({ image, mime }, k) => {
    const bytes = bytesOf(buffers[k], `the picture of image ${image}`);
    return { image, file: new Blob([bytes.slice()], { type: mime }) };
  });
}

/**
 * @param {SegmentPart[]} parts
 * @param {(DataView | ArrayBuffer)[]} buffers one per part
 * @returns {{ part: SegmentPart, bytes: Uint8Array }[]} each with a buffer of its own
 */
export function decodeSegments(parts, buffers) {
  return parts.map((part, k) => {
    const bytes = bytesOf(buffers[k], `a segment of image ${part.image}`).slice();
    return { part, bytes };
  });
}

/**
 * @param {DataView | ArrayBuffer | undefined} buffer
 * @param {string} what
 */
function bytesOf(buffer, what) {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  throw new Error(`The reply lacks the buffer of ${what}.`);
}
