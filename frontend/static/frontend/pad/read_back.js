/**
 * Whether this browser gives back what was painted on a canvas. Against fingerprinting, some (Tor Browser, LibreWolf,
 * Firefox with resistFingerprinting) give back noise or one colour.
 */

const SIDE = 16;
/** Grey levels; some browsers change each pixel by one or two, which spoils nothing. */
const TOLERANCE = 16;

/** A canvas whose left half is dark and whose right half is light, or the other way round. @param {[string, string]} halves */
function painted([left, right]) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false, willReadFrequently: true }));
  context.fillStyle = left;
  context.fillRect(0, 0, SIDE / 2, SIDE);
  context.fillStyle = right;
  context.fillRect(SIDE / 2, 0, SIDE / 2, SIDE);
  return { url: canvas.toDataURL(), pixels: context.getImageData(0, 0, SIDE, SIDE).data };
}

/** Asked before each picture, because a visitor may allow or forbid it at any time. */
export function isReadBack() {
  const [one, again] = [painted(["#303030", "#d0d0d0"]), painted(["#303030", "#d0d0d0"])];
  const other = painted(["#d0d0d0", "#303030"]);
  const isRight = (/** @type {number} */ value, /** @type {number} */ at) =>
    at % 4 === 3 || Math.abs(value - ((at >> 2) % SIDE < SIDE / 2 ? 0x30 : 0xd0)) <= TOLERANCE;
  return one.url === again.url && one.url !== other.url && one.pixels.every(isRight);
}
