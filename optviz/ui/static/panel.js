// @ts-check
// One figure with its tracks: Plotly draws what stands still, brushes what moves.

import { Source } from "./numbers.js";
import { telling } from "./telling.js";
import { Pointer } from "./pointer.js";
import { around, element } from "./dom.js";
import { Brush, Canvas, isLog, placeLabels, scale } from "./brush.js";
import { paintLens } from "./lens.js";
import { Net } from "./net.js";
import * as inside from "./plotly_private.js";
import { SolidBrush, Space } from "./solid.js";
import { Tiles } from "./tiles.js";

/** @import { Label } from "./brush.js" */
/** @import { Spec, View } from "./messages.d.ts" */
/** @import { Ghost } from "./ghosts.js" */
/** @import { Player } from "./player.js" */
/** @import { Camera, Layout, LayoutAxis, Looks, Numbers, Plot, Plotly, Point, Trace } from "./plotly.d.ts" */
/** @import { Axes, Scene } from "./plotly_private.js" */
/** @import { Spot } from "./pointer.js" */
/** @import { Theme } from "./theme.js" */
/**
 * What paints a track: a brush, or a picture that is made of things.
 * @typedef {object} Painter
 * @property {Source} source
 * @property {Looks} looks
 * @property {number} drawn
 * @property {(trail: Canvas, step: number, casing: Canvas) => void} [grow]
 * @property {(heads: Canvas, step: number) => Label | null} [at]
 * @property {(under: Canvas, step: number) => void} [grid]
 */
/** @typedef {{ d: "x" | "y", trace: Trace, source: Source | undefined }} User of an axis */

const SHORT_DRAG = 6; // pixels: less is a click

/** @type {boolean | null | undefined} */
let webGL;
const hasWebGL = () => (webGL ??= Boolean(document.createElement("canvas").getContext("webgl")));
const REST = 500; // milliseconds from one lost WebGL context to the next new one
const REACH = 22; // pixels: a point is taken hold of by a thumb
const TOUCH = matchMedia("(pointer: coarse)");
/** @param {number} value @param {number} most */
const clamp = (value, most) => Math.min(Math.max(value, 0), most);
const LEAST = -12; // the power of ten where a log axis ends: what is smaller is rounding, and interests nobody
const WIDE = 1.3; // so many times as wide as high a picture is that has room for a scene
const FARTHEST = 1.9;
const PRINTED = 3; // dots of a canvas for one of the page, on paper
/** @param {Trace} trace */
const isSolid = trace => /3d$|^(surface|cone|streamtube|volume|isosurface)$/.test(trace.type ?? "");
/** @param {Source} source */
const isGrid = source => source.track.z != null && source.track.x == null;

