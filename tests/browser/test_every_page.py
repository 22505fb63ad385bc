"""Every page in a real Chromium: on a wide screen and on a phone, in both languages, light and dark."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from optviz.course import outline
from optviz.locale import translations
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.ui.frame import tab_title
from tests.browser.screen import frames, path_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
Visit = Callable[..., AbstractContextManager["Page"]]
LOCALES = {"en": "en-US", "zh": "zh-CN"}


class Look(NamedTuple):
    """How a page is looked at."""

    width: int
    height: int
    accessible: bool
    """Whether axe-core has a look too."""


# A theme that changes draws all anew, so each language has one. What is cut off is so in any theme, and contrasts are
# the same in any language and at any size.
THEMES: dict[str, Literal["light", "dark"]] = {"en": "light", "zh": "dark"}
LOOKS = {
    "en": (Look(1400, 900, True), Look(390, 844, False), Look(360, 740, True)),
    "zh": (Look(1400, 900, True), Look(360, 740, False)),
}

# The two main pages with as much on them as there can be.
CROWDED = {
    "surfaces": "/?surface=rastrigin&steps=50&" + "&".join(f"run={name}" for name in list(OPTIMIZERS)[:8]),
    "classifier": "/classifier?epochs=20&compare=7&starts=3&schedule=cosine",
}

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# What axe-core finds in Streamlit's markup, and why it stays.
ACCEPTED = {
    # The menu of a phone groups its links by chapters, which stand between the list and its items.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
    # The field takes files that are dropped on it; the button in it opens them for the keyboard.
    "presentation-role-conflict": "[data-testid=stFileUploaderDropzone]",
    # What is too wide for a phone: browsers let the keyboard scroll what nothing in it can take the focus of.
    "scrollable-region-focusable": ".katex-display, [data-testid=stCode] pre",
}
VIOLATIONS = """
async accepted => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], elementRef: true });
  return violations.flatMap(({ id, impact, nodes }) => nodes
    .filter(({ element }) => !accepted[id] || !element.matches(accepted[id]))
    .map(({ html, any, all, none }) =>
      `${id} (${impact}): ${html.slice(0, 200)} ${[...any, ...all, ...none].map(check => check.message)}`));
}
"""

CUT = """
() => {
  const visible = { opacityProperty: true, visibilityProperty: true };
  const shown = e => e.checkVisibility(visible) && e.getBoundingClientRect().width > 2;
  const beyond = (inner, outer) => inner.right > outer.right + 3 || inner.left < outer.left - 3;
  const said = e => `${e.tagName} “${e.textContent.trim().slice(0, 60)}”`;
  const found = [];
  // What a formula says to screen readers has a place, but is not seen.
  const formulas = [...document.querySelectorAll(".katex-mathml")];
  formulas.forEach(each => (each.style.display = "none"));
  // Text that its own box cuts off, but for rows that are meant to be pushed aside.
  const words = "h1, h2, h3, label p, button, .optviz-tab, .optviz-title, [data-testid=stMarkdownContainer] p, td, th";
  for (const e of document.querySelectorAll(words)) {
    if (!shown(e) || !e.textContent.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(e);
    const text = range.getBoundingClientRect();
    if (text.right <= 0) continue; // in the sidebar, which is closed
    for (let box = e; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (/auto|scroll/.test(style.overflowX)) break;
      const frame = box.getBoundingClientRect();
      if (frame.width < 2) break; // for screen readers alone
      if (/hidden|clip/.test(style.overflowX) && beyond(text, frame)) {
        found.push(said(e));
        break;
      }
    }
  }
  // Text of a plot that leaves the plot.
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    const frame = plot.getBoundingClientRect();
    for (const text of plot.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (!shown(text) || text.closest(".legend .scrollbox")) continue;
      if (beyond(box, frame) || box.top < frame.top - 3 || box.bottom > frame.bottom + 3)
        found.push("plot: " + said(text));
    }
  }
  formulas.forEach(each => (each.style.display = ""));
  return [...new Set(found)];
}
"""


SMALL = """
() => [...document.querySelectorAll("input:not([type=checkbox], [type=radio], [type=range]), textarea, select")]
  .filter(field => parseFloat(getComputedStyle(field).fontSize) < 16)
  .map(field => `a phone zooms into the field “${field.getAttribute("aria-label") ?? field.outerHTML.slice(0, 80)}”`)
