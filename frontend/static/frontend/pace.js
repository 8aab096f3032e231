/**
 * Not more often than the site can follow: what is asked for many times is done now and then, and once at the end.
 */

const PATIENCE_MS = 1000;

export class Pace {
  #act;
  #everyMs;
  #isBusy;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {() => void} act
   * @param {{everyMs: number, isBusy: () => boolean}} options  busy: what was done last goes on; that is waited for, a while
   */
  constructor(act, { everyMs, isBusy }) {
    this.#act = act;
    this.#everyMs = everyMs;
    this.#isBusy = isBusy;
  }

  ask() {
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
      if (this.#isBusy() && waited < PATIENCE_MS) {
        this.#timer = this.#later(waited);
        return;
      }
      this.#timer = undefined;
      this.#act();
    }, this.#everyMs);
  }
}
