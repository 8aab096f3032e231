/**
 * Runs an action at most once per interval however often it is requested, and once more after the last request.
 */

const LONGEST_WAIT_MS = 1000;

export class Throttle {
  #act;
  #everyMs;
  #isBusy;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => void} act
   * @param {{everyMs: number, isBusy: () => boolean}} options
   *   `isBusy`: whether the last action is still running; the next waits for it, at most LONGEST_WAIT_MS
   */
  constructor(act, { everyMs, isBusy }) {
    this.#act = act;
    this.#everyMs = everyMs;
    this.#isBusy = isBusy;
  }

  request() {
    this.#timer ??= this.#later(0);
  }

  cancel() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {number} waitedMs */
  #later(waitedMs) {
    return setTimeout(() => {
      const waited = waitedMs + this.#everyMs;
      if (this.#isBusy() && waited < LONGEST_WAIT_MS) {
        this.#timer = this.#later(waited);
        return;
      }
      this.#timer = undefined;
      this.#act();
    }, this.#everyMs);
  }
}
