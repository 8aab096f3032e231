/**
 * Consent to train on the visitor's drawings: asked for once below the reading, and given or withdrawn in the same
 * place, which keeps its size.
 *
 * @import {Api} from "../reading/api.js"
 */
import { ApiError } from "../reading/api.js";
import { part, word } from "../common/page.js";
import { retry } from "../reading/retry.js";

/**
 * @param {{api: Api, say: (text: string) => void, onAnswer: (consent: boolean) => void}} parts
 *   `say` shows errors; `onAnswer` is also called at once with an earlier answer
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
      await retry(() => api.consent(consent), { onTrouble });
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
    // Send in order: a late yes must not overtake a no.
    sent = sent.then(() => answer(consent));
  });
  if (form.dataset["said"]) onAnswer(form.dataset["said"] === "yes");
}
