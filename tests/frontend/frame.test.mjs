/** The frame's geometry: it stays on the picture, and becomes a box in pixels of what is sent. */
import assert from "node:assert/strict";
import test from "node:test";
import { boundsOf, boxOf, inTheMiddle, moved, resized, spanned } from "../../frontend/static/frontend/pad/frame.js";

/** Lies on the sheet from 75 to 225 units down, at half a unit a pixel. */
const WIDE = { width: 600, height: 300 };
const bounds = boundsOf(WIDE);

test("it is spanned from any corner, and cut where the picture ends", () => {
  const frame = [10, 100, 40, 60];
  assert.deepEqual(spanned([10, 100], [50, 160], bounds), frame);
  assert.deepEqual(spanned([50, 100], [10, 160], bounds), frame);
  assert.deepEqual(spanned([50, 160], [10, 100], bounds), frame);
  assert.deepEqual(spanned([-20, 0], [400, 400], bounds), [0, 75, 300, 150]);
});

test("a tap, a line, and what lies beside the picture are no frame", () => {
  assert.equal(spanned([50, 150], [52, 152], bounds), null);
  assert.equal(spanned([50, 150], [250, 152], bounds), null);
  assert.equal(spanned([50, 10], [250, 60], bounds), null);
});

test("moved, it keeps its size and stays on the picture", () => {
  assert.deepEqual(moved([10, 100, 40, 60], [5, -5], bounds), [15, 95, 40, 60]);
  assert.deepEqual(moved([10, 100, 40, 60], [999, 999], bounds), [260, 165, 40, 60]);
  assert.deepEqual(moved([10, 100, 40, 60], [-999, -999], bounds), [0, 75, 40, 60]);
});

test("resized, it keeps its corner, and is never too small nor too large", () => {
  assert.deepEqual(resized([10, 100, 40, 60], [3, -3], bounds), [10, 100, 43, 57]);
  assert.deepEqual(resized([10, 100, 40, 60], [-999, 999], bounds), [10, 100, bounds.least, 125]);
});

test("one in the middle lies on the picture, whatever its shape", () => {
  assert.deepEqual(inTheMiddle(bounds), [75, 112.5, 150, 75]);
  const thin = boundsOf({ width: 1, height: 1000 });
  const [x, , width, height] = inTheMiddle(thin);
  assert.ok(x >= thin.x && x + width <= thin.right && height === 150);
});

test("in a small picture, a frame holds as many pixels as the site reads", () => {
  const { least } = boundsOf({ width: 30, height: 30 });
  assert.ok(least >= 4 * 10);
  assert.equal(boundsOf({ width: 2, height: 30 }).least, 20, "but no more than there are");
});

test("it is sent in pixels of the file, or of the painted sheet where there are strokes", () => {
  assert.deepEqual(boxOf({ backdrop: WIDE, strokes: [] }, [10, 100, 40, 60], 600), [20, 50, 80, 120]);
  assert.deepEqual(boxOf({ backdrop: WIDE, strokes: [{}] }, [10, 100, 40, 60], 600), [20, 200, 80, 120]);
});
