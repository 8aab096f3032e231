/**
 * The buttons around the pad: undo, redo, eraser, frame, clear, and the mode: one digit or a number.
 *
 * @import {Sheet} from "../pad/sheet.js"
 * @typedef {"digit" | "number"} Mode
 * @typedef {"pen" | "eraser" | "frame"} Tool
 * @typedef {{undo: () => void, redo: () => void, eraser: () => void, frame: (byKey: boolean) => void, clear: () => void,
 *   setMode: (mode: Mode) => void}} Actions
 */
import { part } from "../common/page.js";

/** @param {string} hook @param {(event: MouseEvent) => void} act */
function button(hook, act) {
  const element = /** @type {HTMLButtonElement} */ (part(hook));
  element.addEventListener("click", act);
  return element;
}

export class Tools {
  #undo;
  #redo;
  #eraser;
  #frame;
  #downloads = ["download-png", "download-svg"].map((hook) => /** @type {HTMLButtonElement} */ (part(hook)));
  #modes;
  #page = part("drawing");

  /** @param {Actions} actions */
  constructor({ undo, redo, eraser, frame, clear, setMode }) {
    this.#undo = button("undo", undo);
    this.#redo = button("redo", redo);
    this.#eraser = button("eraser", eraser);
    // A click without a pointer has no detail.
    this.#frame = button("frame-tool", ({ detail }) => frame(detail === 0));
    button("clear", clear);
    this.#modes = {
      digit: button("mode-digit", () => setMode("digit")),
      number: button("mode-number", () => setMode("number")),
    };
    button("read-as-number", () => {
      setMode("number");
      this.#modes.number.focus();
    });
  }

  /** Enables the buttons that can do something now. @param {Sheet} sheet */
  follow(sheet) {
    this.#undo.disabled = !sheet.canUndo;
    this.#redo.disabled = !sheet.canRedo;
    for (const each of this.#downloads) each.disabled = sheet.isEmpty;
    this.#eraser.disabled = sheet.strokes.length === 0;
    this.#frame.hidden = sheet.backdrop === null;
  }

  /** @param {Tool} tool */
  showTool(tool) {
    this.#page.dataset["tool"] = tool;
    this.#eraser.setAttribute("aria-pressed", String(tool === "eraser"));
    this.#frame.setAttribute("aria-pressed", String(tool === "frame"));
  }

  /** @param {Mode} mode */
  showMode(mode) {
    this.#page.dataset["mode"] = mode;
    this.#modes.digit.setAttribute("aria-pressed", String(mode === "digit"));
    this.#modes.number.setAttribute("aria-pressed", String(mode === "number"));
  }
}
