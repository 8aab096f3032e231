/**
 * The pad: paints the sheet at the screen's resolution, and turns pointer input into strokes and erasures.
 *
 * @import {Point, Stroke} from "./strokes.js"
 * @import {Sheet, State} from "./sheet.js"
 * @typedef {{colour: string, width: number, spare: string[]}} Pen  `spare`: inks for pictures that would hide the colour
 * @typedef {{onBegin: () => void, onEnd: () => void, onStroke: (stroke: Stroke) => void,
 *   onErase: (kept: readonly Stroke[]) => void, onDrop: () => void}} Listener  `onDrop`: the stroke begun was not one, such as a palm's touch
 */
import { inkOn } from "./colours.js";
import { untouched } from "./eraser.js";
import { paintPiece, paintSheet } from "./canvas.js";
import { Pointer } from "./pointer.js";
import { SIZE, isFarEnough, pieceAt } from "./strokes.js";

export class Pad {
  isErasing = false;
  /** Whether the visitor is drawing or erasing. */
  isInUse = () => this.#points.length > 0 || this.#kept !== null;
  #canvas;
  #context;
  #sheet;
  #pen;
  #listener;
  #pointer;
  /** The unfinished stroke, and its ink. @type {Point[]} */
  #points = [];
  #ink = { colour: "", width: 0 };
  /** The eraser's path since the last frame, and the strokes it has left; null when not erasing. @type {Point[]} */
  #rubbed = [];
  #kept = /** @type {readonly Stroke[] | null} */ (null);
  #older = /** @type {State | null} */ (null);

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{sheet: Sheet, pen: Pen} & Listener} parts  `pen` may change between strokes
   */
  constructor(canvas, { sheet, pen, ...listener }) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#sheet = sheet;
    this.#pen = pen;
    this.#listener = listener;
    this.#pointer = new Pointer(canvas, {
      onBegin: (point, isEraserEnd) => this.#begin(point, this.isErasing || isEraserEnd),
      onMove: (points) => (this.#kept ? this.#rub(points) : this.#draw(points)),
      onEnd: () => this.#end(),
      onDrop: () => {
        this.#drop();
        this.redraw();
        this.#listener.onDrop();
      },
    });
    this.#followSize();
  }

  /** The unfinished stroke. @returns {Stroke | null} */
  get inHand() {
    return this.#points.length ? { ...this.#ink, points: [...this.#points] } : null;
  }

  /** Paints the sheet, or an older state of it. An empty sheet is transparent, to show the hint text behind the pad. @param {State | null} [older] */
  redraw(older = null) {
    this.#older = older;
    const { background, isEmpty, state } = this.#sheet;
    this.#context.clearRect(0, 0, SIZE, SIZE);
    if (!isEmpty) paintSheet(this.#context, { background, ...(older ?? state), ...(this.#kept && { strokes: this.#kept }) });
    this.#points.forEach((_, index) => this.#paintAt(index));
  }

  /** @param {Point} point @param {boolean} isErasing */
  #begin(point, isErasing) {
    this.#listener.onBegin();
    if (isErasing) {
      this.#kept = this.#sheet.strokes;
      this.#rub([point, point]);
      return;
    }
    if (this.#sheet.isEmpty) paintSheet(this.#context, this.#sheet);
    this.#ink = { colour: inkOn(this.#sheet, this.#pen), width: this.#pen.width };
    this.#points = [point];
    this.#paintAt(0);
  }

  /** @param {Point[]} points */
  #draw(points) {
    for (const point of points) {
      if (!isFarEnough(/** @type {Point} */ (this.#points.at(-1)), point)) continue;
      this.#points.push(point);
      this.#paintAt(this.#points.length - 1);
    }
  }

  /** @param {Point[]} points */
  #rub(points) {
    if (this.#rubbed.length < 2) requestAnimationFrame(() => this.#erase());
    this.#rubbed.push(...points);
  }

  /** Removes the strokes that the eraser has touched since the last frame. */
  #erase() {
    const before = this.#kept;
    if (!before) return;
    this.#rubbed.forEach((to, index) => {
      this.#kept = untouched(this.#kept ?? [], this.#rubbed[index - 1] ?? to, to);
    });
    this.#rubbed = this.#rubbed.slice(-1);
    if (this.#kept?.length !== before.length) this.redraw();
  }

  #end() {
    this.#erase();
    const [points, kept] = [this.#points, this.#kept];
    this.#drop();
    this.#listener.onEnd();
    if (!kept) this.#listener.onStroke({ ...this.#ink, points });
    else if (kept.length < this.#sheet.strokes.length) this.#listener.onErase(kept);
  }

  #drop() {
    this.#points = this.#rubbed = [];
    this.#kept = null;
  }

  /** @param {number} index */
  #paintAt(index) {
    const [x, y, , pressure] = /** @type {Point} */ (this.#points[index]);
    const dot = { x0: x, y0: y, cx: x, cy: y, x1: x, y1: y, pressure };
    paintPiece(this.#context, index === 0 ? dot : pieceAt(this.#points, index), this.#ink);
  }

  /** Gives the canvas as many pixels as the screen has under it, also after a change of zoom or screen. */
  #followSize() {
    const observer = new ResizeObserver(([entry]) => {
      const about = this.#canvas.clientWidth * devicePixelRatio;
      const exact = entry?.devicePixelContentBoxSize?.[0]?.inlineSize ?? about;
      // An emulated screen (a browser's phone view) reports different pixels there; use `about` instead.
      const side = Math.max(1, Math.round(Math.abs(exact - about) < 2 ? exact : about));
      this.#canvas.width = this.#canvas.height = side;
      this.#context.setTransform(side / SIZE, 0, 0, side / SIZE, 0, 0);
      this.#pointer.remeasure();
      this.redraw(this.#older);
    });
    try {
      observer.observe(this.#canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.#canvas);
    }
  }
}
