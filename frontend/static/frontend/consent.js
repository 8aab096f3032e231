/**
 * Whether the site may learn from what is drawn here: asked once, below a reading; answered and taken back in the
 * same place, which keeps its size.
 *
 * @import {Api} from "./api.js"
 */
import { ApiError } from "./api.js";
import { part, word } from "./page.js";
import { untilItWorks } from "./patience.js";

/**
 * @param {{api: Api, say: (text: string) => void, onAnswer: (consent: boolean) => void}} parts
 *   `say` tells of trouble; an answer that was given before is told at once
 */
export function listenToConsent({ api, say, onAnswer }) {
  const form = part("consent");
  let newest = new AbortController();

  /** @param {boolean} consent */
  const answer = async (consent) => {
    newest.abort();
    newest = new AbortController();
    const { signal } = newest;
    let hasFailed = false;
    const onTrouble = (/** @type {ApiError} */ error) => {
      hasFailed = true;
      say(word(error.status === 0 ? "offline" : "busy"));
    };
    try {
      await untilItWorks(() => api.consent(consent, signal), { signal, onTrouble });
    } catch (error) {
      if (error instanceof ApiError) say(error.message || word("refused"));
      else if (!signal.aborted) throw error;
      return;
    }
    if (hasFailed) say("");
    const said = consent ? "yes" : "no";
    form.dataset["said"] = said;
    /** @type {HTMLElement | null} */ (form.querySelector(`.consent__${said}`))?.focus();
    onAnswer(consent);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(/** @type {HTMLButtonElement} */ (event.submitter).name === "yes");
  });
  if (form.dataset["said"]) onAnswer(form.dataset["said"] === "yes");
}
