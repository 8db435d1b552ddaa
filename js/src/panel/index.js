/**
 * The panels around the stage, a file or a folder each: the filmstrip, the controls, the
 * list of segments, the status line, the help, and what went wrong.
 *
 * A panel shows what the store holds when it is told to paint, and changes it through the
 * store's edits and settings. It knows nothing of the stage (but for the canvases and
 * masks that it draws thumbs with), of messages and the kernel, or of how masks are
 * computed; nor when to paint.
 */

export { Controls } from "./controls/controls.js";
export { Filmstrip } from "./filmstrip.js";
export { Help } from "./help.js";
export { SegmentList } from "./segments/list.js";
export { Status } from "./status.js";
export { Trouble } from "./trouble.js";
