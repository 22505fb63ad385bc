// One playhead over several Plotly figures.
//
// Plotly draws what stands still: axes, images, legends, hover labels, zoom. What moves is painted on canvases over
// and under its SVG, only the new segments of each frame, straight from the arrays: measured three times faster than
// Plotly.animate and four times cheaper than growing its SVG paths. Plotly's traces are kept true to the rows shown,
// so that hover, tests and a reader of `gd.data` see the numbers of the run.
//
//   Numbers, Store   the arrays of one run, as they arrive
//   Playhead         time
//   Theme            colors and fonts of the page, as a Plotly template
//   Brush            pixels: lines, markers, bars, grids, level lines
//   Panel            one figure with its tracks
//   Bar              the buttons
//   Player           one mounted component; Session, what outlives it

const SPEEDS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const SHORT_DRAG = 6; // pixels: less is a click
const END_PAUSE = 0.8; // seconds a looping run rests on its last step
const FAR = 2e4; // pixels: a diverged point is drawn in its direction, not at its distance

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const isLog = axis => axis.type === "log";

// ------------------------------------------------------------------------------------------------ messages

// [uint32 length][JSON header][blobs], each part padded to 8 bytes
function unframe(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = padded(4 + length);
  const take = size => {
    const blob = bytes.subarray(at, at + size);
    at += padded(size);
    return blob;
  };
  return { header, take };
}
const padded = size => Math.ceil(size / 8) * 8;

// ------------------------------------------------------------------------------------------------ numbers

// One array, row by row; `row r` belongs to step `r * stride`.
class Numbers {
  constructor({ dtype, shape, stride }) {
    this.Type = dtype === "u1" ? Uint8Array : Float32Array;
    this.shape = shape;
    this.stride = stride;
    this.width = shape.reduce((a, b) => a * b, 1);
    this.rows = 0;
    this.values = new this.Type(0);
    this.columns = new Map();
  }

  put(first, rows, blob) {
    const size = (first + rows) * this.width;
    if (size > this.values.length) {
      const grown = new this.Type(Math.max(size, Math.min(2 * this.values.length, size + 2 ** 20)));
      grown.set(this.values);
      this.values = grown;
      this.columns.clear();
    }
    // copied, because a view on float32 must start at a multiple of four bytes and the message may not
    this.values.set(new this.Type(blob.slice().buffer), first * this.width);
    for (const column of this.columns.values()) column.filled = Math.min(column.filled, first);
    this.rows = Math.max(this.rows, first + rows);
  }

  row(r) {
    return this.values.subarray(r * this.width, (r + 1) * this.width);
  }

  column(c) {
    let column = this.columns.get(c);
    if (!column) {
      column = { filled: 0, values: new this.Type(this.values.length / this.width) };
      this.columns.set(c, column);
    }
    for (; column.filled < this.rows; column.filled++)
      column.values[column.filled] = this.values[column.filled * this.width + c];
    return column.values;
  }
}

class Store {
  constructor(run) {
    this.run = run;
    this.arrays = new Map();
    this.steps = null;
    this.growing = false;
    this.summary = "";
    this.lacking = false; // rows are missing in between
  }

  take({ steps, growing, summary, arrays }, blob) {
    Object.assign(this, { steps, growing, summary, lacking: false });
    for (const described of arrays) {
      const { name, dtype, first, rows } = described;
      const bytes = blob(rows * (dtype === "u1" ? 1 : 4) * described.shape.reduce((a, b) => a * b, 1));
      if (!this.arrays.has(name)) this.arrays.set(name, new Numbers(described));
      const numbers = this.arrays.get(name);
      if (first > numbers.rows) this.lacking = true;
      else if (first + rows > numbers.rows) numbers.put(first, rows, bytes);
    }
  }

  held() {
    return Object.fromEntries([...this.arrays].map(([name, numbers]) => [name, numbers.rows]));
  }

  // More rows will come.
  get awaited() {
    return this.growing || this.lacking;
  }
  // The last step that can be shown, and the last there will be.
  get last() {
    const end = Math.max(0, ...[...this.arrays.values()].map(a => (a.rows - 1) * a.stride));
    return this.steps === null ? end : Math.min(end, this.steps);
  }
  get total() {
    return this.awaited ? Math.max(this.steps ?? 0, this.last) : this.last;
  }
}

const stepNumbers = new Map(); // stride -> 0, stride, 2 stride, …
function stepColumn(stride, rows) {
  let column = stepNumbers.get(stride);
  if (!column || column.length < rows) {
    column = Float32Array.from({ length: Math.max(1024, 2 * rows) }, (_, r) => r * stride);
    stepNumbers.set(stride, column);
  }
  return column;
}

// A track bound to the arrays of the present run.
class Source {
  constructor(track, store) {
    this.track = track;
    this.refs = Object.fromEntries(["x", "y", "z"].filter(d => track[d] != null).map(d => [d, [track[d]].flat()]));
    this.inputs = Object.values(this.refs).filter(([name]) => name !== "step").map(([name]) => store.arrays.get(name));
    this.known = this.inputs.length > 0 && this.inputs.every(Boolean);
    this.store = store;
    if (this.known && !this.refs.z && !this.refs.x && !this.isWholeRow("y")) this.refs.x = ["step"];
    this.stride = this.known ? this.inputs[0].stride : 1;
  }

  get rows() {
    return this.known ? Math.min(...this.inputs.map(numbers => numbers.rows)) : 0;
  }
  rowAt(step) {
    return Math.min(Math.floor(step / this.stride), this.rows - 1);
  }
  column(dimension) {
    const [name, column] = this.refs[dimension];
    return name === "step" ? stepColumn(this.stride, this.rows) : this.store.arrays.get(name).column(column ?? 0);
  }
  numbers(dimension) {
    const { values, rows, width } = this.store.arrays.get(this.refs[dimension][0]);
    return values.subarray(0, rows * width);
  }
  wholeRow(dimension, r) {
    return this.store.arrays.get(this.refs[dimension][0]).row(r);
  }
  isWholeRow(dimension) {
    const [name, column] = this.refs[dimension] ?? [];
    return name !== undefined && name !== "step" && column === undefined && this.store.arrays.get(name).width > 1;
  }
  grid(r) {
    const numbers = this.store.arrays.get(this.refs.z[0]);
    const [height, width] = numbers.shape;
    return { values: numbers.row(r), height, width };
  }

  // What Plotly's trace holds when step k is shown.
  values(step) {
    const r = this.rowAt(step);
    const out = {};
    for (const dimension of Object.keys(this.refs)) {
      if (dimension === "z" && this.isWholeRow("z")) {
        const { values, height, width } = this.grid(r);
        out.z = Array.from({ length: height }, (_, i) => values.subarray(i * width, (i + 1) * width));
      } else if (this.isWholeRow(dimension)) out[dimension] = this.wholeRow(dimension, r);
      else out[dimension] = this.column(dimension).subarray(this.track.mode === "grow" ? 0 : r, r + 1);
    }
    return out;
  }
}

