"""Links: what a page keeps, writes and says, whatever the URL holds."""

from urllib.parse import quote_plus, unquote

import pytest
from streamlit.testing.v1 import AppTest

from optviz.course import addresses
from optviz.course.addresses import OutOfRange, Unreadable
from optviz.lessons.examples import SURFACE_EXAMPLES
from optviz.lessons.runs import MOST, Run, read_runs, write_runs
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Range
from optviz.surfaces.surfaces import SURFACES
from tests.pages import opened, tap


def open_link(**parameters):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for group in ("editor", "schedules", "penalties", "starts", "formulas"):
        app.session_state[f"surfaces-{group}"] = True
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def url(app):
    return {name: [text] if isinstance(text, str) else list(text) for name, text in app.query_params.items()}


def warned(app):
    return " ".join(warning.value for warning in app.warning)


def test_the_first_picture_needs_no_link_and_leaves_the_url_bare():
    app = open_link()
    assert not app.warning and not app.query_params


def test_a_link_sets_every_control_and_is_written_again_as_it_was():
    parameters = {
        "surface": ["rosenbrock"],
        "steps": ["300"],
        "lr": ["0.003"],
        "run": ["adam,lr=0.1,beta1=0.5", "newton"],
        "schedule": ["exponential_decay"],
        "exponential_decay.decay_steps": ["50"],
        "warmup": ["20"],
        "l2": ["0.1"],
        "l1": ["0.03"],
        "noise": ["0.5"],
        "seed": ["7"],
        "x1": ["-1"],
        "x2": ["2.5"],
        "log": ["0"],
        "lang": ["zh"],
    }
    app = open_link(**parameters)
    assert not app.warning
    assert url(app) == parameters
    assert app.title[0].value != "Race optimizers on a surface"


@pytest.mark.parametrize("example", SURFACE_EXAMPLES, ids=lambda example: example.title)
def test_an_example_is_a_link_and_opens_without_a_word(example):
    app = open_link(**example.parameters)
    assert not app.warning
    assert url(app).items() <= {name: list(texts) for name, texts in example.parameters.items()}.items()
    tapped = open_link()
    tap(tapped, example.title)
    assert not tapped.exception and url(tapped) == url(app)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("surface", "nowhere", "no such choice"),
        ("steps", "99999", "2000 is used"),
        ("steps", "-5", "10 is used"),
        ("steps", "many", "not a number"),
        ("lr", "nan", "not a finite number"),
        ("lr", "inf", "not a finite number"),
        ("lr", "1e300", "100 is used"),
        ("lr", ["0.1", "0.2"], "2 times"),
        ("run", "gradient", "no such optimizer"),
        ("run", "adam,gamma=1", "no such setting"),
        ("run", "adam,lr=fast", "not a number"),
        ("run", ["sgd"] * 9, "at most 8"),
        ("log", "2", "neither 0 nor 1"),
        ("x1", "1e9", "10000 is used"),
        ("surface", "x" * 100_000, "too long"),
        ("surfce", "beale", "does not know: surfce (surface?)"),
        ("Schedule", "cosine", "does not know: Schedule (schedule?)"),
        ("optimiser", "adam", "does not know: optimiser (optimizer?)"),
        ("epochs", "30", "does not know: epochs."),
        ("lang", "de", "asks for the language de, which this app does not have; it has English, 简体中文"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_is_used(name, value, said):
    app = open_link(**{name: value, "seed": "3"})
    assert said in warned(app) and "rest of the link was used" in warned(app)
    assert len(warned(app)) < 400
    assert url(app)["seed"] == ["3"]
    close = next(button for button in app.button if button.key == "surfaces-close")
    close.click().run()
    assert not app.warning and not app.exception


FOREIGN = (
    "from isappinstalled utm_source utm_medium utm_campaign utm_content fbclid gclid gbraid msclkid yclid dclid ttclid "
    "mc_cid mc_eid igshid igsh spm share_token share_source sharer_shareid scene subscene clicktime enterid ascene "
    "nsukey pass_ticket wx_header exportkey version nettype _ga _gl ref referrer source src si s t trk cmpid "
    "hsCtaTracking _hsenc mkt_tok epik srsltid rb_clickid at_medium wt.mc_id state code session timestamp <script> "
    + "x"
    * 500
)


def test_what_messengers_and_trackers_add_is_not_spoken_of_and_not_passed_on():
    app = open_link(surface="beale", **dict.fromkeys(FOREIGN.split(), "1"))
    assert not app.warning and not app.error
    assert url(app) == {"surface": ["beale"]}


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("zh-CN", "zh"),
        ("zh_Hans", "zh"),
        ("ZH", "zh"),
        ("zh-hans-cn", "zh"),
        ("zh-SG", "zh"),
        ("en-US", "en"),
        ("EN", "en"),
    ],
)
def test_a_language_is_understood_however_its_tag_is_written(tag, spoken):
    app = open_link(lang=tag)
    assert not app.warning
    assert app.segmented_control(key="lang").value == spoken


