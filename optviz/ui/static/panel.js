// One figure with its tracks: Plotly draws what stands still, brushes what moves.

import { Source } from "./numbers.js";
import { telling } from "./telling.js";
import { Pointer } from "./pointer.js";
import { element } from "./bar.js";
import { Brush, Canvas, isLog, placeLabels, scale } from "./brush.js";
import { paintLens } from "./lens.js";
import { Net } from "./net.js";
import { SolidBrush, Space } from "./solid.js";
import { Tiles } from "./tiles.js";

const SHORT_DRAG = 6; // pixels: less is a click

let webGL;
const hasWebGL = () => (webGL ??= Boolean(document.createElement("canvas").getContext("webgl")));
const REST = 500; // milliseconds from one lost WebGL context to the next new one
const REACH = 22; // pixels: a point is taken hold of by a thumb
const TOUCH = matchMedia("(pointer: coarse)");
const clamp = (value, most) => Math.min(Math.max(value, 0), most);
const LEAST = -12; // the power of ten where a log axis ends: what is smaller is rounding, and interests nobody
const WIDE = 1.3; // so many times as wide as high a picture is that has room for a scene
const FARTHEST = 1.9;
const PRINTED = 3; // dots of a canvas for one of the page, on paper
const isSolid = trace => /3d$|^(surface|cone|streamtube|volume|isosurface)$/.test(trace.type ?? "");
const isGrid = source => source.track.z != null && source.track.x == null;
const axisKey = id => `${id[0]}axis${id.slice(1)}`;