export class Panel {
  // `place` is its cell and its number there: the same in every language.
  /** @param {Spec} spec @param {Player} player @param {string} place */
  constructor(spec, player, place) {
    this.spec = spec;
    this.player = player;
    this.place = place;
    this.open = false;
    this.gone = false;
    /** @type {Promise<unknown>} */
    this.tasks = Promise.resolve();
    /** @type {string | null} */
    this.painted = null; // the figure and the theme that are drawn
    /** @type {Source[]} */
    this.sources = [];
    /** @type {Ghost | null} */
    this.ghost = null;
    /** @type {Painter[] | null} */
    this.brushes = [];
    /** @type {number | null} */
    this.shownStep = null;
    this.subStep = Infinity;
    /** @type {Space | null} */
    this.space = null;
    /** @type {Layout} */
    this.given = {}; // the layout without what the visitor did
    /** @type {Net | Tiles | undefined} */
    this.chooser = undefined;
    /** @type {Point | null} */
    this.gripped = null;
    /** @type {HTMLElement | undefined} */
    this.tab = undefined;
    /** @type {string | undefined} */
    this.geometry = undefined;
    /** @type {string | null} */
    this.gridRow = null;
    /** @type {number | null} */
    this.hoverReady = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.picking = undefined;
    /** @type {number | undefined} */
    this.followed = undefined; // the trace of the ball that the camera goes along with
    /** @type {Camera | undefined} */
    this.stood = undefined;
    /** @type {HTMLSelectElement | undefined} */
    this.choice = undefined;
    /** @type {string | undefined} */
    this.balls = undefined;
    this.fitting = false;
    this.lost = false;
    /** @type {HTMLCanvasElement | undefined} */
    this.photo = undefined;
    this.node = document.createElement("div");
    this.node.className = "optviz-panel";
    this.node.classList.toggle("optviz-fixed", !spec.tracks.length);
    this.plot = /** @type {Plot} */ (document.createElement("div"));
    this.plot.className = "optviz-plot";
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", spec.title || player.words.player);
    this.plot.setAttribute("aria-describedby", player.sentence.id);
    this.node.append(this.plot);
    this.layers = { under: new Canvas("under"), casing: new Canvas("casing"), trail: new Canvas("trail"), heads: new Canvas("heads") };
    this.sizes = new ResizeObserver(() => this.#resize());
    this.sizes.observe(this.node);
    if (spec.pick) this.#listenForPicks();
  }

  /** @returns {View} */
  get view() {
    return (this.player.session.views[this.place] ??= {});
  }
  get drawn() {
    return this.open && (inside.isDrawn(this.plot) || this.node.classList.contains("optviz-without"));
  }
  get is3d() {
    return inside.isSolid(this.plot);
  }

  /** @param {Spec} spec */
  update(spec) {
    const changed = spec.hash !== this.spec.hash;
    this.spec = spec;
    this.bind();
    if (changed) this.painted = null;
    this.show();
  }
  bind() {
    this.sources = this.spec.tracks.map(track => new Source(track, this.player.session.store));
    this.ghost = this.player.ghostOf(this);
    this.brushes = null;
    this.renew();
  }
  // More rows have come: what is shown of this step may change.
  renew() {
    this.shownStep = null;
  }

  // Draws the figure unless it stands as it should: Plotly.react costs 100 ms.
  show() {
    const { theme, Plotly } = this.player;
    if (!this.open || !Plotly || this.painted === this.spec.hash + theme.id) return;
    this.painted = this.spec.hash + theme.id;
    this.#queue(() => this.#react(Plotly, theme));
  }
  /** @param {() => unknown} task */
  #queue(task) {
    // What was under way while the plot was purged may fail.
    this.tasks = this.tasks.then(() => this.gone || task()).catch(error => this.gone || console.error(error));
  }

  /** @param {Plotly} Plotly @param {Theme} theme */
  async #react(Plotly, theme) {
    const { data, layout } = theme.paint(this.spec.figure, this.plot);
    const solid = data.some(isSolid);
    if (solid && !hasWebGL()) return this.#sayNoWebGL();
    this.node.classList.remove("optviz-without");
    if (!solid) this.space = null;
    else if (!this.view.camera) this.#stepBack(layout);
    const revision = String(layout.uirevision); // a view that a link has brought has none
    if ((this.view.uirevision ??= revision) !== revision) this.player.session.views[this.place] = { uirevision: revision };
    // What Plotly itself remembers of the visitor's zoom ends with it.
    layout.uirevision = `${revision}/${this.player.session.opened}`;
    this.given = structuredClone(layout);
    Object.assign(layout, { autosize: true, dragmode: layout.dragmode ?? (TOUCH.matches && !solid ? false : undefined) });
    delete layout.width;
    delete layout.height;
    if (solid && this.view.camera) layout.scene = { ...layout.scene, camera: this.view.camera };
    for (const [name, range] of Object.entries(this.view.ranges ?? this.#home(data)))
      setAxis(layout, name, { ...axisIn(layout, name), range: [...range], autorange: false });
    const first = !inside.isDrawn(this.plot);
    await Plotly.react(this.plot, data, layout, { displayModeBar: false, doubleClick: false, responsive: false });
    if (first) this.#listen();
    this.#plotted();
  }

  // In a narrow picture a scene would lose its sides: the camera stands so much farther away.
  /** @param {Layout} layout */
  #stepBack({ scene }) {
    const { clientWidth: width, clientHeight: height } = this.plot;
    const farther = Math.min(Math.max((WIDE * height) / width, 1), FARTHEST);
    if (scene?.camera?.eye) for (const d of /** @type {const} */ (["x", "y", "z"])) scene.camera.eye[d] *= farther;
  }

