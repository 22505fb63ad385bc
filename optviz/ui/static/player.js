// @ts-check
// One playhead over several Plotly figures.
//
// Plotly draws what stands still: axes, images, legends, hover labels, zoom. What moves is painted on canvases over
// and under its SVG, only the new segments of each frame, straight from the arrays: measured three times faster than
// Plotly.animate and four times cheaper than growing its SVG paths. Plotly's traces are kept true to the rows shown,
// so that hover, tests and a reader of `gd.data` see the numbers of the run.
//
//   mount.js, feed.js   what Streamlit calls; messages.d.ts what it tells
//   plotly_private.js   the inside of Plotly
//   dom.js        elements
//   numbers.js    the arrays of one run, as they arrive
//   playhead.js   time
//   theme.js      colors and fonts of the page, as a Plotly template
//   brush.js      pixels: lines, markers, bars, grids, level lines
//   chooser.js    things in a picture, of which one is shown large
//   net.js        a net: units as pictures, edges as lines; wiring.js its outputs
//   tiles.js      images of weights
//   panel.js      one figure with its tracks
//   room.js       the picture's share of the window
//   ghosts.js     the run before
//   pointer.js    a point chosen with the keys
//   bar.js        the buttons
//   captions.js   sentences at their moment
//   slow.js       slow motion: each step in its four sub-steps
//   share.js      the dialog that shares a moment
//   ask.js        a question before the answer
//   Player        one mounted component; Session, what outlives it

import { unframe, Store } from "./numbers.js";
import { Playhead } from "./playhead.js";
import { Theme } from "./theme.js";
import { Panel } from "./panel.js";
import { Room } from "./room.js";
import { Before, Ghost, frame } from "./ghosts.js";
import { Bar } from "./bar.js";
import { around, element } from "./dom.js";
import { Captions } from "./captions.js";
import { Slow } from "./slow.js";
import { watchFields } from "./fields.js";
import { watchSliders } from "./sliders.js";
import * as paper from "./paper.js";
import * as phone from "./phone.js";
import * as projector from "./projector.js";
import { Share, viewsFor } from "./share.js";
import { Ask } from "./ask.js";

/** @import { Caption, Component, Feed, Junction, Message, Opening, Spec, Stage, Tell, View, Words } from "./messages.d.ts" */
/** @import { Take } from "./numbers.js" */
/** @import { Plotly } from "./plotly.d.ts" */
/** @import { Shares } from "./room.js" */
/** @typedef {"home" | "end" | "toggle" | "back" | "forward" | "back10" | "forward10"} Action */
/**
 * What a visitor has chosen: of each cell the open tab, and the cells that were brought to the front, the last one first.
 * @typedef {{ speed: number, loop: boolean, ghost: boolean, tabs: Record<string, number>, front: string[] }} Settings
 */

/** @type {Promise<Plotly> | undefined} */
let loading; // Plotly is loaded once per page; a failure is forgotten, so that one may try again
/** @type {(path: string) => Promise<Plotly>} */
function loadPlotly(path) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (loading ??= new Promise((done, fail) => {
    const script = element("script", { src: new URL(path, document.baseURI) });
    const failed = () => {
      loading = undefined;
      script.remove();
      fail(new Error("Plotly"));
    };
    script.onload = () => {
      if (window.Plotly) done(window.Plotly);
      else failed();
    };
    script.onerror = failed;
    document.head.append(script);
  }));
}

// What outlives a mount: the rows, the playhead, the choices and the views.
export class Session {
  /** @param {string} key */
  constructor(key) {
    this.key = key;
    /** @type {Player | undefined} */
    this.player = undefined; // while it is mounted
    this.store = new Store(null);
    this.playhead = new Playhead();
    this.before = new Before();
    /** @type {Record<string, View>} */
    this.views = {}; // of each panel, by its place
    this.name = ""; // tells several players of one page apart
    this.question = "";
    /** @type {Settings} */
    this.settings = { speed: 1, loop: false, ghost: false, tabs: {}, front: [], ...JSON.parse(sessionStorage.getItem(this.item) ?? "{}") };
    /** @type {Tell} */
    this.tell = () => {};
    /** @type {Caption[]} */
    this.captions = [];
    /** @type {Junction | null | undefined} */
    this.junction = undefined;
    /** @type {number | undefined} */
    this.opened = undefined; // the number of the link that was opened last
    /** @type {{ run: string | null, step: number } | undefined} */
    this.told = undefined; // where the playhead rests, as it was told last
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.asking = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    this.watched = this.slides = this.held = this.slowly = false;
    // What is told while it is dragged is numbered: when the last was told, its number, and that of the one answered.
    this.asked = this.number = this.heard = 0;
  }
  get item() {
    return `optviz-${this.key}`;
  }
  save() {
    sessionStorage.setItem(this.item, JSON.stringify(this.settings));
  }

