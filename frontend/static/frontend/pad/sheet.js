/**
 * The drawing as data: strokes, possibly over a picture, with a frame round the part to read. Painting and sending use this data.
 *
 * Every change adds a state and keeps earlier ones, so undo, redo and undoing a "clear" are one mechanism. A stroke on
 * an empty sheet begins a new drawing; undo does not return to the previous drawing.
 *
 * @import {Frame} from "./frame.js"
 * @import {Stroke} from "./strokes.js"
 * @typedef {"upload" | "camera"} Origin
 * @typedef {{width: number, height: number, source: CanvasImageSource, file: Blob, from: Origin}} Backdrop  a picture
 * @typedef {{id: number, strokes: readonly Stroke[], backdrop: Backdrop | null, frame: Frame | null}} State  the id survives a change of pen
 */

/** @type {State} */
const EMPTY = { id: 0, strokes: [], backdrop: null, frame: null };

/** @param {State} state */
const isEmpty = (state) => state.strokes.length === 0 && state.backdrop === null;

export class Sheet {
  background = "#ffffff";
  /** @type {State[]} */
  #states = [EMPTY];
  #at = 0;
  #lastId = 0;

  get state() {
    return /** @type {State} */ (this.#states[this.#at]);
  }

  get strokes() {
    return this.state.strokes;
  }

  get backdrop() {
    return this.state.backdrop;
  }

  get frame() {
    return this.state.frame;
  }

  get isEmpty() {
    return isEmpty(this.state);
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** All states of this drawing, undone ones included; empty ones excluded. */
  get steps() {
    return this.#states.filter((state) => !isEmpty(state));
  }

  /** @param {Stroke} stroke */
  add(stroke) {
    this.#go({ ...this.state, strokes: [...this.strokes, stroke] });
  }

  /** Keeps only these strokes, after erasing. @param {readonly Stroke[]} strokes */
  keep(strokes) {
    this.#go({ ...this.state, strokes });
  }

  /** Frames the part of the picture to read; null is all of it. @param {Frame | null} frame */
  setFrame(frame) {
    this.#go({ ...this.state, frame });
  }

  /** Begins a new drawing with a picture. @param {Backdrop} backdrop */
  lay(backdrop) {
    this.#states = [EMPTY, { id: (this.#lastId += 1), strokes: [], backdrop, frame: null }];
    this.#at = 1;
  }

  clear() {
    if (!this.isEmpty) this.#go(EMPTY);
  }

  /** Returns whether there was a step to undo. */
  undo() {
    if (!this.canUndo) return false;
    this.#at -= 1;
    return true;
  }

  /** Returns whether there was a step to redo. */
  redo() {
    if (!this.canRedo) return false;
    this.#at += 1;
    return true;
  }

  /** Gives every stroke this colour or width, undone ones included. @param {{colour?: string, width?: number}} style */
  restyle(style) {
    this.#states = this.#states.map((state) => ({
      ...state,
      strokes: state.strokes.map((stroke) => ({ ...stroke, ...style })),
    }));
  }

  /** @param {State} next */
  #go(next) {
    const state = isEmpty(next) ? next : { ...next, id: (this.#lastId += 1) };
    this.#states = this.isEmpty ? [EMPTY, state] : [...this.#states.slice(0, this.#at + 1), state];
    this.#at = this.#states.length - 1;
  }
}
