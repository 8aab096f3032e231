import assert from "node:assert/strict";
import test from "node:test";

import { Pace } from "../../frontend/static/frontend/pace.js";

/** A pace whose every act is counted, under a clock of the test's own. */
function stage(context, isBusy = () => false) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const acts = [];
  const pass = (ms) => {
    for (let at = 0; at < ms; at += 20) context.mock.timers.tick(20);
  };
  return { pace: new Pace(() => acts.push(1), { everyMs: 200, isBusy }), acts, pass };
}

test("what is asked for many times is done once a while, and once at the end", (context) => {
  const { pace, acts, pass } = stage(context);
  for (let at = 0; at < 1000; at += 20) {
    pace.ask();
    pass(20);
  }
  assert.ok(acts.length >= 4 && acts.length <= 5, `${acts.length} times`);
  pass(1000);
  assert.equal(acts.length, 5);
});

test("while the site still reads, it waits, but not for ever", (context) => {
  let isBusy = true;
  const { pace, acts, pass } = stage(context, () => isBusy);
  pace.ask();
  pass(600);
  assert.equal(acts.length, 0);
  isBusy = false;
  pass(200);
  assert.equal(acts.length, 1);
  isBusy = true;
  pace.ask();
  pass(1000);
  assert.equal(acts.length, 2);
});

test("cancelled, nothing comes", (context) => {
  const { pace, acts, pass } = stage(context);
  pace.ask();
  pace.cancel();
  pass(1000);
  assert.equal(acts.length, 0);
});
