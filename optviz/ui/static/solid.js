// A scene in 3-D: WebGL draws the surface, which stands still; paths and balls are painted over it, as fast as in 2-D.

import { Brush, dashes } from "./brush.js";
import { rgb } from "./theme.js";

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

const inside = share => Math.min(Math.max(share, 0), 1);

// The place of the last number in a rising list that is not above v, with the share of the way to the next.
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
function even(x, y, z) {
  const out = new Float32Array(CELLS * CELLS);
  const at = axis => Array.from({ length: CELLS }, (_, i) => between(axis, axis[0] + (i / (CELLS - 1)) * (axis[axis.length - 1] - axis[0])));
  const across = at(x);
  at(y).forEach(([r, v], j) =>
    across.forEach(([c, u], i) => {
      const [below, above] = [z[r], z[r + 1]];
      out[j * CELLS + i] = (1 - v) * ((1 - u) * below[c] + u * below[c + 1]) + v * ((1 - u) * above[c] + u * above[c + 1]);
    }),
  );
  return out;
}

// What is seen of a surface from where the camera stands.
export class Space {
  // `scene` is Plotly's, `surface` its full trace.
  constructor(scene, { x, y, z }) {
    Object.assign(this, { scene, x0: x[0], y0: y[0], width: x[x.length - 1] - x[0], depth: y[y.length - 1] - y[0] });
    this.heights = even(x, y, z);
    this.low = this.heights.reduce((a, b) => Math.min(a, b));
    this.span = this.heights.reduce((a, b) => Math.max(a, b)) - this.low || 1;
  }

  // Everything that a picture depends on: the camera, and where it is shown.
  get view() {
    const { glplot, container } = this.scene;
    const { projection, view, model } = glplot.cameraParams;
    this.box = { left: container.offsetLeft, top: container.offsetTop, width: container.clientWidth, height: container.clientHeight };
    this.matrices = [model, view, projection].map(matrix => [...matrix]);
    this.eye = this.#eye();
    return [...Object.values(this.box), ...this.matrices.flat().map(v => v.toPrecision(6))].join();
  }
  // In the numbers of the axes; the camera's own are those of a box as wide as the aspect ratio says.
  #eye() {
    const { eye } = this.scene.getCamera();
    const { xaxis, yaxis, zaxis, aspectratio } = this.scene.fullSceneLayout;
    const along = (axis, d) => (axis.range[0] + axis.range[1]) / 2 + (eye[d] * (axis.range[1] - axis.range[0])) / aspectratio[d];
    return [along(xaxis, "x"), along(yaxis, "y"), along(zaxis, "z")];
  }

  // Bring a point into the middle, and go along with it from the side that the visitor looks from.
  follow([x, y]) {
    const { xaxis, yaxis, zaxis, aspectratio } = this.scene.fullSceneLayout;
    const { eye, center, up } = this.scene.getCamera();
    const point = this.on(x, y);
    const to = [xaxis, yaxis, zaxis].map(({ range: [low, high] }, i) => ((point[i] - (low + high) / 2) / (high - low)) * aspectratio["xyz"[i]]);
    const now = [center.x, center.y, center.z];
    if (Math.hypot(...to.map((v, i) => v - now[i])) < STILL) return;
    this.scene.camera.lookAt([eye.x, eye.y, eye.z].map((v, i) => v - now[i] + to[i]), to, [up.x, up.y, up.z]);
  }
  // Step nearer to what is followed, or back to a camera.
  approach() {
    const { eye, center, up } = this.scene.getCamera();
    const nearer = d => center[d] + NEARER * (eye[d] - center[d]);
    this.scene.camera.lookAt(["x", "y", "z"].map(nearer), [center.x, center.y, center.z], [up.x, up.y, up.z]);
  }
  look({ eye, center, up = { x: 0, y: 0, z: 1 } }) {
    this.scene.camera.lookAt(...[eye, center, up].map(({ x, y, z }) => [x, y, z]));
  }

  // Pixels of a point, and how near it is to the eye.
  project(point) {
    let v = [...point.map((value, i) => value * this.scene.dataScale[i]), 1];
    for (const m of this.matrices) v = [0, 1, 2, 3].map(i => m[i] * v[0] + m[4 + i] * v[1] + m[8 + i] * v[2] + m[12 + i] * v[3]);
    const { left, top, width, height } = this.box;
    return [left + 0.5 * width * (1 + v[0] / v[3]), top + 0.5 * height * (1 - v[1] / v[3]), 1 / v[3]];
  }

  // The surface's height, at its edge for what lies beyond.
  height(x, y) {
    const [u, v] = [inside((x - this.x0) / this.width) * (CELLS - 1), inside((y - this.y0) / this.depth) * (CELLS - 1)];
    const [c, r] = [Math.min(Math.floor(u), CELLS - 2), Math.min(Math.floor(v), CELLS - 2)];
    const [z, i] = [this.heights, r * CELLS + c];
    const below = z[i] + (u - c) * (z[i + 1] - z[i]);
    const above = z[i + CELLS] + (u - c) * (z[i + CELLS + 1] - z[i + CELLS]);
    return below + (v - r) * (above - below);
  }
  on(x, y) {
    return [x, y, this.height(x, y) + LIFT * this.span];
  }
  // How far a point lies outside of the surface, as a share of its width.
  outside(x, y) {
    const [u, v] = [(x - this.x0) / this.width, (y - this.y0) / this.depth];
    return Math.max(-u, u - 1, -v, v - 1, 0);
  }
  // Whether the surface stands between a point and the eye.
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
function shadesOf(color) {
  const mixed = (other, share) => `rgb(${rgb(color).map(v => Math.round(v + share * (other - v))).join()})`;
  return [[0, mixed(255, 0.75)], [0.35, color], [1, mixed(0, 0.45)]];
}

