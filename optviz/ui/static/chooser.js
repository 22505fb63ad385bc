// @ts-check
// A picture that is made of things: a tap, or the arrow keys and enter, chooses one and shows it large, with its numbers.

import { around, element, penOf } from "./dom.js";
import { rgb } from "./theme.js";

/** @import { Pen } from "./dom.js" */
/** @import { Panel } from "./panel.js" */
/** @import { ScreenAxis } from "./plotly_private.js" */

const [NARROWEST, WIDEST] = [170, 0.66]; // pixels, and the share of the picture, that what is chosen takes
const SMALLEST = 90; // pixels of its large picture
const EDGE = 28; // pixels around it on a phone
/** @type {Record<string, number[]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * What is chosen is `at`, a thing of the picture, which has these members:
 * @template Thing
 * @typedef {object} Picture
 * @property {(x: number, y: number) => Thing | null} under the thing at a place in the panel
 * @property {Thing | undefined} first where the arrow keys begin
 * @property {(across: number, down: number) => Thing} beside the one beside `at`
 * @property {(a: Thing | null, b: Thing | null) => boolean} isSame
 * @property {() => string[]} told its name, and lines with its numbers
 * @property {() => { x: number, half: number }} place where it stands, and half its width
 * @property {boolean} isPainted whether there is something to be seen large
 * @property {(pen: Pen, side: number) => void} paintLarge
 */
/** @template Thing */
export class Chooser {
  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    /** @type {Thing | null} */
    this.at = null;
    this.open = false;
    /** @type {string | false | undefined} */
    this.shown = undefined; // what the card was filled with
    this.value = element("output", { class: "optviz-at" });
    this.name = element("b", {});
    this.large = element("canvas", { "aria-hidden": "true" });
    this.lines = element("p", {});
    const close = element("button", { type: "button", "aria-label": panel.player.words.close }, "×");
    close.addEventListener("click", () => this.show(this.at, false));
    this.card = element("div", { class: "optviz-card", hidden: "" }, close, this.name, this.large, this.lines);
    this.node = element("div", { class: "optviz-chooser", role: "application", tabindex: 0 }, this.value, this.card);
    this.node.addEventListener("click", event => this.#tap(event));
    this.node.addEventListener("pointermove", event => (this.node.style.cursor = this.#under(event) ? "pointer" : ""));
    this.node.addEventListener("keydown", event => this.#key(event));
    panel.node.append(this.node);
  }
  get #picture() {
    return /** @type {this & Picture<Thing>} */ (this);
  }
  get theme() {
    return this.panel.player.theme;
  }
  /** @param {string} name @param {string} keys */
  speak(name, keys) {
    this.node.setAttribute("aria-label", `${name}: ${keys}`);
  }

  /** @param {Thing | null} thing @param {boolean} open */
  show(thing, open) {
    Object.assign(this, { at: thing, open });
    this.value.textContent = thing ? this.#picture.told().join(", ") : "";
    this.panel.renew();
    this.panel.player.request();
  }
  /** @param {MouseEvent} event */
  #tap(event) {
    if (around(event.target, ".optviz-card")) return;
    const thing = this.#under(event);
    this.show(thing, Boolean(thing) && !(this.open && this.#picture.isSame(thing, this.at)));
  }
  /** @param {MouseEvent} event */
  #under({ clientX, clientY }) {
    const { left, top } = this.node.getBoundingClientRect();
    return this.#picture.under(clientX - left, clientY - top);
  }
  /** @param {KeyboardEvent} event */
  #key(event) {
    const { first } = this.#picture;
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (event.target !== this.node || ctrlKey || metaKey || altKey || shiftKey || !first) return;
    const arrow = ARROWS[key];
    if (!arrow && key !== "Enter" && !(key === "Escape" && this.open)) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are those of the player as well, and Esc the projector's
    if (arrow) this.show(this.at ? this.#picture.beside(arrow[0], arrow[1]) : first, this.open);
    else this.show(this.at, key === "Enter" && Boolean(this.at) && !this.open);
  }

  // Shows what is chosen where it leaves it in sight, and what is near within reach; `moment` tells when it is another.
  /** @type {(moment: number, room: { x: Pick<ScreenAxis, "offset" | "length">, y: Pick<ScreenAxis, "length"> }) => void} */
  fill(moment, { x: { offset: left, length: width }, y: { length: height } }) {
    const picture = this.#picture;
    this.card.hidden = !this.open || !this.at;
    const shown = !this.card.hidden && JSON.stringify([moment, this.at, left, width, height]);
    if (this.shown === shown) return;
    this.shown = shown;
    if (!shown) return;
    const [name, ...lines] = picture.told();
    this.name.textContent = name;
    this.lines.replaceChildren(...lines.map(line => element("span", {}, line)));
    const { x, half } = picture.place();
    const toLeft = x - left > left + width - x;
    const room = (toLeft ? x - left : left + width - x) - half - 6;
    this.large.hidden = !picture.isPainted;
    const whole = room < NARROWEST && lines.length && !this.large.hidden; // on a phone: its picture beside its numbers
    this.card.classList.toggle("optviz-card-left", toLeft);
    this.card.classList.toggle("optviz-card-whole", Boolean(whole));
    this.card.style.width = whole ? "" : `${Math.min(Math.max(room, NARROWEST), WIDEST * width)}px`;
    if (this.large.hidden) return;
    this.large.style.height = "0";
    const high = height - (whole ? EDGE : this.card.offsetHeight);
    const side = Math.max(SMALLEST, Math.min(high, whole ? WIDEST * width : this.lines.clientWidth));
    const ratio = window.devicePixelRatio || 1;
    this.large.width = this.large.height = side * ratio;
    this.large.style.width = this.large.style.height = `${side}px`;
    const pen = penOf(this.large);
    pen.scale(ratio, ratio);
    picture.paintLarge(pen, side);
  }

  // A picture of so many columns: blue below zero, red above, full at -1 and 1.
  /** @param {number[] | Float32Array | Float64Array} shares @param {number} columns */
  picture(shares, columns) {
    const image = new ImageData(columns, shares.length / columns);
    const [low, middle, high] = ["class0", "background", "class1"].map(name => rgb(this.theme.color(name)));
    shares.forEach((share, p) => {
      const t = Number.isFinite(share) ? Math.min(Math.max(share, -1), 1) : 0;
      const end = t < 0 ? low : high;
      for (let c = 0; c < 3; c++) image.data[4 * p + c] = middle[c] + Math.abs(t) * (end[c] - middle[c]);
      image.data[4 * p + 3] = 255;
    });
    const picture = new OffscreenCanvas(image.width, image.height);
    /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d")).putImageData(image, 0, 0);
    return picture;
  }
}
