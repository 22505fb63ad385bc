// @ts-check
// Fields in which a number is typed are text to the browser, which so keeps a decimal comma. Here they get back what its
// own number fields have: digits on a phone's keyboard, and the arrow keys go up and down.

import { around } from "./dom.js";

const FIELD = "[data-testid=stTextInput] input[autocomplete=off]";
const REST = 400;

export function watchFields() {
  // A phone chooses its keyboard when a field gets the focus.
  for (const type of ["pointerdown", "focusin"]) addEventListener(type, offerDigits, true);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;
  addEventListener("keydown", event => {
    const up = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    const field = fieldOf(event);
    if (!field || !up || event.isComposing) return;
    const number = readNumber(field.value);
    if (!Number.isFinite(number)) return;
    event.preventDefault();
    write(field, stepped(number, up));
    clearTimeout(resting);
    resting = setTimeout(commit, REST, field);
  }, true);
}

// A dial's numbers have no sign; an iPhone's digits have no minus, so a coordinate keeps the letters.
/** @param {Event} event */
function offerDigits(event) {
  const field = fieldOf(event);
  if (around(field, "[class*=st-key-][class*=-field]") && field) field.inputMode = "decimal";
}

/** @param {Event} event */
const fieldOf = ({ target }) => (target instanceof HTMLInputElement && target.matches(FIELD) ? target : null);

// The value in the field, which may have a decimal comma.
/** @param {string} text */
function readNumber(text) {
  return text.trim() ? Number(text.trim().replace(",", ".")) : NaN;
}

// One step is a tenth of the first digit's place: 0.05 goes to 0.055, 3 to 3.1, 0 to 0.1.
/** @param {number} number @param {number} up */
function stepped(number, up) {
  const place = number ? Math.floor(Math.log10(Math.abs(number))) - 1 : -1;
  const digits = Math.max(0, -place);
  return String(Number((number + up * 10 ** place).toFixed(Math.min(digits, 20))));
}

// React hears of a value only through the setter of the element's own class.
/** @param {HTMLInputElement} field @param {string} text */
function write(field, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {HTMLInputElement} field */
function commit(field) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    field.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", keyCode: 13, bubbles: true }));
  }
}
