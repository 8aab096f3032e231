import assert from "node:assert/strict";
import test from "node:test";

import { Throttle } from "../../frontend/static/frontend/common/throttle.js";

/** A throttle whose actions are counted, under a clock of the test's own. */
function stage(context, isBusy = () => false) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const acts = [];
  const pass = (ms) => {
    for (let at = 0; at < ms; at += 20) context.mock.timers.tick(20);
  };
  return { throttle: new Throttle(() => acts.push(1), { everyMs: 200, isBusy }), acts, pass };
}

test("what is asked for many times is done once a while, and once at the end", (context) => {
  const { throttle, acts, pass } = stage(context);
  for (let at = 0; at < 1000; at += 20) {
    throttle.request();
    pass(20);
  }
  assert.ok(acts.length >= 4 && acts.length <= 5, `${acts.length} times`);
  pass(1000);
  assert.equal(acts.length, 5);
});

test("while the site still reads, it waits, but not for ever", (context) => {
  let isBusy = true;
  const { throttle, acts, pass } = stage(context, () => isBusy);
  throttle.request();
  pass(600);
  assert.equal(acts.length, 0);
  isBusy = false;
  pass(200);
  assert.equal(acts.length, 1);
  isBusy = true;
  throttle.request();
  pass(1000);
  assert.equal(acts.length, 2);
});

test("cancelled, nothing comes", (context) => {
  const { throttle, acts, pass } = stage(context);
  throttle.request();
  throttle.cancel();
  pass(1000);
  assert.equal(acts.length, 0);
});
