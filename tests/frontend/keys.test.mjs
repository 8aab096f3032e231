/** The drawing page's keys: with Caps Lock, and on layouts without Latin letters or with digits on Shift. */
import assert from "node:assert/strict";
import { test } from "node:test";

class HTMLElement {}
const listeners = {};
Object.assign(globalThis, { HTMLElement, HTMLTextAreaElement: class {}, HTMLSelectElement: class {}, HTMLInputElement: class {} });
globalThis.document = { addEventListener: (type, listener) => (listeners[type] = listener) };

const { listenToKeys } = await import("../../frontend/static/frontend/controls/keys.js");

let heard = [];
const noted = (name) => () => heard.push(name);
listenToKeys(
  {
    digit: (digit) => heard.push(digit),
    widen: (by) => heard.push(by),
    ...Object.fromEntries(["undo", "redo", "eraser", "clear"].map((name) => [name, noted(name)])),
  },
  () => true,
);

for (const [what, key, code, more, acts] of [
  ["u", "u", "KeyU", {}, ["undo"]],
  ["u with Caps Lock", "U", "KeyU", {}, ["undo"]],
  ["e with Caps Lock", "E", "KeyE", {}, ["eraser"]],
  ["a Cyrillic letter at the place of r", "к", "KeyR", {}, ["redo"]],
  ["the Latin letter that is there, and not the usual one", "a", "KeyU", {}, []],
  ["a digit key of a French keyboard", "à", "Digit0", {}, ["0"]],
  ["a digit on Shift of a French keyboard", "0", "Digit0", { shiftKey: true }, ["0"]],
  ["what Shift makes of a digit key", "!", "Digit1", { shiftKey: true }, []],
  ["a bracket", "[", "BracketLeft", {}, [-1]],
  ["a bracket by AltGr", "]", "Digit9", { altKey: true, ctrlKey: true }, [1]],
  ["Ctrl-Z with Caps Lock", "Z", "KeyZ", { ctrlKey: true }, ["undo"]],
  ["Ctrl-Shift-Z", "Z", "KeyZ", { ctrlKey: true, shiftKey: true }, ["redo"]],
  ["Ctrl-Z on a Cyrillic layout", "я", "KeyZ", { ctrlKey: true }, ["undo"]],
  ["Ctrl-Shift-Z on a Cyrillic layout", "Я", "KeyZ", { ctrlKey: true, shiftKey: true }, ["redo"]],
  ["Ctrl-R, which loads the page again", "r", "KeyR", { ctrlKey: true }, []],
  ["Delete", "Delete", "Delete", {}, ["clear"]],
]) {
  test(`${what} does ${acts.join() || "nothing"}`, () => {
    heard = [];
    listeners.keydown({ key, code, target: new HTMLElement(), preventDefault: () => {}, ...more });
    assert.deepEqual(heard, acts);
  });
}
