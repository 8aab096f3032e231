/**
 * The frame that says which part of a picture is read: geometry only.
 *
 * Frames are in sheet units. They stay on the picture, within its `bounds`.
 *
 * @import {Sheet} from "./sheet.js"
 * @typedef {readonly [x: number, y: number, width: number, height: number]} Frame
 * @typedef {readonly [x: number, y: number]} Corner
 * @typedef {{x: number, y: number, right: number, bottom: number, least: number}} Bounds  `least`: a frame's smallest side
 */
import { SIZE, fitInto } from "./strokes.js";

/** A frame's smallest side: enough for a finger to hold. In a small picture, at least as many of its pixels as the site reads. */
const LEAST = 8;
const LEAST_PIXELS = 5;

/** @param {number} value @param {number} low @param {number} high */
const between = (value, low, high) => Math.max(low, Math.min(high, value));

/** Where the picture lies on the sheet. @param {{width: number, height: number}} picture @returns {Bounds} */
export function boundsOf({ width, height }) {
  const { x, y, scale } = fitInto(width, height);
  const least = Math.min(Math.max(LEAST, LEAST_PIXELS * scale), width * scale, height * scale);
  return { x, y, right: x + width * scale, bottom: y + height * scale, least };
}

/** The frame between two corners, or null if it is too small. @param {Corner} one @param {Corner} other @param {Bounds} bounds @returns {Frame | null} */
export function spanned(one, other, bounds) {
  const x = between(Math.min(one[0], other[0]), bounds.x, bounds.right);
  const y = between(Math.min(one[1], other[1]), bounds.y, bounds.bottom);
  const width = between(Math.max(one[0], other[0]), bounds.x, bounds.right) - x;
  const height = between(Math.max(one[1], other[1]), bounds.y, bounds.bottom) - y;
  return Math.min(width, height) < bounds.least ? null : [x, y, width, height];
}

/** @param {Frame} frame @param {Corner} by @param {Bounds} bounds @returns {Frame} */
export function moved([x, y, width, height], [across, down], bounds) {
  return [
    between(x + across, bounds.x, bounds.right - width),
    between(y + down, bounds.y, bounds.bottom - height),
    width,
    height,
  ];
}

/** The frame made wider and higher, at its right and bottom edges. @param {Frame} frame @param {Corner} by @param {Bounds} bounds @returns {Frame} */
export function resized([x, y, width, height], [across, down], bounds) {
  return [
    x,
    y,
    between(width + across, bounds.least, bounds.right - x),
    between(height + down, bounds.least, bounds.bottom - y),
  ];
}

/** A frame in the middle of the picture, half as wide and high. @param {Bounds} bounds @returns {Frame} */
export function inTheMiddle({ x, y, right, bottom, least }) {
  const width = Math.max(least, (right - x) / 2);
  const height = Math.max(least, (bottom - y) / 2);
  return [(x + right - width) / 2, (y + bottom - height) / 2, width, height];
}

/**
 * The frame in pixels of the picture that is sent: the file itself, or the painted sheet if there are strokes on it.
 *
 * @param {Pick<Sheet, "backdrop" | "strokes">} sheet
 * @param {Frame} frame
 * @param {number} side  of the painted sheet
 */
export function boxOf({ backdrop, strokes }, [x, y, width, height], side) {
  const fit = backdrop && strokes.length === 0 ? fitInto(backdrop.width, backdrop.height) : { x: 0, y: 0, scale: SIZE / side };
  return [x - fit.x, y - fit.y, width, height].map((value) => Math.round((value / fit.scale) * 100) / 100);
}
