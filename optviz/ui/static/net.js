// @ts-check
// A net drawn whole: each unit a small picture of its output over the plane, edges by sign and size of their weight.

import { element } from "./dom.js";
import { levelLine } from "./brush.js";
import { Chooser } from "./chooser.js";
import { written } from "./pointer.js";
import { Wiring, busiest, spread } from "./wiring.js";

/** @import { Canvas } from "./brush.js" */
/** @import { Pen } from "./dom.js" */
/** @import { Source } from "./numbers.js" */
/** @import { Panel, Painter } from "./panel.js" */
/** @import { Looks, Net as Described, Numbers } from "./plotly.d.ts" */
/** @import { Axes } from "./plotly_private.js" */
/** @import { Edge, Unit } from "./wiring.js" */
/** @typedef {Unit | Edge} Thing */
/** @typedef {Unit & { side: number, x: number, y: number }} Place */
/** @typedef {Edge & { line: [x0: number, y0: number, x1: number, y1: number] }} Drawn */

const MOST = 8; // units of a layer are drawn at least
const SMALLEST = 28; // pixels from one unit to the next: where there is more room, more are drawn
const LARGEST = 64;
const [CELLS, COARSE, FINE] = [24, 12, 61]; // a side of a unit's picture, of what tells how busy it is, of the large one
const PALE = 0.2; // of the largest output of a layer: what is less is paler than red and blue
const FADED = 0.25; // how much is seen of edges that a chosen unit does not have
const HIT = 6; // pixels from an edge
const DASH = [7, 4];
const TOUCH = matchMedia("(pointer: coarse)");
const NAMES = /** @type {const} */ (["layer", "unit", "from", "to"]);
/** @type {(a: Thing | null, b: Thing | null) => boolean} */
const same = (a, b) => Boolean(a && b && NAMES.every(name => a[name] === b[name]));
/** @type {(text: string, values: Record<string, string | number>) => string} */
const filled = (text, values) => text.replace(/{(\w+)}/g, (_, name) => String(values[name]));
// A root, so that small weights are seen beside large ones; the same in every net and at every step.
/** @param {number} weight */
const widthOf = weight => Math.min(2.5 * Math.sqrt(Math.abs(weight)), 7);

// What is chosen in it is a unit of a layer, or the edge from one unit to another of a layer.
/** @extends {Chooser<Thing>} */
export class Net extends Chooser {
  /** @param {Panel} panel @param {Described} net @param {Source} source @param {Axes} axes */
  constructor(panel, net, source, axes) {
    super(panel);
    this.net = net;
    this.wiring = new Wiring(net);
    this.source = source;
    this.axes = axes;
    /** @type {number} */
    this.row = -1;
    /** @type {Place[][]} */
    this.places = []; // of each layer
    /** @type {Numbers} */
    this.numbers = []; // of the row
    /** @type {(Float32Array | Float64Array)[][]} */
    this.outputs = [];
    /** @type {number[][]} */
    this.limits = [];
    /** @type {Map<Place, OffscreenCanvas>} */
    this.pictures = new Map();
    /** @type {WeakMap<object, { most: number, rows: number[][][] }>} */
    this.busy = new WeakMap();
    this.note = element("p", { class: "optviz-net-note" });
    this.node.prepend(this.note);
  }

  // What paints the trace of the net in place of a brush.
  /** @type {(source: Source, looks: Looks, axes: Axes, net: Described) => Painter} */
  brush(source, looks, axes, net) {
    if (this.net !== net) {
      this.net = net;
      this.wiring = new Wiring(net);
      if (this.at && !this.#exists(this.at)) [this.at, this.open] = [null, false];
    }
    this.speak(`${this.panel.spec.title} ${net.sizes.join("-")}`, net.words.keys);
    this.source = source;
    this.axes = axes;
    this.row = -1;
    const at = (/** @type {Canvas} */ canvas, /** @type {number} */ step) => {
      this.#paint(canvas, source.rowAt(step));
      return null;
    };
    return { source, looks, drawn: -1, at };
  }
  /** @param {Thing} thing */
  #exists({ layer, unit, from, to }) {
    const { sizes } = this.wiring;
    return layer < sizes.length && (unit ?? to ?? 0) < sizes[layer] && (from ?? 0) < (sizes[layer - 1] ?? Infinity);
  }

  // ---- where everything stands

