/**
 * The tools of the stage: what a press on it becomes. A tool is a file here and a line in
 * the table; tool.js says what it is made of.
 *
 * A tool makes edits and moves the view. It knows nothing of how either is painted, of
 * the panels, or of the other tools.
 *
 * @import { Tool } from "./tool.js"
 */

import { click } from "./click.js";
import { pan } from "./pan.js";
import { whole } from "./whole.js";

/** In the order in which the help tells of them. @type {Tool[]} */
export const TOOLS = [click, pan, whole];
