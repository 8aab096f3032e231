/**
 * The time of each point of a drawing, and the sheet's content at any moment. Data only.
 *
 * @import {Point, Stroke} from "./strokes.js"
 * @typedef {{stroke: Stroke, times: number[], start: number, end: number}} Timed  in ms since the drawing began
 * @typedef {{strokes: Timed[], length: number}} Timeline
 */
import { EVEN_PRESSURE } from "./strokes.js";

/** Pause between two strokes, because strokes only record their own times. */
export const LIFTED_MS = 350;
/** Time between points where a client sent none: one frame. */
const STEP_MS = 16;
/** Longest pause within a stroke that is replayed. */
const LONGEST_MS = 1500;

/**
 * @param {{colour: string, width: number, points: number[][]}} stroke  points as the API keeps them: of 2 to 4 numbers
 * @param {number} start
 * @returns {Timed}
 */
function timed(stroke, start) {
  let now = start;
  const times = stroke.points.map((point, index) => {
    const before = stroke.points[index - 1];
    if (before) now += Math.min(LONGEST_MS, Math.max(0, (point[2] ?? Number.NaN) - (before[2] ?? Number.NaN) || STEP_MS));
    return now;
  });
  const points = stroke.points.map(
    ([x, y, t, pressure]) => /** @type {Point} */ ([x, y, t ?? 0, pressure ?? EVEN_PRESSURE]),
  );
  return { stroke: { ...stroke, points }, times, start, end: now };
}

/** @param {readonly {colour: string, width: number, points: number[][]}[]} strokes @returns {Timeline} */
export function timeline(strokes) {
  /** @type {Timed[]} */
  const found = [];
  for (const stroke of strokes) {
    const last = found.at(-1);
    if (stroke.points.length > 0) found.push(timed(stroke, last ? last.end + LIFTED_MS : 0));
  }
  return { strokes: found, length: found.at(-1)?.end ?? 0 };
}

/** The strokes drawn by a moment, the last one possibly unfinished. @param {Timeline} line @param {number} ms @returns {Stroke[]} */
export function drawnAt(line, ms) {
  return line.strokes
    .filter(({ start }) => start <= ms)
    .map(({ stroke, times, end }) =>
      end <= ms ? stroke : { ...stroke, points: stroke.points.filter((_, index) => (times[index] ?? 0) <= ms) },
    );
}

/** The moment at which the next stroke after `ms` is finished. @param {Timeline} line @param {number} ms */
export const nextEnd = (line, ms) => line.strokes.find(({ end }) => end > ms)?.end ?? line.length;
