/**
 * Pictures from files: one is laid on the pad and read.
 *
 * @import {Desk} from "./desk.js"
 */
import { pictureIn, pictureOf } from "./upload.js";

export class Pictures {
  #desk;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  /** @param {File[]} files */
  take([file]) {
    if (file) void this.#lay(file);
  }

  /** @param {File} file */
  async #lay(file) {
    const desk = this.#desk;
    const { reader, sheet } = desk;
    const picture = await pictureIn(file);
    reader.rest();
    if (picture) {
      sheet.lay(picture);
      desk.changed();
      return;
    }
    sheet.clear();
    desk.changed();
    desk.view.setPending(true);
    reader.read({ ...desk.terms, source: "upload", image: file });
    const sent = reader.stored;
    const drawing = await sent;
    if (sent !== reader.stored) return;
    if (!drawing) {
      reader.rest();
      return;
    }
    sheet.lay(await pictureOf(drawing, file));
    desk.refresh();
  }
}
