/** The ten bars: the probability of each digit. */
import { percent } from "../common/format.js";
import { part, word } from "../common/page.js";

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);

export class Bars {
  #bars = DIGITS.map((digit) => part(`probability-${digit}`));

  /** @param {readonly number[] | null} probabilities  of 0 to 9; null for none */
  show(probabilities) {
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    this.#bars.forEach((bar, digit) => {
      const share = probabilities?.[digit] ?? 0;
      const figure = probabilities ? percent(share) : "";
      bar.dataset["value"] = probabilities ? String(share) : "";
      bar.classList.toggle("is-best", digit === best);
      bar.classList.toggle("is-slight", share < 0.01);
      bar.style.setProperty("--share", share.toFixed(4));
      bar.setAttribute("aria-valuenow", (share * 100).toFixed(1));
      bar.setAttribute("aria-valuetext", figure || word("noReading"));
      const text = bar.querySelector(".bar__figure");
      if (text) text.textContent = figure;
    });
  }
}
