/**
 * Answers and undos on their way to the site: in order, one request at a time, answers that wait going together.
 *
 * What is answered is on the page's side of the matter at once; a site that can't be reached is asked again.
 *
 * @import {Answer, Hand} from "./site.js"
 * @typedef {{answer: Answer, action?: number}} Step  an answer, and what it became where it was taken
 * @typedef {{ask: (what: "answers" | "undo", asked: object) => Promise<Hand>}} Asks
 * @typedef {{wanted: () => object, newest: () => number | null, onHand: (hand: Hand) => void, onUndone: (step: Step | null, hand: Hand) => void,
 *   onRefused: (step: Step | null, message: string) => void, onTrouble: (message: string) => void}} Listener
 */

const RETRY_MS = [500, 1000, 2000, 5000];

export class Outbox {
  #site;
  #listener;
  /** @type {{step: Step | null, undo: boolean}[]} */
  #waiting = [];
  /** @type {Promise<void> | null} */
  #working = null;

  /** @param {Asks} site @param {Listener} listener */
  constructor(site, listener) {
    this.#site = site;
    this.#listener = listener;
  }

  /** @returns {Answer[]} answers that were not sent yet */
  get unsent() {
    return this.#waiting.flatMap(({ step, undo }) => (step && !undo ? [step.answer] : []));
  }

  /** Whether nothing is under way. */
  get isIdle() {
    return this.#working === null;
  }

  /** @param {Step} step */
  answer(step) {
    this.#add({ step, undo: false });
  }

  /** Undoes a step; null is the newest that the site knows of. @param {Step | null} step */
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
    await null; // What is pressed in one go goes together.
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
    const hand = await this.#insist("answers", asked, steps[0] ?? null);
    if (!hand) return;
    hand.done?.forEach(({ action, error }, index) => {
      const step = steps[index];
      if (step && action !== undefined) step.action = action;
      if (step && error !== undefined) this.#listener.onRefused(step, error);
    });
    this.#listener.onHand(hand);
  }

  /** @param {Step | null} step */
  async #sendUndo(step) {
    // Named once, so that asking again undoes nothing else.
    const action = step ? step.action : this.#listener.newest();
    if (action == null) {
      const taken = "The site didn’t take this answer: somebody else has the drawing.";
      this.#listener.onRefused(step, step ? taken : "There is nothing to undo.");
      return;
    }
    const hand = await this.#insist("undo", () => ({ action }), step);
    if (hand) this.#listener.onUndone(step, hand);
  }

  /** @param {"answers" | "undo"} what @param {() => object} asked @param {Step | null} step @returns {Promise<Hand | null>} */
  async #insist(what, asked, step) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const hand = await this.#site.ask(what, asked());
        if (attempt) this.#listener.onTrouble("");
        return hand;
      } catch (error) {
        const { message, passes } = /** @type {{message: string, passes?: boolean}} */ (error);
        if (!passes) {
          this.#listener.onRefused(step, message);
          return null;
        }
        this.#listener.onTrouble(`${message} Your answers wait; it is tried again.`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
      }
    }
  }
}
