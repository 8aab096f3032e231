import assert from "node:assert/strict";
import test from "node:test";

import { channelsOf, colourOf } from "../../frontend/static/frontend/colours.js";

test("a colour is its red, green and blue, and back", () => {
  assert.deepEqual(channelsOf("#0a80ff"), [10, 128, 255]);
  for (const colour of ["#000000", "#0a80ff", "#ffffff"]) assert.equal(colourOf(channelsOf(colour)), colour);
});
