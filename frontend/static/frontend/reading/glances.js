/**
 * Readings of the unfinished drawing while the pen is down, if the site answers fast enough.
 *
 *     begin() ─▶ wait ─▶ ask ─▶ show ─▶ wait ─▶ … ─▶ end()
 *
 * One request at a time; the server stores nothing. Once the pen is up, late answers are dropped, because the reading
 * of the whole stroke follows.
 *
 * @import {Pad} from "../pad/pad.js"
 * @import {Sheet} from "../pad/sheet.js"
 * @import {Api} from "./api.js"
 * @import {Reader} from "./reader.js"
 * @import {ReadingView} from "./reading_view.js"
 * @import {Timeline} from "./timeline.js"
 * @typedef {{api: Pick<Api, "glance" | "lastTookMs">, mode: string, pad: Pick<Pad, "inHand">,
 *   sheet: Pick<Sheet, "state" | "background" | "strokes" | "backdrop">, reader: Pick<Reader, "isBusy">,
 *   timeline: Pick<Timeline, "back">, view: Pick<ReadingView, "show" | "setPending">}} Host
 */
import { ApiError } from "./api.js";
import { glanceOf } from "./content.js";
import { pause } from "./retry.js";

const EVERY_MS = 300;
const FAST_MS = 250;

export class Glances {
  #page;
  #stroke = new AbortController();

  /** @param {Host} page */
  constructor(page) {
    this.#page = page;
  }

  /** Whether the connection is fast enough, and not metered. */
  get #isAllowed() {
    const { connection } = /** @type {{connection?: {saveData: boolean}}} */ (navigator);
    return this.#page.api.lastTookMs <= FAST_MS && !connection?.saveData;
  }

  /** The pen is down. */
  begin() {
    this.#stroke = new AbortController();
    void this.#follow(this.#stroke.signal);
  }

  /** The pen is up. */
  end() {
    this.#stroke.abort();
  }

  /** The stroke was dropped, such as a palm's touch: shows the earlier reading again. */
  drop() {
    this.end();
    this.#page.timeline.back(true);
    this.#page.view.setPending(this.#page.reader.isBusy);
  }

  /** @param {AbortSignal} signal  aborted when the pen is up */
  async #follow(signal) {
    let seen = 1;
    try {
      while (this.#isAllowed) {
        await pause(EVERY_MS, signal);
        const points = this.#page.pad.inHand?.points.length ?? 0;
        if (points === seen || this.#page.reader.isBusy) continue;
        seen = points;
        await this.#look(signal);
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }

  /** @param {AbortSignal} signal */
  async #look(signal) {
    const { api, mode, pad, sheet, view } = this.#page;
    const stroke = pad.inHand;
    if (!stroke || sheet.backdrop) return;
    const ground = { ...sheet.state, background: sheet.background, strokes: [...sheet.strokes, stroke] };
    const seen = await api.glance({ mode, ...(await glanceOf(ground)) }, signal);
    signal.throwIfAborted();
    view.show({ ...seen, mode, ground });
  }
}