export class Panel {
  // `place` is its cell and its number there: the same in every language.
  constructor(spec, player, place) {
    Object.assign(this, { spec, player, place, open: false, tasks: Promise.resolve(), brushes: [] });
    this.node = document.createElement("div");
    this.node.className = "optviz-panel";
    this.node.classList.toggle("optviz-fixed", !spec.tracks.length);
    this.plot = document.createElement("div");
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

  get view() {
    return (this.player.session.views[this.place] ??= {});
  }
  get drawn() {
    return this.open && (Boolean(this.plot._fullLayout) || this.node.classList.contains("optviz-without"));
  }
  #scenes() {
    const layout = this.plot._fullLayout;
    return (layout?._subplots?.gl3d ?? []).map(name => layout[name]);
  }
  get is3d() {
    return Boolean(this.plot._fullLayout?._subplots?.gl3d?.length);
  }

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
  #queue(task) {
    // What was under way while the plot was purged may fail.
    this.tasks = this.tasks.then(() => this.gone || task()).catch(error => this.gone || console.error(error));
  }

  async #react(Plotly, theme) {
    const { data, layout } = theme.paint(this.spec.figure, this.plot);
    const solid = data.some(isSolid);
    if (solid && !hasWebGL()) return this.#sayNoWebGL();
    this.node.classList.remove("optviz-without");
    if (!solid) this.space = null;
    else if (!this.view.camera) this.#stepBack(layout);
    const revision = String(layout.uirevision); // a view that a link has brought has none
    if ((this.view.uirevision ??= revision) !== revision) {
      Object.keys(this.view).forEach(name => delete this.view[name]);
      this.view.uirevision = revision;
    }
    // What Plotly itself remembers of the visitor's zoom ends with it.
    layout.uirevision = `${revision}/${this.player.session.opened}`;
    this.given = structuredClone(layout);
    Object.assign(layout, { autosize: true, dragmode: layout.dragmode ?? (TOUCH.matches && !solid ? false : undefined) });
    for (const name of ["width", "height"]) delete layout[name];
    if (solid && this.view.camera) layout.scene = { ...layout.scene, camera: this.view.camera };
    for (const [name, range] of Object.entries(this.view.ranges ?? this.#home(data)))
      layout[name] = { ...layout[name], range: [...range], autorange: false };
    const first = !this.plot._fullLayout;
    await Plotly.react(this.plot, data, layout, { displayModeBar: false, doubleClick: false, responsive: false });
    if (first) this.#listen();
    this.#plotted();
  }

  // In a narrow picture a scene would lose its sides: the camera stands so much farther away.
  #stepBack({ scene }) {
    const { clientWidth: width, clientHeight: height } = this.plot;
    const farther = Math.min(Math.max((WIDE * height) / width, 1), FARTHEST);
    if (scene?.camera?.eye) for (const d of "xyz") scene.camera.eye[d] *= farther;
  }

  // A browser takes WebGL away from a tab that slept, or from one of many: the scene is drawn anew, as it was seen.
  #redrawAnew() {
    if (this.gone || this.lost) return;
    this.lost = true;
    this.painted = webGL = null;
    this.#queue(async () => {
      await new Promise(done => setTimeout(done, REST));
      if (this.gone) return;
      this.player.Plotly.purge(this.plot);
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

  #keepView(change) {
    if (this.fitting) return;
    if (Object.keys(change).some(name => name.startsWith("scene"))) this.view.camera = structuredClone(this.plot.layout.scene?.camera);
    if (Object.keys(change).some(name => name.includes("range")))
      this.view.ranges = Object.fromEntries(this.#axisNames().map(name => [name, [...this.plot._fullLayout[name].range]]));
    this.player.request();
  }
  #axisNames() {
    return Object.keys(this.plot._fullLayout ?? {}).filter(name => /^[xy]axis\d*$/.test(name));
  }

  // ---- ranges: those of the figure where it gives them, else what the rows of this run span

  #home(data) {
    const ranges = {};
    const wanted = new Map();
    data.forEach((trace, index) => {
      if (isSolid(trace)) return;
      for (const d of ["x", "y"]) {
        const name = axisKey(trace[`${d}axis`] ?? d);
        const source = this.sources.find(s => s.track.trace === index);
        if (!wanted.has(name)) wanted.set(name, []);
        wanted.get(name).push({ d, trace, source });
        for (const user of this.ghost?.users ?? []) if (user.trace === index) wanted.get(name).push({ d, trace, source: user.source });
      }
    });
    for (const [name, users] of wanted) {
      const axis = this.given[name] ?? {};
      const range = axis.range ?? (axis.autorange === false || !users.some(u => u.source) ? null : span(users, axis));
      if (range) ranges[name] = range;
    }
    return ranges;
  }

  fit() {
    if (!this.open || !this.plot._fullLayout || this.is3d || this.view.ranges) return;
    const change = {};
    for (const [name, range] of Object.entries(this.#home(this.plot.data))) {
      const now = this.plot._fullLayout[name]?.range;
      if (now && range.some((v, i) => v !== now[i])) Object.assign(change, { [`${name}.range`]: range, [`${name}.autorange`]: false });
    }
    if (!Object.keys(change).length) return;
    this.#queue(async () => {
      this.fitting = true;
      await this.player.Plotly.relayout(this.plot, change).finally(() => (this.fitting = false));
    });
  }

  // ---- what moves

  #plotted() {
    if (this.gone) return;
    const container = this.plot.querySelector(".svg-container");
    const picture = container?.querySelector(".main-svg");
    // Plotly itself would wait for ever for a lost context to come back.
    for (const { _scene } of this.#scenes()) if (_scene?.glplot) _scene.glplot.oncontextloss = () => this.#redrawAnew();
    if (!picture) return this.player.request();
    const { under, casing, trail, heads } = this.layers;
    const [scene] = this.#scenes();
    if (scene) {
      this.#watch(scene._scene);
      const ground = container.querySelector(".gl-container");
      if (ground.nextSibling !== casing.node) ground.after(casing.node, trail.node, heads.node);
      return this.player.request();
    }
    if (under.node.nextSibling !== picture) picture.before(under.node);
    if (picture.nextSibling !== casing.node) picture.after(casing.node, trail.node, heads.node);
    const tracked = new Set(this.spec.tracks.map(track => track.trace));
    for (const group of container.querySelectorAll(".cartesianlayer :is(g.trace, g.hm, g.contour, g.bars)"))
      group.style.display = tracked.has(group.__data__?.[0]?.trace?.index) ? "none" : "";
    this.brushes = null;
    this.hoverReady = null;
    this.player.request();
  }

  #prepare() {
    const layout = this.plot._fullLayout;
    for (const layer of Object.values(this.layers)) layer.fit(layout.width, layout.height, this.player.printed ? PRINTED : window.devicePixelRatio || 1);
    const axesOf = looks => ({ x: layout[axisKey(looks.xaxis)], y: layout[axisKey(looks.yaxis)], aside: layout._size.r });
    const { background } = this.player.theme;
    if (this.space) {
      this.geometry = this.#geometry();
      this.brushes = this.sources.filter(source => source.known).map(source => new SolidBrush(source, this.#solidLooks(source.track.trace), this.space, background));
      this.layers.casing.clear();
      this.layers.trail.clear();
      return;
    }
    this.brushes = this.sources.map(source => {
      const looks = this.plot._fullData[source.track.trace];
      if (looks?.visible !== true || !source.known) return null;
      const Chooser = looks.meta?.net ? Net : looks.meta?.tiles ? Tiles : null;
      if (Chooser) return (this.chooser ??= new Chooser(this)).brush(source, looks, axesOf(looks));
      return new Brush(source, looks, axesOf(looks), background, looks.meta?.named && layout.font);
    });
    const ghosts = this.ghost?.brushes(this.plot._fullData, axesOf, background) ?? [];
    // under the present lines, but on the grids
    this.brushes = [...ghosts.filter(brush => !isGrid(brush.source)), ...this.brushes.filter(Boolean), ...ghosts.filter(brush => isGrid(brush.source))];
    this.layers.casing.clear();
    this.layers.trail.clear();
    this.geometry = this.#geometry();
    this.gridRow = null;
  }
  #solidLooks(number) {
    const { line, marker, textfont, mode = "lines", ...rest } = this.plot.data[number];
    const { font } = this.plot._fullLayout;
    return { ...rest, mode, line: { width: 2, dash: rest.meta?.dash, ...line }, marker: { size: 13, ...marker }, textfont: { family: font.family, size: font.size, ...textfont } };
  }
  // What is painted over a scene follows its camera.
  #watch(scene) {
    const surface = this.plot._fullData.find(({ type }) => type === "surface");
    if (this.space?.scene !== scene || this.space.surface !== surface) {
      this.space = Object.assign(new Space(scene, surface), { surface });
      this.brushes = null;
    }
    this.#offerToFollow();
    const { glplot } = scene;
    if (glplot.onrender?.watched) return;
    const render = glplot.onrender;
    glplot.onrender = Object.assign(() => {
      render?.();
      this.player.request();
    }, { watched: true });
  }
  // A choice in the corner: the camera stands, or goes along with one of the balls.
  #offerToFollow() {
    const balls = this.plot.data.flatMap(({ meta, text }, trace) => (meta?.ball ? [{ trace, name: text[0] }] : []));
    const names = balls.map(({ name }) => name).join();
    if (this.balls === names) return;
    this.balls = names;
    this.choice?.remove();
    this.followed = undefined;
    const { words } = this.player;
    const option = (value, text) => element("option", { value }, text);
    this.choice = element("select", { class: "optviz-follow", "aria-label": words.camera }, option("", words.stands), ...balls.map(({ trace, name }) => option(trace, words.follow.replace("{name}", name))));
    this.choice.addEventListener("change", () => {
      const before = this.followed;
      this.followed = this.choice.value === "" ? undefined : Number(this.choice.value);
      if (before === undefined) {
        this.stood = structuredClone(this.space.scene.getCamera());
        this.space.approach();
      } else if (this.followed === undefined) this.space.look(this.stood);
      this.player.request();
    });
    if (balls.length) this.node.append(this.choice);
  }
  #geometry() {
    if (this.space) return this.space.view;
    return this.#axisNames().map(name => scale(this.plot._fullLayout[name]).id).join(";");
  }

  // Shows a step, or what lies between two, with what comes not before a later sub-step left out.
  draw(step, subStep = Infinity) {
    if (!this.open || !this.plot._fullLayout || !this.sources?.length) return;
    if (!this.layers.trail.node.isConnected) return;
    const ball = this.space && this.brushes?.find(({ source }) => source.track.trace === this.followed);
    if (ball?.source.rows) this.space.follow(ball.spot(step));
    const current = this.brushes && this.geometry === this.#geometry();
    if (current && this.shownStep === step && this.subStep === subStep) return;
    this.subStep = subStep;
    if (!current || this.brushes.some(brush => brush.drawn > brush.source.rowAt(step))) this.#prepare();
    const { under, casing, trail, heads } = this.layers;
    heads.clear();
    const grids = this.brushes.filter(brush => isGrid(brush.source));
    const gridRow = grids.map(brush => brush.source.rowAt(step)).join();
    if (grids.length && gridRow !== this.gridRow) {
      under.clear();
      grids.forEach(brush => brush.grid(under, step));
    }
    this.gridRow = gridRow;
    this.chooser?.draw?.(step, heads);
    const labels = [];
    for (const brush of this.brushes) {
      if (isGrid(brush.source) || brush.looks.meta?.from > subStep) continue;
      if (brush.source.track.mode !== "at") brush.grow(trail, step, casing);
      else labels.push(brush.at(heads, step));
      if (brush.lettering) labels.push(brush.name(heads));
    }
    placeLabels(heads, labels.filter(Boolean));
    this.lens = this.space ? null : paintLens(heads, { brushes: this.brushes, goals: this.#goals(), legend: this.plot._fullLayout.legend, step, theme: this.player.theme });
    this.#keepTrue(step);
  }

  // Pixels of the minima.
  #goals() {
    const goal = this.plot._fullData.find(({ meta }) => meta?.goal);
    if (!goal?.x?.length) return [];
    const [sx, sy] = [scale(this.plot._fullLayout.xaxis), scale(this.plot._fullLayout.yaxis)];
    return Array.from(goal.x, (x, i) => [sx.to(x), sy.to(goal.y[i])]);
  }

  #keepTrue(step) {
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      if (trace && source.rows) Object.assign(trace, source.values(step));
    }
    this.shownStep = step;
  }

  // Plotly finds what is under the pointer in its calcdata: made of the rows shown, when the pointer moves.
  #prepareHover() {
    if (this.is3d || this.hoverReady === this.shownStep) return true;
    this.hoverReady = this.shownStep;
    for (const source of this.sources) {
      const trace = this.plot.data[source.track.trace];
      const points = this.plot.calcdata?.[source.track.trace];
      if (!points?.[0] || !source.rows) continue;
      if (isGrid(source)) points[0].z = trace.z;
      else if ((trace.type ?? "scatter") === "bar") points.forEach((point, i) => (point.s = point.y = trace.y[i]));
      else {
        const { t, trace: full } = points[0];
        this.plot.calcdata[source.track.trace] = Array.from(trace.x, (x, i) => ({ x, y: trace.y[i], i, ...(i === 0 && { t, trace: full }) }));
      }
    }
    return true;
  }

  // ---- picking a point: Plotly reports clicks on points only

  #listenForPicks() {
    const drags = this.spec.pick === "drag";
    this.node.addEventListener("pointerdown", down => {
      clearTimeout(this.picking);
      this.gripped = null;
      if (!down.isPrimary || down.button !== 0 || !down.target.closest?.(".draglayer, .nsewdrag")) return;
      if (drags) return this.#drag(down, [0, 0]);
      this.gripped = this.#gripAt(down);
      if (this.gripped) return this.#drag(down, this.gripped, SHORT_DRAG);
      const up = event => {
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
      this.node.addEventListener(name, event => (drags || this.gripped) && event.target.closest?.(".draglayer, .nsewdrag") && this.#keepFromOthers(event), { capture: true, passive: false });
    this.node.addEventListener("pointermove", event => this.node.classList.toggle("optviz-grip", Boolean(this.#gripAt(event))));
    this.node.classList.add("optviz-pick");
    this.pointer = new Pointer(this, at => this.#pick(at));
    this.node.classList.toggle("optviz-drag", drags);
  }
  #keepFromOthers(event) {
    event.stopPropagation();
    if (event.type === "touchstart") event.preventDefault();
  }
  // How far the point that can be dragged lies from the pointer, in pixels, if it is near enough to be taken hold of.
  #gripAt({ clientX, clientY }) {
    const trace = this.plot.data?.find(({ meta }) => meta?.grip);
    if (!trace?.x?.length || !this.plot._fullLayout || this.is3d) return null;
    const { left, top } = this.plot.getBoundingClientRect();
    const { xaxis, yaxis } = this.plot._fullLayout;
    const apart = [left + xaxis._offset + xaxis.d2p(trace.x[0]) - clientX, top + yaxis._offset + yaxis.d2p(trace.y[0]) - clientY];
    return Math.hypot(...apart) <= REACH ? apart : null;
  }
  // Tell where the pointer is while it is held down, `apart` from the point that it holds, once it has moved so far; on a
  // panel whose every point counts, with its way since what was answered last.
  #drag(down, apart, far = 0) {
    const drags = this.spec.pick === "drag";
    const { session } = this.player;
    let told;
    let [way, sent] = [[], 0];
    const tell = (event, number, held) => {
      if (session.heard === number - 1) way = way.slice(Math.max(sent - 1, 0)); // else some of it may be lost
      sent = way.push(this.#inside(event, apart));
      this.#pick(event, apart, drags ? [number, held, way] : [number, held]);
    };
    const begin = () => telling(session, tell);
    const move = event => {
      if (event.pointerId !== down.pointerId) return;
      if (drags) way.push(this.#inside(event, apart));
      if (!told && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < far) return;
      (told ??= begin()).move(event);
    };
    const up = event => {
      if (event.pointerId !== down.pointerId) return;
      for (const [name, listener] of listeners) removeEventListener(name, listener, true);
      this.gripped = null;
      if (told) told.release(event.type === "pointerup" ? event : undefined);
      else if (event.type === "pointerup") this.#pick(down);
    };
    const listeners = [["pointermove", move], ["pointerup", up], ["pointercancel", up]];
    for (const [name, listener] of listeners) addEventListener(name, listener, true);
    if (!far) (told = begin()).move(down);
  }
  // Where the pointer is between the axes, in pixels.
  #under({ clientX, clientY }, apart) {
    const { left, top } = this.plot.getBoundingClientRect();
    const { xaxis, yaxis } = this.plot._fullLayout;
    return [clientX + apart[0] - left - xaxis._offset, clientY + apart[1] - top - yaxis._offset];
  }
  // The point of the picture that is nearest to the pointer.
  #inside(event, apart) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const [px, py] = this.#under(event, apart);
    return [xaxis.p2d(clamp(px, xaxis._length)), yaxis.p2d(clamp(py, yaxis._length))];
  }
  #pick(event, apart = [0, 0], drag = []) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const [px, py] = this.#under(event, apart);
    if (!drag.length && (px < 0 || py < 0 || px > xaxis._length || py > yaxis._length)) return;
    const told = [...this.#inside(event, apart), this.player.panels.indexOf(this), ...drag];
    const tell = () => this.player.session.tell("point", told);
    if (this.view.ranges && !drag.length) this.picking = setTimeout(tell, 300); // a second click would end the zoom
    else tell();
  }

  // ---- life

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
    if (!this.open || !this.plot._fullLayout || !this.node.clientWidth) return;
    const { width, height } = this.plot._fullLayout;
    if (Math.abs(width - this.plot.clientWidth) < 1 && Math.abs(height - this.plot.clientHeight) < 1) return;
    if (this.given?.meta?.fits) {
      this.painted = null;
      this.show();
    }
    this.#queue(() => this.open && this.player.Plotly.Plots.resize(this.plot));
  }
  // The figure at the size that it has now, without the timer of Plotly's own resizing.
  print() {
    const { printed, Plotly } = this.player;
    if (this.open && this.plot._fullLayout) this.#queue(() => Plotly.relayout(this.plot, { autosize: true }));
    this.#queue(() => {
      Object.values(this.layers).forEach(layer => layer.renew());
      this.brushes = this.shownStep = null;
      this.photo?.remove();
    });
    if (printed && this.open && this.is3d)
      this.#queue(async () => {
        this.#scenes().forEach(({ _scene }) => this.#photograph(_scene));
      });
    return this.tasks;
  }
  // What WebGL draws is blank on paper, where the browser has cleared it: a copy is not. It is as wide and high as on the
  // screen, for in another shape the scene would lose its sides.
  #photograph({ glplot, container }) {
    glplot.redraw();
    this.photo = document.createElement("canvas");
    this.photo.className = "optviz-photo";
    Object.assign(this.photo, { width: glplot.canvas.width, height: glplot.canvas.height });
    this.photo.getContext("2d").drawImage(glplot.canvas, 0, 0);
    container.append(this.photo);
  }
  remove() {
    this.gone = true;
    this.sizes.disconnect();
    if (this.plot._fullLayout) this.player.Plotly?.purge(this.plot);
    this.node.remove();
  }
}

// The range that all rows of the run and the still traces span, with a margin.
function span(users, axis) {
  const log = isLog(axis);
  let [low, high] = [Infinity, -Infinity];
  const include = values => {
    for (const given of values) {
      const v = log ? Math.log10(given) : Number(given);
      if (!Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  };
  let steps = false;
  for (const { d, trace, source } of users) {
    if (trace.visible === false || trace.visible === "legendonly") continue;
    if (!source?.refs[d]) include(Array.isArray(trace[d]) || ArrayBuffer.isView(trace[d]) ? trace[d] : []);
    else if (!source.rows) continue;
    else if (source.isWholeRow(d)) include(source.numbers(d));
    else if (source.refs[d][0] === "step") {
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
