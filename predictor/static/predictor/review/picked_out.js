/**
 * Drawings that were picked out in the grid: they stay claimed while the page is open, so that they don’t come back.
 *
 * Only the claims of the newest are renewed, because a request names a limited number; the other claims expire.
 */
export class PickedOut {
  /** @type {string[]} */
  #ids = [];
  #most;

  /** @param {number} most  how many claims are renewed */
  constructor(most) {
    this.#most = most;
  }

  /** How many were picked out. */
  get size() {
    return this.#ids.length;
  }

  /** @returns {string[]} */
  get held() {
    return this.#ids.slice(-this.#most);
  }

  /** @param {readonly string[]} ids */
  add(ids) {
    this.#ids.push(...ids);
  }
}
