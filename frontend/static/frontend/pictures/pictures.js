/**
 * Pictures from files: a single picture is laid on the pad and read; several are read in a list.
 *
 * @import {Origin, Sheet} from "../pad/sheet.js"
 * @import {ReadingView} from "../reading/reading_view.js"
 * @import {Timeline} from "../reading/timeline.js"
 * @import {Host as BatchHost} from "./batch.js"
 * @import {Host as PlacementHost} from "./placement.js"
 * @typedef {BatchHost & PlacementHost & {sheet: Pick<Sheet, "clear">, timeline: Pick<Timeline, "record">,
 *   view: Pick<ReadingView, "setPending">}} Host
 */
import { Batch } from "./batch.js";
import { word } from "../common/page.js";
import { Placement } from "./placement.js";
import { isTooLarge, pictureIn, pictureOf } from "./picture_files.js";

export class Pictures {
  #page;
  #place;
  #batch;

  /** @param {Host} page */
  constructor(page) {
    this.#page = page;
    this.#place = new Placement(page);
    this.#batch = new Batch(page, this.#place);
  }

  /** @param {File[]} files @param {Origin} [from] */
  take(files, from = "upload") {
    const [file] = files;
    if (files.length > 1) this.#batch.read(files);
    else if (file) void this.#lay(file, from);
  }

  /** @param {File} file @param {Origin} from */
  async #lay(file, from) {
    if (isTooLarge(file)) return this.#page.say(word("tooLarge"));
    const isAwaited = this.#place.claim();
    const picture = await pictureIn(file, from);
    if (!isAwaited()) return;
    if (picture) this.#place.lay(picture);
    else await this.#layAsKept(file, from);
  }

  /** A file that this browser can't show: sent first, then shown as the server stored it. @param {File} file @param {Origin} from */
  async #layAsKept(file, from) {
    const { reader, sheet, terms, view, timeline } = this.#page;
    sheet.clear();
    this.#page.changed();
    const isAwaited = this.#place.claim();
    view.setPending(true);
    reader.read({ ...terms, source: from, image: file });
    const sent = reader.stored;
    const isStill = () => sent === reader.stored && isAwaited();
    const drawing = await sent;
    if (!isStill()) return;
    if (!drawing) return reader.rest();
    const picture = await pictureOf(drawing, file, from);
    if (!isStill()) return;
    if (!picture) return this.#page.say(word("notShown"));
    sheet.lay(picture);
    this.#page.refresh();
    timeline.record(drawing);
  }
}
