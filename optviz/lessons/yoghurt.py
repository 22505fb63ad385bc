"""The yoghurt seller's page: a linear model fitted under three losses, of which two have a price for each side."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import yoghurt as pictures
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.comparisons import alike
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits, share
from optviz.lessons.tables import table as html
from optviz.locale.spoken import _, joined, language
from optviz.models.yoghurt import COURSE_SEED, NOISE, SAMPLES, Sales, fit, overproduction, sales
from optviz.networks.losses import LOSSES, Loss, asymmetric
from optviz.optimization.descent import Path
from optviz.recipes import Range

PRICE = Range(0.0, 1000.0, "c")
PRICES = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 99.0, 200.0)
EPOCHS = Range(100, 10_000, "n")
SEEDS = Range(0.0, 99_999.0, "s")
FEW_SEEDS = (*range(10), COURSE_SEED)
ROWS = 150
"""About so many epochs are sent of a longer training."""
REACH = 0.5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the three fits depend on."""

    cost: float = 1.0
    profit: float = 99.0
    learning_rate: float = 0.01
    epochs: int = 3000
    seed: int = COURSE_SEED
    start: tuple[float, float] = (-0.8113, 1.4846)

    @property
    def losses(self) -> tuple[Loss, Loss, Loss]:
        """The squared error, the seller's loss, and that with the prices exchanged."""
        return LOSSES["mse"], asymmetric(self.cost, self.profit), asymmetric(self.profit, self.cost)

    @property
    def stride(self) -> int:
        """How many epochs lie between two that are shown: it divides their number, so that the last one is shown."""
        return next(n for n in range(-(-self.epochs // ROWS), self.epochs + 1) if self.epochs % n == 0)

    @classmethod
    def of(
        cls, cost: float, profit: float, rate: float, epochs: int, seed: float, start: tuple[float, float]
    ) -> "Settings":
        """Take what the controls say, with the epochs in hundreds and the seed whole."""
        hundreds = max(round(epochs, -2), 100)
        return cls(cost=cost, profit=profit, learning_rate=rate, epochs=hundreds, seed=int(seed), start=start)


def names_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of the three losses in the visitor's language."""
    both = _("cost {cost}, profit {profit}")
    cost, profit = f"{settings.cost:g}", f"{settings.profit:g}"
    return "MSE", both.format(cost=cost, profit=profit), both.format(cost=profit, profit=cost)


def ratios_of(settings: Settings) -> tuple[str, ...]:
    """Return shorter names: the price of a bottle too many to that of a missing one."""
    cost, profit = f"{settings.cost:g}", f"{settings.profit:g}"
    return "MSE", f"{cost} : {profit}", f"{profit} : {cost}"


@lru_cache(maxsize=32)
def sales_of(seed: int) -> Sales:
    """Return the days of a seed."""
    return sales(seed)


@lru_cache(maxsize=32)
def path_of(settings: Settings) -> Path:
    """Fit the model under the three losses. The same settings give the same numbers, computed once for a class."""
    days = sales_of(settings.seed)
    return fit(days, settings.losses, settings.learning_rate, settings.epochs, settings.start)


@lru_cache(maxsize=32)
def arrays_of(settings: Settings) -> dict[str, Thinned]:
    """Return the numbers of the epochs that are shown, as the panels follow them."""
    days, stride = sales_of(settings.seed), settings.stride
    w = path_of(settings).w[::stride]
    with np.errstate(invalid="ignore", over="ignore"):
        over = overproduction(days, w)
        mean = np.stack(np.broadcast_arrays(np.arange(3.0), over.mean(axis=-1)), axis=-1)
        arrays = {"w": w, "mean": mean} | {f"over{i}": over[:, i] for i in range(3)}
        moving = {name: Thinned(numbers.astype(np.float32), stride) for name, numbers in arrays.items()}
    error = np.linspace(-REACH, REACH, 201)
    still = {"start": np.array(settings.start), "error": error}
    still |= {f"price{i}": loss.value(error, np.zeros_like(error)) for i, loss in enumerate(settings.losses)}
    return moving | {name: Thinned(row[None], stride) for name, row in still.items()}


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels: the weights in their plane and over the epochs; the days' bottles; the price of an error."""
    top = max(settings.cost, settings.profit, 1.0) * REACH * 1.05
    return _panels(names_of(settings), ratios_of(settings), top, language())


@lru_cache(maxsize=64)
def _panels(names: tuple[str, ...], ratios: tuple[str, ...], top: float, spoken: str) -> tuple[Panel, ...]:
    drawn = (
        (_("Weights"), pictures.plane(ratios, {"true": _("true weights"), "start": _("Start")}), "weights", True),
        (_("Weights over the epochs"), pictures.weights(names, _("Weight"), _("Epoch")), "weights", False),
        (
            _("Surplus bottles, day by day"),
            pictures.strips(ratios, SAMPLES, _("made − sold"), (-0.35, 0.35), _("mean")),
            "days",
            False,
        ),
        (
            _("Cost of a day"),
            pictures.prices(ratios, (_("Surplus bottles: made − sold"), _("Loss")), REACH, top),
            "prices",
            False,
        ),
    )
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell, pick) for title, figure, cell, pick in drawn)


def final_of(settings: Settings) -> Array:
    """Return the last weights, `(3, 2)`."""
    w: Array = path_of(settings).w[-1]
    return w


def mean_over(settings: Settings) -> Array:
    """Return the bottles too many under each loss in the mean of all days, `(3,)`: below zero they are missing."""
    mean: Array = overproduction(sales_of(settings.seed), final_of(settings)).mean(axis=-1)
    return mean


def limit_of(settings: Settings) -> float:
    """Return the largest stable learning rate of the squared error, 2 / lambda_max of its Hessian 2 X^T X / n."""
    x = sales_of(settings.seed).x
    return float(2.0 / np.linalg.eigvalsh(2.0 * x.T @ x / len(x)).max())


def say(settings: Settings) -> str:
    """Say where the weights went, and how much too much is made."""
    w, names = final_of(settings), names_of(settings)
    over = mean_over(settings) / sales_of(settings.seed).y.mean()
    if settings.learning_rate > limit_of(settings):
        return _("MSE diverges: its learning rate {rate} is above 2/λ = {limit}.").format(
            rate=digits(settings.learning_rate), limit=digits(limit_of(settings))
        )
    near = (
        _("MSE leads to w = ({a}, {b}), near the true (1, 1).")
        if np.abs(w[0] - 1.0).max() < 0.1
        else _("MSE has reached w = ({a}, {b}) and is still on its way to (1, 1).")
    )
    return joined(
        near.format(a=f"{w[0, 0]:.3f}", b=f"{w[0, 1]:.3f}"),
        *(_leaning(names[i], over[i]) for i in (1, 2) if names[i] not in names[:i]),
        _why(settings),
    )


def _leaning(name: str, over: float) -> str:
    text = (
        _("With {name}, the seller makes {part} too many bottles on average.")
        if over > 0
        else _("With {name}, the seller makes {part} too few bottles on average.")
    )
    return text.format(name=name, part=share(abs(over)))


def _why(settings: Settings) -> str:
    cost, profit = settings.cost, settings.profit
    if alike(cost, profit):
        return _("Both sides cost the same, so neither is favored.")
    dear, cheap = max(cost, profit), min(cost, profit)
    if not cheap:
        return _("The side that costs nothing is not avoided at all.")
    text = (
        _("A missing bottle costs {times} times as much as a surplus one: better too many.")
        if profit > cost
        else _("A surplus bottle costs {times} times as much as a missing one: better too few.")
    )
    return text.format(times=digits(dear / cheap))


def table(settings: Settings) -> str:
    """Return the fits with their weights, mean over-production and days of want, as HTML."""
    days, w = sales_of(settings.seed), final_of(settings)
    over = overproduction(days, w)
    heads = (_("Loss"), "w₁", "w₂", _("Mean over-production"), _("Days with too few"), _("Loss at the end"))
    losses = path_of(settings).loss[-1]
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(name)}',
            three(w[i, 0]),
            three(w[i, 1]),
            digits(over[i].mean()),
            share(float((over[i] < 0).mean())),
            digits(losses[i]),
        )
        for i, (series, name) in enumerate(zip(SERIES, names_of(settings), strict=False))
    ]
    return html([escape(head) for head in heads], rows)


def three(value: float) -> str:
    """Write a weight with three digits after the point, as the sentence does; one that ran away with its power."""
    return f"{value:.3f}" if abs(value) < 1e4 else digits(value)


def tex(settings: Settings) -> str:
    """Return the model and the seller's loss in LaTeX with the numbers of the moment."""
    (a, b), loss = final_of(settings)[1], path_of(settings).loss[-1, 1]
    second = f"{b:.3f}" if b >= 0 else f"({b:.3f})"
    return (
        rf"\begin{{aligned}} \hat y &= w_1 x_1 + w_2 x_2 = {a:.3f}\,x_1 + {second}\,x_2 \\"
        rf" L &= \frac{{1}}{{{SAMPLES}}} \sum_i \begin{{cases}} {settings.cost:g}\,(\hat y_i - y_i) & \hat y_i > y_i \\"
        rf" {settings.profit:g}\,(y_i - \hat y_i) & \hat y_i \le y_i \end{{cases}} = {loss:.4g} \end{{aligned}}"
    )


def program(settings: Settings) -> str:
    """Return a program that fits the same weights with the seller's loss in TensorFlow."""
    return printed("yoghurt", settings=settings, samples=SAMPLES, noise=NOISE)
