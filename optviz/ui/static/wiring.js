// @ts-check
// What the units of a net put out, from its weights.

/** @import { Net, Numbers } from "./plotly.d.ts" */
/** @typedef {{ layer: number, from: number, to: number, unit?: undefined, end?: "from" | "to" }} Edge into a layer */
/** @typedef {{ layer: number, unit: number, from?: undefined, to?: undefined }} Unit */

const FARTHEST = 1e30; // beyond it a straight line has no numbers

// A function from its table, `values` at sinh(u) for u from -reach to reach; straight between the nodes and beyond.
/** @type {(values: number[], reach: number) => (v: number) => number} */
export function lookup(values, reach) {
  const last = values.length - 1;
  const nodes = Float64Array.from(values, (_, i) => Math.sinh(reach * ((2 * i) / last - 1)));
  return v => {
    const z = Math.min(Math.max(v, -FARTHEST), FARTHEST);
    const i = Math.min(Math.max(Math.floor(((Math.asinh(z) / reach + 1) / 2) * last), 0), last - 1);
    return values[i] + ((z - nodes[i]) / (nodes[i + 1] - nodes[i])) * (values[i + 1] - values[i]);
  };
}

export class Wiring {
  /** @param {Net} net */
  constructor({ sizes, activation, response, reach, side }) {
    this.sizes = sizes;
    this.side = side;
    this.activation = lookup(activation, reach);
    this.response = lookup(response, reach);
    this.starts = [0];
    for (let l = 1; l < sizes.length; l++) this.starts.push(this.starts[l - 1] + (sizes[l - 1] + 1) * sizes[l]);
  }
  get parameters() {
    return this.starts[this.sizes.length - 1];
  }
  get last() {
    return this.sizes.length - 1;
  }
  // The places in the net's vector of a weight into a layer, and of a bias.
  /** @param {Edge} edge */
  weight({ layer, from, to }) {
    return this.starts[layer - 1] + from * this.sizes[layer] + to;
  }
  /** @param {Unit} unit */
  bias({ layer, unit }) {
    return this.weight({ layer, from: this.sizes[layer - 1], to: unit });
  }

  // What all units of each layer put out in the middles of cells × cells, the uppermost row first; the last layer tells
  // its response.
  /** @type {(w: Numbers, cells: number) => (Float32Array | Float64Array)[][]} */
  outputs(w, cells) {
    const [low, high] = this.side;
    const along = (/** @type {number} */ i) => low + ((i + 0.5) / cells) * (high - low);
    /** @type {(Float32Array | Float64Array)[][]} */
    const layers = [[
      Float32Array.from({ length: cells * cells }, (_, p) => along(p % cells)),
      Float32Array.from({ length: cells * cells }, (_, p) => along(cells - 1 - Math.floor(p / cells))),
    ]];
    for (let layer = 1; layer <= this.last; layer++) {
      const bend = layer === this.last ? this.response : this.activation;
      layers.push(Array.from({ length: this.sizes[layer] }, (_, unit) => {
        const out = new Float64Array(cells * cells).fill(w[this.bias({ layer, unit })]);
        layers[layer - 1].forEach((a, from) => {
          const weight = w[this.weight({ layer, from, to: unit })];
          for (let p = 0; p < out.length; p++) out[p] += weight * a[p];
        });
        for (let p = 0; p < out.length; p++) out[p] = bend(out[p]);
        return out;
      }));
    }
    return layers;
  }
}

// How much values differ from each other: their standard deviation, 0 where they are no numbers.
/** @param {Float32Array | Float64Array} values */
export function spread(values) {
  let [sum, squares] = [0, 0];
  for (const v of values) sum += v;
  const mean = sum / values.length;
  for (const v of values) squares += (v - mean) ** 2;
  return Math.sqrt(squares / values.length) || 0;
}

// The `most` units that vary most, each in its place as long as it is not far behind another.
/** @type {(activity: number[], most: number, before?: number[]) => number[]} */
export function busiest(activity, most, before = []) {
  const order = [...activity.keys()].sort((a, b) => activity[b] - activity[a] || a - b);
  if (!before.length) return order.slice(0, most).sort((a, b) => a - b);
  const shown = [...before];
  for (const unit of order.filter(unit => !before.includes(unit))) {
    const weakest = shown.reduce((low, each) => (activity[each] < activity[low] ? each : low));
    if (!(activity[unit] > AHEAD * activity[weakest])) break;
    shown[shown.indexOf(weakest)] = unit;
  }
  return shown;
}
const AHEAD = 1.5;
