"""Sliders that only the picture follows: it runs alone, and the whole page where more of it follows or waits."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from optviz.ui import links
from tests.pages import healthy, summaries

STEPS, RATE, FIELD = "surfaces~steps", "surfaces~lr~slider", "surfaces~lr~field"


def opened(*folds, **parameters):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for fold in folds:
        app.session_state[f"surfaces-{fold}"] = True
    for name, value in parameters.items():
        app.query_params[name] = value
    return healthy(app.run())


def steps_told(app):
    """Return the steps after which the sentence at the picture says how the race stands."""
    (said,) = summaries(app)
    return int(re.search(r"after (\d+) steps", said)[1])


def is_whole(app):
    """Whether the page's head was drawn in the last run."""
    return bool(app.title)


@pytest.mark.parametrize("parameters", [{}, {"schedule": "cosine"}, {"surface": "formula", "f": "x1^2+x2^4"}])
def test_the_race_alone_follows_its_sliders(parameters):
    app = opened(steps="20", **parameters)
    healthy(app.slider(key=STEPS).set_value(30).run())
    assert not is_whole(app) and steps_told(app) == 30 and app.query_params["steps"] == "30"
    assert is_whole(app.run()) and app.slider(key=STEPS).value == 30 and steps_told(app) == 30
    healthy(app.select_slider(key=RATE).set_value(0.01).run())
    assert not is_whole(app) and app.text_input(key=FIELD).value == "0.01"
    assert app.query_params["lr"] == "0.01" and app.query_params["steps"] == "30"
    assert (
        is_whole(app.run()) and app.select_slider(key=RATE).value == 0.01 and app.text_input(key=FIELD).value == "0.01"
    )


def test_what_the_race_says_is_that_of_a_page_that_was_opened_so():
    app = opened()
    app.slider(key=STEPS).set_value(210).run()
    (alone,), table = summaries(app), [html.proto.body for html in app.get("html")]
    remedies = [button.label for button in app.button]
    whole = opened(steps="210")
    assert summaries(whole) == [alone] and set(table) < {html.proto.body for html in whole.get("html")}
    assert any("learning rate" in label for label in remedies)
    assert set(remedies) < {button.label for button in whole.button}


@pytest.mark.parametrize(
    ("folds", "parameters", "moved"),
    [
        (["inside"], {}, STEPS),
        (["tensorflow"], {}, STEPS),
        (["editor"], {}, RATE),
        ([], {"fork": "5"}, STEPS),
        ([], {"run": ["sgd", "adam,lr=0.3"]}, RATE),
    ],
)
def test_the_whole_page_runs_where_more_of_it_follows(folds, parameters, moved):
    app = opened(*folds, steps="20", **parameters)
    healthy(
        (app.slider(key=STEPS).set_value(30) if moved == STEPS else app.select_slider(key=RATE).set_value(0.3)).run()
    )
    assert is_whole(app)


def test_other_panels_are_drawn_with_the_whole_page():
    # Before its first drop a schedule leaves all rates alike, and their picture says so in a line.
    app = opened(steps="20", schedule="step_decay")
    app.slider(key=STEPS).set_value(600).run()
    assert is_whole(healthy(app)) and app.query_params["steps"] == "600"


def test_what_was_changed_and_is_not_drawn_yet_comes_with_the_slider():
    app = opened(steps="20")
    app.session_state[links.WHOLE] = False  # a run that the slider has overtaken
    app.slider(key=STEPS).set_value(30).run()
    assert is_whole(app) and steps_told(app) == 30


def test_a_sentence_about_a_number_goes_when_the_slider_is_moved():
    app = opened()
    app.text_input(key=FIELD).set_value("abc").run()
    assert len(app.error) == 1
    app.select_slider(key=RATE).set_value(0.3).run()
    assert is_whole(app) and not app.error and app.text_input(key=FIELD).value == "0.3"


def test_a_remedy_beside_the_race_changes_the_whole_page():
    app = opened()
    app.slider(key=STEPS).set_value(210).run()
    assert not is_whole(app)
    next(button for button in app.button if "RMSProp" in button.label).click().run()
    assert is_whole(healthy(app)) and "rmsprop,lr=0.03" in app.query_params["run"]
