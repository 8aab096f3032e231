/**
 * Several pictures at once: each is a drawing of its own, sent and read beside the others, a few at a time. Choosing
 * one lays it on the pad, as the drawing that it already is.
 *
 * @import {Content, Drawing} from "./api.js"
 * @import {Desk} from "./desk.js"
 * @import {Place} from "./place.js"
 */
import { Entry } from "./entry.js";
import { part, word } from "./page.js";
import { Reader } from "./reader.js";
import { inWords } from "./reading.js";
import { isTooLarge, pictureIn, pictureOf } from "./upload.js";

const AT_ONCE = 2;

export class Batch {
  #desk;
  #place;
  #panel = part("pictures");
  #list = part("picture-list");
  #tally = part("picture-tally");
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Entry[]} */
  #waiting = [];
  #running = 0;
  /** The one that is laid on the pad. @type {Entry | null} */
  #chosen = null;

  /** @param {Desk} desk @param {Place} place */
  constructor(desk, place) {
    this.#desk = desk;
    this.#place = place;
    part("pictures-close").addEventListener("click", () => this.#close());
  }

  /** @param {readonly File[]} files */
  read(files) {
    this.#panel.hidden = false;
    if (this.#desk.sheet.isEmpty) this.#mark(null);
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
    try {
      for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
        await this.#readOne(entry);
        this.#count();
      }
    } finally {
      this.#running -= 1;
    }
  }

  /** @param {Entry} entry */
  async #readOne(entry) {
    if (isTooLarge(entry.file)) return entry.say("refused", word("tooLarge"));
    const reader = new Reader(this.#desk.api, {
      onReading: (drawing) => {
        const { prediction } = drawing;
        entry.say(prediction?.sure ? "sure" : "unsure", inWords(drawing), prediction?.text);
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
    const { sheet, pad } = this.#desk;
    if (sheet.isEmpty && !pad.isInUse() && !this.#chosen) await this.#choose(entry, drawing, content);
  }

  /** @param {Entry} chosen @param {Drawing} first  as it was read in the list @param {Content} content */
  async #choose(chosen, first, content) {
    const { api, reader } = this.#desk;
    const isAwaited = this.#place.claim();
    this.#mark(chosen);
    const kept = () => pictureOf(first, chosen.file, "upload");
    const [drawing, picture] = await Promise.all([
      api.get(first.id).catch(() => null),
      pictureIn(chosen.file, "upload").then((shown) => shown ?? kept()),
    ]);
    if (!isAwaited() || !picture) {
      if (chosen === this.#chosen) this.#mark(null);
      if (!picture) this.#desk.say(word("notShown"));
      return;
    }
    // Where it was drawn over since, that drawing shows more than this picture.
    if (drawing?.revision === first.revision && !reader.hasRevised(first.id)) this.#place.resume(drawing, picture, content);
    else this.#place.lay(picture);
  }

  /** @param {Entry | null} chosen */
  #mark(chosen) {
    this.#chosen = chosen;
    for (const entry of this.#entries) entry.button.setAttribute("aria-pressed", String(entry === chosen));
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
