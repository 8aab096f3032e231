/** Replays a drawing's strokes on its page at their original speed; stroke by stroke with prefers-reduced-motion. */
import { seconds } from "../common/format.js";
import { part } from "../common/page.js";
import { paintStroke } from "../pad/canvas.js";
import { drawnAt, nextEnd, timeline } from "../pad/playback.js";

const LARGEST = 900;
/** Time between strokes with prefers-reduced-motion. */
const STEP_MS = 800;

const section = part("replay");
const canvas = /** @type {HTMLCanvasElement} */ (part("replay-canvas"));
const play = part("replay-play");
const slider = /** @type {HTMLInputElement} */ (part("replay-slider"));
const at = part("replay-at");

const still = matchMedia("(prefers-reduced-motion: reduce)");
const answer = await fetch(section.dataset["strokes"] ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
const sheet = answer?.ok ? await answer.json() : null;
const line = timeline(sheet?.strokes ?? []);
const context = canvas.getContext("2d");

let stop = () => {};

/** Updates the slider and its text. @param {number} ms @param {number} count  strokes begun by then */
function say(ms, count) {
  const values = new Map(Object.entries({ stroke: String(count), count: String(line.strokes.length), seconds: seconds(ms) }));
  const text = (slider.dataset["said"] ?? "").replace(/\{(\w+)\}/g, (whole, key) => values.get(key) ?? whole);
  slider.value = String(ms);
  slider.setAttribute("aria-valuetext", text);
  at.textContent = text;
}

/** Paints the sheet as it was at a moment. @param {number} ms */
function show(ms) {
  if (!context) return;
  const scale = canvas.width / sheet.width;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = sheet.background;
  context.fillRect(0, 0, sheet.width, sheet.height);
  const drawn = drawnAt(line, ms);
  for (const stroke of drawn) paintStroke(context, stroke);
  // At the end the stored picture is shown instead of the canvas.
  canvas.hidden = ms >= line.length;
  say(ms, drawn.length);
  canvas.dataset["strokes"] = String(drawn.length);
}

function pause() {
  stop();
  stop = () => {};
  play.textContent = play.dataset["play"] ?? "";
  section.dataset["state"] = "paused";
}

function start() {
  const from = Number(slider.value) >= line.length ? 0 : Number(slider.value);
  play.textContent = play.dataset["pause"] ?? "";
  section.dataset["state"] = "playing";
  (still.matches ? step : run)(from);
}

/** Plays at the original speed. @param {number} from */
function run(from) {
  const began = performance.now() - from;
  const frame = () => {
    const now = Math.min(line.length, performance.now() - began);
    show(now);
    if (now >= line.length) return pause();
    const id = requestAnimationFrame(frame);
    stop = () => cancelAnimationFrame(id);
  };
  frame();
}

/** Plays one whole stroke at a time. @param {number} from */
function step(from) {
  const now = nextEnd(line, from);
  show(now);
  if (now >= line.length) return pause();
  const id = setTimeout(() => step(now), STEP_MS);
  stop = () => clearTimeout(id);
}

if (sheet && line.length > 0 && sheet.width > 0 && sheet.height > 0) {
  const scale = LARGEST / Math.max(sheet.width, sheet.height);
  canvas.width = Math.round(sheet.width * scale);
  canvas.height = Math.round(sheet.height * scale);
  slider.max = String(line.length);
  say(line.length, line.strokes.length);
  section.hidden = false;
  play.addEventListener("click", () => (section.dataset["state"] === "playing" ? pause() : start()));
  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
}
