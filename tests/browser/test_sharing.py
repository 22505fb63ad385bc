"""Sharing a moment, asking before the answer, and playing a lecture, in a real Chromium."""

import json
import os
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import segno

from optviz.course import outline
from optviz.course.qr import qr
from tests.browser.screen import frames, path_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
STILL = {"course", "lectures"}
"""Pages without a picture."""

MOMENT = """
() => {
  const isList = v => v?.length >= 0 && typeof v !== "string";
  const flat = v => (isList(v) ? Array.from(v, each => (isList(each) ? Array.from(each) : each)) : v);
  const brief = v => (typeof v === "number" ? Number(v.toPrecision(3)) : v);
  const plots = [...document.querySelectorAll(".optviz-panel:not([hidden]) .optviz-plot")];
  return {
    title: document.querySelector("h1").textContent,
    step: document.querySelector("[data-testid=optviz-player]").dataset.step,
    speed: document.querySelector(".optviz-speed").value,
    tabs: [...document.querySelectorAll(".optviz-tab[aria-selected=true]")].map(tab => tab.textContent),
    ranges: plots.map(plot => ["xaxis", "yaxis"].map(name => plot._fullLayout?.[name]?.range?.map(brief))),
    cameras: plots.map(plot => plot.layout?.scene?.camera?.eye),
    data: plots.map(plot => plot.data?.map(({ x, y, z }) => [flat(x), flat(y), flat(z)])),
  };
}
"""


def rested(page: "Page", step: int | None = None) -> dict[str, Any]:
    """Wait until the page stands still, at a step where one is given, and return what it shows."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    at = "" if step is None else f"[data-step='{step}']"
    page.wait_for_selector(f"[data-testid=optviz-player]{at}[data-playing=false]")
    page.wait_for_function(
        """() => [...document.querySelectorAll(".optviz-panel:not([hidden]) .optviz-plot")]
                 .every(plot => plot._fullLayout || plot.closest(".optviz-without"))"""
    )
    frames(page, 24)  # the axes are fitted a moment later
    return page.evaluate(MOMENT)


def seek(page: "Page", step: int) -> None:
    """Move the slider, as soon as the step is there."""
    page.wait_for_selector(".js-plotly-plot", state="attached")
    page.wait_for_function(
        """step => {
          const slider = document.querySelector(".optviz-scrub");
          slider.value = step;
          slider.dispatchEvent(new Event("input"));
          return Number(document.querySelector("[data-testid=optviz-player]").dataset.step) === step;
        }""",
        arg=step,
    )


def share(page: "Page") -> str:
    """Open the dialog and return its link, without the server's address."""
    page.locator(".optviz-share:visible").first.click()
    link = page.locator(".optviz-sharing[open] .optviz-link").input_value()
    return re.sub(r"^https?://[^/]+", "", link)


def code_of(page: "Page") -> np.ndarray:
    """Read the QR code on the screen: True is dark."""
    svg = page.locator(".optviz-code:not([aria-busy]) svg")
    svg.wait_for()
    box = svg.bounding_box()
    assert box is not None and min(box["width"], box["height"]) >= 240
    size = int((svg.get_attribute("viewBox") or "").split()[-1])
    assert svg.locator("rect").get_attribute("fill") == "#fff" and svg.locator("path").get_attribute("fill") == "#000"
    drawn = np.zeros((size, size), bool)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg.locator("path").get_attribute("d") or ""):
        drawn[int(y), int(x) : int(x) + int(width)] = True
    return drawn[4:-4, 4:-4]


