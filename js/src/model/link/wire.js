/**
 * The messages between page and kernel, and the traits that are not plain values.
 *
 * @import { Prompt } from "../prompts/index.js"
 * @import { Seeds } from "../seeds.js"
 *
 * @typedef {[height: number, width: number]} Size
 * @typedef {object} Stats of one field over the whole batch
 * @property {number} mean
 * @property {number} std
 * @property {[number, number]} low order statistics around the 1 % quantile
 * @property {[number, number]} high order statistics around the 99 % quantile
 * @property {number} count size of the sample that the quantiles are of
 *
 * @typedef {{ op: "add", prompt: Prompt } | { op: "clear" | "undo" | "redo" } | SegmentEdit} Edit
 * @typedef {{ op: "commit", name?: string } | { op: "reopen", segment: number | null }
 *   | { op: "delete", segment: number }
 *   | { op: "change", segment: number, fields: SegmentFields }} SegmentEdit
 * @typedef {object} SegmentFields
 * @property {string} [name]
 * @property {string} [color] as "#rrggbb"
 * @property {boolean} [visible]
 * @property {Instances} [instances]
 * @property {number} [place] among the segments, from 0 on
 * @typedef {"connected" | "watershed" | "whole"} Instances how a mask is divided into
 *   things
 *
 * @typedef {object} SegmentEntry a committed segment; later ones lie over earlier ones
 * @property {number} id stays the same when the segment is renamed
 * @property {number} edition another one whenever its masks change
 * @property {string} name
 * @property {string} color as "#rrggbb"
 * @property {boolean} visible
 * @property {Instances} instances
 * @property {number} clicks how many it is made of
 * @property {boolean} open whether its prompts are those that are edited now
 * @typedef {"stage" | "thumb" | "eigvecs"} PictureKind
 *
 * @typedef {{ seeds: Seeds, images: number[] }} Want a field, on some images
 * @typedef {object} FieldOnImages
 * @property {Stats | null} stats null: it is its own heatmap
 * @property {Size[]} [grids] of each image's map; by default the latent grid
 * @property {number[]} [presence] how surely each image has the thing, 0 to 1; by
 *   default 1
 * @typedef {Want & FieldOnImages} FieldEntry
 * @typedef {{ image: number | null, low: number[], step: number[] }} VectorsEntry null: the sample
 * @typedef {{ image: number, mime: string, width: number, height: number }} PictureEntry
 * @typedef {{ image: number, error: string }} PictureFailure why there is none
 *
 * What the page sends. An id is `<page>-<number>`: the page's name, and a number that
 * grows with each of its requests. The kernel answers in the order in which it gets them.
 *
 * @typedef {object} EditRequest applied once: an edit whose number was applied before
 *   is skipped
 * @property {"edit"} type
 * @property {string} id
 * @property {string} page name of the page that numbers the edits
 * @property {number} first number of the first edit; the others follow
 * @property {number} since revision of the list of prompts that the answer is to change
 * @property {Edit[]} edits
 * @property {number[]} images on view, the active one first
 * @typedef {{ type: "fields", id: string, wants: Want[] }} FieldsRequest
 *   about 1 MB at a time; without wants it asks for a sign of life
 * @typedef {{ type: "vectors", id: string, images: number[], sample: boolean, by: string }} VectorsRequest
 * @typedef {{ type: "moments", id: string, num_eig: number, by: string }} MomentsRequest
 * @typedef {{ type: "way", id: string, by: string }} WayRequest also has the way made,
 *   if it is not
 * @typedef {object} PictureRequest
 * @property {"pictures"} type
 * @property {string} id
 * @property {PictureKind} kind
 * @property {number[]} images
 * @property {string} by the way whose eigenvectors are coloured
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
 * @typedef {object} ListChange from a list of prompts to another
 * @property {number} keep how many of the first ones stay
 * @property {Prompt[]} added after these; a kernel that does not know the list keeps none
 *   and adds all
 *
 * @typedef {object} Edited
 * @property {"edited"} type
 * @property {string} id
 * @property {number} revision
 * @property {ListChange} prompts since the revision that was told with the edits
 * @property {[boolean, boolean]} history
 * @property {FieldEntry[]} fields those that these prompts are the first to need, as many
 *   as fit
 * @property {string | null} error
 * @typedef {object} FieldsReply
 * @property {"fields"} type
 * @property {string} id
 * @property {number} [revision]
 * @property {FieldEntry[]} fields
 * @typedef {object} VectorsReply
 * @property {"vectors"} type
 * @property {string} id
 * @property {string} by
 * @property {VectorsEntry[]} vectors
 * @typedef {object} MomentsReply
 * @property {"moments"} type
 * @property {string} id
 * @property {string} by
 * @property {number} num_eig
 * @property {number} count
 * @typedef {{ type: "way", id: string, by: string } & Way} WayReply
 * @typedef {object} PictureReply
 * @property {"pictures"} type
 * @property {string} id
 * @property {PictureKind} kind
 * @property {string} by as in the request
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
 * @typedef {object} CallbackFailed a function of the user's that was called for
 *   something, and raised an error
 * @property {"failed"} type
 * @property {null} id
 * @property {string} what it was called for
 * @property {string} traceback
 * @typedef {object} PictureUpdate a new picture for the notebook; `Output` takes it
 * @property {"picture"} type
 * @property {string} model its id, as in the outputs with its views
 * @property {string} mark text in the file, as in the outputs with its picture
 * @property {string} png the file in base64
 * @typedef {CallbackFailed | SegmentsReply | Edited | FieldsReply | VectorsReply | MomentsReply | WayReply | PictureReply | Later | Synced | Failure} Message
 *
 * @typedef {object} Info
 * @property {Size} grid
 * @property {string} [mark] text by which the picture in the output is found
 * @property {Size[]} sizes
 * @property {boolean} has_images
 * @property {boolean} [offline] whether there is no kernel
 * @property {string} [failure] why images that are still to come cannot be had
 * @property {{ of: string, by: string }} [instead] title of the kernel's method, which
 *   needs a kernel, and name of the one by which this page goes on
 * @property {Record<string, Way>} ways by name; those that were made when the page was
 *   told. The others that `settings.by` has are asked for.
 * @property {Record<string, Method>} methods by name
 * @property {Record<string, Setting>} settings the kernel's table, in its order
 *
 * @typedef {object} Way that a click can be meant, with eigenvectors of its own
 * @property {number[] | null} eigvals for the methods that need them
 * @property {number[]} blank images of which nothing is known: their masks are empty
 * @property {number[]} [awaited] those of them that are still to come
 *
 * @typedef {object} Method
 * @property {string} title
 * @property {string[]} parameters names of its settings
 * @property {boolean} together whether all prompts make one field, or each its own
 * @property {boolean} last_counts whether a cell counts as the last prompt says
 * @property {boolean} ordered whether the order of positive and negative prompts counts
 * @property {number | null} side cells along the longer side of each image's own grid;
 *   null: seeds and maps lie on the latent grid
 * @property {boolean} keeps_prompted whether parts of a mask that hold a positive cell are
 *   kept, however small
 * @property {boolean} standardised whether fields are cut by their statistics
 * @property {boolean} finds_threshold whether it can say where to cut
 * @property {string | null} stand_in method that previews it, on the latent grid
 * @property {string | null} twin what computes its fields in the page, if anything does
 *
 * @typedef {object} Setting
 * @property {"number" | "whole" | "flag" | "choice"} kind
 * @property {any} default
 * @property {number} low of a number only: the lower end of its range
 * @property {number} high
 * @property {number} usual the slider's upper end until a larger value is set
 * @property {Record<string, number>} [named] values of a number that are chosen by name
 * @property {string[]} choices of a choice only
 * @property {string} unit of a number; may be empty
 * @property {string} sentence that says what it is
 * @property {"mask" | "view"} of what depends on it: masks, or how they look
 */

export {};
