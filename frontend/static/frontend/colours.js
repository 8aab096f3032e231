/**
 * Colours by numbers: sliders for red, green and blue beside each picker, and presets of ink, paper and pen.
 *
 * @import {Pen} from "./pad.js"
 * @import {Backdrop, Sheet} from "./sheet.js"
 */
import { part } from "./page.js";
import { choose } from "./settings.js";

const CHANNELS = ["red", "green", "blue"];
const SAMPLED = 16;
const PICKERS = /** @type {const} */ (["stroke", "background"]);

/** The channels of `#rrggbb`, 0 to 255. @param {string} colour */
export const channelsOf = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/** @param {readonly number[]} channels */
export const colourOf = (channels) => `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

/** From 0, black, to 1, white: WCAG's relative luminance. @param {string} colour */
function luminance(colour) {
  const linear = channelsOf(colour).map((value) => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => sum + weight * (linear[index] ?? 0), 0);
}

/** The first of the colours that is legible on a paper: 4.5 to 1, which black or white always has. @param {string} paper @param {readonly string[]} wishes */
export function legibleOn(paper, wishes) {
  const ground = luminance(paper) + 0.05;
  const contrast = (/** @type {string} */ colour) => (luminance(colour) + 0.05) / ground;
  return [...wishes, "#000000"].find((colour) => Math.max(contrast(colour), 1 / contrast(colour)) >= 4.5) ?? "#ffffff";
}

/** What a pen draws with on what lies on the sheet. @param {Pick<Sheet, "background" | "backdrop">} sheet @param {Pen} pen */
export function inkOn({ background, backdrop }, { colour, spare }) {
  return backdrop && spare.length ? legibleOn(meanOf(background, backdrop), [colour, ...spare]) : colour;
}

/** The colour that a picture gives the paper. @param {string} background @param {Backdrop} backdrop */
function meanOf(background, { source }) {
  const canvas = new OffscreenCanvas(SAMPLED, SAMPLED);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.fillStyle = background;
  context.fillRect(0, 0, SAMPLED, SAMPLED);
  context.drawImage(source, 0, 0, SAMPLED, SAMPLED);
  const { data } = context.getImageData(0, 0, SAMPLED, SAMPLED);
  const mean = (/** @type {number} */ channel) =>
    Math.round(data.reduce((sum, value, at) => (at % 4 === channel ? sum + value : sum), 0) / SAMPLED ** 2);
  return colourOf([0, 1, 2].map(mean));
}

/** @param {"stroke" | "background"} name */
function mix(name) {
  const hook = `${name}-colour`;
  const picker = /** @type {HTMLInputElement} */ (part(hook));
  const sliders = CHANNELS.map((channel) => /** @type {HTMLInputElement} */ (part(`${name}-${channel}`)));
  const follow = () => {
    channelsOf(picker.value).forEach((value, index) => {
      const slider = /** @type {HTMLInputElement} */ (sliders[index]);
      slider.value = String(value);
      const figure = slider.parentElement?.querySelector("output");
      if (figure) figure.value = String(value);
    });
  };
  for (const slider of sliders) {
    slider.addEventListener("input", () => choose(hook, colourOf(sliders.map((each) => each.valueAsNumber))));
  }
  picker.addEventListener("input", follow);
  follow();
}

/** The button shows the ink and the paper that it chooses. @param {HTMLButtonElement} button */
function offer(button) {
  const { ink = "", paper = "", width = "" } = button.dataset;
  button.style.setProperty("--ink", ink);
  button.style.setProperty("--paper", paper);
  button.style.setProperty("--width", `${Number(width) / 100}em`);
  button.addEventListener("click", () => {
    choose("background-colour", paper);
    choose("stroke-colour", ink);
    choose("stroke-width", width);
  });
}

/** Once the pickers have their colours. */
export function listenToColours() {
  PICKERS.forEach(mix);
  for (const button of part("presets").querySelectorAll("button")) offer(button);
}