// ------------------------------------------------------------------------------------------------ time

// Position in steps. A whole run at speed 1 takes some seconds, more for more steps, but far from in proportion.
class Playhead {
  position = 0;
  playing = false;
  pinned = false; // shows the newest step without moving (reduced motion)
  rested = 0;
  ended = false; // stopped by itself, at the last step

  restart() {
    this.pinned = reducedMotion();
    this.playing = !this.pinned;
    this.position = 0;
    this.rested = 0;
  }
  arrive(store) {
    if (this.pinned) this.position = store.last;
    else if (store.growing && this.ended) this.playing = true;
    if (this.playing) this.ended = false;
    this.position = Math.min(this.position, store.last);
  }
  seek(step, store) {
    this.playing = this.pinned = this.ended = false;
    this.position = Math.max(0, Math.min(Math.round(step), store.last));
  }
  toggle(store) {
    if (!this.playing && this.position >= store.last && !store.awaited) this.position = 0;
    this.playing = !this.playing;
    this.pinned = false;
    this.rested = 0;
  }
  advance(seconds, speed, loop, store) {
    if (!this.playing) return;
    const steps = Math.max(store.total, store.steps ?? 0, 20);
    const rate = steps / (1.5 * steps ** 0.2);
    const next = this.position + Math.min(seconds, 0.1) * rate * speed;
    this.position = Math.min(next, store.last);
    if (next < store.last || store.awaited) return;
    if (!loop) [this.playing, this.ended] = [false, true];
    else if ((this.rested += seconds) > END_PAUSE) {
      this.position = 0;
      this.rested = 0;
    }
  }
  get step() {
    return Math.floor(this.position + 1e-9);
  }
}

