// @ts-check
// Pixels: lines, markers, labels, bars, grids and level lines, painted from the arrays.

import { penOf } from "./dom.js";
import { folded, rgb, luminance } from "./theme.js";

/** @import { Pen } from "./dom.js" */
/** @import { Source } from "./numbers.js" */
/** @import { Axes, ScreenAxis } from "./plotly_private.js" */
/** @import { ColorScale, Font, Looks, Numbers, PerRow, Point } from "./plotly.d.ts" */
/** @typedef {ReturnType<Brush["label"]>} Label */
/** @typedef {Pick<Looks, "textfont"> & { text: PerRow<string>, textposition?: PerRow<string>, marker?: { size: PerRow<number> } }} Lettering */

const FAR = 2e4; // pixels: a diverged point is drawn in its direction, not at its distance
const SHORTEST_HEAD = 6; // pixels: so much of an arrow is seen, however short it is
const LEAST_ASIDE = 60; // pixels: a narrower margin is none for names
const SHORT = 10; // pixels: a shorter arrow has no name
/** @param {{ type?: string }} axis */
export const isLog = axis => axis.type === "log";

/** @type {(n: number, turn: number, inner?: number) => Point[]} */
const polygon = (n, turn, inner = 1) =>
  Array.from({ length: inner === 1 ? n : 2 * n }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / (inner === 1 ? n : 2 * n);
    const radius = inner !== 1 && i % 2 ? inner : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const UP = -Math.PI / 2;
/** @type {(t: number) => Point[]} */
const bars = t => [[-t, -1], [t, -1], [t, -t], [1, -t], [1, t], [t, t], [t, 1], [-t, 1], [-t, t], [-1, t], [-1, -t], [-t, -t]];
/** @type {(points: Point[]) => Point[]} */
const turned = points => points.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);
/**
 * A shape in four parts: between them the paper is seen.
 * @type {(corner: (angle: number) => Point, cuts: number) => Point[]}
 */
const quarters = (corner, cuts) =>
  Array.from({ length: 4 }, (_, q) => {
    const [from, to] = [cuts + (q * Math.PI) / 2, cuts + ((q + 1) * Math.PI) / 2];
    /** @type {Point} */
    const middle = [0.2 * Math.cos((from + to) / 2), 0.2 * Math.sin((from + to) / 2)];
    return [middle, ...[0.15, 0.38, 0.5, 0.62, 0.85].map(part => corner(from + part * (to - from))), middle];
  }).flat();
/** @type {(angle: number) => Point} */
const round = angle => [Math.cos(angle), Math.sin(angle)];
/** @type {(power: number, size: number) => (angle: number) => Point} */
const edged = (power, size) => angle => {
  const [x, y] = round(angle);
  const length = power === 1 ? Math.abs(x) + Math.abs(y) : Math.max(Math.abs(x), Math.abs(y));
  return [(size * x) / length, (size * y) / length];
};
/**
 * A shape with a hole, which is gone around the other way.
 * @type {(points: Point[]) => Point[]}
 */