  // Which units are drawn at row r: those of a wide layer that are busy, each as long as it can in its place.
  /** @param {number} r @param {number} most */
  #drawn(r, most) {
    const { sizes, last } = this.wiring;
    const all = sizes.map(size => [...Array(size).keys()]);
    if (Math.max(...sizes) <= most) return all;
    const numbers = this.source.inputs[0];
    const kept = this.busy.get(numbers);
    /** @type {number[][][]} */
    const rows = kept?.most === most ? kept.rows : [];
    this.busy.set(numbers, { most, rows });
    for (let k = rows.length; k <= r; k++) {
      const outputs = this.wiring.outputs(numbers.row(k), COARSE);
      rows.push(all.map((units, l) => (l === last || units.length <= most ? units : busiest(outputs[l].map(spread), most, rows[k - 1]?.[l]))));
    }
    return rows[r];
  }
  /** @param {number} r */
  #lay(r) {
    const { x, y } = this.axes;
    const { scale } = this.theme;
    const { words } = this.net;
    const [width, height] = [x.length, y.length - this.note.offsetHeight - 4];
    const most = Math.max(MOST, Math.floor(height / (SMALLEST * scale)));
    const layers = this.#drawn(r, most);
    const rows = Math.max(...layers.map(units => units.length));
    const column = width / layers.length;
    const hidden = Math.max(8, Math.min(LARGEST * scale, (0.86 * height) / rows, 0.52 * column));
    const outer = Math.min(1.6 * hidden, 0.7 * column);
    const across = (/** @type {number} */ l) => x.offset + outer / 2 + 4 + (l / (layers.length - 1)) * (width - outer - 8);
    this.places = layers.map((units, layer) => {
      const side = layer === 0 || layer === layers.length - 1 ? outer : hidden;
      const apart = Math.min(height / units.length, 2.2 * side);
      return units.map((unit, i) => ({ layer, unit, side, x: across(layer), y: y.offset + height / 2 + (i - (units.length - 1) / 2) * apart }));
    });
    const count = (/** @type {number[]} */ numbers) => numbers.slice(1, -1).reduce((sum, n) => sum + n, 0);
    const [shown, units] = [count(layers.map(({ length }) => length)), count(this.wiring.sizes)];
    const note = [shown < units && filled(words.some, { shown, units }), words.every, words.legend].filter(Boolean).join(" ");
    if (this.note.textContent === note) return;
    this.note.textContent = note;
    this.#lay(r); // the note has another height
  }
  /** @param {Unit} unit */
  #place({ layer, unit }) {
    return this.places[layer]?.find(place => place.unit === unit);
  }
  /** @returns {Generator<Drawn>} */
  *#edges() {
    for (let layer = 1; layer < this.places.length; layer++)
      for (const start of this.places[layer - 1]) for (const end of this.places[layer]) yield { layer, from: start.unit, to: end.unit, line: [start.x + start.side / 2, start.y, end.x - end.side / 2, end.y] };
  }

  // ---- painting

  /** @param {Canvas} canvas @param {number} r */
  #paint(canvas, r) {
    if (r < 0 || !this.source.known) return;
    const numbers = this.source.wholeRow("y", r);
    if (this.row !== r) {
      this.row = r;
      this.numbers = numbers;
      this.#lay(r);
      this.outputs = this.wiring.outputs(numbers, CELLS);
      this.limits = this.outputs.map(limitsOf);
      this.pictures = new Map(this.places.flat().map(place => [place, this.#picture(place, this.outputs[place.layer][place.unit], CELLS)]));
    }
    const { pen } = canvas;
    pen.save();
    const edges = [...this.#edges()].sort((a, b) => Number(same(a, this.at)) - Number(same(b, this.at))); // what is chosen lies on top
    for (const edge of edges) this.#edge(pen, edge, numbers[this.wiring.weight(edge)]);
    pen.globalAlpha = 1;
    pen.setLineDash([]);
    for (const place of this.places.flat()) this.#unit(pen, place);
    pen.restore();
    this.fill(r, this.#room);
  }
  /** @param {Pen} pen @param {Drawn} edge @param {number} weight */
  #edge(pen, edge, weight) {
    const [x0, y0, x1, y1] = edge.line;
    const chosen = same(edge, this.at);
    const { theme } = this;
    const draw = () => {
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y1);
      pen.stroke();
    };
    const width = Number.isFinite(weight) ? widthOf(weight) * theme.scale : 1;
    if (chosen) {
      Object.assign(pen, { globalAlpha: 1, strokeStyle: theme.text, lineWidth: width + 6 });
      pen.setLineDash([]);
      draw();
      Object.assign(pen, { strokeStyle: theme.background, lineWidth: width + 2 });
      draw();
    }
    const strength = chosen ? 1 : 0.3 + 0.6 * Math.min(1, Math.abs(weight) || 0);
    Object.assign(pen, { globalAlpha: this.#isAside(edge) ? FADED * strength : strength, strokeStyle: theme.color(weight < 0 ? "class0" : "class1"), lineWidth: Math.max(width, 0.5), lineDashOffset: 0 });
    pen.setLineDash(weight < 0 ? DASH : []);
    draw();
  }
  // Whether a unit is chosen that an edge neither comes from nor leads to.
  /** @param {Edge} edge */
  #isAside({ layer, from, to }) {
    const { at } = this;
    return at?.unit !== undefined && !(layer === at.layer && to === at.unit) && !(layer - 1 === at.layer && from === at.unit);
  }
  /** @param {Pen} pen @param {Place} place */
  #unit(pen, place) {
    const { theme } = this;
    const { layer, unit, side, x, y } = place;
    const [left, top] = [x - side / 2, y - side / 2];
    pen.imageSmoothingEnabled = true;
    pen.drawImage(/** @type {OffscreenCanvas} */ (this.pictures.get(place)), left, top, side, side);
    const chosen = same(place, this.at);
    Object.assign(pen, { strokeStyle: theme.text, lineWidth: chosen ? 4 : 1.2 });
    pen.strokeRect(left, top, side, side);
    if (layer) return;
    Object.assign(pen, { font: `${Math.round(14 * theme.scale)}px ${theme.font}`, textAlign: "center", textBaseline: "top", fillStyle: theme.text });
    pen.fillText(this.#nameOf(layer, unit), x, top + side + 4);
  }
  // The last layer's response is colored as in the picture of the regions.
  /** @param {Unit} unit @param {Float32Array | Float64Array} values @param {number} cells */
  #picture({ layer, unit }, values, cells) {
    const limit = this.limits[layer][unit];
    return this.picture(values.map(v => (layer === this.wiring.last ? 2 * v - 1 : v / limit)), cells);
  }

  // ---- what is chosen, large

  /** @param {number} layer @param {number} unit */
  #nameOf(layer, unit) {
    if (layer === 0) return this.net.inputs[unit];
    return layer === this.wiring.last ? this.net.words.output : filled(this.net.words.unit, { number: unit + 1, layer });
  }
  told() {
    const { wiring, numbers } = this;
    const { words } = this.net;
    const at = /** @type {Thing} */ (this.at);
    const n = wiring.parameters;
    const told = (/** @type {string} */ first, /** @type {number} */ place) => [first, words.gradient, words.step].map((text, i) => filled(text, { value: exactly(numbers[i * n + place]) }));
    if (at.unit === undefined) return [`${this.#nameOf(at.layer - 1, at.from)} → ${this.#nameOf(at.layer, at.to)}`, ...told(words.weight, wiring.weight(at))];
    const values = this.outputs[at.layer][at.unit];
    const range = filled(words.range, { low: exactly(Math.min(...values)), high: exactly(Math.max(...values)) });
    return [this.#nameOf(at.layer, at.unit), range, ...(at.layer ? told(words.bias, wiring.bias(at)) : [])];
  }
  // Without the note, on which nothing lies.
  get #room() {
    const { x, y } = this.axes;
    return { x, y: { length: y.length - this.note.offsetHeight } };
  }
  place() {
    const at = /** @type {Thing} */ (this.at);
    const edge = [...this.#edges()].find(edge => same(edge, at));
    const x = at.unit === undefined ? edge?.line[0] : this.#place(at)?.x;
    return { x: x ?? 0, half: this.places[at.layer][0].side / 2 };
  }
  get isPainted() {
    return this.at?.unit !== undefined;
  }
  /** @param {Pen} pen @param {number} side */
  paintLarge(pen, side) {
    const { theme, net, wiring } = this;
    const at = /** @type {Unit} */ (this.at);
    const values = wiring.outputs(this.numbers, FINE)[at.layer][at.unit];
    pen.drawImage(this.#picture(at, values, FINE), 0, 0, side, side);
    const pixel = (/** @type {number} */ i) => ((i + 0.5) / FINE) * side;
    Object.assign(pen, { strokeStyle: theme.text, lineWidth: 2.5 });
    pen.beginPath();
    levelLine(values, FINE, FINE, at.layer === wiring.last ? 0.5 : 0, (c, r) => [pixel(c), pixel(r)], pen);
    pen.stroke();
    const [low, high] = wiring.side;
    pen.lineWidth = 1;
    for (const [x1, x2, label] of net.points) {
      const [x, y] = [((x1 - low) / (high - low)) * side, ((high - x2) / (high - low)) * side];
      Object.assign(pen, { fillStyle: theme.color(label ? "class1" : "class0"), strokeStyle: theme.background });
      pen.beginPath();
      if (label) pen.arc(x, y, 3.5, 0, 2 * Math.PI);
      else pen.rect(x - 3, y - 3, 6, 6);
      pen.fill();
      pen.stroke();
    }
  }

  // ---- what the visitor does

  /** @type {(x: number, y: number) => Thing | null} */
  under(x, y) {
    const unit = this.places.flat().find(place => Math.max(Math.abs(place.x - x), Math.abs(place.y - y)) <= place.side / 2 + 2);
    if (unit) return { layer: unit.layer, unit: unit.unit };
    /** @type {Edge | null} */
    let nearest = null;
    let least = TOUCH.matches ? 2 * HIT : HIT;
    for (const { line, ...edge } of this.#edges()) {
      const apart = away(line, x, y);
      if (apart < least) [nearest, least] = [edge, apart];
    }
    return nearest;
  }
  isSame(/** @type {Thing | null} */ a, /** @type {Thing | null} */ b) {
    return same(a, b);
  }
  /** @returns {Thing | undefined} */
  get first() {
    return this.places.length ? { layer: 1, unit: this.places[1][0].unit } : undefined;
  }
  // From a unit up and down to others of its layer, and across along its heaviest edge; from an edge up and down to
  // others of the same unit, and across to the units at its ends.
  /** @type {(across: number, down: number) => Thing} */
  beside(across, down) {
    const at = /** @type {Thing} */ (this.at);
    const { layer } = at;
    const unitsOf = (/** @type {number} */ layer) => this.places[layer].map(place => place.unit);
    const next = (/** @type {number[]} */ units, /** @type {number} */ now) => units[Math.min(Math.max(units.indexOf(now) + down, 0), units.length - 1)];
    if (at.unit === undefined) {
      const { from, to, end } = at;
      if (across) return { layer: across < 0 ? layer - 1 : layer, unit: across < 0 ? from : to };
      return end === "to" ? { ...at, from: next(unitsOf(layer - 1), from) } : { ...at, to: next(unitsOf(layer), to) };
    }
    const { unit } = at;
    if (down) return { layer, unit: next(unitsOf(layer), unit) };
    const into = across > 0 ? layer + 1 : layer;
    if (into < 1 || into > this.wiring.last) return at;
    /** @type {Edge[]} */
    const edges = unitsOf(across > 0 ? into : into - 1).map(other => (across > 0 ? { layer: into, from: unit, to: other, end: "from" } : { layer: into, from: other, to: unit, end: "to" }));
    const heavy = (/** @type {Edge} */ edge) => Math.abs(this.numbers[this.wiring.weight(edge)]);
    return edges.reduce((best, edge) => (heavy(edge) > heavy(best) ? edge : best));
  }
}

// A number with three digits.
/** @param {number} v */
function exactly(v) {
  if (!Number.isFinite(v)) return "—";
  if (v === 0 || (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e5)) return written(v);
  const [digits, power] = v.toExponential(2).split("e");
  const raised = power.replace("+", "").replace(/./g, sign => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
  return `${written(Number(digits))}\u00a0·\u00a010${raised}`;
}

// Where the colors of each unit of a layer end: at its own largest output, but a feeble one stays pale.
/** @param {(Float32Array | Float64Array)[]} outputs */
function limitsOf(outputs) {
  const largest = outputs.map(values => {
    let most = 0;
    for (const v of values) if (Number.isFinite(v)) most = Math.max(most, Math.abs(v));
    return most;
  });
  const least = PALE * Math.max(...largest) || 1;
  return largest.map(most => Math.max(most, least));
}

// How far a point lies from a stretch of line.
/** @type {(line: Drawn["line"], x: number, y: number) => number} */
function away([x0, y0, x1, y1], x, y) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0), 1);
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}