def test_a_moment_is_shared_with_its_zoom_and_camera_and_opens_in_a_fresh_tab(open_page: OpenPage) -> None:
    page = open_page("/?steps=120&run=sgd&run=adam,lr=0.3", locale="zh-CN", color_scheme="dark")
    seek(page, 37)
    page.locator(".optviz-speed").select_option("0.5")
    plot = page.locator(".optviz-plot:visible").first.bounding_box()
    assert plot is not None
    page.mouse.move(plot["x"] + 150, plot["y"] + 100)
    page.mouse.down()
    page.mouse.move(plot["x"] + 400, plot["y"] + 350, steps=5)
    page.mouse.up()
    page.locator(".optviz-tab").last.click()
    before = rested(page, 37)
    assert before["tabs"][1] == page.locator(".optviz-tab").last.text_content()

    path = share(page)
    assert re.fullmatch(r"/\?steps=120&run=sgd&run=adam,lr=0.3&moment.step=37&moment.speed=0.5&.*&lang=zh", path)
    expected = segno.make(page.locator(".optviz-link").input_value(), error="l", micro=False).matrix
    assert (code_of(page) == np.array(expected, bool)).all()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".optviz-sharing .optviz-primary").click()
    page.wait_for_function("document.querySelector('.optviz-status').textContent")
    assert page.evaluate("navigator.clipboard.readText()").endswith(path)
    # In a classroom without https there is no such thing.
    page.evaluate("navigator.clipboard.writeText('')")
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    page.locator(".optviz-sharing .optviz-primary").click()
    page.wait_for_function("async link => (await navigator.clipboard.readText()).endsWith(link)", arg=path)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "optviz-share"

    other = open_page(path, locale="en-US")
    assert rested(other, 37) == before

    # The camera of the other view, in the tab that holds the first moment.
    other.locator(".optviz-tab").first.press("ArrowRight")
    other.wait_for_selector(".gl-container canvas")
    other.evaluate(
        """() => Plotly.relayout([...document.querySelectorAll('.optviz-panel:not([hidden]) .optviz-plot')][0],
                                 { 'scene.camera.eye': { x: 0.3, y: -1.7, z: 0.8 } })"""
    )
    turned = rested(other, 37)
    assert turned["cameras"][0] == {"x": 0.3, "y": -1.7, "z": 0.8}
    third = open_page(share(other), locale="en-US")
    assert rested(third, 37) == turned


def links() -> list[tuple[str, str]]:
    """Thirty links' worth of pages and languages: every page, the languages in turn."""
    pages = [name for name in outline.LESSONS if name not in STILL]
    both = [(name, ("en", "zh")[i % 2]) for i, name in enumerate(pages)]
    return both + [(name, ("zh", "en")[i % 2]) for i, name in enumerate(pages)][: 30 - len(both)]


# Each link is two page loads: a fifth of them always, all with OPTVIZ_EVERY_LINK=1.
@pytest.mark.parametrize("part", range(5 if os.environ.get("OPTVIZ_EVERY_LINK") else 1))
def test_thirty_links_open_the_moment_at_which_they_were_made(open_page: OpenPage, part: int) -> None:
    locales = {"en": "en-US", "zh": "zh-CN"}
    for name, lang in links()[part::5]:
        page = open_page(path_of(name), locale=locales[lang], reduced_motion="reduce")
        page.wait_for_selector("[data-testid=optviz-player][data-step]")
        total = int(page.locator(".optviz-scrub").first.get_attribute("max") or 1)
        moving = page.locator(".optviz-play:visible").count() > 0
        step = max(total // 2, 1) if moving else None
        if step is not None:
            seek(page, step)
        made = rested(page, step)
        path = share(page)
        assert (f"moment.step={step}" in path) == moving
        page.close()
        # Opened by a visitor of the other language: the link says which.
        other = open_page(path, locale=locales["zh" if lang == "en" else "en"])
        opened = rested(other, step)
        assert differences(made, opened) == [], (name, lang)
        other.close()


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Name what differs between two moments, as briefly as it can be read."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [each for key in one for each in differences(one[key], other[key], f"{where}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            each for i, pair in enumerate(zip(one, other, strict=True)) for each in differences(*pair, f"{where}.{i}")
        ]
    # As text, for what is no number (a gap in a curve) is equal to nothing.
    before, after = json.dumps(one), json.dumps(other)
    return [] if before == after else [f"{where}: {before[:80]} is now {after[:80]}"]


