/**
 * The reading on the page: its text, confidence, ten probability bars, the network's input and the digits' boxes.
 *
 * @import {Drawing, Glance, Glyph} from "./api.js"
 * @import {Ground} from "./network_view.js"
 * @typedef {Drawing | (Glance & {mode: string, ground: Ground})} Shown  a drawing, or an unfinished one
 */
import { Bars } from "./bars.js";
import { Boxes } from "./boxes.js";
import { percent } from "../common/format.js";
import { part, word } from "../common/page.js";

export class ReadingView {
  #card = part("reading-card");
  #text = part("reading");
  #confidence = part("confidence");
  /** @type {HTMLImageElement} */
  #modelView = part("model-view");
  #glyphs = part("glyphs");
  #bars = new Bars();
  #several = part("several");
  #boxes = new Boxes(part("boxes"));
  /** @type {Shown | null} */
  #drawing = null;
  #selected = 0;
  #onGlyph;

  /** @param {(drawing: Shown | null, glyph: Glyph | null) => void} onGlyph  called when another digit is shown, or none */
  constructor(onGlyph) {
    this.#onGlyph = onGlyph;
  }

  /** The index in the text of the digit that the bars show. */
  get selected() {
    return this.#selected;
  }

  get text() {
    return this.#text.textContent ?? "";
  }

  /** @param {Shown} drawing */
  show(drawing) {
    this.#drawing = drawing;
    const prediction = drawing.prediction;
    const text = prediction?.text ?? "";
    if (this.#text.textContent !== text) {
      this.#text.textContent = text;
      this.#selected = 0;
    }
    if ("revision" in drawing) this.#text.dataset["revision"] = String(drawing.revision);
    else this.#showUnfinished();
    this.#text.dataset["length"] = text.length > 2 ? "long" : "short";
    this.#card.dataset["state"] = stateOf(drawing);
    this.#confidence.textContent = confidenceInWords(drawing);
    this.#several.hidden = !prediction?.several;
    this.#showGlyphs();
  }

  /** @param {string} [words] */
  clear(words = word("empty")) {
    this.#drawing = null;
    this.#text.textContent = "";
    delete this.#text.dataset["revision"];
    this.#card.dataset["state"] = "empty";
    this.#confidence.textContent = words;
    this.#several.hidden = true;
    this.#showGlyphs();
  }

  /** Whether a newer reading is expected. @param {boolean} isPending */
  setPending(isPending) {
    this.#card.setAttribute("aria-busy", String(isPending));
    this.#card.classList.toggle("is-waiting", isPending);
  }

  /** The pen is down: screen readers announce nothing until it is up. */
  #showUnfinished() {
    delete this.#text.dataset["revision"];
    this.#card.setAttribute("aria-busy", "true");
  }

  #showGlyphs() {
    const glyphs = this.#drawing?.prediction?.glyphs ?? [];
    const glyph = glyphs[this.#selected];
    this.#bars.show(glyph?.probabilities ?? null);
    if (glyph) this.#modelView.src = glyph.pixels;
    else this.#modelView.removeAttribute("src");
    this.#modelView.alt = glyph ? word("seen", { digit: String(glyph.digit) }) : "";
    this.#onGlyph(this.#drawing, glyph ?? null);
    this.#boxes.show(this.#drawing?.mode === "number" ? this.#drawing : null, this.#selected);
    this.#glyphs.replaceChildren(...(glyphs.length > 1 ? glyphs.map((each, index) => this.#chip(each, index)) : []));
  }

  /** @param {Glyph} glyph @param {number} index */
  #chip(glyph, index) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = String(glyph.digit);
    chip.setAttribute("aria-pressed", String(index === this.#selected));
    chip.setAttribute("aria-label", word("chip", { digit: String(glyph.digit), place: String(index + 1) }));
    chip.addEventListener("click", () => {
      this.#selected = index;
      this.#showGlyphs();
      /** @type {HTMLElement | undefined} */ (this.#glyphs.children[index])?.focus();
    });
    return chip;
  }
}

/** As `frontend.presentation.Card` names it. @param {Shown} drawing */
function stateOf(drawing) {
  if ("failure" in drawing && drawing.failure) return "failed";
  if (!drawing.prediction?.text) return "nothing";
  return drawing.prediction.sure ? "sure" : "unsure";
}

/** The confidence in words, or why there is none. @param {Shown} drawing */
export function confidenceInWords(drawing) {
  if ("failure" in drawing && drawing.failure) return drawing.failure;
  const { prediction } = drawing;
  if (!prediction) return "";
  if (prediction.text === "") return word(prediction.sure ? "nothing" : "unreadable");
  const figure = prediction.confidence === null ? "" : percent(prediction.confidence);
  return word(prediction.sure ? "sure" : "unsure", { percent: figure });
}