const pierced = points => {
  /** @type {Point[]} */
  const hole = polygon(12, 0).map(([x, y]) => [0.35 * x, -0.35 * y]);
  return [...points, points[0], ...hole, hole[0]];
};
/** @type {Record<string, Point[]>} */
const SYMBOLS = {
  circle: polygon(24, 0),
  square: polygon(4, Math.PI / 4).map(([x, y]) => [1.25 * x, 1.25 * y]),
  diamond: polygon(4, 0).map(([x, y]) => [1.3 * x, 1.3 * y]),
  cross: bars(0.4),
  x: turned(bars(0.4)),
  "triangle-up": polygon(3, UP).map(([x, y]) => [1.25 * x, 1.25 * y]),
  "triangle-down": polygon(3, -UP).map(([x, y]) => [1.25 * x, 1.25 * y]),
  "triangle-left": polygon(3, Math.PI).map(([x, y]) => [1.25 * x, 1.25 * y]),
  "triangle-right": polygon(3, 0).map(([x, y]) => [1.25 * x, 1.25 * y]),
  pentagon: polygon(5, UP),
  hexagon: polygon(6, 0),
  octagon: polygon(8, Math.PI / 8),
  star: polygon(5, UP, 0.45).map(([x, y]) => [1.4 * x, 1.4 * y]),
  hexagram: polygon(6, UP, 0.577).map(([x, y]) => [1.35 * x, 1.35 * y]),
  "star-diamond": polygon(4, UP, 0.4).map(([x, y]) => [1.5 * x, 1.5 * y]),
  "triangle-ne": [[-1.2, -0.6], [0.6, -0.6], [0.6, 1.2]],
  "triangle-nw": [[1.2, -0.6], [-0.6, -0.6], [-0.6, 1.2]],
  "triangle-se": [[-1.2, 0.6], [0.6, 0.6], [0.6, -1.2]],
  "triangle-sw": [[1.2, 0.6], [-0.6, 0.6], [-0.6, -1.2]],
  "circle-cross": quarters(round, 0),
  "circle-x": quarters(round, Math.PI / 4),
  "square-cross": quarters(edged(2, 0.9), 0),
  "square-x": quarters(edged(2, 0.9), Math.PI / 4),
  "diamond-cross": quarters(edged(1, 1.3), 0),
  "diamond-x": quarters(edged(1, 1.3), Math.PI / 4),
  "star-square": polygon(4, Math.PI / 4, 0.5).map(([x, y]) => [1.5 * x, 1.5 * y]),
  "star-triangle-up": polygon(3, UP, 0.3).map(([x, y]) => [1.5 * x, 1.5 * y]),
  "star-triangle-down": polygon(3, -UP, 0.3).map(([x, y]) => [1.5 * x, 1.5 * y]),
  "diamond-wide": [[-1.4, 0], [0, -0.7], [1.4, 0], [0, 0.7]],
  hexagon2: polygon(6, UP),
  "diamond-tall": [[0, -1.4], [0.7, 0], [0, 1.4], [-0.7, 0]],
  hourglass: [[1, 1], [-1, 1], [1, -1], [-1, -1]],
  bowtie: [[-1.1, -0.9], [0, -0.2], [1.1, -0.9], [1.1, 0.9], [0, 0.2], [-1.1, 0.9]],
  "circle-dot": pierced(polygon(24, 0)),
  "square-dot": pierced(polygon(4, Math.PI / 4).map(([x, y]) => [1.25 * x, 1.25 * y])),
  "triangle-up-dot": pierced(polygon(3, UP).map(([x, y]) => [1.25 * x, 1.25 * y])),
  "diamond-dot": pierced(polygon(4, 0).map(([x, y]) => [1.3 * x, 1.3 * y])),
  "pentagon-dot": pierced(polygon(5, UP)),
  "hexagon-dot": pierced(polygon(6, 0)),
  "triangle-down-dot": pierced(polygon(3, -UP).map(([x, y]) => [1.25 * x, 1.25 * y])),
  "star-dot": pierced(polygon(5, UP, 0.45).map(([x, y]) => [1.4 * x, 1.4 * y])),
  arrow: [[0, 0], [0.8, 2], [-0.8, 2]],
};

/** @type {(name: string | undefined, width: number) => number[]} */
export function dashes(name, width) {
  const d = Math.max(width, 3);
  /** @type {Record<string, number[]>} */
  const known = { solid: [], dot: [d, d], dash: [3 * d, 3 * d], longdash: [5 * d, 5 * d] };
  known.dashdot = [3 * d, d, d, d];
  known.longdashdot = [5 * d, 2 * d, d, 2 * d];
  return known[name ?? ""] ?? String(name ?? "").split(/[\s,]+/).map(parseFloat).filter(Number.isFinite);
}

// The straight map from an axis' range to pixels of the panel; logarithms are taken by `unit`.
/** @param {ScreenAxis} axis */
export function scale(axis) {
  const [low, high] = axis.range.map(Number);
  const factor = ((axis.vertical ? -1 : 1) * axis.length) / (high - low);
  const offset = axis.offset + (axis.vertical ? axis.length : 0) - low * factor;
  const unit = isLog(axis) ? Math.log10 : (/** @type {number} */ v) => v;
  const to = (/** @type {number} */ v) => offset + factor * unit(v);
  return { to, id: `${low},${high},${axis.offset},${axis.length},${axis.type}` };
}

