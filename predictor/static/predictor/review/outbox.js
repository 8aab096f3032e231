/**
 * Sends answers and undos in order, one request at a time; waiting answers share a request.
 *
 * The page goes on without waiting for a response. A request that fails temporarily is sent again.
 *
 * @import {Answer, Batch} from "./requests.js"
 * @typedef {{answer: Answer, action?: number}} Step  an answer, and its action once the site has accepted it
 * @typedef {{ask: (what: "answers" | "undo" | "next", asked: object) => Promise<Batch>}} Asks
 * @typedef {{wanted: () => object, onBatch: (batch: Batch) => void, onUndone: (step: Step | null, batch: Batch) => void,
 *   onRefused: (step: Step | null, message: string) => void, onTrouble: (message: string) => void}} Listener
 */

const RETRY_MS = [500, 1000, 2000, 5000];

export class Outbox {
  #requests;
  #listener;
  /** @type {{step: Step | null, undo: boolean}[]} */
  #waiting = [];
  /** Answers whose request has failed, until the site has them. @type {Step[]} */
  #failed = [];
  /** @type {Promise<void> | null} */
  #working = null;

  /** @param {Asks} requests @param {Listener} listener */
  constructor(requests, listener) {
    this.#requests = requests;
    this.#listener = listener;
  }

  /** @returns {Answer[]} answers that wait to be sent */
  get unsent() {
    const waiting = this.#waiting.flatMap(({ step, undo }) => (step && !undo ? [step] : []));
    return [...this.#failed, ...waiting].map(({ answer }) => answer);
  }

  /** Whether the site doesn’t take answers at the moment. */
  get isFailing() {
    return this.#failed.length > 0;
  }

  /** Whether nothing waits and no request is open. */
  get isIdle() {
    return this.#working === null;
  }

  /** @param {Step} step */
  answer(step) {
    this.#add({ step, undo: false });
  }

  /** Undoes a step; null is the newest action that the site knows of. @param {Step | null} step */
  undo(step) {
    const last = this.#waiting.at(-1);
    if (step && last?.step === step && !last.undo) {
      this.#waiting.pop();
      return;
    }
    this.#add({ step, undo: true });
  }

  /** @param {{step: Step | null, undo: boolean}} entry */
  #add(entry) {
    this.#waiting.push(entry);
    this.#working ??= this.#work().finally(() => (this.#working = null));
  }

  async #work() {
    await null; // Answers given in the same tick share a request.
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next.undo) await this.#sendUndo(next.step);
      else if (next.step) await this.#sendAnswers([next.step, ...this.#answersThatFollow()]);
    }
  }

  /** @returns {Step[]} */
  #answersThatFollow() {
    const end = this.#waiting.findIndex(({ undo }) => undo);
    const following = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    return following.flatMap(({ step }) => step ?? []);
  }

  /** @param {Step[]} steps */
  async #sendAnswers(steps) {
    const asked = () => ({ answers: steps.map(({ answer }) => answer), ...this.#listener.wanted() });
    const batch = await this.#retry("answers", asked, steps);
    if (!batch) {
      // One of them made the site refuse all.
      if (steps.length > 1) for (const step of steps) await this.#sendAnswers([step]);
      return;
    }
    batch.done?.forEach(({ action, error }, index) => {
      const step = steps[index];
      if (step && action !== undefined) step.action = action;
      if (step && error !== undefined) this.#listener.onRefused(step, error);
    });
    this.#listener.onBatch(batch);
  }

  /** @param {Step | null} step */
  async #sendUndo(step) {
    let action = step?.action;
    if (!step) {
      // Asked for now, as this page may be older than the newest action; and once, so that a retry doesn’t undo another.
      const stand = await this.#retry("next", () => ({ ...this.#listener.wanted(), count: 0 }), []);
      if (!stand) return;
      action = stand.progress.newest ?? undefined;
    }
    if (action === undefined) {
      const refused = "The site refused this answer: somebody else has the drawing.";
      this.#listener.onRefused(step, step ? refused : "There is nothing to undo.");
      return;
    }
    const batch = await this.#retry("undo", () => ({ action }), [], step);
    if (batch) this.#listener.onUndone(step, batch);
  }

  /**
   * @param {"answers" | "undo" | "next"} what
   * @param {() => object} asked
   * @param {Step[]} steps  answers that this sends
   * @param {Step | null} [refused]  what a refusal is about; nothing is said of one of several answers
   * @returns {Promise<Batch | null>}
   */
  async #retry(what, asked, steps, refused = steps[0] ?? null) {
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const batch = await this.#requests.ask(what, asked());
          if (attempt) this.#listener.onTrouble("");
          return batch;
        } catch (error) {
          const { message, isTemporary } = /** @type {{message: string, isTemporary?: boolean}} */ (error);
          if (!isTemporary) {
            if (steps.length < 2) this.#listener.onRefused(refused, message);
            return null;
          }
          this.#failed = steps;
          this.#listener.onTrouble(`${message} Your answers are kept; trying again.`);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
        }
      }
    } finally {
      this.#failed = [];
    }
  }
}
