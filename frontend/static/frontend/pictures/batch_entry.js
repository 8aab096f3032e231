/**
 * One picture in the list: its thumbnail, reading and progress.
 *
 * @typedef {"waiting" | "reading" | "sure" | "unsure" | "refused"} Progress
 */

export class BatchEntry {
  item = document.createElement("li");
  button = document.createElement("button");
  #thumb = new Image();
  #text = document.createElement("b");
  #state = document.createElement("span");

  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.button.type = "button";
    this.button.className = "picture";
    this.button.disabled = true;
    this.button.setAttribute("aria-pressed", "false");
    this.button.dataset["testid"] = "picture";
    this.#thumb.src = URL.createObjectURL(file);
    this.#thumb.alt = "";
    this.button.append(this.#thumb, this.#text, this.#state);
    this.item.append(this.button);
  }

  get isSettled() {
    return !["waiting", "reading"].includes(this.button.dataset["state"] ?? "");
  }

  /** @param {Progress} progress @param {string} words @param {string} [reading] */
  say(progress, words, reading = "") {
    this.button.dataset["state"] = progress;
    this.#text.textContent = reading;
    this.#state.textContent = words;
    this.button.title = `${this.file.name}: ${words}`;
    this.button.setAttribute("aria-label", [this.file.name, reading, words].filter(Boolean).join(", "));
  }

  /** Lets the visitor choose the entry. @param {string} address  the stored picture, used where this browser can't show the file */
  offer(address) {
    this.button.disabled = false;
    if (this.#thumb.complete && !this.#thumb.naturalWidth) this.#thumb.src = address;
  }

  forget() {
    URL.revokeObjectURL(this.#thumb.src);
    this.item.remove();
  }
}
