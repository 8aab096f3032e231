/**
 * A picture from a file, as something to lay on the pad.
 *
 * @import {Backdrop, Origin} from "./sheet.js"
 */
import { part } from "./page.js";

/** Whether the site would not read the file: it need not be sent. @param {File} file */
export const isTooLarge = ({ size }) => size > Number(part("drawing").dataset["limit"]);

/**
 * The file's picture, upright; null where this browser cannot read it (the server may).
 *
 * @param {Blob} file
 * @param {Origin} from
 * @returns {Promise<Backdrop | null>}
 */
export async function pictureIn(file, from) {
  try {
    const source = await createImageBitmap(file, { imageOrientation: "from-image" });
    return { width: source.width, height: source.height, source, file, from };
  } catch {
    return null;
  }
}

/**
 * The picture as the server kept it; null where it can't be had.
 *
 * @param {{image_url: string, width: number, height: number}} drawing
 * @param {Blob} file  what it was made from
 * @param {Origin} from
 * @returns {Promise<Backdrop | null>}
 */
export async function pictureOf({ image_url, width, height }, file, from) {
  const source = new Image();
  source.src = image_url;
  try {
    await source.decode();
  } catch {
    return null;
  }
  return { width, height, source, file, from };
}
