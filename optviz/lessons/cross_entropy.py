"""The page of cross-entropy on probabilities: which prediction is nearer to the target?"""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz import typed_numbers
from optviz.arrays import Array
from optviz.figures import cross_entropy as pictures
from optviz.figures.losses import places
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.comparisons import least
from optviz.lessons.programs import printed
from optviz.lessons.tables import table as html
from optviz.locale.spoken import _, joined, language
from optviz.networks.losses import EPSILON, clipped_crossentropy, crossentropy
from optviz.typed_numbers import Field

TARGET = Field(fewest=2, most=6, low=0.0, high=1.0)
PREDICTIONS = Field(fewest=2, most=6, low=0.0, high=1.0, table=True, most_rows=4)
NAMES = "ABCD"
TOP = 5.0
CLOSE = 1e-6


@dataclass(frozen=True)
class Settings:
    """A target over the classes, and predictions, a row each, over the same classes."""

    target: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, target: Array, rows: Array) -> "Settings":
        """Take the classes that both have."""
        n = min(len(target), rows.shape[1])
        return cls(tuple(target[:n].tolist()), tuple(tuple(row[:n].tolist()) for row in rows))

    @property
    def y(self) -> Array:
        """The target, `(classes,)`."""
        return np.array(self.target)

    @property
    def p(self) -> Array:
        """The predictions, `(rows, classes)`."""
        return np.array(self.rows)

    @property
    def names(self) -> str:
        """The predictions' names."""
        return NAMES[: len(self.rows)]


def losses_of(settings: Settings) -> Array:
    """Return each prediction's cross-entropy, `(rows,)`, by its definition."""
    return crossentropy(settings.p, settings.y)


def keras_of(settings: Settings) -> Array:
    """Return each prediction's cross-entropy, `(rows,)`, as Keras computes it."""
    return clipped_crossentropy(settings.p, settings.y)


def arrays_of(settings: Settings) -> dict[str, Array]:
    """Return the numbers that the panels follow, one row each."""
    y, right = settings.y, int(settings.y.argmax())
    p = np.linspace(0.002, 1.0, 300)
    rows = {"right_x": np.arange(1.0, len(y) + 1.0), "right_y": y, "p": p, "log": -np.log(p)}
    for i, row in enumerate(settings.p):
        rows[f"row{i}"] = row
        with np.errstate(divide="ignore"):
            rows[f"at{i}"] = np.array([row[right], 0.0 - np.log(row[right])])
    return {name: row[None] for name, row in rows.items()}


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return two panels: the probabilities, which can be dragged, and -ln p with a point for each prediction."""
    return _panels(len(settings.target), settings.names, int(settings.y.argmax()) + 1, language())


@lru_cache(maxsize=64)
def _panels(classes: int, names: str, right: int, spoken: str) -> tuple[Panel, ...]:
    arrays = [f"row{i}" for i in range(len(names))]
    of_bars = pictures.groups(names, arrays, classes, (_("Class"), _("Probability")), (0.0, 1.05), target=_("target"))
    of_log = pictures.logarithm(names, (_("Probability p of class {k}").format(k=right), "−ln p"), TOP)
    return (
        Panel(of_bars.to_json(), tracks_of(of_bars), _("Probabilities: drag the bars"), "bars", "drag"),
        Panel(of_log.to_json(), tracks_of(of_log), _("Loss of the right class"), "log"),
    )


def say(settings: Settings) -> str:
    """Say each prediction's cross-entropy, and which one is the nearest to the target."""
    losses = losses_of(settings)
    listed = _(", ").join(
        _("{name} {loss}").format(name=name, loss=written(loss))
        for name, loss in zip(settings.names, losses, strict=True)
    )
    first = _("Cross-entropy: {losses}.").format(losses=listed)
    if len(losses) == 1:
        return first
    best, target = int(losses.argmin()), f"({typed_numbers.write(settings.y)})"
    if len(least(losses.tolist(), written)) > 1:
        text = _("The nearest predictions are equally near to the target {target}.")
    elif len(losses) == 2:
        text = _("{name} is nearer to the target {target}.")
    else:
        text = _("{name} is nearest to the target {target}.")
    return joined(first, text.format(name=settings.names[best], target=target))


