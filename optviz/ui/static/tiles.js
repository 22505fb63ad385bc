// @ts-check
// Images of weights, or maps, side by side, of which one is shown large.

import { levelLine } from "./brush.js";
import { Chooser } from "./chooser.js";

/** @import { Canvas } from "./brush.js" */
/** @import { Pen } from "./dom.js" */
/** @import { Source } from "./numbers.js" */
/** @import { Painter, Panel } from "./panel.js" */
/** @import { Land, Looks, Point, Tiles as Described } from "./plotly.d.ts" */
/** @import { Axes } from "./plotly_private.js" */
/** @typedef {{ number: number }} Image */

const APART = 1.12; // from one image to the next, as a share of its side
const PALE = 0.55; // the colors of a map, beneath its points

// What is chosen in it is an image, by its number.
/** @extends {Chooser<Image>} */
export class Tiles extends Chooser {
  columns = 1;
  side = 0; // pixels of an image
  left = 0;
  top = 0;
  row = -1;
  isPainted = true;

  /** @param {Panel} panel @param {Described} tiles @param {Source} source @param {Axes} axes */
  constructor(panel, tiles, source, axes) {
    super(panel);
    this.tiles = tiles;
    this.source = source;
    this.axes = axes;
  }
  // What paints the trace of the images in place of a brush.
  /** @type {(source: Source, looks: Looks, axes: Axes, tiles: Described) => Painter} */
  brush(source, looks, axes, tiles) {
    this.source = source;
    this.axes = axes;
    this.tiles = tiles;
    this.speak(this.panel.spec.title, tiles.keys);
    if (this.at && this.at.number >= tiles.names.length) [this.at, this.open] = [null, false];
    this.#lay();
    return { source, looks, drawn: -1, grid: (canvas, step) => this.#paint(canvas, source.rowAt(step)) };
  }
  // In as many columns as make the images largest.
  #lay() {
    const { x, y } = this.axes;
    const n = this.tiles.names.length;
    const sideOf = (/** @type {number} */ columns) => Math.min(x.length / columns, y.length / Math.ceil(n / columns)) / APART;
    this.columns = [...Array(n).keys()].map(i => i + 1).reduce((best, each) => (sideOf(each) > sideOf(best) ? each : best));
    this.side = sideOf(this.columns);
    this.left = x.offset + (x.length - this.columns * this.side * APART) / 2;
    this.top = y.offset + (y.length - Math.ceil(n / this.columns) * this.side * APART) / 2;
  }
  /** @type {(number: number) => Point} */
  #corner(number) {
    return [this.left + (number % this.columns) * this.side * APART, this.top + Math.floor(number / this.columns) * this.side * APART];
  }

  // The image of a number: 0 in the middle of its bytes.
  /** @param {number} row @param {number} number */
  #image(row, number) {
    const { values, width } = this.source.grid(row);
    const { side, columns, full } = this.tiles;
    const [left, top] = [(side + 1) * (number % columns), (side + 1) * Math.floor(number / columns)];
    const byte = (/** @type {number} */ p) => values[(top + Math.floor(p / side)) * width + left + (p % side)];
    return this.picture(Array.from({ length: side * side }, (_, p) => (2 * byte(p)) / full - 1), side);
  }
  /** @param {Canvas} canvas @param {number} row */
  #paint(canvas, row) {
    if (row < 0) return;
    const { pen } = canvas;
    const { theme, side, tiles } = this;
    pen.save();
    Object.assign(pen, { strokeStyle: theme.color("muted"), lineWidth: 1 });
    Object.assign(pen, { font: `600 ${Math.round(14 * theme.scale)}px ${theme.font}`, textBaseline: "top", fillStyle: theme.text });
    tiles.names.forEach((_, number) => {
      const [x, y] = this.#corner(number);
      this.#show(pen, row, number, x, y, side);
      pen.strokeRect(x, y, side, side);
      if (!tiles.above[number]) return;
      const name = fitting(pen, tiles.above[number], side - 8);
      pen.save();
      Object.assign(pen, { strokeStyle: theme.background, lineWidth: 4, lineJoin: "round" });
      pen.strokeText(name, x + 4, y + 4);
      pen.fillText(name, x + 4, y + 4);
      pen.restore();
    });
    pen.restore();
  }
  /** @type {(pen: Pen, row: number, number: number, x: number, y: number, size: number) => void} */
  #show(pen, row, number, x, y, size) {
    const { land } = this.tiles;
    pen.save();
    pen.imageSmoothingEnabled = Boolean(land);
    pen.translate(x, y);
    if (land) this.#map(pen, row, number, size, land);
    else pen.drawImage(this.#image(row, number), 0, 0, size, size);
    pen.restore();
  }
  /** @type {(pen: Pen, row: number, number: number, size: number, land: Land) => void} */
  #map(pen, row, number, size, land) {
    const { theme } = this;
    const { side, full } = this.tiles;
    pen.beginPath();
    pen.rect(0, 0, size, size);
    pen.clip();
    pen.save();
    pen.globalAlpha = PALE;
    pen.transform(1, 0, 0, -1, 0, size); // its first row lies at the foot
    pen.drawImage(this.#image(row, number), 0, 0, size, size);
    pen.restore();
    const { values, width } = this.source.grid(row);
    const first = number * (side + 1) * width; // one beneath the other
    const at = (/** @type {number} */ place) => ((place + 0.5) / side) * size;
    Object.assign(pen, { strokeStyle: theme.text, lineWidth: Math.max(1.5, size / 120) });
    pen.beginPath();
    levelLine(values.subarray(first, first + side * width), width, side, full / 2, (c, r) => [at(c), size - at(r)], pen);
    pen.stroke();
    const radius = Math.max(1.3, size / 75);
    for (const [px, py, label, hollow] of land.points) {
      const [x, y] = [px * size, (1 - py) * size];
      pen.beginPath();
      if (label) pen.arc(x, y, radius, 0, 2 * Math.PI);
      else pen.rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
      const color = theme.color(label ? "class1" : "class0");
      Object.assign(pen, { fillStyle: color, strokeStyle: hollow ? color : theme.background, lineWidth: hollow ? radius / 2 : radius / 4 });
      if (!hollow) pen.fill();
      pen.stroke();
    }
    const [x, y] = [land.asked[0] * size, (1 - land.asked[1]) * size];
    const arm = Math.max(4, size / 28);
    for (const [color, lineWidth] of /** @type {[string, number][]} */ ([[theme.background, 4], [theme.text, 2]])) {
      Object.assign(pen, { strokeStyle: color, lineWidth });
      pen.beginPath();
      for (const turn of [1, -1]) {
        pen.moveTo(x - arm, y - turn * arm);
        pen.lineTo(x + arm, y + turn * arm);
      }
      pen.stroke();
    }
  }
  /** @param {number} step @param {Canvas} canvas */
  draw(step, { pen }) {
    this.row = this.source.rowAt(step);
    this.fill(this.row, this.axes);
    if (!this.at) return;
    pen.save();
    Object.assign(pen, { strokeStyle: this.theme.text, lineWidth: 4 });
    pen.strokeRect(...this.#corner(this.at.number), this.side, this.side);
    pen.restore();
  }

  get first() {
    return { number: 0 };
  }
  /** @param {Image | null} a @param {Image | null} b */
  isSame(a, b) {
    return a?.number === b?.number;
  }
  /** @param {number} x @param {number} y */
  under(x, y) {
    const [column, row] = [(x - this.left) / this.side, (y - this.top) / this.side].map(v => Math.floor(v / APART));
    const number = row * this.columns + column;
    return row >= 0 && column >= 0 && column < this.columns && number < this.tiles.names.length ? { number } : null;
  }
  get #at() {
    return /** @type {Image} */ (this.at);
  }
  /** @param {number} across @param {number} down */
  beside(across, down) {
    const number = this.#at.number + across + down * this.columns;
    return number >= 0 && number < this.tiles.names.length ? { number } : this.#at;
  }
  told() {
    return [this.tiles.names[this.#at.number]];
  }
  place() {
    return { x: this.#corner(this.#at.number)[0] + this.side / 2, half: this.side / 2 };
  }
  /** @param {Pen} pen @param {number} size */
  paintLarge(pen, size) {
    this.#show(pen, this.row, this.#at.number, 0, 0, size);
  }
}

// A name without the last of its parts until it is narrow enough.
/** @type {(pen: Pen, name: string, width: number) => string} */
function fitting(pen, name, width) {
  const shorter = name.replace(/[,，、:：][^,，、:：]*$/, "");
  return shorter === name || pen.measureText(name).width <= width ? name : fitting(pen, shorter, width);
}
