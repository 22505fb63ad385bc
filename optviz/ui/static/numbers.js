// @ts-check
// The numbers: messages taken apart, the arrays of one run as they arrive, and what a track reads of them.

/** @import { Feed, Rows, Slow, Track } from "./messages.d.ts" */
/** @import { Dimension } from "./plotly.d.ts" */
/** @typedef {(size: number) => Uint8Array} Take */
/** @typedef {Float32Array | Uint8Array} Values */

// [uint32 length][JSON header][blobs], each part padded to 8 bytes
/** @type {(bytes: Uint8Array) => { header: any, take: Take }} */
export function unframe(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = padded(4 + length);
  /** @type {Take} */
  const take = size => {
    const blob = bytes.subarray(at, at + size);
    at += padded(size);
    return blob;
  };
  return { header, take };
}
/** @param {number} size */
const padded = size => Math.ceil(size / 8) * 8;

// ------------------------------------------------------------------------------------------------ numbers

// One array, row by row; `row r` belongs to step `r * stride`.
class Numbers {
  /** @param {Rows} described */
  constructor({ dtype, shape, stride }) {
    this.Type = dtype === "u1" ? Uint8Array : Float32Array;
    this.shape = shape;
    this.stride = stride;
    this.width = shape.reduce((a, b) => a * b, 1);
    this.rows = 0;
    /** @type {Values} */
    this.values = new this.Type(0);
    /** @type {Map<number, { filled: number, values: Values }>} */
    this.columns = new Map();
  }

  /** @param {number} first @param {number} rows @param {Uint8Array} blob */
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

  /** @param {number} r */
  row(r) {
    return this.values.subarray(r * this.width, (r + 1) * this.width);
  }

  /** @param {number} c */
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

export class Store {
  /** @param {string | null} run */
  constructor(run) {
    this.run = run;
    /** @type {Map<string, Numbers>} */
    this.arrays = new Map();
    /** @type {number | null} */
    this.steps = null;
    this.growing = false;
    this.summary = "";
    /** @type {Slow | null} */
    this.slow = null;
    this.lacking = false; // rows are missing in between
  }

  /** @param {Feed} header @param {Take} blob */
  take({ steps, growing, summary, slow, arrays }, blob) {
    Object.assign(this, { steps, growing, summary, slow, lacking: false });
    for (const described of arrays) {
      const { name, dtype, first, rows } = described;
      const bytes = blob(rows * (dtype === "u1" ? 1 : 4) * described.shape.reduce((a, b) => a * b, 1));
      const numbers = this.arrays.get(name) ?? new Numbers(described);
      this.arrays.set(name, numbers);
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

/** @type {Map<number, Float32Array>} */
const stepNumbers = new Map(); // stride -> 0, stride, 2 stride, …
/** @param {number} stride @param {number} rows */
function stepColumn(stride, rows) {
  let column = stepNumbers.get(stride);
  if (!column || column.length < rows) {
    column = Float32Array.from({ length: Math.max(1024, 2 * rows) }, (_, r) => r * stride);
    stepNumbers.set(stride, column);
  }
  return column;
}

const DIMENSIONS = /** @type {const} */ (["x", "y", "z"]);

// A track bound to the arrays of the present run.
export class Source {
  /** @param {Track} track @param {Store} store */
  constructor(track, store) {
    this.track = track;
    /** @type {Partial<Record<Dimension, [name: string, column?: number]>>} */
    this.refs = {};
    for (const d of DIMENSIONS) if (track[d] != null) this.refs[d] = typeof track[d] === "string" ? [track[d]] : track[d];
    const names = Object.values(this.refs).map(([name]) => name).filter(name => name !== "step");
    this.inputs = names.flatMap(name => store.arrays.get(name) ?? []);
    this.known = names.length > 0 && this.inputs.length === names.length;
    /** @type {Store} */
    this.store = store;
    if (this.known && !this.refs.z && !this.refs.x && !this.isWholeRow("y")) this.refs.x = ["step"];
    this.stride = this.known ? this.inputs[0].stride : 1;
  }

  get rows() {
    return this.known ? Math.min(...this.inputs.map(numbers => numbers.rows)) : 0;
  }
  /** @param {number} step */
  rowAt(step) {
    return this.track.mode === "all" ? this.rows - 1 : Math.min(Math.floor(step / this.stride), this.rows - 1);
  }
  // What a dimension reads, where its array is known.
  /** @param {Dimension} dimension */
  #array(dimension) {
    return /** @type {Numbers} */ (this.store.arrays.get(this.refs[dimension]?.[0] ?? ""));
  }
  /** @param {Dimension} dimension */
  column(dimension) {
    const [name, column] = this.refs[dimension] ?? [];
    return name === "step" ? stepColumn(this.stride, this.rows) : this.#array(dimension).column(column ?? 0);
  }
  /** @param {Dimension} dimension */
  numbers(dimension) {
    const { values, rows, width } = this.#array(dimension);
    return values.subarray(0, rows * width);
  }
  /** @param {Dimension} dimension @param {number} r */
  wholeRow(dimension, r) {
    return this.#array(dimension).row(r);
  }
  /** @param {Dimension} dimension */
  isWholeRow(dimension) {
    const [name, column] = this.refs[dimension] ?? [];
    return name !== undefined && name !== "step" && column === undefined && this.#array(dimension).width > 1;
  }
  /** @param {number} r */
  grid(r) {
    const numbers = this.#array("z");
    const [height, width] = numbers.shape;
    return { values: numbers.row(r), height, width };
  }

  // What Plotly's trace holds when step k is shown.
  /** @param {number} step */
  values(step) {
    const r = this.rowAt(step);
    /** @type {Partial<Record<Dimension, Values | Values[]>>} */
    const out = {};
    for (const dimension of DIMENSIONS) {
      if (!this.refs[dimension]) continue;
      if (dimension === "z" && this.isWholeRow("z")) {
        const { values, height, width } = this.grid(r);
        out.z = Array.from({ length: height }, (_, i) => values.subarray(i * width, (i + 1) * width));
      } else if (this.isWholeRow(dimension)) out[dimension] = this.wholeRow(dimension, r);
      else out[dimension] = this.column(dimension).subarray(this.track.mode === "at" ? r : 0, r + 1);
    }
    return out;
  }
}
