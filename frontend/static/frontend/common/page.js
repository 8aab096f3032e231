/** The page's elements, and its words in the visitor's language. */

/**
 * The element with this `data-testid`. The page and its tests find elements by the same name.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} hook
 * @returns {T}
 */
export function part(hook) {
  const element = document.querySelector(`[data-testid="${hook}"]`);
  if (!element) throw new Error(`The page has no element with data-testid=${hook}.`);
  return /** @type {T} */ (element);
}

/**
 * A text from the template's `#words`, with its `{placeholders}` filled in.
 *
 * @param {string} name  as in the dataset: data-not-sure is "notSure"
 * @param {Record<string, string>} [values]
 */
export function word(name, values = {}) {
  const text = document.getElementById("words")?.dataset[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}
