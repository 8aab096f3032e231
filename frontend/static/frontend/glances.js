/**
 * Reading while the pen is down: now and then the drawing as far as it has come, where the site answers fast.
 *
 *     begin() ─▶ a while ─▶ ask ─▶ answer: show ─▶ a while ─▶ … ─▶ end()
 *
 * One at a time, and nothing of it is kept. What was asked when the pen goes up is not shown any more: the stroke's
 * own reading comes.
 *
 * @import {Desk} from "./desk.js"
 */
import { ApiError } from "./api.js";
import { glimpseOf } from "./content.js";
import { pause } from "./patience.js";

const EVERY_MS = 300;
const FAST_MS = 250;

export class Glances {
  #desk;
  #stroke = new AbortController();

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  /** Whether the connection allows it. */
  get #isAllowed() {
    const { connection } = /** @type {{connection?: {saveData: boolean}}} */ (navigator);
    return this.#desk.api.lastTookMs <= FAST_MS && !connection?.saveData;
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

  /** What was begun is no stroke: shows what was read before it. */
  drop() {
    this.end();
    this.#desk.timeline.back(true);
    this.#desk.view.setPending(this.#desk.reader.isBusy);
  }

  /** @param {AbortSignal} signal  aborted when the pen is up */
  async #follow(signal) {
    let seen = 1;
    try {
      while (this.#isAllowed) {
        await pause(EVERY_MS, signal);
        const points = this.#desk.pad.inHand?.points.length ?? 0;
        if (points === seen || this.#desk.reader.isBusy) continue;
        seen = points;
        await this.#look(signal);
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof ApiError)) throw error;
    }
  }

  /** @param {AbortSignal} signal */
  async #look(signal) {
    const { api, mode, pad, sheet, view } = this.#desk;
    const stroke = pad.inHand;
    if (!stroke || sheet.backdrop) return;
    const ground = { ...sheet.state, background: sheet.background, strokes: [...sheet.strokes, stroke] };
    const seen = await api.glance({ mode, ...(await glimpseOf(ground)) }, signal);
    signal.throwIfAborted();
    view.show({ ...seen, mode, ground });
  }
}
