// @ts-check
// Who types into a field and clicks on a button at once leaves the field by that click: Streamlit answers it with the
// file from before the change, or, where the page has run on, with none. So the click waits until the page is at rest.

import { around } from "./dom.js";

const MOST = 5000; // milliseconds; a page that never rests gives what it has
const SETTLED = 100; // until what was left is sent, and what has arrived is drawn
const rests = () => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
let passing = false;
let changed = -Infinity;

/** @param {MouseEvent} event */
function wait(event) {
  const [, key] = /(?:^| )(st-key-\S+)/.exec(around(event.target, "[data-testid=stElementContainer]")?.className ?? "") ?? [];
  if (passing || !key || !around(event.target, "[data-testid=stDownloadButton] button")) return;
  if (rests() && performance.now() - changed > 10 * SETTLED) return;
  event.preventDefault();
  event.stopPropagation();
  const began = performance.now();
  const click = () => {
    passing = true;
    /** @type {HTMLElement | null} */ (document.querySelector(`.${CSS.escape(key)} button`))?.click();
    passing = false;
  };
  const look = () => {
    if (!rests() && performance.now() - began < MOST) setTimeout(look, 30);
    else setTimeout(click, SETTLED);
  };
  setTimeout(look, SETTLED);
}
addEventListener("click", wait, true);
addEventListener("change", () => (changed = performance.now()), true);
