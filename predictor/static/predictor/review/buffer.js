/**
 * The drawings that this page has claimed: the one that is shown and the next ones, their pictures already decoded.
 *
 * @import {Drawing} from "./requests.js"
 * @typedef {{drawing: Drawing, picture: HTMLImageElement}} Ready
 */

export class Buffer {
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

  /** Appends drawings. @param {readonly Drawing[]} drawings */
  add(drawings) {
    for (const drawing of drawings) {
      if (!this.ids.includes(drawing.id)) this.#ready.push({ drawing, picture: load(drawing) });
    }
  }

  /** Shows the next one. @returns {Ready | null} the one that was shown */
  advance() {
    return this.#ready.shift() ?? null;
  }

  /** Shows this one first. @param {Ready} ready */
  putFirst(ready) {
    this.drop(ready.drawing.id);
    this.#ready.unshift(ready);
  }

  /** Updates a drawing if the buffer still holds it. @param {Drawing} drawing */
  renew(drawing) {
    const ready = this.#ready.find((each) => each.drawing.id === drawing.id);
    if (ready) ready.drawing = drawing;
  }

  /** @param {string} id */
  drop(id) {
    this.#ready = this.#ready.filter(({ drawing }) => drawing.id !== id);
  }
}

/** Loads and decodes a picture before it is shown. @param {Drawing} drawing @returns {HTMLImageElement} */
export function load({ image, width, height }) {
  const picture = new Image(width, height);
  picture.alt = "";
  picture.src = image;
  // The browser marks a broken picture when it is shown.
  picture.decode().catch(() => undefined);
  return picture;
}
