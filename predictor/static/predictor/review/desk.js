/** Reviewing one drawing after the other: each key answers, and the next drawing is there already. */

/** @import {Step} from "./outbox.js" */
/** @import {Ready} from "./hand.js" */
import { Hand, load } from "./hand.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { page, part, showProgress, toggleHelp, trouble } from "./page.js";
import { Sheet } from "./sheet.js";
import { Site } from "./site.js";

const AHEAD = Number(page.dataset["ahead"]);
const LOOK_AGAIN_MS = 10_000;

const site = new Site(page);
const hand = new Hand();
const sheet = new Sheet();
const typed = /** @type {HTMLInputElement} */ (part("typed"));
/** @type {{step: Step, ready: Ready}[]} */
const trail = [];
/** Of one’s own answers, those of an earlier visit included. @type {number | null} */
let newest = Number(page.dataset["newest"]) || null;

const wanted = () => ({ count: Math.max(0, AHEAD - hand.size), holding: hand.ids });

const outbox = new Outbox(site, {
  wanted,
  newest: () => newest,
  onHand: take,
  onUndone(step, got) {
    for (const drawing of got.drawings.toReversed()) {
      if (step) hand.renew(drawing);
      else hand.putFirst({ drawing, picture: load(drawing) });
    }
    if (step && !got.drawings.length) leave(step);
    goOn(got.progress);
    if (!step || hand.current?.drawing.id === step.answer.id) show();
  },
  onRefused(step, message) {
    trouble(message);
    if (step) leave(step);
  },
  onTrouble: trouble,
});

/** @param {import("./site.js").Hand} got */
function take({ drawings, progress }) {
  const wasEmpty = !hand.current;
  hand.add(drawings);
  goOn(progress);
  const { open } = progress;
  if (wasEmpty) show(open ? "All that waits is with another reviewer, or comes back later." : "Nothing waits. Well done.");
}

/** @param {import("./site.js").Progress} progress */
function goOn(progress) {
  newest = progress.newest;
  showProgress(progress);
}

/** Somebody else has this drawing. @param {Step} step */
function leave(step) {
  const place = trail.findIndex((each) => each.step === step);
  if (place >= 0) trail.splice(place, 1);
  const wasShown = hand.current?.drawing.id === step.answer.id;
  hand.drop(step.answer.id);
  if (wasShown) show();
}

function show(message = "The next drawings are on their way …") {
  typed.value = "";
  const { current } = hand;
  if (!current) sheet.showNothing(message);
  else sheet.show(current);
  if (current?.drawing.mode === "number") typed.focus();
  else if (document.activeElement === typed) typed.blur();
}

/** @param {string | null} text  null skips */
function answer(text) {
  const pressed = performance.now();
  const ready = hand.advance();
  if (!ready) return;
  trouble("");
  const { id, revision } = ready.drawing;
  const step = { answer: { id, revision, text } };
  trail.push({ step, ready });
  outbox.answer(step);
  show();
  // From the key to the next drawing on the screen.
  requestAnimationFrame(() => setTimeout(() => performance.measure("review:next", { start: pressed, end: performance.now() })));
}

function undo() {
  trouble("");
  const last = trail.pop();
  if (last) {
    hand.putFirst(last.ready);
    show();
  }
  outbox.undo(last?.step ?? null);
}

function accept() {
  const { drawing } = hand.current ?? {};
  if (typed.value) answer(typed.value);
  else if (drawing && drawing.suggestion !== null) answer(drawing.suggestion);
}

/** @param {string} digit */
function label(digit) {
  if (hand.current?.drawing.mode === "number") typed.value += digit;
  else answer(digit);
}

async function lookForMore() {
  if (hand.current || !outbox.isIdle) return;
  try {
    take(await site.ask("next", wanted()));
  } catch (error) {
    trouble(/** @type {Error} */ (error).message);
  }
}

listen({ accept, undo, help: toggleHelp, none: () => answer(""), skip: () => answer(null) }, label);
part("number").addEventListener("submit", (event) => event.preventDefault());
typed.addEventListener("input", () => (typed.value = typed.value.replace(/\D/g, "")));
addEventListener("pagehide", () => {
  if (outbox.unsent.length) site.leave("answers", { answers: outbox.unsent });
  site.leave("release", { ids: hand.ids });
});
// Back from the browser's own store the page has nothing in hand any more.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
setInterval(lookForMore, LOOK_AGAIN_MS);
show();
void lookForMore();
