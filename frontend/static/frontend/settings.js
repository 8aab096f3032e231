/**
 * What a visitor has set: the pen, the paper, keys. Remembered on this device, where it lets us.
 */
import { part } from "./page.js";

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
    // A browser that keeps nothing still draws.
  }
}

/** As if the visitor had chosen it. @param {string} hook @param {string} value */
export function choose(hook, value) {
  const input = /** @type {HTMLInputElement} */ (part(hook));
  input.value = value;
  input.dispatchEvent(new Event("input"));
  input.dispatchEvent(new Event("change"));
}

/**
 * An input that comes back as it was left, and tells of every change.
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
