"""The classifier page as a visitor uses it, in a real Chromium."""

import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from optviz.lessons.examples import CLASSIFIER_EXAMPLES, Example
from optviz.lessons.training_settings import Method, Own, Settings, Trainer
from optviz.lessons.trainings import NUMBERS, Training
from optviz.networks.plateau import EarlyStopping
from optviz.recipes import Choice
from tests.browser.screen import PLAYER, frames, query, trace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocketRoute

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

SLOW = "layers=4&units=64&batch=1&epochs=3000&init=he&lr=0.001"


def classifier(open_page: OpenPage, query: str = "", **options: Any) -> "Page":
    """Open the page by its link, in a fresh profile."""
    page = open_page(f"/classifier?{query}", **options)
    page.wait_for_selector(f"{PLAYER}[data-step]")
    return page


def shown(page: "Page", name: str) -> str:
    return str(page.locator(PLAYER).get_attribute(f"data-{name}"))


def wait_step(page: "Page", condition: str) -> None:
    page.wait_for_function(f"(d => {condition})(document.querySelector('{PLAYER}').dataset)")


def wait_trained(page: "Page", epochs: int) -> None:
    page.get_by_text(f"epoch {epochs} of {epochs}", exact=True).wait_for()
    page.get_by_role("button", name="Continue").wait_for()


def to_the_end(page: "Page", epochs: int) -> None:
    wait_trained(page, epochs)
    page.wait_for_function(  # the last rows may still be on their way
        f"""() => {{
          const root = document.querySelector('{PLAYER}');
          root.dispatchEvent(new KeyboardEvent('keydown', {{key: 'End', bubbles: true}}));
          return Number(root.dataset.step) === {epochs};
        }}""",
        polling=100,
    )
    page.wait_for_selector(f"{PLAYER} .js-plotly-plot canvas")


def picture(page: "Page", cell: str = "regions0") -> str:
    """Return the pixels of the decision regions."""
    return str(page.evaluate(f"document.querySelector('{PLAYER} [data-cell~={cell}] canvas.optviz-under').toDataURL()"))


def finished(settings: Settings) -> Training:
    training = Training(settings)
    training.advance(600)
    return training


