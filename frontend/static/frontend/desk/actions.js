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

/** @param {Target} desk */
export const actionsOn = (desk) => ({
  undo: () => void (desk.sheet.undo() && desk.changed()),
  redo: () => void (desk.sheet.redo() && desk.changed()),
  eraser: () => desk.setErasing(!desk.pad.isErasing),
  clear() {
    desk.sheet.clear();
    desk.changed();
  },
  /** @param {string} digit */
  digit: (digit) => void desk.labels.digit(digit),
  /** @param {Mode} mode */
  setMode(mode) {
    if (mode === desk.mode) return;
    desk.mode = mode;
    desk.tools.showMode(mode);
    desk.changed();
  },
});
