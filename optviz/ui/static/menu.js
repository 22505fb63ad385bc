// @ts-check
// From page to page. Where the list of pages lies over the page, it closes when one is chosen.

import { around } from "./dom.js";

/** @param {string} id */
const within = id => document.querySelector(`[data-testid=stSidebar] [data-testid=${id}]`);
const over = matchMedia("(max-width: 768px)"); // so narrow, Streamlit has the list in the sidebar
const close = () => document.querySelector("[data-testid=stExpandSidebarButton]") || within("stSidebarCollapseButton")?.querySelector("button")?.click();

addEventListener("click", ({ target }) => over.matches && around(target, "[data-testid=stSidebarNavLink]") && setTimeout(close));

// Links within the app are followed as the browser's Back is, without loading the app again.
addEventListener("click", event => {
  const link = around(event.target, ".optviz-go");
  if (!(link instanceof HTMLAnchorElement) || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  dispatchEvent(new PopStateEvent("popstate"));
  for (const id of ["stMain", "stAppViewContainer"]) document.querySelector(`[data-testid=${id}]`)?.scrollTo(0, 0);
});
