/**
 * Sends one after the other, in order. What still waits is dropped once something newer is added for the same subject.
 */
export class SendQueue {
  #last = Promise.resolve();
  /** The subject of the newest entry. @type {unknown} */
  #subject = null;
  #controller = new AbortController();

  /**
   * @param {unknown} subject  compared by identity
   * @param {(signal: AbortSignal) => Promise<void>} send  the signal is aborted when something newer is added for the subject
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
