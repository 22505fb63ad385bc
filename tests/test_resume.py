"""A session that begins with what a browser held before: each value is a change, and the link is the rest."""

import pytest
from streamlit.testing.v1 import AppTest

from optviz.ui import resume


def opened(**parameters):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception and not app.warning
    return app


def after_a_restart(before, act):
    """Do something in a tab whose server has forgotten it: all its values come with the first message."""
    act(before)
    states = before._tree.get_widget_states()
    later = AppTest.from_file("../app.py", default_timeout=60)
    for name in before.query_params:
        later.query_params[name] = before.query_params[name]
    later._run(states)
    assert not later.exception and not later.warning
    return later


def url(app):
    return {name: [text] if isinstance(text, str) else list(text) for name, text in app.query_params.items()}


ACTIONS = {
    "choice": (
        lambda app: app.selectbox(key="surfaces~surface").set_value("beale"),
        {"lr": ["0.02"], "surface": ["beale"], "run": ["sgd", "momentum,lr=0.03", "rmsprop", "adam,lr=0.5"]},
    ),
    "slider": (lambda app: app.slider(key="surfaces~steps").set_value(300), {"lr": ["0.2"], "steps": ["300"]}),
    "field": (lambda app: app.text_input(key="surfaces~lr~field").set_value("0.25"), {"lr": ["0.25"]}),
    "language": (lambda app: app.segmented_control(key="lang").set_value("zh"), {"lr": ["0.2"], "lang": ["zh"]}),
    "optimizer": (
        lambda app: app.selectbox(key="surfaces~add").set_value("newton"),
        {"lr": ["0.2"], "run": ["sgd", "momentum", "rmsprop", "adam", "newton"]},
    ),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_the_first_action_in_a_new_session_is_a_change_and_the_link_the_rest(kind):
    act, expected = ACTIONS[kind]
    assert url(after_a_restart(opened(lr="0.2"), act)) == expected


def test_an_example_that_is_tapped_first_is_opened():
    later = after_a_restart(
        opened(lr="0.2"), lambda app: next(b for b in app.button if b.label == "Leaving a saddle").click()
    )
    assert url(later)["surface"] == ["saddle"] and url(later)["lr"] == ["0.03"]


def test_a_tab_in_which_nothing_was_done_stays_as_it_is_and_costs_one_run():
    later = after_a_restart(opened(lr="0.2", surface="beale"), lambda app: None)
    assert url(later) == {"lr": ["0.2"], "surface": ["beale"]}
    assert resume.SETTLED in later.session_state


def test_a_session_goes_on_as_usual_after_its_first_action():
    later = after_a_restart(opened(), lambda app: app.slider(key="surfaces~steps").set_value(300))
    later.selectbox(key="surfaces~surface").set_value("booth").run()
    later.slider(key="surfaces~steps").set_value(200).run()
    runs = ["sgd", "momentum,lr=0.1", "rmsprop,lr=0.3", "adam,lr=2"]
    assert url(later) == {"surface": ["booth"], "lr": ["0.01"], "run": runs}