// ------------------------------------------------------------------------------------------------ theme

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgb(color) {
  probe.fillStyle = "#808080";
  probe.fillStyle = color;
  probe.clearRect(0, 0, 1, 1);
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
const faded = (color, alpha) => `rgba(${rgb(color).join(",")},${alpha})`;
function mixed(color, other, share) {
  const [a, b] = [rgb(color), rgb(other)];
  return `rgb(${a.map((v, i) => Math.round(share * v + (1 - share) * b[i])).join(",")})`;
}
function luminance(color) {
  const [r, g, b] = rgb(color).map(v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

class Theme {
  constructor(element, tables) {
    const style = getComputedStyle(element);
    const css = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
    this.background = css("--st-background-color", "#ffffff");
    this.name = luminance(this.background) > 0.4 ? "light" : "dark";
    this.text = css("--st-text-color", this.name === "light" ? "#1c2430" : "#eef2f7");
    this.font = css("--st-font", "sans-serif");
    this.colors = { background: this.background, foreground: this.text, ...tables[this.name] };
    this.id = [this.background, this.text, this.font].join();
  }

  // What stands beside the player (a table's legend) takes the same colors.
  mark(root) {
    root.dataset.theme = this.name;
    for (const [name, color] of Object.entries(this.colors)) document.documentElement.style.setProperty(`--optviz-${name}`, color);
  }

  color(name) {
    return this.colors[name] ?? name;
  }

  template() {
    const axis = {
      gridcolor: faded(this.text, 0.12),
      linecolor: faded(this.text, 0.45),
      tickcolor: faded(this.text, 0.45),
      zerolinecolor: faded(this.text, 0.3),
      showline: true,
      zeroline: false,
      automargin: true,
    };
    const faint = mixed(this.text, this.background, 0.25); // WebGL scenes ignore the opacity of a grid
    const wall = { ...axis, showbackground: false, gridcolor: faint, linecolor: faint, tickcolor: faint };
    const font = { family: this.font, color: this.text, size: 14 };
    return {
      layout: {
        font,
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        colorway: Object.keys(this.colors).filter(name => name.startsWith("series")).map(name => this.colors[name]),
        xaxis: axis,
        yaxis: axis,
        scene: { xaxis: wall, yaxis: wall, zaxis: wall },
        legend: { bgcolor: faded(this.background, 0.75), font: { color: this.text } },
        hoverlabel: { bgcolor: this.background, bordercolor: faded(this.text, 0.5), font },
        annotationdefaults: { font: { color: this.text }, arrowcolor: this.text },
        shapedefaults: { line: { color: this.text } },
      },
    };
  }

  // A fresh figure in the colors of the page.
  paint(text) {
    const { data = [], layout = {} } = JSON.parse(text);
    layout.template = this.template();
    layout.uirevision ??= "kept";
    layout.images = layout.images?.filter(({ name }) => !["light", "dark"].includes(name) || name === this.name);
    for (const note of layout.annotations ?? [])
      if (note.name in this.colors) {
        note.font = { ...note.font, color: this.color(note.name) };
        note.arrowcolor = this.color(note.name);
      }
    for (const shape of layout.shapes ?? [])
      if (shape.name in this.colors) shape.line = { ...shape.line, color: this.color(shape.name) };
    data.forEach(trace => this.#paintTrace(trace));
    return { data, layout };
  }

  #paintTrace(trace) {
    const { color, colors } = trace.meta ?? {};
    if (colors) trace.colorscale = colors.map(([at, name]) => [at, this.color(name)]);
    if (!color) return;
    const hex = this.color(color);
    const type = trace.type ?? "scatter";
    if (type !== "bar") trace.line = { ...trace.line, color: hex };
    if (type === "contour") return;
    trace.marker = { ...trace.marker, color: hex };
    if (type === "bar") return;
    trace.marker.line = { color: this.background, width: type === "scatter3d" ? 0 : 1.5, ...trace.marker.line };
    trace.textfont = { color: hex, ...trace.textfont };
  }
}

// ------------------------------------------------------------------------------------------------ pixels

const polygon = (n, turn, inner = 1) =>
  Array.from({ length: inner === 1 ? n : 2 * n }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / (inner === 1 ? n : 2 * n);
    const radius = inner !== 1 && i % 2 ? inner : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const UP = -Math.PI / 2;
const bars = t => [[-t, -1], [t, -1], [t, -t], [1, -t], [1, t], [t, t], [t, 1], [-t, 1], [-t, t], [-1, t], [-1, -t], [-t, -t]];
const turned = points => points.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);
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
  star: polygon(5, UP, 0.45).map(([x, y]) => [1.4 * x, 1.4 * y]),
};

function dashes(name, width) {
  const d = Math.max(width, 3);
  const known = { solid: [], dot: [d, d], dash: [3 * d, 3 * d], longdash: [5 * d, 5 * d] };
  known.dashdot = [3 * d, d, d, d];
  known.longdashdot = [5 * d, 2 * d, d, 2 * d];
  return known[name] ?? String(name ?? "").split(/[\s,]+/).map(parseFloat).filter(Number.isFinite);
}

// The straight map from an axis' range to pixels of the panel; logarithms are taken by `unit`.
function scale(axis) {
  const [low, high] = axis.range.map(Number);
  const vertical = axis._id[0] === "y";
  const factor = ((vertical ? -1 : 1) * axis._length) / (high - low);
  const offset = axis._offset + (vertical ? axis._length : 0) - low * factor;
  const unit = isLog(axis) ? Math.log10 : v => v;
  return { to: v => offset + factor * unit(v), unit, factor, offset, id: `${low},${high},${axis._offset},${axis._length},${axis.type}` };
}

class Canvas {
  constructor(name) {
    this.node = document.createElement("canvas");
    this.node.className = `optviz-${name}`;
    this.node.setAttribute("aria-hidden", "true");
    this.pen = this.node.getContext("2d");
  }
  fit(width, height) {
    const ratio = window.devicePixelRatio || 1;
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.node.width === size[0] && this.node.height === size[1]) return;
    [this.node.width, this.node.height] = size;
    this.node.style.width = `${width}px`;
    this.node.style.height = `${height}px`;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  clear() {
    this.pen.clearRect(0, 0, this.node.width, this.node.height);
  }
  within({ x, y }, bleed, draw) {
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(x._offset - bleed, y._offset - bleed, x._length + 2 * bleed, y._length + 2 * bleed);
    this.pen.clip();
    draw(this.pen);
    this.pen.restore();
  }
}

// What a trace says of its row r: one value for all, or one a row.
const of = (value, r) => (Array.isArray(value) || ArrayBuffer.isView(value) ? value[r] : value);

// Draws one track. `looks` is Plotly's full trace, so that defaults are Plotly's; `axes` its two axes.
class Brush {
  constructor(source, looks, axes, halo) {
    Object.assign(this, { source, looks, axes, halo });
    this.sx = scale(axes.x);
    this.sy = scale(axes.y);
    this.points = new Float32Array(0);
    this.mapped = 0;
    this.drawn = -1; // last row on the canvas
    this.shift = 0; // where its label stands, in lines above or below its marker
    this.along = 0; // length of the line drawn so far: where its dashes stand
  }

  // Pixels of all rows, mapped once.
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

  grow(canvas, step) {
    const last = this.source.rowAt(step);
    if (last <= this.drawn) return;
    this.#map(last);
    canvas.within(this.axes, 0, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      if (this.looks.mode.includes("lines")) this.#extend(pen, last);
      if (this.looks.mode.includes("markers"))
        for (let r = this.drawn + 1; r <= last; r++) this.#symbol(pen, this.points[2 * r], this.points[2 * r + 1], r);
      if (this.looks.mode.includes("text")) for (let r = this.drawn + 1; r <= last; r++) this.#write(pen, r);
    });
    this.drawn = last;
  }

  #extend(pen, last) {
    const { color, width, dash, shape } = this.looks.line;
    const p = this.points;
    const pattern = dashes(dash, width);
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.lineJoin = "round";
    pen.lineCap = pattern.length ? "butt" : "round";
    pen.setLineDash(pattern);
    pen.lineDashOffset = this.along;
    pen.beginPath();
    let from = Math.max(this.drawn, 0);
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
      if (pattern.length) this.along += shape === "hv" ? Math.abs(x - x0) + Math.abs(y - y0) : Math.hypot(x - x0, y - y0);
    }
    pen.stroke();
  }

  #symbol(pen, x, y, r = 0) {
    if (!Number.isFinite(x + y)) return;
    const { symbol, color, line } = this.looks.marker;
    const [size, opacity] = [of(this.looks.marker.size, r), of(this.looks.marker.opacity, r)];
    pen.globalAlpha = (this.looks.opacity ?? 1) * (opacity ?? 1);
    const name = String(symbol ?? "circle");
    const open = name.endsWith("-open");
    pen.setLineDash([]);
    pen.beginPath();
    for (const [u, v] of SYMBOLS[name.replace(/-(open|dot)/g, "")] ?? SYMBOLS.circle) pen.lineTo(x + (u * size) / 2, y + (v * size) / 2);
    pen.closePath();
    pen.fillStyle = color;
    if (!open) pen.fill();
    pen.lineWidth = line?.width || (open ? 2 : 0);
    pen.strokeStyle = open ? color : (line?.color ?? color);
    if (pen.lineWidth && (open || line?.width)) pen.stroke();
  }

  // The text of row r, where Plotly's textposition says.
  #write(pen, r) {
    const [x, y] = [this.points[2 * r], this.points[2 * r + 1]];
    if (!Number.isFinite(x + y)) return;
    const { text, textfont, textposition, marker, mode } = this.looks;
    const [vertical, horizontal] = String(of(textposition, r) ?? "middle center").split(" ");
    const gap = 2 + (mode.includes("markers") ? of(marker.size, r) / 2 : 0);
    const [across, down] = [{ left: -1, right: 1 }[horizontal] ?? 0, { top: -1, bottom: 1 }[vertical] ?? 0];
    const place = [String(of(text, r) ?? ""), x + gap * across, y + gap * down];
    pen.font = `${textfont.size}px ${textfont.family}`;
    pen.textAlign = ["right", "center", "left"][across + 1];
    pen.textBaseline = ["bottom", "middle", "top"][down + 1];
    pen.setLineDash([]);
    pen.globalAlpha = this.looks.opacity ?? 1;
    Object.assign(pen, { strokeStyle: this.halo, lineWidth: 4, lineJoin: "round", fillStyle: textfont.color });
    pen.strokeText(...place);
    pen.fillText(...place);
  }

  // Row k: bars, or a marker. Returns the marker's label, which is placed when all markers stand.
  at(canvas, step) {
    let r = this.source.rowAt(step);
    if (r < 0) return null;
    if (this.looks.type === "bar") return this.#bars(canvas, r);
    if (this.source.isWholeRow("y")) return this.#curve(canvas, r);
    this.#map(r);
    while (r > 0 && !Number.isFinite(this.points[2 * r] + this.points[2 * r + 1])) r--; // a diverged run stays where it ended
    const [x, y] = [this.points[2 * r], this.points[2 * r + 1]];
    canvas.within(this.axes, 9, pen => {
      pen.globalAlpha = this.looks.opacity ?? 1;
      if (this.looks.mode.includes("markers")) this.#symbol(pen, x, y, r);
    });
    return this.looks.mode.includes("text") && Number.isFinite(x + y) ? this.#label(canvas.pen, x, y, r) : null;
  }

  #label(pen, x, y, r) {
    const { text, textfont, textposition = "", marker } = this.looks;
    const gap = (marker?.size ?? 0) / 2 + 4;
    const font = `${textfont.size}px ${textfont.family}`;
    const words = String(Array.isArray(text) && text.length === 1 ? text[0] : (of(text, r) ?? ""));
    pen.font = font;
    const width = pen.measureText(words).width;
    const { _offset: left, _length: length } = this.axes.x;
    const [fitsLeft, fitsRight] = [x - gap - width >= left, x + gap + width <= left + length];
    const toLeft = String(textposition).includes("left") ? fitsLeft || !fitsRight : fitsLeft && !fitsRight;
    const at = Math.max(left, Math.min(toLeft ? x - gap - width : x + gap, left + length - width));
    const height = 1.15 * textfont.size;
    return { brush: this, words, font, color: textfont.color, halo: this.halo, axes: this.axes, x, y, left: at, width, height };
  }

  // A whole row as a line or a cloud of markers.
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
      if (this.looks.mode.includes("markers")) ys.forEach((_, i) => this.#symbol(pen, this.points[2 * i], this.points[2 * i + 1]));
    });
    return null;
  }

  // Closed outlines with gaps between them.
  #fill(pen, n) {
    const p = this.points;
    let open = false;
    pen.fillStyle = this.looks.fillcolor;
    pen.beginPath();
    for (let r = 0; r < n; r++) {
      const [x, y] = [p[2 * r], p[2 * r + 1]];
      if (!Number.isFinite(x + y)) open = false;
      else if (open) pen.lineTo(x, y);
      else pen.moveTo(x, y), (open = true);
    }
    pen.fill();
  }

  #bars(canvas, r) {
    const heights = this.source.isWholeRow("y") ? this.source.wholeRow("y", r) : this.source.column("y").subarray(r, r + 1);
    const centers = this.source.isWholeRow("x") ? this.source.wholeRow("x", r) : this.looks.x;
    const width = this.looks.width ?? (centers.length > 1 ? 0.9 * Math.abs(centers[1] - centers[0]) : 0.9);
    const floor = isLog(this.axes.y) ? this.axes.y._offset + this.axes.y._length : this.sy.to(0);
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
  grid(canvas, step) {
    const r = this.source.rowAt(step);
    if (r < 0) return;
    const { values, height, width } = this.source.grid(r);
    const [x, y] = [centersOf(this.looks.x, width), centersOf(this.looks.y, height)];
    if (this.looks.type === "contour") return this.#levels(canvas, values, x, y);
    const picture = this.#colored(values, width, height);
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
    if (this.looks.texttemplate) this.#counts(canvas, values, x, y);
  }

  // The number of each cell that is not 0, dark or bright as its color asks for.
  #counts(canvas, values, x, y) {
    const { zmin, zmax, textfont } = this.looks;
    const cell = Math.min(Math.abs(this.sx.to(x[1]) - this.sx.to(x[0])), Math.abs(this.sy.to(y[1]) - this.sy.to(y[0])));
    canvas.within(this.axes, 0, pen => {
      Object.assign(pen, { font: `${Math.min(textfont.size, 0.55 * cell)}px ${textfont.family}`, textAlign: "center", textBaseline: "middle" });
      values.forEach((value, i) => {
        if (!value || !Number.isFinite(value)) return;
        const pixel = this.table[Math.max(0, Math.min(255, Math.round((255 * (value - zmin)) / (zmax - zmin))))];
        const color = `rgb(${pixel & 255},${(pixel >> 8) & 255},${(pixel >> 16) & 255})`;
        pen.fillStyle = luminance(color) > 0.25 ? "#000" : "#fff";
        pen.fillText(value, this.sx.to(x[i % x.length]), this.sy.to(y[Math.floor(i / x.length)]));
      });
    });
  }

  #colored(values, width, height) {
    if (this.picture?.width !== width || this.picture?.height !== height) {
      this.picture = new OffscreenCanvas(width, height);
      this.pixels = new ImageData(width, height);
      this.table = ramp(this.looks.colorscale);
    }
    const { zmin, zmax } = this.looks;
    const factor = 255 / (zmax - zmin);
    const out = new Uint32Array(this.pixels.data.buffer);
    for (let i = 0; i < values.length; i++) out[i] = this.table[Math.max(0, Math.min(255, Math.round((values[i] - zmin) * factor)))];
    const pen = this.picture.getContext("2d");
    pen.putImageData(this.pixels, 0, 0);
    return this.picture;
  }

  #levels(canvas, values, x, y) {
    const { start, end, size } = this.looks.contours;
    canvas.within(this.axes, 0, pen => {
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

// Labels give way to those before them, up or down, and a thin line leads back to the marker.
function placeLabels(canvas, labels) {
  const placed = [];
  for (const label of labels) {
    const free = y => placed.every(p => label.left > p.left + p.width || p.left > label.left + label.width || Math.abs(p.at - y) >= label.height);
    const shifts = [0, label.brush.shift, ...labels.flatMap((_, i) => [-(i + 1), i + 1])]; // rather where it was: no jumping
    label.brush.shift = shifts.find(n => free(label.y + n * label.height)) ?? 0;
    label.at = label.y + label.height * label.brush.shift;
    placed.push(label);
    canvas.within(label.axes, 9, pen => {
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
      pen.strokeText(label.words, label.left, label.at);
      pen.fillText(label.words, label.left, label.at);
    });
  }
}

const centersOf = (given, n) => (given?.length === n ? given : Float32Array.from({ length: n }, (_, i) => i));
const between = (centers, at) => {
  const i = Math.min(Math.floor(at), centers.length - 2);
  return centers[i] + (at - i) * (centers[i + 1] - centers[i]);
};

// 256 packed pixels along a color scale.
function ramp(colorscale) {
  const stops = colorscale.map(([at, color]) => [Number(at), rgb(color)]);
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
function levelLine(values, width, height, level, pixel, pen) {
  const cut = (a, b) => (level - a) / (b - a);
  for (let r = 0; r + 1 < height; r++)
    for (let c = 0; c + 1 < width; c++) {
      const [a, b] = [values[r * width + c], values[r * width + c + 1]];
      const [d, e] = [values[(r + 1) * width + c], values[(r + 1) * width + c + 1]];
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

// ------------------------------------------------------------------------------------------------ panels

const hasWebGL = (() => {
  let known;
  return () => (known ??= Boolean(document.createElement("canvas").getContext("webgl")));
})();
const PATIENCE = [40, 500]; // of a drag, in ms: between two points at least, and without an answer at most
const TOUCH = matchMedia("(pointer: coarse)");
const clamp = (value, most) => Math.min(Math.max(value, 0), most);
const isSolid = trace => /3d$|^(surface|cone|streamtube|volume|isosurface)$/.test(trace.type ?? "");
const isGrid = source => source.track.z != null;
const axisKey = id => `${id[0]}axis${id.slice(1)}`;

class Panel {
  constructor(spec, player) {
    Object.assign(this, { spec, player, open: false, tasks: Promise.resolve(), brushes: [] });
    this.node = document.createElement("div");
    this.node.className = "optviz-panel";
    this.plot = document.createElement("div");
    this.plot.className = "optviz-plot";
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", spec.title || player.words.player);
    this.node.append(this.plot);
    this.layers = { under: new Canvas("under"), trail: new Canvas("trail"), heads: new Canvas("heads") };
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.node);
    if (spec.pick) this.#listenForPicks();
  }

  get view() {
    return (this.player.session.views[`${this.spec.cell}/${this.spec.title}`] ??= {});
  }
  get drawn() {
    return this.open && (Boolean(this.plot._fullLayout) || this.node.classList.contains("optviz-without"));
  }
  get is3d() {
    return Boolean(this.plot._fullLayout?._subplots?.gl3d?.length);
  }

  update(spec) {
    const changed = spec.hash !== this.spec.hash;
    this.spec = spec;
    this.bind();
    if (changed) this.painted = null;
    this.show();
  }
  bind() {
    this.sources = this.spec.tracks.map(track => new Source(track, this.player.session.store));
    this.brushes = null;
    this.renew();
  }
  // More rows have come: what is shown of this step may change.
  renew() {
    this.shownStep = this.sent = null;
  }

  // Draws the figure unless it stands as it should: Plotly.react costs 100 ms.
  show() {
    const { theme, Plotly } = this.player;
    if (!this.open || !Plotly || this.painted === this.spec.hash + theme.id) return;
    this.painted = this.spec.hash + theme.id;
    this.#queue(() => this.#react(Plotly, theme));
  }
  #queue(task) {
    this.tasks = this.tasks.then(() => this.gone || task()).catch(error => console.error(error));
  }

  async #react(Plotly, theme) {
    const { data, layout } = theme.paint(this.spec.figure);
    const solid = data.some(isSolid);
    if (solid && !hasWebGL()) return this.#sayNoWebGL();
    this.node.classList.remove("optviz-without");
    if (this.view.uirevision !== String(layout.uirevision)) {
      Object.keys(this.view).forEach(name => delete this.view[name]);
      this.view.uirevision = String(layout.uirevision);
    }
    this.given = structuredClone(layout);
    Object.assign(layout, { autosize: true, dragmode: layout.dragmode ?? (TOUCH.matches && !solid ? false : undefined) });
    for (const name of ["width", "height"]) delete layout[name];
    if (solid && this.view.camera) layout.scene = { ...layout.scene, camera: this.view.camera };
    for (const [name, range] of Object.entries(this.view.ranges ?? this.#home(data)))
      layout[name] = { ...layout[name], range: [...range], autorange: false };
    const first = !this.plot._fullLayout;
    await Plotly.react(this.plot, data, layout, { displayModeBar: false, doubleClick: false, responsive: false });
    if (first) this.#listen();
    this.#plotted();
  }

  #sayNoWebGL() {
    this.node.classList.add("optviz-without");
    this.plot.textContent = this.player.words.no_webgl;
  }

  #listen() {
    this.plot.on("plotly_afterplot", () => this.#plotted());
    this.plot.on("plotly_relayouting", () => this.player.request());
    this.plot.on("plotly_relayout", change => this.#keepView(change));
    this.plot.on("plotly_doubleclick", () => {
      delete this.view.ranges;
      this.fit();
    });
    this.plot.on("plotly_beforehover", () => this.#prepareHover());
  }

  #keepView(change) {
    if (this.fitting) return;
    if (Object.keys(change).some(name => name.startsWith("scene"))) this.view.camera = structuredClone(this.plot.layout.scene?.camera);
    if (Object.keys(change).some(name => name.includes("range")))
      this.view.ranges = Object.fromEntries(this.#axisNames().map(name => [name, [...this.plot._fullLayout[name].range]]));
    this.player.request();
  }
  #axisNames() {
    return Object.keys(this.plot._fullLayout ?? {}).filter(name => /^[xy]axis\d*$/.test(name));
  }

  // ---- ranges: those of the figure where it gives them, else what the rows of this run span

  #home(data) {
    const ranges = {};
    const wanted = new Map();
    data.forEach((trace, index) => {
      if (isSolid(trace)) return;
      for (const d of ["x", "y"]) {
        const name = axisKey(trace[`${d}axis`] ?? d);
        const source = this.sources.find(s => s.track.trace === index);
        if (!wanted.has(name)) wanted.set(name, []);
        wanted.get(name).push({ d, trace, source });
      }
    });
    for (const [name, users] of wanted) {
      const axis = this.given[name] ?? {};
      const range = axis.range ?? (axis.autorange === false || !users.some(u => u.source) ? null : span(users, axis));
      if (range) ranges[name] = range;
    }
    return ranges;
  }

  fit() {
    if (!this.open || !this.plot._fullLayout || this.is3d || this.view.ranges) return;
    const change = {};
    for (const [name, range] of Object.entries(this.#home(this.plot.data))) {
      const now = this.plot._fullLayout[name]?.range;
      if (now && range.some((v, i) => v !== now[i])) Object.assign(change, { [`${name}.range`]: range, [`${name}.autorange`]: false });
    }
    if (!Object.keys(change).length) return;
    this.#queue(async () => {
      this.fitting = true;
      await this.player.Plotly.relayout(this.plot, change).finally(() => (this.fitting = false));
    });
  }

  // ---- what moves

  #plotted() {
    if (this.gone) return;
    const container = this.plot.querySelector(".svg-container");
    const picture = container?.querySelector(".main-svg");
    if (!picture || this.is3d) return this.player.request();
    const { under, trail, heads } = this.layers;
    if (under.node.nextSibling !== picture) picture.before(under.node);
    if (picture.nextSibling !== trail.node) picture.after(trail.node, heads.node);
    const tracked = new Set(this.spec.tracks.map(track => track.trace));
    for (const group of container.querySelectorAll(".cartesianlayer :is(g.trace, g.hm, g.contour, g.bars)"))
      group.style.display = tracked.has(group.__data__?.[0]?.trace?.index) ? "none" : "";
    this.brushes = null;
    this.hoverReady = null;
    this.player.request();
  }

  #prepare() {
    const layout = this.plot._fullLayout;
    for (const layer of Object.values(this.layers)) layer.fit(layout.width, layout.height);
    this.brushes = this.sources.map(source => {
      const looks = this.plot._fullData[source.track.trace];
      if (looks?.visible !== true || !source.known) return null;
      const axes = { x: layout[axisKey(looks.xaxis)], y: layout[axisKey(looks.yaxis)] };
      return new Brush(source, looks, axes, this.player.theme.background);
    });
    this.brushes = this.brushes.filter(Boolean);
    this.layers.trail.clear();
    this.geometry = this.#geometry();
    this.gridRow = null;
  }
  #geometry() {
    return this.#axisNames().map(name => scale(this.plot._fullLayout[name]).id).join(";");
  }

  draw(step) {
    if (!this.open || !this.plot._fullLayout || !this.sources?.length) return;
    if (this.is3d) return this.#draw3d(step);
    if (!this.layers.trail.node.isConnected) return;
    const current = this.brushes && this.geometry === this.#geometry();
    if (current && this.shownStep === step) return;
    if (!current || this.brushes.some(brush => brush.drawn > brush.source.rowAt(step))) this.#prepare();
    const { under, trail, heads } = this.layers;
    heads.clear();
    const grids = this.brushes.filter(brush => isGrid(brush.source));
    const gridRow = grids.map(brush => brush.source.rowAt(step)).join();
    if (grids.length && gridRow !== this.gridRow) {
      under.clear();
      grids.forEach(brush => brush.grid(under, step));
    }
    this.gridRow = gridRow;
    const labels = [];
    for (const brush of this.brushes) {
      if (isGrid(brush.source)) continue;
      if (brush.source.track.mode === "grow") brush.grow(trail, step);
      else labels.push(brush.at(heads, step));
    }
    placeLabels(heads, labels.filter(Boolean));
    this.#keepTrue(step);
  }

  #keepTrue(step) {
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      if (trace && source.rows) Object.assign(trace, source.values(step));
    }
    this.shownStep = step;
  }

  // Plotly finds what is under the pointer in its calcdata: made of the rows shown, when the pointer moves.
  #prepareHover() {
    if (this.is3d || this.hoverReady === this.shownStep) return;
    this.hoverReady = this.shownStep;
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      const points = this.plot.calcdata?.[source.track.trace];
      if (!points?.[0] || !source.rows) continue;
      if (isGrid(source)) points[0].z = trace.z;
      else if ((trace.type ?? "scatter") === "bar") points.forEach((point, i) => (point.s = point.y = trace.y[i]));
      else {
        const { t, trace: full } = points[0];
        this.plot.calcdata[source.track.trace] = Array.from(trace.x, (x, i) => ({ x, y: trace.y[i], i, ...(i === 0 && { t, trace: full }) }));
      }
    }
  }

  // WebGL scenes are redrawn by Plotly, at most half of the time, so that the rest stays fluent.
  #draw3d(step) {
    if (this.busy || this.sent === step || performance.now() < (this.restUntil ?? 0)) {
      if (this.sent !== step) setTimeout(() => this.player.request(), 30);
      return;
    }
    const known = this.sources.filter(source => source.rows);
    if (!known.length) return;
    const values = known.map(source => source.values(step));
    const change = Object.fromEntries(["x", "y", "z"].map(d => [d, values.map(v => Array.from(v[d] ?? []))]));
    const began = performance.now();
    this.busy = true;
    this.sent = step;
    this.#queue(async () => {
      await this.player.Plotly.restyle(this.plot, change, known.map(source => source.track.trace)).finally(() => (this.busy = false));
      this.restUntil = 2 * performance.now() - began;
      this.player.request();
    });
  }

  // ---- picking a point: Plotly reports clicks on points only

  #listenForPicks() {
    this.node.addEventListener("pointerdown", down => {
      clearTimeout(this.picking);
      if (!down.isPrimary || down.button !== 0 || !down.target.closest?.(".draglayer, .nsewdrag")) return;
      if (this.spec.pick === "drag") return this.#drag(down);
      const up = event => {
        removeEventListener("pointercancel", up, true);
        removeEventListener("pointerup", up, true);
        const moved = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
        if (event.type === "pointerup" && moved < SHORT_DRAG) this.#pick(down);
      };
      addEventListener("pointerup", up, true);
      addEventListener("pointercancel", up, true);
    }, true);
    // Plotly would begin its zoom with the event that follows, and a phone would scroll, whatever touch-action says of SVG.
    if (this.spec.pick === "drag")
      for (const name of ["mousedown", "touchstart"])
        this.node.addEventListener(name, event => event.target.closest?.(".draglayer, .nsewdrag") && this.#keepFromOthers(event), { capture: true, passive: false });
    this.node.classList.add("optviz-pick");
    this.node.classList.toggle("optviz-drag", this.spec.pick === "drag");
  }
  #keepFromOthers(event) {
    event.stopPropagation();
    if (event.type === "touchstart") event.preventDefault();
  }
  // Tell where the pointer is while it is held down: at once, then whenever the answer to the last point has arrived.
  #drag(down) {
    const { session } = this.player;
    let waiting;
    const tell = event => {
      waiting = undefined;
      session.answered = false;
      session.asked = performance.now();
      this.#pick(event);
    };
    const attempt = () => {
      if (!waiting) return;
      const since = performance.now() - session.asked;
      if ((session.answered && since > PATIENCE[0]) || since > PATIENCE[1]) tell(waiting);
      else setTimeout(attempt, 15);
    };
    const move = event => {
      if (event.pointerId !== down.pointerId) return;
      const idle = !waiting;
      waiting = event;
      if (idle) attempt();
    };
    const up = event => {
      if (event.pointerId !== down.pointerId) return;
      for (const [name, listener] of listeners) removeEventListener(name, listener, true);
      if (event.type === "pointerup" && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > 0) tell(event);
      waiting = undefined;
    };
    const listeners = [["pointermove", move], ["pointerup", up], ["pointercancel", up]];
    for (const [name, listener] of listeners) addEventListener(name, listener, true);
    tell(down);
  }
  #pick({ clientX, clientY }) {
    const { left, top } = this.plot.getBoundingClientRect();
    const { xaxis, yaxis } = this.plot._fullLayout;
    let [px, py] = [clientX - left - xaxis._offset, clientY - top - yaxis._offset];
    if (this.spec.pick === "drag") [px, py] = [clamp(px, xaxis._length), clamp(py, yaxis._length)];
    else if (px < 0 || py < 0 || px > xaxis._length || py > yaxis._length) return;
    const tell = () => this.player.session.tell("point", [xaxis.p2d(px), yaxis.p2d(py), this.player.panels.indexOf(this)]);
    if (this.view.ranges && this.spec.pick !== "drag") this.picking = setTimeout(tell, 300); // a second click would end the zoom
    else tell();
  }

  // ---- life

  setOpen(open) {
    this.open = open;
    this.node.hidden = !open;
    if (!open) return;
    this.show();
    this.#resize();
    this.fit();
    this.player.request();
  }
  #resize() {
    if (!this.open || !this.plot._fullLayout || !this.node.clientWidth) return;
    const { width, height } = this.plot._fullLayout;
    if (Math.abs(width - this.plot.clientWidth) < 1 && Math.abs(height - this.plot.clientHeight) < 1) return;
    this.#queue(() => this.open && this.player.Plotly.Plots.resize(this.plot));
  }
  remove() {
    this.gone = true;
    this.sizes.disconnect();
    if (this.plot._fullLayout) this.player.Plotly?.purge(this.plot);
    this.node.remove();
  }
}

