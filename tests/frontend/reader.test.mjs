import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, newId } from "../../frontend/static/frontend/reading/api.js";
import { retry, delayAfter } from "../../frontend/static/frontend/reading/retry.js";
import { Reader } from "../../frontend/static/frontend/reading/reader.js";

const content = (image) => ({ mode: "digit", source: "canvas", consent: false, image });

/** An API that answers as told, and a listener that keeps what it hears. `answer(call)` may throw or wait. */
function stage(answer = () => ({})) {
  const calls = [];
  const heard = [];
  const hear = (name) => (what) => heard.push([name, what?.revision ?? what?.status]);
  const act = async (method, id, body, signal) => {
    const call = { method, id, signal, ...body };
    calls.push(call);
    const given = await answer(call, calls.length);
    return { id, revision: body?.revision, status: "done", ...given };
  };
  const api = {
    put: (id, body, signal) => act("PUT", id, body, signal),
    get: (id, signal) => act("GET", id, {}, signal),
  };
  const listener = {
    onReading: hear("reading"), onWaiting: hear("waiting"), onTrouble: hear("trouble"), onRefused: hear("refused"),
  };
  return { reader: new Reader(api, listener), calls, heard };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test("every change is the next revision of one drawing", async () => {
  const { reader, calls, heard } = stage();
  reader.read(content("a"));
  await reader.stored;
  reader.read(content("b"));
  await reader.stored;
  assert.deepEqual(calls.map(({ revision }) => revision), [1, 2]);
  assert.equal(calls[0].id, calls[1].id);
  assert.deepEqual(heard, [["reading", 1], ["reading", 2]]);
});

test("an empty pad ends the drawing: the next stroke names another", async () => {
  const { reader, calls } = stage();
  reader.read(content("a"));
  await reader.stored;
  reader.rest();
  assert.equal(await reader.stored, null);
  reader.read(content("b"));
  await reader.stored;
  assert.deepEqual(calls.map(({ revision }) => revision), [1, 1]);
  assert.notEqual(calls[0].id, calls[1].id);
});

test("an older answer is dropped, even when it comes last", async () => {
  let release;
  const { reader, calls, heard } = stage((call) => call.revision === 1 && new Promise((resolve) => { release = resolve; }));
  reader.read(content("a"));
  const old = reader.stored;
  await soon();
  reader.read(content("b"));
  await reader.stored;
  assert.ok(calls[0].signal.aborted);
  release({});
  await old;
  assert.deepEqual(heard, [["reading", 2]]);
});

test("a queued drawing is looked for until it is read", async () => {
  const { reader, calls, heard } = stage((call, count) => (count < 3 ? { status: "queued" } : { revision: 1 }));
  reader.read(content("a"));
  await reader.stored;
  assert.deepEqual(calls.map(({ method }) => method), ["PUT", "GET", "GET"]);
  assert.deepEqual(heard.map(([name]) => name), ["waiting", "waiting", "reading"]);
});

for (const status of [0, 429, 500, 503]) {
  test(`a failure that passes (${status}) is told and tried again`, async () => {
    const { reader, calls, heard } = stage((call, count) => {
      if (count === 1) throw new ApiError(status, "", 0);
    });
    reader.read(content("a"));
    await reader.stored;
    assert.deepEqual(calls.map(({ revision }) => revision), [1, 1]);
    assert.deepEqual(heard, [["trouble", status], ["reading", 1]]);
  });
}

test("a stroke while the site is gone is sent in the older one's place", async () => {
  let isGone = true;
  const { reader, calls, heard } = stage(() => {
    if (isGone) throw new ApiError(0, "", 20);
  });
  reader.read(content("a"));
  await soon();
  reader.read(content("b"));
  await soon();
  isGone = false;
  await reader.stored;
  assert.deepEqual(calls.at(-1).image, "b");
  assert.deepEqual(heard.at(-1), ["reading", 2]);
  assert.ok(calls.slice(1).every(({ image }) => image === "b"));
});

for (const status of [404, 409]) {
  test(`a drawing that takes no more (${status}) goes on as another`, async () => {
    const { reader, calls, heard } = stage((call, count) => {
      if (count === 2) throw new ApiError(status, "");
    });
    reader.read(content("a"));
    await reader.stored;
    reader.read(content("b"));
    await reader.stored;
    reader.read(content("c"));
    await reader.stored;
    assert.deepEqual(calls.map(({ revision }) => revision), [1, 2, 1, 2]);
    assert.notEqual(calls[1].id, calls[2].id);
    assert.equal(calls[2].id, calls[3].id);
    assert.equal(heard.at(-1)[0], "reading");
  });
}

test("what is refused for good is told once and not tried again", async () => {
  const { reader, calls, heard } = stage(() => { throw new ApiError(400, "no"); });
  reader.read(content("a"));
  assert.equal(await reader.stored, null);
  assert.equal(calls.length, 1);
  assert.deepEqual(heard, [["refused", 400]]);
});

test("a stroke after a label is another drawing, and what was labelled is still stored", async () => {
  let release;
  const { reader, calls } = stage((call, count) => count === 1 && new Promise((resolve) => { release = resolve; }));
  reader.read(content("a"));
  const labelled = reader.stored;
  reader.setLabelled(true);
  reader.read(content("b"));
  await reader.stored;
  assert.equal(calls[0].signal.aborted, false);
  release({});
  assert.equal((await labelled).id, calls[0].id);
  assert.notEqual(calls[0].id, calls[1].id);
  assert.equal(calls[1].revision, 1);
});

test("a drawing that was read elsewhere goes on where it was", async () => {
  const { reader, calls } = stage();
  reader.adopt({ id: "other", revision: 1 }, content("a"));
  assert.equal((await reader.stored).id, "other");
  assert.deepEqual(calls, []);
  reader.read(content("b"));
  await reader.stored;
  assert.deepEqual(calls.map(({ id, revision }) => [id, revision]), [["other", 2]]);
});

test("it is busy until the newest is read", async () => {
  const { reader } = stage();
  assert.equal(reader.isBusy, false);
  reader.read(content("a"));
  reader.read(content("b"));
  assert.ok(reader.isBusy);
  await reader.stored;
  assert.equal(reader.isBusy, false);
});

test("a label that was taken back lets the drawing go on", async () => {
  const { reader, calls } = stage();
  reader.read(content("a"));
  await reader.stored;
  reader.setLabelled(true);
  reader.setLabelled(false);
  reader.read(content("b"));
  await reader.stored;
  assert.deepEqual(calls.map(({ revision }) => revision), [1, 2]);
});

test("consent is sent with the same revision and content", async () => {
  const { reader, calls, heard } = stage();
  reader.read(content("a"));
  await reader.stored;
  await reader.setConsent(true);
  assert.deepEqual(calls.map(({ revision, image, consent }) => [revision, image, consent]), [[1, "a", false], [1, "a", true]]);
  assert.equal(calls[0].id, calls[1].id);
  assert.equal(heard.length, 1);
});

test("waits grow, but not beyond a few seconds", () => {
  assert.ok(delayAfter(2) > delayAfter(1));
  assert.equal(delayAfter(50), delayAfter(60));
  assert.ok(delayAfter(50) <= 5000);
});

test("the site's own wait is kept", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let count = 0;
  const done = retry(async () => {
    count += 1;
    if (count === 1) throw new ApiError(429, "", 60);
  }, { onTrouble: () => {} });
  await new Promise(setImmediate);
  context.mock.timers.tick(59);
  await new Promise(setImmediate);
  assert.equal(count, 1);
  context.mock.timers.tick(1);
  await done;
  assert.equal(count, 2);
});

test("aborted, the waiting ends at once", async () => {
  const controller = new AbortController();
  const waiting = retry(async () => { throw new ApiError(0, "", 60_000); }, { signal: controller.signal, onTrouble: () => {} });
  await soon();
  controller.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});

test("ids are UUIDs of version 4, also without crypto.randomUUID", () => {
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(newId(), version4);
  const real = crypto.randomUUID;
  try {
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
    const made = Array.from({ length: 50 }, newId);
    for (const id of made) assert.match(id, version4);
    assert.equal(new Set(made).size, 50);
  } finally {
    Object.defineProperty(crypto, "randomUUID", { value: real, configurable: true });
  }
});
