// Choosing a point of a picture without a mouse: a ring that the arrow keys move, and enter for a click.

import { element } from "./bar.js";

const STEP = 1 / 40; // of a side
const FAR = 5; // steps at once with shift
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const clamp = share => Math.min(Math.max(share, 0), 1);
export const written = value => String(Number(value.toPrecision(3))).replace("-", "−");

export class Pointer {
  // `pick` takes a place on the screen, as a click has it.
  constructor({ node, plot, spec, player }, pick) {
    Object.assign(this, { plot, pick, at: [0.5, 0.5] });
    this.ring = element("i", { class: "optviz-ring" });
    this.value = element("output", { class: "optviz-at" });
    const name = [spec.title, player.words.pick].filter(Boolean).join(": ");
    this.node = element("div", { class: "optviz-pointer", role: "application", tabindex: 0, "aria-label": name }, this.ring, this.value);
    this.node.addEventListener("focus", () => this.#show());
    this.node.addEventListener("keydown", event => this.#key(event));
    node.append(this.node);
  }

  // Where the ring stands in the plot, in pixels.
  get #place() {
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [xaxis._offset + this.at[0] * xaxis._length, yaxis._offset + this.at[1] * yaxis._length];
  }
  #show() {
    if (!this.plot._fullLayout) return;
    const [left, top] = this.#place;
    const { xaxis, yaxis } = this.plot._fullLayout;
    this.ring.style.translate = `${left}px ${top}px`;
    this.value.textContent = `(${written(xaxis.p2d(left - xaxis._offset))}, ${written(yaxis.p2d(top - yaxis._offset))})`;
  }
  #key(event) {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (!this.plot._fullLayout || ctrlKey || metaKey || altKey || !(key in MOVES || key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are those of the player as well
    if (key === "Enter") {
      const [left, top] = this.#place;
      const frame = this.plot.getBoundingClientRect();
      return this.pick({ clientX: frame.left + left, clientY: frame.top + top });
    }
    this.at = this.at.map((share, d) => clamp(share + MOVES[key][d] * STEP * (shiftKey ? FAR : 1)));
    this.#show();
  }
}
