/**
 * The drawing page: wires the pad, the reader and the views together.
 *
 * @import {Mode} from "./tools.js"
 */
import { Api } from "./api.js";
import { contentOf } from "./content.js";
import { listenToKeys } from "./keys.js";
import { Labels } from "./labels.js";
import { Pad } from "./pad.js";
import { part, word } from "./page.js";
import { listenToPen } from "./pen.js";
import { ReadingView } from "./reading.js";
import { Reader } from "./reader.js";
import { setting } from "./settings.js";
import { Sheet } from "./sheet.js";
import { Tools } from "./tools.js";
import { pictureIn, pictureOf } from "./upload.js";

const RESTYLE_MS = 150;

const page = part("drawing");
const status = part("status");
const api = new Api(page.dataset["api"] ?? "");
const sheet = new Sheet();
const view = new ReadingView();
const pen = { colour: "", width: 0 };
/** @type {Mode} */
let mode = "digit";
let hasConsent = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let restyling;

const reader = new Reader(api, {
  onReading: (drawing) => settle("", () => view.show(drawing)),
  onWaiting: () => say(word("waiting")),
  onTrouble: (error) => say(word(error.status === 0 ? "offline" : "busy")),
  onRefused: (error) => settle(error.message || word("refused")),
});
const labels = new Labels({ api, reader, view, say, isConsented: () => hasConsent });
const pad = new Pad(part("pad"), {
  sheet,
  pen,
  onStroke(stroke) {
    sheet.add(stroke);
    changed();
  },
});
const act = {
  undo: () => void (sheet.undo() && changed()),
  redo: () => void (sheet.redo() && changed()),
  clear() {
    sheet.clear();
    changed();
  },
  /** @param {string} digit */
  digit: (digit) => void labels.digit(digit),
  /** @param {Mode} chosen */
  setMode(chosen) {
    if (chosen === mode) return;
    mode = page.dataset["mode"] = chosen;
    tools.showMode(mode);
    changed();
  },
};
const tools = new Tools(act);

/** @param {string} text */
function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

/** The server has answered for what is on the pad. @param {string} message @param {() => void} [show] */
function settle(message, show) {
  view.setPending(false);
  say(message);
  show?.();
}

/** Shows the sheet as it is now. */
function refresh() {
  pad.redraw();
  tools.follow(sheet);
  labels.reset();
  labels.setPossible(!sheet.isEmpty);
}

/** The sheet is another than it was: shows it, and has it read. */
function changed() {
  clearTimeout(restyling);
  refresh();
  if (sheet.isEmpty) {
    reader.rest();
    settle("", () => view.clear());
  } else {
    view.setPending(true);
    reader.read(contentOf(sheet, { mode, consent: hasConsent }));
  }
}

/** Another pen or paper: the same drawing in it, read again when the hand rests. */
function restyled() {
  pad.redraw();
  clearTimeout(restyling);
  if (!sheet.isEmpty) restyling = setTimeout(changed, RESTYLE_MS);
}

/** @param {File} file */
async function upload(file) {
  const picture = await pictureIn(file);
  reader.rest();
  if (picture) {
    sheet.lay(picture);
    changed();
    return;
  }
  sheet.clear();
  changed();
  view.setPending(true);
  reader.read({ mode, consent: hasConsent, source: "upload", image: file });
  const sent = reader.stored;
  const drawing = await sent;
  if (sent !== reader.stored) return;
  if (!drawing) {
    reader.rest();
    return;
  }
  sheet.lay(await pictureOf(drawing, file));
  refresh();
}

listenToPen({ pen, sheet, paper: part("paper"), restyled });
setting("consent", (input) => {
  hasConsent = input.checked;
  void reader.setConsent(hasConsent);
});
const singleKeys = setting("single-keys", () => {});
part("upload").addEventListener("change", ({ target }) => {
  const input = /** @type {HTMLInputElement} */ (target);
  const [file] = input.files ?? [];
  input.value = "";
  if (file) void upload(file);
});
listenToKeys(act, () => singleKeys.checked);
tools.showMode(mode);
refresh();
