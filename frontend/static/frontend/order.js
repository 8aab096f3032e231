/**
 * What is said is sent in the order in which it was said, one after the other. What could not be sent yet, and has been
 * replaced by something newer said of the same, isn't sent any more.
 */
export class Order {
  #sent = Promise.resolve();
  /** What was spoken of last. @type {unknown} */
  #subject = null;
  #controller = new AbortController();

  /**
   * @param {unknown} subject  what it is said of
   * @param {(signal: AbortSignal) => Promise<void>} send  the signal: something newer was said of it
   */
  add(subject, send) {
    if (subject === this.#subject) this.#controller.abort();
    this.#subject = subject;
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const act = async () => {
      if (!signal.aborted) await send(signal);
    };
    this.#sent = this.#sent.then(act, act);
  }
}
