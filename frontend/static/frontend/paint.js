/**
 * A sheet on a canvas: the same lines on the pad and in the picture that is sent.
 *
 * @import {Piece, Stroke} from "./strokes.js"
 * @import {Sheet} from "./sheet.js"
 */
import { SIZE, fitInto, pieces, widthUnder } from "./strokes.js";

const LARGEST_PICTURE = 1200;

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
 * A whole stroke: as one line while its width stays the same, since the seams of many would show.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
export function paintStroke(context, stroke) {
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = stroke.colour;
  let pressure = Number.NaN;
  for (const piece of pieces(stroke.points)) {
    if (piece.pressure !== pressure) {
      if (!Number.isNaN(pressure)) context.stroke();
      pressure = piece.pressure;
      context.lineWidth = widthUnder(stroke.width, pressure);
      context.beginPath();
      context.moveTo(piece.x0, piece.y0);
    }
    context.quadraticCurveTo(piece.cx, piece.cy, piece.x1, piece.y1);
  }
  if (!Number.isNaN(pressure)) context.stroke();
}

/**
 * The whole sheet, opaque, over whatever was there.
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

/**
 * The sheet as a PNG data URL: SIZE × SIZE, larger only where an uploaded picture has more to show.
 *
 * @param {Sheet} sheet
 */
export function toPicture(sheet) {
  const { backdrop } = sheet;
  const side = backdrop ? Math.max(SIZE, Math.min(LARGEST_PICTURE, Math.max(backdrop.width, backdrop.height))) : SIZE;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.scale(side / SIZE, side / SIZE);
  paintSheet(context, sheet);
  return canvas.toDataURL("image/png");
}