  /** @param {Feed} header @param {Take} blob @param {Tell} tell */
  receive(header, blob, tell) {
    this.tell = tell;
    this.slides = header.slides;
    const fresh = header.run !== this.store.run;
    const dragged = header.heard !== this.heard || [...sessions.values()].some(session => session.held);
    this.heard = header.heard;
    if (fresh) {
      const goesOn = this.store.run !== null && header.opening?.number === this.opened;
      this.store = new Store(header.run);
      const branches = goesOn && header.junction?.name !== this.junction?.name;
      if (branches) this.#branch(header.junction);
      else if (dragged) this.playhead.hold(Infinity); // whole at once, point after point
      else this.playhead.restart();
      this.junction = header.junction;
      this.before.follow(this.store, () => this.player?.panels.map(panel => frame(panel.spec)) ?? []);
    }
    this.store.take(header, blob);
    this.watched = header.watch;
    this.captions = header.captions ?? [];
    if (header.opening && header.opening.number !== this.opened) this.#open(header.opening, fresh);
    if (!header.opening?.ask) this.question = ""; // a control was changed
    clearTimeout(this.asking);
    if (this.store.lacking) this.#askForRows();
    this.playhead.arrive(this.store);
    this.player?.arrived(fresh);
    // A session that knows of no rest began after it was told.
    if (header.watch && header.rested == null && this.told?.run === header.run) {
      this.told = undefined;
      this.rest();
    }
    if (header.shared) this.player?.share.answer(header.shared);
  }
  // A run that leaves an earlier one at a step, or goes back to it, is watched from that step on.
  /** @param {Junction | null} junction */
  #branch(junction) {
    this.playhead.hold((junction ?? this.junction)?.step ?? 0, Boolean(junction && !junction.still));
  }
  // Show what a link asks for, once. A link with a step says all: what it leaves out is as on a fresh page.
  /** @param {Opening} opening @param {boolean} fresh */
  #open({ number, step, speed, views, ask, name, projector: fills }, fresh) {
    const again = this.opened !== undefined && !fresh;
    this.name = name;
    const { tabs, panels } = viewsFor(this, views);
    const whole = step != null;
    this.opened = number;
    this.question = ask;
    if (speed != null || whole) this.settings.speed = speed ?? 1;
    if (views.tabs || whole) Object.assign(this.settings, { tabs, front: Object.keys(tabs) });
    if (views.panels || whole) this.views = structuredClone(panels);
    if (ask || whole) this.playhead.hold(ask ? 0 : step);
    else if (again) this.playhead.restart();
    if (views.tabs || views.panels || whole) this.player?.turn();
    if (fills) projector.enter(this.key);
  }
  // Answer the question of a link: the run plays.
  reveal() {
    this.question = "";
    this.playhead.restart();
    this.playhead.arrive(this.store);
    this.player?.arrived(false);
  }
  // Tell Python, where it wants to know, at which step the playhead rests.
  rest() {
    const { run } = this.store;
    const { step, playing } = this.playhead;
    if (!this.watched || this.held || playing || (this.told?.run === run && this.told.step === step)) return;
    clearTimeout(this.resting);
    const tell = () => {
      if (this.playhead.playing || this.playhead.step !== step || this.store.run !== run) return;
      // The page that runs then would close a list of options under the pointer.
      if (document.querySelector("[role=listbox]")) {
        this.resting = setTimeout(tell, 300);
        return;
      }
      this.told = { run, step };
      this.tell("rest", this.told);
    };
    this.resting = setTimeout(tell, 120);
  }
  // The page was left, a message was overtaken: Python sends what follows the rows held here.
  #askForRows() {
    this.tell("need", { run: this.store.run, rows: this.store.held() });
    this.asking = setTimeout(() => this.#askForRows(), 2000);
  }
}

