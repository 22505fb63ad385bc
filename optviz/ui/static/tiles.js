// Images of weights side by side, of which one is shown large.

import { Chooser } from "./chooser.js";

const APART = 1.12; // from one image to the next, as a share of its side

// What is chosen in it is an image, by its number.
export class Tiles extends Chooser {
  // What paints the trace of the images in place of a brush.
  brush(source, looks, axes) {
    const { tiles } = looks.meta;
    Object.assign(this, { source, axes, tiles });
    this.speak(this.panel.spec.title, tiles.keys);
    if (this.at && this.at.number >= tiles.names.length) [this.at, this.open] = [null, false];
    this.#lay();
    return { source, looks, drawn: -1, grid: (canvas, step) => this.#paint(canvas, source.rowAt(step)) };
  }
  // In as many columns as make the images largest.
  #lay() {
    const { x, y } = this.axes;
    const n = this.tiles.names.length;
    const sideOf = columns => Math.min(x._length / columns, y._length / Math.ceil(n / columns)) / APART;
    this.columns = [...Array(n).keys()].map(i => i + 1).reduce((best, each) => (sideOf(each) > sideOf(best) ? each : best));
    this.side = sideOf(this.columns);
    this.left = x._offset + (x._length - this.columns * this.side * APART) / 2;
    this.top = y._offset + (y._length - Math.ceil(n / this.columns) * this.side * APART) / 2;
  }
  #corner(number) {
    return [this.left + (number % this.columns) * this.side * APART, this.top + Math.floor(number / this.columns) * this.side * APART];
  }

  // The image of a number: 0 in the middle of its bytes.
  #image(row, number) {
    const { values, width } = this.source.grid(row);
    const { side, columns, full } = this.tiles;
    const [left, top] = [(side + 1) * (number % columns), (side + 1) * Math.floor(number / columns)];
    const byte = p => values[(top + Math.floor(p / side)) * width + left + (p % side)];
    return this.picture(Array.from({ length: side * side }, (_, p) => (2 * byte(p)) / full - 1), side);
  }
  #paint(canvas, row) {
    if (row < 0) return;
    const { pen } = canvas;
    const { theme, side, tiles } = this;
    pen.save();
    Object.assign(pen, { imageSmoothingEnabled: false, strokeStyle: theme.color("muted"), lineWidth: 1 });
    Object.assign(pen, { font: `600 ${Math.round(14 * theme.scale)}px ${theme.font}`, textBaseline: "top", fillStyle: theme.text });
    tiles.names.forEach((_, number) => {
      const [x, y] = this.#corner(number);
      pen.drawImage(this.#image(row, number), x, y, side, side);
      pen.strokeRect(x, y, side, side);
      if (!tiles.above[number]) return;
      pen.save();
      Object.assign(pen, { strokeStyle: theme.background, lineWidth: 4, lineJoin: "round" });
      pen.strokeText(tiles.above[number], x + 4, y + 4);
      pen.fillText(tiles.above[number], x + 4, y + 4);
      pen.restore();
    });
    pen.restore();
  }
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
  isSame(a, b) {
    return a?.number === b?.number;
  }
  under(x, y) {
    const [column, row] = [(x - this.left) / this.side, (y - this.top) / this.side].map(v => Math.floor(v / APART));
    const number = row * this.columns + column;
    return row >= 0 && column >= 0 && column < this.columns && number < this.tiles.names.length ? { number } : null;
  }
  beside(across, down) {
    const number = this.at.number + across + down * this.columns;
    return number >= 0 && number < this.tiles.names.length ? { number } : this.at;
  }
  told() {
    return [this.tiles.names[this.at.number]];
  }
  place() {
    return { x: this.#corner(this.at.number)[0] + this.side / 2, half: this.side / 2 };
  }
  paintLarge(pen, size) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.#image(this.row, this.at.number), 0, 0, size, size);
  }
}
