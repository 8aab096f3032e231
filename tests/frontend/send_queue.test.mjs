import assert from "node:assert/strict";
import test from "node:test";

import { SendQueue } from "../../frontend/static/frontend/feedback/send_queue.js";

/** A queue, and what it sends: each is done when the test says so. */
function stage() {
  const queue = new SendQueue();
  const sent = [];
  const say = (subject, what) =>
    queue.add(subject, (signal) => new Promise((done, fail) => sent.push({ what, signal, done, fail })));
  return { say, sent, soon: () => new Promise((resolve) => setTimeout(resolve, 5)) };
}

test("one is sent after the other, whatever becomes of the first", async () => {
  const { say, sent, soon } = stage();
  say("one drawing", 3);
  say("another", 8);
  await soon();
  assert.deepEqual(sent.map(({ what }) => what), [3]);
  sent[0].done();
  await soon();
  assert.deepEqual(sent.map(({ what }) => what), [3, 8]);
});

test("what is said of the same takes the place of what waits", async () => {
  const { say, sent, soon } = stage();
  say("a drawing", 3);
  await soon();
  say("a drawing", 5);
  say("a drawing", 8);
  assert.ok(sent[0].signal.aborted);
  sent[0].done();
  await soon();
  assert.deepEqual(sent.map(({ what }) => what), [3, 8]);
});
