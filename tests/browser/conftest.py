"""A running app and a real Chromium for the browser tests."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

ROOT = Path(__file__).parents[2]

PATIENCE = 60_000
"""Milliseconds."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-unsafe-swiftshader",
]


def find_chromium() -> str | None:
    """Return the path of a Chromium: OPTVIZ_CHROMIUM's, or the first one installed; without windows it does less."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("OPTVIZ_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator["Playwright"]:
    """Start Playwright; without it the test is skipped, or fails where OPTVIZ_REQUIRE_BROWSER is set."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        give_up("playwright is not installed")
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def chromium(playwright: "Playwright") -> Iterator["Browser"]:
    """Start Chromium; without one the test is skipped, or fails, as above."""
    path = find_chromium()
    if path is None:
        give_up("no Chromium found: install it, or set OPTVIZ_CHROMIUM to its path")
    # One process for all pages spares the tests much; a benchmark, which asks what a visitor feels, has none of it.
    browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, "--renderer-process-limit=1"])
    yield browser
    browser.close()


def give_up(reason: str) -> NoReturn:
    """Skip for want of a browser, or fail where one is required."""
    if os.environ.get("OPTVIZ_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the app in a process of its own and give its address."""
    with serving("app.py", tmp_path_factory.mktemp("server")) as address:
        yield address


Serving = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session", name="turn_to")
def turn_to_fixture() -> Callable[["Page", str], None]:
    """Give `turn_to`, for a test that leaves its page."""
    return turn_to


@pytest.fixture(scope="session", name="serving")
def serving_fixture() -> Serving:
    """Give `serving`, for a test that wants a server of its own."""
    return serving


@contextmanager
def serving(script: str | Path, folder: Path, port: int | None = None) -> Iterator[str]:
    """Run a script, given from the root, and give its address; a traceback in its log, in `folder`, is a failure."""
    port, log = port or free_port(), folder / "log.txt"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--logger.enableRich", "false"]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    written = log.read_text("utf-8", errors="replace")
    assert "Traceback" not in written, written


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Wait for the server's health check; say what it wrote if it ends or stays silent."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address + "/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the app did not start:\n{log.read_text('utf-8', errors='replace')}")


OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def profile(chromium: "Browser") -> Callable[..., "BrowserContext"]:
    """Give `profile(locale=…, …)`: always the same one for the same options, so that scripts are fetched once.

    A page that stays keeps the process in which they have been compiled: others open in half of the time.
    """

    @cache
    def of(**options: Any) -> "BrowserContext":
        context = chromium.new_context(**options)
        # However slow the machine: what is waited for comes, or the test has found something.
        context.set_default_timeout(PATIENCE)
        context.new_page()
        return context

    return of


@pytest.fixture
def open_page(profile: Callable[..., "BrowserContext"], server: str) -> Iterator[OpenPage]:
    """Give `open_page(path, width, height, locale, color_scheme)`: a tab with nothing stored of any other.

    Any exception or error in the browser's console fails the test in the end.
    """
    pages: list[Page] = []
    errors: list[str] = []

    def open_it(
        path: str = "/",
        width: int = 1400,
        height: int = 1080,
        locale: str = "en-US",
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
    ) -> "Page":
        phone = width < 600
        page = profile(locale=locale, has_touch=phone).new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.add_init_script(
            "if (!sessionStorage.getItem('opened')) { localStorage.clear(); sessionStorage.setItem('opened', 1); }"
        )
        keep_errors(page, errors)
        page.goto(server + path)
        return page

    yield open_it
    for page in pages:
        page.close()
    assert errors == []


Visit = Callable[..., AbstractContextManager["Page"]]
VISITS = 5


@pytest.fixture(scope="module")
def visit(profile: Callable[..., "BrowserContext"], server: str) -> Iterator[Visit]:
    """Give `with visit(path, locale, color_scheme) as page`: for each language a tab that goes from page to page.

    That spares the loading of the scripts. What goes wrong on a page, in the console as well, fails its visit alone:
    the next one has a new tab. So has every sixth: what figures of so many pages leave behind makes a tab slow.
    """
    tabs: dict[str, tuple[Page, list[str], int]] = {}

    @contextmanager
    def visit_it(path: str, locale: str, color_scheme: Literal["light", "dark"]) -> Iterator["Page"]:
        if locale in tabs:
            page, errors, visits = tabs.pop(locale)
            page.evaluate("path => history.pushState({}, '', path)", path)
            page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        else:
            page, errors, visits = profile(locale=locale).new_page(), [], 0
            page.set_viewport_size({"width": 1400, "height": 900})
            page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
            keep_errors(page, errors)
            page.goto(server + path)
        try:
            yield page
            assert errors == []
        except BaseException:
            page.close()
            raise
        if visits < VISITS:
            tabs[locale] = page, errors, visits + 1
        else:
            page.close()

    yield visit_it
    for page, _errors, _visits in tabs.values():
        page.close()


SOUGHT = re.compile(r"/\w+/_stcore/(health|host-config)$")


def turn_to(page: "Page", title: str) -> None:
    """Choose a page in the bar at the top: from its chapter's menu, or from that of the chapters without room."""
    link = page.get_by_test_id("stTopNavDropdownLink").filter(has_text=title)
    for menu in page.locator("[data-testid=stTopNavSection]:visible").all():
        if menu.evaluate("menu => !menu.closest('[inert]')"):
            menu.click()
            page.wait_for_selector("[data-testid=stTopNavDropdownLink]")
            if link.count():
                link.click()
                return
            page.keyboard.press("Escape")
            page.wait_for_selector("[data-testid=stTopNavDropdownLink]", state="detached")
    raise AssertionError(f"no page is called {title}")


def keep_errors(page: "Page", errors: list[str]) -> None:
    """Collect a page's exceptions and errors of its console, but for Streamlit's search for its server below a path."""

    def keep(message: "ConsoleMessage") -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not SOUGHT.search(url):
            errors.append(f"{page.url}: {message.text} ({url})")

    page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
    page.on("console", keep)