// Draws one track over a scene: a path that follows the surface, or a ball that rolls along it.
export class SolidBrush extends Brush {
  constructor(source, looks, space, halo) {
    const { left, top, width, height } = space.box;
    const axis = (id, offset, length) => ({ _id: id, _offset: offset, _length: length, range: [0, 1], type: "linear" });
    super(source, looks, { x: axis("x", left, width), y: axis("y", top, height), aside: 0 }, halo);
    this.space = space;
    this.shades = shadesOf(looks.marker.color ?? looks.line.color);
    this.way = []; // [x, y, nearness, veiled] of all pieces so far, null where it is not seen
    this.ends = []; // of each row the place in the way
    this.middle = space.project([space.x0 + space.width / 2, space.y0 + space.depth / 2, space.low + space.span / 2])[2];
  }

  #place(x, y) {
    if (!Number.isFinite(x + y) || this.space.outside(x, y) > BEYOND) return null;
    const point = this.space.on(x, y);
    return [...this.space.project(point), this.space.veiled(point)];
  }
  // The point at a share of the way from row r to the next.
  #at(r, share) {
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    const next = Math.min(r + 1, this.source.rows - 1);
    if (!share || !Number.isFinite(xs[next] + ys[next])) return [xs[r], ys[r]];
    return [xs[r] + share * (xs[next] - xs[r]), ys[r] + share * (ys[next] - ys[r])];
  }
  #lay(last) {
    const { space, ends, way } = this;
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    for (let r = ends.length; r <= last; r++) {
      const long = r ? Math.max(Math.abs(xs[r] - xs[r - 1]) / space.width, Math.abs(ys[r] - ys[r - 1]) / space.depth) : 0;
      const pieces = Number.isFinite(long) ? Math.min(Math.max(Math.ceil(long / FINE), 1), PIECES) : 1;
      for (let i = 1; i <= pieces; i++) way.push(this.#place(...(r ? this.#at(r - 1, i / pieces) : [xs[0], ys[0]])));
      ends.push(way.length);
    }
  }

  grow(canvas, step, casing) {
    const last = this.source.rowAt(step);
    if (last <= this.drawn) return;
    this.#lay(last);
    const from = this.drawn < 0 ? 1 : this.ends[this.drawn];
    for (const veiled of [true, false]) {
      if (!veiled && this.looks.meta?.cased) casing.within(this.axes, 0, pen => this.#stroke(pen, from, this.ends[last], veiled, this.halo, 3, 0.7));
      const before = this.along;
      canvas.within(this.axes, 0, pen => this.#stroke(pen, from, this.ends[last], veiled, this.looks.line.color, 0, (this.looks.opacity ?? 1) * (veiled ? VEILED : 1)));
      if (veiled) this.along = before;
    }
    this.drawn = last;
  }
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
    if (!wider) this.along += length;
  }

  // Where the ball is, as x and y of the surface: a run that left it stays where it was seen last.
  spot(step) {
    const row = Math.max(0, Math.min(step / this.source.stride, this.source.rows - 1));
    let [r, share] = [Math.floor(row), row - Math.floor(row)];
    const [xs, ys] = [this.source.column("x"), this.source.column("y")];
    while (r > 0 && !this.#seen(xs[r], ys[r])) [r, share] = [r - 1, 1];
    const spot = this.#at(r, share);
    return share && !this.#seen(...spot) ? this.#edge(r, share) : spot;
  }

  at(canvas, step) {
    if (!this.source.rows) return null;
    const [x, y] = this.spot(step);
    const place = this.#place(x, y);
    if (!place) return null;
    const size = (BALL * (this.looks.marker?.size ?? 13) * place[2]) / (13 * this.middle);
    canvas.within(this.axes, 9, pen => this.#ball(pen, place, size, this.space.outside(x, y) > 0));
    return this.looks.mode.includes("text") ? this.label(canvas.pen, place[0], place[1], 0, { ...this.looks, marker: { size: 2 * size } }) : null;
  }
  #seen(x, y) {
    return Number.isFinite(x + y) && this.space.outside(x, y) <= BEYOND;
  }
  // The last point of a step that is seen.
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
