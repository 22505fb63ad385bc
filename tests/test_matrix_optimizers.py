"""Optimizers of matrices: their steps against PyTorch, optax and the papers, and where they can be chosen."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optviz.lessons.training_settings import Method, Settings, Trainer
from optviz.lessons.trainings import Training
from optviz.networks.classifier import Classifier, Epoch, train
from optviz.networks.datasets import DATASETS
from optviz.networks.losses import LOSSES
from optviz.notation import FormulaError, Reason
from optviz.optimization import matrices
from optviz.optimization.optimizers import (
    KNOWN,
    MATRIX_OPTIMIZERS,
    OPTIMIZERS,
    TRAINERS,
    Look,
    MatrixOptimizer,
    template,
    typed,
)
from optviz.optimization.straight import can_run
from optviz.recipes import Choice
from tests.pages import opened, said, sound

KEPT = json.loads(Path(__file__).with_name("matrix_steps.json").read_text())
SHAPES = ((3, 5), (5,))


def drawn():
    """The weights and gradients of `tests/matrix_steps.py`, flat."""
    rng = np.random.default_rng(5)
    first = np.concatenate([rng.standard_normal(15), rng.standard_normal(5)])
    scales = 10.0 ** rng.uniform(-1, 1, 12)
    of_w = [scale * rng.standard_normal((3, 5)) for scale in scales]
    of_b = [scale * rng.standard_normal(5) for scale in scales]
    return first, [np.concatenate([g.ravel(), h]) for g, h in zip(of_w, of_b, strict=True)]


def points(optimizer, rate, shapes=SHAPES):
    """Return where the updates lead, (12, n)."""
    w, gradients = drawn()
    optimizer = optimizer.on(shapes)
    memory, found = optimizer.init(w), []
    for g in gradients:
        memory, update = optimizer.step(memory, Look(w, np.zeros(()), w, g), rate)
        w = w - update.eta
        found.append(w)
    return np.array(found)


def kept(name):
    return np.array([[*np.ravel(w), *b] for w, b in zip(KEPT[name]["w"], KEPT[name]["b"], strict=True)])


# ---- operations


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (1, 6), (6, 1)])
def test_the_iteration_keeps_singular_vectors_and_sends_each_value_through_the_quintic(shape):
    x = np.random.default_rng(1).standard_normal(shape)
    u, s, v = np.linalg.svd(x, full_matrices=False)
    s = s / np.sqrt(np.sum(s**2))
    for steps in range(6):
        np.testing.assert_allclose(matrices.orthogonal(x, steps), (u * s) @ v, atol=1e-12)
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    np.testing.assert_allclose(matrices.polar(x), u @ v, atol=1e-12)


def test_the_iteration_is_that_of_optax():
    *_others, of_w = [np.array(drawn()[1])[:, :15].reshape(-1, 3, 5)]
    np.testing.assert_allclose(matrices.orthogonal(of_w), KEPT["orthogonal, optax"], atol=1e-12)


def test_five_iterations_bring_all_but_the_least_singular_values_near_1():
    s = np.linspace(0.02, 1.0, 1000)
    for _step in range(5):
        s = matrices.quintic(s)
    assert s.min() > 0.65 and s.max() < 1.21


@pytest.mark.parametrize("power", [2, 4])
def test_an_inverse_root_undoes_a_symmetric_matrix(power):
    x = np.random.default_rng(2).standard_normal((4, 6))
    a = x @ x.T
    root = matrices.inverse_root(a, power, 0.01)
    np.testing.assert_allclose(np.linalg.matrix_power(root, power) @ (a + 0.01 * np.eye(4)), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(root, root.T, atol=1e-12)


def test_a_direction_without_gradient_gets_no_inverse_root():
    np.testing.assert_allclose(matrices.inverse_root(np.diag([4.0, 0.0]), 2), np.diag([0.5, 0.0]), atol=1e-15)
    assert not matrices.polar(np.zeros((2, 3))).any() and not matrices.orthogonal(np.zeros((2, 3))).any()


def test_the_basis_is_followed_to_the_eigenvectors():
    x = np.random.default_rng(3).standard_normal((5, 9))
    a = x @ x.T
    basis = np.linalg.qr(np.random.default_rng(4).standard_normal((5, 5)))[0]
    for t in range(2, 300):
        basis = matrices.eigenvectors(a, basis, 1, t)
    rotated = basis.T @ a @ basis
    np.testing.assert_allclose(rotated, np.diag(np.diag(rotated)), atol=1e-8)
    assert matrices.eigenvectors(a, basis, 10, 7) is basis
    assert not np.array_equal(matrices.eigenvectors(a, basis, 10, 11), basis)


@pytest.mark.parametrize("of", ["polar", "inverse_root", "eigenvectors", "singular_values"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_gives_nan_and_leaves_other_runs_alone(of, bad):
    x = np.stack([np.eye(2), np.full((2, 2), bad)])
    more = {"inverse_root": (4,), "eigenvectors": (np.eye(2), 1, 1)}.get(of, ())
    fine, broken = getattr(matrices, of)(x, *more)
    assert np.isfinite(fine).all() and np.isnan(broken).all()


# ---- steps


def test_muon_steps_as_pytorch():
    np.testing.assert_allclose(points(OPTIMIZERS["muon"](), 0.05), kept("muon"), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("name", "rate"), [("adafactor", 0.4), ("adafactor, optax", 0.05)])
def test_adafactor_steps_as_pytorch_and_optax(name, rate):
    np.testing.assert_allclose(points(OPTIMIZERS["adafactor"](), rate), kept(name), rtol=1e-7)


def test_muon_is_scaled_by_outputs_over_inputs():
    w, gradients = drawn()
    etas = []
    for shape in ((3, 5), (5, 3)):
        optimizer = OPTIMIZERS["muon"](beta=0.0, exact=True).on((shape, (5,)))
        etas.append(optimizer.step(optimizer.init(w), Look(w, np.zeros(()), w, gradients[0]), 1.0)[1].eta[:15])
    norms = [
        np.linalg.svd(eta.reshape(shape), compute_uv=False) for eta, shape in zip(etas, ((3, 5), (5, 3)), strict=True)
    ]
    np.testing.assert_allclose(norms, [[np.sqrt(5 / 3)] * 3, [1.0] * 3])


def root(a):
    """The square root of a symmetric positive matrix, by Denman and Beavers' iteration."""
    y, z = a, np.eye(len(a))
    for _step in range(60):
        y, z = (y + np.linalg.inv(z)) / 2, (z + np.linalg.inv(y)) / 2
    return y


