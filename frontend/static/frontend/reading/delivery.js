/**
 * Sends one revision until it is stored, then polls until it is read. If the drawing takes no further revision (404:
 * deleted; 409: labelled), the revision begins a new drawing.
 *
 * @import {Api, Content, Drawing} from "./api.js"
 * @typedef {{id: string, revision: number, content: Content, controller: AbortController, isLetGo: boolean}} Job
 *   `isLetGo`: the revision must still be stored, but nobody waits for its reading
 * @typedef {{onWaiting: () => void, onTrouble: (error: ApiError) => void}} Watcher
 */
import { ApiError, newId } from "./api.js";
import { pause, retry } from "./retry.js";

const FIRST_POLL_MS = 150;
const LONGEST_POLL_MS = 2000;

/** @param {Api} api @param {Job} job @param {Watcher} watcher @returns {Promise<Drawing>} */
export async function deliver(api, job, watcher) {
  let drawing = await put(api, job, watcher);
  const { signal } = job.controller;
  for (let wait = FIRST_POLL_MS; drawing.status === "queued" && !job.isLetGo; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
    watcher.onWaiting();
    await pause(wait, signal);
    drawing = await retry(() => api.get(job.id, signal), { ...watcher, signal });
  }
  return drawing;
}

/** @param {Api} api @param {Job} job @param {Watcher} watcher */
async function put(api, job, watcher) {
  try {
    return await send(api, job, watcher);
  } catch (error) {
    if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
    Object.assign(job, { id: newId(), revision: 1 });
    return send(api, job, watcher);
  }
}

/** @param {Api} api @param {Job} job @param {Pick<Watcher, "onTrouble">} watcher */
export function send(api, job, { onTrouble }) {
  const { signal } = job.controller;
  return retry(() => api.put(job.id, { ...job.content, revision: job.revision }, signal), { signal, onTrouble });
}
