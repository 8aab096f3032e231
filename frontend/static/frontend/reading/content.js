/**
 * A sheet as the content of a request.
 *
 * @import {Content} from "./api.js"
 * @import {Sheet} from "../pad/sheet.js"
 * @typedef {Pick<Sheet, "background" | "backdrop" | "strokes">} Ground
 */
import { painted, sideOf, toPicture } from "../pad/canvas.js";
import { boxOf } from "../pad/frame.js";
import { isReadBack } from "../pad/read_back.js";
import { SIZE } from "../pad/strokes.js";

/**
 * The picture, and the strokes if there is nothing else on the sheet. An uploaded file without strokes on it is sent
 * unchanged, because a canvas would lose detail. With strokes on it, it is encoded as JPEG, like a photo.
 *
 * A browser that spoils what a canvas gives back sends the strokes alone, which the server draws, or the file alone.
 *
 * @param {Sheet} sheet  not empty
 * @param {{mode: string, consent: boolean}} rest
 * @returns {Content}
 */
export function contentOf(sheet, rest) {
  const { backdrop, strokes, frame } = sheet;
  const isTrue = isReadBack();
  if (!backdrop) return { ...rest, source: "canvas", ...(isTrue && { image: toPicture(sheet) }), strokes: strokesOf(sheet) };
  const image = strokes.length && isTrue ? encoded(sheet, "image/jpeg") : backdrop.file;
  return { ...rest, source: backdrop.from, image, ...(frame && { box: boxOf(sheet, frame, sideOf(sheet)) }) };
}

/** An unfinished drawing without a picture, as form fields. @param {Ground} sheet */
export const glanceOf = async (sheet) => ({
  ...(isReadBack() && { image: await encoded(sheet, "image/png") }),
  strokes: JSON.stringify(strokesOf(sheet)),
});

/** @param {Ground} sheet */
const strokesOf = ({ background, strokes }) => ({ width: SIZE, height: SIZE, background, strokes });

/** Encodes off the main thread, so that the pen isn't held up. @param {Ground} sheet @param {string} type @returns {Promise<Blob>} */
function encoded(sheet, type) {
  return new Promise((resolve, reject) => {
    const done = (/** @type {Blob | null} */ blob) => (blob ? resolve(blob) : reject(new Error("The drawing can't be encoded.")));
    painted(sheet).toBlob(done, type, 0.92);
  });
}
