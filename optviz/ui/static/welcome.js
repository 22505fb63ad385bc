// @ts-check
// What a newcomer is told: once in a browser, and only until something is touched.

export {}; // a module by itself

const ITEM = "optviz-welcomed";
const root = document.documentElement;
try {
  root.classList.toggle("optviz-new", !localStorage.getItem(ITEM));
} catch {} // a browser that keeps nothing would tell it again and again

/** @param {Event} event */
function touched(event) {
  const shown = document.querySelector(".optviz-welcome")?.checkVisibility({ visibilityProperty: true });
  if (!shown || (event instanceof KeyboardEvent && ["Tab", "Shift"].includes(event.key))) return; // who goes to its links by the keys needs them
  localStorage.setItem(ITEM, "yes");
  root.classList.remove("optviz-new");
}
for (const name of ["click", "keydown", "input"]) addEventListener(name, touched, { capture: true, passive: true });