// The range that all rows of the run and the still traces span, with a margin.
function span(users, axis) {
  const log = isLog(axis);
  let [low, high] = [Infinity, -Infinity];
  const include = values => {
    for (const given of values) {
      const v = log ? Math.log10(given) : Number(given);
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  };
  let steps = false;
  for (const { d, trace, source } of users) {
    if (trace.visible === false || trace.visible === "legendonly") continue;
    if (!source?.refs[d]) include(Array.isArray(trace[d]) || ArrayBuffer.isView(trace[d]) ? trace[d] : []);
    else if (!source.rows) continue;
    else if (source.isWholeRow(d)) include(source.numbers(d));
    else if (source.refs[d][0] === "step") {
      steps = true;
      include([0, source.store.total]);
    } else include(source.column(d).subarray(0, source.rows));
    if (d === "y" && trace.type === "bar" && !log) include([0]);
  }
  if (low > high) return null;
  // What diverges leaves the picture at the top, and the others can still be told apart.
  const ceiling = axis.autorangeoptions?.clipmax ?? Infinity;
  high = Math.max(Math.min(high, log ? Math.log10(ceiling) : ceiling), low);
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  if (steps) return [low, high > low ? high : low + 1];
  return [low - (low === 0 && !log ? 0 : margin), high + margin];
}

// ------------------------------------------------------------------------------------------------ buttons

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  home: "M6 5h3v14H6zM20 5v14l-10-7z",
  back: "M15.5 5v14L7 12zM17 5h2v14h-2z",
  forward: "M8.5 5v14l8.5-7zM5 5h2v14H5z",
  loop: "M12 4V1L8 5l4 4V6a6 6 0 0 1 5.3 8.8l1.5 1.5A8 8 0 0 0 12 4zm0 14a6 6 0 0 1-5.3-8.8L5.2 7.7A8 8 0 0 0 12 20v3l4-4-4-4z",
};
const svg = name => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

