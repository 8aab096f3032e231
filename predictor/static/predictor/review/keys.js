/** The keyboard and the buttons: both name an act, or give a digit. */
import { page, part } from "./page.js";

const NAMED = new Map([
  ["Enter", "accept"],
  ["x", "none"],
  ["s", "skip"],
  ["z", "undo"],
  [" ", "pick"],
  ["?", "help"],
  ["ArrowLeft", "left"],
  ["ArrowRight", "right"],
  ["ArrowUp", "up"],
  ["ArrowDown", "down"],
]);

/**
 * A key that is held down acts once, but for the arrows. Where a number is typed, digits and editing are the field's own.
 *
 * @param {Record<string, () => void>} acts  by name; a key whose act isn't there is left alone
 * @param {(digit: string) => void} onDigit
 */
export function listen(acts, onDigit) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const dialog = /** @type {HTMLDialogElement} */ (part("help"));
    if (dialog.open && event.key !== "?") return;
    const types = event.target instanceof HTMLInputElement;
    // A focused button or link that Enter or space would press: whoever went there means it.
    if (isControl(event.target) && (event.key === "Enter" || event.key === " ")) return;
    const isArrow = event.key.startsWith("Arrow");
    if (types && isArrow) return;
    const act = /^[0-9]$/.test(event.key)
      ? types ? undefined : () => onDigit(event.key)
      : acts[NAMED.get(event.key.length === 1 ? event.key.toLowerCase() : event.key) ?? ""];
    if (!act) return;
    event.preventDefault();
    if (!event.repeat || isArrow) act();
  });
  page.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const { answer, act } = button?.dataset ?? {};
    if (answer !== undefined) onDigit(answer);
    if (act !== undefined) acts[act]?.();
    // The keys go on where the pointer left off.
    if (answer !== undefined || act !== undefined) button?.blur();
  });
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
}
