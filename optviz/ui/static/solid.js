// @ts-check
// A scene in 3-D: WebGL draws the surface, which stands still; paths and balls are painted over it, as fast as in 2-D.

import { Brush, dashes } from "./brush.js";
import { boxOf, cameraOf, stretchOf, lookAt, matricesOf, measuresOf } from "./plotly_private.js";
import { rgb } from "./theme.js";

/** @import { Canvas, Label } from "./brush.js" */
/** @import { Pen } from "./dom.js" */
/** @import { Source } from "./numbers.js" */
/** @import { Camera, Looks, Numbers, Point, Vector } from "./plotly.d.ts" */
/** @import { ScreenAxis, Scene } from "./plotly_private.js" */
/** @typedef {[x: number, y: number, nearness: number, veiled: boolean]} Seen */

const FINE = 0.015; // of the surface's width: so long are the pieces in which a path follows its shape
const PIECES = 120; // of one step at most
const LIFT = 0.012; // of the surface's height: so far a path lies above it
const BEYOND = 0.12; // of the surface's width: so far a run is seen that leaves it
const CELLS = 220; // of the grid on which heights are looked up
const GLANCES = 32; // places between a point and the eye at which something may stand before it
const BALL = 7.5; // pixels: a ball's radius in the middle of the scene
const STILL = 1e-4; // of the scene: so little a camera need not move
const NEARER = 0.55; // the distance from a ball that is followed, as a share of that from all
const VEILED = 0.3; // how much is seen of what lies behind the surface

/** @param {number} share */
const inside = share => Math.min(Math.max(share, 0), 1);

// The place of the last number in a rising list that is not above v, with the share of the way to the next.
/** @type {(numbers: Numbers, v: number) => Point} */
function between(numbers, v) {
  let [low, high] = [0, numbers.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= v) low = middle;
    else high = middle;
  }
  return [low, (v - numbers[low]) / (numbers[high] - numbers[low])];
}

// The heights of a surface on a regular grid, whatever its own is.
/** @type {(x: Numbers, y: Numbers, z: Numbers[]) => Float32Array} */
function even(x, y, z) {
  const out = new Float32Array(CELLS * CELLS);
  const at = (/** @type {Numbers} */ axis) => Array.from({ length: CELLS }, (_, i) => between(axis, axis[0] + (i / (CELLS - 1)) * (axis[axis.length - 1] - axis[0])));
  const across = at(x);
  at(y).forEach(([r, v], j) =>
    across.forEach(([c, u], i) => {
      const [below, above] = [z[r], z[r + 1]];
      out[j * CELLS + i] = (1 - v) * ((1 - u) * below[c] + u * below[c + 1]) + v * ((1 - u) * above[c] + u * above[c + 1]);
    }),
  );
  return out;
}

/** @type {(place: Camera["eye"]) => Vector} */
const triple = ({ x, y, z }) => [x, y, z];

// What is seen of a surface from where the camera stands.
export class Space {
  // `scene` is Plotly's, `surface` its full trace.
  /** @param {Scene} scene @param {Looks} surface */
  constructor(scene, surface) {
    const { x, y, z } = surface;
    this.scene = scene;
    this.surface = surface;
    this.x0 = x[0];
    this.y0 = y[0];
    this.width = x[x.length - 1] - x[0];
    this.depth = y[y.length - 1] - y[0];
    this.box = boxOf(scene);
    this.matrices = matricesOf(scene);
    this.eye = this.#eye();
    this.heights = even(x, y, z);
    this.low = this.heights.reduce((a, b) => Math.min(a, b));
    this.span = this.heights.reduce((a, b) => Math.max(a, b)) - this.low || 1;
  }

