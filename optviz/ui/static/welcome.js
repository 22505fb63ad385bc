// What a newcomer is told: once in a browser, and only until something is touched.

const ITEM = "optviz-welcomed";
const root = document.documentElement;
try {
  root.classList.toggle("optviz-new", !localStorage.getItem(ITEM));
} catch {} // a browser that keeps nothing would tell it again and again

function touched({ type, key }) {
  const shown = document.querySelector(".optviz-welcome")?.checkVisibility({ visibilityProperty: true });
  if (!shown || (type === "keydown" && ["Tab", "Shift"].includes(key))) return; // who goes to its links by the keys needs them
  localStorage.setItem(ITEM, "yes");
  root.classList.remove("optviz-new");
}
for (const name of ["click", "keydown", "input"]) addEventListener(name, touched, { capture: true, passive: true });
