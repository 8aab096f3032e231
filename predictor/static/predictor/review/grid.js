/** Reviewing many at a glance: all of one reading, the odd ones picked out, the rest accepted in one stroke. */

/** @import {Hand} from "./site.js" */
import { Cells } from "./cells.js";
import { Kept } from "./kept.js";
import { listen } from "./keys.js";
import { element, named, page, part, showProgress, toggleHelp, trouble } from "./page.js";
import { Site } from "./site.js";

const COUNT = Number(page.dataset["count"]);

const site = new Site(page);
const cells = new Cells();
/** @type {{action: number, reading: string}[]} */
const strokes = [];
const kept = new Kept(COUNT * 4);
/** @type {string | null} */
let reading = null;
let isBusy = false;

const wanted = () => ({ count: COUNT, reading, holding: kept.held });

/** One request at a time; what is pressed meanwhile is not for the drawings that come. @param {() => Promise<void>} work */
async function busy(work) {
  if (isBusy) return;
  isBusy = true;
  page.setAttribute("aria-busy", "true");
  trouble("");
  try {
    await work();
  } catch (error) {
    trouble(/** @type {Error} */ (error).message);
  } finally {
    isBusy = false;
    page.removeAttribute("aria-busy");
  }
}

/** @param {Hand} hand */
function show({ drawings, progress, done }) {
  cells.show(drawings, reading ?? "");
  showProgress(progress);
  part("acts").hidden = false;
  const said = drawings.length ? "" : `Nothing else that was read as ${reading || "nothing"} waits here.`;
  part("lead").replaceChildren(said, ...later());
  const refused = done?.filter(({ error }) => error) ?? [];
  if (refused[0]) trouble(`${refused.length} not taken: ${refused[0].error}`);
}

/** The way to what was picked out. */
function later() {
  if (!kept.size) return [];
  const link = element("a", "", ` Review the ${kept.size} picked out, one by one`);
  link.href = page.dataset["root"] ?? "";
  return [link];
}

/** @param {string} chosen */
function choose(chosen) {
  void busy(async () => {
    await site.ask("release", { ids: cells.ids });
    reading = chosen;
    for (const button of part("readings").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset["reading"] === chosen));
    }
    show(await site.ask("next", wanted()));
  });
}

function accept() {
  if (!cells.size) return;
  void busy(async () => {
    const { answers, pickedOut } = cells;
    kept.add(pickedOut);
    const hand = await site.ask("answers", { answers, batch: true, ...wanted() });
    const action = hand.done?.find((each) => each.action !== undefined)?.action;
    if (action !== undefined) strokes.push({ action, reading: reading ?? "" });
    show(hand);
  });
}

function undo() {
  const stroke = strokes.at(-1);
  if (!stroke) {
    trouble("There is no stroke of this page to undo. Older ones stand in the log.");
    return;
  }
  void busy(async () => {
    strokes.pop();
    const hand = await site.ask("undo", { action: stroke.action }).catch((error) => {
      // What can’t be undone any more is not in the way of what was done before.
      if (error.passes) strokes.push(stroke);
      throw error;
    });
    await site.ask("release", { ids: cells.ids });
    reading = stroke.reading;
    show(hand);
  });
}

listen(
  {
    accept,
    undo,
    help: toggleHelp,
    pick: () => cells.pick(),
    none: () => cells.say(""),
    left: () => cells.move(-1, 0),
    right: () => cells.move(1, 0),
    up: () => cells.move(0, -1),
    down: () => cells.move(0, 1),
  },
  (digit) => (reading === null ? choose(digit) : cells.say(digit)),
);
part("readings").addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button) choose(button.dataset["reading"] ?? "");
});
part("cells").addEventListener("change", () => {
  const count = cells.answers.length;
  part("accept").textContent = count ? `Accept ${count} as ${named(reading)}` : "Go on";
});
addEventListener("pagehide", () => site.leave("release", { ids: [...cells.ids, ...kept.held] }));
