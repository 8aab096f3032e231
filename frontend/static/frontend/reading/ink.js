/**
 * How much ink each pixel of a picture holds: 0 is paper, 255 is ink.
 */

/** With at least this much ink, white numbers are easier to read on a pixel than black ones. */
const DARK = 137;

/** The network's input, from grey pixels on white. @param {ArrayLike<number>} rgba */
export function inkOfGlyph(rgba) {
  return Array.from({ length: rgba.length / 4 }, (_, index) => 255 - (rgba[4 * index] ?? 255));
}

/** @param {number} ink */
export const needsLightText = (ink) => ink >= DARK;

/**
 * Turns any picture, light or dark, into black ink on white, in place. Ink is what differs from the colour at the edge.
 * Uses plain loops for speed, because it runs while the pen moves.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 */
export function showInk(rgba, width, height) {
  const light = new Float32Array(width * height);
  /** @type {number[]} */
  const edge = [];
  for (let at = 0; at < light.length; at += 1) {
    const value = 0.299 * (rgba[4 * at] ?? 0) + 0.587 * (rgba[4 * at + 1] ?? 0) + 0.114 * (rgba[4 * at + 2] ?? 0);
    const x = at % width;
    light[at] = value;
    if (x === 0 || x === width - 1 || at < width || at >= light.length - width) edge.push(value);
  }
  edge.sort((one, other) => one - other);
  const paper = edge[Math.floor(edge.length / 2)] ?? 255;
  const most = light.reduce((so, value) => Math.max(so, Math.abs(value - paper)), 1);
  for (let at = 0; at < light.length; at += 1) {
    const ink = 255 - (255 * Math.abs((light[at] ?? paper) - paper)) / most;
    rgba[4 * at] = rgba[4 * at + 1] = rgba[4 * at + 2] = ink;
  }
}
