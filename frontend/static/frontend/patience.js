/**
 * Trying again until it works: the waits between, and the one loop that waits them.
 */
import { ApiError } from "./api.js";

const FIRST_MS = 400;
const LONGEST_MS = 4000;

/** How much fails so far. Whoever leaves the page meanwhile is asked first. */
let failing = 0;

/** @param {Event} event */
const hold = (event) => event.preventDefault();

/** @param {1 | -1} by */
function count(by) {
  failing += by;
  if (failing > 0) globalThis.addEventListener?.("beforeunload", hold);
  else globalThis.removeEventListener?.("beforeunload", hold);
}

/** How long to wait after the `failures`-th failure in a row. @param {number} failures  from 1 */
export const waitAfter = (failures) => Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));

/**
 * Ends after `ms`, or as soon as the machine says that it is online again; throws when aborted.
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
 * What `attempt` returns, once it does. Failures that pass (no network, busy, broken) are reported and tried
 * again after a wait, the server's own where it names one; any other is thrown.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {{signal?: AbortSignal, onTrouble: (error: ApiError) => void}} options
 * @returns {Promise<T>}
 */
export async function untilItWorks(attempt, { signal, onTrouble }) {
  let failures = 0;
  try {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ApiError && error.passes)) throw error;
        failures += 1;
        if (failures === 1) count(1);
        onTrouble(error);
        await pause(error.retryAfterMs ?? waitAfter(failures), signal);
      }
    }
  } finally {
    if (failures > 0) count(-1);
  }
}
