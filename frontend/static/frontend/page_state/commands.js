/**
 * What the buttons and keys of the drawing page do.
 *
 * @import {Mode, Tools} from "../controls/tools.js"
 * @import {Labels} from "../feedback/labels.js"
 * @import {Pad} from "../pad/pad.js"
 * @import {Sheet} from "../pad/sheet.js"
 * @typedef {{sheet: Pick<Sheet, "undo" | "redo" | "clear">, pad: Pick<Pad, "isErasing">, labels: Pick<Labels, "digit">,
 *   tools: Pick<Tools, "showMode">, mode: Mode, changed: () => void, setErasing: (isErasing: boolean) => void}} Target
 */

/** @param {Target} page */
export const actionsOn = (page) => ({
  undo: () => void (page.sheet.undo() && page.changed()),
  redo: () => void (page.sheet.redo() && page.changed()),
  eraser: () => page.setErasing(!page.pad.isErasing),
  clear() {
    page.sheet.clear();
    page.changed();
  },
  /** @param {string} digit */
  digit: (digit) => void page.labels.digit(digit),
  /** @param {Mode} mode */
  setMode(mode) {
    if (mode === page.mode) return;
    page.mode = mode;
    page.tools.showMode(mode);
    page.changed();
  },
});
