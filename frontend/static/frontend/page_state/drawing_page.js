/**
 * The state of the drawing page: the sheet, and what follows its changes (pad, reading, timeline, labels, tools).
 *
 * @import {Api, Drawing} from "../reading/api.js"
 * @import {Pen} from "../pad/pad.js"
 * @import {Mode, Tool} from "../controls/tools.js"
 */
import { actionsOn } from "./commands.js";
import { contentOf } from "../reading/content.js";
import { Glances } from "../reading/glances.js";
import { Labels } from "../feedback/labels.js";
import { Throttle } from "../common/throttle.js";
import { FrameTool } from "../pad/frame_tool.js";
import { Pad } from "../pad/pad.js";
import { part, word } from "../common/page.js";
import { Reader } from "../reading/reader.js";
import { ReadingView } from "../reading/reading_view.js";
import { Sheet } from "../pad/sheet.js";
import { NetworkView } from "../reading/network_view.js";
import { Timeline } from "../reading/timeline.js";
import { Tools } from "../controls/tools.js";

const RESTYLE_MS = 200;

export class DrawingPage {
  sheet = new Sheet();
  networkView = new NetworkView();
  /** @type {ReadingView} */
  view = new ReadingView((drawing, glyph) =>
    this.networkView.show(drawing, glyph, drawing && "ground" in drawing ? drawing.ground : this.ground));
  /** @type {Timeline} */
  timeline = new Timeline(this);
  /** @type {Glances} */
  glances = new Glances(this);
  /** @type {Pen} */
  pen = { colour: "", width: 0, spare: [] };
  consent = false;
  /** @type {Mode} */
  mode = "digit";
  #status = part("status");
  #restyle = new Throttle(() => this.changed(), { everyMs: RESTYLE_MS, isBusy: () => this.reader.isBusy });

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
    this.frame = new FrameTool({
      onBegin: () => this.timeline.back(),
      onFrame: (frame) => {
        this.sheet.setFrame(frame);
        this.changed();
      },
      onLeave: () => this.use("pen"),
    });
    this.act = actionsOn(this);
    this.tools = new Tools(this.act);
    this.tools.showMode(this.mode);
  }

  /** Sent with every drawing. */
  get terms() {
    return { mode: this.mode, consent: this.consent };
  }

  /** The pad's content. */
  get ground() {
    return { background: this.sheet.background, ...this.timeline.shown };
  }

  /** @param {string} text */
  say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** The server has answered for the drawing on the pad. @param {string} message @param {() => void} [show] */
  settle(message, show) {
    this.view.setPending(false);
    this.say(message);
    show?.();
  }

  /** The drawing on the pad has been read. @param {Drawing} drawing */
  read(drawing) {
    this.timeline.record(drawing);
    part("drawing").dataset["read"] = "";
    if (this.timeline.isLookingBack) this.view.setPending(false);
    else this.settle("", () => this.view.show(drawing));
  }

  /** Shows the sheet as it is now, without sending it. */
  refresh() {
    this.#restyle.cancel();
    this.pad.redraw();
    this.timeline.follow();
    this.tools.follow(this.sheet);
    this.labels.reset();
    this.labels.setPossible(!this.sheet.isEmpty);
    this.frame.show(this.sheet.state);
    this.use(this.frame.isOn ? "frame" : this.pad.isErasing ? "eraser" : "pen");
  }

  /** The sheet has changed: shows it, and sends it to be read. */
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

  /** The pen or paper has changed: shows and reads the drawing in its new style, even while a slider moves. */
  restyled() {
    this.timeline.back();
    this.pad.redraw();
    if (!this.sheet.isEmpty) this.#restyle.request();
  }

  /** Takes a tool. The pen instead of the eraser without strokes, and of the frame without a picture. @param {Tool} tool */
  use(tool) {
    this.pad.isErasing = tool === "eraser" && this.sheet.strokes.length > 0;
    this.frame.setOn(tool === "frame");
    this.tools.showTool(this.frame.isOn ? "frame" : this.pad.isErasing ? "eraser" : "pen");
  }
}