def test_it_trains_by_itself_and_draws_the_numbers_of_the_backend(open_page: OpenPage):
    page = classifier(open_page, "epochs=200")
    wait_step(page, "+d.step > 3")
    early = picture(page)
    to_the_end(page, 200)
    assert picture(page) != early
    arrays = finished(Settings(epochs=200)).arrays
    curve = trace(page, "loss", 0)
    np.testing.assert_allclose(curve["y"], arrays["numbers"][:, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(curve["x"], np.arange(201))
    np.testing.assert_array_equal(trace(page, "regions0", 0)["z"], arrays["regions0"].array[-1])
    page.get_by_role("tab", name="Weights").click()
    np.testing.assert_array_equal(trace(page, "weights", 0)["y"], arrays["weights0"].array[-1])
    page.get_by_role("tab", name="Loss").click()
    # scrubbing back shows an earlier epoch again
    last = picture(page)
    page.locator(PLAYER).focus()
    page.keyboard.press("Home")
    wait_step(page, "+d.step === 0")
    assert picture(page) != last
    np.testing.assert_array_equal(trace(page, "regions0", 0)["z"], arrays["regions0"].array[0])
    assert len(trace(page, "loss", 0)["y"]) == 1


def test_it_goes_on_where_it_was_after_the_page_was_left(open_page: OpenPage, turn_to: Callable[["Page", str], None]):
    page = classifier(open_page, SLOW)
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    run = shown(page, "run")
    wait_step(page, "+d.step > 1")
    turn_to(page, "Surfaces")
    page.get_by_role("heading", name="Race optimizers on a surface").wait_for()
    turn_to(page, "Classifier")
    page.get_by_role("heading", name="Train a classifier").wait_for()
    page.wait_for_selector(f"{PLAYER}[data-run='{run}'][data-step]")
    before = int(shown(page, "step"))
    wait_step(page, f"+d.step > {before + 1}")
    curve = trace(page, "loss", 0)
    # every epoch is there, those trained before the page was left among them
    np.testing.assert_array_equal(curve["x"], np.arange(len(curve["x"])))
    assert np.isfinite(curve["y"]).all()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Continue").wait_for()


def test_stop_and_continue(open_page: OpenPage):
    page = classifier(open_page, SLOW)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Continue").wait_for()
    text = page.get_by_text(" of 3000").inner_text()
    frames(page, 30)
    assert page.get_by_text(" of 3000").inner_text() == text
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    page.get_by_text(text, exact=True).wait_for(state="detached")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Continue").wait_for()


def test_continue_after_the_end_trains_as_many_epochs_more(open_page: OpenPage):
    page = classifier(open_page, "epochs=50")
    wait_trained(page, 50)
    page.get_by_role("button", name="Continue").click()
    to_the_end(page, 100)
    numbers = finished(Settings(epochs=100)).arrays["numbers"]
    np.testing.assert_allclose(trace(page, "loss", 0)["y"], numbers[:, 0, 0], rtol=1e-5)


def test_a_click_asks_for_a_point_and_the_link_keeps_it(open_page: OpenPage):
    page = classifier(open_page, "epochs=50")
    to_the_end(page, 50)
    run, step = shown(page, "run"), shown(page, "step")
    box = page.locator(f"{PLAYER} [data-cell~=regions0] .nsewdrag").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    page.wait_for_function("location.search.includes('q1=')")
    (x1,), (x2,) = query(page)["q1"], query(page)["q2"]
    assert float(x1) == pytest.approx(2.4, abs=0.05) and float(x2) == pytest.approx(2.4, abs=0.05)
    response = finished(Settings(epochs=50)).response(0, (float(x1), float(x2)))
    page.get_by_text(f"({float(x1):.6g}, {float(x2):.6g})").wait_for()
    assert f"{response:.4f}" in page.locator("p", has_text="Which class").inner_text()
    # neither the training nor the playhead begins anew
    assert (shown(page, "run"), shown(page, "step")) == (run, step)


def test_two_settings_side_by_side(open_page: OpenPage):
    page = classifier(open_page, "epochs=60")
    page.get_by_role("radiogroup", name="Settings to compare").get_by_role("radio", name="2").click()
    page.wait_for_selector(f"{PLAYER} [data-cell~=regions1]")
    to_the_end(page, 60)
    assert query(page)["compare"] == ["1"]
    arrays = finished(Settings(epochs=60, methods=(Method(), Method(l2=0.03)))).arrays
    for side in (0, 1):
        np.testing.assert_array_equal(trace(page, f"regions{side}", 0)["z"], arrays[f"regions{side}"].array[-1])
    assert picture(page) != picture(page, "regions1")
    # the first picture of both is the same net
    np.testing.assert_array_equal(arrays["regions0"].array[0], arrays["regions1"].array[0])


def test_three_to_eight_settings_small_side_by_side(open_page: OpenPage):
    page = classifier(open_page, "epochs=40&compare=7&e.batch=240", width=1280, height=720)
    to_the_end(page, 40)
    arrays = eight()
    np.testing.assert_array_equal(trace(page, "regions", 0)["z"], arrays["arena"].array[-1])
    for side in range(8):
        drawn = trace(page, "loss", 2 * side)["y"]
        np.testing.assert_allclose(drawn, arrays["numbers"][:, side, NUMBERS.index("validation_loss")], rtol=1e-5)
    # Squares, bar and the sentence that ranks them are seen together, and each square is large enough to be read.
    assert page.locator(f"{PLAYER} .optviz-sentence").bounding_box()["y"] < 690
    box = page.locator(f"{PLAYER} .optviz-chooser").bounding_box()
    assert box and box["width"] * box["height"] / 9 > 100**2
    assert "smallest validation loss after 40 epochs" in page.locator(f"{PLAYER} .optviz-sentence").inner_text()
    # A tap enlarges one, another tap on it lets it go.
    card = page.locator(f"{PLAYER} .optviz-card")
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    card.get_by_text("A: SGD, batch 32", exact=True).wait_for()
    large = card.locator("canvas").bounding_box()
    assert large and large["width"] > 200
    page.keyboard.press("ArrowDown")
    card.get_by_text("D: RMSProp, batch 32", exact=True).wait_for()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    # One is edited at a time.
    page.get_by_role("radiogroup", name="Setting to edit").get_by_role("radio", name="E").click()
    page.get_by_text("Setting E", exact=True).wait_for()
    assert query(page)["e.batch"] == ["240"]


def eight() -> dict[str, Any]:
    """Return the arrays of the eight settings that are compared unless they are changed, E on all points at once."""
    others = ("adam", "rmsprop", "momentum_classical", "nesterov_keras", "adagrad", "adamw")
    methods = [Method(), Method(l2=0.03), *(Method(Trainer(Choice(name))) for name in others)]
    methods[4] = replace(methods[4], own=Own(batch_size=240))
    return dict(finished(Settings(epochs=40, methods=tuple(methods))).arrays)


def test_two_browsers_with_different_settings_do_not_meet(open_page: OpenPage):
    one, other = classifier(open_page, "epochs=40"), classifier(open_page, "epochs=40&l2=0.1&seed=3")
    to_the_end(one, 40)
    to_the_end(other, 40)
    mine = finished(Settings(epochs=40)).arrays["numbers"]
    theirs = finished(Settings(epochs=40, seed=3, methods=(Method(l2=0.1),))).arrays["numbers"]
    np.testing.assert_allclose(trace(one, "loss", 0)["y"], mine[:, 0, 0], rtol=1e-5)
    # With a penalty the loss is what is minimized.
    np.testing.assert_allclose(trace(other, "loss", 0)["y"], theirs[:, 0, :2].sum(-1), rtol=1e-5)


def test_a_rate_that_is_too_large_is_explained_and_one_click_smaller(open_page: OpenPage):
    page = classifier(open_page, "lr=1&epochs=40")
    page.locator(".optviz-sentence", has_text="diverged in epoch 1").wait_for()
    page.get_by_role("button", name="Try what helps").click()
    page.wait_for_function("location.search.includes('lr=0.3')")
    to_the_end(page, 40)
    page.get_by_text("Learning rate 1 → 0.3: in a trial of").wait_for()


def test_early_stopping_is_marked_where_it_stopped_and_where_it_was_best(open_page: OpenPage):
    page = classifier(open_page, "init=he&lr=0.15&epochs=200&stop=1&stop.patience=10&shuffle=0")
    settings = Settings(
        initialization="he", methods=(Method(Trainer(Choice("sgd"), 0.15)),), epochs=200, shuffle=False,
        stopping=EarlyStopping(10, 0.0, True),
    )  # fmt: skip
    expected = finished(settings)
    page.locator(".optviz-sentence", has_text=f"Stopped early after epoch {expected.epoch}").wait_for()
    page.locator(PLAYER).focus()
    page.keyboard.press("End")
    wait_step(page, f"+d.step === {expected.epoch}")
    page.wait_for_function(
        """() => [4, 5].every(i => {
          const plot = document.querySelector("[data-cell~=loss] .optviz-panel:not([hidden]) .optviz-plot");
          const marks = plot?.data?.[i]?.y;
          return marks && Array.from(marks).some(Number.isFinite);
        })"""
    )
    stopped, best = trace(page, "loss", 4), trace(page, "loss", 5)
    assert np.flatnonzero(np.isfinite(np.array(stopped["y"], float))).tolist() == [expected.epoch]
    assert best["x"] == [expected.latest[0].epoch]
    np.testing.assert_allclose(best["y"], [expected.latest[0].validation_loss], rtol=1e-5)
    frames = expected.arrays["best0"]
    np.testing.assert_array_equal(trace(page, "regions0", 2)["z"], frames.array[-1])
    assert page.get_by_role("button", name="Continue").is_disabled()


def test_all_starts_are_drawn_and_the_best_is_named(open_page: OpenPage):
    page = classifier(open_page, "init=he&units=3&lr=0.05&epochs=40&starts=3")
    to_the_end(page, 40)
    settings = Settings(
        initialization="he", units=3, methods=(Method(Trainer(Choice("sgd"), 0.05)),), epochs=40, starts=3
    )
    expected = finished(settings)
    for start in range(3):
        np.testing.assert_allclose(trace(page, "loss", start)["y"], expected.arrays["starts0"][:, start], rtol=1e-5)
    page.locator(".optviz-sentence", has_text=f"has seed {expected.nets[0].leader}").wait_for()


@pytest.mark.parametrize("kind", [".keras", "JSON"])
def test_a_net_is_saved_loaded_again_and_trained_on(open_page: OpenPage, tmp_path: Path, kind: str):
    page = classifier(open_page, "epochs=30&units=4")
    wait_trained(page, 30)
    page.locator("summary", has_text="Save and load").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {kind}").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    page.get_by_role("radiogroup", name="Settings to compare").get_by_role("radio", name="2").click()
    page.locator("input[type=file]").set_input_files({"name": "spam.txt", "mimeType": "text/plain", "buffer": b"spam"})
    page.get_by_text("This is neither a .keras file nor a JSON").wait_for()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("This is the loaded net 2-4-1").first.wait_for()
    page.get_by_text("epoch 0 of 30").wait_for()
    assert page.get_by_text("This is neither a .keras file nor a JSON").count() == 0
    before = finished(Settings(epochs=30, units=4))
    page.wait_for_function(f"document.querySelector('{PLAYER} [data-cell~=regions1] .optviz-plot')?.data")
    np.testing.assert_array_equal(trace(page, "regions1", 0)["z"], before.arrays["regions0"].array[-1])
    page.get_by_role("button", name="Continue").click()
    wait_trained(page, 30)


def test_the_run_is_a_download_for_tensorboard(open_page: OpenPage, tmp_path: Path):
    page = classifier(open_page, "epochs=20")
    wait_trained(page, 20)
    page.locator("summary", has_text="TensorBoard").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the run as event files").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        runs = [name.rpartition("/")[0] for name in archive.namelist()]
        assert runs == ["optviz-run/train", "optviz-run/validation"]
        assert all(archive.read(name) for name in archive.namelist())


def test_the_class_colors_are_those_of_the_theme(open_page: OpenPage):
    page = classifier(open_page, "epochs=20")
    to_the_end(page, 20)
    plot = page.locator(f"{PLAYER} [data-cell~=regions0] .optviz-plot")
    for color_scheme, red, blue in (("light", "#d0342c", "#1f5fd0"), ("dark", "#ff7d74", "#6ea8ff")):
        page.emulate_media(color_scheme=color_scheme)
        wait_step(page, f"d.theme === '{color_scheme}'")
        page.wait_for_function(
            "([plot, ...colors]) => colors.every(color => plot.data.some(trace => trace.marker?.color === color))",
            arg=[plot.element_handle(), red, blue],
        )


def test_a_browser_that_loses_its_connection_goes_on_with_its_training(chromium: "Browser", server: str):
    page, sockets = chromium.new_page(), []
    page.set_default_timeout(120_000)  # a wide net, beside other tests

    def connect(socket: "WebSocketRoute") -> None:
        sockets.append((socket, socket.connect_to_server()))

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    page.goto(f"{server}/classifier?epochs=300&units=64&layers=2&init=he&lr=0.001")
    page.wait_for_selector(f"{PLAYER}[data-step]")
    wait_step(page, "+d.step > 3")
    run = shown(page, "run")
    for end in sockets[0]:
        end.close(code=1012, reason="lost")
    to_the_end(page, 300)
    assert len(sockets) > 1 and shown(page, "run") == run
    settings = Settings(
        epochs=300, units=64, layers=2, initialization="he", methods=(Method(Trainer(Choice("sgd"), 0.001)),)
    )
    page.get_by_role("tab", name="Loss").click()
    curve = trace(page, "loss", 0)
    np.testing.assert_array_equal(curve["x"], np.arange(301))
    np.testing.assert_allclose(curve["y"], finished(settings).arrays["numbers"][:, 0, 0], rtol=1e-4)
    page.close()


def test_a_link_to_this_page_is_whole_on_a_server_that_has_just_started(
    chromium: "Browser", serving: Callable[..., AbstractContextManager[str]], tmp_path: Path
):
    page = chromium.new_page(locale="en-US")
    with serving("app.py", tmp_path) as address:
        page.goto(f"{address}/classifier?epochs=50&l2=0.03")
        page.wait_for_selector(f"{PLAYER}[data-step]")
        to_the_end(page, 50)
        page.get_by_text("简体中文").wait_for()
        assert query(page) == {"epochs": ["50"], "l2": ["0.03"]}
        assert page.get_by_test_id("stTopNavSection").filter(has_text="Learning rate").count() == 1
        assert page.get_by_role("dialog").count() == 0
    page.close()


def test_an_example_that_is_tapped_while_it_trains_stays(open_page: OpenPage) -> None:
    page = classifier(open_page, "epochs=3000&batch=1")
    for example in (*CLASSIFIER_EXAMPLES[1:], Example("Reset", {})):
        run = shown(page, "run")
        page.get_by_role("button", name=example.title, exact=True).click()
        page.wait_for_selector(f"{PLAYER}[data-run]:not([data-run='{run}'])")
        opened, tapped = shown(page, "run"), query(page)
        # Some updates later, which report all widgets again, it is the same training, of the same link.
        frames(page, 90)
        assert (shown(page, "run"), query(page)) == (opened, tapped), example.title
        expected = {name: list(values) for name, values in example.parameters.items()}
        assert expected.items() >= tapped.items(), example.title
