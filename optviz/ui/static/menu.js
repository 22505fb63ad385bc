// Where the list of pages lies over the page, it closes when one is chosen.

const within = id => document.querySelector(`[data-testid=stSidebar] [data-testid=${id}]`);
const over = matchMedia("(max-width: 768px)"); // so narrow, Streamlit has the list in the sidebar
const close = () => document.querySelector("[data-testid=stExpandSidebarButton]") || within("stSidebarCollapseButton")?.querySelector("button").click();

addEventListener("click", ({ target }) => over.matches && target.closest?.("[data-testid=stSidebarNavLink]") && setTimeout(close));
