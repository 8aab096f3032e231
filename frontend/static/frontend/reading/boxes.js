/**
 * Boxes around the digits of a number, drawn over the pad. They take no pointer events.
 *
 * @import {Shown} from "./reading_view.js"
 */
import { SIZE, fitInto } from "../pad/strokes.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 4;

export class Boxes {
  #overlay;

  /** @param {HTMLElement} overlay  an SVG with the sheet's units */
  constructor(overlay) {
    this.#overlay = overlay;
  }

  /** @param {Shown | null} drawing  null shows none @param {number} selected */
  show(drawing, selected) {
    const glyphs = drawing?.prediction?.glyphs ?? [];
    const fit = fitInto(drawing?.width ?? SIZE, drawing?.height ?? SIZE);
    this.#overlay.replaceChildren(
      ...glyphs.flatMap(({ box, digit }, index) => {
        const frame = document.createElementNS(SVG, "rect");
        const place = {
          x: fit.x + box[0] * fit.scale - MARGIN,
          y: fit.y + box[1] * fit.scale - MARGIN,
          width: box[2] * fit.scale + 2 * MARGIN,
          height: box[3] * fit.scale + 2 * MARGIN,
        };
        for (const [name, value] of Object.entries({ ...place, rx: 6 })) frame.setAttribute(name, value.toFixed(1));
        frame.setAttribute("class", index === selected ? "box is-selected" : "box");
        const name = document.createElementNS(SVG, "text");
        name.setAttribute("x", (place.x + 2).toFixed(1));
        name.setAttribute("y", Math.max(13, place.y - 4).toFixed(1));
        name.setAttribute("class", "box__digit");
        name.textContent = String(digit);
        return [frame, name];
      }),
    );
  }
}
