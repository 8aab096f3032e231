/**
 * The drawing page: connects its state, the pen, pictures and keyboard.
 */
import { Api } from "../reading/api.js";
import { listenToCamera } from "../pictures/camera.js";
import { listenToColourSliders } from "../controls/colour_sliders.js";
import { listenToConsent } from "../feedback/consent.js";
import { DrawingPage } from "../page_state/drawing_page.js";
import { listenToDownloads } from "../controls/downloads.js";
import { listenToDrops } from "../pictures/drops.js";
import { listenToKeys } from "../controls/keys.js";
import { part } from "../common/page.js";
import { listenToPen, widen } from "../controls/pen_settings.js";
import { Pictures } from "../pictures/pictures.js";
import { setting } from "../controls/settings.js";

const { drawings = "", glances = "", consent = "" } = part("drawing").dataset;
const api = new Api({ drawings, glances, consent });
const page = new DrawingPage(api);
const pictures = new Pictures(page);

listenToPen({ pen: page.pen, sheet: page.sheet, paper: part("paper"), restyled: () => page.restyled() });
listenToColourSliders();
listenToConsent({
  api,
  say: (text) => page.say(text),
  onAnswer: (may) => {
    page.consent = may;
    void page.reader.setConsent(may);
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
listenToCamera({ take: (file) => pictures.take([file], "camera"), say: (text) => page.say(text) });
listenToDownloads(page.sheet, () => page.view.text);
listenToKeys({ ...page.act, widen }, () => singleKeys.checked);
page.refresh();
// The page’s answer has set one, so none is left only if the browser blocks them.
part("no-cookies").hidden = document.cookie.includes("csrftoken=");
