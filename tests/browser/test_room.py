"""What a room sees without scrolling: picture, bar and sentence in one window, and what a projector shows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from optviz.course import outline
from optviz.course.ready_lectures import ASK, READY
from optviz.locale import translations
from optviz.ui.frame import tab_title
from tests.browser.screen import PLAYER, eventually, opened, path_of
from tests.browser.test_every_page import LOCALES, SETTLED, THEMES, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
WINDOWS = ((1280, 720), (1920, 1080), (1366, 768), (1400, 900))
PAGES = [name for name in outline.LESSONS if name not in ("course", "lectures")]
CLOSELY = PAGES[::4]
"""Pages that are looked at in every window, and projected in both languages."""
LOWEST = 180
"""Pixels of a plot: lower ones show nothing."""
LOWEST_PROJECTED = 300

SEEN = """
() => {
  const root = document.querySelector('.optviz-projected') ?? document.querySelector('.optviz');
  const box = e => {
    const { top, bottom, width, height } = e.getBoundingClientRect();
    return { top, bottom, width, height };
  };
  const size = e => parseFloat(getComputedStyle(e).fontSize);
  const panels = [...root.querySelectorAll('.optviz-panel:not([hidden])')].map(panel => {
    const { _size: plot, xaxis, yaxis, scene } = panel.querySelector('.optviz-plot')._fullLayout;
    const texts = kind => [...panel.querySelectorAll(kind)].filter(e => e.textContent.trim()).map(size);
    return {
      cell: panel.parentElement.dataset.cell, ...box(panel), plot: [xaxis?._length ?? plot.w, yaxis?._length ?? plot.h],
      square: Boolean(yaxis?.scaleanchor || xaxis?.scaleanchor), bare: Boolean(scene),
      title: Math.min(...texts('.xtitle, .ytitle'), Infinity),
      ticks: Math.max(...texts('.xtick text tspan:not([style*="70%"]), .ytick text:not(:has(tspan))'), 0),
    };
  });
  const named = name => box(root.querySelector(name));
  return {
    head: document.querySelector('[data-testid=stHeader]').getBoundingClientRect().bottom, height: innerHeight,
    grid: named('.optviz-grid'), bar: named('.optviz-bar'), sentence: named('.optviz-sentence'), panels,
    said: root.querySelector('.optviz-sentence').textContent, type: size(root.querySelector('.optviz-sentence')),
  };
}
"""


def seen(page: "Page") -> dict[str, Any]:
    """Measure the first picture of a page that is at rest."""
    page.wait_for_selector(f"{PLAYER}[data-run] .js-plotly-plot .main-svg", state="attached")
    page.evaluate(SETTLED)
    page.evaluate(SETTLED)  # what was measured anew is laid out anew
    return dict(page.evaluate(SEEN))


def faults(found: dict[str, Any], lowest: float) -> list[str]:
    """List what is not in view together, and plots that are too low."""
    wrong = []
    if found["grid"]["top"] < found["head"] - 1 or found["sentence"]["bottom"] > found["height"]:
        wrong.append(f"from {found['grid']['top']:.0f} to {found['sentence']['bottom']:.0f} of {found['height']}")
    if not found["grid"]["bottom"] <= found["bar"]["top"] < found["bar"]["bottom"] <= found["sentence"]["top"]:
        wrong.append(f"in another order: {found['grid']}, {found['bar']}, {found['sentence']}")
    if not found["said"].strip():
        wrong.append("nothing is said")
    return wrong + [
        f"{panel['cell']}: {panel['plot'][1]:.0f} px high" for panel in found["panels"] if panel["plot"][1] < lowest
    ]


@pytest.mark.parametrize("lang", LOCALES)
@pytest.mark.parametrize("name", PAGES)
def test_picture_bar_and_sentence_are_in_view_together(visit: Visit, name: str, lang: str) -> None:
    wrong = []
    windows = WINDOWS if name in CLOSELY else WINDOWS[:2] if lang == "en" else WINDOWS[:1]
    with visit(path_of(name), LOCALES[lang], THEMES[lang]) as page:
        title = tab_title(translations(lang).gettext(outline.LESSONS[name].title))
        page.wait_for_function("title => document.title === title", arg=title)
        for width, height in windows:
            page.set_viewport_size({"width": width, "height": height})
            wrong += [f"{width}×{height}: {fault}" for fault in faults(seen(page), LOWEST)]
        if lang == "en" or name in CLOSELY:
            page.set_viewport_size({"width": 1280, "height": 720})
            page.locator(PLAYER).first.focus()
            page.keyboard.press("f")
            wrong += projected_faults(page)
            page.keyboard.press("Escape")
    assert not wrong, "\n".join(wrong)


def projected_faults(page: "Page") -> list[str]:
    """List what a projector of 1280×720 shows too small, or not at all."""
    page.wait_for_selector(".optviz-projected")
    found = {**seen(page), "head": 0}
    wrong = faults(found, LOWEST_PROJECTED)
    if found["type"] < 20:
        wrong.append(f"the sentence is {found['type']} px high")
    for panel in found["panels"]:
        smaller = min(panel["width"], panel["height"])
        if panel["square"] and min(panel["plot"]) < 0.7 * smaller:
            wrong.append(f"{panel['cell']}: {panel['plot']} of {smaller:.0f} px")
        if panel["title"] < panel["ticks"] - 0.1:
            wrong.append(f"{panel['cell']}: a title of {panel['title']} px, ticks of {panel['ticks']}")
    return [f"projected: {fault}" for fault in wrong]


@pytest.mark.parametrize("lecture", READY)
def test_a_lecture_is_projected_and_read_from_the_last_row(open_page: OpenPage, lecture: str) -> None:
    page = open_page(f"/lectures?lecture={lecture}", 1280, 720, reduced_motion="reduce")
    page.get_by_role("button", name="Play from scene 1", exact=True).click()
    scenes = READY[lecture].scenes
    wrong = []
    for number, scene in enumerate(scenes, start=1):
        title = page.locator(".st-key-lecture p").first
        place = page.locator(".st-key-lecture b", has_text=f"{number} / {len(scenes)}")
        place.wait_for()
        if ASK in scene.parameters:
            page.locator(".optviz-question", has_text=scene.parameters[ASK][0]).wait_for()
            eventually(page, lambda: _hides(scene.title, title.inner_text()))  # noqa: B023
            assert page.locator(".optviz-sentence").first.inner_text() == ""
            page.keyboard.press("PageDown")
            page.locator(".optviz-ask").first.wait_for(state="hidden")
        eventually(page, lambda: _holds(scene.title, title.inner_text()))  # noqa: B023
        wrong += [f"{number}. {scene.title}: {fault}" for fault in projected_faults(page)]
        if number < len(scenes):
            page.keyboard.press("PageDown")
    page.locator(".st-key-lecture-end button").click()
    page.locator(".optviz-projected").wait_for(state="detached")
    page.get_by_role("heading", level=1).wait_for()
    assert not wrong, "\n".join(wrong)


def _holds(part: str, whole: str) -> None:
    assert part in whole


def _hides(part: str, whole: str) -> None:
    assert part not in whole


SMALL_AND_LARGE = ((320, 480), (640, 360), (844, 390), (853, 480), (3840, 2160), (1280, 720))
"""A small phone, 1280×720 at 200 %, a phone that lies, 1280×720 at 150 %, and a wall."""
LOST = """
() => {
  const root = document.querySelector('.optviz'), bar = root.querySelector('.optviz-bar').getBoundingClientRect();
  const head = document.querySelector('[data-testid=stHeader]').getBoundingClientRect().bottom;
  const lost = [...root.querySelectorAll('.optviz-bar > *')].filter(e => e.checkVisibility()).filter(e => {
    const { left, right, top, bottom } = e.getBoundingClientRect();
    return left < 0 || right > innerWidth + 1 || top < 0 || bottom > innerHeight + 1;
  }).map(e => `${e.className} leaves the window`);
  const { scrollWidth, clientWidth } = document.querySelector('[data-testid=stMain]');
  if (scrollWidth > clientWidth) lost.push(`${scrollWidth} px of ${clientWidth}`);
  const panels = [...root.querySelectorAll('.optviz-panel:not([hidden])')];
  panels.forEach((panel, i) => {
    const { xaxis, yaxis } = panel.querySelector('.optviz-plot')._fullLayout, { cell } = panel.parentElement.dataset;
    if (Math.min(xaxis._length, yaxis._length) < 100) lost.push(`${cell}: ${xaxis._length}×${yaxis._length}`);
    const { left, right } = panel.getBoundingClientRect();
    if (left < 0 || right > innerWidth) lost.push(`${cell} leaves the window`);
    const room = Math.min(bar.top, innerHeight) - head;
    if (i === 0 && panel.clientHeight > room) lost.push(`${cell}: ${panel.clientHeight} px of ${room}`);
  });
  return lost;
}
"""


@pytest.mark.parametrize("path", ["/?steps=1000", "/penalties?epochs=50"])
def test_nothing_is_lost_while_the_window_takes_other_sizes(open_page: OpenPage, path: str) -> None:
    page = opened(open_page, path, width=1280, height=720)
    page.wait_for_selector(f"{PLAYER}[data-playing=true]")
    step, wrong = 0, []
    for width, height in SMALL_AND_LARGE:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(SETTLED)
        now = int(page.locator(PLAYER).first.get_attribute("data-step") or 0)
        if now < step:
            wrong.append(f"{width}×{height}: the playhead jumps from {step} to {now}")
        step = now
        page.evaluate("document.querySelector('.optviz').scrollIntoView({ block: 'end' })")
        wrong += [f"{width}×{height}: {fault}" for fault in page.evaluate(LOST)]
    assert not wrong, "\n".join(wrong)
