import assert from "node:assert/strict";
import test from "node:test";

import { SIZE, fitInto, isFarEnough, pieceAt, pieces, tail, toSheet, widthUnder } from "../../frontend/static/frontend/pad/strokes.js";

const LINE = [[10, 10, 0, 0.5], [20, 10, 8, 0.5], [30, 20, 16, 0.7], [30, 40, 24, 0.7]];

test("a place on the screen is in sheet units whatever the sheet's size", () => {
  const shown = { left: 100, top: 50, width: 600, height: 600 };
  assert.deepEqual(toSheet({ x: 100, y: 50 }, shown), [0, 0]);
  assert.deepEqual(toSheet({ x: 700, y: 650 }, shown), [SIZE, SIZE]);
  assert.deepEqual(toSheet({ x: 400, y: 350 }, { ...shown }), [150, 150]);
});

test("a place outside of the sheet stays outside", () => {
  assert.deepEqual(toSheet({ x: -10, y: 320 }, { left: 0, top: 0, width: 300, height: 300 }), [-10, 320]);
});

test("a sheet that is not shown yet gives numbers all the same", () => {
  assert.ok(toSheet({ x: 1, y: 1 }, { left: 0, top: 0, width: 0, height: 0 }).every(Number.isFinite));
});

test("coordinates are no finer than a hundredth", () => {
  const [x] = toSheet({ x: 1 / 3, y: 0 }, { left: 0, top: 0, width: 300, height: 300 });
  assert.equal(x, 0.33);
});

test("a point as good as on the last one adds nothing", () => {
  assert.equal(isFarEnough([10, 10, 0, 0.5], [10.3, 10.3, 9, 0.5]), false);
  assert.equal(isFarEnough([10, 10, 0, 0.5], [10.5, 10.5, 9, 0.5]), true);
});

test("the pieces of a stroke make one line from its first point to its last", () => {
  const found = pieces(LINE);
  assert.equal(found.length, LINE.length);
  assert.deepEqual([found[0].x0, found[0].y0], [10, 10]);
  assert.deepEqual([found.at(-1).x1, found.at(-1).y1], [30, 40]);
  for (const [index, piece] of found.slice(1).entries()) {
    assert.deepEqual([piece.x0, piece.y0], [found[index].x1, found[index].y1]);
  }
});

test("the line has no corners: a piece ends in the direction in which the next begins", () => {
  const found = pieces(LINE);
  for (const [index, piece] of found.slice(1, -1).entries()) {
    const before = found[index];
    const cross = (before.x1 - before.cx) * (piece.cy - piece.y0) - (before.y1 - before.cy) * (piece.cx - piece.x0);
    assert.ok(Math.abs(cross) < 1e-9);
  }
});

test("the piece drawn as a point arrives is the piece of the whole stroke", () => {
  assert.deepEqual([1, 2, 3].map((index) => pieceAt(LINE, index)), pieces(LINE).slice(0, -1));
});

test("a stroke of one point is a dot, and of none nothing", () => {
  assert.deepEqual(pieces([[5, 6, 0, 0.5]]), [{ x0: 5, y0: 6, cx: 5, cy: 6, x1: 5, y1: 6, pressure: 0.5 }]);
  assert.deepEqual(tail([[5, 6, 0, 0.5]]).x1, 5);
  assert.deepEqual(pieces([]), []);
});

test("an even pressure leaves the pen as wide as it was set, a firmer one widens it", () => {
  assert.equal(widthUnder(16, 0.5), 16);
  assert.ok(widthUnder(16, 0.9) > 16);
  assert.ok(widthUnder(16, 0.1) < 16);
});

test("a picture lies whole and centred on the sheet", () => {
  assert.deepEqual(fitInto(600, 300), { x: 0, y: 75, scale: 0.5 });
  assert.deepEqual(fitInto(30, 60, 300), { x: 75, y: 0, scale: 5 });
});
