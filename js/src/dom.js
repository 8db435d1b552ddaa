/** Make HTML and SVG elements. Text is set with `textContent`, never as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * An element that takes the focus. The attribute makes JupyterLab leave its keys alone;
 * it has no effect on an ancestor, so each such element has it.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 */
export function focusable(tag, attributes = {}, ...children) {
  return html(
    tag,
    { ...attributes, "data-lm-suppress-shortcuts": "true" },
    ...children,
  );
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * The element that holds a whole view. It is marked as English, because the page around
 * it may be in another language.
 *
 * @param {...Node} children
 */
export function newRoot(...children) {
  const attributes = {
    class: "ncut-segmenter",
    role: "group",
    "aria-label": "NCUT segmenter",
    lang: "en",
    dir: "ltr",
  };
  return html("div", attributes, ...children);
}

let count = 0;

/** An id that is unique on the page, which may hold several widgets. */
export function newId() {
  return `ncut-${Math.random().toString(36).slice(2)}-${++count}`;
}

/**
 * Set an attribute only if its value differs: assistive tools announce every write.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}
