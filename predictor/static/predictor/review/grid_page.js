/** Reviewing many drawings with the same reading: doubtful ones are picked out, the rest are accepted together. */

/** @import {Batch} from "./requests.js" */
import { Cells } from "./cells.js";
import { listen } from "./keys.js";
import { element, named, page, part, showProgress, toggleHelp, trouble } from "./page.js";
import { PickedOut } from "./picked_out.js";
import { Requests } from "./requests.js";

const COUNT = Number(page.dataset["count"]);

const requests = new Requests(page);
const cells = new Cells();
/** Accepted batches, each named by one of its actions. @type {{action: number, reading: string}[]} */
const accepted = [];
const pickedOut = new PickedOut(COUNT * 4);
/** @type {string | null} */
let reading = null;
let isBusy = false;

const wanted = () => ({ count: COUNT, reading, holding: pickedOut.held });

/** One request at a time. Keys pressed during a request are ignored: they weren’t meant for the next drawings. @param {() => Promise<void>} work */
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

/** @param {Batch} batch */
function show({ drawings, progress, done }) {
  cells.show(drawings, reading ?? "");
  showProgress(progress);
  part("acts").hidden = false;
  const said = drawings.length ? "" : `No more drawings read as ${reading || "nothing"} are waiting.`;
  part("lead").replaceChildren(said, ...linkToPickedOut());
  const refused = done?.filter(({ error }) => error) ?? [];
  if (refused[0]) trouble(`${refused.length} refused: ${refused[0].error}`);
}

/** A link to what was picked out. */
function linkToPickedOut() {
  if (!pickedOut.size) return [];
  const link = element("a", "", ` Review the ${pickedOut.size} picked out one by one`);
  link.href = page.dataset["root"] ?? "";
  return [link];
}

/** @param {string} chosen */
function choose(chosen) {
  void busy(async () => {
    await requests.ask("release", { ids: cells.ids });
    reading = chosen;
    for (const button of part("readings").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset["reading"] === chosen));
    }
    show(await requests.ask("next", wanted()));
  });
}

function accept() {
  if (!cells.size) return;
  void busy(async () => {
    const { answers, pickedOut: left } = cells;
    const holding = [...pickedOut.held, ...left];
    const batch = await requests.ask("answers", { answers, batch: true, ...wanted(), holding });
    pickedOut.add(left);
    const action = batch.done?.find((each) => each.action !== undefined)?.action;
    if (action !== undefined) accepted.push({ action, reading: reading ?? "" });
    show(batch);
  });
}

function undo() {
  const last = accepted.at(-1);
  if (!last) {
    trouble("Nothing on this page is left to undo. Undo older answers one by one or in the log.");
    return;
  }
  void busy(async () => {
    accepted.pop();
    const batch = await requests.ask("undo", { action: last.action }).catch((error) => {
      // A refused undo is dropped, so that earlier batches can still be undone.
      if (error.isTemporary) accepted.push(last);
      throw error;
    });
    await requests.ask("release", { ids: cells.ids });
    reading = last.reading;
    show(batch);
  });
}

listen(
  {
    accept,
    undo,
    help: toggleHelp,
    pick: () => cells.pick(),
    none: () => cells.answer(""),
    left: () => cells.move(-1, 0),
    right: () => cells.move(1, 0),
    up: () => cells.move(0, -1),
    down: () => cells.move(0, 1),
  },
  (digit) => (reading === null ? choose(digit) : cells.answer(digit)),
);
part("readings").addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button) choose(button.dataset["reading"] ?? "");
});
part("cells").addEventListener("change", () => {
  const count = cells.answers.length;
  part("accept").textContent = count ? `Accept ${count} as ${named(reading)}` : "Next";
});
addEventListener("pagehide", () => requests.sendAndForget("release", { ids: [...cells.ids, ...pickedOut.held] }));
