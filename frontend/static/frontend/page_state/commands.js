/**
 * What the buttons and keys of the drawing page do.
 *
 * @import {Mode, Tool, Tools} from "../controls/tools.js"
 * @import {FrameTool} from "../pad/frame_tool.js"
 * @import {Labels} from "../feedback/labels.js"
 * @import {Pad} from "../pad/pad.js"
 * @import {Sheet} from "../pad/sheet.js"
 * @typedef {{sheet: Pick<Sheet, "undo" | "redo" | "clear">, pad: Pick<Pad, "isErasing">, labels: Pick<Labels, "digit">,
 *   frame: Pick<FrameTool, "isOn" | "offer">, tools: Pick<Tools, "showMode">, mode: Mode, changed: () => void,
 *   use: (tool: Tool) => void}} Target
 */

/** @param {Target} page */
export const actionsOn = (page) => ({
  undo: () => void (page.sheet.undo() && page.changed()),
  redo: () => void (page.sheet.redo() && page.changed()),
  eraser: () => page.use(page.pad.isErasing ? "pen" : "eraser"),
  /** @param {boolean} byKey  a frame is laid on the picture, for the keys to move */
  frame(byKey) {
    page.use(page.frame.isOn ? "pen" : "frame");
    if (byKey) page.frame.offer();
  },
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
