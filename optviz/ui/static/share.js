// @ts-check
// Share this moment: a dialog with the link to exactly what is on the screen, to be copied or photographed.

import { element } from "./dom.js";

/** @import { Answer, View, Views } from "./messages.d.ts" */
/** @import { Player, Session } from "./player.js" */
/** @import { Camera } from "./plotly.d.ts" */

const LONGEST_QUESTION = 200;
const SVG = "http://www.w3.org/2000/svg";
const PARTS = /** @type {const} */ (["up", "center", "eye"]);
/** @type {Camera} */
const HOME_CAMERA = { up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: 0 }, eye: { x: 1.25, y: 1.25, z: 1.25 } };
/** @param {number} value */
const short = value => Number(value.toPrecision(5));
/** @param {object} object */
const isEmpty = object => Object.keys(object).length === 0;

// What stands in an address as it is: browsers would escape more of it than they must.
/** @param {string | number} text */
const written = text => encodeURIComponent(text).replace(/%(2C|3A|2F)/g, decodeURIComponent);

// The players of this page.
/** @type {(sessions: Iterable<Session>) => { session: Session, player: Player }[]} */
const shownOf = sessions => [...sessions].flatMap(session => (session.player ? [{ session, player: session.player }] : []));
/** @param {Session} session */
const prefixOf = session => (session.name ? `${session.name}:` : "");

// Tabs, ranges and cameras of all players that differ from what a fresh page shows. The cells that were brought to the
// front come first: where a window has no room for all, they are seen.
/** @type {(sessions: Iterable<Session>) => Views} */
export function viewsOfPage(sessions) {
  /** @type {Required<Views>} */
  const { tabs, panels } = { tabs: {}, panels: {} };
  for (const { session, player } of shownOf(sessions)) {
    const { settings } = session;
    const cells = new Set(player.panels.map(panel => panel.spec.cell));
    for (const cell of new Set([...settings.front, ...cells]))
      if (cells.has(cell) && (settings.front.includes(cell) || cell in settings.tabs)) tabs[prefixOf(session) + cell] = settings.tabs[cell] ?? 0;
    for (const { place, view } of player.panels) {
      const mine = viewOf(view);
      if (!isEmpty(mine)) panels[prefixOf(session) + place] = mine;
    }
  }
  return { ...(!isEmpty(tabs) && { tabs }), ...(!isEmpty(panels) && { panels }) };
}
/** @param {View} view */
function viewOf({ ranges, camera }) {
  /** @type {View} */
  const view = {};
  if (ranges) view.ranges = Object.fromEntries(Object.entries(ranges).map(([name, [low, high]]) => [name, rounded(low, high)]));
  if (camera) {
    view.camera = {};
    for (const part of PARTS) {
      const [place, home] = [camera[part], HOME_CAMERA[part]];
      if (place && (place.x !== home.x || place.y !== home.y || place.z !== home.z)) view.camera[part] = { x: short(place.x), y: short(place.y), z: short(place.z) };
    }
  }
  return view;
}
// To a ten-thousandth of what the axis spans; dates and categories stay as they are.
/** @type {(low: number, high: number) => [low: number, high: number]} */
function rounded(low, high) {
  if (typeof low !== "number" || typeof high !== "number" || low === high) return [low, high];
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(high - low))) - 4);
  const toUnit = (/** @type {number} */ value) => Number((Math.round(value / unit) * unit).toPrecision(12));
  return [toUnit(low), toUnit(high)];
}
// The part of a link's views that is meant for one player, under its own names.
/** @type {(session: Session, views: Views) => Required<Views>} */
export function viewsFor(session, views) {
  const prefix = prefixOf(session);
  /**
   * @template Value
   * @param {Record<string, Value>} [names]
   * @returns {Record<string, Value>}
   */
  const pick = (names = {}) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes(":")).map(([name, value]) => [name.slice(prefix.length), value]));
  return { tabs: pick(views.tabs), panels: pick(views.panels) };
}

