/**
 * What the network sees, step by step: the picture with a box around the digit, the ink in that box, the 28×28 pixels,
 * and their values as numbers. Painted only while the section is open.
 *
 * @import {Glyph} from "./api.js"
 * @import {Shown} from "./reading_view.js"
 * @import {State} from "../pad/sheet.js"
 * @typedef {{background: string} & State} Ground  the content of the sheet that was read
 * @typedef {{drawing: Shown, glyph: Glyph, ground: Ground}} Seen
 */
import { inkOfGlyph, needsLightText, showInk } from "./ink.js";
import { part } from "../common/page.js";
import { paintSheet } from "../pad/canvas.js";
import { SIZE, fitInto } from "../pad/strokes.js";

const SIDE = 28;
const MARGIN = 6;
const FRAME = "#d2451e";

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));

export class NetworkView {
  /** @type {HTMLDetailsElement} */
  #details = part("network-view");
  /** @type {HTMLCanvasElement} */
  #picture = part("network-view-picture");
  /** @type {HTMLCanvasElement} */
  #ink = part("network-view-ink");
  /** @type {HTMLCanvasElement} */
  #points = part("network-view-points");
  #numbers = part("network-view-numbers");
  /** @type {Seen | null} */
  #seen = null;

  constructor() {
    this.#details.addEventListener("toggle", () => void this.#paint());
    // Open from the start if the stylesheet has room for the section beside the reading.
    this.#details.open = getComputedStyle(this.#details).getPropertyValue("--has-room") === "1";
  }

  /** @param {Shown | null} drawing @param {Glyph | null} glyph @param {Ground} ground */
  show(drawing, glyph, ground) {
    this.#seen = drawing && glyph && { drawing, glyph, ground };
    void this.#paint();
  }

  async #paint() {
    const seen = this.#seen;
    this.#details.classList.toggle("is-empty", !seen);
    if (!this.#details.open || !seen) return;
    this.#paintBox(seen);
    const image = new Image();
    image.src = seen.glyph.pixels;
    await image.decode().catch(() => {});
    if (seen === this.#seen && image.naturalWidth) this.#paintPoints(image);
  }

  /** @param {Seen} seen */
  #paintBox({ drawing, glyph, ground }) {
    const context = contextOf(this.#picture);
    const { x, y, scale } = fitInto(drawing.width, drawing.height);
    const [left, top, width, height] = glyph.box;
    /** @type {[x: number, y: number, width: number, height: number]} */
    const box = [x + left * scale - MARGIN, y + top * scale - MARGIN, width * scale + 2 * MARGIN, height * scale + 2 * MARGIN];
    paintSheet(context, ground);
    const side = Math.max(box[2], box[3]);
    const ink = contextOf(this.#ink);
    ink.fillStyle = ground.background;
    ink.fillRect(0, 0, SIZE, SIZE);
    const fit = fitInto(box[2], box[3]);
    ink.drawImage(this.#picture, ...box, fit.x, fit.y, (SIZE * box[2]) / side, (SIZE * box[3]) / side);
    const image = ink.getImageData(0, 0, SIZE, SIZE);
    showInk(image.data, SIZE, SIZE);
    ink.putImageData(image, 0, 0);
    context.strokeStyle = FRAME;
    context.lineWidth = 4;
    context.strokeRect(...box);
  }

  /** @param {HTMLImageElement} image */
  #paintPoints(image) {
    const context = contextOf(this.#points);
    context.drawImage(image, 0, 0, SIDE, SIDE);
    const inks = inkOfGlyph(context.getImageData(0, 0, SIDE, SIDE).data);
    if (!this.#numbers.children.length) this.#numbers.append(...inks.map(() => document.createElement("i")));
    inks.forEach((ink, index) => {
      const cell = /** @type {HTMLElement} */ (this.#numbers.children[index]);
      // Skip unchanged cells: writing them would cost a layout.
      if (cell.textContent === String(ink)) return;
      cell.textContent = String(ink);
      cell.style.setProperty("--ink", String(ink / 255));
      cell.classList.toggle("is-dark", needsLightText(ink));
    });
  }
}
