/** The review page's requests: a token that is out of date is fetched anew, and what may succeed later is temporary. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Requests } from "../../predictor/static/predictor/review/requests.js";

/** The site's token, and what was sent to it. */
let valid, sent, page;

const answer = (status, body) => ({ ok: status < 400, status, redirected: false, json: async () => body, text: async () => body });

beforeEach(() => {
  [valid, sent, page] = ["new", [], () => answer(200, "new")];
  globalThis.location = { href: "/admin/review/" };
  globalThis.DOMParser = class {
    parseFromString(token) {
      return { querySelector: () => (token ? { getAttribute: () => token } : null) };
    }
  };
  globalThis.fetch = async (path, { method = "GET", headers = {}, body } = {}) => {
    sent.push(`${method} ${path} ${headers["X-CSRFToken"] ?? ""}`.trim());
    if (method === "GET") return page();
    if (headers["X-CSRFToken"] !== valid) return answer(403, { error: { message: "CSRF Failed" } });
    return answer(200, { done: JSON.parse(body).answers });
  };
});

const requests = (token) => new Requests({ dataset: { root: "/r/", token } });

test("a token that is out of date is fetched anew, and the same answers are sent again", async () => {
  const asking = requests("old");
  assert.deepEqual(await asking.ask("answers", { answers: ["a"] }), { done: ["a"] });
  assert.deepEqual(sent, ["POST /r/answers/ old", "GET /admin/review/", "POST /r/answers/ new"]);
  await asking.ask("answers", { answers: [] });
  assert.equal(sent.at(-1), "POST /r/answers/ new");
  assert.equal(sent.length, 4);
});

test("a token that is in date is not fetched", async () => {
  await requests("new").ask("answers", { answers: [] });
  assert.equal(sent.length, 1);
});

for (const [why, gives] of Object.entries({
  "the page can't be fetched": () => Promise.reject(new TypeError("away")),
  "the page is not allowed": () => answer(403, ""),
  "the page is the sign-in page": () => ({ ...answer(200, "x"), redirected: true }),
  "the page has no token": () => answer(200, ""),
})) {
  test(`while ${why}, a refusal is temporary`, async () => {
    page = gives;
    await assert.rejects(requests("old").ask("answers", { answers: [] }), { isTemporary: true });
  });
}

for (const [status, isTemporary] of [[400, false], [401, true], [404, false], [408, true], [409, false], [429, true], [503, true]]) {
  test(`an answer of ${status} is ${isTemporary ? "temporary" : "final"}`, async () => {
    globalThis.fetch = async () => answer(status, null);
    await assert.rejects(requests("new").ask("next", {}), { isTemporary, message: `The site answered ${status}.` });
  });
}
