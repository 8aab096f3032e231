import assert from "node:assert/strict";
import test from "node:test";

import { runs } from "../../frontend/static/frontend/pad/strokes.js";
import { svgOf } from "../../frontend/static/frontend/pad/svg.js";

const stroke = (pressures, width = 10) => ({
  colour: "#123456",
  width,
  points: pressures.map((pressure, index) => [10 * index, 20, index, pressure]),
});

test("pieces of one pressure are one run, and runs leave no piece out", () => {
  assert.equal(runs(stroke([0.5, 0.5, 0.5, 0.5]).points).length, 1);
  const uneven = runs(stroke([0.5, 0.5, 0.9, 0.9]).points);
  assert.deepEqual(uneven.map(({ pressure }) => pressure), [0.5, 0.7, 0.9]);
  assert.equal(uneven.flatMap(({ pieces }) => pieces).length, 4);
  assert.deepEqual(runs([]), []);
});

test("an SVG has the paper, and a path of its width for each run", () => {
  const svg = svgOf({ background: "#fffff0", strokes: [stroke([0.5, 0.5]), stroke([0.5, 0.9, 0.9], 20)] });
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="300" height="300" viewBox="0 0 300 300">/);
  assert.match(svg, /<rect [^>]*fill="#fffff0"\/>/);
  assert.deepEqual([...svg.matchAll(/stroke-width="([\d.]+)"/g)].map(([, width]) => Number(width)), [10, 24, 28]);
  assert.match(svg, /d="M0 20Q0 20 5 20Q10 20 10 20"/);
});

test("what the strokes lie on comes under them", () => {
  const svg = svgOf({ background: "#ffffff", strokes: [stroke([0.5])] }, "data:image/png;base64,AA==");
  assert.ok(svg.indexOf('<image href="data:image/png;base64,AA=="') < svg.indexOf("<path"));
});
