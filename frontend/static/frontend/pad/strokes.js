/**
 * The geometry of strokes: no canvas, no events, no network.
 *
 * Coordinates are in sheet units: the sheet is a square of SIZE × SIZE, however large it is shown.
 *
 * @typedef {[x: number, y: number, t: number, pressure: number]} Point  t in ms since the stroke began
 * @typedef {{colour: string, width: number, points: Point[]}} Stroke
 * @typedef {{x0: number, y0: number, cx: number, cy: number, x1: number, y1: number, pressure: number}} Piece
 *   a quadratic curve
 * @typedef {{x: number, y: number, scale: number}} Fit
 */

export const SIZE = 300;

/** The pressure of a mouse, or of a pen that measures none. */
export const EVEN_PRESSURE = 0.5;

const NEAREST = 0.6;

/** Rounds to a hundredth of a unit; more digits are noise and take longer to send. @param {number} value */
const hundredths = (value) => Math.round(value * 100) / 100;

/**
 * Converts a place in the window to sheet units. Places outside the sheet stay outside, so that a stroke that leaves it
 * is cut off at the edge, not bent along it.
 *
 * @param {{x: number, y: number}} place  in CSS pixels of the window
 * @param {{left: number, top: number, width: number, height: number}} shown  where the sheet is
 * @returns {[x: number, y: number]}
 */
export function toSheet(place, shown) {
  return [
    hundredths(((place.x - shown.left) * SIZE) / (shown.width || 1)),
    hundredths(((place.y - shown.top) * SIZE) / (shown.height || 1)),
  ];
}

/** Whether a point is far enough from the stroke's last one to be kept. @param {Point} last @param {Point} next */
export const isFarEnough = (last, next) => Math.hypot(next[0] - last[0], next[1] - last[1]) >= NEAREST;

/**
 * The curve that is final once point `index` is known: from the midpoint of the previous segment to the midpoint of this
 * one, with the point between as its control point. Such curves join without corners.
 *
 * @param {readonly Point[]} points
 * @param {number} index  from 1
 * @returns {Piece}
 */
export function pieceAt(points, index) {
  const here = /** @type {Point} */ (points[index]);
  const before = /** @type {Point} */ (points[index - 1]);
  const earlier = points[index - 2];
  return {
    x0: earlier ? (earlier[0] + before[0]) / 2 : before[0],
    y0: earlier ? (earlier[1] + before[1]) / 2 : before[1],
    cx: before[0],
    cy: before[1],
    x1: (before[0] + here[0]) / 2,
    y1: (before[1] + here[1]) / 2,
    pressure: (before[3] + here[3]) / 2,
  };
}

/**
 * The last piece, from the midpoint of the last segment to the last point. For a single point, a dot.
 *
 * @param {readonly Point[]} points  at least one
 * @returns {Piece}
 */
export function tail(points) {
  const last = /** @type {Point} */ (points.at(-1));
  const before = points.at(-2) ?? last;
  return {
    x0: (before[0] + last[0]) / 2,
    y0: (before[1] + last[1]) / 2,
    cx: last[0],
    cy: last[1],
    x1: last[0],
    y1: last[1],
    pressure: last[3],
  };
}

/**
 * A whole stroke as pieces; each begins where the one before ended.
 *
 * @param {readonly Point[]} points
 * @returns {Piece[]}
 */
export function pieces(points) {
  if (points.length === 0) return [];
  return [...points.slice(1).map((_, index) => pieceAt(points, index + 1)), tail(points)];
}

/**
 * The pieces of a stroke grouped by pressure: each run is a line of one width.
 *
 * @param {readonly Point[]} points
 */
export function runs(points) {
  /** @type {{pressure: number, pieces: Piece[]}[]} */
  const found = [];
  for (const piece of pieces(points)) {
    const last = found.at(-1);
    if (last?.pressure === piece.pressure) last.pieces.push(piece);
    else found.push({ pressure: piece.pressure, pieces: [piece] });
  }
  return found;
}

/** The line's width under a pressure of 0 to 1; EVEN_PRESSURE leaves it as it is. @param {number} width @param {number} pressure */
export const widthUnder = (width, pressure) => width * (0.5 + pressure);

/**
 * Fits a picture of `width` × `height` into a square of `size`, whole and centred.
 *
 * @param {number} width
 * @param {number} height
 * @param {number} [size]
 * @returns {Fit}
 */
export function fitInto(width, height, size = SIZE) {
  const scale = size / Math.max(width, height, 1);
  return { x: (size - width * scale) / 2, y: (size - height * scale) / 2, scale };
}
