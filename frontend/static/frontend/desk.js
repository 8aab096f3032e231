/**
 * The desk: the sheet that is drawn on, and what must follow when it changes: the pad, the reading, the tools.
 *
 * @import {Api, Drawing} from "./api.js"
 * @import {Pen} from "./pad.js"
 * @import {Mode} from "./tools.js"
 */
import { actionsOn } from "./actions.js";
import { contentOf } from "./content.js";
import { Glances } from "./glances.js";
import { Labels } from "./labels.js";
import { Pace } from "./pace.js";
import { Pad } from "./pad.js";
import { part, word } from "./page.js";
import { Reader } from "./reader.js";
import { ReadingView } from "./reading.js";
import { Sheet } from "./sheet.js";
import { Sight } from "./sight.js";
import { Timeline } from "./timeline.js";
import { Tools } from "./tools.js";

const RESTYLE_MS = 200;

export class Desk {
  sheet = new Sheet();
  sight = new Sight();
  view = new ReadingView((drawing, glyph) =>
    this.sight.show(drawing, glyph, drawing && "ground" in drawing ? drawing.ground : this.ground));
  timeline = new Timeline(this);
  glances = new Glances(this);
  /** @type {Pen} */
  pen = { colour: "", width: 0, spare: [] };
  consent = false;
  /** @type {Mode} */
  mode = "digit";
  #status = part("status");
  #restyling = new Pace(() => this.changed(), { everyMs: RESTYLE_MS, isBusy: () => this.reader.isBusy });

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    this.reader = new Reader(api, {
      onReading: (drawing) => this.read(drawing),
      onWaiting: () => this.say(word("waiting")),
      onTrouble: (error) => this.say(word(error.status === 0 ? "offline" : "busy")),
      onRefused: (error) => this.settle(error.message || word("refused")),
    });
    const { reader, view } = this;
    this.labels = new Labels({ api, reader, view, say: (text) => this.say(text), isConsented: () => this.consent });
    this.pad = new Pad(part("pad"), {
      sheet: this.sheet,
      pen: this.pen,
      onBegin: () => {
        this.timeline.back();
        this.glances.begin();
      },
      onEnd: () => this.glances.end(),
      onDrop: () => this.glances.drop(),
      onStroke: (stroke) => {
        if (this.sheet.isEmpty) this.reader.rest();
        this.sheet.add(stroke);
        this.changed();
      },
      onErase: (kept) => {
        this.sheet.keep(kept);
        this.changed();
      },
    });
    this.act = actionsOn(this);
    this.tools = new Tools(this.act);
    this.tools.showMode(this.mode);
  }

  /** What is sent with every drawing. */
  get terms() {
    return { mode: this.mode, consent: this.consent };
  }

  /** What the pad shows. */
  get ground() {
    return { background: this.sheet.background, ...this.timeline.shown };
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

  /** What is on the pad has been read. @param {Drawing} drawing */
  read(drawing) {
    this.timeline.record(drawing);
    part("drawing").dataset["read"] = "";
    if (this.timeline.isLookingBack) this.view.setPending(false);
    else this.settle("", () => this.view.show(drawing));
  }

  /** Shows the sheet as it is now. */
  refresh() {
    this.#restyling.cancel();
    this.pad.redraw();
    this.timeline.follow();
    this.tools.follow(this.sheet);
    this.labels.reset();
    this.labels.setPossible(!this.sheet.isEmpty);
    this.setErasing(this.pad.isErasing);
  }

  /** The sheet is another than it was: shows it, and has it read. */
  changed() {
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
    this.timeline.back();
    this.pad.redraw();
    if (!this.sheet.isEmpty) this.#restyling.ask();
  }

  /** A picture can't be erased: where no stroke is left, the pen is back in hand. @param {boolean} isErasing */
  setErasing(isErasing) {
    this.pad.isErasing = isErasing && this.sheet.strokes.length > 0;
    this.tools.showEraser(this.pad.isErasing);
  }
}
