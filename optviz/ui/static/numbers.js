// The numbers: messages taken apart, the arrays of one run as they arrive, and what a track reads of them.


// [uint32 length][JSON header][blobs], each part padded to 8 bytes
export function unframe(bytes) {
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

export class Store {
  constructor(run) {
    this.run = run;
    this.arrays = new Map();
    this.steps = null;
    this.growing = false;
    this.summary = "";
    this.lacking = false; // rows are missing in between
  }

  take({ steps, growing, summary, slow, arrays }, blob) {
    Object.assign(this, { steps, growing, summary, slow, lacking: false });
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
export class Source {
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
    return this.track.mode === "all" ? this.rows - 1 : Math.min(Math.floor(step / this.stride), this.rows - 1);
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
      else out[dimension] = this.column(dimension).subarray(this.track.mode === "at" ? r : 0, r + 1);
    }
    return out;
  }
}
