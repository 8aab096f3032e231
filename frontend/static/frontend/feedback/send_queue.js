/**
 * Sends entries one at a time, in order. Drops entries that still wait when a newer one for the same subject is added.
 */
export class SendQueue {
  #last = Promise.resolve();
  /** The subject of the newest entry. @type {unknown} */
  #subject = null;
  #controller = new AbortController();

  /**
   * @param {unknown} subject  compared by identity
   * @param {(signal: AbortSignal) => Promise<void>} send  the signal is aborted when a newer entry is added for the subject
   */
  add(subject, send) {
    if (subject === this.#subject) this.#controller.abort();
    this.#subject = subject;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const act = async () => {
      if (!signal.aborted) await send(signal);
    };
    this.#last = this.#last.then(act, act);
  }
}
