/**
 * Several pictures at once. Each becomes its own drawing; a few are sent and read at a time. Choosing a picture from
 * the list lays it on the pad, as the same drawing.
 *
 * @import {Content, Drawing} from "../reading/api.js"
 * @import {Pad} from "../pad/pad.js"
 * @import {Sheet} from "../pad/sheet.js"
 * @import {Api} from "../reading/api.js"
 * @import {Placement} from "./placement.js"
 * @typedef {{api: Api, sheet: Pick<Sheet, "isEmpty">, pad: Pick<Pad, "isInUse">, reader: Pick<Reader, "hasRevised">,
 *   terms: {mode: string, consent: boolean}, say: (text: string) => void}} Host
 */
import { BatchEntry } from "./batch_entry.js";
import { part, word } from "../common/page.js";
import { Reader } from "../reading/reader.js";
import { confidenceInWords } from "../reading/reading_view.js";
import { isTooLarge, pictureIn, pictureOf } from "./picture_files.js";

const AT_ONCE = 2;

export class Batch {
  #page;
  #place;
  #panel = part("pictures");
  #list = part("picture-list");
  #tally = part("picture-tally");
  /** @type {BatchEntry[]} */
  #entries = [];
  /** @type {BatchEntry[]} */
  #waiting = [];
  #running = 0;
  /** The entry on the pad. @type {BatchEntry | null} */
  #chosen = null;

  /** @param {Host} page @param {Placement} place */
  constructor(page, place) {
    this.#page = page;
    this.#place = place;
    part("pictures-close").addEventListener("click", () => this.#close());
  }

  /** @param {readonly File[]} files */
  read(files) {
    this.#panel.hidden = false;
    if (this.#page.sheet.isEmpty) this.#mark(null);
    const entries = files.map((file) => new BatchEntry(file));
    for (const entry of entries) entry.say("waiting", word("pictureWaits"));
    this.#list.append(...entries.map(({ item }) => item));
    this.#entries.push(...entries);
    this.#waiting.push(...entries);
    this.#count();
    while (this.#running < AT_ONCE && this.#waiting.length) void this.#work();
  }

  /** Reads the waiting pictures, one after the other. */
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

  /** @param {BatchEntry} entry */
  async #readOne(entry) {
    if (isTooLarge(entry.file)) return entry.say("refused", word("tooLarge"));
    const reader = new Reader(this.#page.api, {
      onReading: (drawing) => {
        const { prediction } = drawing;
        entry.say(prediction?.sure ? "sure" : "unsure", confidenceInWords(drawing), prediction?.text);
      },
      onWaiting: () => entry.say("reading", word("pictureReading")),
      onTrouble: () => entry.say("reading", word("pictureReading")),
      onRefused: (error) => entry.say("refused", error.message || word("refused")),
    });
    const content = { ...this.#page.terms, source: "upload", image: entry.file };
    entry.say("reading", word("pictureReading"));
    reader.read(content);
    const drawing = await reader.stored;
    if (!drawing) return;
    entry.offer(drawing.image_url);
    entry.button.addEventListener("click", () => void this.#choose(entry, drawing, content));
    const { sheet, pad } = this.#page;
    if (sheet.isEmpty && !pad.isInUse() && !this.#chosen) await this.#choose(entry, drawing, content);
  }

  /** @param {BatchEntry} chosen @param {Drawing} first  as first read @param {Content} content */
  async #choose(chosen, first, content) {
    const { api, reader } = this.#page;
    const isAwaited = this.#place.claim();
    this.#mark(chosen);
    const kept = () => pictureOf(first, chosen.file, "upload");
    const [drawing, picture] = await Promise.all([
      api.get(first.id).catch(() => null),
      pictureIn(chosen.file, "upload").then((shown) => shown ?? kept()),
    ]);
    if (!isAwaited() || !picture) {
      if (chosen === this.#chosen) this.#mark(null);
      if (!picture) this.#page.say(word("notShown"));
      return;
    }
    // If the visitor has drawn over the picture since, begin a new drawing.
    if (drawing?.revision === first.revision && !reader.hasRevised(first.id)) this.#place.resume(drawing, picture, content);
    else this.#place.lay(picture);
  }

  /** @param {BatchEntry | null} chosen */
  #mark(chosen) {
    this.#chosen = chosen;
    for (const entry of this.#entries) entry.button.setAttribute("aria-pressed", String(entry === chosen));
  }

  #count() {
    const done = this.#entries.filter((entry) => entry.isSettled).length;
    this.#tally.textContent = word("tally", { done: String(done), count: String(this.#entries.length) });
  }

  /** Waiting pictures are not sent; those already sent stay in the history. */
  #close() {
    for (const entry of this.#entries) entry.forget();
    this.#entries = this.#waiting = [];
    this.#panel.hidden = true;
    part("upload").focus();
  }
}
