// @ts-check
// A lens in a corner of a landscape: where several runs end in one blob, the neighbourhood of the minimum, magnified.

/** @import { Brush, Canvas } from "./brush.js" */
/** @import { Pen } from "./dom.js" */
/** @import { Legend, Point } from "./plotly.d.ts" */
/** @import { Axes } from "./plotly_private.js" */
/** @import { Theme } from "./theme.js" */
/** @typedef {{ x: number, y: number }} Spot */

const BLOB = 24; // pixels: runs that are so near to a minimum cannot be told apart there
const SHARE = 0.36; // of the shorter side of the picture: the lens' diameter
const SMALLEST = 84; // pixels: a smaller lens shows nothing
const ROOM = 1.35; // so much more than the farthest run is seen
const LEAST = 5; // times: it magnifies more, or is not there
const MOST = 20000; // times: pixels in single precision allow no more
const TAIL = 60; // so many of its last points of each path are seen

// The largest of 1, 2, 5, 10, 20, … that is not above v: a lens that breathes with every step tells nothing.
/** @param {number} v */
function round(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return power * ([5, 2].find(digit => digit * power <= v * (1 + 1e-9)) ?? 1);
}

// Which minimum the runs are at, `{ x, y, zoom, heads }` in pixels; null where fewer than two are too near to be told apart.
/**
 * @template {Spot} Head
 * @param {Point[]} goals
 * @param {Head[]} heads
 * @param {number} diameter
 */
export function blob(goals, heads, diameter) {
  /** @type {(Spot & { zoom: number, heads: Head[] }) | null} */
  let found = null;
  for (const [x, y] of goals) {
    const near = heads.filter(head => Math.hypot(head.x - x, head.y - y) < BLOB);
    if (near.length < 2 || near.length <= (found?.heads.length ?? 0)) continue;
    const reach = Math.max(...near.map(head => Math.hypot(head.x - x, head.y - y)), 1e-9);
    found = { x, y, heads: near, zoom: round(Math.min(diameter / 2 / (ROOM * reach), MOST)) };
  }
  return found && found.zoom >= LEAST ? found : null;
}

/** @type {(axes: Axes, legend: Legend | undefined, radius: number, away: Point[]) => Point} */
const corner = ({ x, y }, legend, radius, away) => {
  /** @type {{ at: Point, free: number }[]} */
  const places = [];
  for (const right of [false, true])
    for (const top of [false, true]) {
      if (legend && right === (legend.xanchor === "right") && top === (legend.yanchor === "top")) continue;
      /** @type {Point} */
      const at = [right ? x.offset + x.length - radius - 6 : x.offset + radius + 6, top ? y.offset + radius + 6 : y.offset + y.length - radius - 6];
      places.push({ at, free: Math.min(...away.map(([px, py]) => Math.hypot(px - at[0], py - at[1]))) });
    }
  return places.reduce((best, each) => (each.free > best.free ? each : best)).at;
};

// Paint it over a panel's brushes; returns where it is and how many times it magnifies, or null.
/** @type {(canvas: Canvas, seen: { brushes: Brush[], goals: Point[], legend: Legend | undefined, step: number, theme: Theme }) => { at: Point, zoom: number } | null} */
export function paintLens(canvas, { brushes, goals, legend, step, theme }) {
  const runners = brushes.filter(({ looks }) => looks.meta?.runner);
  if (!runners.length || !goals.length) return null;
  const { axes } = runners[0];
  const diameter = SHARE * Math.min(axes.x.length, axes.y.length);
  const heads = runners.map(brush => ({ brush, ...brush.place(step) })).filter(({ x, y }) => Number.isFinite(x + y));
  const seen = diameter >= SMALLEST && blob(goals, heads, diameter);
  if (!seen) return null;
  const [radius, { x, y, zoom }] = [diameter / 2, seen];
  const start = brushes.filter(({ looks }) => looks.meta?.grip && !looks.meta.cased).map(brush => brush.place(step));
  const [cx, cy] = corner(axes, legend, radius, [...goals, ...start.map(({ x, y }) => /** @type {Point} */ ([x, y]))]);
  /** @type {(px: number, py: number) => Point} */
  const map = (px, py) => [cx + (px - x) * zoom, cy + (py - y) * zoom];
  canvas.within(axes, 0, pen => {
    // where it looks
    Object.assign(pen, { strokeStyle: theme.text, lineWidth: 1.2, globalAlpha: 0.75 });
    pen.setLineDash([]);
    const ring = Math.max(radius / zoom, 8);
    pen.beginPath();
    pen.arc(x, y, ring, 0, 2 * Math.PI);
    const far = Math.hypot(cx - x, cy - y);
    const [u, v] = [(cx - x) / far, (cy - y) / far];
    pen.moveTo(x + u * ring, y + v * ring);
    pen.lineTo(cx - u * radius, cy - v * radius);
    pen.stroke();
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(cx, cy, radius, 0, 2 * Math.PI);
    pen.fillStyle = theme.background;
    pen.fill();
    pen.lineWidth = 2;
    pen.stroke();
    pen.clip();
    Object.assign(pen, { lineWidth: 1, globalAlpha: 0.25 });
    for (const [du, dv] of [[1, 0], [0, 1]]) {
      pen.beginPath();
      pen.moveTo(cx - du * radius, cy - dv * radius);
      pen.lineTo(cx + du * radius, cy + dv * radius);
      pen.stroke();
    }
    for (const brush of brushes) if (brush.looks.meta?.cased) trail(pen, brush, map);
    star(pen, cx, cy, theme.text);
    for (const { brush, x: px, y: py } of heads) brush.symbol(pen, ...map(px, py));
    Object.assign(pen, { font: `600 ${Math.round(13 * theme.scale)}px ${theme.font}`, textAlign: "center", textBaseline: "alphabetic", fillStyle: theme.text, strokeStyle: theme.background, lineWidth: 4, globalAlpha: 1 });
    pen.strokeText(`× ${zoom}`, cx, cy + radius - 8);
    pen.fillText(`× ${zoom}`, cx, cy + radius - 8);
  });
  return { at: [cx, cy], zoom };
}

/** @type {(pen: Pen, brush: Brush, map: (px: number, py: number) => Point) => void} */
function trail(pen, { points, drawn, looks }, map) {
  Object.assign(pen, { strokeStyle: looks.line.color, lineWidth: 2, lineJoin: "round", globalAlpha: 0.9 });
  pen.beginPath();
  for (let r = Math.max(0, drawn - TAIL); r <= drawn; r++) if (Number.isFinite(points[2 * r] + points[2 * r + 1])) pen.lineTo(...map(points[2 * r], points[2 * r + 1]));
  pen.stroke();
}

/** @param {Pen} pen @param {number} x @param {number} y @param {string} color */
function star(pen, x, y, color) {
  Object.assign(pen, { strokeStyle: color, lineWidth: 1.5, globalAlpha: 1 });
  pen.beginPath();
  for (let i = 0; i < 10; i++) {
    const [angle, radius] = [-Math.PI / 2 + (i * Math.PI) / 5, i % 2 ? 4 : 9];
    pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  pen.closePath();
  pen.stroke();
}
