// Plotly's figures, as far as they are read or written here. https://plotly.com/javascript/reference

export type Numbers = ArrayLike<number> & Iterable<number>;
export type Point = [x: number, y: number];
export type Vector = [x: number, y: number, z: number];
export type Dimension = "x" | "y" | "z";
/** One value for all rows, or one a row. */
export type PerRow<T> = T | ArrayLike<T>;
/** Places from 0 to 1 with their colors. */
export type ColorScale = [at: number, color: string][];

export interface Font {
  family: string;
  size: number;
  color: string;
}
export interface Line {
  color: string;
  width: number;
  dash?: string;
  shape?: string;
}
export interface Marker {
  color: string;
  size: PerRow<number>;
  symbol?: string;
  opacity?: PerRow<number>;
  line?: Partial<Line>;
  angle?: PerRow<number>;
  angleref?: string;
}

/** What a figure says to the player: `optviz/figures` writes it into the `meta` of a trace. */
export interface Meta {
  follows?: { mode: string; x?: string | [string, number] };
  color?: string;
  colors?: ColorScale;
  scales?: Record<string, ColorScale>;
  lines?: Record<string, string>;
  dash?: string;
  named?: boolean;
  cased?: boolean;
  runner?: boolean;
  grip?: boolean;
  goal?: boolean;
  ball?: boolean;
  from?: number;
  net?: Net;
  tiles?: Tiles;
}
/** A net that the browser evaluates (`optviz/figures/net.py`). */
export interface Net {
  sizes: number[];
  activation: number[];
  response: number[];
  reach: number;
  side: Point;
  inputs: string[];
  points: Vector[];
  words: Record<"keys" | "some" | "every" | "legend" | "output" | "unit" | "range" | "gradient" | "step" | "weight" | "bias", string>;
}
/** Images of weights side by side: each has `side` × `side` bytes, 0 in the middle of `full`. */
export interface Tiles {
  side: number;
  columns: number;
  full: number;
  keys: string;
  names: string[];
  above: string[];
  land?: Land;
}
/** What is drawn on images that are maps: points as shares of the side, with their class and whether they are hollow. */
export interface Land {
  points: [x: number, y: number, label: number, hollow: number][];
  asked: Point; // the one that is asked about, a cross
}

/** A trace as Plotly completes it. What a type of traces does not have is missing; it is read for that type alone. */
export interface Looks {
  type: string;
  mode: string;
  name: string;
  visible: boolean | "legendonly";
  opacity?: number;
  meta?: Meta;
  xaxis: string;
  yaxis: string;
  x: Numbers;
  y: Numbers;
  z: Numbers[];
  width?: number;
  line: Line;
  marker: Marker;
  text: PerRow<string>;
  textfont: Font;
  textposition?: PerRow<string>;
  texttemplate?: string;
  fill?: string;
  fillcolor: string;
  colorscale: ColorScale;
  zmin: number;
  zmax: number;
  zsmooth?: string | false;
  contours: { start: number; end: number; size: number; z: { color?: string } };
}
/** A trace as a figure has it. */
export type Trace = Partial<Omit<Looks, "line" | "marker" | "textfont">> & {
  line?: Partial<Line>;
  marker?: Partial<Marker>;
  textfont?: Partial<Font>;
  showlegend?: boolean;
};

export interface LayoutAxis {
  type?: string;
  range?: Point;
  autorange?: boolean;
  autorangeoptions?: { include?: number | number[]; clipmax?: number };
  title?: { text?: string };
  nticks?: number;
}
export interface Camera {
  eye: Place;
  center: Place;
  up: Place;
}
type Place = Record<Dimension, number>;
interface Named {
  name: string;
}
export interface Layout {
  [axis: `${"x" | "y"}axis${string}`]: LayoutAxis | undefined;
  template?: object;
  uirevision?: string;
  autosize?: boolean;
  width?: number;
  height?: number;
  dragmode?: string | false;
  showlegend?: boolean;
  margin?: { r?: number };
  meta?: { fits?: [width: number, height: number] };
  images?: (Named & { opacity?: number })[];
  annotations?: (Named & { font?: Partial<Font>; arrowcolor?: string })[];
  shapes?: (Named & { line?: Partial<Line> })[];
  scene?: { camera?: Partial<Camera> };
}
export interface Legend {
  xanchor: string;
  yanchor: string;
}

/** An element in which Plotly has drawn. */
export interface Plot extends HTMLDivElement {
  data: Trace[];
  layout: Layout;
  on(event: string, listener: (change: Record<string, unknown>) => unknown): void;
}
export interface Plotly {
  react(plot: Plot, data: Trace[], layout: Layout, config: object): Promise<unknown>;
  relayout(plot: Plot, change: object): Promise<unknown>;
  purge(plot: Plot): void;
  Plots: { resize(plot: Plot): Promise<unknown> };
}
declare global {
  interface Window {
    Plotly?: Plotly;
  }
}
