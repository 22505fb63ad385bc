// @ts-check
// Projector mode: one player fills the window, in large type, and a presenter's clicker drives it.

import { around } from "./dom.js";

/** @import { Player } from "./player.js" */

/** @type {Set<Player>} */
const players = new Set(); // those that are mounted
let on = false; // outlives a mount: the next page of a lecture is projected as well
let paused = false; // while the page is printed, whole
/** @type {string | undefined} */
let chosen; // the key of the player in which it was begun

export const isProjected = () => on;

const projected = () => {
  const all = [...players].sort((a, b) => (a.root.compareDocumentPosition(b.root) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  return on && !paused ? (all.find(player => player.session.key === chosen) ?? all[0]) : undefined;
};

function apply() {
  const shown = projected();
  document.documentElement.classList.toggle("optviz-projector", Boolean(shown));
  for (const player of players) {
    player.root.classList.toggle("optviz-projected", player === shown);
    player.bar.project.setAttribute("aria-pressed", String(player === shown));
    player.repaint();
  }
  return shown;
}

/** @param {string} key */
export function enter(key) {
  [on, chosen] = [true, key];
  apply();
}
export function leave() {
  on = false;
  apply();
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}
/** @param {boolean} printed */
export function pause(printed) {
  paused = printed;
  apply();
}
// A visitor's wish: the whole screen too, where the browser allows it.
/** @param {Player} player */
export function toggle(player) {
  if (on) leave();
  else {
    enter(player.session.key);
    document.documentElement.requestFullscreen?.().catch(() => {});
  }
  player.root.focus({ preventScroll: true });
}

/** @param {Player} player */
export function add(player) {
  players.add(player);
  if (apply() === player) player.root.focus({ preventScroll: true });
}
/** @param {Player} player */
export function drop(player) {
  players.delete(player);
  apply();
}

// ---- keys

const FIELD = "input:not([type=range]), textarea, select, [contenteditable=true], [role=textbox], [role=dialog], [role=combobox]";
/** @param {string} key @returns {HTMLElement | null} */
const press = key => document.querySelector(`.st-key-lecture-${key} button`);

/** @param {boolean} forward @param {Player} player */
function turn(forward, player) {
  const scene = press(forward ? "next" : "previous");
  if (scene) scene.click();
  else player.act(forward ? "toggle" : "home");
}

addEventListener("keydown", event => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || around(target, FIELD)) return;
  const player = projected() ?? [...players].find(each => each.root.contains(/** @type {Node} */ (target))) ?? [...players][0];
  if (!player) return;
  /** @type {Partial<Record<string, () => void>>} */
  const actions = {
    f: () => toggle(player),
    ...(on && { Escape: leave, PageDown: () => turn(true, player), PageUp: () => turn(false, player) }),
  };
  const action = actions[key];
  if (action) action();
  else if (on && !player.root.contains(/** @type {Node} */ (target)) && !around(target, "button, a")) player.press(event); // the picture alone is seen: it has the keys
  else return;
  if (action) event.preventDefault();
});
addEventListener("click", ({ target }) => on && around(target, ".st-key-lecture-end") && leave(), true); // with its lecture
addEventListener("resize", () => on && players.forEach(player => player.repaint()));
addEventListener("fullscreenchange", () => on && !document.fullscreenElement && leave()); // with Escape the browser tells nothing else
