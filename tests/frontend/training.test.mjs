import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, SIZE } from "../../predictor/static/predictor/training/curves.js";

const points = [
  { epoch: 0.5, loss: 0.8, accuracy: 0.91 },
  { epoch: 1, loss: 0.4, accuracy: 0.97 },
];

test("a loss is drawn from nothing up to a round number above it", () => {
  const { up, latest } = layOut(points, "loss", 3);
  assert.deepEqual(up.map(({ text }) => text), ["0", "0.5", "1"]);
  assert.equal(latest, "0.4");
});

test("a share is drawn from a round number below it up to all", () => {
  const { up, latest } = layOut(points, "accuracy", 3);
  assert.deepEqual(up.map(({ text }) => text), ["85%", "92.5%", "100%"]);
  assert.equal(latest, "97%");
});

test("the curve goes as far as it is trained, on an axis as long as it will be", () => {
  const { path, end, across } = layOut(points, "loss", 4);
  assert.deepEqual(across.map(({ text }) => text), ["0", "1", "2", "3", "4"]);
  assert.equal(end?.x, across[1]?.at);
  assert.equal(path.split("L").length, 2);
  assert.equal(across.at(-1)?.at, SIZE.width - SIZE.right);
});

test("what falls lies lower, and what is best lies at the top", () => {
  const falling = layOut([{ epoch: 1, loss: 1 }, { epoch: 2, loss: 0.2 }], "loss", 2);
  assert.ok(Number(falling.end?.y) > SIZE.top);
  assert.equal(layOut([{ epoch: 1, accuracy: 1 }], "accuracy", 1).end?.y, SIZE.top);
});

test("many epochs are named in steps", () => {
  assert.deepEqual(layOut([], "loss", 12).across.map(({ text }) => text), ["0", "2", "4", "6", "8", "10", "12"]);
});

test("without a point there is nothing to see and nothing breaks", () => {
  const { path, end, latest } = layOut([], "accuracy", 3);
  assert.deepEqual([path, end, latest], ["", null, ""]);
});

test("a value that a point lacks is passed by", () => {
  assert.equal(layOut([...points, { epoch: 1.5, loss: 0.3 }], "accuracy", 3).latest, "97%");
});
