/**
 * Lays pictures on the pad. A picture is decoded or fetched first, and dropped if something newer (another picture, a
 * stroke) has arrived by then.
 *
 * @import {Content, Drawing} from "../reading/api.js"
 * @import {Labels} from "../feedback/labels.js"
 * @import {Pad} from "../pad/pad.js"
 * @import {Reader} from "../reading/reader.js"
 * @import {Backdrop, Sheet} from "../pad/sheet.js"
 * @typedef {{sheet: Pick<Sheet, "state" | "lay">, pad: Pick<Pad, "isInUse">, labels: Pick<Labels, "recall">,
 *   reader: Pick<Reader, "rest" | "adopt" | "read" | "stored" | "setLabelled" | "setConsent">, mode: string,
 *   consent: boolean, changed: () => void, refresh: () => void, read: (drawing: Drawing) => void}} Host
 */
export class Placement {
  #page;
  #claims = 0;

  /** @param {Host} page */
  constructor(page) {
    this.#page = page;
  }

  /** Announces a picture. Returns a function that tells whether the picture may still be laid on the pad. */
  claim() {
    const { sheet, pad } = this.#page;
    const [claim, { id }] = [(this.#claims += 1), sheet.state];
    return () => claim === this.#claims && id === sheet.state.id && !pad.isInUse();
  }

  /** Begins a new drawing with this picture. @param {Backdrop} picture */
  lay(picture) {
    this.#page.reader.rest();
    this.#page.sheet.lay(picture);
    this.#page.changed();
  }

  /** Continues with this picture's drawing, which has already been read. @param {Drawing} drawing @param {Backdrop} picture @param {Content} content */
  resume(drawing, picture, content) {
    const { reader, sheet, labels, mode, consent } = this.#page;
    sheet.lay(picture);
    reader.adopt(drawing, content);
    reader.setLabelled(drawing.label !== null);
    if (drawing.mode !== mode) return this.#page.changed();
    this.#page.refresh();
    labels.recall(drawing);
    this.#page.read(drawing);
    if (content.consent !== consent) void reader.setConsent(consent);
  }
}
