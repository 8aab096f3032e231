/**
 * Explains a reading on the drawing's page: which pixels of each 28×28 input support its digit, which contradict it.
 *
 * @typedef {{importance: number[][]}} Explained
 */
import { part } from "../common/page.js";
import { pause } from "../reading/retry.js";

const SIDE = 28;
const TRIES = 12;
/** Orange supports, blue contradicts; the two are distinguishable with common colour blindness. */
const FOR = [226, 112, 16];
const AGAINST = [40, 96, 214];

/**
 * @param {HTMLCanvasElement} canvas  28×28
 * @param {HTMLImageElement} picture  the network's input
 * @param {number[][]} importance  rows of −1 to 1
 */
function paintHeatmap(canvas, picture, importance) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(picture, 0, 0, SIDE, SIDE);
  const image = context.getImageData(0, 0, SIDE, SIDE);
  importance.flat().forEach((value, index) => {
    const colour = value > 0 ? FOR : AGAINST;
    const share = Math.min(1, Math.abs(value)) * 0.85;
    for (let channel = 0; channel < 3; channel += 1) {
      const at = index * 4 + channel;
      image.data[at] = (image.data[at] ?? 0) * (1 - share) + (colour[channel] ?? 0) * share;
    }
  });
  context.putImageData(image, 0, 0);
}

/** @param {string} address @returns {Promise<Explained[] | null>}  null if it isn't ready in time */
async function fetchExplanation(address) {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const response = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (response?.status === 200) return (await response.json()).glyphs;
    if (response && response.status !== 202 && response.status < 500) return null;
    await pause(Math.min(3000, 250 * tries));
  }
  return null;
}

const list = part("why");
const explained = await fetchExplanation(list.dataset["explanation"] ?? "");
if (!explained) part("why-status").textContent = list.dataset["late"] ?? "";
for (const [index, { importance }] of (explained ?? []).entries()) {
  const item = list.children[index];
  const canvas = item?.querySelector("canvas");
  const picture = item?.querySelector("img");
  if (!canvas || !picture) continue;
  await picture.decode();
  paintHeatmap(canvas, picture, importance);
  canvas.dataset["ready"] = "";
}