class Bar {
  constructor(player) {
    this.player = player;
    const act = action => () => player.act(action);
    this.home = this.#button("home", act("home"));
    this.back = this.#button("back", act("back"));
    this.play = this.#button("play", act("toggle"));
    this.forward = this.#button("forward", act("forward"));
    this.loop = this.#button("loop", () => player.change("loop", !player.settings.loop));
    this.scrub = element("input", { type: "range", class: "optviz-scrub", min: 0, step: 1 });
    this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
    this.speed = element("select", { class: "optviz-speed" }, ...SPEEDS.map(s => element("option", { value: s }, `${s}×`)));
    this.speed.addEventListener("change", () => player.change("speed", Number(this.speed.value)));
    this.count = element("output", { class: "optviz-count" });
    this.node = element("div", { class: "optviz-bar" }, this.home, this.back, this.play, this.forward, this.scrub, this.count, this.speed, this.loop);
  }
  #button(name, action) {
    const button = element("button", { type: "button", class: `optviz-${name}` });
    button.innerHTML = svg(name);
    button.addEventListener("click", action);
    return button;
  }

  speak(words) {
    for (const name of ["home", "back", "forward", "loop", "scrub", "speed"]) {
      this[name].setAttribute("aria-label", words[name]);
      this[name].title = words[name];
    }
    this.playing = undefined;
  }

  show({ playhead, store, settings, words }) {
    const { step, playing } = playhead;
    if (playing !== this.playing) {
      this.playing = playing;
      this.play.innerHTML = svg(playing ? "pause" : "play");
      this.play.setAttribute("aria-label", words[playing ? "pause" : "play"]);
      this.play.title = words[playing ? "pause" : "play"];
      this.count.setAttribute("aria-live", playing ? "off" : "polite"); // no chatter while it plays
    }
    const known = !store.growing || store.steps !== null;
    const text = (known ? words.step_of : words.step).replace("{step}", step).replace("{steps}", store.total);
    if (this.count.textContent !== text) this.count.textContent = text;
    this.scrub.max = Math.max(store.total, 1);
    this.scrub.value = step;
    this.scrub.style.setProperty("--done", `${(100 * step) / Math.max(store.total, 1)}%`);
    this.scrub.style.setProperty("--loaded", `${(100 * store.last) / Math.max(store.total, 1)}%`);
    this.scrub.setAttribute("aria-valuetext", text);
    this.speed.value = settings.speed;
    this.loop.setAttribute("aria-pressed", settings.loop);
  }
}

