/**
 * Saying what a drawing is, and taking it back.
 *
 * @import {Api} from "./api.js"
 * @import {Reader} from "./reader.js"
 * @import {ReadingView} from "./reading.js"
 */
import { ApiError } from "./api.js";
import { part, word } from "./page.js";
import { untilItWorks } from "./patience.js";

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
  /** The drawing that bears the label shown. @type {string | null} */
  #labelled = null;

  /**
   * @param {{api: Api, reader: Reader, view: ReadingView, isConsented: () => boolean, say: (text: string) => void}} parts
   *   `say` tells of trouble
   */
  constructor({ api, reader, view, isConsented, say }) {
    this.#api = api;
    this.#reader = reader;
    this.#view = view;
    this.#isConsented = isConsented;
    this.#say = say;
    this.#keys.forEach((key, index) => key.addEventListener("click", () => this.digit(KEYS[index] ?? "")));
    part("label-undo").addEventListener("click", () => this.#takeBack());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#label(String(new FormData(this.#form).get("text") ?? "").trim());
    });
  }

  /** The digit that is selected is this one; "" says that the whole is none. @param {string} digit */
  digit(digit) {
    const read = [...this.#view.text];
    if (digit === "" || read.length < 2) return this.#label(digit);
    read[this.#view.selected] = digit;
    return this.#label(read.join(""));
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

  /** @param {string} text */
  async #label(text) {
    if (this.#keys[0]?.disabled) return;
    const stored = this.#reader.stored;
    this.#reader.setLabelled(true);
    await this.#carefully(async () => {
      const drawing = await stored;
      if (!drawing) throw new ApiError(0, word("notStored"));
      await this.#patiently(() => this.#api.label(drawing.id, text));
      if (stored !== this.#reader.stored) return;
      this.#labelled = drawing.id;
      this.#becomes.textContent = word(this.#isConsented() ? "thanksLearn" : "thanks", {
        text: text || word("noDigit"),
      });
      this.#thanks.hidden = false;
      KEYS.forEach((digit, index) => this.#keys[index]?.setAttribute("aria-pressed", String(digit === text)));
    });
  }

  async #takeBack() {
    const id = this.#labelled;
    if (id === null) return;
    await this.#carefully(async () => {
      await this.#patiently(() => this.#api.unlabel(id));
      if (this.#labelled !== id) return;
      this.#reader.setLabelled(false);
      this.reset();
      this.#say(word("takenBack"));
    });
  }

  /** @param {() => Promise<void>} act */
  async #carefully(act) {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#reader.setLabelled(this.#labelled !== null);
      this.#say(error.message || word("refused"));
    }
  }

  /** @param {() => Promise<unknown>} attempt */
  async #patiently(attempt) {
    let hasFailed = false;
    await untilItWorks(attempt, {
      onTrouble: () => {
        hasFailed = true;
        this.#say(word("offline"));
      },
    });
    if (hasFailed) this.#say("");
  }
}