export class Canvas {
  blank = false;

  /** @param {string} name */
  constructor(name) {
    this.node = document.createElement("canvas");
    this.node.className = `optviz-${name}`;
    this.node.setAttribute("aria-hidden", "true");
    this.pen = penOf(this.node);
  }
  /** @param {number} width @param {number} height @param {number} ratio */
  fit(width, height, ratio) {
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.node.width === size[0] && this.node.height === size[1]) return;
    [this.node.width, this.node.height] = size;
    this.blank = true;
    this.node.style.width = `${width}px`;
    this.node.style.height = `${height}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  // As it is printed, Chromium repeats what was drawn since the event: a clearing would lie on the figure as a white
  // sheet, and a canvas that begins anew has none.
  renew() {
    this.node.width = 0;
  }
  clear() {
    if (!this.blank) this.pen.clearRect(0, 0, this.node.width, this.node.height);
    this.blank = false;
  }
  /** @type {(axes: Pick<Axes, "x" | "y">, bleed: number, draw: (pen: Pen) => void, aside?: number) => void} */
  within({ x, y }, bleed, draw, aside = 0) {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(x.offset - bleed, y.offset - bleed, x.length + 2 * bleed + aside, y.length + 2 * bleed);
    this.pen.clip();
    draw(this.pen);
    this.pen.restore();
  }
}

// What a trace says of its row r: one value for all, or one a row.
/**
 * @template {string | number | undefined} T
 * @param {PerRow<T>} value
 * @param {number} r
 * @returns {T}
 */
const of = (value, r) => /** @type {any} */ (Array.isArray(value) || ArrayBuffer.isView(value) ? /** @type {any} */ (value)[r] : value);

const ALIGNS = /** @type {const} */ (["right", "center", "left"]);
/** @type {Record<string, number>} */
const BESIDE = { left: -1, right: 1, top: -1, bottom: 1 };
const BASELINES = /** @type {const} */ (["bottom", "middle", "top"]);

// Draws one track. `looks` is Plotly's full trace, so that defaults are Plotly's; `axes` its two axes.
export class Brush {
  points = new Float32Array(0);
  mapped = 0;
  drawn = -1; // last row on the canvas
  shift = 0; // where its label stands, in lines above or below its marker
  along = 0; // length of the line drawn so far: where its dashes stand

  // With a `lettering` the line has its name at its end.
  /** @param {Source} source @param {Looks} looks @param {Axes} axes @param {string} halo @param {Font} [lettering] */
  constructor(source, looks, axes, halo, lettering) {
    this.source = source;
    this.looks = looks;
    this.axes = axes;
    this.halo = halo;
    this.lettering = lettering;
    this.sx = scale(axes.x);
    this.sy = scale(axes.y);
    /** @type {{ picture: OffscreenCanvas, pixels: ImageData, table: Uint32Array } | undefined} */
    this.image = undefined; // of a grid
  }

  // Pixels of all rows, mapped once.
  /** @param {number} upTo */
  #map(upTo) {
    const rows = this.source.rows;
    if (this.points.length < 2 * rows) {
      const grown = new Float32Array(4 * rows);
      grown.set(this.points.subarray(0, 2 * this.mapped));
      this.points = grown;
    }
    const [xs, ys, p] = [this.source.column("x"), this.source.column("y"), this.points];
    for (; this.mapped <= upTo; this.mapped++) {
      let [x, y] = [this.sx.to(xs[this.mapped]), this.sy.to(ys[this.mapped])];
      const far = Math.max(Math.abs(x), Math.abs(y)) / FAR;
      if (far > 1) [x, y] = [x / far, y / far];
      p[2 * this.mapped] = x;
      p[2 * this.mapped + 1] = y;
    }
  }

  /** @param {Canvas} canvas @param {number} step @param {Canvas} casing */
  grow(canvas, step, casing) {
    const last = this.source.rowAt(step);
    if (last <= this.drawn) return;
    this.paint(canvas, last, casing);
    this.drawn = last;
  }
  // What follows the last row that was drawn. A path that is cased lies on a pale band, so that it can be seen on any
  // ground.
  /** @param {Canvas} canvas @param {number} last @param {Canvas} casing */
  paint(canvas, last, casing) {
    this.#map(last);
    if (this.looks.meta?.cased) casing.within(this.axes, 0, pen => this.#band(pen, last));
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      if (this.looks.mode.includes("lines")) this.#extend(pen, last);
      if (this.looks.mode.includes("markers"))
        for (let r = this.drawn + 1; r <= last; r++) this.symbol(pen, this.points[2 * r], this.points[2 * r + 1], r);
      if (this.looks.mode.includes("text")) for (let r = this.drawn + 1; r <= last; r++) this.#write(pen, r);
    });
  }

  /** @param {Pen} pen @param {number} last */
  #band(pen, last) {
    Object.assign(pen, { strokeStyle: this.halo, lineWidth: this.looks.line.width + 3, lineJoin: "round", lineCap: "round", globalAlpha: 0.85 });
    pen.beginPath();
    this.#trace(pen, last);
    pen.stroke();
  }

  /** @param {Pen} pen @param {number} last */
  #extend(pen, last) {
    const { color, width, dash } = this.looks.line;
    const pattern = dashes(dash, width);
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.lineJoin = "round";
    pen.lineCap = pattern.length ? "butt" : "round";
    pen.setLineDash(pattern);
    pen.lineDashOffset = this.along;
    pen.beginPath();
    this.along += this.#trace(pen, last);
    pen.stroke();
  }

  // The way from the last row that was drawn; returns its length.
  /** @param {Pen} pen @param {number} last */
  #trace(pen, last) {
    const { shape } = this.looks.line;
    const p = this.points;
    const from = Math.max(this.drawn, 0);
    let length = 0;
    pen.moveTo(p[2 * from], p[2 * from + 1]);
    for (let r = from + 1; r <= last; r++) {
      const [x0, y0, x, y] = p.subarray(2 * r - 2, 2 * r + 2);
      if (!Number.isFinite(x + y)) continue; // a missing row leaves a gap
      if (!Number.isFinite(x0 + y0)) {
        pen.moveTo(x, y);
        continue;
      }
      if (shape === "hv") pen.lineTo(x, y0);
      pen.lineTo(x, y);
      length += shape === "hv" ? Math.abs(x - x0) + Math.abs(y - y0) : Math.hypot(x - x0, y - y0);
    }
    return length;
  }

  /** @param {Pen} pen @param {number} x @param {number} y */
  symbol(pen, x, y, r = 0) {
    if (!Number.isFinite(x + y)) return;
    const { symbol, color, line } = this.looks.marker;
    const [full, opacity] = [of(this.looks.marker.size, r), of(this.looks.marker.opacity, r)];
    const { size, cos, sin } = this.#turned(full, r);
    if (!(size > 0)) return;
    pen.globalAlpha = (this.looks.opacity ?? 1) * (opacity ?? 1);
    const name = String(symbol ?? "circle");
    const open = name.endsWith("-open");
    pen.setLineDash([]);
    pen.beginPath();
    for (const [u, v] of SYMBOLS[name.replace("-open", "")] ?? SYMBOLS.circle) pen.lineTo(x + ((u * cos - v * sin) * size) / 2, y + ((u * sin + v * cos) * size) / 2);
    pen.closePath();
    pen.fillStyle = color;
    if (!open) pen.fill();
    pen.lineWidth = line?.width || (open ? 2 : 0);
    pen.strokeStyle = open ? color : (line?.color ?? color);
    if (pen.lineWidth && (open || line?.width)) pen.stroke();
  }

  // Where a marker points: as Plotly's angle and angleref say. A head is no longer than its arrow, but can be seen.
  /** @param {number} size @param {number} r */
  #turned(size, r) {
    const { angle, angleref } = this.looks.marker;
    let turn = ((of(angle, r) ?? 0) * Math.PI) / 180;
    if (angleref === "previous" && r > 0) {
      const [dx, dy] = this.#reach(r);
      turn += Math.atan2(dy, dx) - UP;
      size = dx || dy ? Math.min(size, Math.max(Math.hypot(dx, dy), SHORTEST_HEAD)) : 0;
    }
    return { size, cos: Math.cos(turn), sin: Math.sin(turn) };
  }
  // From point r - 1 to point r, in pixels.
  /** @param {number} r */
  #reach(r) {
    const p = this.points;
    return [p[2 * r] - p[2 * r - 2], p[2 * r + 1] - p[2 * r - 1]];
  }

  // The text of row r, where Plotly's textposition says.
  /** @param {Pen} pen @param {number} r */
  #write(pen, r) {
    const [x, y] = [this.points[2 * r], this.points[2 * r + 1]];
    if (!Number.isFinite(x + y)) return;
    const { text, textfont, textposition, marker, mode } = this.looks;
    const [vertical, horizontal] = String(of(textposition, r) ?? "middle center").split(" ");
    const gap = 2 + (mode.includes("markers") ? of(marker.size, r) / 2 : 0);
    const [across, down] = [BESIDE[horizontal] ?? 0, BESIDE[vertical] ?? 0];
    /** @type {[string, number, number]} */
    const place = [String(of(text, r) ?? ""), x + gap * across, y + gap * down];
    pen.font = `${textfont.size}px ${textfont.family}`;
    pen.textAlign = ALIGNS[across + 1];
    pen.textBaseline = BASELINES[down + 1];
    pen.setLineDash([]);
    pen.globalAlpha = this.looks.opacity ?? 1;
    Object.assign(pen, { strokeStyle: this.halo, lineWidth: 4, lineJoin: "round", fillStyle: textfont.color });
    pen.strokeText(...place);
    pen.fillText(...place);
  }

  // Row k: bars, or a marker. Returns the marker's label, which is placed when all markers stand.
  /** @type {(canvas: Canvas, step: number) => Label | null} */
  at(canvas, step) {
    let r = this.source.rowAt(step);
    if (r < 0) return null;
    if (this.looks.type === "bar") {
      this.#bars(canvas, r);
      return null;
    }
    if (this.source.isWholeRow("y")) return this.#curve(canvas, r);
    const { x, y, r: row } = this.place(step);
    r = row;
    canvas.within(this.axes, 9, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      if (this.looks.mode.includes("markers")) this.symbol(pen, x, y, r);
    });
    return this.looks.mode.includes("text") && Number.isFinite(x + y) ? this.label(canvas.pen, x, y, r) : null;
  }

  // Where a marker stands, in pixels: a diverged run stays where it ended.
  /** @param {number} step */
  place(step) {
    let r = this.source.rowAt(step);
    if (r < 0) return { x: NaN, y: NaN, r };
    this.#map(Math.min(r + 1, this.source.rows - 1));
    while (r > 0 && !Number.isFinite(this.points[2 * r] + this.points[2 * r + 1])) r--;
    const [x, y] = this.#onTheWay(r, this.source.stride === 1 ? step - Math.floor(step) : 0);
    return { x, y, r };
  }

  // Between row r and the next, in slow motion.
  /** @param {number} r @param {number} share */
  #onTheWay(r, share) {
    const [x, y, nextX, nextY] = this.points.subarray(2 * r, 2 * r + 4);
    const moves = share > 0 && r + 1 < this.source.rows && Number.isFinite(nextX + nextY);
    return moves ? [x + share * (nextX - x), y + share * (nextY - y)] : [x, y];
  }

  // The name of a line, at its last point that is seen.
  /** @param {Canvas} canvas @param {Font} lettering */
  name(canvas, lettering) {
    const { x: across, y: down } = this.axes;
    const p = this.points;
    const inside = (/** @type {number} */ r) =>
      p[2 * r] >= across.offset && p[2 * r] <= across.offset + across.length + 1 && p[2 * r + 1] >= down.offset - 1 && p[2 * r + 1] <= down.offset + down.length + 1;
    let r = this.source.track.mode === "grow" ? this.drawn : p.length / 2 - 1;
    while (r >= 0 && !inside(r)) r--;
    if (r < 0) return null;
    const { name, line } = this.looks;
    return this.label(canvas.pen, p[2 * r], p[2 * r + 1], r, { text: name, textfont: { ...lettering, color: line.color }, marker: { size: line.width } });
  }

  /** @param {Pen} pen @param {number} x @param {number} y @param {number} r @param {Lettering} [lettering] */
  label(pen, x, y, r, { text, textfont, textposition = "", marker } = this.looks) {
    const gap = (marker ? (of(marker.size, r) ?? 0) : 0) / 2 + 4;
    const font = `${textfont.size}px ${textfont.family}`;
    const words = String(Array.isArray(text) && text.length === 1 ? text[0] : (of(text, r) ?? ""));
    pen.font = font;
    const measure = (/** @type {string} */ text) => pen.measureText(text).width;
    const { aside } = this.axes; // names may stand in the margin
    const parts = this.lettering && aside > LEAST_ASIDE && measure(words) > aside ? folded(words) : [words];
    const width = Math.max(...parts.map(measure));
    const { offset: left, length } = this.axes.x;
    const end = left + length + aside;
    const [fitsLeft, fitsRight] = [x - gap - width >= left, x + gap + width <= end];
    const toLeft = String(textposition).includes("left") ? fitsLeft || !fitsRight : fitsLeft && !fitsRight;
    const at = Math.max(left, Math.min(toLeft ? x - gap - width : x + gap, end - width));
    const line = 1.15 * textfont.size;
    const height = line * parts.length;
    /** @type {Brush} */
    const brush = this;
    return { brush, parts, line, font, color: textfont.color, halo: this.halo, axes: this.axes, x, y, left: at, width, height, at: y };
  }

  // A whole row as a line or a cloud of markers.
  /** @param {Canvas} canvas @param {number} r */
  #curve(canvas, r) {
    const ys = this.source.wholeRow("y", r);
    const xs = this.source.isWholeRow("x") ? this.source.wholeRow("x", r) : this.looks.x;
    this.points = new Float32Array(2 * ys.length);
    ys.forEach((y, i) => this.points.set([this.sx.to(xs[i]), this.sy.to(y)], 2 * i));
    this.along = 0;
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      if (this.looks.fill === "toself") this.#fill(pen, ys.length);
      if (this.looks.mode.includes("lines")) this.#extend(pen, ys.length - 1);
      if (this.looks.mode.includes("markers")) ys.forEach((_, i) => this.symbol(pen, this.points[2 * i], this.points[2 * i + 1], i));
    });
    return this.#named(canvas.pen, ys.length - 1);
  }

  // The name of an arrow stands at its tip, unless it is too short to be told apart.
  /** @param {Pen} pen @param {number} r */
  #named(pen, r) {
    const [x, y] = [this.points[2 * r], this.points[2 * r + 1]];
    if (this.looks.marker?.angleref !== "previous" || !this.looks.mode.includes("text") || !(Math.hypot(...this.#reach(r)) > SHORT)) return null;
    return this.label(pen, x, y, r);
  }

  // Closed outlines with gaps between them, each by itself: filled together, two that turn opposite ways cut a hole.
  /** @param {Pen} pen @param {number} n */
  #fill(pen, n) {
    const p = this.points;
    pen.fillStyle = this.looks.fillcolor;
    pen.beginPath();
    for (let r = 0; r < n; r++) {
      const [x, y] = [p[2 * r], p[2 * r + 1]];
      if (Number.isFinite(x + y)) pen.lineTo(x, y);
      else {
        pen.fill();
        pen.beginPath();
      }
    }
    pen.fill();
  }

  /** @param {Canvas} canvas @param {number} r */
  #bars(canvas, r) {
    const heights = this.source.isWholeRow("y") ? this.source.wholeRow("y", r) : this.source.column("y").subarray(r, r + 1);
    const centers = this.source.isWholeRow("x") ? this.source.wholeRow("x", r) : this.looks.x;
    const width = this.looks.width ?? (centers.length > 1 ? 0.9 * Math.abs(centers[1] - centers[0]) : 0.9);
    const floor = isLog(this.axes.y) ? this.axes.y.offset + this.axes.y.length : this.sy.to(0);
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      pen.fillStyle = this.looks.marker.color;
      heights.forEach((height, i) => {
        const left = this.sx.to(centers[i] - width / 2);
        const top = this.sy.to(height);
        if (Number.isFinite(top)) pen.fillRect(left, Math.min(top, floor), this.sx.to(centers[i] + width / 2) - left, Math.abs(floor - top));
      });
    });
  }

  // A grid as an image of one pixel a cell, stretched by the canvas.
  /** @param {Canvas} canvas @param {number} step */
  grid(canvas, step) {
    const r = this.source.rowAt(step);
    if (r < 0) return;
    const { values, height, width } = this.source.grid(r);
    const [x, y] = [centersOf(this.looks.x, width), centersOf(this.looks.y, height)];
    if (this.looks.type === "contour") return this.#levels(canvas, values, x, y);
    const { picture, table } = this.#colored(values, width, height);
    const [left, right] = [this.sx.to(x[0] - (x[1] - x[0]) / 2), this.sx.to(x[width - 1] + (x[1] - x[0]) / 2)];
    const [low, high] = [this.sy.to(y[0] - (y[1] - y[0]) / 2), this.sy.to(y[height - 1] + (y[1] - y[0]) / 2)];
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      pen.imageSmoothingEnabled = this.looks.zsmooth !== false;
      pen.imageSmoothingQuality = "high";
      pen.translate(left, low); // row 0 is the lowest
      pen.scale((right - left) / width, (high - low) / height);
      pen.drawImage(picture, 0, 0);
    });
    if (this.looks.texttemplate) this.#counts(canvas, values, x, y, table);
  }

  // The number of each cell that is not 0, dark or bright as its color asks for.
  /** @param {Canvas} canvas @param {Float32Array | Uint8Array} values @param {Numbers} x @param {Numbers} y @param {Uint32Array} table */
  #counts(canvas, values, x, y, table) {
    const { zmin, zmax, textfont } = this.looks;
    const cell = Math.min(Math.abs(this.sx.to(x[1]) - this.sx.to(x[0])), Math.abs(this.sy.to(y[1]) - this.sy.to(y[0])));
    canvas.within(this.axes, 0, pen => {
      Object.assign(pen, { font: `${Math.min(textfont.size, 0.55 * cell)}px ${textfont.family}`, textAlign: "center", textBaseline: "middle" });
      values.forEach((value, i) => {
        if (!value || !Number.isFinite(value)) return;
        const pixel = table[Math.max(0, Math.min(255, Math.round((255 * (value - zmin)) / (zmax - zmin))))];
        const color = `rgb(${pixel & 255},${(pixel >> 8) & 255},${(pixel >> 16) & 255})`;
        pen.fillStyle = luminance(color) > 0.25 ? "#000" : "#fff";
        pen.fillText(String(value), this.sx.to(x[i % x.length]), this.sy.to(y[Math.floor(i / x.length)]));
      });
    });
  }

  /** @param {Numbers} values @param {number} width @param {number} height */
  #colored(values, width, height) {
    if (this.image?.picture.width !== width || this.image.picture.height !== height)
      this.image = { picture: new OffscreenCanvas(width, height), pixels: new ImageData(width, height), table: ramp(this.looks.colorscale) };
    const { picture, pixels, table } = this.image;
    const { zmin, zmax } = this.looks;
    const factor = 255 / (zmax - zmin);
    const out = new Uint32Array(pixels.data.buffer);
    for (let i = 0; i < values.length; i++) out[i] = table[Math.max(0, Math.min(255, Math.round((values[i] - zmin) * factor)))];
    /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d")).putImageData(pixels, 0, 0);
    return this.image;
  }

  /** @param {Canvas} canvas @param {Numbers} values @param {Numbers} x @param {Numbers} y */
  #levels(canvas, values, x, y) {
    const { start, end, size } = this.looks.contours;
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      pen.strokeStyle = this.looks.line.color;
      pen.lineWidth = this.looks.line.width ?? 2;
      const pattern = dashes(this.looks.line.dash, pen.lineWidth);
      pen.lineCap = pattern.length ? "butt" : "round";
      pen.setLineDash(pattern);
      pen.beginPath();
      for (let level = start; level <= end; level += size > 0 ? size : Infinity)
        levelLine(values, x.length, y.length, level, (c, r) => [this.sx.to(between(x, c)), this.sy.to(between(y, r))], pen);
      pen.stroke();
    });
  }
}

const BLEED = 9; // pixels by which a label may pass the edge of its plot

// Labels give way to those before them, up or down, and a thin line leads back to the marker.
/** @param {Canvas} canvas @param {Label[]} labels */
export function placeLabels(canvas, labels) {
  /** @type {Label[]} */
  const placed = [];
  for (const label of labels) {
    const { offset: top, length: height } = label.axes.y;
    const over = label.height / 2 - BLEED; // nothing of it is cut
    const free = (/** @type {number} */ y) => y - over >= top && y + over <= top + height && placed.every(p => label.left > p.left + p.width || p.left > label.left + label.width || Math.abs(p.at - y) >= (p.height + label.height) / 2);
    const lines = labels.reduce((n, { parts }) => n + parts.length, 0);
    const shifts = [0, label.brush.shift, ...Array.from({ length: lines }, (_, i) => [-(i + 1), i + 1]).flat()]; // rather where it was: no jumping
    label.brush.shift = shifts.find(n => free(label.y + n * label.line)) ?? 0;
    label.at = label.y + label.line * label.brush.shift;
    placed.push(label);
    canvas.within(label.axes, BLEED, pen => {
      Object.assign(pen, { font: label.font, textBaseline: "middle", lineJoin: "round" });
      pen.setLineDash([]);
      if (label.at !== label.y) {
        Object.assign(pen, { strokeStyle: label.color, lineWidth: 1 });
        pen.beginPath();
        pen.moveTo(label.x, label.y);
        pen.lineTo(label.left < label.x ? label.left + label.width : label.left, label.at);
        pen.stroke();
      }
      Object.assign(pen, { strokeStyle: label.halo, lineWidth: 4, fillStyle: label.color }); // readable on any picture
      label.parts.forEach((part, i) => {
        const at = label.at + (i - (label.parts.length - 1) / 2) * label.line;
        pen.strokeText(part, label.left, at);
        pen.fillText(part, label.left, at);
      });
    }, label.axes.aside);
  }
}

/** @type {(given: Numbers | undefined, n: number) => Numbers} */
const centersOf = (given, n) => (given?.length === n ? given : Float32Array.from({ length: n }, (_, i) => i));
/** @param {Numbers} centers @param {number} at */
const between = (centers, at) => {
  const i = Math.min(Math.floor(at), centers.length - 2);
  return centers[i] + (at - i) * (centers[i + 1] - centers[i]);
};

// 256 packed pixels along a color scale.
/** @param {ColorScale} colorscale */
function ramp(colorscale) {
  const stops = colorscale.map(([at, color]) => /** @type {const} */ ([Number(at), rgb(color)]));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const t = i / 255;
    const next = Math.max(1, stops.findIndex(([at]) => at >= t));
    const [[t0, low], [t1, high]] = [stops[next - 1], stops[next]];
    const f = t1 > t0 ? Math.min(1, Math.max(0, (t - t0) / (t1 - t0))) : 1;
    const [r, g, b] = low.map((v, c) => Math.round(v + f * (high[c] - v)));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}

// Marching squares: in each cell the level crosses 0, 2 or 4 edges; crossings are joined in pairs.
/** @type {(values: Numbers, width: number, height: number, level: number, pixel: (column: number, row: number) => Point, pen: Pen) => void} */
export function levelLine(values, width, height, level, pixel, pen) {
  const cut = (/** @type {number} */ a, /** @type {number} */ b) => (level - a) / (b - a);
  for (let r = 0; r + 1 < height; r++)
    for (let c = 0; c + 1 < width; c++) {
      const [a, b] = [values[r * width + c], values[r * width + c + 1]];
      const [d, e] = [values[(r + 1) * width + c], values[(r + 1) * width + c + 1]];
      /** @type {Point[]} */
      const crossed = [];
      if (a < level !== b < level) crossed.push([c + cut(a, b), r]);
      if (b < level !== e < level) crossed.push([c + 1, r + cut(b, e)]);
      if (d < level !== e < level) crossed.push([c + cut(d, e), r + 1]);
      if (a < level !== d < level) crossed.push([c, r + cut(a, d)]);
      for (let i = 0; i + 1 < crossed.length; i += 2) {
        pen.moveTo(...pixel(...crossed[i]));
        pen.lineTo(...pixel(...crossed[i + 1]));
      }
    }
}
