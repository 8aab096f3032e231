/**
 * The drawing as data: strokes, perhaps over a picture. What is shown and what is sent are made from it.
 *
 * Every change makes a new state and keeps the one before, so that undo, redo and an undone "clear" are one
 * mechanism. A stroke on an empty sheet begins a new drawing, which the one before it cannot be undone into.
 *
 * @import {Stroke} from "./strokes.js"
 * @typedef {"upload" | "camera"} Origin
 * @typedef {{width: number, height: number, source: CanvasImageSource, file: Blob, from: Origin}} Backdrop  a picture
 * @typedef {{id: number, strokes: readonly Stroke[], backdrop: Backdrop | null}} State  the id outlives a change of pen
 */

/** @type {State} */
const EMPTY = { id: 0, strokes: [], backdrop: null };

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

  get isEmpty() {
    return isEmpty(this.state);
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  /** Every state there was of this drawing, the undone ones too; an emptied sheet is none. */
  get steps() {
    return this.#states.filter((state) => !isEmpty(state));
  }

  /** @param {Stroke} stroke */
  add(stroke) {
    this.#go({ ...this.state, strokes: [...this.strokes, stroke] });
  }

  /** The eraser has left these of them. @param {readonly Stroke[]} strokes */
  keep(strokes) {
    this.#go({ ...this.state, strokes });
  }

  /** A picture is a new drawing. @param {Backdrop} backdrop */
  lay(backdrop) {
    this.#states = [EMPTY, { id: (this.#lastId += 1), strokes: [], backdrop }];
    this.#at = 1;
  }

  clear() {
    if (!this.isEmpty) this.#go(EMPTY);
  }

  /** Whether there was a step to take back. */
  undo() {
    if (!this.canUndo) return false;
    this.#at -= 1;
    return true;
  }

  /** Whether there was a step to take again. */
  redo() {
    if (!this.canRedo) return false;
    this.#at += 1;
    return true;
  }

  /** Every stroke in this colour or width, the undone ones too. @param {{colour?: string, width?: number}} style */
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
