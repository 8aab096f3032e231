/**
 * Colours as numbers, their contrast (WCAG 2), and an ink that is legible on the sheet.
 *
 * @import {Pen} from "./pad.js"
 * @import {Backdrop, Sheet} from "./sheet.js"
 */

const SAMPLE_SIDE = 16;

/** The channels of `#rrggbb`, 0 to 255. @param {string} colour */
export const channelsOf = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/** @param {readonly number[]} channels */
export const colourOf = (channels) => `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

/** WCAG's relative luminance: 0 is black, 1 is white. @param {string} colour */
function luminance(colour) {
  const linear = channelsOf(colour).map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => sum + weight * (linear[index] ?? 0), 0);
}

/**
 * The first colour with a contrast of at least 4.5 to 1 on the paper; black or white if none has it.
 *
 * @param {string} paper
 * @param {readonly string[]} wishes  in order of preference
 */
export function legibleOn(paper, wishes) {
  const ground = luminance(paper) + 0.05;
  const contrast = (/** @type {string} */ colour) => (luminance(colour) + 0.05) / ground;
  return [...wishes, "#000000"].find((colour) => Math.max(contrast(colour), 1 / contrast(colour)) >= 4.5) ?? "#ffffff";
}

/** The pen's colour, or a spare one where the picture on the sheet would hide it. @param {Pick<Sheet, "background" | "backdrop">} sheet @param {Pen} pen */
export function inkOn({ background, backdrop }, { colour, spare }) {
  return backdrop && spare.length ? legibleOn(meanOf(background, backdrop), [colour, ...spare]) : colour;
}

/** The mean colour of the paper with the picture on it. @param {string} background @param {Backdrop} backdrop */
function meanOf(background, { source }) {
  const canvas = new OffscreenCanvas(SAMPLE_SIDE, SAMPLE_SIDE);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.fillStyle = background;
  context.fillRect(0, 0, SAMPLE_SIDE, SAMPLE_SIDE);
  context.drawImage(source, 0, 0, SAMPLE_SIDE, SAMPLE_SIDE);
  const { data } = context.getImageData(0, 0, SAMPLE_SIDE, SAMPLE_SIDE);
  const mean = (/** @type {number} */ channel) =>
    Math.round(data.reduce((sum, value, at) => (at % 4 === channel ? sum + value : sum), 0) / SAMPLE_SIDE ** 2);
  return colourOf([0, 1, 2].map(mean));
}