def test_shampoo_steps_as_its_paper():
    """Algorithm 1: L_0 = epsilon I, L += G G^T, R += G^T G, W -= lr L^(-1/4) G R^(-1/4)."""
    w, gradients = drawn()
    w, b, v = w[:15].reshape(3, 5), w[15:], np.full(5, 1e-4)
    left, right, expected = 1e-4 * np.eye(3), 1e-4 * np.eye(5), []
    for both in gradients:
        g, h = both[:15].reshape(3, 5), both[15:]
        left, right, v = left + g @ g.T, right + g.T @ g, v + h * h
        w = w - 0.3 * np.linalg.inv(root(root(left))) @ g @ np.linalg.inv(root(root(right)))
        b = b - 0.3 * h / np.sqrt(v)
        expected.append([*w.ravel(), *b])
    np.testing.assert_allclose(points(OPTIMIZERS["shampoo"](), 0.3), expected, rtol=1e-6)


@pytest.mark.parametrize("frequency", [1, 3, 10])
def test_soap_steps_as_its_paper(frequency):
    """Algorithms 3 and 4, with the matrices and their bases brought up to date before the step."""
    w, gradients = drawn()
    # Of a square layer both matrices have all their eigenvectors.
    w, b = w[:16].reshape(4, 4), w[16:]
    left, right, m, v = (np.zeros((4, 4)) for _matrix in range(4))
    of_b, expected = [np.zeros(4), np.zeros(4)], []
    for t, both in enumerate(gradients, 1):
        g, h = both[:16].reshape(4, 4), both[16:]
        left, right = 0.95 * left + 0.05 * g @ g.T, 0.95 * right + 0.05 * g.T @ g
        if t == 1:
            p, q = np.linalg.eigh(left)[1], np.linalg.eigh(right)[1]
        elif t % frequency == 1 % frequency:
            p, q = np.linalg.qr(left @ p)[0], np.linalg.qr(right @ q)[0]
        turned = p.T @ g @ q
        m, v = 0.95 * m + 0.05 * g, 0.95 * v + 0.05 * turned**2
        corrected = 1 - 0.95**t
        w = w - 0.02 * p @ ((p.T @ m @ q / corrected) / (np.sqrt(v / corrected) + 1e-8)) @ q.T
        of_b = [0.95 * of_b[0] + 0.05 * h, 0.95 * of_b[1] + 0.05 * h**2]
        b = b - 0.02 * (of_b[0] / corrected) / (np.sqrt(of_b[1] / corrected) + 1e-8)
        expected.append([*w.ravel(), *b])
    steps = points(OPTIMIZERS["soap"](frequency=frequency), 0.02, ((4, 4), (4,)))
    np.testing.assert_allclose(steps, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_runs_side_by_side_are_each_as_alone(name):
    optimizer, (w, gradients) = OPTIMIZERS[name]().on(SHAPES), drawn()
    both, rates = np.stack([w, 2.0 * w]), np.array([[0.1], [0.02]])
    memory = optimizer.init(both)
    alone = [optimizer.init(each) for each in both]
    points = list(both)
    for g, h in zip(gradients[:5], gradients[5:], strict=False):
        memory, update = optimizer.step(memory, Look(both, np.zeros(2), both, np.stack([g, h])), rates)
        both = both - update.eta
        for i, each in enumerate((g, h)):
            look = Look(points[i], np.zeros(()), points[i], each)
            alone[i], own = optimizer.step(alone[i], look, float(rates[i, 0]))
            points[i] = points[i] - own.eta
    np.testing.assert_allclose(both, points, rtol=1e-10)
    assert Epoch(0, both, *[np.zeros(2)] * 6, memory).run(1).memory.states.keys() == alone[1].states.keys()


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_a_gradient_of_zero_moves_nothing_and_one_that_is_no_number_raises_nothing(name):
    optimizer, (w, _gradients) = OPTIMIZERS[name]().on(SHAPES), drawn()
    with np.errstate(all="ignore"):
        still = optimizer.step(optimizer.init(w), Look(w, np.zeros(()), w, np.zeros(20)), 0.1)
        assert not still[1].eta.any()
        lost = optimizer.step(still[0], Look(w, np.zeros(()), w, np.full(20, np.nan)), 0.1)[1]
    assert np.isnan(lost.eta).all()


def test_adafactor_keeps_the_means_of_rows_and_columns_alone():
    optimizer, (w, gradients) = OPTIMIZERS["adafactor"]().on(((40, 30),)), drawn()
    w = np.resize(w, 1200)
    memory = optimizer.step(optimizer.init(w), Look(w, np.zeros(()), w, np.resize(gradients[0], 1200)), 0.1)[0]
    assert sum(state.size for state in memory.states.values()) == 70


# ---- typed rules


def test_a_rule_without_lines_for_vectors_takes_them_as_matrices_of_one_column():
    optimizer = typed("w = w - lr*polar(g)")().on(SHAPES)
    w, (g, *_more) = drawn()
    eta = optimizer.step(optimizer.init(w), Look(w, np.zeros(()), w, g), 0.5)[1].eta
    np.testing.assert_allclose(eta[15:], 0.5 * g[15:] / np.linalg.norm(g[15:]))


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_known_rules_can_be_gone_on_from(name):
    entry = typed(template(name))
    assert template(entry.name) == template(name), "and are written as they were"
    np.testing.assert_array_equal(points(entry(), 0.1), points(OPTIMIZERS[name](), 0.1))


def test_a_name_of_its_own_hides_a_function_of_matrices():
    rule = typed("rms = 0.9*rms + 0.1*g**2; w = w - lr*g/sqrt(rms + 1e-8)")().rule
    assert rule.states == ("rms",) and not rule.needs_matrices and can_run(rule)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("w = w - lr*orthogonal()", Reason.WRONG_ARGUMENTS),
        ("w = w - lr*orthogonal(g, 5, 5)", Reason.WRONG_ARGUMENTS),
        ("w = w - lr*matmul(g)", Reason.WRONG_ARGUMENTS),
        ("g = gradient(w - lr*m); m = 0.9*m + orthogonal(g); w = w - lr*m", Reason.AHEAD),
        ("vectors:; w = w - lr*g", Reason.EMPTY),
        ("w = w - lr*g; vectors:", Reason.EMPTY),
        ("w = w - lr*g; vectors:; w = w - lr*g; vectors:; w = w - lr*g", Reason.LINE),
        ("w = w - lr*g; vectors:; w = w - lr*q", Reason.UNKNOWN_NAME),
    ],
)
def test_what_is_wrong_is_refused(text, reason):
    with pytest.raises(FormulaError) as refused:
        typed(text)
    assert refused.value.reason is reason


