/**
 * Saying what a drawing is, and taking it back.
 *
 * @import {Api, Drawing} from "./api.js"
 * @import {Reader} from "./reader.js"
 * @import {ReadingView} from "./reading.js"
 */
import { ApiError } from "./api.js";
import { Order } from "./order.js";
import { part, word } from "./page.js";
import { untilItWorks } from "./patience.js";

const KEYS = [..."0123456789", ""];

export class Labels {
  #api;
  #reader;
  #view;
  #isConsented;
  #tell;
  #keys = KEYS.map((digit) => /** @type {HTMLButtonElement} */ (part(`label-${digit || "none"}`)));
  /** @type {HTMLFormElement} */
  #form = part("label-form");
  #thanks = part("thanks");
  #becomes = part("thanks-text");
  /** The drawing that bears the label shown. @type {string | null} */
  #labelled = null;
  #order = new Order();

  /**
   * @param {{api: Api, reader: Reader, view: ReadingView, isConsented: () => boolean, say: (text: string) => void}} parts
   *   `say` tells of trouble
   */
  constructor({ api, reader, view, isConsented, say }) {
    this.#api = api;
    this.#reader = reader;
    this.#view = view;
    this.#isConsented = isConsented;
    this.#tell = say;
    this.#keys.forEach((key, index) => key.addEventListener("click", () => this.digit(KEYS[index] ?? "")));
    part("label-undo").addEventListener("click", () => this.#takeBack());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = String(new FormData(this.#form).get("text") ?? "").trim();
      this.#label(() => text);
    });
  }

  /** The digit that is selected is this one; "" says that the whole is none. @param {string} digit */
  digit(digit) {
    const { text, selected } = this.#view;
    this.#label((drawing) => corrected(text, selected, digit, drawing.prediction?.text ?? ""));
  }

  /** @param {boolean} isPossible  whether there is a drawing */
  setPossible(isPossible) {
    for (const control of [...this.#keys, ...this.#form.elements]) {
      /** @type {HTMLButtonElement} */ (control).disabled = !isPossible;
    }
  }

  /** The drawing has changed: what was said was said of the one before. */
  reset() {
    this.#labelled = null;
    this.#thanks.hidden = true;
    for (const key of this.#keys) key.setAttribute("aria-pressed", "false");
  }

  /** @param {(drawing: Drawing) => string} textOf */
  #label(textOf) {
    if (this.#keys[0]?.disabled) return;
    const { stored } = this.#reader;
    this.#reader.setLabelled(true);
    this.#say(async (drawing, signal) => {
      const text = textOf(drawing);
      await this.#patiently(() => this.#api.label(drawing.id, text), signal);
      if (stored === this.#reader.stored) this.#show(drawing.id, text);
    });
  }

  /** @param {string} id @param {string} text */
  #show(id, text) {
    this.#labelled = id;
    this.#becomes.textContent = word(this.#isConsented() ? "thanksLearn" : "thanks", { text: text || word("noDigit") });
    this.#thanks.hidden = false;
    KEYS.forEach((digit, index) => this.#keys[index]?.setAttribute("aria-pressed", String(digit === text)));
  }

  /** The drawing on the pad is one that its visitor has spoken of before. @param {Drawing} drawing */
  recall({ id, label }) {
    if (label?.by === "visitor" && label.state === "proposed") this.#show(id, label.text);
  }

  #takeBack() {
    const id = this.#labelled;
    if (id === null) return;
    this.#say(async (_, signal) => {
      await this.#patiently(() => this.#api.unlabel(id), signal);
      if (signal.aborted || this.#labelled !== id) return;
      this.#reader.setLabelled(false);
      this.reset();
      this.#tell(word("takenBack"));
    });
  }

  /** @param {(drawing: Drawing, signal: AbortSignal) => Promise<void>} send */
  #say(send) {
    const { stored } = this.#reader;
    this.#order.add(stored, async (signal) => {
      try {
        const drawing = await stored;
        if (!drawing) throw new ApiError(0, word("notStored"));
        if (!signal.aborted) await send(drawing, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (stored === this.#reader.stored) this.#reader.setLabelled(this.#labelled !== null);
        this.#tell(error.message || word("refused"));
      }
    });
  }

  /** @param {() => Promise<unknown>} attempt @param {AbortSignal} signal  ends the waiting, not what is under way */
  async #patiently(attempt, signal) {
    let hasFailed = false;
    const onTrouble = () => {
      hasFailed = true;
      this.#tell(word("offline"));
    };
    try {
      await untilItWorks(attempt, { signal, onTrouble });
    } finally {
      if (hasFailed) this.#tell("");
    }
  }
}

/**
 * The digit at a place of what was shown, corrected. What was read anew meanwhile may have other digits there: then
 * whoever pressed looks again.
 *
 * @param {string} shown @param {number} place @param {string} digit @param {string} read  by now
 */
function corrected(shown, place, digit, read) {
  if (digit === "" || (shown.length < 2 && read.length < 2)) return digit;
  if (shown !== read) throw new ApiError(409, word("readAnew"));
  return shown.slice(0, place) + digit + shown.slice(place + 1);
}
