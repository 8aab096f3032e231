/**
 * What is sent of a sheet.
 *
 * @import {Content} from "./api.js"
 * @import {Sheet} from "./sheet.js"
 */
import { painted, toPicture } from "./paint.js";
import { SIZE } from "./strokes.js";

/**
 * The picture, and its strokes where they are all there is to see. An uploaded file that nobody has drawn over
 * is sent as it is: the server's decoder sees more of it than a canvas would pass on.
 *
 * @param {Sheet} sheet  not empty
 * @param {{mode: string, consent: boolean}} rest
 * @returns {Content}
 */
export function contentOf(sheet, rest) {
  const { background, backdrop, strokes } = sheet;
  if (!backdrop) {
    return { ...rest, source: "canvas", image: toPicture(sheet), strokes: { width: SIZE, height: SIZE, background, strokes } };
  }
  return { ...rest, source: backdrop.from, image: strokes.length ? toPicture(sheet) : backdrop.file };
}

/**
 * A drawing that isn't finished, made into a picture without holding up the pen.
 *
 * @param {Pick<Sheet, "background" | "backdrop" | "strokes">} sheet
 * @returns {Promise<Blob>}
 */
export function glimpseOf(sheet) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {Blob | null} */ blob) => (blob ? resolve(blob) : reject(new Error("The drawing can't be encoded.")));
    painted(sheet).toBlob(done, "image/png");
  });
}
