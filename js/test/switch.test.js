/** The switch of what a click means: its buttons, as a pointer and keys have them. */

import assert from "node:assert/strict";
import test from "node:test";
import { Segmentation } from "../src/model/segmentation.js";
import { FIRST } from "../src/panel/controls/table.js";
import { ways } from "../src/panel/controls/ways.js";
import { withDocument } from "./dom.js";
import { open } from "./opened.js";
import { BY, OTHER, twoWays, WAY } from "./ways.js";

/**
 * @param {import("node:test").TestContext} t
 * @param {Record<string, unknown>} traits
 */
function show(t, traits) {
  const page = withDocument(t);
  const opened = open(traits, ["pictures"]);
  const { store, viewLife } = opened;
  const { element, paint } = ways(store, FIRST, viewLife.signal);
  const repaint = () => paint();
  store.attach({}, repaint, viewLife.signal);
  paint();
  const fake = /** @type {any} */ (element);
  /** @param {string} by */
  const button = (by) => fake.children.find((/** @type {any} */ b) => b.value === by);
  /** @param {string} by @param {...string} names */
  const attributes = (by, ...names) =>
    names.map((name) => button(by).getAttribute(name));
  return { ...opened, page, element: fake, button, attributes };
}

const BOTH = { [BY]: WAY, [OTHER]: WAY };

test("two buttons are a group of radio buttons, and one is chosen", (t) => {
  const { store, element, button, attributes } = show(t, twoWays(BOTH));
  assert.equal(element.getAttribute("role"), "radiogroup");
  assert.ok(element.getAttribute("aria-label"));
  assert.equal(element.hidden, false);
  assert.deepEqual(
    element.children.map((/** @type {any} */ { textContent }) => textContent),
    ["What it is", "How it looks"],
  );
  assert.deepEqual(attributes(BY, "name", "role", "aria-checked"), [
    ...["by", "radio", "true"],
  ]);
  assert.deepEqual(attributes(OTHER, "aria-checked", "aria-busy"), ["false", "false"]);
  const title = `${store.info.settings.by.sentence} (key W)`;
  assert.equal(button(OTHER).getAttribute("title"), title);
  button(OTHER).click();
  assert.equal(store.get("by"), OTHER);
  assert.deepEqual(
    [BY, OTHER].map((by) => button(by).getAttribute("aria-checked")),
    ["false", "true"],
  );
});

test("the button of a way that is being made is disabled until the answer comes", (t) => {
  const { model, store, button, attributes } = show(t, twoWays());
  const names = ["title", "aria-label", "aria-busy"];
  const making = "“What it is” is still being made";
  assert.equal(button(OTHER).disabled, true);
  assert.deepEqual(attributes(OTHER, ...names), [making, making, "true"]);
  button(OTHER).click();
  assert.equal(store.get("by"), BY);
  model.answer("way");
  assert.equal(button(OTHER).disabled, false);
  assert.deepEqual(attributes(OTHER, ...names).slice(1), ["What it is", "false"]);
  button(OTHER).click();
  assert.equal(store.get("by"), OTHER);
});

test("where no kernel answers there is no sign of work", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, store, button, attributes } = show(t, twoWays());
  t.mock.timers.tick(3000); // No answer.
  assert.equal(store.slow, true);
  assert.deepEqual(attributes(OTHER, "aria-busy"), ["false"]);
  assert.equal(button(OTHER).disabled, true);
  model.answer("way", "moments", "vectors");
  assert.equal(button(OTHER).disabled, false);
});

test("the button of a way that cannot be made says why", (t) => {
  const { model, button, attributes } = show(t, twoWays());
  const message = "The weights cannot be read.";
  model.deliver({ type: "error", id: model.last("way").id, message });
  assert.equal(button(OTHER).disabled, true);
  assert.deepEqual(attributes(OTHER, "title", "aria-label", "aria-busy"), [
    ...[message, `What it is: ${message}`, "false"],
  ]);
});

test("with one way there is no switch", (t) => {
  assert.equal(show(t, {}).element.hidden, true);
});

test("Tab stops at the chosen button, and arrows choose the next, round and round", (t) => {
  const { store, page, button } = show(t, twoWays(BOTH));
  const stops = () => [OTHER, BY].map((by) => button(by).tabIndex);
  assert.deepEqual(stops(), [-1, 0]);
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]) {
    const before = store.get("by");
    assert.ok(button(before).press(key));
    const after = before === BY ? OTHER : BY;
    assert.equal(store.get("by"), after);
    assert.equal(page.activeElement, button(after));
    assert.equal(button(after).tabIndex, 0);
  }
  assert.equal(button(BY).press("Enter"), false); // A button's own.
});

test("arrows leave out a way that is not made, and Tab does not stop there", (t) => {
  const { store, button } = show(t, { ...twoWays(), by: OTHER });
  assert.deepEqual([button(BY).tabIndex, button(OTHER).tabIndex], [0, -1]);
  button(BY).press("ArrowRight");
  assert.equal(store.get("by"), BY);
  button(BY).press("ArrowRight");
  assert.equal(store.get("by"), BY);
});

test("a click that is made shows its other mask with the data that is here", (t) => {
  const { model, store, button } = show(t, {
    ...twoWays(BOTH),
    clicks: [[0, 5, 5, 1]],
  });
  const all = ["pictures", "fields", "moments", "vectors"];
  model.answer(...all);
  button(OTHER).click();
  model.answer(...all);
  const sent = model.sent.length;
  const segmentation = new Segmentation(store);
  for (const by of [BY, OTHER]) {
    button(by).click();
    assert.ok(segmentation.of(0).exact);
    assert.equal(segmentation.of(0).seeds?.positives[0].parameters.by, by);
  }
  assert.equal(model.sent.length, sent);
});
