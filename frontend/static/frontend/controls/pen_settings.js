/**
 * The pen and paper the visitor chooses. A change restyles the strokes that are already drawn.
 *
 * @import {Pen} from "../pad/pad.js"
 * @import {Sheet} from "../pad/sheet.js"
 */
import { legibleOn } from "../pad/colours.js";
import { part } from "../common/page.js";
import { choose, remember, setting } from "./settings.js";

/** Default colours per theme. Not in the stylesheet, because they are sent with the drawing. */
const STARTING = { light: { ink: "#1b2440", paper: "#ffffff" }, dark: { ink: "#f1f3f8", paper: "#1b212d" } };

/** Colours of the page's own text on the paper, for light and dark themes; the first legible one is used. */
const ON_PAPER = { "--soft-on-paper": ["#565e71", "#a5adbe"], "--accent-on-paper": ["#2a4bc0", "#a8bbff"] };

/** @param {{pen: Pen, sheet: Sheet, paper: HTMLElement, restyled: () => void}} parts  `paper` lies behind the pad */
export function listenToPen({ pen, sheet, paper, restyled }) {
  const start = matchMedia("(prefers-color-scheme: dark)").matches ? STARTING.dark : STARTING.light;
  const pair = { "stroke-colour": start.ink, "background-colour": start.paper };
  for (const [hook, colour] of Object.entries(pair)) {
    const input = /** @type {HTMLInputElement} */ (part(hook));
    input.value = colour;
    // Choosing one colour stores both, because another theme's default paper might hide the ink.
    input.addEventListener("change", () => {
      for (const each of Object.keys(pair)) remember(each, /** @type {HTMLInputElement} */ (part(each)).value);
    });
  }
  setting("stroke-colour", (input) => {
    pen.colour = input.value;
    // A default ink may change on a picture that would hide it.
    pen.spare = input.value === start.ink ? [STARTING.light.ink, STARTING.dark.ink] : [];
    sheet.restyle({ colour: pen.colour });
    restyled();
  });
  setting("stroke-width", (input) => {
    pen.width = input.valueAsNumber;
    sheet.restyle({ width: pen.width });
    restyled();
  });
  setting("background-colour", (input) => {
    sheet.background = input.value;
    paper.style.setProperty("--paper", input.value);
    for (const [name, wishes] of Object.entries(ON_PAPER)) paper.style.setProperty(name, legibleOn(input.value, wishes));
    restyled();
  });
}

const WIDTH_STEP = 2;

/** Makes the pen wider or thinner. @param {number} by  steps, 1 or −1 */
export function widen(by) {
  const slider = /** @type {HTMLInputElement} */ (part("stroke-width"));
  choose("stroke-width", String(slider.valueAsNumber + by * WIDTH_STEP));
}