"""

SETTLED = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame(); // what has a new size says so
  await frame();
  const sessions = [...(globalThis.optvizInbox?.sessions?.values() ?? [])];
  const players = sessions.map(session => session.player).filter(Boolean);
  const fits = player => player.fitting && !player.store.awaited;
  while (players.some(fits)) await frame();
  await Promise.all(players.flatMap(player => player.panels.map(panel => panel.tasks)));
}
"""


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("name", outline.LESSONS)
def test_a_page_shows_itself_whole(visit: Visit, name: str, lang: str) -> None:
    with visit(path_of(name), LOCALES[lang], THEMES[lang]) as page:
        title = tab_title(translations(lang).gettext(outline.LESSONS[name].title))
        page.wait_for_function("title => document.title === title", arg=title)
        found = looked_at(page, lang)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("name", CROWDED)
def test_a_page_full_of_everything_shows_itself_whole(open_page: OpenPage, name: str, lang: str) -> None:
    page = open_page(CROWDED[name], locale=LOCALES[lang], color_scheme=THEMES[lang], reduced_motion="reduce")
    settle(page, THEMES[lang])
    if lang == "en":  # once with all that is folded away; 3-D takes a machine without a GPU long
        for fold in page.get_by_test_id("stExpander").all():
            fold.locator("summary").click()
            settle(page)
        if page.get_by_test_id("stCode").count():  # programs are colored a moment later
            page.wait_for_selector("[data-testid=stCode] .token", state="attached")
        for tabs in page.get_by_role("tablist").all():
            tabs.get_by_role("tab").last.click()
    found = looked_at(page, lang)
    assert not found, "\n".join(found)


def looked_at(page: "Page", lang: str) -> list[str]:
    """Look at an open page in every size; list what a visitor would stumble over, and what axe-core finds."""
    found = []
    page.evaluate(AXE.read_text("utf-8") if page.evaluate("!globalThis.axe") else "0")
    looks = LOOKS[lang]
    if page.viewport_size != {"width": looks[0].width, "height": looks[0].height}:
        looks = looks[::-1]  # the last page was left as it was last looked at
    with fingers(page) as touch:
        for width, height, accessible in looks:
            touch(width < 600)
            page.set_viewport_size({"width": width, "height": height})
            settle(page, THEMES[lang])
            found += [
                f"{width} px: {fault}"
                for fault in faults(page)
                + (small(page) if width < 600 else [])
                + (page.evaluate(VIOLATIONS, ACCEPTED) if accessible else [])
            ]
    return found


@contextmanager
def fingers(page: "Page") -> Iterator[Callable[[bool], Any]]:
    """Give `touch(on)`: whether the screen is one that is touched."""
    session = page.context.new_cdp_session(page)
    yield lambda on: session.send("Emulation.setTouchEmulationEnabled", {"enabled": on})
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.detach()


def settle(page: "Page", color_scheme: str = "light") -> None:
    """Wait until the script has run and the open figures are drawn."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function(
        """theme => [...document.querySelectorAll("[data-testid=optviz-player]")].every(root =>
             root.dataset.theme === theme && [...root.querySelectorAll(".optviz-panel:not([hidden]) .optviz-plot")]
               .every(plot => plot._fullLayout || plot.closest(".optviz-without")))""",
        arg=color_scheme,
    )
    page.evaluate(SETTLED)


def faults(page: "Page") -> list[str]:
    """List what a visitor would stumble over on an open page."""
    complaints = page.locator("[data-testid=stException], [data-testid=stAlertContentError]").all_inner_texts()
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*complaints, *[f"{over} px too wide"] * (over != 0), *cut(page)]


def cut(page: "Page") -> list[str]:
    """List the words that are cut off and stay so: the navigation finds its new width a moment after the others."""
    return lasting(page, CUT)


def small(page: "Page") -> list[str]:
    """List the fields into which a phone zooms: in a group that is folded, letters grow a moment later."""
    return lasting(page, SMALL)


def lasting(page: "Page", look: str) -> list[str]:
    """Return what a look finds again and again, and so is there to stay."""
    for pause in (6, 18, 60):
        if not page.evaluate(look):
            break
        frames(page, pause)
    return list(page.evaluate(look))


def test_the_check_finds_what_is_cut(open_page: OpenPage) -> None:
    page = open_page("/")
    page.wait_for_selector(".js-plotly-plot")
    settle(page)
    found = page.evaluate(
        f"""() => {{
          document.querySelector('h1').style.cssText = 'overflow: hidden; width: 5rem; white-space: nowrap';
          document.querySelector('.js-plotly-plot .xtitle').setAttribute('transform', 'translate(-400 0)');
          return ({CUT})();
        }}"""
    )
    assert [text.split(" ")[0] for text in found] == ["H1", "plot:"]


def test_the_first_page_of_a_server_asks_nobody_else(chromium: "Browser", serving: Any, tmp_path: Path) -> None:
    with serving("app.py", tmp_path) as address:
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/{list(outline.LESSONS)[-1]}")
        settle(page)
        page.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
