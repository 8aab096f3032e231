import assert from "node:assert/strict";
import { test } from "node:test";

import { LIFTED_MS, drawnAt, nextEnd, timeline } from "../../frontend/static/frontend/pad/playback.js";

const stroke = (...points) => ({ colour: "#000000", width: 10, points });
const down = stroke([0, 0, 0, 0.5], [0, 10, 100, 0.5], [0, 20, 250, 0.5]);
const across = stroke([0, 0, 0, 0.5], [10, 0, 50, 0.5]);

test("a drawing takes as long as its strokes and the pen's way between them", () => {
  assert.equal(timeline([down, across]).length, 250 + LIFTED_MS + 50);
  assert.equal(timeline([]).length, 0);
});

test("at a moment there is what was drawn until then", () => {
  const line = timeline([down, across]);
  assert.deepEqual(drawnAt(line, 0).map(({ points }) => points.length), [1]);
  assert.deepEqual(drawnAt(line, 120).map(({ points }) => points.length), [2]);
  assert.deepEqual(drawnAt(line, 300).map(({ points }) => points.length), [3]);
  assert.deepEqual(drawnAt(line, line.length).map(({ points }) => points.length), [3, 2]);
});

test("times that count from the beginning of the drawing are the stroke's own all the same", () => {
  const later = stroke([0, 0, 90_000, 0.5], [10, 0, 90_050, 0.5]);
  assert.equal(timeline([down, later]).length, timeline([down, across]).length);
});

test("points without times or pressure are drawn evenly, in the end all of them", () => {
  const line = timeline([stroke([0, 0], [1, 1], [2, 2])]);
  assert.equal(line.length, 32);
  assert.deepEqual(drawnAt(line, 16)[0].points, [[0, 0, 0, 0.5], [1, 1, 0, 0.5]]);
});

test("times that run backwards or stand still do not stop it", () => {
  const line = timeline([stroke([0, 0, 50, 1], [1, 1, 40, 1], [2, 2, 40, 1])]);
  assert.ok(line.length > 0);
  assert.equal(drawnAt(line, line.length)[0].points.length, 3);
});

test("nobody waits for someone who stopped in the middle of a stroke", () => {
  assert.ok(timeline([stroke([0, 0, 0, 1], [1, 1, 600_000, 1])]).length <= 1500);
});

test("strokes without points are none", () => {
  assert.equal(timeline([stroke(), down]).strokes.length, 1);
});

test("step by step, each step ends with a whole stroke", () => {
  const line = timeline([down, across]);
  assert.equal(nextEnd(line, 0), 250);
  assert.equal(nextEnd(line, 250), line.length);
  assert.equal(nextEnd(line, line.length), line.length);
});
