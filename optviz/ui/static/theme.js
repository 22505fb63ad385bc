// Colors and fonts of the page, as a Plotly template.


const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
export function rgb(color) {
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
export function luminance(color) {
  const [r, g, b] = rgb(color).map(v => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(color, other) {
  const [low, high] = [luminance(color), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
const LEGIBLE = 4.5; // the contrast of text to its background (WCAG AA)

export class Theme {
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

  // The same color for text: with as much of the text's own color as it takes to be read.
  ink(name) {
    const color = this.color(name);
    const shares = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
    const share = shares.find(share => contrast(mixed(color, this.text, share), this.background) >= LEGIBLE);
    return share === 1 ? color : mixed(color, this.text, share ?? 0);
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
        note.font = { ...note.font, color: this.ink(note.name) };
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
    trace.textfont = { color: this.ink(color), ...trace.textfont };
  }
}
