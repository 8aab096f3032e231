/**
 * The visitor's settings: pen, paper, keys. Kept in localStorage where the browser allows it.
 */
import { part } from "../common/page.js";

/** @param {string} name */
function recall(name) {
  try {
    return localStorage.getItem(`digitsite.${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`digitsite.${name}`, value);
  } catch {
    // Without storage, the settings last until the page is left.
  }
}

/** Sets an input as if the visitor had. @param {string} hook @param {string} value */
export function choose(hook, value) {
  const input = /** @type {HTMLInputElement} */ (part(hook));
  input.value = value;
  input.dispatchEvent(new Event("input"));
  input.dispatchEvent(new Event("change"));
}

/**
 * Restores an input's stored value, and stores and reports every change.
 *
 * @param {string} hook
 * @param {(input: HTMLInputElement) => void} onChange  also called at once
 */
export function setting(hook, onChange) {
  const input = /** @type {HTMLInputElement} */ (part(hook));
  const isBox = input.type === "checkbox";
  const kept = recall(hook);
  if (kept !== null && isBox) input.checked = kept === "true";
  else if (kept !== null) input.value = kept;
  input.addEventListener("input", () => {
    remember(hook, String(isBox ? input.checked : input.value));
    onChange(input);
  });
  onChange(input);
  return input;
}
