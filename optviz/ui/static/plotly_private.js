// @ts-check
// All that leans on what Plotly does not promise: the layout and the traces that it completes, the places of its axes,
// the scenes and what WebGL does in them, the classes of its elements. What it changes is mended here.

/** @import { Camera, Font, Legend, Looks, Numbers, Plot, Point, Vector } from "./plotly.d.ts" */

/** @typedef {{ x: ScreenAxis, y: ScreenAxis, aside: number }} Axes */
/** @typedef {{ vertical: boolean, offset: number, length: number, range: Point, type: string }} ScreenAxis */
/** @typedef {{ left: number, top: number, width: number, height: number }} Box */
/** @typedef {{ aspectratio: Camera["eye"] } & Record<"xaxis" | "yaxis" | "zaxis", { range: Point }>} SceneLayout */
/** @typedef {(() => void) & { watched?: boolean }} Render */
/**
 * @typedef {object} Scene
 * @property {() => Camera} getCamera
 * @property {{ lookAt(eye: Vector, center: Vector, up: Vector): void }} camera
 * @property {HTMLElement} container
 * @property {Vector} dataScale
 * @property {SceneLayout} fullSceneLayout
 * @property {{ canvas: HTMLCanvasElement, redraw(): void, cameraParams: Record<"model" | "view" | "projection", number[]>, onrender?: Render, oncontextloss?: () => void }} [glplot]
 */
/** @typedef {{ _id: string, _offset: number, _length: number, range: Point, type: string, d2p(v: unknown): number, p2d(v: number): number }} FullAxis */
/**
 * @typedef {object} FullLayout
 * @property {number} width
 * @property {number} height
 * @property {Font} font
 * @property {Legend} [legend]
 * @property {{ r: number }} _size
 * @property {{ gl3d?: string[] }} [_subplots]
 */
/** @typedef {{ x?: unknown, y?: unknown, z?: unknown, s?: unknown, i?: number, t?: unknown, trace?: unknown }} Calculated */
/** @typedef {Plot & { _fullLayout?: FullLayout & Record<string, any>, _fullData: Looks[], calcdata?: Calculated[][] }} Inside */

/** @type {(plot: Plot) => Inside} */
const inside = plot => /** @type {Inside} */ (plot);
/** @type {(plot: Plot) => FullLayout & Record<string, any>} */
const layoutOf = plot => /** @type {FullLayout} */ (inside(plot)._fullLayout);

// ---- what is drawn

/** @type {(plot: Plot) => boolean} */
export const isDrawn = plot => Boolean(inside(plot)._fullLayout);
/** @type {(plot: Plot) => boolean} */
export const isSolid = plot => Boolean(inside(plot)._fullLayout?._subplots?.gl3d?.length);
// The traces with all their defaults.
/** @type {(plot: Plot) => Looks[]} */
export const looksOf = plot => inside(plot)._fullData;
/** @type {(plot: Plot) => Pick<FullLayout, "width" | "height" | "font" | "legend">} */
export const completed = plot => layoutOf(plot);

// ---- axes

export const AXIS = /^[xy]axis\d*$/;
/** @type {(id: string) => `${"x" | "y"}axis${string}`} */
export const axisKey = id => `${/** @type {"x" | "y"} */ (id[0])}axis${id.slice(1)}`;
/** @type {(plot: Plot) => string[]} */
export const axisNames = plot => Object.keys(inside(plot)._fullLayout ?? {}).filter(name => AXIS.test(name));
/** @type {(plot: Plot, name: string) => FullAxis | undefined} */
const axisOf = (plot, name) => inside(plot)._fullLayout?.[name];
/** @type {(plot: Plot, name: string) => Point | undefined} */
export const rangeOf = (plot, name) => axisOf(plot, name)?.range;

// An axis as it stands now, in pixels of the plot.
/** @type {(plot: Plot, name: string) => ScreenAxis} */
export function placed(plot, name) {
  const { _id, _offset, _length, range, type } = /** @type {FullAxis} */ (axisOf(plot, name));
  return { vertical: _id[0] === "y", offset: _offset, length: _length, range, type };
}
// Those of a trace, with the margin beside them.
/** @type {(plot: Plot, looks: Looks) => Axes} */
export const axesOf = (plot, { xaxis, yaxis }) => ({ x: placed(plot, axisKey(xaxis)), y: placed(plot, axisKey(yaxis)), aside: layoutOf(plot)._size.r });

/** @type {(plot: Plot) => [FullAxis, FullAxis]} */
const first = plot => [layoutOf(plot).xaxis, layoutOf(plot).yaxis];
/** @type {(plot: Plot) => [ScreenAxis, ScreenAxis]} */
export const plane = plot => [placed(plot, "xaxis"), placed(plot, "yaxis")];
// From pixels between its first axes to their numbers, and back.
/** @type {(plot: Plot, pixels: Point) => Point} */
export const toNumbers = (plot, pixels) => /** @type {Point} */ (first(plot).map((axis, i) => axis.p2d(pixels[i])));
/** @type {(plot: Plot, numbers: readonly [unknown, unknown]) => Point} */
export const toPixels = (plot, numbers) => /** @type {Point} */ (first(plot).map((axis, i) => axis.d2p(numbers[i])));

