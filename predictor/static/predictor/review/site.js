/**
 * What the pages of review ask the site for.
 *
 * @typedef {{box: [number, number, number, number], digit: number, confidence: number, probabilities: number[], pixels: string}} Glyph
 * @typedef {{text: string, confidence: number | null, sure: boolean, model: number, glyphs: Glyph[]}} Reading
 * @typedef {{id: string, revision: number, mode: string, image: string, width: number, height: number,
 *   reading: Reading | null, others: Reading[], said: string | null, suggestion: string | null, why: string[],
 *   flagged: boolean, similar: {text: string, pixels: string}[]}} Drawing
 * @typedef {{mine: number, all: number, open: number, newest: number | null}} Progress  `newest`: of one's own answers
 * @typedef {{drawings: Drawing[], progress: Progress, done?: {id: string, action?: number, error?: string}[]}} Hand
 * @typedef {{id: string, revision: number, text: string | null}} Answer
 */

const PATIENCE_MS = 20_000;

/** The site refused, or (`passes`) can't be reached just now. */
export class Refused extends Error {
  /** @param {string} message @param {boolean} passes */
  constructor(message, passes) {
    super(message);
    this.passes = passes;
  }
}

export class Site {
  #root;
  #token;

  /** @param {HTMLElement} page */
  constructor({ dataset }) {
    this.#root = dataset["root"] ?? "";
    this.#token = dataset["token"] ?? "";
  }

  /** @param {"next" | "answers" | "undo" | "release"} what @param {object} asked @returns {Promise<Hand>} */
  async ask(what, asked) {
    let response;
    try {
      response = await fetch(`${this.#root}${what}/`, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": this.#token },
        body: JSON.stringify(asked),
        credentials: "same-origin",
        keepalive: true, // also while the page goes away
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      throw new Refused("The site doesn’t answer.", true);
    }
    if (response.redirected) throw new Refused("You were signed out: sign in again, in another tab.", true);
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    throw new Refused(body?.error?.message ?? `The site answered ${response.status}.`, response.status >= 500);
  }

  /** Sent while the page goes away; nobody waits for an answer. @param {"answers" | "release"} what @param {object} said */
  leave(what, said) {
    const form = new FormData();
    form.set("json", JSON.stringify(said));
    form.set("csrfmiddlewaretoken", this.#token);
    navigator.sendBeacon(`${this.#root}${what}/`, form);
  }
}