export class Share {
  /** @param {Player} player @param {Map<string, Session>} sessions */
  constructor(player, sessions) {
    this.player = player;
    this.sessions = sessions;
    this.number = 0;
    /** @type {Player | undefined} */
    this.moving = undefined; // the first player that moves has the step
    this.resumes = false;
    this.step = 0;
    this.speed = 1;
    /** @type {Views} */
    this.views = {};
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    const { words } = player;
    this.lang = words.lang;
    const id = `optviz-${player.session.key}-share`;
    this.link = element("input", { type: "text", readonly: "", class: "optviz-link", "aria-label": words.link });
    this.link.addEventListener("focus", () => this.link.select());
    this.copy = this.#button(words.copy, () => this.#copy(), "optviz-primary");
    this.still = this.#check("");
    this.fill = this.#check(words.fill);
    this.ask = element("input", { type: "text", maxlength: LONGEST_QUESTION, id: `${id}-ask` });
    this.ask.addEventListener("input", () => this.#renew(400));
    this.code = element("div", { class: "optviz-code" });
    this.status = element("p", { class: "optviz-status", role: "status" });
    this.actions = element("div", { class: "optviz-actions" }, this.#button(words.add_scene, () => this.#request({ add: true })));
    const close = this.#button("✕", () => this.node.close(), "optviz-close");
    close.setAttribute("aria-label", words.close);
    close.title = words.close;
    this.node = element(
      "dialog",
      { class: "optviz-sharing", "aria-labelledby": id },
      element("header", {}, element("h2", { id }, words.share), close),
      element(
        "div",
        { class: "optviz-form" },
        element("div", { class: "optviz-copy" }, this.link, this.copy),
        this.still.label,
        this.fill.label,
        element("label", { for: `${id}-ask` }, words.ask_first),
        this.ask,
        this.actions,
        this.status,
      ),
      this.code,
    );
    // The player's keys, and Streamlit's, are not meant here.
    this.node.addEventListener("keydown", event => event.stopPropagation());
    this.node.addEventListener("pointerdown", event => event.target === this.node && this.node.close());
    this.node.addEventListener("close", () => this.#leave());
    player.root.append(this.node);
  }
  /** @param {string} text @param {() => void} action */
  #button(text, action, kind = "") {
    const button = element("button", { type: "button", class: kind }, text);
    button.addEventListener("click", action);
    return button;
  }
  /** @type {(text: string) => { box: HTMLInputElement, label: HTMLLabelElement, text: HTMLSpanElement }} */
  #check(text) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => this.#renew());
    const span = element("span", {}, text);
    return { box, label: element("label", { class: "optviz-check" }, box, span), text: span };
  }

  open() {
    const { words } = this.player;
    this.moving = shownOf(this.sessions.values()).find(({ player }) => player.store.steps !== 0)?.player;
    // The moment stands still while it is shared.
    this.resumes = Boolean(this.moving?.playhead.playing);
    if (this.resumes) this.moving?.act("toggle");
    const { playhead, settings, words: said } = this.moving ?? this.player;
    this.step = playhead.step;
    this.speed = settings.speed;
    this.views = viewsOfPage(this.sessions.values());
    this.still.text.textContent = words.with_step.replace("{moment}", said.step.replace("{step}", String(this.step)));
    this.still.label.hidden = !this.moving;
    this.still.box.checked = Boolean(this.moving);
    this.fill.box.checked = false;
    this.ask.value = "";
    this.node.showModal();
    this.copy.focus();
    this.#renew();
  }
  #leave() {
    clearTimeout(this.waiting);
    if (this.resumes && !this.moving?.playhead.playing) this.moving?.act("toggle");
  }

  get question() {
    return this.ask.value.trim().replace(/\s+/g, " ");
  }
  // The settings of this page and the moment; a question is asked at the start.
  get parameters() {
    const kept = location.search.slice(1).split("&").filter(part => part && !/^(moment\.|lang=|embed)/.test(part));
    const add = (/** @type {string} */ name, /** @type {string | number} */ value) => kept.push(`moment.${name}=${written(value)}`);
    if (this.moving && this.still.box.checked && !this.question) add("step", this.step);
    if (this.moving && this.speed !== 1) add("speed", this.speed);
    if (!isEmpty(this.views)) add("views", JSON.stringify(this.views));
    if (this.question) add("ask", this.question);
    if (this.fill.box.checked) add("projector", 1);
    return kept;
  }
  get url() {
    const { lang } = this.player.words;
    return `${location.origin}${location.pathname}?${[...this.parameters, ...(lang ? [`lang=${lang}`] : [])].join("&")}`;
  }
  #renew(delay = 0) {
    this.still.box.disabled = Boolean(this.question);
    this.link.value = this.url;
    this.status.textContent = "";
    this.code.setAttribute("aria-busy", "true");
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.#request(), delay);
  }

  // Python answers, with the code or with a word on what was added; messages get lost while a page streams, so one asks
  // until it has answered. The number is one that this visitor never used: nothing is added twice.
  #request(more = {}) {
    this.number = Math.max(this.number + 1, Date.now());
    clearTimeout(this.waiting);
    const tell = () => {
      this.player.session.tell("share", { number: this.number, url: this.link.value, ...more });
      this.waiting = setTimeout(tell, 2000);
    };
    tell();
  }
  /** @param {Answer} answer */
  answer({ number, qr, added }) {
    if (number !== this.number) return;
    clearTimeout(this.waiting);
    if (added) {
      this.status.textContent = added;
      return;
    }
    this.code.removeAttribute("aria-busy");
    this.code.replaceChildren(qr ? drawn(qr, this.player.words.qr) : element("p", {}, this.player.words.no_qr));
  }

  // Without https a browser has no clipboard for a page: the old way, else the visitor's own hand.
  async #copy() {
    let copied = true;
    try {
      await navigator.clipboard.writeText(this.link.value);
    } catch {
      this.link.focus();
      this.link.select();
      copied = document.execCommand("copy");
      if (copied) this.copy.focus();
    }
    this.status.textContent = this.player.words[copied ? "copied" : "not_copied"];
  }
}

/** @type {(code: NonNullable<Answer["qr"]>, name: string) => SVGSVGElement} */
function drawn({ size, path }, name) {
  const svg = document.createElementNS(SVG, "svg");
  const ground = document.createElementNS(SVG, "rect");
  const modules = document.createElementNS(SVG, "path");
  const set = (/** @type {SVGElement} */ node, /** @type {Record<string, string | number>} */ attributes) =>
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, String(value)));
  set(svg, { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": name, "shape-rendering": "crispEdges" });
  set(ground, { width: size, height: size, fill: "#fff" });
  set(modules, { d: path, fill: "#000" });
  svg.append(ground, modules);
  return svg;
}
