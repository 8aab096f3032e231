/**
 * Pictures from files: one is laid on the pad and read, several are read side by side in a list.
 *
 * @import {Desk} from "./desk.js"
 * @import {Origin} from "./sheet.js"
 */
import { Batch } from "./batch.js";
import { pictureIn, pictureOf } from "./upload.js";

export class Pictures {
  #desk;
  #batch;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    this.#batch = new Batch(desk);
  }

  /** @param {File[]} files @param {Origin} [from] */
  take(files, from = "upload") {
    const [file] = files;
    if (files.length > 1) this.#batch.read(files);
    else if (file) void this.#lay(file, from);
  }

  /** @param {File} file @param {Origin} from */
  async #lay(file, from) {
    const desk = this.#desk;
    const { reader, sheet } = desk;
    const picture = await pictureIn(file, from);
    reader.rest();
    if (picture) {
      sheet.lay(picture);
      desk.changed();
      return;
    }
    sheet.clear();
    desk.changed();
    desk.view.setPending(true);
    reader.read({ ...desk.terms, source: from, image: file });
    const sent = reader.stored;
    const drawing = await sent;
    if (sent !== reader.stored) return;
    if (!drawing) {
      reader.rest();
      return;
    }
    sheet.lay(await pictureOf(drawing, file, from));
    desk.refresh();
    desk.timeline.record(drawing);
  }
}
