/**
 * Paints a sheet on a canvas, both for the pad and for the picture that is sent.
 *
 * @import {Piece, Stroke} from "./strokes.js"
 * @import {Sheet} from "./sheet.js"
 */
import { SIZE, fitInto, runs, widthUnder } from "./strokes.js";

/** Largest side at which an uploaded picture is shown and sent, in pixels. */
export const LARGEST_PICTURE = 1200;

/**
 * @param {CanvasRenderingContext2D} context  scaled to sheet units
 * @param {Piece} piece
 * @param {{colour: string, width: number}} pen
 */
export function paintPiece(context, piece, pen) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = pen.colour;
  context.lineWidth = widthUnder(pen.width, piece.pressure);
  context.beginPath();
  context.moveTo(piece.x0, piece.y0);
  context.quadraticCurveTo(piece.cx, piece.cy, piece.x1, piece.y1);
  context.stroke();
}

/**
 * A whole stroke: one path per run of equal width, because seams between many paths would show.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
export function paintStroke(context, stroke) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = stroke.colour;
  for (const { pressure, pieces } of runs(stroke.points)) {
    context.lineWidth = widthUnder(stroke.width, pressure);
    context.beginPath();
    pieces.forEach(({ x0, y0, cx, cy, x1, y1 }, index) => {
      if (index === 0) context.moveTo(x0, y0);
      context.quadraticCurveTo(cx, cy, x1, y1);
    });
    context.stroke();
  }
}

/**
 * The whole sheet, opaque.
 *
 * @param {CanvasRenderingContext2D} context  scaled to sheet units
 * @param {Pick<Sheet, "background" | "backdrop" | "strokes">} sheet
 */
export function paintSheet(context, { background, backdrop, strokes }) {
  context.fillStyle = background;
  context.fillRect(0, 0, SIZE, SIZE);
  if (backdrop) {
    const { x, y, scale } = fitInto(backdrop.width, backdrop.height);
    context.drawImage(backdrop.source, x, y, backdrop.width * scale, backdrop.height * scale);
  }
  for (const stroke of strokes) paintStroke(context, stroke);
}

/** The side of the canvas that `painted` makes. @param {Pick<Sheet, "backdrop">} sheet @param {number} [least] */
export const sideOf = ({ backdrop }, least = SIZE) =>
  backdrop ? Math.max(least, Math.min(LARGEST_PICTURE, Math.max(backdrop.width, backdrop.height))) : least;

/**
 * The sheet on a new canvas of SIZE × SIZE, or larger where an uploaded picture has more pixels.
 *
 * @param {Pick<Sheet, "background" | "backdrop" | "strokes">} sheet
 * @param {number} [least]  smallest side of the canvas
 */
export function painted(sheet, least = SIZE) {
  const side = sideOf(sheet, least);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.scale(side / SIZE, side / SIZE);
  paintSheet(context, sheet);
  return canvas;
}

/** The sheet as a PNG data URL. @param {Parameters<typeof painted>} of */
export const toPicture = (...of) => painted(...of).toDataURL("image/png");
