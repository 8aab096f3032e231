/**
 * Several pictures at once: each is a drawing of its own, sent and read beside the others, a few at a time. Choosing
 * one lays it on the pad, as the drawing that it already is.
 *
 * @import {Content, Drawing} from "./api.js"
 * @import {Desk} from "./desk.js"
 */
import { Entry } from "./entry.js";
import { part, percent, word } from "./page.js";
import { Reader } from "./reader.js";
import { pictureIn, pictureOf } from "./upload.js";

const AT_ONCE = 2;

export class Batch {
  #desk;
  #panel = part("pictures");
  #list = part("picture-list");
  #tally = part("picture-tally");
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Entry[]} */
  #waiting = [];
  #running = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    part("pictures-close").addEventListener("click", () => this.#close());
  }

  /** @param {readonly File[]} files */
  read(files) {
    this.#panel.hidden = false;
    const entries = files.map((file) => new Entry(file));
    for (const entry of entries) entry.say("waiting", word("pictureWaits"));
    this.#list.append(...entries.map(({ item }) => item));
    this.#entries.push(...entries);
    this.#waiting.push(...entries);
    this.#count();
    while (this.#running < AT_ONCE && this.#waiting.length) void this.#work();
  }

  /** Reads what waits, one after the other. */
  async #work() {
    this.#running += 1;
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      await this.#readOne(entry);
      this.#count();
    }
    this.#running -= 1;
  }

  /** @param {Entry} entry */
  async #readOne(entry) {
    const reader = new Reader(this.#desk.api, {
      onReading: ({ prediction }) => {
        const words = prediction?.confidence == null ? word("nothing") : percent(prediction.confidence);
        entry.say(prediction?.sure ? "sure" : "unsure", words, prediction?.text);
      },
      onWaiting: () => entry.say("reading", word("pictureReading")),
      onTrouble: () => entry.say("reading", word("pictureReading")),
      onRefused: (error) => entry.say("refused", error.message || word("refused")),
    });
    const content = { ...this.#desk.terms, source: "upload", image: entry.file };
    entry.say("reading", word("pictureReading"));
    reader.read(content);
    const drawing = await reader.stored;
    if (!drawing) return;
    entry.offer(drawing.image_url);
    entry.button.addEventListener("click", () => void this.#choose(entry, drawing, content));
    if (this.#desk.sheet.isEmpty) await this.#choose(entry, drawing, content);
  }

  /** @param {Entry} chosen @param {Drawing} drawing @param {Content} content */
  async #choose(chosen, drawing, content) {
    for (const entry of this.#entries) entry.button.setAttribute("aria-pressed", String(entry === chosen));
    const picture = (await pictureIn(chosen.file, "upload")) ?? (await pictureOf(drawing, chosen.file, "upload"));
    if (chosen.button.getAttribute("aria-pressed") === "true") this.#desk.resume(drawing, picture, content);
  }

  #count() {
    const done = this.#entries.filter((entry) => entry.isSettled).length;
    this.#tally.textContent = word("tally", { done: String(done), count: String(this.#entries.length) });
  }

  /** What waits still is not sent; what was sent stays in the history. */
  #close() {
    for (const entry of this.#entries) entry.forget();
    this.#entries = this.#waiting = [];
    this.#panel.hidden = true;
    part("upload").focus();
  }
}
