/**
 * Which strokes an eraser touches: geometry only.
 *
 * @import {Stroke} from "./strokes.js"
 * @typedef {readonly [x: number, y: number, ...rest: number[]]} Place
 */
import { widthUnder } from "./strokes.js";

/** The eraser's radius, in sheet units. */
export const REACH = 8;

/** Distance from a place to the segment between two others. @param {Place} place @param {Place} from @param {Place} to */
function distance([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const share = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const near = Math.max(0, Math.min(1, share));
  return Math.hypot(x0 + near * dx - x, y0 + near * dy - y);
}

/** On which side of the line from `a` to `b` a place lies. @param {Place} a @param {Place} b @param {Place} place */
const side = (a, b, place) => Math.sign((b[0] - a[0]) * (place[1] - a[1]) - (b[1] - a[1]) * (place[0] - a[0]));

/** Whether two segments cross. @param {Place} a @param {Place} b @param {Place} c @param {Place} d */
const cross = (a, b, c, d) => side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;

/** The smallest distance between two segments. @param {Place} a @param {Place} b @param {Place} c @param {Place} d */
function gap(a, b, c, d) {
  if (cross(a, b, c, d)) return 0;
  return Math.min(distance(a, c, d), distance(b, c, d), distance(c, a, b), distance(d, a, b));
}

/** @param {Stroke} stroke @param {Place} from @param {Place} to */
function isTouched({ points, width }, from, to) {
  return points.some((point, index) => {
    const before = points[index - 1] ?? point;
    return gap(before, point, from, to) <= REACH + widthUnder(width, point[3]) / 2;
  });
}

/**
 * The strokes left after the eraser has moved from one place to another.
 *
 * @param {readonly Stroke[]} strokes
 * @param {Place} from
 * @param {Place} to
 */
export const untouched = (strokes, from, to) => strokes.filter((stroke) => !isTouched(stroke, from, to));
