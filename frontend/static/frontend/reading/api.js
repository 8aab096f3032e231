/**
 * A client of the site's HTTP API, version 1.
 *
 * @import {Stroke} from "../pad/strokes.js"
 * @typedef {{box: [number, number, number, number], digit: number, confidence: number, probabilities: number[], pixels: string}} Glyph
 * @typedef {{text: string, confidence: number | null, sure: boolean, model: string, elapsed_ms: number, glyphs: Glyph[],
 *   several?: boolean}} Prediction  `several`: in digit mode, the picture shows several digits
 * @typedef {{text: string, by: string, state: string}} Label
 * @typedef {{id: string, revision: number, mode: string, width: number, height: number, image_url: string,
 *   status: "done" | "queued" | "failed", failure: string, label: Label | null, prediction: Prediction | null}} Drawing
 * @typedef {{width: number, height: number, prediction: Prediction}} Glance
 * @typedef {{mode: string, source: string, consent: boolean, image?: string | Blob | Promise<Blob>, box?: number[],
 *   strokes?: {width: number, height: number, background: string, strokes: readonly Stroke[]}}} Content
 */

const TIMEOUT_MS = 20_000;
/** Uploads get more time: enough for a connection of 20 kB per second. */
const BYTES_PER_MS = 20;

/** A failed request. `status` is 0 if there was no answer. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message  from the error's JSON, in the visitor's language; "" without one
   * @param {number | null} retryAfterMs
   */
  constructor(status, message, retryAfterMs = null) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const csrfToken = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];

/** @param {Response} response */
async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : null;
  return new ApiError(response.status, body?.error?.message ?? "", wait);
}

/** Sends a file as a form, because base64 in JSON would be a third longer. @param {object} content */
function formOf(content) {
  const form = new FormData();
  for (const [name, value] of Object.entries(content)) {
    form.set(name, value instanceof Blob ? value : typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return form;
}

export class Api {
  /** Time until the last upload was answered; Infinity if it failed. */
  lastTookMs = 0;
  #drawings;
  #glances;
  #consent;

  /** @param {{drawings: string, glances: string, consent: string}} paths  such as "/api/v1/drawings/" */
  constructor({ drawings, glances, consent }) {
    this.#drawings = drawings;
    this.#glances = glances;
    this.#consent = consent;
  }

  /** @param {string} id @param {Content & {revision: number}} content @param {AbortSignal} [signal] @returns {Promise<Drawing>} */
  async put(id, content, signal) {
    const sent = { ...content, image: await content.image };
    const body = sent.image instanceof Blob ? formOf(sent) : sent;
    return this.#timed(this.#call("PUT", `${this.#drawings}${id}/`, body, signal), signal);
  }

  /** Reads a picture that the server does not store. @param {{mode: string, image?: Blob, strokes: string}} content @param {AbortSignal} signal @returns {Promise<Glance>} */
  glance(content, signal) {
    return this.#timed(this.#call("POST", this.#glances, formOf(content), signal), signal);
  }

  /** @param {string} id @param {AbortSignal} [signal] @returns {Promise<Drawing>} */
  get(id, signal) {
    return this.#call("GET", `${this.#drawings}${id}/`, undefined, signal);
  }

  /** @param {string} id @param {string} text @returns {Promise<unknown>} */
  label(id, text) {
    return this.#call("POST", `${this.#drawings}${id}/label/`, { text });
  }

  /** @param {string} id @returns {Promise<unknown>} */
  unlabel(id) {
    return this.#call("DELETE", `${this.#drawings}${id}/label/`);
  }

  /** @template T @param {Promise<T>} answer @param {AbortSignal} [signal] @returns {Promise<T>} */
  async #timed(answer, signal) {
    const began = performance.now();
    try {
      const given = await answer;
      this.lastTookMs = performance.now() - began;
      return given;
    } catch (error) {
      if (!signal?.aborted) this.lastTookMs = Infinity;
      throw error;
    }
  }

  /** Stores whether the site may learn from the visitor's drawings. @param {boolean} consent @returns {Promise<unknown>} */
  consent(consent) {
    return this.#call("PUT", this.#consent, { consent });
  }

  /** @param {string} method @param {string} path @param {object | FormData} [body] @param {AbortSignal} [signal] */
  async #call(method, path, body, signal) {
    const isForm = body instanceof FormData;
    const file = isForm && body.get("image");
    const timeout = AbortSignal.timeout(TIMEOUT_MS + (file instanceof Blob ? Math.round(file.size / BYTES_PER_MS) : 0));
    const token = method === "GET" ? undefined : csrfToken();
    let response;
    try {
      response = await fetch(path, {
        method,
        headers: {
          Accept: "application/json",
          ...(body && !isForm && { "Content-Type": "application/json" }),
          ...(token && { "X-CSRFToken": token }),
        },
        ...(body && { body: isForm ? body : JSON.stringify(body) }),
        credentials: "same-origin",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      if (response.ok) return response.status === 204 ? null : await response.json();
    } catch {
      signal?.throwIfAborted();
      throw new ApiError(0, "");
    }
    throw await errorOf(response);
  }
}

/** A random UUID. Works on plain HTTP too, where browsers have no crypto.randomUUID. */
export function newId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
