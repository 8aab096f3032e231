/**
 * A curve of a training as SVG: epochs on the x axis, a value on the y axis.
 *
 * @typedef {{epoch: number, [name: string]: number}} Point
 * @typedef {{path: string, end: {x: number, y: number} | null, across: Tick[], up: Tick[], latest: string}} Layout
 * @typedef {{at: number, text: string}} Tick
 */

const SVG = "http://www.w3.org/2000/svg";
export const SIZE = { width: 360, height: 180, left: 44, right: 10, top: 8, bottom: 24 };

/**
 * Where everything is drawn. The y axis begins at 0 for a loss, and at a round number below the minimum for a share.
 *
 * @param {readonly Point[]} points
 * @param {string} name
 * @param {number} epochs the planned number
 * @returns {Layout}
 */
export function layOut(points, name, epochs) {
  const known = points.filter((point) => Number.isFinite(point[name]));
  const values = known.map((point) => Number(point[name]));
  const isShare = name === "accuracy";
  const least = isShare ? Math.max(0, Math.floor(Math.min(...values, 1) * 20 - 1) / 20) : 0;
  const most = isShare ? 1 : roundUp(Math.max(...values, 0));
  /** @param {number} epoch */
  const x = (epoch) => SIZE.left + (epoch / epochs) * (SIZE.width - SIZE.left - SIZE.right);
  /** @param {number} value */
  const y = (value) => SIZE.height - SIZE.bottom - ((value - least) / (most - least)) * (SIZE.height - SIZE.top - SIZE.bottom);
  /** @param {number} value */
  const format = (value) => (isShare ? `${Number((100 * value).toFixed(1))}%` : String(Number(value.toPrecision(3))));
  const places = known.map((point) => ({ x: round(x(point.epoch)), y: round(y(Number(point[name]))) }));
  const step = Math.max(1, Math.ceil(epochs / 6));
  return {
    path: places.map((place, index) => `${index ? "L" : "M"}${place.x} ${place.y}`).join(""),
    end: places.at(-1) ?? null,
    across: Array.from({ length: Math.floor(epochs / step) + 1 }, (_, index) => ({ at: round(x(index * step)), text: String(index * step) })),
    up: [least, (least + most) / 2, most].map((value) => ({ at: round(y(value)), text: format(value) })),
    latest: values.length ? format(Number(values.at(-1))) : "",
  };
}

/**
 * Draws the curve into a figure, replacing the one before.
 *
 * @param {Element} figure
 * @param {readonly Point[]} points
 * @param {number} epochs
 */
export function draw(figure, points, epochs) {
  const name = figure.getAttribute("data-curve") ?? "loss";
  const { path, end, across, up, latest } = layOut(points, name, epochs);
  const svg = element("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": `${name}, now ${latest}` });
  for (const { at, text } of up) {
    svg.append(element("line", { class: "rule-line", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: at, y2: at }));
    svg.append(element("text", { x: SIZE.left - 6, y: at + 4, "text-anchor": "end" }, text));
  }
  for (const { at, text } of across) svg.append(element("text", { x: at, y: SIZE.height - 6, "text-anchor": "middle" }, text));
  svg.append(element("path", { class: "line", d: path }));
  if (end) svg.append(element("circle", { class: "end", cx: end.x, cy: end.y, r: 3.5 }));
  const shown = figure.querySelector(".latest") ?? figure.querySelector("figcaption")?.appendChild(document.createElement("span"));
  shown?.classList.add("latest");
  shown?.replaceChildren(latest);
  figure.querySelector("svg")?.remove();
  figure.append(svg);
}

/** A round number not below this one. @param {number} value */
function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= value) ?? 10 * power;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function element(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text) made.textContent = text;
  return made;
}
