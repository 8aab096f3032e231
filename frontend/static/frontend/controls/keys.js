/**
 * Keyboard shortcuts: digits label the drawing, u and Ctrl-Z undo, r redoes, e toggles the eraser, [ and ] change the
 * pen's width, Delete and Escape clear.
 *
 * Single keys can be turned off (WCAG 2.1.4), and do nothing in a text field.
 *
 * @typedef {{digit: (digit: string) => void, undo: () => void, redo: () => void, eraser: () => void,
 *   clear: () => void, widen: (by: number) => void}} Actions
 */

/** @param {KeyboardEvent} event */
function isTyping({ target }) {
  if (!(target instanceof HTMLElement)) return false;
  const typed = ["text", "search", "number", "color", "password", "email"];
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
    || (target instanceof HTMLInputElement && typed.includes(target.type));
}

/**
 * @param {Actions} actions
 * @param {() => boolean} areSingleKeysOn
 */
export function listenToKeys(actions, areSingleKeysOn) {
  document.addEventListener("keydown", (event) => {
    const isAltered = event.altKey && !isBracketByAlt(event);
    if (event.defaultPrevented || isTyping(event) || isAltered || event.isComposing) return;
    const isChord = (event.ctrlKey || event.metaKey) && !event.altKey;
    const action = isChord ? chord(event, actions) : areSingleKeysOn() ? single(event, actions) : null;
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** Many keyboards need Alt for brackets: Option-5 on a German Mac, AltGr-8 elsewhere (Ctrl-Alt to some browsers). @param {KeyboardEvent} event */
const isBracketByAlt = ({ key, altKey, metaKey }) => altKey && !metaKey && (key === "[" || key === "]");

/**
 * The key's letter or digit, whatever Caps Lock and the keyboard's layout make of it: on a layout without Latin letters,
 * or with digits on Shift only, the key at the usual place counts.
 *
 * @param {KeyboardEvent} event
 */
function pressed({ key, code, shiftKey }) {
  if (key.length !== 1 || /^[[\]]$/.test(key)) return key;
  if (/^[a-z0-9]$/i.test(key)) return key.toLowerCase();
  const [, letter, digit] = /^Key([A-Z])$|^(?:Digit|Numpad)([0-9])$/.exec(code) ?? [];
  return letter?.toLowerCase() ?? (shiftKey ? undefined : digit) ?? key;
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function chord(event, { undo, redo }) {
  const key = pressed(event);
  if (key === "z") return event.shiftKey ? redo : undo;
  return key === "y" ? redo : null;
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function single(event, { digit, undo, redo, eraser, clear, widen }) {
  const key = pressed(event);
  if (key === "[" || key === "]") return () => widen(key === "[" ? -1 : 1);
  if (event.repeat) return null;
  if (/^[0-9]$/.test(key)) return () => digit(key);
  const named = new Map([["u", undo], ["r", redo], ["e", eraser], ["Delete", clear], ["Escape", clear]]);
  return named.get(key) ?? null;
}
