"""What links, fields and files say is text in a real browser: nothing is read in it, and nothing foreign is fetched."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from optviz.course.lecture import KIND
from tests.browser.screen import frames, opened

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser
Watched = Callable[[str], "Page"]

IMAGE = "![hostile](http://bad.example/b.png)"
LINK = "[hostile](http://bad.example/a)"
SIGNS = ":material_home: :smile: :red[hostile]"
TEX = "$hostile^2$ a -> b"
HTML = "<img src=//bad.example/c onerror=alert()>"
BARE = "http://bad.example me@bad.example"
ALL = (IMAGE, LINK, SIGNS, TEX, HTML, BARE)
READ = "a, img, em, del, .katex, [role=img], [class*=stMarkdownColored], script, h1, h2, li"
"""What stands in no message of ours that speaks of another's text."""
RESTS = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture
def watched(
    profile: Callable[..., "BrowserContext"], open_page: Callable[..., "Page"], server: str
) -> Iterator[Watched]:
    """Give `watched(path)`: a page that asks no other server for anything, and runs no script of a text."""
    context = profile(locale="en-US", has_touch=False)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("dialog", lambda dialog: (asked.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    pages: list[Page] = []

    def open_it(path: str) -> "Page":
        pages.append(opened(open_page, path) if path.partition("?")[0] != "/lectures" else open_page(path))
        return pages[-1]

    yield open_it
    for page in pages:
        assert page.locator("[href*='bad.example'], [src*='bad.example'], [srcset*='bad.example']").count() == 0
    own = (server, server.replace("http", "ws", 1), "data:", "blob:")
    assert asked and [url for url in asked if not url.startswith(own)] == []


def say_as_text(page: "Page", selector: str, *texts: str) -> None:
    """Wait until elements say the texts, sign by sign, and see that nothing was read in them."""
    for text in texts:
        page.locator(selector).filter(has_text=text).first.wait_for()
    assert page.locator(selector).locator(READ).evaluate_all("all => all.map(each => each.outerHTML)") == []


def test_a_link_and_a_field_are_quoted_as_they_are(watched: Watched) -> None:
    given = {"surface": IMAGE, "lr": LINK, "steps": TEX, "x1": HTML, "noise": SIGNS}
    page = watched(f"/?{urlencode(given)}")
    say_as_text(page, "[data-testid=stAlert] p", IMAGE, LINK, TEX, HTML[:39], SIGNS)
    page = watched("/descent?curve=formula")
    field = page.get_by_label("Formula in w")
    for text in ALL:
        field.fill(text)
        field.press("Enter")
        frames(page)
        page.wait_for_selector(RESTS)
        say_as_text(page, "[data-testid=stAlert] p", "“")


def test_a_table_is_named_as_it_is(watched: Watched) -> None:
    page = watched("/table?epochs=2")
    rows = "".join(f"{i},{i % 7},{i * i % 11},{HTML}\n" for i in range(40))
    names = ",".join(f'"{name}"' for name in (SIGNS, IMAGE, TEX, BARE))
    file = {"name": "$n$ :red[n] www.bad.example.csv", "mimeType": "text/csv", "buffer": f"{names}\n{rows}".encode()}
    page.locator("input[type=file]").set_input_files(file)
    say_as_text(page, ".optviz-sentence", f"“{TEX}”")
    told = "[data-testid=stMarkdown] p:has-text('Left out')"
    say_as_text(page, told, BARE, HTML[:30], SIGNS)
    say_as_text(page, "[data-testid=stMarkdown] p:has-text('40 rows')", file["name"])
    assert page.get_by_role("combobox", name="Target").input_value() == TEX
    say_as_text(page, "[data-testid=stMultiSelect]", IMAGE)
    page.get_by_role("combobox", name="Target").click()
    say_as_text(page, "[role=listbox]", SIGNS, IMAGE)


def test_a_lecture_says_what_it_is_given(watched: Watched) -> None:
    page = watched("/lectures")
    asked = [{"moment.ask": [text], "moment.step": ["0"]} for text in ALL]
    scenes = [
        {"title": text, "notes": f"{HTML}\n{text}", "page": "descent", "parameters": each}
        for text, each in zip(ALL, asked, strict=True)
    ]
    content = json.dumps({"optviz": KIND, "version": 1, "title": LINK, "scenes": scenes}).encode()
    file = {"name": "lecture.json", "mimeType": "application/json", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    say_as_text(page, ".optviz-scene", *ALL)
    page.get_by_role("button", name="Play from scene 5").click()
    page.wait_for_selector("[data-testid=optviz-player][data-run]")
    say_as_text(page, ".st-key-lecture [data-testid=stHtml]", HTML)
    say_as_text(page, ".optviz-ask", HTML)
    page.get_by_role("button", name="Notes").click()
    say_as_text(page, ".optviz-notes", HTML)
