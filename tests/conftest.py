"""What all tests share."""

import os
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner import script_runner

# TensorFlow reads it when it is first imported: without it its start-up notes drown the report.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

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
