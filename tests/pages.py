"""How a test opens a page without a browser, and what every such test asks of it."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).parents[1] / "pages"


def opened(
    name: str, lang: str = "en", *, folds: Sequence[str] = (), rounds: int = 1, **parameters: str | list[str]
) -> AppTest:
    """Open a page by a link with these parameters, with some groups unfolded, and run it a number of times."""
    app = AppTest.from_file(PAGES / f"{name}.py", default_timeout=60)
    app.session_state["framed"] = True
    app.session_state["lang"] = lang
    for fold in folds:
        app.session_state[f"{name}-{fold}"] = True
    for parameter, value in parameters.items():
        app.query_params[parameter] = value
    for _round in range(rounds):
        app.run()
    return healthy(app)


def healthy(app: AppTest) -> AppTest:
    """Return a page that has no exception."""
    assert not app.exception, [each.value for each in app.exception]
    return app


def sound(app: AppTest) -> AppTest:
    """Return a page that complains of nothing."""
    healthy(app)
    assert not app.error and not app.warning, [each.value for each in (*app.error, *app.warning)]
    return app


def opener(name: str, **settings: Any) -> tuple[Callable[..., AppTest], Callable[..., AppTest]]:
    """Return what opens a page with these settings of `opened`, and what besides asks that it complain of nothing."""
    page = partial(opened, name, **settings)
    return page, lambda *args, **parameters: sound(page(*args, **parameters))


def said(app: AppTest) -> str:
    """Return the texts of a page, with the sentences of its pictures."""
    return " ".join([*(text.value for text in app.markdown), *summaries(app)])


def summaries(app: AppTest) -> list[str]:
    """Return the sentences that stand at the pictures of a page."""
    told = []
    for part in app.get("bidi_component"):
        if part.proto.component_name == "optviz_feed":
            data = part.proto.bytes
            told.append(json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])["summary"])
    return told


def examples(app: AppTest) -> list[str]:
    """Return the titles of a page's examples as they are shown, and that of Reset."""
    return [button.label for button in app.button if re.search(r"~(example\d+|reset)$", str(button.key))]


def tap(app: AppTest, title: str) -> AppTest:
    """Tap the example, or another button, that has a title."""
    return next(button for button in app.button if button.label == title).click().run()


def ran(name: str, **parameters: Sequence[str]) -> SimpleNamespace:
    """Run a page's script by a link with these parameters, and return the names that it leaves: its own numbers.

    `given`, `arrays` and `summary` are what the picture that it showed last depends on, follows, and says.
    """
    app = AppTest.from_function(_run, args=(str(PAGES / f"{name}.py"),), default_timeout=60)
    app.session_state["framed"] = True
    app.session_state["lang"] = "en"
    for parameter, texts in parameters.items():
        app.query_params[parameter] = list(texts)
    sound(app.run())
    return app.session_state["left"]


def _run(page: str) -> None:
    import runpy
    from types import SimpleNamespace
    from unittest.mock import patch

    import streamlit as st

    from optviz.figures import panels
    from optviz.ui import lesson

    with (
        patch.object(lesson, "show", wraps=lesson.show) as show,
        patch.object(panels, "run_of", wraps=panels.run_of) as run_of,
    ):
        left = runpy.run_path(page)
    for call in show.call_args_list:
        left |= {"arrays": call.args[1].arrays, "summary": call.args[1].summary}
    for call in run_of.call_args_list:
        left |= {"given": call.args[0]}
    st.session_state["left"] = SimpleNamespace(**left)
