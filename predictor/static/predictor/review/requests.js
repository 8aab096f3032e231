/**
 * The requests of the review pages.
 *
 * @typedef {{box: [number, number, number, number], digit: number, confidence: number, probabilities: number[], pixels: string}} Glyph
 * @typedef {{text: string, confidence: number | null, sure: boolean, model: number, glyphs: Glyph[]}} Reading
 * @typedef {{id: string, revision: number, mode: string, image: string, width: number, height: number,
 *   reading: Reading | null, others: Reading[], said: string | null, suggestion: string | null, why: string[],
 *   flagged: boolean, similar: {text: string, pixels: string}[]}} Drawing
 * @typedef {{mine: number, all: number, open: number, newest: number | null}} Progress  answers today; `newest`: the reviewer’s newest action that stands
 * @typedef {{drawings: Drawing[], progress: Progress, done?: {id: string, action?: number, error?: string}[]}} Batch
 * @typedef {{id: string, revision: number, text: string | null}} Answer
 */

const TIMEOUT_MS = 20_000;
const SIGNED_OUT = "You are signed out: sign in again in another tab.";

/** Answers after which the same request may succeed: another sign-in gives the right to it, time gives the rest. */
const TEMPORARY = [401, 403, 408, 429];

/** The site refused a request, or (`isTemporary`) can’t answer at the moment. */
export class RequestError extends Error {
  /** @param {string} message @param {boolean} isTemporary */
  constructor(message, isTemporary) {
    super(message);
    this.isTemporary = isTemporary;
  }
}

export class Requests {
  #root;
  #token;

  /** @param {HTMLElement} page */
  constructor({ dataset }) {
    this.#root = dataset["root"] ?? "";
    this.#token = dataset["token"] ?? "";
  }

  /** @param {"next" | "answers" | "undo" | "release"} what @param {object} asked @returns {Promise<Batch>} */
  async ask(what, asked) {
    let response = await this.#send(what, asked);
    // Signing in, in another tab too, makes a new token.
    if (response.status === 403 && (await this.#renewToken())) response = await this.#send(what, asked);
    if (response.redirected) throw new RequestError(SIGNED_OUT, true);
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    const message = body?.error?.message ?? `The site answered ${response.status}.`;
    throw new RequestError(message, response.status >= 500 || TEMPORARY.includes(response.status));
  }

  /** @param {string} what @param {object} asked */
  async #send(what, asked) {
    try {
      return await fetch(`${this.#root}${what}/`, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.#token },
        body: JSON.stringify(asked),
        credentials: "same-origin",
        keepalive: true, // also while the page is closed
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new RequestError("The site doesn’t answer.", true);
    }
  }

  /** Takes the token from this page as it is now. Returns whether there is one. */
  async #renewToken() {
    const response = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!response?.ok || response.redirected) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const token = page.querySelector("[data-token]")?.getAttribute("data-token");
    this.#token = token ?? this.#token;
    return Boolean(token);
  }

  /** Sends something while the page is closed, without waiting for a response. @param {"answers" | "release"} what @param {object} sent */
  sendAndForget(what, sent) {
    const form = new FormData();
    form.set("json", JSON.stringify(sent));
    form.set("csrfmiddlewaretoken", this.#token);
    navigator.sendBeacon(`${this.#root}${what}/`, form);
  }
}
