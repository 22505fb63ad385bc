// The run before the present one, drawn faintly under it.

import { Source } from "./numbers.js";
import { Brush } from "./brush.js";

const LOOKED_AT = 1000; // ms that a run stands before it can become a ghost: of a drag only the run before it stays
const FAINT = { opacity: 0.5, width: 1.4 };

// Which run has been looked at, and which one was it before. At most one run is kept.
export class Before {
  #present = null;
  #looking;
  #asked; // the present store, when it was last asked whether the one before is like it
  #alike;
  run = null; // its store, and the axes of each panel at the time

  // Another run has come.
  follow(store, framesOf) {
    clearTimeout(this.#looking);
    this.run = this.#present ?? this.run;
    this.#present = null;
    this.#looking = setTimeout(() => (this.#present = { store, frames: framesOf() }), LOOKED_AT);
  }
  // Its store, where its arrays are those of the present run with other numbers.
  store(present) {
    if (this.#asked !== present) [this.#asked, this.#alike] = [present, this.run && areAlike(this.run.store, present)];
    return this.#alike ? this.run.store : null;
  }
}

function areAlike({ arrays }, present) {
  const shared = [...present.arrays].filter(([name]) => arrays.has(name));
  return shared.length > 0 && shared.every(([name, { shape }]) => arrays.get(name).shape.join() === shape.join());
}

// What the axes of a figure mean: a ghost is drawn only where they still mean the same.
export function frame({ figure, title }) {
  const { layout = {} } = JSON.parse(figure);
  const axes = Object.keys(layout).filter(name => /^[xy]axis\d*$/.test(name));
  return JSON.stringify([title, axes.map(name => [name, layout[name].title?.text, layout[name].type, layout[name].range])]);
}

// What one panel shows of the run before: its lines as a whole, lines between classes and other curves step by step.
export class Ghost {
  constructor(panel, store) {
    this.users = panel.spec.tracks
      .map(track => ({ trace: track.trace, source: new Source(asGhost(track), store) }))
      .filter(({ source }) => source.known);
  }
  brushes(looksOf, axesOf, background) {
    return this.users.flatMap(({ trace, source }) => {
      const looks = looksOf[trace];
      if (looks?.visible !== true || !isLine(looks, source)) return [];
      const line = { ...looks.line, width: Math.min(looks.line.width ?? 2, FAINT.width) };
      return [new Brush(source, { ...looks, mode: "lines", fill: "none", line, opacity: FAINT.opacity }, axesOf(looks), background)];
    });
  }
}

const asGhost = track => (track.mode === "grow" ? { ...track, mode: "all" } : track);
const isLine = (looks, source) =>
  looks.type === "contour" ||
  (looks.type === "scatter" && looks.mode.includes("lines") && (source.track.mode === "all" || source.isWholeRow("y")));
