import assert from "node:assert/strict";
import test from "node:test";

import { turns } from "../../frontend/static/frontend/reading/timeline.js";

test("it changed its mind where the reading is another than the one before", () => {
  assert.deepEqual(turns(["1", "1", "4", "4", "9"]), [false, false, true, false, true]);
});

test("a step that was never read neither turns nor hides a turn", () => {
  assert.deepEqual(turns(["1", undefined, "4"]), [false, false, true]);
  assert.deepEqual(turns([undefined, "1", undefined, "1"]), [false, false, false, false]);
  assert.deepEqual(turns([]), []);
});

test("nothing read after a digit is a change of mind too", () => {
  assert.deepEqual(turns(["1", ""]), [false, true]);
});