  // Everything that a picture depends on: the camera, and where it is shown.
  get view() {
    this.box = boxOf(this.scene);
    this.matrices = matricesOf(this.scene);
    this.eye = this.#eye();
    return [...Object.values(this.box), ...this.matrices.flat().map(v => v.toPrecision(6))].join();
  }
  get camera() {
    return structuredClone(cameraOf(this.scene));
  }
  // In the numbers of the axes; the camera's own are those of a box as wide as the aspect ratio says.
  #eye() {
    const eye = triple(cameraOf(this.scene).eye);
    const { ranges, aspect } = measuresOf(this.scene);
    return ranges.map(([low, high], d) => (low + high) / 2 + (eye[d] * (high - low)) / aspect[d]);
  }

  // Bring a point into the middle, and go along with it from the side that the visitor looks from.
  /** @param {Point} point */
  follow([x, y]) {
    const { ranges, aspect } = measuresOf(this.scene);
    const { eye, center, up } = cameraOf(this.scene);
    const point = this.on(x, y);
    const to = /** @type {Vector} */ (ranges.map(([low, high], i) => ((point[i] - (low + high) / 2) / (high - low)) * aspect[i]));
    const now = triple(center);
    if (Math.hypot(...to.map((v, i) => v - now[i])) < STILL) return;
    const from = /** @type {Vector} */ (triple(eye).map((v, i) => v - now[i] + to[i]));
    lookAt(this.scene, from, to, triple(up));
  }
  // Step nearer to what is followed, or back to a camera.
  approach() {
    const { eye, center, up } = cameraOf(this.scene);
    const middle = triple(center);
    const nearer = /** @type {Vector} */ (triple(eye).map((v, d) => middle[d] + NEARER * (v - middle[d])));
    lookAt(this.scene, nearer, middle, triple(up));
  }
  /** @param {Camera} camera */
  look({ eye, center, up = { x: 0, y: 0, z: 1 } }) {
    lookAt(this.scene, triple(eye), triple(center), triple(up));
  }

  // Pixels of a point, and how near it is to the eye.
  /** @type {(point: Vector) => Vector} */
  project(point) {
    const stretch = stretchOf(this.scene);
    let v = [...point.map((value, i) => value * stretch[i]), 1];
    for (const m of this.matrices) v = [0, 1, 2, 3].map(i => m[i] * v[0] + m[4 + i] * v[1] + m[8 + i] * v[2] + m[12 + i] * v[3]);
    const { left, top, width, height } = this.box;
    return [left + 0.5 * width * (1 + v[0] / v[3]), top + 0.5 * height * (1 - v[1] / v[3]), 1 / v[3]];
  }

  // The surface's height, at its edge for what lies beyond.
  /** @param {number} x @param {number} y */
  height(x, y) {
    const [u, v] = [inside((x - this.x0) / this.width) * (CELLS - 1), inside((y - this.y0) / this.depth) * (CELLS - 1)];
    const [c, r] = [Math.min(Math.floor(u), CELLS - 2), Math.min(Math.floor(v), CELLS - 2)];
    const [z, i] = [this.heights, r * CELLS + c];
    const below = z[i] + (u - c) * (z[i + 1] - z[i]);
    const above = z[i + CELLS] + (u - c) * (z[i + CELLS + 1] - z[i + CELLS]);
    return below + (v - r) * (above - below);
  }
  /** @type {(x: number, y: number) => Vector} */
  on(x, y) {
    return [x, y, this.height(x, y) + LIFT * this.span];
  }
  // How far a point lies outside of the surface, as a share of its width.
  /** @param {number} x @param {number} y */
  outside(x, y) {
    const [u, v] = [(x - this.x0) / this.width, (y - this.y0) / this.depth];
    return Math.max(-u, u - 1, -v, v - 1, 0);
  }
  // Whether the surface stands between a point and the eye.
  /** @param {Vector} point */
  veiled([x, y, z]) {
    const way = [this.eye[0] - x, this.eye[1] - y, this.eye[2] - z];
    const rise = way[2] > 0 ? Math.min(1, (this.low + this.span - z) / way[2]) : 1;
    for (let i = 1; i <= GLANCES; i++) {
      const t = (rise * i * i) / (GLANCES * GLANCES); // near the point in small steps
      const [px, py] = [x + t * way[0], y + t * way[1]];
      if (this.outside(px, py) > 0) return false;
      if (this.height(px, py) > z + t * way[2]) return true;
    }
    return false;
  }
}

// The colors of a ball from where the light falls on it to its rim.
/** @type {(color: string) => [at: number, shade: string][]} */
function shadesOf(color) {
  const mixed = (/** @type {number} */ other, /** @type {number} */ share) => `rgb(${rgb(color).map(v => Math.round(v + share * (other - v))).join()})`;
  return [[0, mixed(255, 0.75)], [0.35, color], [1, mixed(0, 0.45)]];
}

// Draws one track over a scene: a path that follows the surface, or a ball that rolls along it.
export class SolidBrush extends Brush {
  /** @param {Source} source @param {Looks} looks @param {Space} space @param {string} halo */
  constructor(source, looks, space, halo) {
    const { left, top, width, height } = space.box;
    /** @type {(vertical: boolean, offset: number, length: number) => ScreenAxis} */
    const axis = (vertical, offset, length) => ({ vertical, offset, length, range: [0, 1], type: "linear" });
    super(source, looks, { x: axis(false, left, width), y: axis(true, top, height), aside: 0 }, halo);
    this.space = space;
    this.shades = shadesOf(looks.marker.color ?? looks.line.color);
    /** @type {(Seen | null)[]} */
    this.way = []; // [x, y, nearness, veiled] of all pieces so far, null where it is not seen
    /** @type {number[]} */
    this.ends = []; // of each row the place in the way
    this.middle = space.project([space.x0 + space.width / 2, space.y0 + space.depth / 2, space.low + space.span / 2])[2];
  }

