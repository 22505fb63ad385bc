"""The learning rates that surfaces know: each of them works, and choosing a surface sets them, in the link."""

from functools import partial

import numpy as np
import pytest

from optviz.lessons import races
from optviz.lessons.races import Settings
from optviz.lessons.runs import Run
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.recipes import Choice
from optviz.surfaces import tuning
from optviz.surfaces.grounds import Ground
from optviz.surfaces.race import Ending
from optviz.surfaces.surfaces import SURFACES
from tests.pages import opened

KEPT = tuning.kept()
HELPLESS = {
    "saddle": {"newton"},
    "monkey_saddle": {"newton"},
    "plateau": {"newton"},
    "himmelblau": {"newton"},
    "six_hump_camel": {"newton"},
    "griewank": {"newton"},
    "rastrigin": {"newton"},
    "ackley": {"newton", "lion"},
    "levy": {"newton", "adadelta", "radam", "schedule_free_sgd"},
    "easom": {"newton", "polyak"},
    "cross_in_tray": {"polyak"},
    "drop_wave": {"newton", "sophia", "polyak"},
    "taxicab": {"newton"},
    "kinked_valley": {"newton", "radam", "armijo", "conjugate_gradient"},
    "goldstein_price": {"momentum_classical", "heavy_ball", "nesterov_keras", "lookahead", "prodigy"},
}
"""Newton runs to the saddle or the maximum that is near; Polyak's step is 0 below a loss of 0; at a kink no step lowers
the loss by enough; the others find no rate that is tried."""


def end_of(surface, optimizer):
    """Race as the page does, not as the sweep did."""
    ground, start = Ground(surface, "", 0.0, 0.0, 0.0, 0), SURFACES[surface].start
    settings = Settings(
        ground=ground,
        runs=(Run(optimizer),),
        learning_rate=KEPT[surface][optimizer],
        schedule=Choice("constant"),
        warmup=0,
        start=start,
        steps=tuning.STEPS,
    )
    result = races.race_of(settings)
    return result.ends[0], result.path.w[:, 0]


def test_every_surface_has_a_rate_for_every_optimizer_that_works_there():
    assert list(KEPT) == list(SURFACES)
    assert {name: missing for name, row in KEPT.items() if (missing := tuning.tuned() - set(row))} == HELPLESS
    assert tuning.tuned() <= set(OPTIMIZERS)


@pytest.mark.parametrize("surface", SURFACES)
def test_with_its_rate_an_optimizer_arrives_or_settles_or_comes_far(surface):
    shape = SURFACES[surface]
    for name in KEPT[surface]:
        end, path = end_of(surface, name)
        if not shape.minima:
            assert end.ending is Ending.DESCENDING, name
            continue
        reach = np.ptp(np.transpose(shape.domain), axis=0)
        assert OPTIMIZERS[name]().rule.searched or (np.abs(np.diff(path, axis=0)) <= 0.3 * reach).all(), name
        start, least = float(shape.value(shape.start)), float(shape.value(shape.minima).min())
        fallen = (start - end.loss) / (start - least)
        assert end.ending in (Ending.ARRIVED, Ending.LOCAL_MINIMUM) or fallen >= 0.5, name
        assert fallen > 0, name


@pytest.mark.parametrize("surface", ["bowl", "saddle", "rosenbrock", "cross_in_tray"])
def test_the_sweep_finds_what_is_kept(surface):
    found = {name: tuning.best(SURFACES[surface], name) for name in tuning.tuned()}
    assert {name: rate for name, rate in found.items() if rate is not None} == KEPT[surface]


def test_no_calmer_rate_arrives_as_soon():
    for trial in tuning.trials(SURFACES["bowl"], "sgd"):
        if trial.rate < KEPT["bowl"]["sgd"]:
            assert trial.end.arrival is None or trial.end.arrival > tuning.SOON


page = partial(opened, "surfaces")


def link_of(app):
    return {name: texts if isinstance(texts, list) else [texts] for name, texts in app.query_params.items()}


def chosen(app, surface):
    app.selectbox(key="surfaces~surface").set_value(surface).run()
    assert not app.exception
    return link_of(app)


def rates(link):
    shared = float(link.get("lr", ["0.1"])[0])
    each = [dict(pair.split("=") for pair in run.split(",")[1:]) for run in link["run"]]
    return [float(settings.get("lr", shared)) for settings in each]


def test_choosing_a_surface_sets_a_rate_for_each_optimizer_in_the_link():
    app = page()
    link = chosen(app, "rosenbrock")
    known = KEPT["rosenbrock"]
    assert link["surface"] == ["rosenbrock"]
    assert rates(link) == [known[name] for name in ("sgd", "momentum", "rmsprop", "adam")]
    app.selectbox(key="surfaces~add").set_value("lion").run()
    assert rates(link_of(app))[-1] == known["lion"]
    again = page(**link)
    assert link_of(again) == link


def test_the_rate_that_most_runs_need_is_the_shared_one():
    link = chosen(page(run=["adam", "adagrad", "amsgrad"]), "rosenbrock")
    assert link["lr"] == ["0.5"] and link["run"] == ["adam", "adagrad,lr=1", "amsgrad"]


def test_runs_of_one_optimizer_keep_their_ratios():
    link = chosen(page(run=["sgd,lr=0.06", "sgd,lr=0.42", "sgd,lr=0.6"]), "rosenbrock")
    assert rates(link) == [0.003, 0.021, 0.03]


def test_a_link_keeps_its_picture_and_a_formula_its_rates():
    old = {"surface": ["rosenbrock"], "run": ["sgd", "adam,lr=0.3"], "lr": ["0.002"]}
    app = page(**old)
    assert link_of(app) == old
    app.selectbox(key="surfaces~surface").set_value("formula").run()
    assert (link_of(app)["run"], link_of(app)["lr"]) == (old["run"], old["lr"])
    app.selectbox(key="surfaces~add").set_value("lion").run()
    assert link_of(app)["run"][-1] == "lion"


def test_an_optimizer_that_is_added_to_runs_at_other_rates_takes_the_shared_one():
    app = page(surface=["rosenbrock"], lr=["0.002"])
    app.selectbox(key="surfaces~add").set_value("lion").run()
    assert link_of(app)["run"][-1] == "lion"


def test_on_the_page_of_the_own_optimizer_the_rivals_get_theirs():
    app = opened("build")
    app.selectbox(key="build~surface").set_value("rosenbrock").run()
    assert not app.exception
    assert link_of(app)["run"] == ["adam,lr=0.5", "sgd,lr=0.003"] and "lr" not in app.query_params