// ---- elements

/** @type {(plot: Plot) => Element | null | undefined} */
export const pictureOf = plot => plot.querySelector(".svg-container")?.querySelector(".main-svg");
/** @type {(plot: Plot) => Element | null} */
export const groundOf = plot => plot.querySelector(".svg-container .gl-container");
// What takes the pointer between the axes.
export const PLANE = ".draglayer, .nsewdrag";
// Hide what Plotly would draw of some traces, by their numbers.
/** @type {(plot: Plot, traces: Set<number>) => void} */
export function hide(plot, traces) {
  const groups = /** @type {NodeListOf<SVGGElement & { __data__?: { trace?: { index: number } }[] }>} */ (
    plot.querySelectorAll(".svg-container .cartesianlayer :is(g.trace, g.hm, g.contour, g.bars)")
  );
  for (const group of groups) {
    const index = group.__data__?.[0]?.trace?.index;
    group.style.display = index !== undefined && traces.has(index) ? "none" : "";
  }
}

// Plotly finds what is under the pointer among these: they become the points that a trace has now.
/** @type {(plot: Plot, number: number, kind: "grid" | "bar" | "points") => void} */
export function renewHover(plot, number, kind) {
  const { calcdata } = inside(plot);
  const trace = plot.data[number];
  const points = calcdata?.[number];
  if (!calcdata || !points?.[0]) return;
  const { x, y } = /** @type {{ x: Numbers, y: Numbers }} */ (trace);
  if (kind === "grid") points[0].z = trace.z;
  else if (kind === "bar") points.forEach((point, i) => (point.s = point.y = y[i]));
  else {
    const { t, trace: full } = points[0];
    calcdata[number] = Array.from(x, (value, i) => ({ x: value, y: y[i], i, ...(i === 0 && { t, trace: full }) }));
  }
}

// ---- scenes: none before WebGL has begun

/** @type {(plot: Plot) => (Scene | undefined)[]} */
export const scenesOf = plot => (inside(plot)._fullLayout?._subplots?.gl3d ?? []).map(name => layoutOf(plot)[name]._scene);

// Plotly itself would wait for ever for a lost context to come back.
/** @type {(scene: Scene | undefined, listener: () => void) => void} */
export function onContextLoss(scene, listener) {
  if (scene?.glplot) scene.glplot.oncontextloss = listener;
}
/** @type {(scene: Scene, listener: () => void) => void} */
export function onRender({ glplot }, listener) {
  const render = glplot?.onrender;
  if (!glplot || render?.watched) return;
  glplot.onrender = Object.assign(
    () => {
      render?.();
      listener();
    },
    { watched: true },
  );
}
// Where a scene stands in its plot.
/** @type {(scene: Scene) => Box} */
export const boxOf = ({ container: { offsetLeft, offsetTop, clientWidth, clientHeight } }) => ({ left: offsetLeft, top: offsetTop, width: clientWidth, height: clientHeight });
// From the numbers of the axes to the eye: each is applied to what the one before gave, by columns.
/** @type {(scene: Scene) => number[][]} */
export function matricesOf({ glplot }) {
  const { model, view, projection } = /** @type {NonNullable<Scene["glplot"]>} */ (glplot).cameraParams;
  return [model, view, projection].map(matrix => [...matrix]);
}
/** @type {(scene: Scene) => Vector} */
export const stretchOf = scene => scene.dataScale;
/** @type {(scene: Scene) => { ranges: Point[], aspect: Vector }} */
export function measuresOf({ fullSceneLayout: { xaxis, yaxis, zaxis, aspectratio } }) {
  return { ranges: [xaxis, yaxis, zaxis].map(({ range }) => range), aspect: [aspectratio.x, aspectratio.y, aspectratio.z] };
}
/** @type {(scene: Scene) => Camera} */
export const cameraOf = scene => scene.getCamera();
/** @type {(scene: Scene, eye: Vector, center: Vector, up: Vector) => void} */
export const lookAt = (scene, eye, center, up) => scene.camera.lookAt(eye, center, up);

// A copy of what WebGL has drawn, over it.
/** @type {(scene: Scene) => HTMLCanvasElement | undefined} */
export function photograph({ glplot, container }) {
  if (!glplot) return undefined;
  glplot.redraw();
  const photo = document.createElement("canvas");
  Object.assign(photo, { width: glplot.canvas.width, height: glplot.canvas.height });
  photo.getContext("2d")?.drawImage(glplot.canvas, 0, 0);
  container.append(photo);
  return photo;
}
