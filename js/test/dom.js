/** As much of a document as buttons need. */

class FakeElement extends EventTarget {
  /** @type {Map<string, string>} */
  #attributes = new Map();
  /** @type {(FakeElement | string)[]} */
  children = [];
  /** @type {FakeElement | null} */
  parent = null;
  hidden = false;
  disabled = false;
  tabIndex = 0;

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    this.#attributes.set(name, value);
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }

  get value() {
    return this.getAttribute("value");
  }

  get textContent() {
    return this.children.join("");
  }

  /** @param {...(FakeElement | string)} children */
  append(...children) {
    this.children.push(...children);
    for (const child of children) if (typeof child !== "string") child.parent = this;
  }

  focus() {
    page.activeElement = this;
  }

  click() {
    if (!this.disabled) this.dispatchEvent(new Event("click"));
  }

  /**
   * Press a key: the event bubbles to the parent.
   *
   * @param {string} key
   */
  press(key) {
    const event = new Event("keydown", { cancelable: true });
    const fields = { key, code: key, isComposing: false, keyCode: 0 };
    Object.assign(event, fields);
    Object.defineProperty(event, "target", { value: this });
    this.parent?.dispatchEvent(event);
    return event.defaultPrevented;
  }
}

const page = {
  /** @type {FakeElement | null} */
  activeElement: null,
  createElement: () => new FakeElement(),
};

/** Give the test a document; the test's end takes it away. */
export function withDocument(/** @type {import("node:test").TestContext} */ t) {
  const given = /** @type {any} */ (globalThis);
  given.document = page;
  t.after(() => {
    given.document = undefined;
    page.activeElement = null;
  });
  return page;
}
