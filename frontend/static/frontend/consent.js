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
  let sent = Promise.resolve();

  /** @param {boolean} consent */
  const answer = async (consent) => {
    let hasFailed = false;
    const onTrouble = (/** @type {ApiError} */ error) => {
      hasFailed = true;
      say(word(error.status === 0 ? "offline" : "busy"));
    };
    try {
      await untilItWorks(() => api.consent(consent), { onTrouble });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say(error.message || word("refused"));
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
    const consent = /** @type {HTMLButtonElement} */ (event.submitter).name === "yes";
    // One after the other: a yes that is late must not come after a no.
    sent = sent.then(() => answer(consent));
  });
  if (form.dataset["said"]) onAnswer(form.dataset["said"] === "yes");
}
