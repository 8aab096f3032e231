/** The parts of the page, and what both review pages share. */

/** @import {Progress} from "./requests.js" */

export const page = /** @type {HTMLElement} */ (document.getElementById("review"));

/** @param {string} name @returns {HTMLElement} */
export function part(name) {
  const found = page.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no part “${name}”`);
  return found;
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} [name] @param {string} [text] @returns {HTMLElementTagNameMap[T]} */
export function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** @param {string | null} text */
export const named = (text) => (text === "" ? "not a digit" : text ?? "–");

/** Above 99% with one decimal, and never rounded up to 100%. @param {number} share */
export function percent(share) {
  const isNear = share > 0.99 && share < 1;
  return isNear ? `${(Math.floor(1000 * share) / 10).toFixed(1)}%` : `${Math.round(100 * share)}%`;
}

/** Shows an error; "" clears it. @param {string} message */
export function trouble(message) {
  part("trouble").textContent = message;
}

/** The server counts no further than this. */
const COUNTED = 1000;

/** @param {Progress} progress */
export function showProgress({ mine, all, open }) {
  const waiting = `${open.toLocaleString()}${open < COUNTED ? "" : "+"} waiting`;
  const others = all > mine ? `, ${(all - mine).toLocaleString()} by others` : "";
  part("progress").textContent = `${mine.toLocaleString()} done today${others} · ${waiting}`;
  const share = all + open ? (100 * all) / (all + open) : 0;
  part("day").style.setProperty("--share", `${share}%`);
  part("day").setAttribute("aria-valuenow", share.toFixed(0));
}

export function toggleHelp() {
  const help = /** @type {HTMLDialogElement} */ (part("help"));
  if (help.open) help.close();
  else help.showModal();
}