def test_what_is_wrong_below_vectors_is_pointed_at_there():
    text = "w = w - lr*orthogonal(g)\n  vectors：\nw = w - lr*q"
    with pytest.raises(FormulaError) as refused:
        typed(text)
    assert text[refused.value.place :] == "q"


# ---- nets


@cache
def trained(name, rate):
    training = Training(Settings(methods=(Method(Trainer(Choice(name), rate)),)))
    while training.running:
        training._train_epoch()
    return training.nets[0].shown.epoch


RATES = {"muon": 0.03, "shampoo": 0.1, "soap": 0.03, "adafactor": 0.03}


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_each_trains_the_classifier_to_a_high_accuracy_and_below_the_loss_of_sgd(name):
    assert trained(name, RATES[name]).accuracy >= 0.95
    assert trained(name, RATES[name]).loss < 0.9 * trained("sgd", 0.01).loss
    assert trained(name, Settings().methods[0].trainer.learning_rate).accuracy >= 0.93, "at the page's own rate too"


def test_a_training_goes_on_from_an_epoch():
    data = DATASETS["dot"]()
    network = Settings().sizes
    classifier = Classifier(Training(Settings(epochs=10)).nets[0].classifier.network, LOSSES["mse"], data, 32)
    start = classifier.network.init(0)
    run = train(classifier, OPTIMIZERS["soap"](), lambda t: 0.02, start)
    epochs = [next(run) for _epoch in range(6)]
    again = train(classifier, OPTIMIZERS["soap"](), lambda t: 0.02, epochs[3])
    later = [next(again) for _epoch in range(3)]
    np.testing.assert_array_equal(later[2].w, epochs[5].w)
    assert network[0] == 2