export class Player {
  /** @param {HTMLElement} root @param {Session} session @param {Stage["themes"]} themes */
  constructor(root, session, themes) {
    this.root = root;
    this.session = session;
    this.themes = themes;
    this.theme = new Theme(root, themes);
    /** @type {Panel[]} */
    this.panels = [];
    /** @type {Panel[][]} */
    this.places = [];
    /** @type {Words} */
    this.words = {};
    this.plotly = ""; // where it is
    /** @type {Plotly | undefined} */
    this.Plotly = undefined;
    /** @type {Stage["even"]} */
    this.even = false;
    this.id = this.shape = "";
    /** @type {string | undefined} */
    this.layout = undefined;
    this.gone = this.printed = false;
    /** @type {Share | undefined} */
    this.dialog = undefined;
    /** @type {number | undefined} */
    this.frame = undefined;
    /** @type {number | undefined} */
    this.before = undefined; // when the last frame was drawn
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.fitting = undefined;
    session.player = this;
    this.bar = new Bar(this);
    this.captions = new Captions();
    this.slow = new Slow(this);
    this.grid = element("div", { class: "optviz-grid" });
    this.note = element("div", { class: "optviz-note", role: "status" });
    this.sentence = element("p", { class: "optviz-sentence", id: `optviz-${session.key}-sentence` });
    this.keys = element("p", { class: "optviz-unseen", id: `optviz-${session.key}-keys` });
    Object.assign(root, { tabIndex: 0 });
    const described = `${this.sentence.id} ${this.keys.id}`;
    for (const [name, value] of Object.entries({ role: "region", "data-testid": "optviz-player", "aria-describedby": described }))
      root.setAttribute(name, value);
    this.ask = new Ask(this);
    root.replaceChildren(this.note, this.ask.node, this.grid, this.slow.node, this.bar.node, this.sentence, this.captions.node, this.keys);
    root.addEventListener("keydown", event => this.press(event));
    this.room = new Room(this);
    projector.add(this);
    phone.add(this);
    paper.add(this);
  }
  get playhead() {
    return this.session.playhead;
  }
  get store() {
    return this.session.store;
  }
  get settings() {
    return this.session.settings;
  }
  get share() {
    if (this.dialog?.lang !== this.words.lang) this.dialog?.node.remove();
    if (!this.dialog?.node.isConnected) this.dialog = new Share(this, sessions);
    return this.dialog;
  }

  // ---- what arrives

  /** @param {Stage} header @param {string[]} figures */
  stage(header, figures) {
    this.words = header.words;
    this.themes = header.themes;
    this.plotly = header.plotly;
    this.theme = new Theme(this.root, this.themes);
    this.theme.mark();
    // A page may have two.
    this.root.setAttribute("aria-label", [this.words.player, header.panels[0]?.title].filter(Boolean).join(" · "));
    this.bar.speak(this.words);
    this.room.measure();
    this.#arrange(header.panels.map((panel, i) => ({ ...panel, figure: figures[i] })), header.even);
    this.request();
    this.load();
  }
  repaint() {
    if (!this.panels.length) return; // nothing has been staged
    this.room.measure();
    const theme = new Theme(this.root, this.themes);
    if (theme.id === this.theme.id) return;
    this.theme = theme;
    theme.mark();
    this.panels.forEach(panel => panel.show());
  }
  /** @param {boolean} printed */
  async print(printed) {
    this.printed = printed;
    this.root.classList.toggle("optviz-printed", printed);
    this.repaint();
    await Promise.all(this.panels.map(panel => panel.print()));
    this.panels.forEach(panel => panel.draw(...this.slow.view));
  }

