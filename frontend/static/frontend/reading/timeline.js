/**
 * The timeline: the reading after each stroke. It can show an older step with its bars, or play all steps from the first,
 * without sending anything. The next stroke continues from the newest step.
 *
 * @import {Drawing} from "./api.js"
 * @import {Labels} from "../feedback/labels.js"
 * @import {FrameTool} from "../pad/frame_tool.js"
 * @import {Pad} from "../pad/pad.js"
 * @import {Sheet, State} from "../pad/sheet.js"
 * @import {ReadingView} from "./reading_view.js"
 * @typedef {{sheet: Pick<Sheet, "state" | "steps" | "isEmpty">, pad: Pick<Pad, "redraw">,
 *   frame: Pick<FrameTool, "show">,
 *   labels: Pick<Labels, "setPossible">, view: Pick<ReadingView, "show" | "clear">, say: (text: string) => void}} Host
 */
import { percent } from "../common/format.js";
import { part, word } from "../common/page.js";

const PLAY_MS = 800;

/**
 * For each step, whether its reading differs from the previous one. Unread steps are skipped.
 *
 * @param {readonly (string | undefined)[]} texts
 */
export const turns = (texts) =>
  texts.map((text, index) => {
    const before = texts.slice(0, index).findLast((each) => each !== undefined);
    return text !== undefined && before !== undefined && text !== before;
  });

export class Timeline {
  #page;
  #list = part("timeline-steps");
  /** @type {HTMLButtonElement} */
  #play = part("timeline-play");
  /** By the id of the sheet's state. @type {Map<number, Drawing>} */
  #readings = new Map();
  /** @type {State[]} */
  #steps = [];
  /** The older step that is shown. @type {State | null} */
  #older = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #playing;

  /** @param {Host} page */
  constructor(page) {
    this.#page = page;
    this.#play.addEventListener("click", () => this.#playAll());
  }

  /** The state that the pad shows. */
  get shown() {
    return this.#older ?? this.#page.sheet.state;
  }

  get isLookingBack() {
    return this.#older !== null;
  }

  /** The newest step has been read. @param {Drawing} drawing */
  record(drawing) {
    const { state, isEmpty } = this.#page.sheet;
    if (isEmpty) return;
    this.#readings.set(state.id, drawing);
    this.#write();
    if (!this.isLookingBack) this.#revealNewest();
  }

  /** The sheet has changed: its newest step is shown. */
  follow() {
    clearInterval(this.#playing);
    this.#older = null;
    const { steps, isEmpty } = this.#page.sheet;
    const known = new Set(steps.map(({ id }) => id));
    for (const id of this.#readings.keys()) if (!known.has(id)) this.#readings.delete(id);
    this.#steps = isEmpty ? [] : steps;
    this.#list.replaceChildren(...this.#steps.map((step) => this.#rowOf(step)));
    this.#play.disabled = this.#steps.length < 2;
    this.#write();
    this.#revealNewest();
  }

  /** Shows the newest step again, after an older one or (`always`) after a dropped glance. @param {boolean} [always] */
  back(always = false) {
    clearInterval(this.#playing);
    if (this.#older || always) this.#look(this.#page.sheet.state);
  }

  /** @param {State} step */
  #look(step) {
    const { frame, labels, pad, sheet, view } = this.#page;
    const isNewest = step.id === sheet.state.id;
    this.#older = isNewest ? null : step;
    pad.redraw(this.#older);
    frame.show(step);
    const drawing = this.#readings.get(step.id);
    if (drawing) view.show(drawing);
    else view.clear(sheet.isEmpty ? word("empty") : word("noReading"));
    labels.setPossible(isNewest && !sheet.isEmpty);
    this.#page.say(isNewest ? "" : word("older"));
    this.#write();
  }

  #revealNewest() {
    const isRtl = getComputedStyle(this.#list).direction === "rtl";
    this.#list.scrollLeft = this.#list.scrollWidth * (isRtl ? -1 : 1);
  }

  /** Plays all steps, from the first to the newest. */
  #playAll() {
    clearInterval(this.#playing);
    const [first, ...rest] = this.#steps.slice(0, this.#steps.findIndex(({ id }) => id === this.#page.sheet.state.id) + 1);
    if (first) this.#look(first);
    this.#playing = setInterval(() => {
      const next = rest.shift();
      if (next) this.#look(next);
      if (rest.length === 0) clearInterval(this.#playing);
    }, PLAY_MS);
  }

  /** @param {State} step */
  #rowOf(step) {
    const [row, button] = [document.createElement("li"), document.createElement("button")];
    button.type = "button";
    button.className = "step";
    button.dataset["testid"] = "step";
    button.append(document.createElement("b"), document.createElement("span"));
    button.addEventListener("click", () => {
      clearInterval(this.#playing);
      this.#look(step);
    });
    row.append(button);
    return row;
  }

  /** Writes the reading of each step that has one. */
  #write() {
    const readings = this.#steps.map(({ id }) => this.#readings.get(id)?.prediction ?? undefined);
    const turned = turns(readings.map((reading) => reading?.text));
    const { shown } = this;
    this.#list.querySelectorAll("button").forEach((button, index) => {
      const reading = readings[index];
      const text = reading && (reading.text || "–");
      const share = reading?.confidence == null ? "" : percent(reading.confidence, 0);
      const words = word("step", { place: String(index + 1), text: reading ? reading.text || word("noDigit") : word("noReading") });
      const isTurn = turned[index] ?? false;
      button.children[0]?.replaceChildren(text ?? "·");
      button.children[1]?.replaceChildren(share);
      button.classList.toggle("is-turn", isTurn);
      button.classList.toggle("is-unsure", reading?.sure === false);
      button.setAttribute("aria-label", [words, share, isTurn && word("turn")].filter(Boolean).join(", "));
      button.title = isTurn ? word("turn") : "";
      if (this.#steps[index]?.id === shown.id) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
  }
}
