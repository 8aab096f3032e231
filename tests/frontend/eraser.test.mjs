import assert from "node:assert/strict";
import test from "node:test";

import { REACH, untouched } from "../../frontend/static/frontend/pad/eraser.js";

const stroke = (...points) => ({ colour: "#000000", width: 10, points: points.map(([x, y]) => [x, y, 0, 0.5]) });
const level = stroke([0, 100], [200, 100]);
const upright = stroke([150, 0], [150, 60]);

test("an eraser takes the whole of each stroke that it crosses, and no other", () => {
  assert.deepEqual(untouched([level, upright], [50, 80], [50, 120]), [upright]);
  assert.deepEqual(untouched([level, upright], [50, 90], [250, 30]), []);
  assert.deepEqual(untouched([level, upright], [250, 0], [250, 300]), [level, upright]);
});

test("a fast eraser leaps over nothing that lies between two of its places", () => {
  assert.deepEqual(untouched([level], [100, -1000], [101, 1000]), []);
});

test("it reaches as far as it and the ink are wide", () => {
  const edge = REACH + 5;
  assert.deepEqual(untouched([level], [100, 100 + edge - 0.1], [100, 200]), []);
  assert.deepEqual(untouched([level], [100, 100 + edge + 0.1], [100, 200]), [level]);
});

test("a dot is erased by resting on it", () => {
  const dot = stroke([40, 40]);
  assert.deepEqual(untouched([dot, level], [42, 41], [42, 41]), [level]);
});

test("it goes along a stroke without crossing it", () => {
  assert.deepEqual(untouched([level], [20, 103], [80, 103]), []);
});
