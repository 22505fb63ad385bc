// @ts-check
// Predict, then reveal: a question stands over a picture that waits at its first step, and nothing gives the answer away.

import { around, element } from "./dom.js";

/** @import { Player } from "./player.js" */

const REVEALS = new Set([" ", "Enter", "PageDown"]);
/** @type {Set<Ask>} */
const asking = new Set(); // the players of this page that wait; the first of them shows the question

export class Ask {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.text = element("p", { tabindex: -1, class: "optviz-question" });
    this.button = element("button", { type: "button", class: "optviz-reveal" });
    this.button.addEventListener("click", () => this.reveal());
    this.node = element("div", { class: "optviz-ask", role: "group", hidden: "" }, this.text, this.button);
    this.listen = (/** @type {KeyboardEvent} */ event) => this.#key(event);
  }
  get open() {
    return asking.has(this);
  }

  // Ask what the session wants to be asked; an empty text ends it.
  /** @param {string} question */
  show(question) {
    if (Boolean(question) === this.open && (!question || question === this.text.textContent)) return;
    const { words } = this.player;
    this.text.textContent = question;
    this.button.textContent = words.reveal;
    this.node.setAttribute("aria-label", words.question);
    if (!question) return this.remove();
    asking.add(this);
    const first = [...asking][0] === this;
    this.node.hidden = !first;
    document.documentElement.classList.add("optviz-asking");
    if (!first) return;
    addEventListener("keydown", this.listen, true);
    this.text.focus({ preventScroll: true });
  }

  // A key anywhere on the page, but where it has a meaning of its own.
  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, target } = event;
    if (!REVEALS.has(key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (around(target, "input:not([type=range]), textarea, select, dialog, [contenteditable=true]")) return;
    if (key !== "PageDown" && around(target, "button, a, summary, [role=tab], [role=button]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.reveal();
  }
  // Show the answer: all pictures of the page run.
  reveal() {
    for (const { player } of [...asking]) player.session.reveal();
    this.player.root.focus({ preventScroll: true });
  }

  remove() {
    asking.delete(this);
    removeEventListener("keydown", this.listen, true);
    this.node.hidden = true;
    if (!asking.size) document.documentElement.classList.remove("optviz-asking");
  }
}
