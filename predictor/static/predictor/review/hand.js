/**
 * The drawings in hand: the one that is shown and those that come next, their pictures loaded and decoded ahead.
 *
 * @import {Drawing} from "./site.js"
 * @typedef {{drawing: Drawing, picture: HTMLImageElement}} Ready
 */

export class Hand {
  /** @type {Ready[]} */
  #ready = [];

  /** @returns {Ready | null} the one that is shown */
  get current() {
    return this.#ready[0] ?? null;
  }

  get size() {
    return this.#ready.length;
  }

  /** @returns {string[]} */
  get ids() {
    return this.#ready.map(({ drawing }) => drawing.id);
  }

  /** Drawings that come last. @param {readonly Drawing[]} drawings */
  add(drawings) {
    for (const drawing of drawings) {
      if (!this.ids.includes(drawing.id)) this.#ready.push({ drawing, picture: load(drawing) });
    }
  }

  /** Goes on to the next one. @returns {Ready | null} the one that was shown */
  advance() {
    return this.#ready.shift() ?? null;
  }

  /** Shows this one first. @param {Ready} ready */
  putFirst(ready) {
    this.drop(ready.drawing.id);
    this.#ready.unshift(ready);
  }

  /** A drawing as the site knows it now; one that was answered meanwhile doesn’t come back. @param {Drawing} drawing */
  renew(drawing) {
    const ready = this.#ready.find((each) => each.drawing.id === drawing.id);
    if (ready) ready.drawing = drawing;
  }

  /** @param {string} id */
  drop(id) {
    this.#ready = this.#ready.filter(({ drawing }) => drawing.id !== id);
  }
}

/** A picture that is there, and decoded, when it is shown. @param {Drawing} drawing @returns {HTMLImageElement} */
export function load({ image, width, height }) {
  const picture = new Image(width, height);
  picture.alt = "";
  picture.src = image;
  // One that can't be decoded shows so when it is shown.
  picture.decode().catch(() => undefined);
  return picture;
}