  async load() {
    if (!this.Plotly) this.#say(this.words.loading);
    try {
      this.Plotly = await loadPlotly(this.plotly);
    } catch {
      const retry = element("button", { type: "button", class: "optviz-retry" }, this.words.retry);
      retry.addEventListener("click", () => this.load());
      this.#say(this.words.no_plotly, retry);
      return;
    }
    this.#say();
    this.panels.forEach(panel => panel.show());
  }
  /** @param {(Node | string)[]} content */
  #say(...content) {
    this.note.replaceChildren(...content);
    this.note.hidden = content.length === 0;
  }

  /** @param {boolean} fresh */
  arrived(fresh) {
    const still = this.store.steps === 0; // a picture that does not move
    this.ask.show(this.session.question);
    this.sentence.textContent = this.ask.open ? "" : this.store.summary;
    this.keys.textContent = still ? "" : this.words.keys;
    this.captions.take(this.ask.open ? [] : this.session.captions);
    this.root.dataset.run = String(this.store.run);
    this.root.classList.toggle("optviz-still", still);
    this.bar.node.hidden = still && [...sessions.values()].find(session => session.player) !== this.session;
    if (fresh) this.panels.forEach(panel => panel.bind());
    else this.panels.forEach(panel => (panel.sources.every(source => source.known) ? panel.renew() : panel.bind()));
    this.request();
    // the picture first, for fitting the axes costs some 20 ms a panel; and while rows stream in, only now and then
    const { held } = this.session; // what is dragged must not wait for it
    if (fresh || !this.store.awaited) {
      clearTimeout(this.fitting);
      this.fitting = undefined;
    }
    this.fitting ??= setTimeout(() => this.#fit(), held ? 250 : fresh || !this.store.awaited ? 0 : 500);
  }
  #fit() {
    this.fitting = undefined;
    this.panels.forEach(panel => panel.fit());
  }

  // What a panel shows of the run before, where that is wanted.
  /** @param {Panel} panel */
  ghostOf(panel) {
    const store = this.settings.ghost && this.session.before.store(this.store);
    const same = store && this.session.before.run?.frames[this.panels.indexOf(panel)] === frame(panel.spec);
    return same ? new Ghost(panel, store) : null;
  }
  toggleGhost() {
    this.change("ghost", !this.settings.ghost);
    this.panels.forEach(panel => panel.bind());
    this.panels.forEach(panel => panel.fit());
  }

  // ---- panels, cells and tabs

  /** @param {Spec[]} specs @param {Stage["even"]} even */
  #arrange(specs, even) {
    const shape = JSON.stringify([even, ...specs.map(({ title, cell, pick, quiet }) => [title, cell, pick, quiet])]);
    this.even = even;
    if (shape === this.shape) return specs.forEach((spec, i) => this.panels[i].update(spec));
    this.shape = shape;
    this.panels.forEach(panel => panel.remove());
    this.panels = specs.map((spec, i) => new Panel(spec, this, `${spec.cell}/${specs.slice(0, i).filter(s => s.cell === spec.cell).length}`));
    this.panels.forEach(panel => panel.bind());
    this.layout = undefined;
    this.place();
  }
  // Lay the cells out as the room allows.
  place() {
    if (!this.panels.length) return;
    const cells = groupBy(this.panels, panel => panel.spec.cell);
    const { even, grid } = this;
    const names = [...cells.keys()];
    const { places, rows, columns, pages, open } = even ? this.room.shareEvenly(names, even === true ? 2 : even, this.settings.front) : this.room.share(names);
    const layout = JSON.stringify([places, rows, columns, pages]);
    if (layout === this.layout) return;
    this.layout = layout;
    const turns = pages.length > 1;
    grid.classList.toggle("optviz-even", Boolean(even));
    grid.classList.toggle("optviz-single", places.length === 1);
    grid.classList.toggle("optviz-flat", places.length === 2 && !even);
    grid.style.setProperty("--columns", String(columns));
    grid.style.setProperty("--rows", String(rows));
    grid.style.setProperty("--tracks", [...Array(rows - 1).fill("minmax(0, 1fr)"), ...(turns ? ["auto"] : []), "minmax(0, 1fr)"].join(" "));
    this.places = places.map(names => names.flatMap(name => cells.get(name) ?? []));
    for (const panel of this.panels) if (!this.places.flat().includes(panel)) panel.setOpen(false);
    grid.replaceChildren(...this.places.map(panels => this.#cell(panels)));
    if (turns) grid.children[places.length - open.length].before(this.#turner(pages, open, cells));
    this.#openAll();
  }
  // What turns the last row: tabs that list what stands in each.
  /** @param {Shares["pages"]} pages @param {Shares["open"]} open @param {Map<string, Panel[]>} cells */
  #turner(pages, open, cells) {
    const titles = pages.map(names => names.map(name => cells.get(name)?.[0].spec.title).join(" · "));
    const list = this.#tablist(titles, () => pages.indexOf(open), to => {
      const { front } = this.settings;
      this.settings.front = [...pages[to], ...front.filter(name => !pages[to].includes(name))];
      this.session.save();
      this.place();
      /** @type {HTMLElement | undefined} */ (this.grid.querySelector(".optviz-turner")?.children[to])?.focus({ preventScroll: true });
    });
    list.classList.add("optviz-turner");
    pages.forEach((page, i) => {
      list.children[i].setAttribute("aria-selected", String(page === open));
      list.children[i].setAttribute("tabindex", page === open ? "0" : "-1");
    });
    return list;
  }
  /** @type {(titles: string[], current: () => number, choose: (to: number) => void) => HTMLElement} */
  #tablist(titles, current, choose) {
    const tabs = titles.map((title, i) => {
      const tab = element("button", { type: "button", role: "tab", class: "optviz-tab" }, title);
      tab.addEventListener("click", () => choose(i));
      return tab;
    });
    const list = element("div", { role: "tablist", class: "optviz-tabs", "aria-label": this.words.views }, ...tabs);
    list.addEventListener("keydown", event => {
      const to = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (!to) return;
      const next = (current() + to + tabs.length) % tabs.length;
      choose(next);
      if (tabs[next].isConnected) tabs[next].focus();
      event.preventDefault();
    });
    return list;
  }

  // Open the tabs and views that the session now asks for.
  turn() {
    for (const panel of this.panels) panel.painted = null;
    this.place();
    this.#openAll();
  }
  #openAll() {
    for (const panels of this.places) this.#open(panels, this.#inFront(panels));
  }
  // Of the panels that share a place the one of the cell that was opened last, and in it its open tab; else the first that
  // says something.
  /** @param {Panel[]} panels */
  #inFront(panels) {
    const first = (/** @type {Panel[]} */ some) => some.find(panel => !panel.spec.quiet) ?? some[0];
    const cell = this.settings.front.find(name => panels.some(panel => panel.spec.cell === name)) ?? first(panels).spec.cell;
    const tabs = panels.filter(panel => panel.spec.cell === cell);
    return tabs[Math.min(this.settings.tabs[cell] ?? tabs.indexOf(first(tabs)), tabs.length - 1)];
  }

  /** @param {Panel[]} panels */
  #cell(panels) {
    const names = new Set(panels.map(panel => panel.spec.cell));
    const cell = element("section", { class: "optviz-cell", "data-cell": [...names].join(" ") });
    for (const panel of panels) {
      panel.tab = undefined;
      for (const attribute of ["role", "aria-label"]) panel.node.removeAttribute(attribute);
    }
    if (panels.length > 1) {
      const titles = panels.map(panel => panel.spec.title);
      const list = this.#tablist(titles, () => panels.findIndex(panel => panel.open), to => this.#choose(panels, panels[to]));
      panels.forEach((panel, i) => {
        panel.tab = /** @type {HTMLElement} */ (list.children[i]);
        panel.node.setAttribute("role", "tabpanel");
        panel.node.setAttribute("aria-label", panel.spec.title);
      });
      cell.append(list);
    } else if (panels[0].spec.title) cell.append(element("h2", { class: "optviz-title" }, panels[0].spec.title));
    cell.append(...panels.map(panel => panel.node));
    return cell;
  }

  /** @param {Panel[]} panels @param {Panel} shown */
  #open(panels, shown) {
    for (const panel of panels) {
      panel.tab?.setAttribute("aria-selected", String(panel === shown));
      panel.tab?.setAttribute("tabindex", panel === shown ? "0" : "-1");
      panel.setOpen(panel === shown);
    }
    const list = shown.tab?.parentElement;
    if (!shown.tab || !list) return;
    const { offsetLeft: left, offsetWidth: width } = shown.tab;
    list.scrollLeft = Math.max(left + width - list.clientWidth, Math.min(list.scrollLeft, left));
  }
  /** @param {Panel[]} panels @param {Panel} shown */
  #choose(panels, shown) {
    const { cell } = shown.spec;
    const { tabs, front } = this.settings;
    this.settings.tabs = { ...tabs, [cell]: panels.filter(panel => panel.spec.cell === cell).indexOf(shown) };
    if (panels.some(panel => panel.spec.cell !== cell)) this.settings.front = [cell, ...front.filter(name => name !== cell)];
    this.#open(panels, shown);
    this.session.save();
  }

  // ---- what the visitor does

  /** @param {KeyboardEvent} event */
  press(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || around(target, "select, [role=tab]")) return;
    if (key === " " && around(target, "button")) return; // the button's own key
    /** @type {Partial<Record<string, Action>>} */
    const actions = {
      " ": "toggle",
      ArrowLeft: event.shiftKey ? "back10" : "back",
      ArrowRight: event.shiftKey ? "forward10" : "forward",
      Home: "home",
      End: "end",
    };
    const action = actions[key];
    if (!action) return;
    event.preventDefault(); // the slider's own step would come on top
    event.stopPropagation();
    this.act(action);
  }
  /** @param {Action} action */
  act(action) {
    const { playhead, store } = this;
    if (this.ask.open) {
      this.ask.reveal();
      if (action === "toggle") return;
    }
    if (this.slow.act(action)) return this.request();
    if (action === "toggle") playhead.toggle(store);
    else
      playhead.seek(
        { home: 0, end: Infinity, back: playhead.step - 1, forward: playhead.step + 1, back10: playhead.step - 10, forward10: playhead.step + 10 }[action],
        store,
      );
    this.request();
  }
  /** @param {number} step */
  seek(step) {
    if (this.ask.open) this.ask.reveal();
    this.playhead.seek(step, this.store);
    this.request();
  }
  /**
   * @template {keyof Settings} Name
   * @param {Name} name
   * @param {Settings[Name]} value
   */
  change(name, value) {
    this.settings[name] = value;
    this.session.save();
    this.request();
  }

  // ---- frames: only while something moves or has changed

  request() {
    this.frame ??= requestAnimationFrame(now => this.#frame(now));
  }
  /** @param {number} now */
  #frame(now) {
    this.frame = undefined;
    if (this.gone) return;
    const seconds = (now - (this.before ?? now)) / 1000;
    const { playhead, store, settings } = this;
    if (this.panels.some(panel => panel.drawn)) playhead.advance(seconds, settings.speed, settings.loop, store, this.slow.pace);
    this.panels.forEach(panel => panel.draw(...this.slow.view));
    this.slow.show();
    this.bar.show(this);
    this.captions.show(playhead.step);
    this.root.dataset.step = String(playhead.step);
    this.root.dataset.playing = String(playhead.playing);
    this.session.rest();
    this.before = playhead.playing ? now : undefined;
    if (playhead.playing) this.request();
  }

  remove() {
    this.gone = true;
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    clearTimeout(this.fitting);
    this.room.remove();
    projector.drop(this);
    phone.drop(this);
    paper.drop(this);
    this.ask.remove();
    this.panels.forEach(panel => panel.remove());
    if (this.session.player === this) this.session.player = undefined;
  }
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => string} nameOf
 */
