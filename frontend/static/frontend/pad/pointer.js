/**
 * Pointer events of the pad (mouse, finger or stylus) as points of the sheet. Only one pointer draws at a time.
 *
 * A second finger is ignored, and so is a palm: a touch as broad as a hand, or any touch while a stylus is in use.
 * If the palm comes down first, the stylus takes over from it.
 *
 * @import {Point} from "./strokes.js"
 * @typedef {{onBegin: (point: Point, isEraserEnd: boolean) => void, onMove: (points: Point[]) => void,
 *   onEnd: () => void, onDrop: () => void}} Listener  `onDrop`: the stroke begun was a palm's touch
 */
import { EVEN_PRESSURE, toSheet } from "./strokes.js";

const PALM_PX = 70;
const STYLUS_RESTS_MS = 2500;
const TIP = 0;
const ERASER_END = 5;

export class Pointer {
  #canvas;
  #listener;
  /** @type {PointerEvent | null} */
  #first = null;
  #stylusAt = -Infinity;
  /** @type {DOMRect | null} */
  #shown = null;

  /** @param {HTMLCanvasElement} canvas @param {Listener} listener */
  constructor(canvas, listener) {
    this.#canvas = canvas;
    this.#listener = listener;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(end, (event) => this.#end(event));
    }
  }

  /** The canvas has moved or changed size. */
  remeasure() {
    this.#shown = this.#canvas.getBoundingClientRect();
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if ((event.button !== TIP && event.button !== ERASER_END) || this.#isPalm(event)) return;
    const isStylus = event.pointerType === "pen";
    if (this.#first) {
      if (!isStylus || this.#first.pointerType !== "touch") return;
      this.#listener.onDrop();
    }
    if (isStylus) this.#stylusAt = event.timeStamp;
    this.#first = event;
    this.#canvas.setPointerCapture(event.pointerId);
    this.remeasure();
    this.#listener.onBegin(this.#pointOf(event), event.button === ERASER_END);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "pen") this.#stylusAt = event.timeStamp;
    if (event.pointerId !== this.#first?.pointerId) return;
    // The button was released where the browser didn’t see it: behind a dialog or another window.
    if (event.buttons === 0) return this.#end(event);
    const coalesced = event.getCoalescedEvents?.() ?? [];
    this.#listener.onMove((coalesced.length ? coalesced : [event]).map((each) => this.#pointOf(each)));
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (event.pointerId !== this.#first?.pointerId) return;
    this.#first = null;
    this.#listener.onEnd();
  }

  /** @param {PointerEvent} event */
  #isPalm({ pointerType, width, height, timeStamp }) {
    if (pointerType !== "touch") return false;
    return Math.max(width, height) > PALM_PX || timeStamp - this.#stylusAt < STYLUS_RESTS_MS;
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf(event) {
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? event.pressure : EVEN_PRESSURE;
    const [x, y] = toSheet({ x: event.clientX, y: event.clientY }, /** @type {DOMRect} */ (this.#shown));
    const since = event.timeStamp - (this.#first?.timeStamp ?? event.timeStamp);
    return [x, y, Math.max(0, Math.round(since)), Math.round(pressure * 100) / 100];
  }
}
