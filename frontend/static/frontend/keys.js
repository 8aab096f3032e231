/**
 * The keyboard: digits say what the drawing is, u and Ctrl-Z take a stroke back, e erases, [ and ] change the pen,
 * Delete clears.
 *
 * Single keys can be turned off (WCAG 2.1.4), and do nothing while someone types.
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
    if (isTyping(event) || event.altKey || event.isComposing) return;
    const action = event.ctrlKey || event.metaKey ? chord(event, actions) : areSingleKeysOn() ? single(event, actions) : null;
    if (!action) return;
    event.preventDefault();
    action();
  });
}

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