def test_a_language_that_is_written_in_other_letters_gets_the_nearest_and_a_word():
    app = open_link(lang="zh-TW")
    assert app.segmented_control(key="lang").value == "zh" and "zh-TW" in warned(app) and "简体中文" in warned(app)


def test_a_megabyte_is_dropped_before_it_is_read():
    app = open_link(surface="x" * 1_000_000)
    assert not app.exception and not app.error and app.selectbox(key="surfaces~surface").value == "bowl"


def test_a_race_without_optimizers_asks_for_one():
    app = open_link(run="none")
    assert not app.exception and any("at least one optimizer" in info.value for info in app.info)
    app.selectbox(key="surfaces~add").set_value("adam").run()
    assert not app.exception and url(app)["run"] == ["adam"]


def test_two_visitors_share_nothing():
    one, other = open_link(lr="0.3", lang="zh"), open_link()
    one.run()
    other.run()
    assert url(one) == {"lr": ["0.3"], "lang": ["zh"]} and not other.query_params
    assert one.title[0].value != other.title[0].value


def test_a_setting_survives_the_language_switch():
    app = open_link(surface="beale", lr="0.01")
    app.segmented_control(key="lang").set_value("zh").run()
    assert url(app) == {"surface": ["beale"], "lr": ["0.01"], "lang": ["zh"]}


def test_another_surface_starts_where_it_says():
    app = open_link(surface="beale", x1="2", x2="2")
    app.selectbox(key="surfaces~surface").set_value("booth").run()
    assert url(app)["surface"] == ["booth"] and not {"x1", "x2"} & set(url(app))
    assert tuple(
        float(field.value) for field in app.text_input if field.key in ("surfaces~x1", "surfaces~x2")
    ) == tuple(SURFACES["booth"].start)


def test_a_formula_that_is_none_gets_a_sentence_and_the_controls_stay():
    app = open_link(surface="formula", f="__import__('os')")
    assert not app.exception and len(app.error) == 1
    app.text_input[0].set_value("x1^2 + x2^2").run()
    assert not app.exception and not app.error
    assert url(app) == {"surface": ["formula"], "f": ["x1^2 + x2^2"]}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_runs_read_back_as_they_were_written(name):
    changed = tuple((p.name, p.kind(p.range.clamp(0.123))) for p in OPTIMIZERS[name].parameters if p.kind is float)
    runs = (Run(name), Run(name, 0.03), Run(name, None, changed))
    assert read_runs(write_runs(runs)) == runs
    assert read_runs(write_runs(())) == ()


def test_numbers_of_a_run_are_brought_into_their_range():
    assert read_runs(["adam,lr=1e9,beta1=7"]) == (Run("adam", 100.0, (("beta1", 0.9999),)),)
    assert len(read_runs(["sgd"] * MOST)) == MOST


def test_numbers_are_written_short_and_exact():
    for value, text in ((3, "3"), (0.1, "0.1"), (1e-7, "1e-07"), (True, "1"), (1 / 3, "0.3333333333333333")):
        assert addresses.write_number(value) == [text] and float(text) == value


def test_readers_refuse():
    read = addresses.read_number(Range(0, 1, "x"))
    assert read(["0.5"]) == 0.5
    with pytest.raises(OutOfRange) as beyond:
        read(["7"])
    assert beyond.value.nearest == 1.0
    with pytest.raises(Unreadable):
        read([""])


