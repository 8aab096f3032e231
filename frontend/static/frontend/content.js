/**
 * What is sent of a sheet.
 *
 * @import {Content} from "./api.js"
 * @import {Sheet} from "./sheet.js"
 * @typedef {Pick<Sheet, "background" | "backdrop" | "strokes">} Ground
 */
import { painted, toPicture } from "./paint.js";
import { SIZE } from "./strokes.js";

/**
 * The picture, and its strokes where they are all there is to see. An uploaded file that nobody has drawn over
 * is sent as it is: the server's decoder sees more of it than a canvas would pass on. Drawn over, it is a photo still, and
 * encoded as one.
 *
 * @param {Sheet} sheet  not empty
 * @param {{mode: string, consent: boolean}} rest
 * @returns {Content}
 */
export function contentOf(sheet, rest) {
  const { backdrop, strokes } = sheet;
  if (!backdrop) return { ...rest, source: "canvas", image: toPicture(sheet), strokes: strokesOf(sheet) };
  return { ...rest, source: backdrop.from, image: strokes.length ? encoded(sheet, "image/jpeg") : backdrop.file };
}

/** A drawing that isn't finished, with nothing under it, as fields of a form. @param {Ground} sheet */
export const glimpseOf = async (sheet) => ({
  image: await encoded(sheet, "image/png"),
  strokes: JSON.stringify(strokesOf(sheet)),
});

/** @param {Ground} sheet */
const strokesOf = ({ background, strokes }) => ({ width: SIZE, height: SIZE, background, strokes });

/** Made into a file without holding up the pen. @param {Ground} sheet @param {string} type @returns {Promise<Blob>} */
function encoded(sheet, type) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {Blob | null} */ blob) => (blob ? resolve(blob) : reject(new Error("The drawing can't be encoded.")));
    painted(sheet).toBlob(done, type, 0.92);
  });
}
