// @ts-check
// The way through the course: what was visited is kept by the browser alone, and marked by a style sheet made of it.

const ITEM = "optviz-visited"; // the last parts of the paths, empty for the first page
const sheet = document.head.appendChild(document.createElement("style"));
/** @type {Set<string>} */
let visited = new Set();
try {
  visited = new Set(JSON.parse(localStorage.getItem(ITEM) ?? "[]"));
} catch {}

export function visit() {
  visited.add(/\w*$/.exec(location.pathname)?.[0] ?? "");
  try {
    localStorage.setItem(ITEM, JSON.stringify([...visited]));
  } catch {} // a browser without storage forgets with the tab
  const seen = `:is(${[...visited].filter(name => /^\w*$/.test(name)).map(name => `[data-lesson="${name}"]`)})`;
  sheet.textContent = `
    .optviz-lessons ${seen} .optviz-visited { visibility: visible; }
    .stApp .optviz-onward a:not(${seen}) { display: inline; }
    .stApp .optviz-onward a:not(${seen}) ~ a { display: none; }`;
}