def remarks(settings: Settings) -> list[str]:
    """Say where Keras computes something else than the definition, and why."""
    found, keras = [], keras_of(settings)
    if abs(settings.y.sum() - 1.0) > CLOSE:
        found.append(
            _("The target sums to {total}, not to 1: it is used unchanged, as in Keras.").format(
                total=f"{settings.y.sum():.6g}"
            )
        )
    for name, row, value in zip(settings.names, settings.p, keras, strict=True):
        total = row.sum()
        if not total:
            found.append(
                _("{name} gives no class any probability: Keras divides by the sum, 0, and gets nan.").format(name=name)
            )
            continue
        if abs(total - 1.0) > CLOSE:
            found.append(
                _("{name} sums to {total}, not to 1: Keras divides by the sum first and gets {loss}.").format(
                    name=name, total=f"{total:.6g}", loss=written(value)
                )
            )
        if ((row / total < EPSILON) & (settings.y > 0)).any():
            found.append(
                _(
                    "{name} gives a class of the target less than 10⁻⁷: Keras raises that to 10⁻⁷, so −ln 0 = ∞ "
                    "becomes {loss}."
                ).format(name=name, loss=written(value))
            )
    return found


def written(value: float) -> str:
    """Write a loss with the seven digits that the course prints."""
    return "nan" if np.isnan(value) else "∞" if np.isinf(value) else f"{value + 0.0:.7g}"


def table(settings: Settings) -> str:
    """Return the predictions with their losses, by definition and by Keras, as HTML."""
    heads = (_("Prediction"), _("Probabilities"), _("Cross-entropy"), _("Keras (clipped at 10⁻⁷)"))
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {name}',
            escape(typed_numbers.write(row)),
            written(loss),
            written(keras),
        )
        for series, name, row, loss, keras in zip(
            SERIES, settings.names, settings.p, losses_of(settings), keras_of(settings), strict=False
        )
    ]
    return html([escape(head) for head in heads], rows)


def tex(settings: Settings) -> str:
    """Return the cross-entropy of each prediction in LaTeX with the numbers in it."""
    lines = []
    for name, row, loss in zip(settings.names, settings.p, losses_of(settings), strict=True):
        terms = " + ".join(rf"{y:g} \ln {q:g}" for y, q in zip(settings.y, row, strict=True) if y or len(row) == 2)
        value = r"\infty" if np.isinf(loss) else written(loss)
        lines.append(rf"H(y, {name}) &= -({terms or '0'}) = {value}")
    return r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}"


def note(settings: Settings) -> str:
    """Say what two classes have of their own."""
    if len(settings.target) != 2:
        return ""
    return _("With two classes this is the binary cross-entropy, $-(y \\ln p + (1 - y) \\ln (1 - p))$.")


def program(settings: Settings) -> str:
    """Return a program that computes the losses with TensorFlow."""
    target = [list(settings.target)] * len(settings.rows)
    return printed("cross_entropy", target=target, predicted=[list(row) for row in settings.rows])


def dragged(settings: Settings, point: tuple[float, float]) -> str:
    """Return the predictions as text, the nearest bar drawn to a height and its row sharing what is left."""
    n, classes = settings.p.shape
    row, k = np.unravel_index(np.abs(places(np.arange(1.0, classes + 1.0), n) - point[0]).argmin(), (n, classes))
    moved = settings.p
    moved[row] = shared(moved[row], int(k), round(min(max(point[1], 0.0), 1.0), 2))
    return typed_numbers.write(moved)


def shared(p: Array, k: int, value: float) -> Array:
    """Return probabilities to four digits with `p_k = value`, the others in proportion, so that all sum to 1."""
    others = np.delete(p, k)
    shares = others / others.sum() if others.sum() else np.full(len(others), 1.0 / len(others))
    rest = (shares * (1.0 - value)).round(4)
    rest[shares.argmax()] += 1.0 - value - rest.sum()
    return np.insert(rest, k, value).round(4)
