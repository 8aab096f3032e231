/** Drawings picked out in the grid: no more are held than one request may name. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { PickedOut } from "../../predictor/static/predictor/review/picked_out.js";

test("the newest are held, however many were picked out", () => {
  const pickedOut = new PickedOut(200);
  assert.deepEqual([pickedOut.size, pickedOut.held], [0, []]);
  for (let stroke = 0; stroke < 20; stroke += 1) pickedOut.add(Array.from({ length: 30 }, (_, n) => `${stroke} ${n}`));
  assert.deepEqual([pickedOut.size, pickedOut.held.length], [600, 200]);
  assert.equal(pickedOut.held.at(-1), "19 29");
});
