// @ts-check
// The buttons.

import { element } from "./dom.js";
import * as phone from "./phone.js";
import * as projector from "./projector.js";

/** @import { Words } from "./messages.d.ts" */
/** @import { Action, Player } from "./player.js" */

const SPEEDS = [0.1, 0.2, 0.5, 1, 2, 5, 10];

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  home: "M6 5h3v14H6zM20 5v14l-10-7z",
  back: "M15.5 5v14L7 12zM17 5h2v14h-2z",
  forward: "M8.5 5v14l8.5-7zM5 5h2v14H5z",
  ghost: "M12 2a8 8 0 0 0-8 8v12l2.7-2 2.6 2 2.7-2 2.7 2 2.6-2 2.7 2V10a8 8 0 0 0-8-8zM9 8.5a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zm6 0a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z",
  project: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
  loop: "M12 4V1L8 5l4 4V6a6 6 0 0 1 5.3 8.8l1.5 1.5A8 8 0 0 0 12 4zm0 14a6 6 0 0 1-5.3-8.8L5.2 7.7A8 8 0 0 0 12 20v3l4-4-4-4z",
  settings: "M3 17v2h6v-2H3zM3 5v2h10V5H3zm10 16v-2h8v-2h-8v-2h-2v6h2zM7 9v2H3v2h4v2h2V9H7zm14 4v-2H11v2h10zm-6-4h2V7h4V5h-4V3h-2v6z",
  slow: "M10 7.5v9l6-4.5zM11 4.07V2.05c-2.01.2-3.84 1-5.32 2.21L7.1 5.69A7.94 7.94 0 0 1 11 4.07zM5.69 7.1 4.26 5.68A9.9 9.9 0 0 0 2.05 11h2.02c.18-1.46.76-2.79 1.62-3.9zM4.07 13H2.05c.2 2.01 1 3.84 2.21 5.32l1.43-1.43A7.95 7.95 0 0 1 4.07 13zm1.61 6.74A9.94 9.94 0 0 0 11 21.95v-2.02a7.94 7.94 0 0 1-3.9-1.62zM22 12c0 5.16-3.92 9.42-8.95 9.95v-2.02A8 8 0 0 0 20 12a8 8 0 0 0-6.95-7.93V2.05C18.08 2.58 22 6.84 22 12z",
  share: "M18 16.1a3 3 0 0 0-2 .8l-7.1-4.2a3.3 3.3 0 0 0 0-1.4L16 7.2a3 3 0 1 0-1-2.2 3 3 0 0 0 .1.7L8 9.8a3 3 0 1 0 0 4.4l7.1 4.1a3 3 0 1 0 2.9-2.2z",
};
/** @type {(name: keyof typeof ICONS) => string} */
const svg = name => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const SPOKEN = /** @type {const} */ (["home", "back", "play", "forward", "loop", "ghost", "scrub", "speed", "slow", "settings", "share", "project"]);

export class Bar {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    /** @type {boolean | undefined} */
    this.playing = undefined;
    const act = (/** @type {Action} */ action) => () => player.act(action);
    this.home = this.#button("home", act("home"));
    this.back = this.#button("back", act("back"));
    this.play = this.#button("play", act("toggle"));
    this.forward = this.#button("forward", act("forward"));
    this.loop = this.#button("loop", () => player.change("loop", !player.settings.loop));
    this.ghost = this.#button("ghost", () => player.toggleGhost());
    this.project = this.#button("project", () => projector.toggle(player));
    this.settings = this.#button("settings", () => phone.toggle());
    this.share = this.#button("share", () => player.share.open());
    this.scrub = element("input", { type: "range", class: "optviz-scrub", min: 0, step: 1 });
    this.scrub.addEventListener("input", () => player.seek(Number(this.scrub.value)));
    this.speed = element("select", { class: "optviz-speed" }, ...SPEEDS.map(s => element("option", { value: s }, `${s}×`)));
    this.speed.addEventListener("change", () => player.change("speed", Number(this.speed.value)));
    this.count = element("output", { class: "optviz-count" });
    this.slow = this.#button("slow", () => player.slow.toggle());
    this.node = element("div", { class: "optviz-bar" }, this.home, this.back, this.play, this.forward, this.scrub, this.count, this.speed, this.ghost, this.loop, this.settings, this.share, this.project);
  }
  /** @param {keyof typeof ICONS} name @param {() => void} action */
  #button(name, action) {
    const button = element("button", { type: "button", class: `optviz-${name}` });
    button.innerHTML = svg(name);
    button.addEventListener("click", action);
    return button;
  }

  /** @param {Words} words */
  speak(words) {
    for (const name of SPOKEN) {
      this[name].setAttribute("aria-label", words[name]);
      this[name].title = words[name];
    }
    this.playing = undefined;
  }

  /** @param {Player} player */
  show({ playhead, store, settings, words, session }) {
    const { step, playing } = playhead;
    if (playing !== this.playing) {
      this.playing = playing;
      this.play.innerHTML = svg(playing ? "pause" : "play");
      this.play.setAttribute("aria-label", words[playing ? "pause" : "play"]);
      this.play.title = words[playing ? "pause" : "play"];
      this.count.setAttribute("aria-live", playing ? "off" : "polite"); // no chatter while it plays
    }
    const known = !store.growing || store.steps !== null;
    const text = (known ? words.step_of : words.step).replace("{step}", String(step)).replace("{steps}", String(store.total));
    if (this.count.textContent !== text) this.count.textContent = text;
    this.scrub.max = String(Math.max(store.total, 1));
    this.scrub.value = String(step);
    this.scrub.style.setProperty("--done", `${(100 * step) / Math.max(store.total, 1)}%`);
    this.scrub.style.setProperty("--loaded", `${(100 * store.last) / Math.max(store.total, 1)}%`);
    this.scrub.setAttribute("aria-valuetext", text);
    this.speed.value = String(settings.speed);
    this.loop.setAttribute("aria-pressed", String(settings.loop));
    this.ghost.setAttribute("aria-pressed", String(settings.ghost));
    this.ghost.disabled = !session.before.store(store);
  }
}