def test_a_question_is_asked_before_the_answer_is_shown(open_page: OpenPage) -> None:
    page = open_page("/descent?steps=20&lr=0.9")
    seek(page, 3)
    share(page)
    page.get_by_label("Ask first").fill("Does it <b>settle</b>?")
    path = page.locator(".optviz-link").input_value()
    assert "moment.step" not in path
    page.close()

    page = open_page("/" + path.split("/", 3)[3])
    page.wait_for_selector(".js-plotly-plot")
    rested(page, 0)
    question = page.locator(".optviz-question:focus")
    assert question.text_content() == "Does it <b>settle</b>?"
    read = page.evaluate("document.querySelector('[data-testid=stMain]').innerText")
    assert re.sub(r"\s+", " ", read).strip().startswith("Descent on a curve Does it <b>settle</b>? Reveal")
    assert "converge" not in read and "0.9" not in page.locator("#optviz-descent-sentence").text_content()
    assert page.locator("[data-testid=stMain] table:visible").count() == 0
    page.keyboard.press("Space")
    page.wait_for_selector(".optviz-ask", state="hidden")
    page.wait_for_selector("[data-testid=optviz-player][data-step='20'][data-playing=false]")
    assert page.locator("[data-testid=stMain] table:visible").count() == 1
    page.keyboard.press("Home")
    assert page.locator(".optviz-ask").is_hidden()  # asked once

    # A picture that does not move is covered; a control that is changed ends the question.
    page = open_page("/losses?moment.ask=Which?")
    page.locator(".optviz-question:focus").wait_for()
    assert page.locator(".js-plotly-plot").first.is_hidden()
    page.keyboard.press("PageDown")
    page.locator(".js-plotly-plot").first.wait_for()


def bar(page: "Page", text: str) -> None:
    """Wait until the bar of the lecture says where one is."""
    page.locator(".st-key-lecture", has_text=text).wait_for()


def test_a_lecture_is_made_of_two_pages_kept_as_a_file_and_played(
    open_page: OpenPage, tmp_path: Path, turn_to: Callable[["Page", str], None]
) -> None:
    page = open_page("/descent?curve=square&lr=0.9&steps=20")
    seek(page, 7)
    share(page)
    page.get_by_role("button", name="Add to my lecture").click()
    page.get_by_text("Your lecture has 1 scene now.").wait_for()
    page.keyboard.press("Escape")
    turn_to(page, "Momentum")
    page.get_by_role("heading", name="Momentum").wait_for()
    page.wait_for_selector(".js-plotly-plot")
    share(page)
    page.get_by_label("Ask first").fill("What is the limit?")
    page.get_by_role("button", name="Add to my lecture").click()
    page.get_by_text("Your lecture has 2 scenes now.").wait_for()
    page.keyboard.press("Escape")
    turn_to(page, "Lectures")
    page.get_by_role("radio", name="My own lecture").click()
    page.locator(".optviz-scene", has_text="1. Descent").wait_for()
    page.get_by_role("button", name="Down", exact=False).first.click()
    page.locator(".optviz-scene", has_text="2. Descent").wait_for()
    page.get_by_label("Title of the lecture").fill("Steps & sums")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()  # the click leaves the field as well
    file = tmp_path / "lecture.json"
    saved.value.save_as(file)
    kept = json.loads(file.read_text("utf-8"))
    assert kept["title"] == "Steps & sums"
    assert [scene["page"] for scene in kept["scenes"]] == ["momentum", "descent"]
    page.close()

    page = open_page("/lectures", width=390, height=844)
    page.locator("input[type=file]").set_input_files(file)
    page.locator(".optviz-scene", has_text="2. Descent").wait_for()
    page.wait_for_function("[...document.querySelectorAll('input')].some(field => field.value === 'Steps & sums')")
    page.get_by_role("button", name="Play from scene 1").click()
    bar(page, "1 / 2")
    page.locator(".optviz-question:focus", has_text="What is the limit?").wait_for()
    page.keyboard.press("PageDown")
    page.locator(".optviz-ask").wait_for(state="hidden")
    page.keyboard.press("PageDown")
    bar(page, "2 / 2")
    rested(page, 7)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.keyboard.press("PageUp")
    bar(page, "1 / 2")
    page.locator(".optviz-question:focus").wait_for()
    page.get_by_role("button", name="End").click()
    page.locator(".st-key-lecture").wait_for(state="detached")


def test_the_code_of_a_lecture_is_seen_and_holds_its_link(open_page: OpenPage) -> None:
    page = open_page("/lectures")
    page.get_by_text("Link of the lecture").first.click()
    picture = page.get_by_role("img", name="QR code of the link")
    picture.wait_for()
    box = picture.bounding_box()
    assert box is not None and box["width"] == pytest.approx(box["height"], abs=1) and box["width"] >= 200
    assert picture.evaluate("e => e.complete && e.naturalWidth > 0"), "the browser draws it"
    drawn = b64decode((picture.get_attribute("src") or "").partition(",")[2]).decode()
    link = page.locator("[data-testid=stCode] code").first.inner_text()
    code = qr(link.strip())
    assert code and f"d='{code.path}'" in drawn
