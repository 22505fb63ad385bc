// @ts-check
// The run before the present one, drawn faintly under it.

import { Source } from "./numbers.js";
import { Brush } from "./brush.js";
import { AXIS } from "./plotly_private.js";

/** @import { Spec, Track } from "./messages.d.ts" */
/** @import { Store } from "./numbers.js" */
/** @import { Panel } from "./panel.js" */
/** @import { Layout, LayoutAxis, Looks } from "./plotly.d.ts" */
/** @import { Axes } from "./plotly_private.js" */
/** @typedef {{ store: Store, frames: string[] }} Run its numbers, and the axes of each panel at the time */

const LOOKED_AT = 1000; // ms that a run stands before it can become a ghost: of a drag only the run before it stays
const FAINT = { opacity: 0.5, width: 1.4 };

// Which run has been looked at, and which one was it before. At most one run is kept.
export class Before {
  /** @type {Run | null} */
  #present = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #looking;
  /** @type {Store | undefined} */
  #asked; // the present store, when it was last asked whether the one before is like it
  #alike = false;
  /** @type {Run | null} */
  run = null;

  // Another run has come.
  /** @param {Store} store @param {() => string[]} framesOf */
  follow(store, framesOf) {
    clearTimeout(this.#looking);
    this.run = this.#present ?? this.run;
    this.#present = null;
    this.#looking = setTimeout(() => (this.#present = { store, frames: framesOf() }), LOOKED_AT);
  }
  // Its store, where its arrays are those of the present run with other numbers.
  /** @param {Store} present */
  store(present) {
    if (this.#asked !== present) [this.#asked, this.#alike] = [present, this.run !== null && areAlike(this.run.store, present)];
    return this.run && this.#alike ? this.run.store : null;
  }
}

/** @param {Store} store @param {Store} present */
function areAlike({ arrays }, present) {
  const shared = [...present.arrays].filter(([name]) => arrays.has(name));
  return shared.length > 0 && shared.every(([name, { shape }]) => arrays.get(name)?.shape.join() === shape.join());
}

// What the axes of a figure mean: a ghost is drawn only where they still mean the same.
/** @param {Spec} spec */
export function frame({ figure, title }) {
  /** @type {{ layout?: Layout }} */
  const { layout = {} } = JSON.parse(figure);
  const axes = Object.keys(layout).filter(name => AXIS.test(name));
  return JSON.stringify([title, axes.map(name => {
    const { title, type, range } = /** @type {LayoutAxis} */ (layout[/** @type {"xaxis"} */ (name)]);
    return [name, title?.text, type, range];
  })]);
}

// What one panel shows of the run before: its lines as a whole, lines between classes and other curves step by step.
export class Ghost {
  /** @param {Panel} panel @param {Store} store */
  constructor(panel, store) {
    /** @type {{ trace: number, source: Source }[]} */
    this.users = panel.spec.tracks
      .map(track => ({ trace: track.trace, source: new Source(asGhost(track), store) }))
      .filter(({ source }) => source.known);
  }
  /** @param {Looks[]} looksOf @param {(looks: Looks) => Axes} axesOf @param {string} background */
  brushes(looksOf, axesOf, background) {
    return this.users.flatMap(({ trace, source }) => {
      const looks = looksOf[trace];
      if (looks?.visible !== true || !isLine(looks, source)) return [];
      const line = { ...looks.line, width: Math.min(looks.line.width ?? 2, FAINT.width) };
      return [new Brush(source, { ...looks, mode: "lines", fill: "none", line, opacity: FAINT.opacity }, axesOf(looks), background)];
    });
  }
}

/** @type {(track: Track) => Track} */
const asGhost = track => (track.mode === "grow" ? { ...track, mode: "all" } : track);
/** @param {Looks} looks @param {Source} source */
const isLine = (looks, source) =>
  looks.type === "contour" ||
  (looks.type === "scatter" && looks.mode.includes("lines") && (source.track.mode === "all" || source.isWholeRow("y")));
