"""The net in the classifier and the weights of the digits: what is drawn, and what a tap shows, in a real Chromium."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.figures.net import net as picture_of_net
from optviz.lessons import digits
from optviz.lessons.training_settings import Method, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import Dataset
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.recipes import Choice
from optviz.ui import player
from tests.browser.screen import PLAYER, eventually, frames, opened
from tests.test_net_picture import cut_off

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

WIRING = f"import(new URL('component/{player.SCRIPTS.name}/wiring.js', document.baseURI))"
OUTPUTS = f"""([told, w, cells]) => {WIRING}.then(
  ({{ Wiring }}) => new Wiring(told).outputs(w, cells).map(layer => layer.map(unit => [...unit]))
)"""
BUSIEST = f"([activity, most, before]) => {WIRING}.then(({{ busiest }}) => busiest(activity, most, before))"
NET, CARD = ".optviz-chooser >> visible=true", ".optviz-card"
STEEP = {"leaky_relu": {"alpha": 0.4}, "rrelu": {"lower": 0.3, "upper": 0.9}, "elu": {"alpha": 2.5}}
"""Parameters that are not the defaults."""


@pytest.fixture(scope="module")
def anywhere(chromium: Any, server: str) -> Any:
    """Give a page of the app: without a visitor it serves no scripts."""
    page = chromium.new_page()
    page.goto(f"{server}/momentum")
    page.wait_for_selector(PLAYER)
    yield page
    page.close()


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_units_put_out_what_the_network_computes(anywhere: "Page", name: str, loss: str) -> None:
    network = Network((2, 5, 4, 1), ACTIVATIONS[name](**STEEP.get(name, {})))
    w, reach, cells = network.init(7), 3.0, 9
    cut = float(cut_off(network.activation).max())
    response = LOSSES[loss].response
    nothing = Dataset(np.zeros((1, 2)), np.zeros(1, int))
    figure = picture_of_net("net0", network, response, np.linspace(-reach, reach, 61), nothing, {})
    found = anywhere.evaluate(OUTPUTS, [figure.data[0].meta["net"], w.tolist(), cells])
    middles = reach * ((2 * np.arange(cells) + 1) / cells - 1)
    grid = np.stack(np.meshgrid(middles, middles[::-1]), axis=-1).reshape(-1, 2)
    expected = [grid, *network.hidden(w, grid), response(network.forward(w, grid))]
    for units, outputs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.array(units).T, outputs, rtol=1e-3, atol=3e-3 + 2 * cut)


def test_the_busiest_units_are_drawn_and_keep_their_places(anywhere: "Page") -> None:
    assert anywhere.evaluate(BUSIEST, [[0.1, 3, 0, 2, 2], 3, []]) == [1, 3, 4]
    # one that is a little busier takes no place, one that is far busier takes that of the least busy
    assert anywhere.evaluate(BUSIEST, [[2.9, 3, 0, 2, 2], 3, [1, 3, 4]]) == [1, 3, 4]
    assert anywhere.evaluate(BUSIEST, [[9, 3, 0, 2, 1], 3, [1, 3, 4]]) == [1, 3, 0]


def at_rest(page: "Page", epochs: int) -> None:
    page.get_by_text(f"epoch {epochs} of {epochs}", exact=True).wait_for()
    to(page, "End", epochs)


def to(page: "Page", key: str, step: int) -> None:
    def there() -> None:
        page.locator(PLAYER).first.press(key)
        assert page.locator(PLAYER).first.get_attribute("data-step") == str(step)

    eventually(page, there)


def tap(page: "Page", across: float, what: str) -> str:
    """Tap down a column of the net until something is shown whose name holds `what`, and return its numbers."""
    box = page.locator(NET).bounding_box()
    assert box
    for share in np.linspace(0.1, 0.9, 32):
        page.mouse.click(box["x"] + across * box["width"], box["y"] + share * box["height"])
        frames(page, 6)
        if page.locator(CARD).is_visible() and what in page.locator(f"{CARD} b").inner_text():
            return page.locator(CARD).inner_text()
    raise AssertionError(f"nothing like {what}")


def numbers(told: str) -> dict[str, float]:
    """Read the lines of what is shown: a name and a number each."""
    lines = [line.rpartition(" ") for line in told.replace("\u00a0·\u00a010", "e").replace("−", "-").splitlines()]
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    wanted = ("weight", "bias", "gradient", "next step")
    return {name: float(number.translate(digits)) for name, _blank, number in lines if name in wanted}


def test_a_tapped_unit_and_a_tapped_edge_tell_the_numbers_of_the_training(open_page: OpenPage) -> None:
    page = opened(open_page, "/classifier?epochs=40&units=4&optimizer=adam&l2=0.01", width=1280, height=720)
    at_rest(page, 40)
    training = Training(Settings(epochs=40, units=4, methods=(Method(Trainer(Choice("adam"), 0.01), l2=0.01),)))
    training.advance(60)
    rows = training.arrays["net0"].array
    n = training.nets[0].classifier.network.parameters

    def expected(name: str, place: int, row: int) -> dict[str, float]:
        return {each: rows[row][i * n + place] for i, each in enumerate((name, "gradient", "next step"))}

    unit = tap(page, 0.5, "Unit 1, layer 1")
    assert numbers(unit) == pytest.approx(expected("bias", 8, 40), rel=6e-3, abs=1e-12)
    large = f"document.querySelector('{CARD} canvas').toDataURL()"
    late = page.evaluate(large)
    # it moves under the playhead
    to(page, "Home", 0)
    eventually(page, lambda: _equal(numbers(page.locator(CARD).inner_text()), expected("bias", 8, 0)))
    assert page.evaluate(large) != late
    to(page, "End", 40)
    page.locator(f"{CARD} button").click()
    page.locator(CARD).wait_for(state="hidden")
    edge = tap(page, 0.66, "→")
    start, end = page.locator(f"{CARD} b").inner_text().split(" → ")
    assert end == "Output"
    place = n - 5 + int(start.removeprefix("Unit ").split(",")[0]) - 1
    assert numbers(edge) == pytest.approx(expected("weight", place, 40), rel=6e-3, abs=1e-12)


def _equal(found: dict[str, float], expected: dict[str, float]) -> None:
    assert found == pytest.approx(expected, rel=6e-3, abs=1e-12)


def test_the_net_is_walked_with_the_keys_and_read_aloud(open_page: OpenPage) -> None:
    page = opened(open_page, "/classifier?epochs=20&units=3", width=1280, height=720)
    at_rest(page, 20)
    page.keyboard.press("f")
    page.wait_for_selector(".optviz-projected")
    net, told = page.locator(NET), page.locator(".optviz-chooser .optviz-at")
    assert "Network 2-3-1" in (net.get_attribute("aria-label") or "")
    net.focus()
    step = page.locator(PLAYER).get_attribute("data-step")
    for key, name in (
        ("ArrowDown", "Unit 1, layer 1"), ("ArrowDown", "Unit 2, layer 1"), ("ArrowRight", "Unit 2, layer 1 → Output"),
        ("ArrowDown", "Unit 2, layer 1 → Output"), ("ArrowRight", "Output"), ("ArrowLeft", " → Output"),
        ("ArrowUp", " → Output"), ("ArrowLeft", "Unit "),
    ):  # fmt: skip
        net.press(key)
        assert name in str(told.text_content()), key
    assert "bias" in str(told.text_content())
    net.press("Enter")
    page.locator(CARD).wait_for()
    net.press("Escape")
    page.locator(CARD).wait_for(state="hidden")
    assert page.locator(".optviz-projected").count() and page.locator(PLAYER).get_attribute("data-step") == step
    net.press("Escape")
    page.wait_for_selector(".optviz-projected", state="detached")


def test_a_wide_net_says_how_many_units_it_draws(open_page: OpenPage) -> None:
    page = opened(open_page, "/classifier?epochs=10&layers=2&units=40&init=he&lr=0.001", width=390, height=844)
    note = page.locator(".optviz-net-note")
    assert "16 of 80 hidden units" in note.inner_text()
    page = opened(open_page, "/classifier?epochs=10&layers=4&units=8", width=390, height=844)
    assert "hidden units" not in page.locator(".optviz-net-note").inner_text()


def test_two_nets_are_drawn_side_by_side(open_page: OpenPage) -> None:
    page = opened(open_page, "/classifier?epochs=10&compare=1", width=1280, height=720)
    for side in "AB":
        page.get_by_role("tab", name=f"Network {side}").click()
    page.wait_for_function("document.querySelectorAll('.optviz-net-note:not(:empty)').length === 2")
    assert page.locator(NET).count() == 2


LARGE = f"""() => {{
  const canvas = document.querySelector("{CARD} canvas");
  const pen = canvas.getContext("2d"), cell = canvas.width / 8;
  return Array.from({{ length: 64 }}, (_, p) => {{
    const [red, , blue] = pen.getImageData((p % 8 + 0.5) * cell, (Math.floor(p / 8) + 0.5) * cell, 1, 1).data;
    return red - blue;
  }});
}}"""


def test_a_tapped_digit_shows_its_weights_large_as_they_move(open_page: OpenPage) -> None:
    page = opened(open_page, "/digits?epochs=5", width=1280, height=720)
    to(page, "End", 5)
    settings = digits.Settings(replace(digits.Settings().plan, epochs=5))
    fit = digits.result_of(settings).fit

    def shown(digit: int, epoch: int) -> None:
        weights = fit.network.views(fit.w[epoch])[0][0][:, digit]
        assert np.corrcoef(page.evaluate(LARGE), weights)[0, 1] > 0.97

    tap(page, 0.15, "Digit 3")
    eventually(page, lambda: shown(3, 5))
    to(page, "Home", 0)
    eventually(page, lambda: shown(3, 0))
    page.locator(NET).press("ArrowRight")
    eventually(page, lambda: shown(4, 0))
    assert page.locator(".optviz-chooser .optviz-at").text_content() == "Digit 4"
    page.locator(NET).press("Enter")
    page.locator(CARD).wait_for(state="hidden")
