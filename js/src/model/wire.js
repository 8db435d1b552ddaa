/**
 * The messages between page and kernel, and how their buffers are read.
 *
 * @import { Moments } from "../maths/statistics.js"
 * @import { Quantised } from "../maths/vectors.js"
 *
 * @typedef {[height: number, width: number]} Size
 * @typedef {[image: number, x: number, y: number, label: number]} Click
 * @typedef {[image: number, row: number, col: number]} Cell
 * @typedef {object} Stats of one cell's similarity over the whole batch
 * @property {number} mean
 * @property {number} std
 * @property {[number, number]} low order statistics around the 1 % quantile
 * @property {[number, number]} high order statistics around the 99 % quantile
 * @property {number} count size of the sample that the quantiles are of
 *
 * @typedef {{ op: "click", click: Click } | { op: "clear" | "undo" | "redo" } | SegmentEdit} Edit
 * @typedef {{ op: "commit", name?: string } | { op: "reopen", segment: number | null }
 *   | { op: "delete", segment: number }
 *   | { op: "change", segment: number, fields: SegmentFields }} SegmentEdit
 * @typedef {object} SegmentFields
 * @property {string} [name]
 * @property {string} [color] as "#rrggbb"
 * @property {boolean} [visible]
 * @property {Instances} [instances]
 * @property {number} [place] among the segments, from 0 on
 * @typedef {"connected" | "watershed" | "whole"} Instances how a mask is parted into things
 *
 * @typedef {object} SegmentEntry a committed segment; later ones lie over earlier ones
 * @property {number} id its own, whatever it is called
 * @property {number} edition another one when its masks become others
 * @property {string} name
 * @property {string} color as "#rrggbb"
 * @property {boolean} visible
 * @property {Instances} instances
 * @property {number} clicks how many it is made of
 * @property {boolean} open whether its clicks are those that are edited now
 * @typedef {"stage" | "thumb" | "eigvecs"} PictureKind
 *
 * @typedef {object} Together how clicks are compared together
 * @property {string} method
 * @property {[name: string, value: number][]} settings
 *
 * @typedef {object} ClickSet clicks that one map is made of, and settings of the method
 * @property {string} method
 * @property {Cell[]} positives
 * @property {Cell[]} negatives
 * @property {number} [granularity]
 * @property {number} [click_weight]
 * @property {number} [bg_weight]
 * @typedef {Cell | ClickSet} Source what a map tells the similarity to
 *
 * @typedef {{ cell?: Cell, clicks?: ClickSet, images: number[] }} MapWant one of the two
 * @typedef {MapWant & { stats: Stats | null }} MapEntry null: it is its own heatmap
 * @typedef {{ image: number | null, low: number[], step: number[] }} VectorsEntry null: the sample
 * @typedef {{ image: number, mime: string, width: number, height: number }} PictureEntry
 * @typedef {{ image: number, error: string }} PictureFailure why there is none
 *
 * What the page sends. An id is `<page>-<number>`: the page's name, and a number that
 * grows with each of its requests. The kernel answers in the order in which it gets them.
 *
 * @typedef {object} EditRequest applied once: what has a number that was applied is skipped
 * @property {"edit"} type
 * @property {string} id
 * @property {string} page name of the page that numbers the edits
 * @property {number} first number of the first edit; the others follow
 * @property {Edit[]} edits
 * @property {number[]} images on view, the active one first
 * @typedef {{ type: "maps", id: string, num_eig: number, wants: MapWant[] }} MapRequest
 *   about 1 MB at a time; without wants it asks for a sign of life
 * @typedef {{ type: "vectors", id: string, images: number[], sample: boolean }} VectorsRequest
 * @typedef {{ type: "moments", id: string, num_eig: number }} MomentsRequest
 * @typedef {{ type: "pictures", id: string, kind: PictureKind, images: number[] }} PictureRequest
 * @typedef {object} SegmentsRequest
 * @property {"segments"} type
 * @property {string} id
 * @property {"stage" | "thumb"} kind
 * @property {[id: number, edition: number][]} segments
 * @property {number[]} images
 * @typedef {object} SyncRequest after a loss: tell all traits again
 * @property {"sync"} type
 * @property {string} id
 * @property {Record<string, unknown>} settings that the kernel may not have, to be set first
 * @typedef {object} ViewsNote needs no answer
 * @property {"views"} type
 * @property {string} id
 * @property {number} count of views of this page
 * @property {boolean} keeps whether the page can write into its notebook
 *
 * What the kernel sends: an answer to each request, by its id.
 *
 * @typedef {object} Edited
 * @property {"edited"} type
 * @property {string} id
 * @property {number} revision
 * @property {Click[]} clicks
 * @property {[boolean, boolean]} history
 * @property {number} num_eig
 * @property {MapEntry[]} maps those that these clicks are the first to need, as many as fit
 * @property {string | null} error
 * @typedef {object} MapReply
 * @property {"maps"} type
 * @property {string} id
 * @property {number} num_eig
 * @property {number} [revision]
 * @property {MapEntry[]} maps
 * @typedef {object} VectorsReply
 * @property {"vectors"} type
 * @property {string} id
 * @property {VectorsEntry[]} vectors
 * @typedef {object} MomentsReply
 * @property {"moments"} type
 * @property {string} id
 * @property {number} num_eig
 * @property {number} count
 * @typedef {object} PictureReply
 * @property {"pictures"} type
 * @property {string} id
 * @property {PictureKind} kind
 * @property {number} colors version of the eigenvectors' colours when they were made
 * @property {(PictureEntry | PictureFailure)[]} pictures
 * @property {number[]} [left] images for which the reply had no room: to be asked for again
 * @typedef {object} SegmentsReply
 * @property {"segments"} type
 * @property {string} id
 * @property {"stage" | "thumb"} kind
 * @property {SegmentPart[]} parts as many as there was time for
 * @typedef {{ id: number, edition: number, image: number, instances: Instances }} SegmentPart
 * @typedef {{ type: "later", id: string }} Later it is being computed: ask again later
 * @typedef {{ type: "synced", id: string, revision: number }} Synced after the traits
 * @typedef {{ type: "error", id: string | null, message: string }} Failure
 * @typedef {object} CallbackFailed a function of the user's, which was called for something
 * @property {"failed"} type
 * @property {null} id
 * @property {string} what it was called for
 * @property {string} traceback
 * @typedef {object} PictureUpdate a new picture for the notebook; `Output` takes it
 * @property {"picture"} type
 * @property {string} model its id, as in the outputs with its views
 * @property {string} mark text in the file, as in the outputs with its picture
 * @property {string} png the file in base64
 * @typedef {CallbackFailed | SegmentsReply | Edited | MapReply | VectorsReply | MomentsReply | PictureReply | Later | Synced | Failure} Message
 *
 * @typedef {object} Info
 * @property {Size} grid
 * @property {string} [mark] what the picture in the output can be told by
 * @property {Size[]} sizes
 * @property {boolean} has_images
 * @property {boolean} [offline] whether there is no kernel
 * @property {number[]} blank images of which nothing is known: their masks are empty
 * @property {number[] | null} eigvals for the methods that take all clicks together
 * @property {Record<string, string[]>} methods those, and the settings of each
 * @property {Record<string, Setting>} settings the kernel's table, in its order
 *
 * @typedef {object} Setting
 * @property {"number" | "whole" | "flag" | "choice"} kind
 * @property {any} default
 * @property {number} low of a number only: its range
 * @property {number} high
 * @property {number} usual what a slider spans until a larger value is set
 * @property {Record<string, number>} [named] values of a number that are chosen by name
 * @property {string[]} choices of a choice only
 * @property {string} unit of a number; may be empty
 * @property {string} sentence that says what it is
 * @property {"mask" | "view"} of what depends on it: masks, or how they look
 *
 * @typedef {object} Model what anywidget hands to `initialize` and `render`
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {(callbacks?: object) => void} save_changes
 * @property {(content: unknown) => void} send
 * @property {(name: string, handler: (...args: any[]) => void) => void} on
 * @property {(name: string, handler: (...args: any[]) => void) => void} off
 * @property {Manager} [widget_manager] of hosts with ipywidgets
 *
 * @typedef {object} Manager
 * @property {() => { shell?: object, iopub?: object }} [callbacks]
 * @property {{ connectionStatusChanged?: Signal } | null} [kernel]
 * @property {Signal} [restored] the host has set all traits to the kernel's
 * @property {{ model?: NotebookModel }} [context] JupyterLab's, of the open file
 * @typedef {object} NotebookModel
 * @property {Iterable<{ outputs?: OutputList }>} cells
 * @property {(name: string) => any} getMetadata
 * @property {(name: string, value: object) => void} setMetadata
 * @typedef {object} OutputList
 * @property {number} length
 * @property {(at: number) => { toJSON: () => any }} get
 * @property {(at: number, output: object) => void} set
 * @typedef {(sender: unknown, argument: any) => void} Slot
 * @typedef {object} Signal
 * @property {(slot: Slot) => void} connect
 * @property {(slot: Slot) => void} disconnect
 */

