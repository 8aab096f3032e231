/** Formats numbers for the visitor's language. The server's counterpart is predictor/percentages.py. */

/**
 * A share of 1 as a percentage, rounded down. Never 100%, because any reading can be wrong.
 *
 * @param {number} share
 * @param {0 | 1} [places]  decimal places
 */
export function percent(share, places = 1) {
  const whole = places ? 1000 : 100;
  const rounded = Math.min(whole - 1, Math.floor(share * whole + 1e-9)) / whole;
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "percent",
    maximumFractionDigits: places,
  }).format(rounded);
}

/** Seconds with one decimal place. @param {number} ms */
export const seconds = (ms) =>
  (ms / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
