/**
 * The notebook's outputs that show a model: its views, and a picture, which is shown
 * where there is no kernel.
 *
 * The picture is an output of its own, and hidden while there is a view. Where the page
 * can write to the notebook, as in JupyterLab and related hosts, it puts in a new
 * picture itself, because there the kernel's outputs are lost after the page was loaded
 * again. It also saves an empty box in place of each view: the notebook names a model
 * that is gone with the kernel, and would show an error for it.
 *
 * @import { Model, NotebookModel } from "./link/host.js"
 * @import { PictureUpdate } from "./link/wire.js"
 */

const PNG = "image/png";
const STATE = "application/vnd.jupyter.widget-state+json";
const VIEW = "application/vnd.jupyter.widget-view+json";

/** What is saved in place of a view: an empty box, which every host can show. */
const EMPTY = {
  model_module: "@jupyter-widgets/controls",
  model_module_version: "2.0.0",
  model_name: "BoxModel",
  state: { _dom_classes: ["ncut-gone"] },
};

export class Output {
  #model;
  #mark;
  #views = 0;

  /**
   * @param {Model} model
   * @param {AbortSignal} signal ends with the model
   */
  constructor(model, signal) {
    this.#model = model;
    this.#mark = model.get("_info").mark;
    /** @param {any} content */
    const take = (content) => {
      if (content?.type === "picture") this.#keep(content);
    };
    model.on("msg:custom", take);
    signal.addEventListener("abort", () => model.off("msg:custom", take), {
      once: true,
    });
  }

  /**
   * Count a view, and hide the picture while it is there.
   *
   * @param {HTMLElement} el the view's
   * @param {AbortSignal} signal ends with the view
   */
  attach(el, signal) {
    if (!this.#mark) return;
    const style = document.createElement("style");
    // 30 bytes are whole groups of 3, so they are exactly 40 characters of base64.
    const part = btoa(this.#mark.slice(0, 30));
    style.textContent = `img[src*="${part}"], img[alt*="${this.#mark}"] { display: none }`;
    el.append(style);
    this.#count(1);
    const detach = () => {
      style.remove();
      this.#count(-1);
    };
    signal.addEventListener("abort", detach, { once: true });
  }

  /** Tell the kernel again, because it may have missed the first message. */
  tell() {
    if (this.#views) this.#tell();
  }

  #tell() {
    const keeps = this.#notebook !== null;
    this.#model.send({ type: "views", id: "views", count: this.#views, keeps });
  }

  /** @param {number} more */
  #count(more) {
    this.#views += more;
    try {
      this.#tell();
    } catch {
      // The model is gone with its kernel.
    }
  }

  /** @returns {NotebookModel | null} */
  get #notebook() {
    const notebook = this.#model.widget_manager?.context?.model;
    return notebook?.cells ? notebook : null;
  }

  /** @param {PictureUpdate} update */
  #keep({ model, mark, png }) {
    const notebook = this.#notebook;
    if (!notebook) return;
    const part = btoa(mark.slice(0, 30));
    /** @type {Set<string>} Of all views in the notebook. */
    const shown = new Set();
    for (const { outputs } of notebook.cells) {
      for (let at = 0; outputs && at < outputs.length; at++) {
        const output = outputs.get(at).toJSON();
        const held = output.data?.[PNG];
        shown.add(output.data?.[VIEW]?.model_id);
        if (typeof held !== "string" || held === png || !held.includes(part)) continue;
        outputs.set(at, { ...output, data: { ...output.data, [PNG]: png } });
      }
    }
    this.#standIn(notebook, model, shown);
  }

  /**
   * @param {NotebookModel} notebook
   * @param {string} model
   * @param {Set<string>} shown models of which there are views
   */
  #standIn(notebook, model, shown) {
    const widgets = notebook.getMetadata("widgets") ?? {};
    const held = widgets[STATE] ?? { version_major: 2, version_minor: 0, state: {} };
    if (held.state?.[model]) return;
    /** @param {[id: string, entry: any]} entry */
    const isWanted = ([id, entry]) => shown.has(id) || !isEmpty(entry);
    const others = Object.entries(held.state ?? {}).filter(isWanted);
    const state = { ...Object.fromEntries(others), [model]: EMPTY };
    notebook.setMetadata("widgets", { ...widgets, [STATE]: { ...held, state } });
  }
}

/** @param {any} entry of a saved state */
function isEmpty(entry) {
  return entry.state?._dom_classes?.includes(EMPTY.state._dom_classes[0]) ?? false;
}
