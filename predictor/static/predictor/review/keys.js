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
 * The key as the page names it, whatever Caps Lock and the keyboard's layout make of it: on a layout without Latin
 * letters, or with digits on Shift only, the key at the usual place counts.
 *
 * @param {KeyboardEvent} event
 */
function pressed({ key, code, shiftKey }) {
  if (key.length !== 1 || NAMED.has(key)) return key;
  if (/^[a-z0-9]$/i.test(key)) return key.toLowerCase();
  const [, letter, digit] = /^Key([A-Z])$|^(?:Digit|Numpad)([0-9])$/.exec(code) ?? [];
  return letter?.toLowerCase() ?? (shiftKey ? undefined : digit) ?? key;
}

/**
 * A key that is held down acts once, except for the arrows. In a text field, digits and editing keys do what they always do.
 *
 * @param {Record<string, () => void>} acts  by name; other keys keep their usual effect
 * @param {(digit: string) => void} onDigit
 */
export function listen(acts, onDigit) {
  document.addEventListener("keydown", (event) => {
    const key = pressed(event);
    const isChord = event.ctrlKey || event.metaKey;
    if (event.altKey || event.isComposing || (isChord && (key !== "z" || event.shiftKey))) return;
    const dialog = /** @type {HTMLDialogElement} */ (part("help"));
    if (dialog.open && key !== "?") return;
    const isTyping = event.target instanceof HTMLInputElement;
    // Ctrl-Z in a text field undoes typing first.
    if (isChord && event.target instanceof HTMLInputElement && event.target.value) return;
    // Enter and space press a focused button or link.
    if (isControl(event.target) && (key === "Enter" || key === " ")) return;
    const isArrow = key.startsWith("Arrow");
    if (isTyping && isArrow) return;
    const act = /^[0-9]$/.test(key)
      ? isTyping ? undefined : () => onDigit(key)
      : acts[NAMED.get(key) ?? ""];
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
