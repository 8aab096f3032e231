/**
 * The drawing page: wires the desk, the pen, the pictures and the keys together.
 */
import { Api } from "./api.js";
import { listenToCamera } from "./camera.js";
import { listenToColours } from "./colours.js";
import { listenToConsent } from "./consent.js";
import { Desk } from "./desk.js";
import { listenToDownloads } from "./download.js";
import { listenToDrops } from "./drop.js";
import { listenToKeys } from "./keys.js";
import { part } from "./page.js";
import { listenToPen, widen } from "./pen.js";
import { Pictures } from "./pictures.js";
import { setting } from "./settings.js";

const { drawings = "", glances = "", consent = "" } = part("drawing").dataset;
const api = new Api({ drawings, glances, consent });
const desk = new Desk(api);
const pictures = new Pictures(desk);

listenToPen({ pen: desk.pen, sheet: desk.sheet, paper: part("paper"), restyled: () => desk.restyled() });
listenToColours();
listenToConsent({
  api,
  say: (text) => desk.say(text),
  onAnswer: (may) => {
    desk.consent = may;
    void desk.reader.setConsent(may);
  },
});
const singleKeys = setting("single-keys", () => {});
part("upload").addEventListener("change", ({ target }) => {
  const input = /** @type {HTMLInputElement} */ (target);
  const files = [...(input.files ?? [])];
  input.value = "";
  pictures.take(files);
});
listenToDrops(part("paper"), (files) => pictures.take(files));
listenToCamera({ take: (file) => pictures.take([file], "camera"), say: (text) => desk.say(text) });
listenToDownloads(desk.sheet, () => desk.view.text);
listenToKeys({ ...desk.act, widen }, () => singleKeys.checked);
desk.refresh();
