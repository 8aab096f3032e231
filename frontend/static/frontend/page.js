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

const MOST = 0.999;

/** A share of 1 as a percentage, rounded down to a tenth, and never 100%: who reads can err. @param {number} share */
export function percent(share) {
  const rounded = Math.min(MOST, Math.floor(share * 1000 + 1e-9) / 1000);
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "percent",
    maximumFractionDigits: 1,
  }).format(rounded);
}