// ------------------------------------------------------------------------------------------------ player

let loading; // Plotly is loaded once per page; a failure is forgotten, so that one may try again
function loadPlotly(path) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (loading ??= new Promise((done, fail) => {
    const script = element("script", { src: new URL(path, document.baseURI) });
    const failed = () => {
      loading = undefined;
      script.remove();
      fail(new Error("Plotly"));
    };
    script.onload = () => (window.Plotly ? done(window.Plotly) : failed());
    script.onerror = failed;
    document.head.append(script);
  }));
}

// What outlives a mount: the rows, the playhead, the choices and the views.
class Session {
  constructor(key) {
    this.key = key;
    this.store = new Store(null);
    this.playhead = new Playhead();
    this.views = {};
    this.settings = { speed: 1, loop: false, tabs: {}, ...JSON.parse(sessionStorage.getItem(this.item) ?? "{}") };
    this.tell = () => {};
  }
  get item() {
    return `optviz-${this.key}`;
  }
  save() {
    sessionStorage.setItem(this.item, JSON.stringify(this.settings));
  }

  receive(header, blob, tell) {
    this.tell = tell;
    this.answered = true;
    const fresh = header.run !== this.store.run;
    if (fresh) {
      this.store = new Store(header.run);
      this.playhead.restart();
    }
    this.store.take(header, blob);
    clearTimeout(this.asking);
    if (this.store.lacking) this.#askForRows();
    this.playhead.arrive(this.store);
    this.player?.arrived(fresh);
  }
  // The page was left, a message was overtaken: Python sends what follows the rows held here.
  #askForRows() {
    this.tell("need", { run: this.store.run, rows: this.store.held() });
    this.asking = setTimeout(() => this.#askForRows(), 2000);
  }
}

