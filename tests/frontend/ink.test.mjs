import assert from "node:assert/strict";
import test from "node:test";

import { inkOfGlyph, needsLightText, showInk } from "../../frontend/static/frontend/reading/ink.js";

/** A picture of grey values, as rows. */
const picture = (...rows) => Uint8ClampedArray.from(rows.flat().flatMap((value) => [value, value, value, 255]));
const red = (rgba) => Array.from({ length: rgba.length / 4 }, (_, index) => rgba[4 * index]);

test("a glyph's numbers are its ink: paper is 0", () => {
  assert.deepEqual(inkOfGlyph(picture([255, 0], [200, 55])), [0, 255, 55, 200]);
});

test("ink becomes black on white, whichever of the two is darker", () => {
  for (const [paper, ink] of [[255, 0], [0, 255], [60, 160]]) {
    const rgba = picture([paper, paper, paper], [paper, ink, paper], [paper, paper, paper]);
    showInk(rgba, 3, 3);
    assert.deepEqual(red(rgba), [255, 255, 255, 255, 0, 255, 255, 255, 255]);
    assert.equal(rgba[3], 255);
  }
});

test("an empty picture stays white", () => {
  const rgba = picture([90, 90], [90, 90]);
  showInk(rgba, 2, 2);
  assert.deepEqual(red(rgba), [255, 255, 255, 255]);
});

test("figures are legible on every ink", () => {
  const luminance = (grey) => (grey <= 10 ? grey / 3294.6 : ((grey / 255 + 0.055) / 1.055) ** 2.4);
  for (let ink = 0; ink <= 255; ink += 1) {
    const ground = luminance(255 - ink) + 0.05;
    const text = luminance(needsLightText(ink) ? 255 : 17) + 0.05;
    assert.ok(Math.max(ground, text) / Math.min(ground, text) >= 4, `ink ${ink}`);
  }
});
