/**
 * Sliders for red, green and blue beside each colour picker, and presets of ink, paper and pen width.
 */
import { part } from "../common/page.js";
import { channelsOf, colourOf } from "../pad/colours.js";
import { choose } from "./settings.js";

const CHANNELS = ["red", "green", "blue"];
const PICKERS = /** @type {const} */ (["stroke", "background"]);

/** @param {"stroke" | "background"} name */
function connectSliders(name) {
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

/** The button shows the ink and paper it sets. @param {HTMLButtonElement} button */
function connectPreset(button) {
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

/** Call it after the pickers have their colours. */
export function listenToColourSliders() {
  PICKERS.forEach(connectSliders);
  for (const button of part("presets").querySelectorAll("button")) connectPreset(button);
}
