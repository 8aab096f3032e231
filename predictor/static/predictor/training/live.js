/**
 * The page of a training while it runs: polls its progress and shows it. Reloads the page when it ends.
 *
 * @import {Point} from "./curves.js"
 * @typedef {{name: string, state: string}} Stage
 * @typedef {{status: string, over: boolean, stages: Stage[], detail: string, progress: number, time: string,
 *   curves: Point[]}} Progress
 */
import { draw } from "./curves.js";

const POLL_MS = 1500;
const RETRY_MS = 5000;

/** @param {readonly Point[]} points */
function showCurves(points) {
  const section = document.getElementById("curves");
  if (!section || points.length === 0) return;
  section.hidden = false;
  const epochs = Number(section.querySelector("[data-epochs]")?.getAttribute("data-epochs"));
  for (const figure of section.querySelectorAll("figure")) draw(figure, points, epochs);
}

/**
 * @param {HTMLElement} live
 * @param {Progress} found
 */
function show(live, found) {
  for (const { name, state } of found.stages) {
    const row = live.querySelector(`[data-stage="${name}"]`);
    if (row) row.className = `stage stage--${state}`;
  }
  const bar = live.querySelector("progress");
  if (bar) bar.value = found.progress;
  showText(found.status === "queued" ? "Waiting for the train worker." : found.detail, found.time);
  showCurves(found.curves);
}

/**
 * @param {string} detail
 * @param {string} left
 */
function showText(detail, left) {
  document.getElementById("detail")?.replaceChildren(detail);
  document.getElementById("left")?.replaceChildren(left);
}

/** @param {HTMLElement} live */
async function follow(live) {
  let wait = POLL_MS;
  try {
    const answer = await fetch(live.dataset["url"] ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    /** @type {Progress} */
    const found = await answer.json();
    if (found.over) return answered ? undefined : location.reload();
    show(live, found);
  } catch {
    showText("The site can’t be reached. Trying again.", "");
    wait = RETRY_MS;
  }
  setTimeout(() => follow(live), wait);
}

// A form that was sent brings its own page, whose message a reload would lose.
let answered = false;
addEventListener("submit", () => (answered = true));
const written = document.getElementById("curve-points")?.textContent;
if (written) showCurves(JSON.parse(written));
const live = document.getElementById("live");
if (live) follow(live);