function groupBy(items, nameOf) {
  /** @type {Map<string, Item[]>} */
  const groups = new Map();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return groups;
}

// ---- mounting

/** @type {Map<string, Session>} */
const sessions = new Map();
/** @param {string} key */
function sessionOf(key) {
  const session = sessions.get(key) ?? new Session(key);
  sessions.set(key, session);
  return session;
}

// The feed's component leaves its messages in an inbox, which may have filled before this module was loaded.
const waiting = Array.isArray(globalThis.optvizInbox) ? globalThis.optvizInbox : [];
/** @param {Message} message */
const receive = ({ data, tell }) => {
  const { header, take } = unframe(data);
  sessionOf(header.key).receive(header, take, tell);
};
globalThis.optvizInbox = { push: receive, sessions };
watchFields();
watchSliders(() => [...sessions.values()].find(session => session.player));
waiting.forEach(receive);

/** @type {WeakMap<HTMLElement, Player>} */
const players = new WeakMap();
const decoder = new TextDecoder();
/** @param {Component} component */
export default function ({ data, parentElement }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".optviz"));
  /** @type {{ header: Stage, take: Take }} */
  const { header, take } = unframe(data);
  const player = players.get(root) ?? new Player(root, sessionOf(header.key), header.themes);
  players.set(root, player);
  const id = JSON.stringify(header);
  if (player.id !== id) {
    player.id = id;
    player.stage(header, header.panels.map(({ bytes }) => decoder.decode(take(bytes))));
    if (player.store.run !== null) player.arrived(false);
  } else player.repaint(); // Streamlit calls again when its theme changes
  return () => {
    player.remove();
    players.delete(root);
  };
}
