import assert from "node:assert/strict";
import test from "node:test";

import { Sheet } from "../../frontend/static/frontend/pad/sheet.js";

const stroke = (name) => ({ colour: "#000000", width: 16, points: [[name, name, 0, 0.5]] });
const names = (sheet) => sheet.strokes.map(({ points }) => points[0][0]);

test("strokes are undone and done again, one at a time", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.add(stroke(2));
  assert.ok(sheet.undo());
  assert.deepEqual(names(sheet), [1]);
  assert.ok(sheet.undo());
  assert.ok(sheet.isEmpty);
  assert.equal(sheet.undo(), false);
  assert.ok(sheet.redo());
  assert.ok(sheet.redo());
  assert.deepEqual(names(sheet), [1, 2]);
  assert.equal(sheet.redo(), false);
});

test("a stroke after an undo leaves nothing to redo", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.add(stroke(2));
  sheet.undo();
  sheet.add(stroke(3));
  assert.equal(sheet.canRedo, false);
  assert.deepEqual(names(sheet), [1, 3]);
});

test("clearing can be undone until the next drawing is begun", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.clear();
  assert.ok(sheet.isEmpty);
  sheet.undo();
  assert.deepEqual(names(sheet), [1]);
  sheet.clear();
  sheet.add(stroke(2));
  sheet.undo();
  assert.ok(sheet.isEmpty);
  assert.equal(sheet.canUndo, false);
});

test("clearing an empty sheet is no step", () => {
  const sheet = new Sheet();
  sheet.clear();
  assert.equal(sheet.canUndo, false);
});

test("another pen is the same drawing in its colour, the undone strokes too", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.add(stroke(2));
  sheet.undo();
  sheet.restyle({ colour: "#ff0000", width: 4 });
  sheet.redo();
  assert.deepEqual(sheet.strokes.map(({ colour, width }) => [colour, width]), [["#ff0000", 4], ["#ff0000", 4]]);
  assert.deepEqual(names(sheet), [1, 2]);
});

test("a picture is a new drawing, and can be drawn over", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.lay({ width: 10, height: 10, source: null, file: null });
  assert.deepEqual(names(sheet), []);
  assert.equal(sheet.isEmpty, false);
  sheet.add(stroke(2));
  assert.ok(sheet.backdrop);
  sheet.undo();
  sheet.undo();
  assert.ok(sheet.isEmpty);
  assert.equal(sheet.canUndo, false);
});

test("what the eraser leaves is one more step, and undo brings the rest back", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.add(stroke(2));
  sheet.keep(sheet.strokes.slice(1));
  assert.deepEqual(names(sheet), [2]);
  sheet.keep([]);
  assert.ok(sheet.isEmpty);
  sheet.undo();
  sheet.undo();
  assert.deepEqual(names(sheet), [1, 2]);
});

test("each state is a step with a name of its own, which another pen leaves as it is", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.add(stroke(2));
  sheet.undo();
  const before = sheet.steps.map(({ id }) => id);
  assert.equal(new Set(before).size, 2);
  sheet.restyle({ colour: "#ff0000", width: 4 });
  assert.deepEqual(sheet.steps.map(({ id }) => id), before);
  sheet.add(stroke(3));
  const after = sheet.steps.map(({ id }) => id);
  assert.equal(after[0], before[0]);
  assert.ok(!before.includes(after[1]));
});

test("a cleared sheet is no step", () => {
  const sheet = new Sheet();
  sheet.add(stroke(1));
  sheet.clear();
  assert.equal(sheet.steps.length, 1);
});

test("a frame is one more step, and goes with its picture", () => {
  const sheet = new Sheet();
  sheet.lay({ width: 10, height: 10, source: null, file: null });
  sheet.setFrame([10, 10, 50, 50]);
  sheet.add(stroke(1));
  assert.deepEqual(sheet.frame, [10, 10, 50, 50]);
  sheet.undo();
  sheet.undo();
  assert.equal(sheet.frame, null);
  assert.ok(sheet.backdrop);
  sheet.redo();
  sheet.clear();
  assert.equal(sheet.frame, null);
  sheet.undo();
  assert.deepEqual(sheet.frame, [10, 10, 50, 50]);
  sheet.lay({ width: 10, height: 10, source: null, file: null });
  assert.equal(sheet.frame, null);
});
