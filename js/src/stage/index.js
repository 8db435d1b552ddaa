/**
 * The stage: the active image, large, with all that lies over it, and what pointer, wheel
 * and keys do there.
 *
 * What is shown comes from the model's store and segmentations, what is done goes into
 * the store's edits and settings and the view's `Local`. It knows nothing of the panels
 * around it, of messages and the kernel, or of how masks are computed.
 */

export { KEYS } from "./keys/index.js";
export { listenToKeys } from "./keys/key.js";
export { listenToPointer, MOUSE } from "./pointer.js";
export { Resizer } from "./resizer.js";
export { Stage } from "./stage.js";
