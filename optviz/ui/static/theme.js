// @ts-check
// Colors and fonts of the page, as a Plotly template.

import { penOf } from "./dom.js";
import { AXIS } from "./plotly_private.js";

/** @import { Stage } from "./messages.d.ts" */
/** @import { Layout, LayoutAxis, Trace } from "./plotly.d.ts" */

const probe = penOf(document.createElement("canvas"), { willReadFrequently: true });
/** @param {string} color */
export function rgb(color) {
  probe.fillStyle = "#808080";
  probe.fillStyle = color;
  probe.clearRect(0, 0, 1, 1);
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
/** @param {string} color @param {number} alpha */
const faded = (color, alpha) => `rgba(${rgb(color).join(",")},${alpha})`;
/** @param {string} color @param {string} other @param {number} share */
function mixed(color, other, share) {
  const [a, b] = [rgb(color), rgb(other)];
  return `rgb(${a.map((v, i) => Math.round(share * v + (1 - share) * b[i])).join(",")})`;
}
/** @param {string} color */
export function luminance(color) {
  const [r, g, b] = rgb(color).map(v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Sizes of type and markers and widths of lines, however deep they stand, times a factor.
/** @param {string} key @param {string} parent */
const isSized = (key, parent) => (key === "width" && /line$/i.test(parent)) || (key === "size" && /font$|^marker$/i.test(parent));
/** @param {any} node @param {number} factor */
function enlarge(node, factor, parent = "") {
  for (const [key, value] of Object.entries(node)) {
    if (key === "template" || value === null) continue;
    if (isSized(key, parent)) node[key] = Array.isArray(value) ? value.map(v => v * factor) : value * factor;
    else if (typeof value === "object" && !ArrayBuffer.isView(value) && !(Array.isArray(value) && typeof value[0] !== "object")) enlarge(value, factor, Array.isArray(node) ? parent : key);
  }
}
// A name of several words in two lines, as alike as they can be.
/** @param {string} name */
export function folded(name) {
  const blanks = [...name.matchAll(/ /g)].map(({ index }) => index);
  if (!blanks.length) return [name];
  const at = blanks.reduce((best, each) => (Math.abs(each - name.length / 2) < Math.abs(best - name.length / 2) ? each : best));
  return [name.slice(0, at), name.slice(at + 1)];
}
/** @param {string} color @param {string} other */
function contrast(color, other) {
  const [low, high] = [luminance(color), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
const MOST_ASIDE = 115; // pixels of a picture's width for the names behind it
const [SMALLEST, LARGEST] = [0.85, 2]; // times the size at which a picture just fits
const FEW = 4; // labels of a log axis: the digits between two powers could not be read
const LEGIBLE = 4.5; // the contrast of text to its background (WCAG AA)

export class Theme {
  /** @param {HTMLElement} element @param {Stage["themes"]} tables */
  constructor(element, tables) {
    /** @type {(from: Element | null, name: string, otherwise?: string) => string} */
    const read = (from, name, otherwise = "") => getComputedStyle(/** @type {Element} */ (from)).getPropertyValue(name).trim() || otherwise;
    // Light or dark is the page's; the player's style sheet may make it a purer white or black.
    const light = luminance(read(element.parentElement, "--st-background-color", "#ffffff")) > 0.4;
    /** @type {"light" | "dark"} */
    this.name = light || element.classList.contains("optviz-printed") ? "light" : "dark";
    element.dataset.theme = this.name;
    const css = (/** @type {string} */ name, otherwise = "") => read(element, name, otherwise);
    this.background = css("--st-background-color", "#ffffff");
    this.text = css("--st-text-color", tables[this.name].text);
    this.font = css("--st-font", "sans-serif");
    this.scale = Number(css("--scale", "1")); // of type, lines and markers: larger for a projector
    this.projected = this.scale > 1;
    /** @type {Record<string, string>} */
    this.colors = { background: this.background, foreground: this.text, ...tables[this.name], ...(this.projected && { text: this.text }) };
    this.id = [this.background, this.text, this.font, this.scale].join();
  }

  // What stands beside the player (a table's legend) takes the same colors.
  mark() {
    for (const [name, color] of Object.entries(this.colors)) document.documentElement.style.setProperty(`--optviz-${name}`, color);
  }

  /** @param {string} name */
  color(name) {
    return this.colors[name] ?? name;
  }

  // The same color for text: with as much of the text's own color as it takes to be read.
  /** @param {string} name */
  ink(name) {
    const color = this.color(name);
    const shares = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
    const share = shares.find(share => contrast(mixed(color, this.text, share), this.background) >= LEGIBLE);
    return share === 1 ? color : mixed(color, this.text, share ?? 0);
  }

  template() {
    const axis = {
      gridcolor: faded(this.text, this.projected ? 0.25 : 0.12),
      linecolor: faded(this.text, this.projected ? 1 : 0.45),
      tickcolor: faded(this.text, this.projected ? 1 : 0.45),
      zerolinecolor: faded(this.text, 0.3),
      showline: true,
      zeroline: false,
      automargin: true,
      // Plotly's own titles would be cut, and none is smaller than its ticks.
      ...(this.projected && { title: { font: { size: Math.round(15 * this.scale) } }, tickfont: { size: Math.round(12 * this.scale) } }),
    };
    const faint = mixed(this.text, this.background, 0.25); // WebGL scenes ignore the opacity of a grid
    // What stands in a scene is drawn larger than it says.
    const small = { tickfont: { size: Math.round(9 * this.scale) }, title: { font: { size: Math.round(10 * this.scale) } }, nticks: 5 };
    const wall = { ...axis, showbackground: false, gridcolor: faint, linecolor: faint, tickcolor: faint, ...small };
    const font = { family: this.font, color: this.text, size: Math.round(14 * this.scale) };
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

  // A fresh figure in the colors of the page. Where its `meta` says into how many pixels it just `fits`, its type and
  // markers grow with the plot.
  /** @type {(text: string, size: { clientWidth: number, clientHeight: number }) => { data: Trace[], layout: Layout }} */
  paint(text, { clientWidth, clientHeight }) {
    /** @type {{ data?: Trace[], layout?: Layout }} */
    const { data = [], layout = {} } = JSON.parse(text);
    layout.template = this.template();
    layout.uirevision ??= "kept";
    // That of the other theme is there, unseen: a browser that prints does not wait until it is loaded.
    for (const image of layout.images ?? []) if (["light", "dark"].includes(image.name) && image.name !== this.name) image.opacity = 0;
    for (const note of layout.annotations ?? [])
      if (note.name in this.colors) {
        note.font = { ...note.font, color: this.ink(note.name) };
        note.arrowcolor = this.color(note.name);
      }
    for (const shape of layout.shapes ?? [])
      if (shape.name in this.colors) shape.line = { ...shape.line, color: this.color(shape.name) };
    data.forEach(trace => this.#paintTrace(trace));
    const [width, height] = layout.meta?.fits ?? [0, 0];
    const factor = width ? Math.min(Math.max(Math.min(clientWidth / width, clientHeight / height), SMALLEST), LARGEST) : this.scale;
    for (const trace of data) {
      const beside = (trace.xaxis ?? "x") !== "x"; // a strip of text above the picture
      if (beside ? this.projected : factor !== 1) enlarge(trace, beside ? this.scale : factor);
    }
    if (this.projected) this.#project(data, layout);
    return { data, layout };
  }

  // Everything larger, and lines that move are named where they end in place of a legend.
  /** @param {Trace[]} data @param {Layout} layout */
  #project(data, layout) {
    enlarge(layout, this.scale);
    for (const name of Object.keys(layout).filter(name => AXIS.test(name))) {
      const axis = /** @type {LayoutAxis} */ (layout[/** @type {"xaxis"} */ (name)]);
      if (axis.type === "log") axis.nticks ??= FEW;
    }
    const labelled = new Set(data.filter(({ mode, text }) => mode?.includes("text") && String(text?.[0] ?? "")).map(({ name }) => name));
    const isLine = (/** @type {Trace} */ { meta, mode }) => meta?.follows && mode?.includes("lines");
    const lines = data.filter(trace => isLine(trace) && trace.type !== "scatter3d" && trace.name && trace.showlegend !== false);
    if (lines.length === 1 && !layout.showlegend) return; // the title says what it is
    for (const trace of lines) {
      trace.showlegend = false;
      trace.meta = { ...trace.meta, named: !labelled.has(trace.name) };
      labelled.add(trace.name);
    }
    // Names of curves over the steps stand behind their ends; those of paths on a map, where there is room.
    if (!lines.length || !lines.every(({ meta }) => meta?.follows?.x === "step")) return;
    probe.font = `${Math.round(14 * this.scale)}px ${this.font}`;
    const widest = Math.max(...lines.flatMap(({ name }) => folded(name ?? "")).map(part => probe.measureText(part).width));
    layout.margin = { ...layout.margin, r: Math.max(layout.margin?.r ?? 0, Math.min(widest + 16, MOST_ASIDE * this.scale)) };
  }

  /** @param {Trace} trace */
  #paintTrace(trace) {
    const { color, colors, scales, lines } = trace.meta ?? {};
    if (scales) trace.colorscale = scales[this.name];
    if (lines && trace.contours) trace.contours.z.color = lines[this.name];
    if (colors) trace.colorscale = colors.map(([at, name]) => [at, this.color(name)]);
    if (!color) return;
    const hex = this.color(color);
    const type = trace.type ?? "scatter";
    if (type !== "bar") trace.line = { ...trace.line, color: hex };
    if (type === "contour") return;
    trace.marker = { ...trace.marker, color: hex };
    if (type === "bar") return;
    trace.marker.line = { color: this.background, width: 1.5, ...trace.marker.line };
    trace.textfont = { color: this.ink(color), ...trace.textfont };
  }
}
