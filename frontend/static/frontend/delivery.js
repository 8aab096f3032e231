/**
 * One revision's way to the server: sent until it is stored, as another drawing where this one takes no more (404, or
 * 409: labelled, or forgotten), and looked for until it is read.
 *
 * @import {Api, Content, Drawing} from "./api.js"
 * @typedef {{id: string, revision: number, content: Content, controller: AbortController, isLetGo: boolean}} Job
 *   let go: it is still to be stored, but nobody waits for its reading
 * @typedef {{onWaiting: () => void, onTrouble: (error: ApiError) => void}} Watcher
 */
import { ApiError, newId } from "./api.js";
import { pause, untilItWorks } from "./patience.js";

const FIRST_LOOK_MS = 150;
const LONGEST_LOOK_MS = 2000;

/** @param {Api} api @param {Job} job @param {Watcher} watcher @returns {Promise<Drawing>} */
export async function deliver(api, job, watcher) {
  let drawing = await put(api, job, watcher);
  const { signal } = job.controller;
  for (let wait = FIRST_LOOK_MS; drawing.status === "queued" && !job.isLetGo; wait = Math.min(LONGEST_LOOK_MS, wait * 1.5)) {
    watcher.onWaiting();
    await pause(wait, signal);
    drawing = await untilItWorks(() => api.get(job.id, signal), { ...watcher, signal });
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
  return untilItWorks(() => api.put(job.id, { ...job.content, revision: job.revision }, signal), { signal, onTrouble });
}
