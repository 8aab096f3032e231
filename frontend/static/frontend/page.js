/** Finding the page's parts, and its words in the visitor's language. */

/**
 * The element with this `data-testid`: one name for a part, for the page and for its tests.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} hook
 * @returns {T}
 */
export function part(hook) {
  const element = document.querySelector(`[data-testid="${hook}"]`);
  if (!element) throw new Error(`The page has no part named ${hook}.`);
  return /** @type {T} */ (element);
}

/**
 * What the template wrote into `#words`, with `{names}` filled in.
 *
 * @param {string} name  as in the dataset: data-not-sure is "notSure"
 * @param {Record<string, string>} [values]
 */
export function word(name, values = {}) {
  const text = document.getElementById("words")?.dataset[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/**
 * A share of 1 as a percentage, rounded down, and never 100%: who reads can err.
 *
 * @param {number} share
 * @param {0 | 1} [places]  after the point
 */
export function percent(share, places = 1) {
  const whole = places ? 1000 : 100;
  const rounded = Math.min(whole - 1, Math.floor(share * whole + 1e-9)) / whole;
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "percent",
    maximumFractionDigits: places,
  }).format(rounded);
}
