/**
 * Downloads of the drawing as PNG or SVG.
 *
 * @import {Sheet} from "../pad/sheet.js"
 */
import { part } from "../common/page.js";
import { toPicture } from "../pad/canvas.js";
import { svgOf } from "../pad/svg.js";

const PNG_SIDE = 1200;

/** @param {string} href @param {string} name */
function save(href, name) {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}

/** The picture under the strokes as a data URL, so that the SVG needs no other file. @param {Sheet} sheet */
function backdropOf({ background, backdrop }) {
  if (!backdrop) return null;
  return toPicture({ background, strokes: [], backdrop });
}

/** @param {Sheet} sheet @param {() => string} reading  the text for the file's name */
export function listenToDownloads(sheet, reading) {
  const name = () => ["digit", reading()].filter(Boolean).join("-");
  part("download-png").addEventListener("click", () => save(toPicture(sheet, PNG_SIDE), `${name()}.png`));
  part("download-svg").addEventListener("click", () => {
    const file = new Blob([svgOf(sheet, backdropOf(sheet))], { type: "image/svg+xml" });
    const href = URL.createObjectURL(file);
    save(href, `${name()}.svg`);
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  });
}
