/**
 * Retries with growing delays.
 */
import { ApiError } from "./api.js";

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 4000;

/** Requests that are being retried. While there are any, the browser asks before the page is left. */
let failing = 0;

/** @param {Event} event */
const hold = (event) => event.preventDefault();

/** @param {1 | -1} by */
function count(by) {
  failing += by;
  if (failing > 0) globalThis.addEventListener?.("beforeunload", hold);
  else globalThis.removeEventListener?.("beforeunload", hold);
}

/** The delay after the `failures`-th failure in a row. @param {number} failures  from 1 */
export const delayAfter = (failures) => Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));

/**
 * Resolves after `ms`, or as soon as the browser is online again; rejects when aborted.
 *
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

/**
 * Calls `attempt` until it succeeds, and returns its result. After a temporary failure (no network, 429, 5xx) it calls
 * `onTrouble` and waits, as long as the server's Retry-After says if there is one. Any other error is thrown.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {{signal?: AbortSignal, onTrouble: (error: ApiError) => void}} options
 * @returns {Promise<T>}
 */
export async function retry(attempt, { signal, onTrouble }) {
  let failures = 0;
  try {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ApiError && error.isTemporary)) throw error;
        failures += 1;
        if (failures === 1) count(1);
        onTrouble(error);
        await pause(error.retryAfterMs ?? delayAfter(failures), signal);
      }
    }
  } finally {
    if (failures > 0) count(-1);
  }
}