class Player {
  constructor(root, session) {
    Object.assign(this, { root, session, panels: [], words: {} });
    session.player = this;
    this.bar = new Bar(this);
    this.grid = element("div", { class: "optviz-grid" });
    this.note = element("div", { class: "optviz-note", role: "status" });
    this.summary = element("p", { class: "optviz-summary", id: `optviz-${session.key}-summary` });
    Object.assign(root, { tabIndex: 0 });
    for (const [name, value] of Object.entries({ role: "region", "data-testid": "optviz-player", "aria-describedby": this.summary.id }))
      root.setAttribute(name, value);
    root.replaceChildren(this.note, this.grid, this.bar.node, this.summary);
    root.addEventListener("keydown", event => this.#key(event));
    this.widths = new ResizeObserver(() => root.classList.toggle("optviz-narrow", root.clientWidth < 700));
    this.widths.observe(root);
  }
  get playhead() {
    return this.session.playhead;
  }
  get store() {
    return this.session.store;
  }
  get settings() {
    return this.session.settings;
  }

  // ---- what arrives

  stage(header, figures) {
    this.words = header.words;
    this.themes = header.themes;
    this.plotly = header.plotly;
    this.theme = new Theme(this.root, this.themes);
    this.theme.mark(this.root);
    this.root.setAttribute("aria-label", this.words.player);
    this.bar.speak(this.words);
    this.#arrange(header.panels.map((panel, i) => ({ ...panel, figure: figures[i] })), header.even);
    this.request();
    this.load();
  }
  repaint() {
    const theme = new Theme(this.root, this.themes);
    if (theme.id === this.theme.id) return;
    this.theme = theme;
    theme.mark(this.root);
    this.panels.forEach(panel => panel.show());
  }

  async load() {
    if (!this.Plotly) this.#say(this.words.loading);
    try {
      this.Plotly = await loadPlotly(this.plotly);
    } catch {
      const retry = element("button", { type: "button", class: "optviz-retry" }, this.words.retry);
      retry.addEventListener("click", () => this.load());
      this.#say(this.words.no_plotly, retry);
      return;
    }
    this.#say();
    this.panels.forEach(panel => panel.show());
  }
  #say(...content) {
    this.note.replaceChildren(...content);
    this.note.hidden = content.length === 0;
  }

