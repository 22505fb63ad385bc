"""Takes the small picture that the course page shows of each lesson, from the lesson itself.

.venv/bin/python tests/browser/pictures.py [lesson ...]
"""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from playwright.sync_api import FloatRect, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from optviz import ui
from optviz.course import outline
from tests.browser.conftest import FLAGS, find_chromium, serving
from tests.browser.screen import PLAYER, frames, path_of

FOLDER = Path(ui.__file__).parent / "static" / "pictures"
SIZE = (320, 200)
COLORS = 200
# Those without a player, and what is shown of them.
WITHOUT = ("functions", "lectures")
HEAD: FloatRect = {"x": 360, "y": 100, "width": 640, "height": 400}
# Words are too small to be read there.
BARE = ".optviz-plot :is(text, .legend, .modebar) { display: none !important; } .optviz-tab { border: 0 !important }"


def main(names: list[str]) -> None:
    """Take the pictures of these lessons, or of all."""
    with TemporaryDirectory() as folder, serving("app.py", Path(folder)) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1100, "height": 800}, locale="en-US")
        page.set_default_timeout(120_000)
        for name in names or [lesson.name for lesson in outline.LESSONS.values() if lesson != outline.COURSE]:
            page.goto(address + path_of(name))
            picture = ImageOps.pad(
                Image.open(BytesIO(taken(page, name))).convert("RGB"), SIZE, Image.Resampling.LANCZOS, color="white"
            )
            picture.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                FOLDER / f"{name}.png", optimize=True
            )
            print(name, (FOLDER / f"{name}.png").stat().st_size)
        browser.close()


def taken(page: Page, name: str) -> bytes:
    """Take the main picture of an open page at its last step, or the head of a page that has none."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.add_style_tag(content=BARE)
    if name in WITHOUT:
        page.wait_for_selector("[data-testid=stCode], [data-testid=stMarkdown]")
        frames(page, 90)
        return page.screenshot(clip=HEAD)
    page.wait_for_selector(f"{PLAYER}[data-step]")
    page.wait_for_selector(".optviz-panel:not([hidden]) .js-plotly-plot")
    page.locator(PLAYER).first.focus()
    page.keyboard.press("End")
    page.wait_for_function(f"document.querySelector('{PLAYER}').dataset.playing !== 'true'")
    frames(page, 90)  # the axes are fitted, and what is still computed arrives
    return page.locator(".optviz-panel:not([hidden])").first.screenshot()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    main(sys.argv[1:])
