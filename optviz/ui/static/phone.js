// On a phone the controls stand under the page in the same column. The bar of the player that was seen last stays at
// the foot of the screen, and its picture at the head of it while the controls are used, so that one sees what they do.

const phone = matchMedia("(max-width: 640px)");
const players = new Set();
let docked;
let path;

const controls = () => document.querySelector("[data-testid=stSidebar]");
const inSight = new IntersectionObserver(
  entries => {
    const seen = entries.findLast(({ isIntersecting }) => isIntersecting);
    if (seen) dock([...players].find(({ root }) => root === seen.target));
  },
  { rootMargin: "-35% 0px" }, // the middle of the screen
);

function dock(player) {
  docked = player;
  for (const each of players) each.root.classList.toggle("optviz-docked", each === docked);
  pin();
}

// Hold the picture while it would be above the screen and the controls are on it.
function pin() {
  for (const { root, grid } of players) {
    const cell = grid.firstElementChild;
    const held = root.classList.contains("optviz-pinned");
    const wanted = phone.matches && root === docked?.root && cell && controls()?.getBoundingClientRect().top < 0.6 * innerHeight && !root.closest("[data-testid=stSidebar]");
    if (held === Boolean(wanted)) continue;
    root.style.setProperty("--left", wanted ? `${cell.offsetHeight}px` : ""); // the room that it leaves
    root.classList.toggle("optviz-pinned", Boolean(wanted));
  }
}
addEventListener("scroll", pin, { capture: true, passive: true });
phone.addEventListener("change", pin);

export function add(player) {
  players.add(player);
  inSight.observe(player.root);
  if (!docked) dock(player);
  // Another page begins at its top.
  if (phone.matches && path && path !== location.pathname) player.root.closest("[data-testid=stAppViewContainer]")?.scrollTo(0, 0);
  path = location.pathname;
}
export function drop(player) {
  players.delete(player);
  inSight.unobserve(player.root);
  if (docked === player) dock([...players][0]);
}
