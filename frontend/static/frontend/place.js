/**
 * Laying pictures on the pad. They come late, decoded or fetched first: one that something newer has overtaken (another
 * picture, or a stroke) comes no more.
 *
 * @import {Content, Drawing} from "./api.js"
 * @import {Desk} from "./desk.js"
 * @import {Backdrop} from "./sheet.js"
 */
export class Place {
  #desk;
  #claims = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  /** A picture is to come. Returns whether its place is still kept for it. */
  claim() {
    const { sheet, pad } = this.#desk;
    const [claim, { id }] = [(this.#claims += 1), sheet.state];
    return () => claim === this.#claims && id === sheet.state.id && !pad.isInUse();
  }

  /** A picture as a new drawing. @param {Backdrop} picture */
  lay(picture) {
    this.#desk.reader.rest();
    this.#desk.sheet.lay(picture);
    this.#desk.changed();
  }

  /** A picture that was read already goes on here, as the drawing that it is. @param {Drawing} drawing @param {Backdrop} picture @param {Content} content */
  resume(drawing, picture, content) {
    const { reader, sheet, labels, mode, consent } = this.#desk;
    sheet.lay(picture);
    reader.adopt(drawing, content);
    reader.setLabelled(drawing.label !== null);
    if (drawing.mode !== mode) return this.#desk.changed();
    this.#desk.refresh();
    labels.recall(drawing);
    this.#desk.read(drawing);
    if (content.consent !== consent) void reader.setConsent(consent);
  }
}