  // A browser takes WebGL away from a tab that slept, or from one of many: the scene is drawn anew, as it was seen.
  #redrawAnew() {
    if (this.gone || this.lost) return;
    this.lost = true;
    this.painted = webGL = null;
    this.#queue(async () => {
      await new Promise(done => setTimeout(done, REST));
      if (this.gone) return;
      this.player.Plotly?.purge(this.plot);
      this.lost = false;
      this.space = null;
      this.painted = null;
      this.show();
    });
  }

  #sayNoWebGL() {
    this.node.classList.add("optviz-without");
    this.plot.textContent = this.player.words.no_webgl;
  }

  #listen() {
    this.plot.on("plotly_afterplot", () => this.#plotted());
    this.plot.on("plotly_relayouting", () => this.player.request());
    this.plot.on("plotly_relayout", change => this.#keepView(change));
    this.plot.on("plotly_doubleclick", () => {
      delete this.view.ranges;
      this.fit();
    });
    this.plot.on("plotly_beforehover", () => !this.player.session.held && this.#prepareHover());
  }

  /** @param {Record<string, unknown>} change */
  #keepView(change) {
    if (this.fitting) return;
    if (Object.keys(change).some(name => name.startsWith("scene"))) this.view.camera = structuredClone(this.plot.layout.scene?.camera);
    if (Object.keys(change).some(name => name.includes("range")))
      this.view.ranges = Object.fromEntries(inside.axisNames(this.plot).map(name => [name, [...inside.placed(this.plot, name).range]]));
    this.player.request();
  }

  // ---- ranges: those of the figure where it gives them, else what the rows of this run span

  /** @param {Trace[]} data */
  #home(data) {
    /** @type {Record<string, Point>} */
    const ranges = {};
    /** @type {Map<string, User[]>} */
    const wanted = new Map();
    data.forEach((trace, index) => {
      if (isSolid(trace)) return;
      for (const d of /** @type {const} */ (["x", "y"])) {
        const name = inside.axisKey(trace[`${d}axis`] ?? d);
        const source = this.sources.find(s => s.track.trace === index);
        const ghosts = (this.ghost?.users ?? []).filter(user => user.trace === index);
        const users = [source, ...ghosts.map(user => user.source)].map(source => ({ d, trace, source }));
        wanted.set(name, [...(wanted.get(name) ?? []), ...users]);
      }
    });
    for (const [name, users] of wanted) {
      const axis = axisIn(this.given, name) ?? {};
      const range = axis.range ?? (axis.autorange === false || !users.some(u => u.source) ? null : span(users, axis));
      if (range) ranges[name] = range;
    }
    return ranges;
  }

  fit() {
    if (!this.open || !inside.isDrawn(this.plot) || this.is3d || this.view.ranges) return;
    const change = {};
    for (const [name, range] of Object.entries(this.#home(this.plot.data))) {
      const now = inside.rangeOf(this.plot, name);
      if (now && range.some((v, i) => v !== now[i])) Object.assign(change, { [`${name}.range`]: range, [`${name}.autorange`]: false });
    }
    if (!Object.keys(change).length) return;
    this.#queue(async () => {
      this.fitting = true;
      await this.player.Plotly?.relayout(this.plot, change).finally(() => (this.fitting = false));
    });
  }

  // ---- what moves

  #plotted() {
    if (this.gone) return;
    const picture = inside.pictureOf(this.plot);
    const scenes = inside.scenesOf(this.plot);
    for (const scene of scenes) inside.onContextLoss(scene, () => this.#redrawAnew());
    if (!picture) return this.player.request();
    const { under, casing, trail, heads } = this.layers;
    if (scenes[0]) {
      this.#watch(scenes[0]);
      const ground = inside.groundOf(this.plot);
      if (ground?.nextSibling !== casing.node) ground?.after(casing.node, trail.node, heads.node);
      return this.player.request();
    }
    if (under.node.nextSibling !== picture) picture.before(under.node);
    if (picture.nextSibling !== casing.node) picture.after(casing.node, trail.node, heads.node);
    inside.hide(this.plot, new Set(this.spec.tracks.map(track => track.trace)));
    this.brushes = null;
    this.hoverReady = null;
    this.player.request();
  }

  // Returns the brushes for the figure as it stands.
  #prepare() {
    const layout = inside.completed(this.plot);
    for (const layer of Object.values(this.layers)) layer.fit(layout.width, layout.height, this.player.printed ? PRINTED : window.devicePixelRatio || 1);
    const axesOf = (/** @type {Looks} */ looks) => inside.axesOf(this.plot, looks);
    const looksOf = inside.looksOf(this.plot);
    const { background } = this.player.theme;
    this.layers.casing.clear();
    this.layers.trail.clear();
    this.geometry = this.#geometry();
    this.gridRow = null;
    const { space } = this;
    if (space) return this.sources.filter(source => source.known).map(source => new SolidBrush(source, this.#solidLooks(source.track.trace), space, background));
    const brushes = this.sources.map(source => {
      const looks = looksOf[source.track.trace];
      if (looks?.visible !== true || !source.known) return null;
      const axes = axesOf(looks);
      const { net, tiles } = looks.meta ?? {};
      if (net) return this.#chooser(Net, net, source, axes).brush(source, looks, axes, net);
      if (tiles) return this.#chooser(Tiles, tiles, source, axes).brush(source, looks, axes, tiles);
      return new Brush(source, looks, axes, background, looks.meta?.named ? layout.font : undefined);
    });
    const ghosts = this.ghost?.brushes(looksOf, axesOf, background) ?? [];
    // under the present lines, but on the grids
    return [...ghosts.filter(brush => !isGrid(brush.source)), ...brushes.filter(brush => brush !== null), ...ghosts.filter(brush => isGrid(brush.source))];
  }
  // The one of a kind that this panel has.
  /**
   * @template {Net | Tiles} Kind, Described
   * @param {new (panel: Panel, described: Described, source: Source, axes: Axes) => Kind} Kind
   * @param {Described} described
   * @param {Source} source
   * @param {Axes} axes
   */
  #chooser(Kind, described, source, axes) {
    const chooser = this.chooser instanceof Kind ? this.chooser : new Kind(this, described, source, axes);
    this.chooser = chooser;
    return chooser;
  }
  // Those of a trace of a scene, with a brush's own defaults.
  /** @param {number} number */
  #solidLooks(number) {
    const { line, marker, textfont, mode = "lines", ...rest } = this.plot.data[number];
    const { font } = inside.completed(this.plot);
    const looks = { ...rest, mode, line: { width: 2, dash: rest.meta?.dash, ...line }, marker: { size: 13, ...marker }, textfont: { family: font.family, size: font.size, ...textfont } };
    return /** @type {Looks} */ (looks);
  }
  // What is painted over a scene follows its camera.
  /** @param {Scene} scene */
  #watch(scene) {
    const surface = inside.looksOf(this.plot).find(({ type }) => type === "surface");
    if (surface && (this.space?.scene !== scene || this.space.surface !== surface)) {
      this.space = new Space(scene, surface);
      this.brushes = null;
    }
    this.#offerToFollow();
    inside.onRender(scene, () => this.player.request());
  }
  // A choice in the corner: the camera stands, or goes along with one of the balls.
  #offerToFollow() {
    const balls = this.plot.data.flatMap(({ meta, text }, trace) => (meta?.ball ? [{ trace, name: String(text?.[0]) }] : []));
    const names = balls.map(({ name }) => name).join();
    if (this.balls === names) return;
    this.balls = names;
    this.choice?.remove();
    this.followed = undefined;
    const { words } = this.player;
    const option = (/** @type {string | number} */ value, /** @type {string} */ text) => element("option", { value }, text);
    const choice = element("select", { class: "optviz-follow", "aria-label": words.camera }, option("", words.stands), ...balls.map(({ trace, name }) => option(trace, words.follow.replace("{name}", name))));
    choice.addEventListener("change", () => {
      const before = this.followed;
      this.followed = choice.value === "" ? undefined : Number(choice.value);
      if (before === undefined) {
        this.stood = this.space?.camera;
        this.space?.approach();
      } else if (this.followed === undefined && this.stood) this.space?.look(this.stood);
      this.player.request();
    });
    this.choice = choice;
    if (balls.length) this.node.append(choice);
  }
  #geometry() {
    if (this.space) return this.space.view;
    return inside.axisNames(this.plot).map(name => scale(inside.placed(this.plot, name)).id).join(";");
  }

  // Shows a step, or what lies between two, with what comes not before a later sub-step left out.
  /** @type {(step: number, subStep?: number) => void} */
  draw(step, subStep = Infinity) {
    if (!this.open || !inside.isDrawn(this.plot) || !this.sources.length) return;
    if (!this.layers.trail.node.isConnected) return;
    const ball = this.space && this.brushes?.find(({ source }) => source.track.trace === this.followed);
    if (ball instanceof SolidBrush && ball.source.rows) ball.space.follow(ball.spot(step));
    const current = this.brushes !== null && this.geometry === this.#geometry();
    if (current && this.shownStep === step && this.subStep === subStep) return;
    this.subStep = subStep;
    if (!current || this.brushes?.some(brush => brush.drawn > brush.source.rowAt(step))) this.brushes = this.#prepare();
    const brushes = this.brushes ?? [];
    const { under, casing, trail, heads } = this.layers;
    heads.clear();
    const grids = brushes.filter(brush => isGrid(brush.source));
    const gridRow = grids.map(brush => brush.source.rowAt(step)).join();
    if (grids.length && gridRow !== this.gridRow) {
      under.clear();
      grids.forEach(brush => brush.grid?.(under, step));
    }
    this.gridRow = gridRow;
    if (this.chooser instanceof Tiles) this.chooser.draw(step, heads);
    const labels = [];
    for (const brush of brushes) {
      if (isGrid(brush.source) || (brush.looks.meta?.from ?? 0) > subStep) continue;
      if (brush.source.track.mode !== "at") brush.grow?.(trail, step, casing);
      else labels.push(brush.at?.(heads, step));
      if (brush instanceof Brush && brush.lettering) labels.push(brush.name(heads, brush.lettering));
    }
    placeLabels(heads, labels.filter(label => label != null));
    const lines = brushes.filter(brush => brush instanceof Brush);
    this.lens = this.space ? null : paintLens(heads, { brushes: lines, goals: this.#goals(), legend: inside.completed(this.plot).legend, step, theme: this.player.theme });
    this.#keepTrue(step);
  }

  // Pixels of the minima.
  /** @returns {Point[]} */
  #goals() {
    const goal = inside.looksOf(this.plot).find(({ meta }) => meta?.goal);
    if (!goal?.x?.length) return [];
    const [sx, sy] = inside.plane(this.plot).map(scale);
    return Array.from(goal.x, (x, i) => /** @type {Point} */ ([sx.to(x), sy.to(goal.y[i])]));
  }

  /** @param {number} step */
  #keepTrue(step) {
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      if (trace && source.rows) Object.assign(trace, source.values(step));
    }
    this.shownStep = step;
  }

  // What is under the pointer is among the rows shown, when the pointer moves.
  #prepareHover() {
    if (this.is3d || this.hoverReady === this.shownStep) return true;
    this.hoverReady = this.shownStep;
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      if (source.rows) inside.renewHover(this.plot, source.track.trace, isGrid(source) ? "grid" : trace.type === "bar" ? "bar" : "points");
    }
    return true;
  }

  // ---- picking a point: Plotly reports clicks on points only

  #listenForPicks() {
    const drags = this.spec.pick === "drag";
    this.node.addEventListener("pointerdown", down => {
      clearTimeout(this.picking);
      this.gripped = null;
      if (!down.isPrimary || down.button !== 0 || !around(down.target, inside.PLANE)) return;
      if (drags) return this.#drag(down, [0, 0]);
      this.gripped = this.#gripAt(down);
      if (this.gripped) return this.#drag(down, this.gripped, SHORT_DRAG);
      const up = (/** @type {PointerEvent} */ event) => {
        removeEventListener("pointercancel", up, true);
        removeEventListener("pointerup", up, true);
        const moved = Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY);
        if (event.type === "pointerup" && moved < SHORT_DRAG) this.#pick(down);
      };
      addEventListener("pointerup", up, true);
      addEventListener("pointercancel", up, true);
    }, true);
    // Plotly would begin its zoom with the event that follows, and a phone would scroll, whatever touch-action says of SVG.
    for (const name of ["mousedown", "touchstart"])
      this.node.addEventListener(name, event => (drags || this.gripped) && around(event.target, inside.PLANE) && this.#keepFromOthers(event), { capture: true, passive: false });
    this.node.addEventListener("pointermove", event => this.node.classList.toggle("optviz-grip", Boolean(this.#gripAt(event))));
    this.node.classList.add("optviz-pick");
    this.pointer = new Pointer(this, at => this.#pick(at));
    this.node.classList.toggle("optviz-drag", drags);
  }
  /** @param {Event} event */
  #keepFromOthers(event) {
    event.stopPropagation();
    if (event.type === "touchstart") event.preventDefault();
  }
  // How far the point that can be dragged lies from the pointer, in pixels, if it is near enough to be taken hold of.
  /** @type {(spot: Spot) => Point | null} */
  #gripAt({ clientX, clientY }) {
    const trace = this.plot.data?.find(({ meta }) => meta?.grip);
    if (!trace?.x?.length || !trace.y || !inside.isDrawn(this.plot) || this.is3d) return null;
    const { left, top } = this.plot.getBoundingClientRect();
    const [{ offset: x }, { offset: y }] = inside.plane(this.plot);
    const [px, py] = inside.toPixels(this.plot, [trace.x[0], trace.y[0]]);
    /** @type {Point} */
    const apart = [left + x + px - clientX, top + y + py - clientY];
    return Math.hypot(...apart) <= REACH ? apart : null;
  }
  // Tell where the pointer is while it is held down, `apart` from the point that it holds, once it has moved so far; on a
  // panel whose every point counts, with its way since what was answered last.
  /** @param {PointerEvent} down @param {Point} apart */
  #drag(down, apart, far = 0) {
    const drags = this.spec.pick === "drag";
    const { session } = this.player;
    /** @type {ReturnType<typeof begin> | undefined} */
    let told;
    /** @type {Point[]} */
    let way = [];
    let sent = 0;
    const tell = (/** @type {PointerEvent} */ event, /** @type {number} */ number, /** @type {boolean} */ held) => {
      if (session.heard === number - 1) way = way.slice(Math.max(sent - 1, 0)); // else some of it may be lost
      sent = way.push(this.#nearest(event, apart));
      this.#pick(event, apart, drags ? [number, held, way] : [number, held]);
    };
    const begin = () => telling(session, tell);
    const move = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId !== down.pointerId) return;
      if (drags) way.push(this.#nearest(event, apart));
      if (!told && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < far) return;
      (told ??= begin()).move(event);
    };
    const up = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId !== down.pointerId) return;
      for (const [name, listener] of listeners) removeEventListener(name, listener, true);
      this.gripped = null;
      if (told) told.release(event.type === "pointerup" ? event : undefined);
      else if (event.type === "pointerup") this.#pick(down);
    };
    const listeners = /** @type {const} */ ([["pointermove", move], ["pointerup", up], ["pointercancel", up]]);
    for (const [name, listener] of listeners) addEventListener(name, listener, true);
    if (!far) (told = begin()).move(down);
  }
  // Where the pointer is between the axes, in pixels.
  /** @type {(spot: Spot, apart: Point) => Point} */
  #under({ clientX, clientY }, apart) {
    const { left, top } = this.plot.getBoundingClientRect();
    const [x, y] = inside.plane(this.plot);
    return [clientX + apart[0] - left - x.offset, clientY + apart[1] - top - y.offset];
  }
  // The point of the picture that is nearest to the pointer.
  /** @type {(spot: Spot, apart: Point) => Point} */
  #nearest(event, apart) {
    const [x, y] = inside.plane(this.plot);
    const [px, py] = this.#under(event, apart);
    return inside.toNumbers(this.plot, [clamp(px, x.length), clamp(py, y.length)]);
  }
  /** @param {Spot} event @param {Point} [apart] @param {unknown[]} [drag] */
  #pick(event, apart = [0, 0], drag = []) {
    const [x, y] = inside.plane(this.plot);
    const [px, py] = this.#under(event, apart);
    if (!drag.length && (px < 0 || py < 0 || px > x.length || py > y.length)) return;
    const told = [...this.#nearest(event, apart), this.player.panels.indexOf(this), ...drag];
    const tell = () => this.player.session.tell("point", told);
    if (this.view.ranges && !drag.length) this.picking = setTimeout(tell, 300); // a second click would end the zoom
    else tell();
  }

  // ---- life

  /** @param {boolean} open */
  setOpen(open) {
    this.open = open;
    this.node.hidden = !open;
    if (!open) return;
    this.show();
    this.#resize();
    this.fit();
    this.player.request();
  }
  #resize() {
    if (!this.open || !inside.isDrawn(this.plot) || !this.node.clientWidth) return;
    const { width, height } = inside.completed(this.plot);
    if (Math.abs(width - this.plot.clientWidth) < 1 && Math.abs(height - this.plot.clientHeight) < 1) return;
    if (this.given?.meta?.fits) {
      this.painted = null;
      this.show();
    }
    this.#queue(() => this.open && this.player.Plotly?.Plots.resize(this.plot));
  }
  // The figure at the size that it has now, without the timer of Plotly's own resizing.
  print() {
    const { printed, Plotly } = this.player;
    if (this.open && inside.isDrawn(this.plot)) this.#queue(() => Plotly?.relayout(this.plot, { autosize: true }));
    this.#queue(() => {
      Object.values(this.layers).forEach(layer => layer.renew());
      this.brushes = this.shownStep = null;
      this.photo?.remove();
    });
    if (printed && this.open && this.is3d)
      this.#queue(async () => inside.scenesOf(this.plot).forEach(scene => scene && this.#photograph(scene)));
    return this.tasks;
  }
  // What WebGL draws is blank on paper, where the browser has cleared it: a copy is not. It is as wide and high as on the
  // screen, for in another shape the scene would lose its sides.
  /** @param {Scene} scene */
  #photograph(scene) {
    this.photo = inside.photograph(scene);
    if (this.photo) this.photo.className = "optviz-photo";
  }
  remove() {
    this.gone = true;
    this.sizes.disconnect();
    if (inside.isDrawn(this.plot)) this.player.Plotly?.purge(this.plot);
    this.node.remove();
  }
}

