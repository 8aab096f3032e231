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
    let response;
    try {
      response = await fetch(`${this.#root}${what}/`, {
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
    if (response.redirected) throw new RequestError("You are signed out: sign in again in another tab.", true);
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    throw new RequestError(body?.error?.message ?? `The site answered ${response.status}.`, response.status >= 500);
  }

  /** Sends something while the page is closed, without waiting for a response. @param {"answers" | "release"} what @param {object} sent */
  sendAndForget(what, sent) {
    const form = new FormData();
    form.set("json", JSON.stringify(sent));
    form.set("csrfmiddlewaretoken", this.#token);
    navigator.sendBeacon(`${this.#root}${what}/`, form);
  }
}
