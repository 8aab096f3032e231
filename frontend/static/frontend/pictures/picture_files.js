/**
 * Pictures from files, decoded for the pad.
 *
 * @import {Backdrop, Origin} from "../pad/sheet.js"
 */
import { part } from "../common/page.js";
import { LARGEST_PICTURE } from "../pad/canvas.js";

/** Whether the server would refuse the file as too large. @param {File} file */
export const isTooLarge = ({ size }) => size > Number(part("drawing").dataset["limit"]);

/**
 * The file's picture, upright. Null if this browser can't decode it; the server may.
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

/** Scales a large photo down, because every stroke paints it again. @param {ImageBitmap} whole */
async function noLargerThanShown(whole) {
  const scale = LARGEST_PICTURE / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  const shown = await createImageBitmap(whole, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  whole.close();
  return shown;
}

/**
 * The picture as the server stored it; null if it can't be loaded.
 *
 * @param {{image_url: string, width: number, height: number}} drawing
 * @param {Blob} file  the original
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
