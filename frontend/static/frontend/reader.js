/**
 * Keeps the server in step with the pad, one revision a change, and hands on readings of the newest only.
 *
 *     read(content) ──▶ PUT ──▶ done ─────────────▶ onReading
 *                        │ 202 ─▶ GET, GET, … ─▶ done ─┘
 *                        ├─ no network, 429, 5xx: onTrouble, wait, again
 *                        └─ 404, 409 (labelled, or forgotten): the same strokes as a new drawing
 *
 * A newer call aborts the older one; an answer that comes all the same is dropped.
 *
 * @import {Api, Content, Drawing} from "./api.js"
 * @typedef {{onReading: (drawing: Drawing) => void, onWaiting: () => void, onTrouble: (error: ApiError) => void,
 *   onRefused: (error: ApiError) => void}} Listener
 * @typedef {{id: string, revision: number, content: Content, controller: AbortController}} Job
 */
import { ApiError, newId } from "./api.js";
import { pause, untilItWorks } from "./patience.js";

const FIRST_LOOK_MS = 150;
const LONGEST_LOOK_MS = 2000;

/** A newer revision carries the same news. @param {unknown} error */
function ignoreRefusal(error) {
  if (!(error instanceof ApiError || (error instanceof DOMException && error.name === "AbortError"))) throw error;
}

export class Reader {
  #api;
  #listener;
  /** @type {Job | null} */
  #job = null;
  #labelled = false;
  #isBusy = false;
  /** Settles when the newest revision is stored and read, or can't be. @type {Promise<Drawing | null>} */
  #stored = Promise.resolve(null);

  /** @param {Api} api @param {Listener} listener */
  constructor(api, listener) {
    this.#api = api;
    this.#listener = listener;
  }

  /** The drawing on the pad as the server has it, once it has; null when it has none. */
  get stored() {
    return this.#stored;
  }

  /** Whether the newest revision is still on its way. */
  get isBusy() {
    return this.#isBusy;
  }

  /** The pad has changed. @param {Content} content */
  read(content) {
    const before = this.#job;
    // A label is said of what was drawn before this stroke: that revision is still to be stored.
    const goesOn = before !== null && !this.#labelled;
    if (goesOn) before.controller.abort();
    const job = goesOn ? { ...before, revision: before.revision + 1 } : { id: newId(), revision: 1 };
    this.#job = { ...job, content, controller: new AbortController() };
    this.#labelled = false;
    this.#isBusy = true;
    this.#stored = this.#run(this.#job);
  }

  /** What was read elsewhere lies on the pad now: the next stroke is its next revision. @param {Drawing} drawing @param {Content} content */
  adopt(drawing, content) {
    this.rest();
    this.#job = { id: drawing.id, revision: drawing.revision, content, controller: new AbortController() };
    this.#stored = Promise.resolve(drawing);
  }

  /** The visitor has changed their mind about being learned from, also when the drawing is labelled already. @param {boolean} consent */
  async setConsent(consent) {
    const job = this.#job;
    if (!job) return;
    job.content = { ...job.content, consent };
    if (await this.#stored) await this.#send(job).catch(ignoreRefusal);
  }

  /** The pad is empty: the next stroke begins another drawing. */
  rest() {
    if (!this.#labelled) this.#job?.controller.abort();
    this.#job = null;
    this.#labelled = this.#isBusy = false;
    this.#stored = Promise.resolve(null);
  }

  /** Whether someone has said what the drawing is; it takes no further revision while they have. @param {boolean} isLabelled */
  setLabelled(isLabelled) {
    this.#labelled = isLabelled && this.#job !== null;
  }

  /** @param {Job} job */
  async #run(job) {
    try {
      const drawing = await this.#untilRead(job, await this.#put(job));
      if (this.#isNewest(job)) this.#listener.onReading(drawing);
      return drawing;
    } catch (error) {
      if (error instanceof ApiError && this.#isNewest(job)) this.#listener.onRefused(error);
      if (error instanceof ApiError || job.controller.signal.aborted) return null;
      throw error;
    } finally {
      if (this.#isNewest(job)) this.#isBusy = false;
    }
  }

  /** @param {Job} job @returns {Promise<Drawing>} */
  async #put(job) {
    try {
      return await this.#send(job);
    } catch (error) {
      if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
      Object.assign(job, { id: newId(), revision: 1 });
      return this.#send(job);
    }
  }

  /** @param {Job} job */
  #send(job) {
    return this.#patiently(job, () =>
      this.#api.put(job.id, { ...job.content, revision: job.revision }, job.controller.signal));
  }

  /** @param {Job} job @param {Drawing} drawing @returns {Promise<Drawing>} */
  async #untilRead(job, drawing) {
    let wait = FIRST_LOOK_MS;
    while (drawing.status === "queued") {
      if (this.#isNewest(job)) this.#listener.onWaiting();
      await pause(wait, job.controller.signal);
      wait = Math.min(LONGEST_LOOK_MS, wait * 1.5);
      drawing = await this.#patiently(job, () => this.#api.get(job.id, job.controller.signal));
    }
    return drawing;
  }

  /** @template T @param {Job} job @param {() => Promise<T>} attempt @returns {Promise<T>} */
  #patiently(job, attempt) {
    const onTrouble = (/** @type {ApiError} */ error) => {
      if (this.#isNewest(job)) this.#listener.onTrouble(error);
    };
    return untilItWorks(attempt, { signal: job.controller.signal, onTrouble });
  }

  /** @param {Job} job */
  #isNewest(job) {
    return job === this.#job && !job.controller.signal.aborted;
  }
}
