// A picture that is made of things: a tap, or the arrow keys and enter, chooses one and shows it large, with its numbers.

import { element } from "./bar.js";
import { rgb } from "./theme.js";

const [NARROWEST, WIDEST] = [170, 0.66]; // pixels, and the share of the picture, that what is chosen takes
const SMALLEST = 90; // pixels of its large picture
const EDGE = 28; // pixels around it on a phone
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// What is chosen is `at`, in the words of its picture, which has these methods:
//   under(x, y)             the thing at a place in the panel, or null
//   first                   the thing where the arrow keys begin
//   beside(across, down)    the one beside `at`
//   isSame(a, b)
//   told()                  its name, and lines with its numbers
//   place()                 { x, half }: where it stands, and half its width
//   paintLarge              (pen, side), or null where there is nothing to be seen
export class Chooser {
  constructor(panel) {
    Object.assign(this, { panel, at: null, open: false });
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
  get theme() {
    return this.panel.player.theme;
  }
  speak(name, keys) {
    this.node.setAttribute("aria-label", `${name}: ${keys}`);
  }

  show(thing, open) {
    Object.assign(this, { at: thing, open });
    this.value.textContent = thing ? this.told().join(", ") : "";
    this.panel.renew();
    this.panel.player.request();
  }
  #tap(event) {
    if (event.target.closest(".optviz-card")) return;
    const thing = this.#under(event);
    this.show(thing, Boolean(thing) && !(this.open && this.isSame(thing, this.at)));
  }
  #under({ clientX, clientY }) {
    const { left, top } = this.node.getBoundingClientRect();
    return this.under(clientX - left, clientY - top);
  }
  #key(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (event.target !== this.node || ctrlKey || metaKey || altKey || shiftKey || !this.first) return;
    const arrow = ARROWS[key];
    if (!arrow && key !== "Enter" && !(key === "Escape" && this.open)) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows are those of the player as well, and Esc the projector's
    if (arrow) this.show(this.at ? this.beside(...arrow) : this.first, this.open);
    else this.show(this.at, key === "Enter" && Boolean(this.at) && !this.open);
  }

  // Shows what is chosen where it leaves it in sight, and what is near within reach; `moment` tells when it is another.
  fill(moment, { x: { _offset: left, _length: width }, y: { _length: height } }) {
    this.card.hidden = !this.open || !this.at;
    const shown = !this.card.hidden && JSON.stringify([moment, this.at, left, width, height]);
    if (this.shown === shown) return;
    this.shown = shown;
    if (!shown) return;
    const [name, ...lines] = this.told();
    this.name.textContent = name;
    this.lines.replaceChildren(...lines.map(line => element("span", {}, line)));
    const { x, half } = this.place();
    const toLeft = x - left > left + width - x;
    const room = (toLeft ? x - left : left + width - x) - half - 6;
    this.large.hidden = !this.paintLarge;
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
    const pen = this.large.getContext("2d");
    pen.scale(ratio, ratio);
    this.paintLarge(pen, side);
  }

  // A picture of so many columns: blue below zero, red above, full at -1 and 1.
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
    picture.getContext("2d").putImageData(image, 0, 0);
    return picture;
  }
}
