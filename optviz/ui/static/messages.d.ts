// What Python and the browser tell each other (`optviz/ui/player.py`, `optviz/ui/tab.py`).

/** What a track reads: the step's number, a whole row, or a column of the row. */
export type Ref = string | [name: string, column: number];
export interface Track {
  trace: number;
  mode: "grow" | "at" | "all";
  x: Ref | null;
  y: Ref | null;
  z: Ref | null;
}
export type Words = Record<string, string>;

/** The picture: its figures follow the header, `bytes` of JSON each. */
export interface Stage {
  key: string;
  plotly: string;
  words: Words;
  themes: Record<"light" | "dark", Record<string, string>>;
  panels: Described[];
  even: boolean | number;
}
export interface Described {
  title: string;
  cell: string;
  pick: boolean | "drag";
  quiet: boolean;
  tracks: Track[];
  bytes: number;
  hash: string;
}
export type Spec = Described & { figure: string };

/** The numbers: the rows of each array follow the header. */
export interface Feed {
  key: string;
  run: string;
  steps: number | null;
  growing: boolean;
  summary: string;
  captions: Caption[];
  watch: boolean;
  rested: number | null;
  opening: Opening | null;
  slow: Slow | null;
  junction: Junction | null;
  heard: number;
  slides: boolean;
  shared?: Answer;
  arrays: Rows[];
}
export interface Rows {
  name: string;
  dtype: "u1" | "f4";
  shape: number[];
  stride: number;
  first: number;
  rows: number;
}
export interface Caption {
  step: number;
  text: string;
  color: string;
  mark: string;
}
export interface Slow {
  array: string;
  columns: string[];
  sentences: string[];
  end: string;
  fork: number | null;
  onward: string[] | null;
}
export interface Junction {
  step: number;
  name: string;
  still: boolean;
}
/** What a link wants to be seen. */
export interface Opening {
  number: number;
  step: number | null;
  speed: number | null;
  views: Views;
  ask: string;
  name: string;
  projector: boolean;
}
export interface Views {
  tabs?: Record<string, number>;
  panels?: Record<string, View>;
}
export interface View {
  ranges?: Record<string, [low: number, high: number]>;
  camera?: Partial<import("./plotly.d.ts").Camera>;
  uirevision?: string;
}
/** Of the dialog that shares a moment: the modules of a code, or a word on what was added. */
export interface Answer {
  number: number;
  qr?: { size: number; path: string } | null;
  added?: string;
}

/** What the tab is told. */
export interface Told {
  lang: string;
  offline: string;
  kept: unknown;
}

/** What Streamlit calls a component with. */
export interface Component {
  data: Uint8Array;
  parentElement: HTMLElement;
  setTriggerValue: Tell;
}
export type Tell = (name: string, value: unknown) => void;
export interface Message {
  data: Uint8Array;
  tell: Tell;
}

declare global {
  /** Where the feed leaves its messages; they have waited in a list where the player was loaded late. */
  var optvizInbox: Message[] | { push(message: Message): void; sessions: Map<string, import("./player.js").Session> };
}
