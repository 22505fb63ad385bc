// @ts-check
// What is said at the moment when it happens: the sentences whose step the playhead has passed, the newest first.

import { element } from "./dom.js";

/** @import { Caption } from "./messages.d.ts" */

const MOST = 3;

export class Captions {
  constructor() {
    this.said = element("div", { class: "optviz-captions-said", role: "status" });
    this.room = element("div", { class: "optviz-captions-room", "aria-hidden": true });
    this.node = element("div", { class: "optviz-captions", hidden: "" }, this.said, this.room);
    /** @type {{ step: number, line: HTMLElement }[]} */
    this.all = [];
    this.id = "";
    /** @type {number | undefined} */
    this.shown = undefined;
  }

  // The room that the last ones take is kept free from the start, so that nothing below jumps while it plays.
  /** @param {Caption[]} captions */
  take(captions) {
    const id = JSON.stringify(captions);
    if (id === this.id) return;
    this.id = id;
    this.all = captions.map(caption => ({ step: caption.step, line: line(caption) })).sort((a, b) => a.step - b.step);
    this.node.hidden = !this.all.length;
    const last = [...captions].sort((a, b) => a.step - b.step).slice(-MOST);
    this.room.replaceChildren(...last.map(({ mark, text }) => element("p", { "data-text": `${mark} ${text}` })));
    this.shown = undefined;
  }

  /** @param {number} step */
  show(step) {
    const passed = this.all.filter(caption => caption.step <= step);
    if (passed.length === this.shown) return;
    this.shown = passed.length;
    this.said.replaceChildren(...passed.slice(-MOST).reverse().map(({ line }) => line));
  }
}

// The text comes from a page and may hold what a visitor wrote: it is set as text only.
/** @param {Caption} caption */
function line({ step, text, color, mark }) {
  const sign = element("i", { "aria-hidden": true }, mark);
  sign.style.color = `var(--optviz-${color})`;
  return element("p", { "data-caption": step }, ...(mark ? [sign, " "] : []), text);
}
