/** Reviewing one drawing at a time: a key answers, and the next drawing is already loaded. */

/** @import {Step} from "./outbox.js" */
/** @import {Ready} from "./buffer.js" */
import { Buffer, load } from "./buffer.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { page, part, showProgress, toggleHelp, trouble } from "./page.js";
import { Requests } from "./requests.js";
import { Viewer } from "./viewer.js";

const AHEAD = Number(page.dataset["ahead"]);
const POLL_MS = 10_000;

const requests = new Requests(page);
const buffer = new Buffer();
const viewer = new Viewer();
const typed = /** @type {HTMLInputElement} */ (part("typed"));
/** @type {{step: Step, ready: Ready}[]} */
const answered = [];

const wanted = () => ({ count: Math.max(0, AHEAD - buffer.size), holding: buffer.ids });

const outbox = new Outbox(requests, {
  wanted,
  onBatch: take,
  onUndone(step, batch) {
    for (const drawing of batch.drawings.toReversed()) {
      if (step) buffer.renew(drawing);
      else buffer.putFirst({ drawing, picture: load(drawing) });
    }
    if (step && !batch.drawings.length) drop(step);
    showProgress(batch.progress);
    if (!step || buffer.current?.drawing.id === step.answer.id) show();
  },
  onRefused(step, message) {
    trouble(message);
    if (step) drop(step);
  },
  onTrouble: trouble,
});

/** @param {import("./requests.js").Batch} batch */
function take({ drawings, progress }) {
  const wasEmpty = !buffer.current;
  buffer.add(drawings);
  showProgress(progress);
  const { open } = progress;
  if (wasEmpty) show(open ? "All open drawings are with another reviewer or come back later." : "The queue is empty. Well done!");
}

/** Drops a drawing that another reviewer has claimed. @param {Step} step */
function drop(step) {
  const place = answered.findIndex((each) => each.step === step);
  if (place >= 0) answered.splice(place, 1);
  const wasShown = buffer.current?.drawing.id === step.answer.id;
  buffer.drop(step.answer.id);
  if (wasShown) show();
}

function show(message = "Loading drawings …") {
  typed.value = "";
  const { current } = buffer;
  if (!current) viewer.showNothing(message);
  else viewer.show(current);
  if (current?.drawing.mode === "number") typed.focus();
  else if (document.activeElement === typed) typed.blur();
}

/** @param {string | null} text  null skips */
function answer(text) {
  const pressed = performance.now();
  const ready = buffer.advance();
  if (!ready) return;
  trouble("");
  const { id, revision } = ready.drawing;
  const step = { answer: { id, revision, text } };
  answered.push({ step, ready });
  outbox.answer(step);
  show();
  // The time from the key to the next drawing on the screen.
  requestAnimationFrame(() => setTimeout(() => performance.measure("review:next", { start: pressed, end: performance.now() })));
}

function undo() {
  trouble("");
  const last = answered.pop();
  if (last) {
    buffer.putFirst(last.ready);
    show();
  }
  outbox.undo(last?.step ?? null);
}

function accept() {
  const { drawing } = buffer.current ?? {};
  if (typed.value) answer(typed.value);
  else if (drawing && drawing.suggestion !== null) answer(drawing.suggestion);
}

/** @param {string} digit */
function label(digit) {
  if (buffer.current?.drawing.mode === "number") typed.value += digit;
  else answer(digit);
}

async function poll() {
  if (buffer.current || !outbox.isIdle) return;
  try {
    take(await requests.ask("next", wanted()));
  } catch (error) {
    trouble(/** @type {Error} */ (error).message);
  }
}

listen({ accept, undo, help: toggleHelp, none: () => answer(""), skip: () => answer(null) }, label);
part("number").addEventListener("submit", (event) => event.preventDefault());
typed.addEventListener("input", () => (typed.value = typed.value.replace(/\D/g, "")));
// The browser asks before it closes a page whose answers the site doesn’t take.
addEventListener("beforeunload", (event) => outbox.isFailing && event.preventDefault());
addEventListener("pagehide", () => {
  if (outbox.unsent.length) requests.sendAndForget("answers", { answers: outbox.unsent });
  requests.sendAndForget("release", { ids: buffer.ids });
});
// A page restored from the back/forward cache has no claims any more.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
setInterval(poll, POLL_MS);
show();
void poll();
