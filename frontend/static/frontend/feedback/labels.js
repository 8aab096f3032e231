/**
 * Labels: the visitor says what the drawing is, and can withdraw the answer.
 *
 * @import {Api, Drawing} from "../reading/api.js"
 * @import {Reader} from "../reading/reader.js"
 * @import {ReadingView} from "../reading/reading_view.js"
 */
import { ApiError } from "../reading/api.js";
import { SendQueue } from "./send_queue.js";
import { part, word } from "../common/page.js";
import { retry } from "../reading/retry.js";

const KEYS = [..."0123456789", ""];

export class Labels {
  #api;
  #reader;
  #view;
  #isConsented;
  #say;
  #keys = KEYS.map((digit) => /** @type {HTMLButtonElement} */ (part(`label-${digit || "none"}`)));
  /** @type {HTMLFormElement} */
  #form = part("label-form");
  #thanks = part("thanks");
  #becomes = part("thanks-text");
  /** The id of the drawing whose label is shown. @type {string | null} */
  #labelled = null;
  #queue = new SendQueue();

  /**
   * @param {{api: Api, reader: Reader, view: ReadingView, isConsented: () => boolean, say: (text: string) => void}} parts
   *   `say` shows errors
   */
  constructor({ api, reader, view, isConsented, say }) {
    this.#api = api;
    this.#reader = reader;
    this.#view = view;
    this.#isConsented = isConsented;
    this.#say = say;
    this.#keys.forEach((key, index) => key.addEventListener("click", () => this.digit(KEYS[index] ?? "")));
    part("label-undo").addEventListener("click", () => this.#withdraw());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = String(new FormData(this.#form).get("text") ?? "").trim();
      this.#label(() => text);
    });
  }

  /** Labels the selected digit; "" labels the whole drawing as not a digit. @param {string} digit */
  digit(digit) {
    const { text, selected } = this.#view;
    this.#label((drawing) => corrected(text, selected, digit, drawing.prediction?.text ?? ""));
  }

  /** @param {boolean} isPossible  whether there is a drawing to label */
  setPossible(isPossible) {
    for (const control of [...this.#keys, ...this.#form.elements]) {
      /** @type {HTMLButtonElement} */ (control).disabled = !isPossible;
    }
  }

  /** The drawing has changed, so its old label no longer applies. */
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
    this.#enqueue(async (drawing, signal) => {
      const text = textOf(drawing);
      await this.#retry(() => this.#api.label(drawing.id, text), signal);
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

  /** Shows the label that the visitor gave this drawing before. @param {Drawing} drawing */
  recall({ id, label }) {
    if (label?.by === "visitor" && label.state === "proposed") this.#show(id, label.text);
  }

  #withdraw() {
    const id = this.#labelled;
    if (id === null) return;
    this.#enqueue(async (_, signal) => {
      await this.#retry(() => this.#api.unlabel(id), signal);
      if (signal.aborted || this.#labelled !== id) return;
      this.#reader.setLabelled(false);
      this.reset();
      this.#say(word("takenBack"));
    });
  }

  /** @param {(drawing: Drawing, signal: AbortSignal) => Promise<void>} send */
  #enqueue(send) {
    const { stored } = this.#reader;
    this.#queue.add(stored, async (signal) => {
      try {
        const drawing = await stored;
        if (!drawing) throw new ApiError(0, word("notStored"));
        if (!signal.aborted) await send(drawing, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (stored === this.#reader.stored) this.#reader.setLabelled(this.#labelled !== null);
        this.#say(error.message || word("refused"));
      }
    });
  }

  /** @param {() => Promise<unknown>} attempt @param {AbortSignal} signal  ends the retries, not a request under way */
  async #retry(attempt, signal) {
    let hasFailed = false;
    const onTrouble = () => {
      hasFailed = true;
      this.#say(word("offline"));
    };
    try {
      await retry(attempt, { signal, onTrouble });
    } finally {
      if (hasFailed) this.#say("");
    }
  }
}

/**
 * The text with one digit corrected. Throws if a newer reading differs, because the visitor must check it first.
 *
 * @param {string} shown @param {number} index @param {string} digit @param {string} read  the newest reading
 */
function corrected(shown, index, digit, read) {
  if (digit === "" || (shown.length < 2 && read.length < 2)) return digit;
  if (shown !== read) throw new ApiError(409, word("readAnew"));
  return shown.slice(0, index) + digit + shown.slice(index + 1);
}
