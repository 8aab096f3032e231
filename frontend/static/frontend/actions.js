/**
 * What a button or a key can do on the desk.
 *
 * @import {Desk} from "./desk.js"
 * @import {Mode} from "./tools.js"
 */

/** @param {Desk} desk */
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
