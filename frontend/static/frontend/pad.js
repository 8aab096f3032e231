/**
 * The pad: pointer events become strokes, and the canvas shows the sheet, crisp on any screen.
 *
 * @import {Point, Stroke} from "./strokes.js"
 * @import {Sheet} from "./sheet.js"
 * @typedef {{colour: string, width: number}} Pen
 */
import { paintPiece, paintSheet } from "./paint.js";
import { EVEN_PRESSURE, SIZE, isFarEnough, pieceAt, toSheet } from "./strokes.js";

export class Pad {
  #canvas;
  #context;
  #sheet;
  #pen;
  #onStroke;
  /** The one pointer that draws; a second finger or a palm is not it. @type {number | null} */
  #pointer = null;
  #began = 0;
  /** @type {DOMRect | null} */
  #shown = null;
  /** @type {Point[]} */
  #points = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{sheet: Sheet, pen: Pen, onStroke: (stroke: Stroke) => void}} parts  `pen` may change between strokes
   */
  constructor(canvas, { sheet, pen, onStroke }) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#sheet = sheet;
    this.#pen = pen;
    this.#onStroke = onStroke;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(end, (event) => this.#end(event));
    }
    this.#followSize();
  }

  /** The sheet as it is. An empty one is transparent: what lies behind the pad shows through. */
  redraw() {
    this.#context.clearRect(0, 0, SIZE, SIZE);
    if (!this.#sheet.isEmpty) paintSheet(this.#context, this.#sheet);
    this.#points.forEach((_, index) => this.#paintAt(index));
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#began = event.timeStamp;
    this.#shown = this.#canvas.getBoundingClientRect();
    if (this.#sheet.isEmpty) paintSheet(this.#context, this.#sheet);
    this.#points = [this.#pointOf(event)];
    this.#paintAt(0);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const each of coalesced.length ? coalesced : [event]) {
      const point = this.#pointOf(each);
      if (!isFarEnough(/** @type {Point} */ (this.#points.at(-1)), point)) continue;
      this.#points.push(point);
      this.#paintAt(this.#points.length - 1);
    }
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    const stroke = { ...this.#pen, points: this.#points };
    this.#points = [];
    this.#onStroke(stroke);
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf(event) {
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : EVEN_PRESSURE;
    const [x, y] = toSheet({ x: event.clientX, y: event.clientY }, /** @type {DOMRect} */ (this.#shown));
    return [x, y, Math.max(0, Math.round(event.timeStamp - this.#began)), Math.round(pressure * 100) / 100];
  }

  /** @param {number} index */
  #paintAt(index) {
    const [x, y, , pressure] = /** @type {Point} */ (this.#points[index]);
    const dot = { x0: x, y0: y, cx: x, cy: y, x1: x, y1: y, pressure };
    paintPiece(this.#context, index === 0 ? dot : pieceAt(this.#points, index), this.#pen);
  }

  /** As many pixels as the screen has under the canvas; a change of zoom or screen is a change of size too. */
  #followSize() {
    const observer = new ResizeObserver(([entry]) => {
      const about = this.#canvas.clientWidth * devicePixelRatio;
      const exact = entry?.devicePixelContentBoxSize?.[0]?.inlineSize ?? about;
      // An emulated screen (a browser's phone view) counts its own pixels there: then about is right.
      const side = Math.max(1, Math.round(Math.abs(exact - about) < 2 ? exact : about));
      this.#canvas.width = this.#canvas.height = side;
      this.#context.setTransform(side / SIZE, 0, 0, side / SIZE, 0, 0);
      this.#shown = this.#canvas.getBoundingClientRect();
      this.redraw();
    });
    try {
      observer.observe(this.#canvas, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(this.#canvas);
    }
  }
}
