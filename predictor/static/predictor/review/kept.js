/**
 * What was picked out in the grid: it stays the reviewer’s as long as the page is open, so that it doesn’t come back.
 *
 * Only the newest are held; claims on the others run out, and the site takes no endless list.
 */
export class Kept {
  /** @type {string[]} */
  #ids = [];
  #most;

  /** @param {number} most  how many are held */
  constructor(most) {
    this.#most = most;
  }

  /** How many were picked out in all. */
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
