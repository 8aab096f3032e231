/**
 * Pictures as numbers: what is ink in them, and how much.
 */

/** Above this much ink, white figures are easier to read on it than black ones. */
const DARK = 137;

/** The ink of grey points on white paper, as the network is given it: 0 paper, 255 ink. @param {ArrayLike<number>} rgba */
export function inkOfGlyph(rgba) {
  return Array.from({ length: rgba.length / 4 }, (_, index) => 255 - (rgba[4 * index] ?? 255));
}

/** @param {number} ink */
export const needsLightText = (ink) => ink >= DARK;

/**
 * The ink of any picture, light or dark, in place: what differs from the paper at its edge becomes black on white.
 *
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 */
export function showInk(rgba, width, height) {
  const light = Array.from({ length: width * height }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(4 * index, 4 * index + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  });
  const isEdge = (/** @type {number} */ index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  };
  const edge = light.filter((_, index) => isEdge(index)).sort((one, other) => one - other);
  const paper = edge[Math.floor(edge.length / 2)] ?? 255;
  const most = Math.max(1, ...light.map((value) => Math.abs(value - paper)));
  light.forEach((value, index) => rgba.fill(255 - (255 * Math.abs(value - paper)) / most, 4 * index, 4 * index + 3));
}
