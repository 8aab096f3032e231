import assert from "node:assert/strict";
import test from "node:test";

import { channelsOf, colourOf, legibleOn } from "../../frontend/static/frontend/pad/colours.js";

test("a colour is its red, green and blue, and back", () => {
  assert.deepEqual(channelsOf("#0a80ff"), [10, 128, 255]);
  for (const colour of ["#000000", "#0a80ff", "#ffffff"]) assert.equal(colourOf(channelsOf(colour)), colour);
});

test("on a paper the first wish that is legible is taken, else black or white", () => {
  const wishes = ["#565e71", "#a5adbe"];
  for (const [paper, colour] of [["#ffffff", wishes[0]], ["#10131c", wishes[1]], ["#8a8a8a", "#000000"], ["#6a6a6a", "#ffffff"]]) {
    assert.equal(legibleOn(paper, wishes), colour);
  }
});
