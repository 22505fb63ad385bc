// @ts-check
// How a picture shares the window: with its bar and its sentence it is as tall as the window has room for, and cells that
// would be too low for a plot become tabs of others, or rows of them that are turned like pages.

/** @import { Player } from "./player.js" */
/**
 * Which cells share a place; the last place may be turned like a page.
 * @typedef {{ places: string[][], rows: number, columns: number, pages: string[][], open: string[] }} Shares
 */

const LEAST = 320; // pixels: a lower cell, with its title, ticks and axis, shows nothing
const LEAST_PROJECTED = 400; // of a plot 300 of these are left
const LOWEST = 260;
const MARGIN = 8;
const WIDTH = 0.8; // of the picture's width, at most: in a window that stands upright it would be a strip
const LATE = 0.5; // of the window: what begins below this is scrolled to

export class Room {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.rows = Infinity;
    this.shape = "";
    this.measure = this.measure.bind(this);
    this.sizes = new ResizeObserver(this.measure);
    const { root, ask, slow, sentence, captions } = player;
    this.page = root.closest("[data-testid=stMainBlockContainer]"); // what stands above the picture may grow
    for (const node of [root, ask.node, slow.node, sentence, captions.node, this.page]) if (node) this.sizes.observe(node);
    addEventListener("resize", this.measure);
  }

  measure() {
    const { root, grid } = this.player;
    const width = root.clientWidth;
    if (!width || !grid.isConnected) return;
    const { printed } = this.player;
    const isNarrow = !printed && width < 700;
    const isWhole = isNarrow || printed; // as tall as it likes
    const isProjected = root.classList.contains("optviz-projected");
    root.classList.toggle("optviz-narrow", isNarrow);
    this.#keep(`${width} ${isProjected}`);
    const tall = isWhole || isProjected ? 0 : this.#tall(width);
    root.style.setProperty("--tall", tall ? `${tall}px` : "");
    const gap = parseFloat(getComputedStyle(grid).rowGap) || 0;
    const least = isProjected ? LEAST_PROJECTED : LEAST;
    const rows = isWhole ? Infinity : Math.max(1, Math.floor(((tall || grid.clientHeight) + gap) / (least + gap)));
    if (rows === this.rows) return;
    this.rows = rows;
    this.player.place();
  }
  // The room of the longest wording of the sentence stays: else the picture would jump while something is dragged.
  /** @param {string} shape */
  #keep(shape) {
    const { root, sentence } = this.player;
    if (shape !== this.shape) {
      this.shape = shape;
      root.style.setProperty("--said", "0px");
    }
    if (sentence.textContent) root.style.setProperty("--said", `${sentence.offsetHeight}px`);
  }
  // From where the picture begins to the foot of the window, without what stands below it.
  /** @param {number} width */
  #tall(width) {
    const { grid, sentence } = this.player;
    const { top, bottom } = grid.getBoundingClientRect();
    const below = sentence.getBoundingClientRect().bottom - bottom;
    const head = document.querySelector("[data-testid=stHeader]")?.clientHeight ?? 0;
    const above = this.page ? top - this.page.getBoundingClientRect().top : top;
    const room = innerHeight - (above < LATE * innerHeight ? above : head) - below - MARGIN;
    return Math.round(Math.max(LOWEST, Math.min(room, WIDTH * width)));
  }

  // Share the cells, by name, among as many places as there is room for, each a list of cells: the first is as tall as all
  // rows together, and those without room share the last one.
  /** @type {(names: string[]) => Shares} */
  share([first, ...others]) {
    const rows = Math.max(1, Math.min(others.length, this.rows));
    /** @type {string[][]} */
    const places = Array.from({ length: Math.min(others.length, rows) }, () => []);
    others.forEach((name, i) => places[Math.min(i, rows - 1)].push(name));
    return { places: [[first], ...places], rows, columns: 1, pages: [], open: [] };
  }
  // The same with so many in a row. Rows without room are pages in the place of the last one: that with the cell that
  // comes first in `front` is open.
  /** @type {(names: string[], columns: number, front: string[]) => Shares} */
  shareEvenly(names, columns, front) {
    const lines = Array.from({ length: Math.ceil(names.length / columns) }, (_, i) => names.slice(i * columns, (i + 1) * columns));
    const rows = Math.max(1, Math.min(lines.length, this.rows));
    const pages = lines.slice(rows - 1);
    const wanted = front.find(name => pages.flat().includes(name));
    const open = pages.find(page => wanted !== undefined && page.includes(wanted)) ?? pages[0];
    return { places: [...lines.slice(0, rows - 1).flat(), ...open].map(name => [name]), rows, columns, pages, open };
  }

  remove() {
    this.sizes.disconnect();
    removeEventListener("resize", this.measure);
  }
}
