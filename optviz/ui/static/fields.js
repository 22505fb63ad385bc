// Fields in which a number is typed are text to the browser, which so keeps a decimal comma. Here they get back what its
// own number fields have: digits on a phone's keyboard, and the arrow keys go up and down.

const FIELD = "[data-testid=stTextInput] input[autocomplete=off]";
const REST = 400;

export function watchFields() {
  // A phone chooses its keyboard when a field gets the focus.
  for (const type of ["pointerdown", "focusin"]) addEventListener(type, event => offerDigits(event.target), true);
  let resting;
  addEventListener("keydown", event => {
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const number = up && event.target.matches?.(FIELD) && readNumber(event.target.value);
    if (!Number.isFinite(number) || !up || event.isComposing) return;
    event.preventDefault();
    write(event.target, stepped(number, up));
    clearTimeout(resting);
    resting = setTimeout(commit, REST, event.target);
  }, true);
}

// A dial's numbers have no sign; an iPhone's digits have no minus, so a coordinate keeps the letters.
function offerDigits(target) {
  if (target.matches?.(FIELD) && target.closest("[class*=st-key-][class*=-field]")) target.inputMode = "decimal";
}

// The value in the field, which may have a decimal comma.
function readNumber(text) {
  return text.trim() ? Number(text.trim().replace(",", ".")) : NaN;
}

// One step is a tenth of the first digit's place: 0.05 goes to 0.055, 3 to 3.1, 0 to 0.1.
function stepped(number, up) {
  const place = number ? Math.floor(Math.log10(Math.abs(number))) - 1 : -1;
  const digits = Math.max(0, -place);
  return String(Number((number + up * 10 ** place).toFixed(Math.min(digits, 20))));
}

// React hears of a value only through the setter of the element's own class.
function write(field, text) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function commit(field) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    field.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", keyCode: 13, bubbles: true }));
  }
}