/**
 * A similarity map depends on these three only, so it is never stale.
 *
 * @param {number} numEig
 * @param {Source} source
 * @param {number} image
 */
export function mapKey(numEig, source, image) {
  return keyOf(numEig, nameOf(source), image);
}

/**
 * @param {number} numEig
 * @param {string} name of the source
 * @param {number} image
 */
export function keyOf(numEig, name, image) {
  return `${numEig}:${name}:${image}`;
}

/** @param {Source} source */
export function nameOf(source) {
  if (isCell(source)) return `${source[0]},${source[1]},${source[2]}`; // Not join: slow.
  const { positives, negatives, ...settings } = source;
  const values = Object.keys(settings).sort();
  const given = values.map((name) => settings[/** @type {"method"} */ (name)]);
  return [...given, positives.join(" "), negatives.join(" ")].join("/");
}

/**
 * @param {Source} source
 * @returns {source is Cell}
 */
export function isCell(source) {
  return Array.isArray(source);
}

/**
 * @param {Source} source
 * @param {number[]} images
 * @returns {MapWant}
 */
export function mapWant(source, images) {
  return isCell(source) ? { cell: source, images } : { clicks: source, images };
}

/** @param {MapWant} want */
export function sourceOf({ cell, clicks }) {
  return /** @type {Source} */ (cell ?? clicks);
}

