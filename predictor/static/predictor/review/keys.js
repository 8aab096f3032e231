/** Keys and buttons: both trigger an action or give a digit. */
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
 * A key that is held down acts once, except for the arrows. In a text field, digits and editing keys do what they always do.
 *
 * @param {Record<string, () => void>} acts  by name; other keys keep their usual effect
 * @param {(digit: string) => void} onDigit
 */
export function listen(acts, onDigit) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const dialog = /** @type {HTMLDialogElement} */ (part("help"));
    if (dialog.open && event.key !== "?") return;
    const isTyping = event.target instanceof HTMLInputElement;
    // Enter and space press a focused button or link.
    if (isControl(event.target) && (event.key === "Enter" || event.key === " ")) return;
    const isArrow = event.key.startsWith("Arrow");
    if (isTyping && isArrow) return;
    const act = /^[0-9]$/.test(event.key)
      ? isTyping ? undefined : () => onDigit(event.key)
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
    // Otherwise the next Enter would press this button again.
    if (answer !== undefined || act !== undefined) button?.blur();
  });
}

/** @param {EventTarget | null} target */
function isControl(target) {
  return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
}