/** @type {(layout: Layout, name: string) => LayoutAxis | undefined} */
const axisIn = (layout, name) => layout[/** @type {"xaxis"} */ (name)];
/** @type {(layout: Layout, name: string, axis: LayoutAxis) => void} */
const setAxis = (layout, name, axis) => (layout[/** @type {"xaxis"} */ (name)] = axis);

// What a trace has in base 64 is none.
/** @type {(values: unknown) => values is Numbers} */
const isList = /** @type {any} */ ((/** @type {unknown} */ values) => Array.isArray(values) || ArrayBuffer.isView(values));

// The range that all rows of the run and the still traces span, with a margin.
/** @type {(users: User[], axis: LayoutAxis) => Point | null} */
function span(users, axis) {
  const log = isLog(axis);
  let [low, high] = [Infinity, -Infinity];
  const include = (/** @type {Iterable<unknown>} */ values) => {
    for (const given of values) {
      const v = log ? Math.log10(Number(given)) : Number(given);
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  };
  let steps = false;
  for (const { d, trace, source } of users) {
    if (trace.visible === false || trace.visible === "legendonly") continue;
    if (!source?.refs[d]) include(isList(trace[d]) ? trace[d] : []);
    else if (!source.rows) continue;
    else if (source.isWholeRow(d)) include(source.numbers(d));
    else if (source.refs[d]?.[0] === "step") {
      steps = true;
      include([0, source.store.total]);
    } else include(source.column(d).subarray(0, source.rows));
    if (d === "y" && trace.type === "bar" && !log) include([0]);
  }
  if (low > high) return null;
  include([axis.autorangeoptions?.include].flat());
  if (log) low = Math.min(Math.max(low, LEAST), high);
  // What diverges leaves the picture at the top, and the others can still be told apart.
  const ceiling = axis.autorangeoptions?.clipmax ?? Infinity;
  high = Math.max(Math.min(high, log ? Math.log10(ceiling) : ceiling), low);
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  if (steps) return [low, high > low ? high : low + 1];
  return [low - (low === 0 && !log ? 0 : margin), high + margin];
}
