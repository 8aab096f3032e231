/**
 * A sheet as SVG text, with the same lines as on the canvas.
 *
 * @import {Piece, Stroke} from "./strokes.js"
 */
import { SIZE, runs, widthUnder } from "./strokes.js";

/** @param {number} value */
const short = (value) => String(Math.round(value * 100) / 100);

/** @param {readonly Piece[]} pieces  each beginning where the one before ended */
function pathOf(pieces) {
  const curves = pieces.map(({ cx, cy, x1, y1 }) => `Q${[cx, cy, x1, y1].map(short).join(" ")}`);
  return `M${[pieces[0]?.x0 ?? 0, pieces[0]?.y0 ?? 0].map(short).join(" ")}${curves.join("")}`;
}

/** @param {Stroke} stroke */
function strokeOf({ colour, width, points }) {
  const paths = runs(points).map(
    ({ pressure, pieces }) => `<path stroke-width="${short(widthUnder(width, pressure))}" d="${pathOf(pieces)}"/>`,
  );
  return `<g stroke="${colour}">${paths.join("")}</g>`;
}

/**
 * @param {{background: string, strokes: readonly Stroke[]}} sheet
 * @param {string | null} [picture]  URL of the picture under the strokes, as large as the sheet
 */
export function svgOf({ background, strokes }, picture = null) {
  const image = picture ? `<image href="${picture}" width="${SIZE}" height="${SIZE}"/>` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}" viewBox="0 0 ${SIZE} ${SIZE}">`
    + `<rect width="${SIZE}" height="${SIZE}" fill="${background}"/>${image}`
    + `<g fill="none" stroke-linecap="round" stroke-linejoin="round">${strokes.map(strokeOf).join("")}</g></svg>\n`;
}