  /** @type {(x: number, y: number) => Seen | null} */
  #place(x, y) {
    if (!Number.isFinite(x + y) || this.space.outside(x, y) > BEYOND) return null;
    const point = this.space.on(x, y);
    return [...this.space.project(point), this.space.veiled(point)];
  }
  // The point at a share of the way from row r to the next.
  /** @type {(r: number, share: number) => Point} */
  #at(r, share) {
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    const next = Math.min(r + 1, this.source.rows - 1);
    if (!share || !Number.isFinite(xs[next] + ys[next])) return [xs[r], ys[r]];
    return [xs[r] + share * (xs[next] - xs[r]), ys[r] + share * (ys[next] - ys[r])];
  }
  /** @param {number} last */
  #lay(last) {
    const { space, ends, way } = this;
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    for (let r = ends.length; r <= last; r++) {
      const long = r ? Math.max(Math.abs(xs[r] - xs[r - 1]) / space.width, Math.abs(ys[r] - ys[r - 1]) / space.depth) : 0;
      const pieces = Number.isFinite(long) ? Math.min(Math.max(Math.ceil(long / FINE), 1), PIECES) : 1;
      for (let i = 1; i <= pieces; i++) {
        const [x, y] = r ? this.#at(r - 1, i / pieces) : [xs[0], ys[0]];
        way.push(this.#place(x, y));
      }
      ends.push(way.length);
    }
  }

  /** @override @param {Canvas} canvas @param {number} last @param {Canvas} casing */
  paint(canvas, last, casing) {
    this.#lay(last);
    const from = this.drawn < 0 ? 1 : this.ends[this.drawn];
    for (const veiled of [true, false]) {
      if (!veiled && this.looks.meta?.cased) casing.within(this.axes, 0, pen => this.#stroke(pen, from, this.ends[last], veiled, this.halo, 3, 0.7));
      let length = 0;
      canvas.within(this.axes, 0, pen => {
        length = this.#stroke(pen, from, this.ends[last], veiled, this.looks.line.color, 0, (this.looks.opacity ?? 1) * (veiled ? VEILED : 1));
      });
      if (!veiled) this.along += length;
    }
  }
  // Returns the length of the way, with what is not stroked of it.
  /** @type {(pen: Pen, from: number, to: number, veiled: boolean, color: string, wider: number, alpha: number) => number} */
  #stroke(pen, from, to, veiled, color, wider, alpha) {
    const { width, dash } = this.looks.line;
    const pattern = wider ? [] : dashes(dash, width);
    Object.assign(pen, { strokeStyle: color, lineWidth: width + wider, lineJoin: "round", lineCap: pattern.length ? "butt" : "round", globalAlpha: alpha, lineDashOffset: this.along });
    pen.setLineDash(pattern);
    pen.beginPath();
    let length = 0;
    for (let i = from; i < to; i++) {
      const [a, b] = [this.way[i - 1], this.way[i]];
      if (!a || !b) continue;
      length += Math.hypot(b[0] - a[0], b[1] - a[1]);
      if (b[3] !== veiled) continue;
      pen.moveTo(a[0], a[1]);
      pen.lineTo(b[0], b[1]);
    }
    pen.stroke();
    return length;
  }

  // Where the ball is, as x and y of the surface: a run that left it stays where it was seen last.
  /** @param {number} step */
  spot(step) {
    const row = Math.max(0, Math.min(step / this.source.stride, this.source.rows - 1));
    let [r, share] = [Math.floor(row), row - Math.floor(row)];
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    while (r > 0 && !this.#seen(xs[r], ys[r])) [r, share] = [r - 1, 1];
    const spot = this.#at(r, share);
    return share && !this.#seen(...spot) ? this.#edge(r, share) : spot;
  }

  /** @override @type {(canvas: Canvas, step: number) => Label | null} */
  at(canvas, step) {
    if (!this.source.rows) return null;
    const [x, y] = this.spot(step);
    const place = this.#place(x, y);
    if (!place) return null;
    const size = (BALL * (Number(this.looks.marker.size)) * place[2]) / (13 * this.middle);
    canvas.within(this.axes, 9, pen => this.#ball(pen, place, size, this.space.outside(x, y) > 0));
    return this.looks.mode.includes("text") ? this.label(canvas.pen, place[0], place[1], 0, { ...this.looks, marker: { size: 2 * size } }) : null;
  }
  /** @param {number} x @param {number} y */
  #seen(x, y) {
    return Number.isFinite(x + y) && this.space.outside(x, y) <= BEYOND;
  }
  // The last point of a step that is seen.
  /** @param {number} r @param {number} share */
  #edge(r, share) {
    let [low, high] = [0, share];
    for (let i = 0; i < 20; i++) {
      const middle = (low + high) / 2;
      if (this.#seen(...this.#at(r, middle))) low = middle;
      else high = middle;
    }
    return this.#at(r, low);
  }
  // Lit from the upper left; hollow where the run has left the surface.
  /** @type {(pen: Pen, place: Seen, radius: number, gone: boolean) => void} */
  #ball(pen, [x, y, , veiled], radius, gone) {
    const { color } = this.looks.marker;
    pen.globalAlpha = (this.looks.opacity ?? 1) * (veiled ? VEILED + 0.2 : 1);
    pen.setLineDash([]);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    const lit = pen.createRadialGradient(x - radius * 0.4, y - radius * 0.45, radius * 0.1, x, y, radius);
    for (const [at, shade] of this.shades) lit.addColorStop(at, shade);
    const open = gone || String(this.looks.marker.symbol ?? "").endsWith("-open");
    Object.assign(pen, { fillStyle: open ? this.halo : lit, strokeStyle: open ? color : this.halo, lineWidth: open ? 2.5 : 1.2 });
    pen.fill();
    pen.stroke();
  }
}