def test_lists_of_races_have_none_and_those_of_nets_have_all():
    assert not {*OPTIMIZERS} & {*MATRIX_OPTIMIZERS} and {*MATRIX_OPTIMIZERS} < {*TRAINERS}
    assert (
        {*KNOWN} - {*TRAINERS}
        == {name for name, entry in KNOWN.items() if entry().needs_hessian}
        == {"newton", "sophia"}
    )
    assert all(isinstance(OPTIMIZERS[name](), MatrixOptimizer) for name in MATRIX_OPTIMIZERS)
    assert not any(can_run(OPTIMIZERS[name]().rule) for name in MATRIX_OPTIMIZERS)


@pytest.mark.parametrize(("lang", "word"), [("en", "has no matrix"), ("zh", "没有矩阵")])
@pytest.mark.parametrize("run", ["muon", "soap,lr=0.1", "own:w=w-lr*orthogonal(g)", "own:w=w-lr*g;vectors:;w=w-lr*g"])
def test_a_race_refuses_them_with_a_sentence(run, lang, word):
    app = opened("surfaces", lang, run=[run])
    assert any(word in each.value for each in app.warning)


@pytest.mark.parametrize(("lang", "word"), [("en", "has no matrix"), ("zh", "没有矩阵")])
@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("regression", {"optimizer": "muon"}),
        ("schedules", {"optimizer": "adafactor"}),
        ("surfaces", {"fork": "3", "fork.optimizer": "soap"}),
    ],
)
def test_where_a_point_descends_a_link_to_one_of_them_is_told_why_not(page, link, lang, word):
    (warning,) = opened(page, lang, **link).warning
    assert word in warning.value and ".." not in warning.value and "。。" not in warning.value


@pytest.mark.parametrize(("lang", "word"), [("en", "too large for its Hessian"), ("zh", "求不出黑塞矩阵")])
@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("classifier", {"optimizer": "newton"}),
        ("classifier", {"optimizer": "own", "rule": "w=w-lr*newton(0.1)"}),
        ("practice", {"also": "sophia", "epochs": "2"}),
        ("penalties", {"optimizer": "newton", "units": "2"}),
        ("digits", {"optimizer": "sophia", "epochs": "1"}),
        ("table", {"optimizer": "newton", "epochs": "1"}),
    ],
)
def test_where_a_net_trains_a_link_to_one_that_needs_a_hessian_is_told_why_not(page, link, lang, word):
    (warning,) = opened(page, lang, **link).warning
    assert word in warning.value and ".." not in warning.value and "。。" not in warning.value


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_the_classifiers_page_with_each(name, lang):
    app = sound(opened("classifier", lang, folds=("inside", "keras", "formulas"), epochs="10", optimizer=name))
    assert len(app.info) == 1, "that there is no program"
    shown = training_of(app).nets[0].spectra(training_of(app).nets[0].shown.epoch)
    assert [len(each.step) for each in shown] == [2, 1]


def training_of(app):
    return app.session_state["classifier-training"]


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
@pytest.mark.parametrize("page", ["practice", "penalties", "digits", "table"])
def test_other_pages_that_train_nets(page, name):
    extra = {"practice": {"also": name, "epochs": "2"}, "penalties": {"units": "2"}}.get(page, {"epochs": "1"})
    app = opened(page, folds=("tensorflow",), optimizer=name, **extra)
    assert not app.exception and not app.error and said(app)


def test_what_muon_makes_of_a_gradient_is_told_in_singular_values():
    training = Training(
        replace(Settings(epochs=10), methods=(Method(Trainer(Choice("muon", (("exact", True),)), 0.03)),))
    )
    while training.running:
        training._train_epoch()
    first, second = training.nets[0].spectra(training.nets[0].shown.epoch)
    np.testing.assert_allclose(first.step, np.sqrt(11 / 2))
    np.testing.assert_allclose(second.step, 1.0)
    assert first.gradient[0] > 1.5 * first.gradient[1]
