/**
 * Keeps the server in step with the pad: each change is a revision. Reports only the newest revision's reading.
 *
 *     read(content) ──▶ PUT ──▶ done ─────────────▶ onReading
 *                        │ 202 ─▶ GET, GET, … ─▶ done ─┘
 *                        ├─ no network, 429, 5xx: onTrouble, wait, again
 *                        └─ 404 (deleted), 409 (labelled): the same strokes as a new drawing
 *
 * A newer call aborts the older one and drops its late answer. A drawing that has left the pad is still stored, because
 * the page has told the visitor that it is kept.
 *
 * @import {Api, Content, Drawing} from "./api.js"
 * @import {Job, Watcher} from "./delivery.js"
 * @typedef {{onReading: (drawing: Drawing) => void, onWaiting: () => void, onTrouble: (error: ApiError) => void,
 *   onRefused: (error: ApiError) => void}} Listener
 */
import { ApiError, newId } from "./api.js";
import { deliver, send } from "./delivery.js";

/** A newer revision carries the same consent. @param {unknown} error */
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
  /** Drawings of which more than one revision was sent. @type {Set<string>} */
  #revised = new Set();
  /** Resolves when the newest revision is stored and read, or can't be. @type {Promise<Drawing | null>} */
  #stored = Promise.resolve(null);

  /** @param {Api} api @param {Listener} listener */
  constructor(api, listener) {
    this.#api = api;
    this.#listener = listener;
  }

  /** Resolves to the pad's drawing as stored on the server, or to null if it isn't stored. */
  get stored() {
    return this.#stored;
  }

  /** Whether this page has sent more than one revision of the drawing. @param {string} id */
  hasRevised(id) {
    return this.#revised.has(id);
  }

  /** Whether the newest revision is still on its way. */
  get isBusy() {
    return this.#isBusy;
  }

  /** The pad has changed. @param {Content} content */
  read(content) {
    const before = this.#job;
    // A label belongs to the revision before this stroke, which must still be stored.
    const goesOn = before !== null && !this.#labelled;
    if (goesOn) before.controller.abort();
    if (goesOn) this.#revised.add(before.id);
    const { id, revision } = goesOn ? before : { id: newId(), revision: 0 };
    this.#job = { id, revision: revision + 1, content, controller: new AbortController(), isLetGo: false };
    this.#labelled = false;
    this.#isBusy = true;
    this.#stored = this.#run(this.#job);
  }

  /** Takes over a drawing that was read elsewhere: the next stroke is its next revision. @param {Drawing} drawing @param {Content} content */
  adopt(drawing, content) {
    this.rest();
    this.#job = { id: drawing.id, revision: drawing.revision, content, controller: new AbortController(), isLetGo: false };
    this.#stored = Promise.resolve(drawing);
  }

  /** The visitor has given or withdrawn consent: sends the newest revision again with it, labelled or not. @param {boolean} consent */
  async setConsent(consent) {
    const job = this.#job;
    if (!job) return;
    job.content = { ...job.content, consent };
    if (await this.#stored) await send(this.#api, job, this.#watcher(job)).catch(ignoreRefusal);
  }

  /** The pad begins another drawing. The previous one is still stored, but nobody waits for its reading. */
  rest() {
    if (this.#job && !this.#labelled) this.#job.isLetGo = true;
    this.#job = null;
    this.#labelled = this.#isBusy = false;
    this.#stored = Promise.resolve(null);
  }

  /** Whether the drawing has a label; while it has one, it takes no further revision. @param {boolean} isLabelled */
  setLabelled(isLabelled) {
    this.#labelled = isLabelled && this.#job !== null;
  }

  /** @param {Job} job */
  async #run(job) {
    try {
      const drawing = await deliver(this.#api, job, this.#watcher(job));
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

  /** Reports the progress of a job while it is the newest. @param {Job} job @returns {Watcher} */
  #watcher(job) {
    return {
      onWaiting: () => void (this.#isNewest(job) && this.#listener.onWaiting()),
      onTrouble: (error) => void (this.#isNewest(job) && this.#listener.onTrouble(error)),
    };
  }

  /** @param {Job} job */
  #isNewest(job) {
    return job === this.#job && !job.controller.signal.aborted;
  }
}
