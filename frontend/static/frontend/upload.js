/**
 * A picture from a file, as something to lay on the pad.
 *
 * @import {Backdrop, Origin} from "./sheet.js"
 */
import { part } from "./page.js";
import { LARGEST_PICTURE } from "./paint.js";

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
    const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = whole;
    return { width, height, source: await noLargerThanShown(whole), file, from };
  } catch {
    return null;
  }
}

/** A phone's photo, painted anew at every stroke, would hold up the pen. @param {ImageBitmap} whole */
async function noLargerThanShown(whole) {
  const scale = LARGEST_PICTURE / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  const shown = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  whole.close();
  return shown;
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
