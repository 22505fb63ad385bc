"""Rules that somebody types: they race, train, are printed and linked as known ones; what is wrong is said."""

import numpy as np
import pytest

from optviz.lessons import race_code, races
from optviz.lessons.races import Settings
from optviz.lessons.runs import RUNS, Run
from optviz.notation import FormulaError, Reason
from optviz.optimization.optimizers import LONGEST, OPTIMIZERS, OWN, example, template, typed
from optviz.recipes import Choice
from optviz.surfaces.grounds import Ground
from tests import programs
from tests.pages import opened, ran

BOWL = Ground("bowl", "", 0.0, 0.0, 0.0, 0)
RULE = "gamma = 0.8 in [0, 1]\nc = max(gamma*c, abs(g))\nw = w - lr*g/(c + 0.01)"


def race(*names):
    runs = tuple(map(Run, names))
    return races.race_of(
        Settings(
            ground=BOWL,
            runs=runs,
            learning_rate=0.05,
            schedule=Choice("constant"),
            warmup=0,
            start=(-5.0, -2.0),
            steps=60,
        )
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_template_is_the_rule_that_it_is_named_after(name):
    own = OWN + template(name)
    assert own in OPTIMIZERS and own not in list(OPTIMIZERS)
    np.testing.assert_array_equal(race(own).path.w, race(name).path.w)
    known = {parameter.name: parameter for parameter in OPTIMIZERS[name].parameters}
    for parameter in OPTIMIZERS[own].parameters:
        assert parameter.default == known[parameter.name].default
        assert (parameter.range.low, parameter.range.high) == pytest.approx(
            (known[parameter.name].range.low, known[parameter.name].range.high), rel=1e-5
        )


@pytest.mark.parametrize(
    ("text", "reason", "piece", "place"),
    [
        ("beta = 2 in [0, 1]\nw = w - lr*g", Reason.SLIDER, "beta = 2 in [0, 1]", 0),
        ("beta = 0.9 in 0, 1\nw = w - lr*g", Reason.SLIDER, "beta = 0.9 in 0, 1", 0),
        ("beta = 1 in [1, 1]\nw = w - lr*g", Reason.SLIDER, "beta = 1 in [1, 1]", 0),
        ("a = 1 in [0, 1e99]\nw = w - lr*g", Reason.SLIDER, "a = 1 in [0, 1e99]", 0),
        ("lr = 0.1 in [0, 1]\nw = w - lr*g", Reason.SLIDER, "lr = 0.1 in [0, 1]", 0),
        ("for = 0.1 in [0, 1]\nw = w - lr*g", Reason.NAME, "for", 0),
        ("a = 1 in [0, 2]\na = 0.5 in [0, 1]\nw = w - lr*a*g", Reason.SLIDER, "a", None),
        ("a = 1 in [0, 2]\na = g\nw = w - lr*a", Reason.NAME, "a", 16),
        ("a = 1 in [0, 2]\nw = w - lr*b*g", Reason.UNKNOWN_NAME, "b", 27),
        ("\n".join(f"a{i} = 1 in [0, 2]" for i in range(9)) + "\nw = w - lr*g", Reason.SLIDER, "a8", None),
        ("w = w" + " " * LONGEST, Reason.TOO_LONG, None, None),
    ],
)
def test_what_is_refused_is_refused_at_its_place(text, reason, piece, place):
    with pytest.raises(FormulaError) as error:
        typed(text)
    assert (error.value.reason, error.value.place) == (reason, place)
    assert piece is None or error.value.piece == piece
    assert OWN + text not in OPTIMIZERS


@pytest.mark.parametrize(
    "text", ["beta＝0.9 in ［0，1］；m＝beta*m+g；w＝w−lr·m", "beta=.9 in [0,1];m=beta m+g;w=w-lr m"]
)
def test_it_may_be_typed_with_the_signs_of_any_keyboard(text):
    assert typed(text).parameters[0].default == 0.9
    np.testing.assert_array_equal(race(OWN + text).path.w, race("momentum_classical").path.w)


def test_a_link_keeps_a_rule_with_its_commas_its_lines_and_its_settings():
    run = Run(OWN + RULE, 0.25, (("gamma", 0.5),))
    (text,) = RUNS.write([run])
    assert RUNS.read([text], 8) == (run,)
    assert "\n" not in text and " " not in text and text.count(",") == 2
    precise = Run(OWN + "w = w - lr*0.12345678901234566*g")
    assert "0.12345678901234566*g" in RUNS.write([precise])[0]


def test_a_page_races_it_and_says_what_is_wrong_with_one_in_a_link():
    page = ran("surfaces", run=[RUNS.write([Run(OWN + RULE)])[0], "adam"])
    assert page.settings.runs[0].optimizer == OWN + RULE
    app = opened("surfaces", run=["own:w = w - lr*gg"])
    assert any("“gg”" in each.value for each in app.warning)
    assert not app.exception


def test_its_program_prints_the_losses_of_the_page():
    runs = (Run(OWN + RULE), Run(OWN + template("adam")), Run("adam"))
    shown = Settings(
        ground=BOWL, runs=runs, learning_rate=0.05, schedule=Choice("constant"), warmup=0, start=(-5.0, -2.0), steps=60
    )
    text = race_code.program(shown)
    _names, printed = programs.run(text)
    path = races.race_of(shown).path
    last = [line for line in printed.splitlines() if "step 60" in line]
    losses = [float(line.rsplit("loss ", 1)[1]) for line in last]
    assert losses == pytest.approx(path.loss[60].tolist(), rel=1e-5)


def test_two_rules_of_a_page_differ_in_dash_and_number():
    one, other = races.looks_of([OWN + RULE, OWN + template("sgd")])
    assert one.dash != other.dash and (one.number, other.number) == ("①", "②")


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_it_trains_the_classifier_as_the_known_one(name):
    rule = template(name)
    values = {f"own.{key}": [str(value)] for key, value in OPTIMIZERS[name].defaults.items() if key != "epsilon_inside"}
    numbers = {"epochs": ["20"], "lr": ["0.05"]}
    own = ran("classifier", optimizer=["own"], rule=[rule.replace("\n", ";")], **values, **numbers)
    known = ran("classifier", optimizer=[name], **numbers)
    assert own.settings.methods[0].trainer.optimizer.name == OWN + rule
    assert own.summary.replace("A rule of your own", OPTIMIZERS[name].title) == known.summary


def test_the_page_says_which_rules_keras_cannot_do():
    def sentences(rule):
        app = opened("classifier", optimizer=["own"], rule=[rule], epochs=["10"], folds=["keras"])
        assert not app.exception
        return [each.value for each in app.info if "Keras" in each.value], [each.value for each in app.code]

    for rule in ("w=w-lr*g/norm(g)", "m=0.9*m+g;g=gradient(w-lr*m);u=gradient(w);w=w-lr*(g+u)"):
        (said,), code = sentences(rule)
        assert "cannot do this rule" in said and not any("keras" in text for text in code)
    assert sentences("m=0.9*m+g;w=w-lr*m")[0] == []


def test_newton_is_refused_where_nothing_has_a_hessian():
    app = opened("classifier", optimizer="own", rule="w = w - lr*newton(0)", epochs="10")
    assert app.session_state["classifier-training"].settings.methods[0].trainer.optimizer.name == example.name
    assert "too large for its Hessian" in app.warning[0].value


def test_what_is_typed_badly_stays_in_the_field_with_the_reason_and_the_race_goes_on():
    app = opened("surfaces", folds=["editor"], run=["own:w=w-lr*g", "adam"])
    before = app.query_params["run"]
    field = next(each for each in app.text_area if "typed" in each.key)
    assert field.value == "w = w - lr*g"
    wrong = "m = <b>:material/home:</b>\nw = w - lr*m"
    app = field.set_value(wrong).run()
    (error,) = app.error
    assert "`" in error.value and ":material/home:" not in error.value and not app.exception
    assert next(each for each in app.text_area if "typed" in each.key).value == wrong
    assert app.query_params["run"] == before
    app = next(each for each in app.text_area if "typed" in each.key).set_value("m=0.9 m+g;w=w-lr m").run()
    assert not app.error
    assert next(each for each in app.text_area if "typed" in each.key).value == "m = 0.9*m + g\nw = w - lr*m"
    assert app.query_params["run"][0] == "own:m=0.9*m+g;w=w-lr*m"


def test_one_may_begin_with_a_known_rule():
    app = opened("surfaces", folds=["editor"], run=["own:w=w-lr*g"])
    begin = next(each for each in app.selectbox if str(each.key).endswith("~begin"))
    app = begin.set_value("rmsprop").run()
    assert next(each for each in app.text_area if "typed" in each.key).value == template("rmsprop")
    app = opened("surfaces", run=["adam"])
    add = next(each for each in app.selectbox if str(each.key).endswith("~add"))
    app = add.set_value(example.name).run()
    assert app.query_params["run"][1].startswith(OWN) and not app.exception
