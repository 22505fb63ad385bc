"""The page of squared and absolute error: from targets and predictions to panels, sentence, formula and program."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from optviz import typed_numbers
from optviz.arrays import Array
from optviz.figures import losses as pictures
from optviz.figures.losses import LADDER, SHAPE, Scale, rung
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.comparisons import most
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits
from optviz.locale.spoken import _, joined, language
from optviz.networks.losses import LOSSES, Loss, best_constant, huber
from optviz.typed_numbers import Field

MOST = 12
VALUES = Field(most=MOST, low=-1000.0, high=1000.0)
TOPS = tuple(f"{step:g}" for step in LADDER if 1 <= step <= 1000)
NAMES = ("MSE", "MAE", "Huber")
ARRAYS = ("mse", "mae", "huber")
CURVE = 201


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Targets and predictions, as many of the one as of the other; Huber's delta; how far the picture goes at least."""

    true: tuple[float, ...]
    pred: tuple[float, ...]
    delta: float
    top: float

    @classmethod
    def of(cls, true: Array, pred: Array, delta: float, top: float) -> "Settings":
        """Take the numbers that have a partner."""
        n = min(len(true), len(pred))
        return cls(true=tuple(true[:n].tolist()), pred=tuple(pred[:n].tolist()), delta=delta, top=top)

    @property
    def losses(self) -> tuple[Loss, Loss, Loss]:
        """The squared, the absolute and Huber's error."""
        return LOSSES["mse"], LOSSES["mae"], huber(delta=self.delta)

    @property
    def scale(self) -> Scale:
        """The range of the picture."""
        return Scale.of(np.array([*self.true, *self.pred]), self.top)

    @property
    def positions(self) -> Array:
        """Where the points stand, in units of y."""
        return positions_of(len(self.true), self.scale)


def positions_of(n: int, scale: Scale) -> Array:
    """Return where n points stand side by side, in units of y."""
    return (np.arange(n) + 0.5) * SHAPE * (scale.high - scale.low) / n


def errors_of(settings: Settings) -> tuple[Array, Array, Array]:
    """Return each point's squared, absolute and Huber error, `(n,)` each."""
    true, pred = np.array(settings.true), np.array(settings.pred)
    squared, absolute, robust = (loss.value(pred, true) for loss in settings.losses)
    return squared, absolute, robust


def pulls_of(settings: Settings) -> tuple[Array, Array, Array]:
    """Return how hard each point pulls at its prediction: the size of each loss's derivative, `(n,)` each."""
    true, pred = np.array(settings.true), np.array(settings.pred)
    squared, absolute, robust = (np.abs(loss.derivative(pred, true)) for loss in settings.losses)
    return squared, absolute, robust


@lru_cache(maxsize=256)
def constants_of(settings: Settings) -> tuple[float, float, float]:
    """Return the constant with the least MSE, MAE and Huber loss: the mean, the median, and one between them."""
    squared, absolute, robust = (best_constant(loss, np.array(settings.true)) for loss in settings.losses)
    return squared, absolute, robust


def share_of(errors: Array) -> Array:
    """Return each point's share in the sum of the errors; all 0 where there is no error."""
    total = errors.sum()
    return errors / total if total else np.zeros_like(errors)


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the numbers that the panels follow, one row each."""
    true, pred, x = np.array(settings.true), np.array(settings.pred), settings.positions
    (low, high, _top), gap = settings.scale, np.full(len(true), np.nan)
    width = SHAPE * (high - low)
    # A square lies on the side where there is room.
    far = x + np.where(x < width / 2, 1.0, -1.0) * np.abs(pred - true)
    mean, median, robust = constants_of(settings)
    c = np.linspace(low, high, CURVE)
    rows = {
        "x": x,
        "true": true,
        "pred": pred,
        "sticks_x": np.stack([x, x, gap], 1),
        "sticks_y": np.stack([true, pred, gap], 1),
        "squares_x": np.stack([x, far, far, x, x, gap], 1),
        "squares_y": np.stack([true, true, pred, pred, true, gap], 1),
        "width": np.array([0.0, width]),
        "mean": np.array([mean, mean]),
        "median": np.array([median, median]),
        "mean_at": np.array([width, mean]),
        "median_at": np.array([width, median]),
        "c": c,
    }
    for name, loss, errors, pulls, best in zip(
        ARRAYS, settings.losses, errors_of(settings), pulls_of(settings), (mean, median, robust), strict=True
    ):
        rows[f"{name}_share"] = share_of(errors)
        rows[f"{name}_pull"] = share_of(pulls)
        rows[name] = _of_constant(loss, true, c)
        rows[f"{name}_best"] = np.array([best, _of_constant(loss, true, np.array([best]))[0]])
    return {name: row.reshape(1, -1) for name, row in rows.items()}


def _of_constant(loss: Loss, true: Array, c: Array) -> Array:
    mean: Array = loss.value(c[:, None], true).mean(axis=1)
    return mean


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the points, which can be dragged; each point's shares; the losses of a constant."""
    true = np.array(settings.true)
    least = [
        _of_constant(loss, true, np.array([best]))[0]
        for loss, best in zip(settings.losses, constants_of(settings), strict=True)
    ]
    return _panels(len(settings.true), settings.scale, rung(3 * max(least), settings.scale.top / 2), language())


