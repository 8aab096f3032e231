/** Answers on their way: in order, together where they wait, sent again where the site is away, undone where they stand. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox } from "../../predictor/static/predictor/review/outbox.js";

const step = (id, text = "7") => ({ answer: { id, revision: 1, text } });

/** A site that answers when it is told to, and a page that notes what it hears. */
function made() {
  const asked = [], heard = [];
  const site = {
    ask: (what, sent) => new Promise((resolve, reject) => asked.push({ what, sent, resolve, reject })),
  };
  const outbox = new Outbox(site, {
    wanted: () => ({ count: 1 }),
    onBatch: () => heard.push("batch"),
    onUndone: (undone, { drawings }) => heard.push(`undone ${undone?.answer.id ?? "newest"} ${drawings.length}`),
    onRefused: (refused, message) => heard.push(`refused ${refused?.answer.id ?? "newest"}: ${message}`),
    onTrouble: (message) => heard.push(message && "trouble"),
  });
  const accept = async (request, first = 1) => {
    const done = request.sent.answers.map(({ id }, index) => ({ id, action: first + index }));
    request.resolve({ done, drawings: [], progress: {} });
    await settled();
  };
  return { asked, heard, outbox, accept };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const ids = ({ sent }) => sent.answers.map(({ id }) => id);

test("what is answered while a request is under way goes together, in order, with the next one", async () => {
  const { asked, outbox, accept } = made();
  outbox.answer(step("a"));
  await settled();
  outbox.answer(step("b"));
  outbox.answer(step("c"));
  await settled();
  assert.deepEqual(asked.map(ids), [["a"]]);
  await accept(asked[0]);
  assert.deepEqual(asked.map(ids), [["a"], ["b", "c"]]);
  assert.equal(asked[1].sent.count, 1);
  assert.equal(outbox.isIdle, false);
  await accept(asked[1]);
  assert.equal(outbox.isIdle, true);
});

test("an answer that was not sent yet is undone without a word", async () => {
  const { asked, outbox, accept } = made();
  outbox.answer(step("a"));
  await settled();
  const slip = step("b", "");
  outbox.answer(slip);
  assert.deepEqual(outbox.unsent.map(({ id }) => id), ["b"]);
  outbox.undo(slip);
  outbox.answer(step("b"));
  await accept(asked[0]);
  assert.deepEqual(asked[1].sent.answers, [{ id: "b", revision: 1, text: "7" }]);
});

test("an answer that is under way is undone by its action, before what follows", async () => {
  const { asked, heard, outbox, accept } = made();
  const slip = step("a", "");
  outbox.answer(slip);
  await settled();
  outbox.undo(slip);
  outbox.answer(step("a"));
  outbox.answer(step("b"));
  await accept(asked[0], 41);
  assert.deepEqual([asked[1].what, asked[1].sent], ["undo", { action: 41 }]);
  asked[1].resolve({ drawings: [{}], progress: {} });
  await settled();
  assert.deepEqual(ids(asked[2]), ["a", "b"]);
  assert.deepEqual(heard, ["batch", "undone a 1"]);
});

test("with nothing of this page's to undo, the newest that the site then knows of is undone, one after the other", async () => {
  const { asked, heard, outbox } = made();
  for (const _ of [1, 2, 3]) outbox.undo(null);
  for (const newest of [9, 8, null]) {
    await settled();
    const { what, sent, resolve } = asked.pop();
    assert.deepEqual([what, sent], ["next", { count: 0 }]);
    resolve({ drawings: [], progress: { newest } });
    await settled();
    if (newest === null) break;
    const undo = asked.pop();
    assert.deepEqual([undo.what, undo.sent], ["undo", { action: newest }]);
    undo.resolve({ drawings: [{}, {}], progress: {} });
  }
  assert.equal(asked.length, 0);
  assert.deepEqual(heard, ["undone newest 2", "undone newest 2", "refused newest: There is nothing to undo."]);
});

test("an undo whose answer is lost is sent again for the same answer, and not for what is the newest by now", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turn = async () => { for (let n = 0; n < 10; n += 1) await null; };
  const { asked, heard, outbox } = made();
  outbox.undo(null);
  await turn();
  asked[0].resolve({ drawings: [], progress: { newest: 9 } });
  await turn();
  asked[1].reject(Object.assign(new Error("away"), { isTemporary: true }));
  await turn();
  t.mock.timers.tick(500);
  await turn();
  assert.deepEqual(asked.slice(1).map(({ sent }) => sent), [{ action: 9 }, { action: 9 }]);
  asked[2].resolve({ drawings: [{}], progress: {} });
  await turn();
  assert.deepEqual(heard, ["trouble", "", "undone newest 1"]);
});

test("a site that is away is asked again with the same answers, and what came meanwhile waits", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const turn = async () => { for (let n = 0; n < 10; n += 1) await null; };
  const { asked, heard, outbox } = made();
  outbox.answer(step("a"));
  await turn();
  asked[0].reject(Object.assign(new Error("away"), { isTemporary: true }));
  await turn();
  outbox.answer(step("b"));
  assert.deepEqual(outbox.unsent.map(({ id }) => id), ["a", "b"], "a page that is closed now sends both");
  assert.equal(outbox.isFailing, true);
  t.mock.timers.tick(500);
  await turn();
  assert.deepEqual(asked.map(ids), [["a"], ["a"]]);
  asked[1].resolve({ done: [{ id: "a", action: 1 }], drawings: [], progress: {} });
  await turn();
  assert.deepEqual(heard, ["trouble", "", "batch"]);
  assert.deepEqual(ids(asked[2]), ["b"]);
  assert.equal(outbox.isFailing, false);
});

test("one answer that is refused is told of, and the others stand", async () => {
  const { asked, heard, outbox } = made();
  const [first, second] = [step("a"), step("b")];
  outbox.answer(first);
  outbox.answer(second);
  await settled();
  asked[0].resolve({ done: [{ id: "a", error: "taken" }, { id: "b", action: 9 }], drawings: [], progress: {} });
  await settled();
  assert.deepEqual(heard, ["refused a: taken", "batch"]);
  assert.equal(second.action, 9);
  outbox.undo(first);
  await settled();
  assert.equal(asked.length, 1, "there is nothing of it to undo");
  assert.match(heard.at(-1), /^refused a: The site refused/);
});

test("answers that are refused as a whole are sent one by one, and one that is refused is not undone", async () => {
  const { asked, heard, outbox, accept } = made();
  const [first, second] = [step("a"), step("b")];
  outbox.answer(first);
  outbox.answer(second);
  await settled();
  asked[0].reject(Object.assign(new Error("Bad."), { isTemporary: false }));
  await settled();
  await accept(asked[1], 5);
  asked[2].reject(Object.assign(new Error("Bad."), { isTemporary: false }));
  await settled();
  assert.deepEqual(asked.map(ids), [["a", "b"], ["a"], ["b"]]);
  assert.deepEqual(heard, ["batch", "refused b: Bad."]);
  assert.equal(first.action, 5);
  outbox.undo(second);
  await settled();
  assert.equal(asked.length, 3);
  assert.match(heard.at(-1), /^refused b: The site refused/);
});

test("a request that is refused for good is not sent again", async () => {
  const { asked, heard, outbox } = made();
  outbox.answer(step("a"));
  await settled();
  asked[0].reject(Object.assign(new Error("You may not."), { isTemporary: false }));
  await settled();
  assert.deepEqual(heard, ["refused a: You may not."]);
  assert.equal(outbox.isIdle, true);
});
