/**
 * The frame over a picture on the pad: drawn, moved and resized with the pointer or by keys.
 *
 * While the tool is off, the frame is only shown, and the pen draws through it.
 *
 * @import {Bounds, Corner, Frame} from "./frame.js"
 * @import {Backdrop} from "./sheet.js"
 * @typedef {{onBegin: () => void, onFrame: (frame: Frame | null) => void, onLeave: () => void}} Listener
 *   `onBegin`: the frame is about to be changed; `onFrame`: the frame has changed and rests; `onLeave`: the tool was put away by Escape
 */
import { part } from "../common/page.js";
import { boundsOf, inTheMiddle, moved, resized, spanned } from "./frame.js";
import { SIZE, toSheet } from "./strokes.js";

/** How long the keys must rest before the frame is read. */
const REST_MS = 500;
const STEP = 3;
const KEYS = new Map([["ArrowLeft", [-STEP, 0]], ["ArrowRight", [STEP, 0]], ["ArrowUp", [0, -STEP]], ["ArrowDown", [0, STEP]]]);

export class FrameTool {
  #layer = part("frame-layer");
  #shown = part("frame");
  #remove = part("frame-remove");
  #listener;
  #isOn = false;
  /** @type {Bounds | null} */
  #bounds = null;
  /** As shown, and as the sheet has it. @type {Frame | null} */
  #frame = null;
  /** @type {Frame | null} */
  #kept = null;
  /** What the pointer does with the frame that it found. @type {{id: number, from: Corner, change: (to: Corner) => Frame | null} | null} */
  #gesture = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #resting;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#layer.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#layer.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      this.#layer.addEventListener(end, (event) => this.#end(event));
    }
    this.#shown.addEventListener("keydown", (event) => this.#press(event));
    this.#shown.addEventListener("blur", () => this.#keep());
    this.#remove.addEventListener("click", () => this.remove());
    document.addEventListener("keydown", (event) => this.#escape(event));
  }

  get isOn() {
    return this.#isOn;
  }

  /** Turns the tool on or off. @param {boolean} isOn */
  setOn(isOn) {
    this.#isOn = isOn && this.#bounds !== null;
    this.#paint();
  }

  /** A frame to begin with, for those who can't drag one; focuses it. */
  offer() {
    this.#listener.onBegin();
    if (!this.#isOn || !this.#bounds) return;
    if (!this.#frame) this.#change(inTheMiddle(this.#bounds));
    this.#shown.focus();
    this.#rest();
  }

  /** Shows a sheet's frame. @param {{backdrop: Backdrop | null, frame: Frame | null}} state */
  show({ backdrop, frame }) {
    clearTimeout(this.#resting);
    this.#resting = undefined;
    this.#gesture = null;
    this.#bounds = backdrop && boundsOf(backdrop);
    this.#kept = frame;
    this.#change(frame);
  }

  remove() {
    this.#listener.onBegin();
    this.#change(null);
    part("frame-tool").focus();
    this.#keep();
  }

  /** @param {Frame | null} frame */
  #change(frame) {
    this.#frame = frame;
    this.#paint();
  }

  #paint() {
    const frame = this.#frame;
    this.#shown.hidden = frame === null;
    this.#remove.hidden = frame === null || !this.#isOn;
    this.#shown.tabIndex = this.#isOn ? 0 : -1;
    if (!frame) return;
    for (const [index, name] of ["x", "y", "width", "height"].entries()) {
      this.#layer.style.setProperty(`--${name}`, String((frame[index] ?? 0) / SIZE));
    }
  }

  /** @param {PointerEvent} event */
  #at(event) {
    const [x, y] = toSheet({ x: event.clientX, y: event.clientY }, this.#layer.getBoundingClientRect());
    return /** @type {Corner} */ ([x, y]);
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    const { target } = event;
    if (this.#gesture || event.button !== 0 || !(target instanceof HTMLElement) || target.closest("button")) return;
    this.#listener.onBegin();
    const [bounds, frame, from] = [this.#bounds, this.#frame, this.#at(event)];
    if (!bounds) return;
    event.preventDefault();
    this.#layer.setPointerCapture(event.pointerId);
    this.#gesture = { id: event.pointerId, from, change: gestureOf(target.dataset["corner"], this.#shown.contains(target) ? frame : null, from, bounds) };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.#gesture?.id) return;
    if (event.buttons === 0) return this.#end(event); // as in pointer.js
    this.#change(this.#gesture.change(this.#at(event)) ?? this.#frame);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    if (event.pointerId !== this.#gesture?.id) return;
    this.#gesture = null;
    if (event.type === "pointercancel") return this.#change(this.#kept);
    if (this.#frame) this.#shown.focus({ preventScroll: true });
    this.#keep();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const by = KEYS.get(event.key);
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    this.#listener.onBegin();
    if (!this.#frame || !this.#bounds) return;
    event.preventDefault();
    const change = event.shiftKey ? resized : moved;
    this.#change(change(this.#frame, /** @type {[number, number]} */ (by), this.#bounds));
    this.#rest();
  }

  /** Escape drops what the pointer does, or else removes the frame, or else puts the tool away. @param {KeyboardEvent} event */
  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || !this.#isOn) return;
    event.preventDefault();
    if (this.#gesture) {
      this.#gesture = null;
      this.#change(this.#kept);
    } else if (this.#frame) this.remove();
    else this.#listener.onLeave();
  }

  #rest() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#keep(), REST_MS);
  }

  #keep() {
    clearTimeout(this.#resting);
    this.#resting = undefined;
    if (this.#gesture || String(this.#frame) === String(this.#kept)) return;
    this.#kept = this.#frame;
    this.#listener.onFrame(this.#frame);
  }
}

/**
 * What dragging from a place does: a corner resizes the frame, its inside moves it, and elsewhere a new one begins.
 *
 * @param {string | undefined} corner  such as "top left"
 * @param {Frame | null} frame  null elsewhere
 * @param {Corner} from
 * @param {Bounds} bounds
 * @returns {(to: Corner) => Frame | null}
 */
function gestureOf(corner, frame, from, bounds) {
  if (!frame) return (to) => spanned(from, to, bounds);
  const [x, y, width, height] = frame;
  if (!corner) return (to) => moved(frame, [to[0] - from[0], to[1] - from[1]], bounds);
  const [isLeft, isTop] = [corner.includes("left"), corner.includes("top")];
  const opposite = /** @type {const} */ ([isLeft ? x + width : x, isTop ? y + height : y]);
  const held = [isLeft ? x : x + width, isTop ? y : y + height];
  return (to) => spanned(opposite, [(held[0] ?? 0) + to[0] - from[0], (held[1] ?? 0) + to[1] - from[1]], bounds);
}
