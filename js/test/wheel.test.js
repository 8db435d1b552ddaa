import assert from "node:assert/strict";
import test from "node:test";
import { ScrollGesture, zoomOf } from "../src/stage/wheel.js";

const wheel = { deltaY: -120, deltaMode: 0, ctrlKey: false };

test("up zooms in, down zooms out by as much", () => {
  assert.ok(zoomOf(wheel) > 1.2 && zoomOf(wheel) < 1.35);
  assert.ok(Math.abs(zoomOf(wheel) * zoomOf({ ...wheel, deltaY: 120 }) - 1) < 1e-12);
  assert.equal(zoomOf({ ...wheel, deltaY: 0 }), 1);
});

test("a wheel that counts in lines zooms as one that counts in pixels", () => {
  assert.equal(zoomOf({ ...wheel, deltaY: -3, deltaMode: 1 }), zoomOf(wheel));
});

test("a trackpad's pinch, of short ways, is as quick; no event jumps", () => {
  const pinch = zoomOf({ ...wheel, deltaY: -10, ctrlKey: true });
  assert.ok(pinch > 1.08 && pinch < 1.15);
  assert.ok(zoomOf({ ...wheel, deltaY: -5000 }) < 2);
  assert.ok(zoomOf({ ...wheel, deltaY: -120, ctrlKey: true }) < 2);
});

test("a gesture that begins over the stage is the stage's to its end", () => {
  const gesture = new ScrollGesture();
  assert.ok(gesture.isOurs(1000, true));
  assert.ok(gesture.isOurs(1200, false)); // Zoomed out wholly: the page stays.
  assert.ok(gesture.isOurs(1400, false));
  assert.ok(!gesture.isOurs(1700, false)); // After a pause, it is another one.
});

test("a gesture that began beside the stage goes on over it", () => {
  const gesture = new ScrollGesture();
  gesture.elsewhere(1000);
  assert.ok(!gesture.isOurs(1100, true));
  assert.ok(!gesture.isOurs(1300, true));
  assert.ok(gesture.isOurs(1600, true));
  gesture.elsewhere(1650);
  assert.ok(!gesture.isOurs(1700, true));
});

test("what the stage has no use for at first stays the notebook's", () => {
  const gesture = new ScrollGesture();
  assert.ok(!gesture.isOurs(1000, false));
  assert.ok(!gesture.isOurs(1100, true));
  assert.ok(gesture.isOurs(1400, true));
});
