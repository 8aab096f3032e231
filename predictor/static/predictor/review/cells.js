/**
 * The drawings of the grid, all with one reading. Each is accepted with the rest, picked out, or given another answer.
 *
 * @import {Drawing} from "./requests.js"
 * @typedef {{drawing: Drawing, item: HTMLElement, picked: boolean, own: string | null}} Cell  `own`: an answer that differs from the reading
 */
import { load } from "./buffer.js";
import { element, named, part, percent } from "./page.js";

const UNLIKELY = 0.8;

export class Cells {
  #list = part("cells");
  /** @type {Cell[]} */
  #cells = [];
  #reading = "";
  #at = 0;

  constructor() {
    this.#list.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      const place = this.#cells.findIndex((cell) => cell.item === item);
      if (place < 0) return;
      this.#go(place);
      this.pick();
    });
  }

  get size() {
    return this.#cells.length;
  }

  /** @returns {string[]} */
  get ids() {
    return this.#cells.map(({ drawing }) => drawing.id);
  }

  /** @returns {string[]} */
  get pickedOut() {
    return this.#cells.filter(({ picked }) => picked).map(({ drawing }) => drawing.id);
  }

  /** Answers for all that are not picked out. */
  get answers() {
    const staying = this.#cells.filter(({ picked }) => !picked);
    return staying.map(({ drawing: { id, revision }, own }) => ({ id, revision, text: own ?? this.#reading }));
  }

  /** Shows drawings, the doubtful ones first and picked out. @param {readonly Drawing[]} drawings @param {string} reading */
  show(drawings, reading) {
    this.#reading = reading;
    const sorted = drawings.toSorted((a, b) => likelihood(a, reading) - likelihood(b, reading));
    this.#cells = sorted.map((drawing) => cell(drawing, reading));
    this.#list.replaceChildren(...this.#cells.map(({ item }) => item));
    this.#cells.forEach((each) => this.#showState(each));
    this.#at = 0;
    if (this.size) this.#go(0);
  }

  /** Picks out the focused drawing, or puts it back. */
  pick() {
    const cell = this.#cells[this.#at];
    if (!cell) return;
    cell.picked = !cell.picked;
    cell.own = null;
    this.#showState(cell);
  }

  /** Gives the focused drawing another answer. @param {string} text */
  answer(text) {
    const cell = this.#cells[this.#at];
    if (!cell) return;
    cell.picked = false;
    cell.own = text === this.#reading ? null : text;
    this.#showState(cell);
    this.#go(Math.min(this.#at + 1, this.size - 1));
  }

  /** @param {number} across @param {number} down */
  move(across, down) {
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
    const place = this.#at + across + down * columns;
    if (place >= 0 && place < this.size) this.#go(place);
  }

  /** @param {number} place */
  #go(place) {
    this.#cells[this.#at]?.item.setAttribute("tabindex", "-1");
    this.#at = place;
    const item = this.#cells[place]?.item;
    item?.setAttribute("tabindex", "0");
    item?.focus();
  }

  /** @param {Cell} cell */
  #showState({ item, picked, own }) {
    item.classList.toggle("picked", picked);
    item.classList.toggle("relabelled", own !== null);
    item.setAttribute("aria-selected", String(!picked));
    const badge = item.querySelector("b");
    if (badge) badge.textContent = picked ? "left out" : own === null ? "" : own || "none";
    this.#list.dispatchEvent(new Event("change"));
  }
}

/** How likely the reading is, from −1 (the visitor disagrees) to 1. @param {Drawing} drawing @param {string} reading */
function likelihood({ said, reading: read, others }, reading) {
  if (said !== null && said !== reading) return -1;
  if (others.length) return 0;
  return reading === "" ? 1 : read?.glyphs[0]?.probabilities[Number(reading)] ?? 0;
}

/** @param {Drawing} drawing @param {string} reading @returns {Cell} */
function cell(drawing, reading) {
  const item = element("div", "cell");
  item.setAttribute("role", "option");
  item.setAttribute("tabindex", "-1");
  item.dataset["id"] = drawing.id;
  const isDoubtful = likelihood(drawing, reading) < UNLIKELY;
  item.classList.toggle("doubtful", isDoubtful);
  item.append(load(drawing), element("b"), element("small", "", hint(drawing, reading)));
  return { drawing, item, picked: isDoubtful, own: null };
}

/** Why the reading is doubtful; "" if it isn’t. @param {Drawing} drawing @param {string} reading */
function hint({ said, reading: read, others }, reading) {
  if (said !== null && said !== reading) return `visitor: ${named(said)}`;
  if (others[0]) return `version ${others[0].model}: ${others[0].text || "nothing"}`;
  const probabilities = read?.glyphs[0]?.probabilities ?? [];
  const [best, second] = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const share = probabilities[Number(reading)] ?? 1;
  if (best === undefined || second === undefined || share >= UNLIKELY) return "";
  return `${percent(share)}, or ${best === Number(reading) ? second : best}`;
}
