// @ts-check
// On a phone the controls stand under the page in the same column. The bar of the player that was seen last stays at
// the foot of the screen, and its picture at the head of it while the controls are used, so that one sees what they do:
// where they were scrolled to, or as a sheet that its Settings button opens.

import { around } from "./dom.js";

/** @import { Player } from "./player.js" */

const phone = matchMedia("(max-width: 640px), (max-width: 960px) and (max-height: 480px)"); // as in the style sheets
const across = matchMedia("(orientation: landscape)");
/** @type {Set<Player>} */
const players = new Set();
/** @type {Player | undefined} */
let docked;
let open = false; // the sheet
/** @type {string | undefined} */
let path;

const controls = () => document.querySelector("[data-testid=stSidebar]");
const inSight = new IntersectionObserver(
  entries => {
    const seen = entries.findLast(({ isIntersecting }) => isIntersecting);
    if (seen) dock([...players].find(({ root }) => root === seen.target));
  },
  { rootMargin: "-35% 0px" }, // the middle of the screen
);

/** @param {Player | undefined} player */
function dock(player) {
  if (open && docked) return; // what lies under the sheet moves
  docked = player;
  for (const each of players) each.root.classList.toggle("optviz-docked", each === docked);
  pin();
}

// Hold the picture while it would be above the screen and the controls are on it.
function pin() {
  const used = open || (!across.matches && (controls()?.getBoundingClientRect().top ?? Infinity) < 0.6 * innerHeight);
  for (const { root, grid } of players) {
    const cell = /** @type {HTMLElement | null} */ (grid.firstElementChild);
    const held = root.classList.contains("optviz-pinned");
    const wanted = phone.matches && root === docked?.root && cell && used && !root.closest("[data-testid=stSidebar]");
    if (held === Boolean(wanted)) continue;
    root.style.setProperty("--left", wanted ? `${cell.offsetHeight}px` : ""); // the room that it leaves
    root.classList.toggle("optviz-pinned", Boolean(wanted));
  }
}
addEventListener("scroll", pin, { capture: true, passive: true });
for (const query of [phone, across]) query.addEventListener("change", () => toggle(open && phone.matches));

// ---- the sheet

export function toggle(wanted = !open) {
  open = wanted;
  document.documentElement.classList.toggle("optviz-sheet", open);
  for (const { bar } of players) bar.settings.setAttribute("aria-expanded", String(open));
  pin();
}
addEventListener("keydown", ({ key }) => key === "Escape" && open && toggle(false));
addEventListener("click", ({ target }) => open && around(target, ".optviz-pinned .optviz-cell") && !around(target, "[role=tab]") && toggle(false));

// ---- players

/** @param {Player} player */
export function add(player) {
  players.add(player);
  player.bar.settings.setAttribute("aria-expanded", String(open));
  inSight.observe(player.root);
  if (!docked) dock(player);
  if (path && path !== location.pathname) {
    toggle(false);
    // Another page begins at its top.
    if (phone.matches) player.root.closest("[data-testid=stAppViewContainer]")?.scrollTo(0, 0);
  }
  path = location.pathname;
}
/** @param {Player} player */
export function drop(player) {
  players.delete(player);
  inSight.unobserve(player.root);
  if (docked !== player) return;
  docked = undefined;
  dock([...players][0]);
}
