// @ts-check
// Choosing a point of a picture without a mouse: a ring that the arrow keys move, and enter for a click.

import { element } from "./dom.js";
import { isDrawn, plane, toNumbers } from "./plotly_private.js";

/** @import { Panel } from "./panel.js" */
/** @import { Point } from "./plotly.d.ts" */
/** @typedef {Pick<MouseEvent, "clientX" | "clientY">} Spot a place on the screen */

const STEP = 1 / 40; // of a side
const FAR = 5; // steps at once with shift
/** @type {Record<string, number[]>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @param {number} share */
const clamp = share => Math.min(Math.max(share, 0), 1);
/** @param {number} value */
export const written = value => String(Number(value.toPrecision(3))).replace("-", "−");

export class Pointer {
  // `pick` takes a place on the screen, as a click has it.
  /** @param {Panel} panel @param {(spot: Spot) => void} pick */
  constructor({ node, plot, spec, player }, pick) {
    this.plot = plot;
    this.pick = pick;
    this.at = [0.5, 0.5];
    this.ring = element("i", { class: "optviz-ring" });
    this.value = element("output", { class: "optviz-at" });
    const name = [spec.title, player.words.pick].filter(Boolean).join(": ");
    this.node = element("div", { class: "optviz-pointer", role: "application", tabindex: 0, "aria-label": name }, this.ring, this.value);
    this.node.addEventListener("focus", () => this.#show());
    this.node.addEventListener("keydown", event => this.#key(event));
    node.append(this.node);
  }

  // Where the ring stands between the axes and in the plot, in pixels.
  get #place() {
    const axes = plane(this.plot);
    const between = axes.map(({ length }, d) => this.at[d] * length);
    return { between, at: axes.map(({ offset }, d) => offset + between[d]) };
  }
  #show() {
    if (!isDrawn(this.plot)) return;
    const { between, at } = this.#place;
    this.ring.style.translate = `${at[0]}px ${at[1]}px`;
    this.value.textContent = `(${toNumbers(this.plot, /** @type {Point} */ (between)).map(written).join(", ")})`;
  }
  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (!isDrawn(this.plot) || ctrlKey || metaKey || altKey || !(key in MOVES || key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are those of the player as well
    if (key === "Enter") {
      const [left, top] = this.#place.at;
      const frame = this.plot.getBoundingClientRect();
      return this.pick({ clientX: frame.left + left, clientY: frame.top + top });
    }
    this.at = this.at.map((share, d) => clamp(share + MOVES[key][d] * STEP * (shiftKey ? FAR : 1)));
    this.#show();
  }
}
