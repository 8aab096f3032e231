/**
 * The geometry of strokes, and nothing else: no canvas, no events, no network.
 *
 * Coordinates are in units of the sheet, a square of SIZE × SIZE, however large it is shown.
 *
 * @typedef {[x: number, y: number, t: number, pressure: number]} Point  t in ms since the stroke began
 * @typedef {{colour: string, width: number, points: Point[]}} Stroke
 * @typedef {{x0: number, y0: number, cx: number, cy: number, x1: number, y1: number, pressure: number}} Piece
 *   a quadratic curve
 * @typedef {{x: number, y: number, scale: number}} Fit
 */

export const SIZE = 300;

/** What a mouse, or a pen that cannot feel, presses with. */
export const EVEN_PRESSURE = 0.5;

const NEAREST = 0.6;

/** A coordinate to a hundredth of a unit: finer is noise, and longer to send. @param {number} value */
const hundredths = (value) => Math.round(value * 100) / 100;

/**
 * A place on the shown sheet, in sheet units. Places outside of it stay outside: a stroke that leaves the
 * sheet is cut off by the sheet's edge, not bent along it.
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

/** Whether a point adds something to a stroke that ends in `last`. @param {Point} last @param {Point} next */
export const isFarEnough = (last, next) => Math.hypot(next[0] - last[0], next[1] - last[1]) >= NEAREST;

/**
 * The piece of line that becomes certain when point `index` arrives: from the middle of the step before to
 * the middle of this one, bent towards the point between. Lines made of these have no corners.
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
 * The last piece, from the middle of the last step to the last point; of a single point, a dot.
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
 * A whole stroke in pieces, each beginning where the one before ended.
 *
 * @param {readonly Point[]} points
 * @returns {Piece[]}
 */
export function pieces(points) {
  if (points.length === 0) return [];
  return [...points.slice(1).map((_, index) => pieceAt(points, index + 1)), tail(points)];
}

/**
 * The pieces of a stroke, those of one pressure together: each run is a line of one width.
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

/** The line's width under a pressure of 0 to 1; an even pressure changes nothing. @param {number} width @param {number} pressure */
export const widthUnder = (width, pressure) => width * (0.5 + pressure);

/**
 * How a picture of `width` × `height` lies within a square of `size`, whole and centred.
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