@lru_cache(maxsize=64)
def _panels(n: int, scale: Scale, cap: float, spoken: str) -> tuple[Panel, ...]:
    words = {
        "target": _("target"),
        "prediction": _("prediction"),
        "error": _("error and its square"),
        "mean": _("mean"),
        "median": _("median"),
        "number": _("Point"),
    }
    drawn = (
        (
            _("Targets and predictions: drag them"),
            pictures.predictions(positions_of(n, scale), scale, words),
            "points",
            True,
        ),
        (
            _("Share of the loss"),
            pictures.shares(NAMES, [f"{name}_share" for name in ARRAYS], n, words),
            "shares",
            False,
        ),
        (
            _("Loss of a constant"),
            pictures.curves(
                NAMES,
                "c",
                ARRAYS,
                [("mse_best", _("mean")), ("mae_best", _("median")), ("huber_best", "")],
                ((scale.low, scale.high), (0.0, cap)),
                (_("Constant prediction c"), _("Loss")),
            ),
            "constant",
            False,
        ),
        (
            _("Share of the pull"),
            pictures.shares(NAMES, [f"{name}_pull" for name in ARRAYS], n, words),
            "shares",
            False,
        ),
    )
    first = drawn[1][0]
    return tuple(
        Panel(figure.to_json(), tracks_of(figure), title, cell, "drag" if drags else False, quiet=title == first)
        for title, figure, cell, drags in drawn
    )


def say(settings: Settings) -> str:
    """Say what the losses are, which point they hear most, and which constant would be best."""
    errors = errors_of(settings)
    mse, mae, robust = (digits(each.mean()) for each in errors)
    first = _("MSE = {mse}, MAE = {mae}, Huber = {huber}.").format(mse=mse, mae=mae, huber=robust)
    if not errors[0].any():
        return joined(first, _("Every prediction equals its target."))
    worst = int(errors[0].argmax())
    if len(most(errors[0].tolist())) > 1:
        return joined(first, _("No single point dominates."), _say_constants(settings))
    if len(settings.true) == 1:
        return first
    of_squares, of_distances = (100 * share_of(each)[worst] for each in errors[:2])
    text = _(
        "Point {point} alone accounts for {squares:.0f}% of the MSE, but {distances:.0f}% of the MAE; "
        "its share of the pull is {mse:.0f}% with MSE, {mae:.0f}% with MAE, {huber:.0f}% with Huber."
    )
    pulls = {name: 100 * share_of(each)[worst] for name, each in zip(ARRAYS, pulls_of(settings), strict=True)}
    said = text.format(point=worst + 1, squares=of_squares, distances=of_distances, **pulls)
    return joined(first, said, _say_constants(settings))


def _say_constants(settings: Settings) -> str:
    mean, median, robust = constants_of(settings)
    return _("Best constant: mean {mean} for MSE, median {median} for MAE, {huber} for Huber.").format(
        mean=digits(mean), median=digits(median), huber=digits(robust)
    )


def tex(settings: Settings) -> str:
    """Return the losses in LaTeX with the numbers in them; of many points the first and the last."""
    n, delta = len(settings.true), settings.delta
    pairs = list(zip(settings.pred, settings.true, strict=True))
    squared, absolute, robust = errors_of(settings)
    differences = [f"{_plain(p)} {'-' if t >= 0 else '+'} {_plain(abs(t))}" for p, t in pairs]
    rows = (
        ("MSE", [f"({d})^2" for d in differences], squared),
        ("MAE", [f"|{d}|" for d in differences], absolute),
        (
            rf"Huber_{{\delta = {delta:g}}}",
            [_huber_term(d, p - t, delta) for d, (p, t) in zip(differences, pairs, strict=True)],
            robust,
        ),
    )
    return (
        r"\begin{aligned}"
        + r" \\[10pt] ".join(
            rf"\mathrm{{{name}}} &= \frac{{{_sum(terms)}}}{{{n}}} = {digits(errors.mean())}"
            for name, terms, errors in rows
        )
        + r"\end{aligned}"
    )


def _huber_term(difference: str, error: float, delta: float) -> str:
    inside = abs(error) <= delta
    return rf"\frac12({difference})^2" if inside else rf"{delta:g}\,(|{difference}| - {delta / 2:g})"


def _sum(terms: list[str]) -> str:
    return " + ".join(terms if len(terms) <= 2 else [terms[0], r"\cdots", terms[-1]])


def _plain(value: float) -> str:
    return f"{value:.4g}"


def program(settings: Settings) -> str:
    """Return a program that computes the three losses in TensorFlow."""
    return printed("losses", settings=settings)


def dragged(settings: Settings, values: tuple[float, ...], point: tuple[float, float]) -> str:
    """Return values as text with the one nearest to a point in x moved to its y, in steps of the picture."""
    moved = np.array(values)
    moved[np.abs(settings.positions - point[0]).argmin()] = settings.scale.snap(point[1])
    return typed_numbers.write(moved)


def top_of(scale: Scale) -> str:
    """Return the entry of `TOPS` that keeps a picture as it is while values in it are dragged."""
    return next((top for top in TOPS if float(top) >= scale.top), TOPS[-1])
