/** Shows one drawing, large, with its readings, its label and similar drawings. */

/** @import {Drawing, Reading} from "./requests.js" */
/** @import {Ready} from "./buffer.js" */
import { element, named, part, percent } from "./page.js";

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);

export class Viewer {
  /** @param {Ready} ready */
  show({ drawing, picture }) {
    part("empty").hidden = true;
    part("paper").replaceChildren(picture);
    part("paper").dataset["id"] = drawing.id;
    part("why").replaceChildren(...reasons(drawing).map((why) => element("li", "", why)));
    say("reading", drawing.reading ? drawing.reading.text || "nothing" : "not read", doubt(drawing.reading));
    say("said", drawing.said === null ? "–" : named(drawing.said), "");
    part("said").classList.toggle("differs", drawing.said !== null && drawing.said !== drawing.reading?.text);
    part("others").replaceChildren(...drawing.others.map(other));
    part("seen").replaceChildren(...(drawing.reading?.glyphs ?? []).map(glyph));
    part("similar").replaceChildren(...drawing.similar.map(({ text, pixels }) => labelled(text, pixels)));
    part("similar").parentElement?.toggleAttribute("hidden", drawing.similar.length === 0);
    const isNumber = drawing.mode === "number";
    part("number").hidden = !isNumber;
    part("digits").hidden = isNumber;
    const nothing = drawing.suggestion === null;
    part("accept").textContent = nothing ? "Nothing to accept" : `Accept ${named(drawing.suggestion)}`;
    part("accept").closest("button")?.toggleAttribute("disabled", nothing);
  }

  /** @param {string} message */
  showNothing(message) {
    for (const name of ["paper", "why", "others", "seen", "similar", "reading", "said"]) part(name).replaceChildren();
    part("paper").dataset["id"] = "";
    part("similar").parentElement?.toggleAttribute("hidden", true);
    part("empty").textContent = message;
    part("empty").hidden = false;
    part("accept").textContent = "Accept";
  }
}

/** @param {Drawing} drawing */
function reasons({ why, flagged }) {
  return flagged ? [...why, "This visitor’s labels are often rejected."] : why;
}

/** @param {string} name @param {string} text @param {string} more */
function say(name, text, more) {
  part(name).replaceChildren(element("b", "", text), element("small", "", more));
}

/** @param {Reading | null} reading */
function doubt(reading) {
  if (reading?.confidence == null) return "";
  return `${percent(reading.confidence)}${reading.sure ? "" : " · not sure"}`;
}

/** @param {Reading} reading */
function other({ text, model, confidence }) {
  const sure = confidence === null ? "" : `, ${percent(confidence)}`;
  return element("li", "", `Version ${model}: ${text || "nothing"}${sure}`);
}

/** A glyph as the network saw it, and the probability of each digit. @param {Reading["glyphs"][number]} glyph */
function glyph({ pixels, probabilities, digit }) {
  const shown = element("figure", "glyph");
  const picture = element("img", "pixels");
  picture.src = pixels;
  picture.alt = "what the network saw";
  const bars = element("ol", "bars");
  for (const each of DIGITS) {
    const share = probabilities[each] ?? 0;
    const bar = element("li", each === digit ? "best" : share < 0.01 ? "slight" : "");
    bar.style.setProperty("--share", `${100 * share}%`);
    bar.append(element("span", "", String(each)), element("i"), element("small", "", share < 0.005 ? "" : percent(share)));
    bars.append(bar);
  }
  shown.append(picture, bars);
  return shown;
}

/** @param {string} text @param {string} pixels */
function labelled(text, pixels) {
  const shown = element("figure");
  const picture = element("img", "pixels");
  picture.src = pixels;
  picture.alt = "";
  shown.append(picture, element("figcaption", "", text === "" ? "none" : text));
  return shown;
}
