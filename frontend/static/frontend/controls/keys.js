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

/** @param {KeyboardEvent} event @param {Actions} actions */
function chord(event, { undo, redo }) {
  const key = event.key.toLowerCase();
  if (key === "z") return event.shiftKey ? redo : undo;
  return key === "y" ? redo : null;
}

/** @param {KeyboardEvent} event @param {Actions} actions */
function single(event, { digit, undo, redo, eraser, clear, widen }) {
  if (event.key === "[" || event.key === "]") return () => widen(event.key === "[" ? -1 : 1);
  if (event.repeat) return null;
  if (/^[0-9]$/.test(event.key)) return () => digit(event.key);
  const named = new Map([["u", undo], ["r", redo], ["e", eraser], ["Delete", clear], ["Escape", clear]]);
  return named.get(event.key) ?? null;
}