@pytest.mark.parametrize("chosen", [(), ("a",), ("a", "c")])
def test_some_of_several_choices_read_back_as_they_were_written(chosen):
    assert addresses.read_choices(list("abc"))(addresses.write_choices(chosen)) == chosen


def test_several_choices_come_in_the_order_of_the_options_and_no_more_than_allowed():
    assert addresses.read_choices(list("abc"), 2)(["c", "a", "c"]) == ("a", "c")
    for texts, reason in (
        (["a", "d"], "no such choice"),
        (["a", "b", "c"], "at most 2"),
        (["", "a"], "no such choice"),
    ):
        with pytest.raises(Unreadable, match=reason):
            addresses.read_choices(list("abc"), 2)(texts)


@pytest.mark.parametrize(
    ("written", "formula"),
    [
        ("x1^2+x2^2", "x1^2+x2^2"),
        ("x1^2%20+%203*x2^2", "x1^2 + 3*x2^2"),
        ("(x1-1)^2+(x2+1)^2+sin(x1)", "(x1-1)^2+(x2+1)^2+sin(x1)"),
        ("x1%5E2+%2B+x2%5E2", "x1^2 + x2^2"),
        ("x1%5E2%2Bx2%5E2", "x1^2+x2^2"),
        ("2+*+x1%5E2+-+x2", "2 * x1^2 - x2"),
        ("2++x1", "2 x1"),
        ("2%20x1", "2 x1"),
        ("max(x1,+x2)", "max(x1, x2)"),
        ("+x1+", " x1 "),
    ],
)
def test_a_plus_sign_in_a_hand_written_formula_is_one(written, formula):
    assert addresses.sums(unquote(written.replace("+", addresses.PLUS))) == formula


@pytest.mark.parametrize("formula", ["x1^2 + x2^2", "2 x1 (x2 + 1)", "sin x1 + x1 x2", "x1*x2", "x1  x2"])
def test_a_formula_reads_back_as_it_was_written(formula):
    [text] = addresses.write_formula(formula)
    read = addresses.sums(unquote(quote_plus(text).replace("+", addresses.PLUS)))
    assert read.split() == formula.split()


def test_a_plus_sign_elsewhere_is_a_blank_as_everywhere():
    # The address of a test is written as browsers write it: `0.9+1.04`.
    app = opened("descent", compare="0.9 1.04")
    assert app.text_input(key="descent~compare").value == "0.9 1.04" and not app.error
    app = opened("descent", curve="formula", f="w^2 cos(w)")
    assert app.text_input(key="descent~f").value == "w^2+cos(w)" and not app.error


def test_a_link_without_settings_has_those_that_the_page_opens_with():
    app = opened("dead_relu")
    assert app.session_state["dead_relu-values"]["units"] == 12 and not app.query_params
    # Whatever is set, the address tells it from the opening.
    app.slider(key="dead_relu~units").set_value(24).run()
    assert url(app) == {"lr": ["0.3"], "seed": ["11"]}
    assert opened("dead_relu", **url(app)).session_state["dead_relu-values"]["units"] == 24
    app = opened("dead_relu", units="12")
    assert url(app) == {"units": ["12"]} and app.session_state["dead_relu-values"]["seed"] == 7
    app.slider(key="dead_relu~units").set_value(24).run()
    assert url(app) == {"lr": ["0.1"]}, "nothing but defaults is no bare address"
    assert opened("dead_relu", **url(app)).session_state["dead_relu-values"]["units"] == 24
    tap(app, "Reset")
    assert app.session_state["dead_relu-values"]["units"] == 12 and not app.query_params


def test_a_moment_is_no_setting_and_a_lecture_opens_a_page_as_its_link_does():
    app = opened("dead_relu", **{"moment.step": "3"})
    assert app.session_state["dead_relu-values"]["units"] == 12 and url(app) == {"moment.step": ["3"]}
    scene = AppTest.from_file("../pages/dead_relu.py", default_timeout=60)
    scene.session_state["framed"] = True
    scene.session_state["dead_relu-opened"] = {"moment.speed": ["1"]}
    assert not scene.run().exception and scene.session_state["dead_relu-values"]["units"] == 12
