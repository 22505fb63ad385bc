// Share this moment: a dialog with the link to exactly what is on the screen, to be copied or photographed.

import { element } from "./bar.js";

const LONGEST_QUESTION = 200;
const SVG = "http://www.w3.org/2000/svg";
const HOME_CAMERA = { up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: 0 }, eye: { x: 1.25, y: 1.25, z: 1.25 } };
const short = value => Number(value.toPrecision(5));
const isEmpty = object => Object.keys(object).length === 0;

// What stands in an address as it is: browsers would escape more of it than they must.
const written = text => encodeURIComponent(text).replace(/%(2C|3A|2F)/g, decodeURIComponent);

// The players of this page, the first of which that moves has the step.
const shown = () => [...globalThis.optvizInbox.sessions.values()].filter(session => session.player);
const prefixOf = session => (session.name ? `${session.name}:` : "");

// Tabs, ranges and cameras of all players that differ from what a fresh page shows. The cells that were brought to the
// front come first: where a window has no room for all, they are seen.
export function viewsOfPage() {
  const [tabs, panels] = [{}, {}];
  for (const session of shown()) {
    const { player, settings } = session;
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
function viewOf({ ranges, camera }) {
  const view = {};
  if (ranges) view.ranges = Object.fromEntries(Object.entries(ranges).map(([name, [low, high]]) => [name, rounded(low, high)]));
  if (camera) {
    const moved = Object.entries(HOME_CAMERA).filter(([part, home]) => camera[part] && Object.keys(home).some(d => camera[part][d] !== home[d]));
    view.camera = Object.fromEntries(moved.map(([part, home]) => [part, Object.fromEntries(Object.keys(home).map(d => [d, short(camera[part][d])]))]));
  }
  return view;
}
// To a ten-thousandth of what the axis spans; dates and categories stay as they are.
function rounded(low, high) {
  if (typeof low !== "number" || typeof high !== "number" || low === high) return [low, high];
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(high - low))) - 4);
  return [low, high].map(value => Number((Math.round(value / unit) * unit).toPrecision(12)));
}
// The part of a link's views that is meant for one player, under its own names.
export function viewsFor(session, views) {
  const prefix = prefixOf(session);
  const pick = (names = {}) =>
    Object.fromEntries(Object.entries(names).filter(([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes(":")).map(([name, value]) => [name.slice(prefix.length), value]));
  return { tabs: pick(views.tabs), panels: pick(views.panels) };
}

export class Share {
  constructor(player) {
    this.player = player;
    this.number = 0;
    const { words } = player;
    this.lang = words.lang;
    const id = `optviz-${player.session.key}-share`;
    this.link = element("input", { type: "text", readonly: "", class: "optviz-link", "aria-label": words.link });
    this.link.addEventListener("focus", () => this.link.select());
    this.copy = this.#button(words.copy, () => this.#copy(), "optviz-primary");
    [this.still, this.stillLabel] = this.#check("");
    [this.fill, this.fillLabel] = this.#check(words.fill);
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
        this.stillLabel,
        this.fillLabel,
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
  #button(text, action, kind = "") {
    const button = element("button", { type: "button", class: kind }, text);
    button.addEventListener("click", action);
    return button;
  }
  #check(text) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => this.#renew());
    return [box, element("label", { class: "optviz-check" }, box, element("span", {}, text))];
  }

  open() {
    const { words, settings } = this.player;
    this.moving = shown().map(session => session.player).find(player => player.store.steps !== 0);
    // The moment stands still while it is shared.
    this.resumes = this.moving?.playhead.playing;
    if (this.resumes) this.moving.act("toggle");
    this.step = this.moving?.playhead.step;
    this.speed = (this.moving ?? this.player).settings.speed ?? settings.speed;
    this.views = viewsOfPage();
    const moment = (this.moving ?? this.player).words.step.replace("{step}", this.step);
    this.stillLabel.lastChild.textContent = words.with_step.replace("{moment}", moment);
    this.stillLabel.hidden = !this.moving;
    this.still.checked = Boolean(this.moving);
    this.fill.checked = false;
    this.ask.value = "";
    this.node.showModal();
    this.copy.focus();
    this.#renew();
  }
  #leave() {
    clearTimeout(this.waiting);
    if (this.resumes && !this.moving.playhead.playing) this.moving.act("toggle");
  }

  get question() {
    return this.ask.value.trim().replace(/\s+/g, " ");
  }
  // The settings of this page and the moment; a question is asked at the start.
  get parameters() {
    const kept = location.search.slice(1).split("&").filter(part => part && !/^(moment\.|lang=|embed)/.test(part));
    const add = (name, value) => kept.push(`moment.${name}=${written(value)}`);
    if (this.moving && this.still.checked && !this.question) add("step", this.step);
    if (this.moving && this.speed !== 1) add("speed", this.speed);
    if (!isEmpty(this.views)) add("views", JSON.stringify(this.views));
    if (this.question) add("ask", this.question);
    if (this.fill.checked) add("projector", 1);
    return kept;
  }
  get url() {
    const { lang } = this.player.words;
    return `${location.origin}${location.pathname}?${[...this.parameters, ...(lang ? [`lang=${lang}`] : [])].join("&")}`;
  }
  #renew(delay = 0) {
    this.still.disabled = Boolean(this.question);
    this.link.value = this.url;
    this.status.textContent = "";
    this.code.setAttribute("aria-busy", true);
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
  answer({ number, qr, added }) {
    if (number !== this.number) return;
    clearTimeout(this.waiting);
    if (added) return void (this.status.textContent = added);
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

function drawn({ size, path }, name) {
  const svg = document.createElementNS(SVG, "svg");
  const ground = document.createElementNS(SVG, "rect");
  const modules = document.createElementNS(SVG, "path");
  const set = (node, attributes) => Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  set(svg, { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": name, "shape-rendering": "crispEdges" });
  set(ground, { width: size, height: size, fill: "#fff" });
  set(modules, { d: path, fill: "#000" });
  svg.append(ground, modules);
  return svg;
}
