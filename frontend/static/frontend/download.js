/**
 * The drawing as a file of one's own: as pixels, or as lines.
 *
 * @import {Sheet} from "./sheet.js"
 */
import { part } from "./page.js";
import { toPicture } from "./paint.js";
import { svgOf } from "./svg.js";

const PNG_SIDE = 1200;

/** @param {string} href @param {string} name */
function save(href, name) {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}

/** What the strokes lie on, for an SVG that needs no other file. @param {Sheet} sheet */
function groundOf({ background, backdrop }) {
  if (!backdrop) return null;
  return toPicture({ background, strokes: [], backdrop });
}

/** @param {Sheet} sheet @param {() => string} reading  what it is read as, for the file's name */
export function listenToDownloads(sheet, reading) {
  const name = () => ["digit", reading()].filter(Boolean).join("-");
  part("download-png").addEventListener("click", () => save(toPicture(sheet, PNG_SIDE), `${name()}.png`));
  part("download-svg").addEventListener("click", () => {
    const file = new Blob([svgOf(sheet, groundOf(sheet))], { type: "image/svg+xml" });
    const href = URL.createObjectURL(file);
    save(href, `${name()}.svg`);
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  });
}
