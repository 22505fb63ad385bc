"""What all tests share."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest
import streamlit
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

# TensorFlow reads it when it is first imported: without it its start-up notes drown the report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What is hot in a test is not compiled beside the others; tests/test_compiled.py does so.
os.environ.setdefault("OPTVIZ_COMPILE", "0")

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session", autouse=True)
def quick_app_tests() -> Iterator[None]:
    """Spare every AppTest two things that have nothing to do with the app.

    Streamlit resets Keras after each run of a script, a third of a second, if Keras is loaded: the app never loads it,
    the parity tests do. And a new AppTest reads the metadata of all installed packages in search of components.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def visitors_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no training of another visitor: in a test none comes back to end it."""
    if trainings := sys.modules.get("optviz.lessons.trainings"):
        monkeypatch.setattr(trainings, "PATIENCE", 0.0)


@pytest.fixture(autouse=True)
def precision_as_before() -> Iterator[None]:
    """Put back what a program that is run sets for its whole process: Keras' precision, how NumPy warns and prints."""
    with np.errstate(), np.printoptions():
        yield
    keras = sys.modules.get("keras")
    if keras and keras.config.floatx() != "float32":
        keras.config.set_floatx("float32")


@pytest.fixture(scope="session", name="contrast")
def contrast_fixture() -> Callable[[str, str], float]:
    """Give `contrast(color, other)` of two colors written as #rrggbb, as WCAG 2.2 defines it."""
    return contrast


def luminance(color: str) -> float:
    """Return the relative luminance of a color written as #rrggbb."""
    shares = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str, other: str) -> float:
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Call a registry's entry by its name, so that tests are called the same in every process."""
    name = getattr(val, "name", None)
    return name if isinstance(name, str) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests, and run them last: what they start lives until the session ends."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture
def unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open every group that is folded away, so that all controls are drawn."""
    from optviz.ui import controls

    @contextmanager
    def group(link, name, label, icon, *, alone=True) -> Iterator[None]:
        with streamlit.expander(label, icon=icon, expanded=True):
            yield

    monkeypatch.setattr(controls, "folded", group)
