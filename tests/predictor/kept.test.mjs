/** What was picked out in the grid and is still held: never more than the site takes in one request. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Kept } from "../../predictor/static/predictor/review/kept.js";

test("of however many were picked out, the newest are held", () => {
  const kept = new Kept(200);
  assert.deepEqual([kept.size, kept.held], [0, []]);
  for (let stroke = 0; stroke < 20; stroke += 1) kept.add(Array.from({ length: 30 }, (_, n) => `${stroke} ${n}`));
  assert.deepEqual([kept.size, kept.held.length], [600, 200]);
  assert.equal(kept.held.at(-1), "19 29");
});
