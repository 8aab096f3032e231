/**
 * The drawing page: connects the desk, the pen, pictures and keyboard.
 */
import { Api } from "../reading/api.js";
import { listenToCamera } from "../pictures/camera.js";
import { listenToColourSliders } from "../controls/colour_sliders.js";
import { listenToConsent } from "../feedback/consent.js";
import { Desk } from "../desk/desk.js";
import { listenToDownloads } from "../controls/downloads.js";
import { listenToDrops } from "../pictures/drops.js";
import { listenToKeys } from "../controls/keys.js";
import { part } from "../common/page.js";
import { listenToPen, widen } from "../controls/pen.js";
import { Pictures } from "../pictures/pictures.js";
import { setting } from "../controls/settings.js";

const { drawings = "", glances = "", consent = "" } = part("drawing").dataset;
const api = new Api({ drawings, glances, consent });
const desk = new Desk(api);
const pictures = new Pictures(desk);

listenToPen({ pen: desk.pen, sheet: desk.sheet, paper: part("paper"), restyled: () => desk.restyled() });
listenToColourSliders();
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
