/** The review page's keys: with Caps Lock, on layouts without Latin letters, in a text field, and with Ctrl. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const dialog = { open: false };
class Element {}
class HTMLInputElement extends Element {
  value = "";
}
Object.assign(globalThis, { HTMLElement: Element, HTMLInputElement, HTMLButtonElement: class {}, HTMLAnchorElement: class {}, Element });
Object.setPrototypeOf(dialog, Element.prototype);
const listeners = {};
const page = { querySelector: () => dialog, addEventListener: () => {} };
globalThis.document = { getElementById: () => page, addEventListener: (type, listener) => (listeners[type] = listener) };

const { listen } = await import("../../predictor/static/predictor/review/keys.js");

let heard = [];
const heardNothing = [];
listen({ undo: () => heard.push("undo"), none: () => heard.push("none"), skip: () => heard.push("skip"), help: () => heard.push("help") }, (digit) => heard.push(digit));

function press(key, code = "", more = {}) {
  const event = { key, code, target: new Element(), preventDefault: () => (event.isPrevented = true), ...more };
  listeners.keydown(event);
  return event;
}

beforeEach(() => (heard = []));

for (const [what, key, code, more, acts] of [
  ["a small letter", "z", "KeyZ", {}, ["undo"]],
  ["a capital of Caps Lock", "Z", "KeyZ", {}, ["undo"]],
  ["a Latin letter, wherever it is", "z", "KeyY", {}, ["undo"]],
  ["the letter that is there, and not the usual one", "y", "KeyZ", {}, heardNothing],
  ["a Cyrillic letter at the place of z", "я", "KeyZ", {}, ["undo"]],
  ["a Cyrillic capital at the place of x", "Ч", "KeyX", {}, ["none"]],
  ["a Greek letter at the place of s", "σ", "KeyS", {}, ["skip"]],
  ["a digit key of a French keyboard", "é", "Digit2", {}, ["2"]],
  ["a digit on Shift of a French keyboard", "2", "Digit2", { shiftKey: true }, ["2"]],
  ["what Shift makes of a digit key", "!", "Digit1", { shiftKey: true }, heardNothing],
  ["an Arabic digit", "٧", "Digit7", {}, ["7"]],
  ["a digit of the number pad", "7", "Numpad7", {}, ["7"]],
  ["a question mark, wherever it is", "?", "Minus", { shiftKey: true }, ["help"]],
  ["Ctrl-Z", "z", "KeyZ", { ctrlKey: true }, ["undo"]],
  ["Command-Z", "z", "KeyZ", { metaKey: true }, ["undo"]],
  ["Ctrl-Z on a Cyrillic layout", "я", "KeyZ", { ctrlKey: true }, ["undo"]],
  ["Ctrl-Shift-Z", "Z", "KeyZ", { ctrlKey: true, shiftKey: true }, heardNothing],
  ["another key with Ctrl", "s", "KeyS", { ctrlKey: true }, heardNothing],
  ["a digit with Ctrl, which changes the tab", "1", "Digit1", { ctrlKey: true }, heardNothing],
  ["a letter that is being composed", "z", "KeyZ", { isComposing: true }, heardNothing],
]) {
  test(`${what} does ${acts.join() || "nothing"}`, () => {
    const { isPrevented } = press(key, code, more);
    assert.deepEqual(heard, acts);
    assert.equal(Boolean(isPrevented), acts.length > 0);
  });
}

test("Ctrl-Z undoes typing before it undoes answers", () => {
  const target = Object.assign(new HTMLInputElement(), { value: "12" });
  press("z", "KeyZ", { ctrlKey: true, target });
  assert.deepEqual(heard, []);
  target.value = "";
  press("z", "KeyZ", { ctrlKey: true, target });
  assert.deepEqual(heard, ["undo"]);
});