/**
 * Split the maps of a reply by image.
 *
 * The values are copied: a view would be misaligned where byteOffset is odd, and would
 * keep the whole websocket message alive.
 *
 * @param {MapEntry[]} entries
 * @param {(DataView | ArrayBuffer)[]} buffers one per entry: float32, (images, H, W)
 * @param {Size} grid
 * @returns {{ source: Source, image: number, map: Float32Array, stats: Stats | null }[]}
 */
export function decodeMaps(entries, buffers, [rows, cols]) {
  const cells = rows * cols;
  return entries.flatMap((entry, k) => {
    const { images, stats } = entry;
    const source = sourceOf(entry);
    const what = isCell(source) ? `cell ${source}` : "all clicks";
    const bytes = bytesOf(buffers[k], `the maps of ${what}`);
    if (bytes.byteLength !== 4 * cells * images.length) {
      throw new Error(
        `The maps of ${what} must be ${4 * cells * images.length} bytes ` +
          `(${images.length} x ${rows} x ${cols} float32), got ${bytes.byteLength}.`,
      );
    }
    return images.map((image, i) => {
      const map = new Float32Array(cells);
      new Uint8Array(map.buffer).set(
        bytes.subarray(4 * cells * i, 4 * cells * (i + 1)),
      );
      return { source, image, map, stats };
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
 * @param {(DataView | ArrayBuffer)[]} buffers one encoded file per picture there is
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