  arrived(fresh) {
    const { summary } = this.store;
    this.summary.textContent = [summary, this.store.steps === 0 ? "" : this.words.keys].join(" ");
    this.root.dataset.run = this.store.run;
    this.bar.node.hidden = this.store.steps === 0; // a picture that does not move
    if (fresh) this.panels.forEach(panel => panel.bind());
    else this.panels.forEach(panel => (panel.sources.every(source => source.known) ? panel.renew() : panel.bind()));
    this.request();
    // the picture first, for fitting the axes costs some 20 ms a panel; and while rows stream in, only now and then
    if (fresh || !this.store.awaited) this.fitting = clearTimeout(this.fitting);
    this.fitting ??= setTimeout(() => this.#fit(), fresh || !this.store.awaited ? 0 : 500);
  }
  #fit() {
    this.fitting = undefined;
    this.panels.forEach(panel => panel.fit());
  }

  // ---- panels, cells and tabs

  #arrange(specs, even) {
    const shape = JSON.stringify(specs.map(({ title, cell, pick }) => [title, cell, pick]));
    this.grid.classList.toggle("optviz-even", Boolean(even));
    this.grid.style.setProperty("--columns", even === true ? 2 : Number(even));
    if (shape === this.shape) return specs.forEach((spec, i) => this.panels[i].update(spec));
    this.shape = shape;
    this.panels.forEach(panel => panel.remove());
    this.panels = specs.map(spec => new Panel(spec, this));
    const cells = Map.groupBy?.(this.panels, p => p.spec.cell) ?? groupBy(this.panels, p => p.spec.cell);
    this.grid.replaceChildren(...[...cells].map(([name, panels]) => this.#cell(name, panels)));
    this.grid.style.setProperty("--sides", Math.max(1, cells.size - 1));
    this.grid.classList.toggle("optviz-single", cells.size === 1);
    this.panels.forEach(panel => panel.bind());
    for (const [name, panels] of cells) this.#openTab(name, panels, this.settings.tabs[name] ?? 0);
  }

  #cell(name, panels) {
    const cell = element("section", { class: "optviz-cell", "data-cell": name });
    if (panels.length > 1) {
      const tabs = panels.map((panel, i) => {
        const tab = element("button", { type: "button", role: "tab", class: "optviz-tab" }, panel.spec.title);
        tab.addEventListener("click", () => this.#openTab(name, panels, i));
        panel.tab = tab;
        return tab;
      });
      const list = element("div", { role: "tablist", class: "optviz-tabs", "aria-label": this.words.views }, ...tabs);
      list.addEventListener("keydown", event => {
        const to = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!to) return;
        const next = (panels.findIndex(panel => panel.open) + to + panels.length) % panels.length;
        this.#openTab(name, panels, next);
        tabs[next].focus();
        event.preventDefault();
      });
      cell.append(list);
    } else if (panels[0].spec.title) cell.append(element("h3", { class: "optviz-title" }, panels[0].spec.title));
    cell.append(...panels.map(panel => panel.node));
    return cell;
  }

  #openTab(name, panels, wanted) {
    const index = Math.min(wanted, panels.length - 1);
    panels.forEach((panel, i) => {
      panel.tab?.setAttribute("aria-selected", i === index);
      panel.tab?.setAttribute("tabindex", i === index ? 0 : -1);
      panel.setOpen(i === index);
    });
    if (panels.length > 1) this.settings.tabs = { ...this.settings.tabs, [name]: index };
    this.session.save();
  }

  // ---- what the visitor does

  #key(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select, [role=tab]")) return;
    if (key === " " && target.closest("button")) return; // the button's own key
    const action = {
      " ": "toggle",
      ArrowLeft: event.shiftKey ? "back10" : "back",
      ArrowRight: event.shiftKey ? "forward10" : "forward",
      Home: "home",
      End: "end",
    }[key];
    if (!action) return;
    event.preventDefault(); // the slider's own step would come on top
    event.stopPropagation();
    this.act(action);
  }
  act(action) {
    const { playhead, store } = this;
    if (action === "toggle") playhead.toggle(store);
    else
      playhead.seek(
        { home: 0, end: Infinity, back: playhead.step - 1, forward: playhead.step + 1, back10: playhead.step - 10, forward10: playhead.step + 10 }[action],
        store,
      );
    this.request();
  }
  seek(step) {
    this.playhead.seek(step, this.store);
    this.request();
  }
  change(name, value) {
    this.settings[name] = value;
    this.session.save();
    this.request();
  }

  // ---- frames: only while something moves or has changed

  request() {
    this.frame ??= requestAnimationFrame(now => this.#frame(now));
  }
  #frame(now) {
    this.frame = undefined;
    if (this.gone) return;
    const seconds = (now - (this.before ?? now)) / 1000;
    const { playhead, store, settings } = this;
    if (this.panels.some(panel => panel.drawn)) playhead.advance(seconds, settings.speed, settings.loop, store);
    this.panels.forEach(panel => panel.draw(playhead.step));
    this.bar.show(this);
    this.root.dataset.step = playhead.step;
    this.root.dataset.playing = playhead.playing;
    this.before = playhead.playing ? now : undefined;
    if (playhead.playing) this.request();
  }

  remove() {
    this.gone = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.fitting);
    this.widths.disconnect();
    this.panels.forEach(panel => panel.remove());
    if (this.session.player === this) this.session.player = undefined;
  }
}

function groupBy(items, nameOf) {
  const groups = new Map();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return groups;
}

// ------------------------------------------------------------------------------------------------ mounting

const sessions = new Map();
function sessionOf(key) {
  if (!sessions.has(key)) sessions.set(key, new Session(key));
  return sessions.get(key);
}

// The feed's component leaves its messages in an inbox, which may have filled before this module was loaded.
const waiting = globalThis.optvizInbox ?? [];
const receive = ({ data, tell }) => {
  const { header, take } = unframe(data);
  sessionOf(header.key).receive(header, take, tell);
};
globalThis.optvizInbox = { push: receive, sessions };
waiting.forEach(receive);

const players = new WeakMap();
const decoder = new TextDecoder();
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".optviz");
  const { header, take } = unframe(data);
  let player = players.get(root);
  if (!player) {
    player = new Player(root, sessionOf(header.key));
    players.set(root, player);
  }
  const id = JSON.stringify(header);
  if (player.id !== id) {
    player.id = id;
    player.stage(header, header.panels.map(({ bytes }) => decoder.decode(take(bytes))));
    if (player.store.run !== null) player.arrived(false);
  } else player.repaint(); // Streamlit calls again when its theme changes
  return () => {
    player.remove();
    players.delete(root);
  };
}
