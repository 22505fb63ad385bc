"""A tab that outlives its session: the server starts again, or the connection is cut, and nothing is lost by it."""

import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import free_port
from tests.browser.screen import PLAYER, choose, eventually, query, run_after

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
APP = "[data-testid=stApp]"
LOG = ".st-key-surfaces-log label"


class Line:
    """A line between browser and server that can be cut: what is open breaks off, and what is new is refused."""

    def __init__(self, server: int) -> None:
        self.server, self.ends, self.whole = server, set[socket.socket](), True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self.whole = False
        for end in list(self.ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.whole = True

    def close(self) -> None:
        self.listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near:
            try:
                far = socket.create_connection(("127.0.0.1", self.server))
            except OSError:
                return
            with far:
                self.ends |= {near, far}
                try:
                    while self.whole:
                        for ready in select.select([near, far], [], [], 0.2)[0]:
                            data = ready.recv(65536)
                            if not data:
                                return
                            (far if ready is near else near).sendall(data)
                except OSError:
                    return
                finally:
                    self.ends -= {near, far}


class House:
    """A server that can be started again, the line to it, and the tab of a visitor."""

    def __init__(self, serving: Callable[..., AbstractContextManager[str]], folder: Path) -> None:
        self.serving, self.folder, self.port = serving, folder, free_port()
        self.running = ExitStack()
        self.line = Line(self.port)
        self.starts = 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        folder = self.folder / str(self.starts)
        folder.mkdir()
        self.running.enter_context(self.serving("app.py", folder, self.port))

    def stop(self) -> None:
        self.running.close()


@pytest.fixture(scope="module")
def house(
    serving: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    house = House(serving, tmp_path_factory.mktemp("house"))
    yield house
    house.line.close()
    house.stop()


@pytest.fixture
def tab(house: House, profile: Callable[..., "BrowserContext"]) -> Iterator[Callable[..., "Page"]]:
    pages: list[Page] = []

    def open_it(path: str, drawn: str = f"{PLAYER}[data-run]") -> "Page":
        page = profile(locale="en-US").new_page()
        page.set_viewport_size({"width": 1280, "height": 720})
        pages.append(page)
        page.goto(house.line.address + path)
        page.wait_for_selector(drawn)
        rested(page)
        return page

    yield open_it
    for page in pages:
        page.close()


def rested(page: "Page") -> None:
    """Wait until the server has nothing more to say."""
    page.wait_for_selector(f"{APP}[data-test-connection-state=CONNECTED][data-test-script-state=notRunning]")


def again(house: House, *pages: "Page") -> None:
    """Start the server again, and wait until the tabs have found it."""
    house.stop()
    for page in pages:
        page.wait_for_selector(f"{APP}:not([data-test-connection-state=CONNECTED])")
    house.start()
    for page in pages:
        page.wait_for_selector(f"{APP}[data-test-connection-state=CONNECTED]")


def settings(page: "Page") -> dict[str, list[str]]:
    """Read the settings in the address, as the page itself sees it."""
    page.evaluate("1")
    return query(page)


Test = Callable[[dict[str, list[str]]], bool]


def becomes(page: "Page", expected: Test) -> None:
    """Wait until the settings in the address are as they should be."""

    def check() -> None:
        assert expected(settings(page)), settings(page)

    eventually(page, check)


def field(page: "Page", label: str) -> Any:
    return page.get_by_label(label, exact=True).first


def choose_surface(page: "Page") -> None:
    choose(field(page, "Surface"), "Long valley")


def move_slider(page: "Page") -> None:
    page.locator(".st-key-surfaces-steps input").first.focus()
    page.keyboard.press("ArrowRight")


def tap_example(page: "Page") -> None:
    page.get_by_text("Leaving a saddle", exact=True).click()


def switch_inside_a_fold(page: "Page") -> None:
    page.locator(LOG).click()


def click_into_the_picture(page: "Page") -> None:
    box = page.locator(".optviz-pick .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)


ACTIONS: dict[Callable[["Page"], None], tuple[str, Test]] = {
    choose_surface: ("", lambda link: link.get("surface") == ["long_valley"] and link["lr"] == ["0.05"]),
    move_slider: ("", lambda link: link == {"lr": ["0.2"], "steps": ["210"]}),
    tap_example: ("", lambda link: link.get("surface") == ["saddle"] and link["lr"] == ["0.03"]),
    switch_inside_a_fold: ("Start and axes", lambda link: link == {"lr": ["0.2"], "log": ["0"]}),
    click_into_the_picture: ("", lambda link: {*link} == {"lr", "x1", "x2"}),
}
"""What a visitor does, the group that is unfolded before, and what stands in the link then."""


def test_the_first_action_after_the_server_started_again_is_taken(house: House, tab: Callable[..., "Page"]) -> None:
    pages, runs = {}, {}
    for act, (fold, _expected) in ACTIONS.items():
        page = pages[act] = tab("/?lr=0.2")
        if fold:
            page.locator("summary", has_text=fold).first.click()
            page.wait_for_selector(LOG)
            rested(page)
        runs[act] = run_after(page)
    again(house, *pages.values())
    for act, page in pages.items():
        act(page)
        becomes(page, ACTIONS[act][1])
        run_after(page, runs[act])
        rested(page)
        becomes(page, ACTIONS[act][1])
        assert not page.locator("[data-testid=stAlert]").count(), act.__name__
    assert field(pages[choose_surface], "Surface").input_value() == "Long valley"


def own_table() -> bytes:
    rows = "".join(f"{i},{i % 7},{3 * i + 2 * (i % 7)}\n" for i in range(40))
    return f"speed,weight,drag\n{rows}".encode()


def said(page: "Page") -> str:
    return page.locator("[data-testid=stMain]").inner_text()


def bar(page: "Page") -> str:
    return page.locator(".st-key-lecture b").first.inner_text()


def says(page: "Page", read: Callable[["Page"], str], text: str) -> None:
    def check() -> None:
        assert text in read(page)

    eventually(page, check)


def _any(found: Iterable[bool]) -> None:
    assert any(found)


def test_a_cut_line_stops_no_player_and_nothing_is_lost_over_it(house: House, tab: Callable[..., "Page"]) -> None:
    lecture = tab("/lectures?lecture=learning_rate", drawn=".st-key-lectures-own")
    lecture.get_by_role("button", name="Play from scene 2").click()
    says(lecture, bar, "2 / ")
    rested(lecture)
    table = tab("/table?epochs=10")
    table.locator(".st-key-table-upload input").set_input_files(
        {"name": "own.csv", "mimeType": "text/csv", "buffer": own_table()}
    )
    says(table, said, "own.csv")
    choose(field(table, "Target"), "weight")
    becomes(table, lambda link: link == {"epochs": ["10"], "file": ["own.csv"], "target": ["weight"]})
    classifier = tab("/classifier?epochs=30")
    trained = run_after(classifier)
    pages = (lecture, table, classifier)
    heard: list[str] = []
    lecture.on("console", lambda message: heard.append(message.text))

    house.line.cut()
    for page in pages:
        page.wait_for_selector(f"{APP}:not([data-test-connection-state=CONNECTED])")
        page.get_by_text("The connection to the server is lost.").wait_for()
    house.stop()
    # Streamlit gives up hope, and would lay its dialog over the page.
    eventually(lecture, lambda: _any("not responding" in text for text in heard))
    lecture.locator(".optviz-home").click()
    lecture.locator(".optviz-play").click()
    lecture.wait_for_selector(f"{PLAYER}[data-playing=true]")
    lecture.wait_for_selector(f"{PLAYER}:not([data-step='0'])")
    assert not lecture.locator("[role=dialog]").count()
    house.start()
    house.line.mend()
    for page in pages:
        page.wait_for_selector(f"{APP}[data-test-connection-state=CONNECTED]")

    lecture.get_by_role("button", name="Next").click()
    says(lecture, bar, "3 / ")
    rested(lecture)
    lecture.reload()
    says(lecture, bar, "3 / ")
    lecture.get_by_role("button", name="Next").click()
    says(lecture, bar, "4 / ")

    choose(field(classifier, "Data set"), "XOR")
    becomes(classifier, lambda link: link == {"epochs": ["30"], "data": ["xor"]})
    run_after(classifier, trained)

    # the tab hands its file over again, and then all is as it was
    says(table, said, "“weight”")
    choose(field(table, "Target"), "speed")
    becomes(table, lambda link: link == {"epochs": ["10"], "file": ["own.csv"], "target": ["speed"]})
    says(table, said, "“speed”")
    # after a reload the tab has no file any more
    table.reload()
    says(table, said, "Choose the file again")
    assert settings(table) == {"epochs": ["10"], "file": ["own.csv"], "target": ["speed"]}
    table.locator(".st-key-table-upload input").set_input_files(
        {"name": "own.csv", "mimeType": "text/csv", "buffer": own_table()}
    )
    says(table, said, "“speed”")
