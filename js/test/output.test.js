/** What the page puts into its notebook: the picture, and something for views to be. */

import assert from "node:assert/strict";
import test from "node:test";
import { Output } from "../src/model/output.js";
import { FakeModel } from "./model.js";

const PNG = "image/png";
const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const MARK = "0123456789abcdef0123456789abcdef";
const OTHER = "f".repeat(32);

/** @param {string} mark @param {string} [more] */
const picture = (mark, more = "") => `iVBO${btoa(mark.slice(0, 30))}${more}`;

class Notebook {
  metadata = /** @type {Record<string, any>} */ ({});
  writes = 0;
  outputs;
  cells;

  /** @param {Record<string, any>[]} outputs */
  constructor(outputs) {
    this.outputs = outputs;
    const list = {
      length: outputs.length,
      get: (/** @type {number} */ at) => ({ toJSON: () => outputs[at] }),
      set: (/** @type {number} */ at, /** @type {any} */ output) => {
        outputs[at] = output;
        this.writes++;
      },
    };
    this.cells = [{}, { outputs: list }];
  }

  /** @param {string} name */
  getMetadata(name) {
    return this.metadata[name];
  }

  /** @param {string} name @param {any} value */
  setMetadata(name, value) {
    this.metadata[name] = value;
    this.writes++;
  }

  get state() {
    return this.metadata.widgets[STATE].state;
  }
}

/** @param {Notebook} notebook */
function open(notebook) {
  const model = new FakeModel();
  Object.assign(model, { widget_manager: { context: { model: notebook } } });
  const life = new AbortController();
  new Output(/** @type {any} */ (model), life.signal);
  const tell = (/** @type {string} */ name, /** @type {string} */ png) => {
    const content = { type: "picture", model: name, mark: MARK, png };
    for (const take of model.handlers.get("msg:custom") ?? []) take(content, []);
  };
  return { tell, life };
}

const view = (/** @type {string} */ id) => ({ data: { [VIEW]: { model_id: id } } });

test("a new picture goes into the outputs that have its mark, and no others", () => {
  const notebook = new Notebook([
    view("a"),
    { output_type: "display_data", metadata: { x: 1 }, data: { [PNG]: picture(MARK) } },
    { data: { [PNG]: picture(OTHER) } },
    { output_type: "stream", text: picture(MARK) },
  ]);
  const { tell } = open(notebook);
  const png = picture(MARK, "new");
  tell("a", png);
  assert.deepEqual(notebook.outputs[1], {
    output_type: "display_data",
    metadata: { x: 1 },
    data: { [PNG]: png },
  });
  assert.equal(notebook.outputs[2].data[PNG], picture(OTHER));
  // The same once more changes nothing: the notebook would be unsaved again.
  const { writes } = notebook;
  tell("a", png);
  assert.equal(notebook.writes, writes);
});

test("an empty box stands for the model; others' state stays, what is gone goes", () => {
  const notebook = new Notebook([view("a"), view("b")]);
  const foreign = { model_name: "IntSliderModel", state: {} };
  open(notebook).tell("b", "");
  open(notebook).tell("gone", "");
  notebook.state.foreign = foreign;
  open(notebook).tell("a", "");
  assert.deepEqual(Object.keys(notebook.state).sort(), ["a", "b", "foreign"]);
  assert.equal(notebook.state.foreign, foreign);
  assert.equal(notebook.state.a.model_name, "BoxModel");
  assert.equal(notebook.metadata.widgets[STATE].version_major, 2);
});

test("state that the host saved itself is left as it is", () => {
  const notebook = new Notebook([view("a")]);
  const whole = {
    version_major: 2,
    version_minor: 0,
    state: { a: { model_name: "x" } },
  };
  notebook.metadata.widgets = { [STATE]: whole, other: 1 };
  open(notebook).tell("a", "");
  assert.equal(notebook.metadata.widgets[STATE], whole);
});

test("a model that is closed writes nothing more", () => {
  const notebook = new Notebook([view("a")]);
  const { tell, life } = open(notebook);
  life.abort();
  tell("a", "");
  assert.equal(notebook.writes, 0);
});
