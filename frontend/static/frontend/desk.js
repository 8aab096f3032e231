/**
 * The desk: the sheet that is drawn on, and what must follow when it changes: the pad, the reading, the tools.
 *
 * @import {Api, Content, Drawing} from "./api.js"
 * @import {Backdrop} from "./sheet.js"
 * @import {Mode} from "./tools.js"
 */
import { contentOf } from "./content.js";
import { Labels } from "./labels.js";
import { Pace } from "./pace.js";
import { Pad } from "./pad.js";
import { part, word } from "./page.js";
import { Reader } from "./reader.js";
import { ReadingView } from "./reading.js";
import { Sheet } from "./sheet.js";
import { Tools } from "./tools.js";

const RESTYLE_MS = 200;

export class Desk {
  sheet = new Sheet();
  view = new ReadingView();
  pen = { colour: "", width: 0 };
  consent = false;
  /** @type {Mode} */
  mode = "digit";
  #page = part("drawing");
  #status = part("status");
  #restyling = new Pace(() => this.changed(), { everyMs: RESTYLE_MS, isBusy: () => this.reader.isBusy });

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    this.reader = new Reader(api, {
      onReading: (drawing) => this.settle("", () => this.view.show(drawing)),
      onWaiting: () => this.say(word("waiting")),
      onTrouble: (error) => this.say(word(error.status === 0 ? "offline" : "busy")),
      onRefused: (error) => this.settle(error.message || word("refused")),
    });
    this.labels = new Labels({
      api,
      reader: this.reader,
      view: this.view,
      say: (text) => this.say(text),
      isConsented: () => this.consent,
    });
    this.pad = new Pad(part("pad"), {
      sheet: this.sheet,
      pen: this.pen,
      onBegin: () => {},
      onStroke: (stroke) => {
        this.sheet.add(stroke);
        this.changed();
      },
      onErase: (kept) => {
        this.sheet.keep(kept);
        this.changed();
      },
    });
    const act = {
      undo: () => void (this.sheet.undo() && this.changed()),
      redo: () => void (this.sheet.redo() && this.changed()),
      eraser: () => this.#setErasing(!this.pad.isErasing),
      clear: () => {
        this.sheet.clear();
        this.changed();
      },
      /** @param {string} digit */
      digit: (digit) => void this.labels.digit(digit),
      /** @param {Mode} chosen */
      setMode: (chosen) => {
        if (chosen === this.mode) return;
        this.mode = chosen;
        this.#page.dataset["mode"] = chosen;
        this.tools.showMode(chosen);
        this.changed();
      },
    };
    this.act = act;
    this.tools = new Tools(act);
    this.tools.showMode(this.mode);
  }

  /** What is sent with every drawing. */
  get terms() {
    return { mode: this.mode, consent: this.consent };
  }

  /** @param {string} text */
  say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** The server has answered for what is on the pad. @param {string} message @param {() => void} [show] */
  settle(message, show) {
    this.view.setPending(false);
    this.say(message);
    show?.();
  }

  /** Shows the sheet as it is now. */
  refresh() {
    this.pad.redraw();
    this.tools.follow(this.sheet);
    this.labels.reset();
    this.labels.setPossible(!this.sheet.isEmpty);
    if (this.sheet.isEmpty) this.#setErasing(false);
  }

  /** The sheet is another than it was: shows it, and has it read. */
  changed() {
    this.#restyling.cancel();
    this.refresh();
    if (this.sheet.isEmpty) {
      this.reader.rest();
      this.settle("", () => this.view.clear());
    } else {
      this.view.setPending(true);
      this.reader.read(contentOf(this.sheet, this.terms));
    }
  }

  /** Another pen or paper: the same drawing in it, and read so while the hand is still choosing. */
  restyled() {
    this.pad.redraw();
    if (!this.sheet.isEmpty) this.#restyling.ask();
  }

  /** A picture that was read already goes on here, as the drawing that it is. @param {Drawing} drawing @param {Backdrop} picture @param {Content} content */
  resume(drawing, picture, content) {
    this.#restyling.cancel();
    this.sheet.lay(picture);
    this.reader.adopt(drawing, content);
    if (drawing.mode !== this.mode) {
      this.changed();
      return;
    }
    this.refresh();
    this.settle("", () => this.view.show(drawing));
    if (content.consent !== this.consent) void this.reader.setConsent(this.consent);
  }

  /** @param {boolean} isErasing */
  #setErasing(isErasing) {
    this.pad.isErasing = isErasing && !this.sheet.isEmpty;
    this.#page.dataset["tool"] = this.pad.isErasing ? "eraser" : "pen";
    this.tools.showEraser(this.pad.isErasing);
  }
}
