"""The regression page: from its settings to the panels, the sentences, the tables and the program."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from optviz.arrays import Array
from optviz.figures import races
from optviz.figures import regression as pictures
from optviz.figures.panels import Panel, Thinned, tracks_of
from optviz.figures.relief import paintings, relief
from optviz.figures.style import Runner, looks_of
from optviz.lessons.optimizer_code import optimizer_code, rate_code
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits, tex
from optviz.lessons.tables import table as html
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.regression import REACH, LeastSquares, monomials, sample
from optviz.optimization.descent import Path, descend, record
from optviz.optimization.optimizers import LAST, ONE, OPTIMIZERS
from optviz.optimization.two_moments import belongs
from optviz.recipes import Choice
from optviz.surfaces.landscape import Box

MOST_DEGREE = 6
ROWS = 200
"""Of a longer descent about so many rows are sent."""

GRID = np.linspace(-REACH, REACH, 121)
TERMS = 3
"""So many terms of a fitted polynomial stand on a line, for phones are narrow."""

ARRIVED = 1e-3
"""A fit has arrived when so much of the loss that could be lost is left."""

MEASURES = {"mean": N_("Mean of the squares"), "half": N_("Half the mean"), "sum": N_("Sum of the squares")}
"""What is minimized: the course takes the mean."""

_FORMULAS = {"mean": r"\frac{1}{N}", "half": r"\frac{1}{2N}", "sum": ""}
_CALLS = {"mean": "tf.reduce_mean({})", "half": "tf.reduce_mean({}) / 2", "sum": "tf.reduce_sum({})"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a fit depends on: the points, the model and its descent."""

    degree: int
    truth: tuple[float, ...]
    points: int
    noise: float
    seed: int
    measure: str
    optimizer: Choice
    learning_rate: float
    updates: int
    start: tuple[float, ...]

    @property
    def plain(self) -> bool:
        """Whether it is plain descent, of which more can be said: `w - lr * g`, without moments."""
        optimizer = self.optimizer.of(OPTIMIZERS)
        return belongs(optimizer) and (optimizer.first, optimizer.second) == (LAST, ONE)


def objective_of(settings: Settings, measure: str = "") -> LeastSquares:
    """Return what is minimized, or what another measure of the same points would be."""
    x, y = sample(settings.truth, settings.points, settings.noise, settings.seed)
    factor = {"mean": 1.0, "half": 0.5, "sum": float(settings.points)}[measure or settings.measure]
    return LeastSquares(monomials(x, settings.degree), y, factor)


def least_of(settings: Settings) -> float:
    """Return the least possible loss; 0 where only rounding is left of it."""
    objective = objective_of(settings)
    least = float(objective(objective.solution())[0])
    return least if least > 1e-20 * float(objective(np.zeros(settings.degree + 1))[0]) else 0.0


def _filled(numbers: tuple[float, ...], degree: int) -> Array:
    filled = np.zeros(degree + 1)
    given = numbers[: degree + 1]
    filled[: len(given)] = given
    return filled


@lru_cache(maxsize=128)
def path_of(settings: Settings) -> Path:
    """Descend. The same settings give the same numbers, so that a class that looks at one link computes them once."""
    optimizer = settings.optimizer.of(OPTIMIZERS)
    start = _filled(settings.start, settings.degree)
    steps = descend(objective_of(settings), optimizer, lambda t: settings.learning_rate, start)
    return record(steps, settings.updates)


def stride_of(updates: int) -> int:
    """Return the updates from one row that is sent to the next."""
    return 1 if updates <= ROWS else -(-updates // ROWS)


@lru_cache(maxsize=128)
def arrays_of(settings: Settings) -> dict[str, Thinned]:
    """Return the numbers as the panels follow them."""
    path, stride = path_of(settings), stride_of(settings.updates)
    x, y = sample(settings.truth, settings.points, settings.noise, settings.seed)
    rows, still = slice(None, None, stride), settings.updates + 1
    with np.errstate(over="ignore", invalid="ignore"):
        fitted = path.w[rows] @ monomials(GRID, settings.degree).T
        loss = np.maximum(path.loss[rows], 1e-300)
    # What is next to nothing, as without noise, has no place on a log axis.
    least = np.full_like(loss, least_of(settings) or np.nan)
    true = monomials(GRID, len(settings.truth) - 1) @ np.array(settings.truth)
    arrays = {
        "x": Thinned(x[None], still),
        "y": Thinned(y[None], still),
        "true": Thinned(true[None], still),
        "fitted": Thinned(fitted, stride),
        "w": Thinned(path.w[rows], stride),
        "truth": Thinned(np.tile(_filled(settings.truth, settings.degree), (len(loss), 1)), stride),
        "loss": Thinned(np.stack([loss, least], axis=1), stride),
        "start": Thinned(path.w[:1], still),
    }
    if settings.degree == 1:
        # The surface's own picture follows runs side by side: here there is one.
        arrays["w"] = Thinned(path.w[rows][:, None], stride)
        if settings.optimizer.of(OPTIMIZERS).looks_ahead:
            arrays["ahead"] = Thinned(path.point[rows][:, None], stride)
    return arrays


def names_of(degree: int) -> tuple[str, ...]:
    """Return the coefficients' names: b, w₁, w₂ …, or b and w of a line."""
    return ("b", "w") if degree == 1 else ("b", *(f"w{'₁₂₃₄₅₆'[k]}" for k in range(degree)))


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the panels in the visitor's language: the curve, of a line its surface, the coefficients, the loss."""
    _x, y = sample(settings.truth, settings.points, settings.noise, settings.seed)
    true = monomials(GRID, len(settings.truth) - 1) @ np.array(settings.truth)
    low, high = min(y.min(), true.min()), max(y.max(), true.max())
    room = 0.12 * (high - low) + 0.5
    fit = _curve_panel((float(low - room), float(high + room)), language())
    return (fit, *_descent_panels(settings, language()))


@lru_cache(maxsize=64)
def _curve_panel(y_range: tuple[float, float], spoken: str) -> Panel:
    words = {"points": _("points"), "true": _("true curve"), "fitted": _("fitted curve")}
    figure = pictures.curve(GRID, y_range, words)
    return Panel(figure.to_json(), tracks_of(figure), _("Fit"), "fit")


@lru_cache(maxsize=64)
def _descent_panels(settings: Settings, spoken: str) -> tuple[Panel, ...]:
    step, names = _("Update"), names_of(settings.degree)
    truth = tuple(_filled(settings.truth, settings.degree).tolist())
    words = {"step": step, "title": _("Coefficient"), "true": _("true")}
    spoken_losses = {"step": step, "loss": _("Loss"), "least": _("least possible")}
    drawn = [
        (_("Coefficients"), pictures.coefficients(names, truth, words), "weights", False),
        (_("Loss"), pictures.losses(spoken_losses, decades_of(settings)), "loss", False),
    ]
    if settings.degree == 1:
        drawn.insert(0, (_("Loss surface"), _surface(settings), "weights", True))
    return tuple(Panel(figure.to_json(), tracks_of(figure), title, cell, pick) for title, figure, cell, pick in drawn)


def decades_of(settings: Settings) -> float:
    """Return how many powers of ten the drawn losses span."""
    drawn = np.asarray(arrays_of(settings)["loss"].array)
    drawn = drawn[np.isfinite(drawn) & (drawn < np.finfo(np.float32).max)]
    return float(np.ptp(np.log10(drawn))) if drawn.size else 0.0


def _surface(settings: Settings) -> Any:
    objective = objective_of(settings)
    best = objective.solution()
    box = box_of(best, _filled(settings.start, 1))
    painting = paintings(relief(objective, box, "log"))
    words = {"start": _("Start"), "minimum": _("Minimum"), "ahead": _("Look-ahead")}
    recipe = OPTIMIZERS[settings.optimizer.name]
    ahead = (0,) if settings.optimizer.of(OPTIMIZERS).looks_ahead else ()
    runner = Runner(_(recipe.title), *looks_of([settings.optimizer.name]))
    figure = races.contour(painting, box, races.Marks(best[None]), [runner], words, ahead)
    figure.update_layout(xaxis_title_text="b", yaxis_title_text="w", margin=pictures.MARGIN)
    return figure


def box_of(best: Array, start: Array) -> Box:
    """Return the part of the (b, w) plane that is drawn: it has the minimum in its middle and the start well inside."""
    reach = np.maximum(1.25 * np.abs(start - best), 1.5)
    (b, w), (half_b, half_w) = best.tolist(), reach.tolist()
    return (b - half_b, b + half_b), (w - half_w, w + half_w)


# ---- what is said


def update_words() -> dict[str, str]:
    """Return the words with which the player counts updates in place of steps."""
    return {"step": _("update {step}"), "step_of": _("update {step} / {steps}"), "scrub": _("Update")}


def bound_of(settings: Settings, measure: str = "") -> tuple[float, float | None]:
    """Return the largest curvature λ of the loss, and the learning rate above which this optimizer diverges on it."""
    curvature = float(objective_of(settings, measure).curvatures[-1])
    optimizer = settings.optimizer.of(OPTIMIZERS)
    return curvature, optimizer.largest_rate(curvature)


def say(settings: Settings) -> str:
    """Say in a few sentences where the fit has come to, and why."""
    path, least = path_of(settings), least_of(settings)
    curvature, bound = bound_of(settings)
    values = {
        "updates": settings.updates,
        "first": digits(float(path.loss[0])),
        "loss": digits(float(path.loss[-1])),
        "least": digits(least),
        "rate": f"{settings.learning_rate:g}",
        "bound": digits(bound),
        "curvature": digits(curvature),
        "factor": digits(abs(1.0 - settings.learning_rate * curvature)),
    }
    if diverged(settings):
        text = _("It diverges: after {updates} updates the loss has grown beyond all bounds.")
        if bound is not None and settings.learning_rate > bound:
            text = _(
                "It diverges: the learning rate {rate} is above its bound {bound} (largest curvature λ = {curvature})."
            )
            if settings.plain:
                text = _(
                    "It diverges: the learning rate {rate} is above 2/λ = {bound} (largest curvature λ = {curvature}), "
                    "so along the steepest direction every update makes the error {factor} times as large."
                )
        return text.format(**values)
    left = (float(path.loss[-1]) - least) / max(float(path.loss[0]) - least, 1e-300)
    true = int(np.flatnonzero([1.0, *settings.truth[1:]])[-1])
    if left > ARRIVED:
        text = _(
            "The curve is still on its way: {updates} updates lowered the loss from {first} to {loss}; the "
            "least possible is {least}."
        )
    elif settings.degree < true:
        text = _(
            "After {updates} updates the loss has fallen from {first} to {loss} and will not fall further. "
            "The true curve has degree {true}, which degree {degree} cannot follow: the least possible loss "
            "is {least}."
        )
    else:
        text = _(
            "After {updates} updates the curve fits: the loss has fallen from {first} to {loss}, "
            "the least possible is {least}."
        )
    return joined(text, _say_bound(settings, bound)).format(**values, true=true, degree=settings.degree)


def _say_bound(settings: Settings, bound: float | None) -> str:
    if bound is None:
        return _("This optimizer has no known bound on its learning rate, as SGD has with 2/λ.")
    if not settings.plain:
        return _("The learning rate {rate} is below its bound {bound} (largest curvature λ = {curvature}).")
    return _("The learning rate {rate} is below 2/λ = {bound} (largest curvature λ = {curvature}), so SGD converges.")


def diverged(settings: Settings) -> bool:
    """Whether the loss has risen above where it began, or is no number any more."""
    loss = path_of(settings).loss
    return not np.isfinite(loss[-1]) or bool(loss[-1] > 10.0 * max(float(loss[0]), 1e-12))


def say_slowest(settings: Settings) -> str:
    """Say how long plain descent takes along the flattest direction."""
    lowest, highest = objective_of(settings).curvatures[[0, -1]].tolist()
    slow = abs(1.0 - settings.learning_rate * lowest)
    # A direction that no point determines is flat but for rounding.
    if not settings.plain or lowest < 1e-12 * highest or not 0.0 < slow < 1.0 or diverged(settings):
        return ""
    text = _(
        "Along the flattest direction (λ = {lowest}, {ratio} times flatter than the steepest) each "
        "update leaves {share} of the error: {updates} updates bring it down to a thousandth."
    )
    return text.format(
        lowest=digits(lowest),
        ratio=digits(highest / lowest),
        share=f"{slow:.7g}",
        updates=f"{np.log(1e-3) / np.log(slow):,.0f}",
    )


def coefficient_table(settings: Settings) -> str:
    """Return the table of the coefficients: true, at the start, fitted, and best in closed form."""
    path, best = path_of(settings), objective_of(settings).solution()
    heads = (
        _("Coefficient"),
        _("true"),
        _("Start"),
        _("after {updates} updates").format(updates=settings.updates),
        _("least squares"),
    )
    columns = (_filled(settings.truth, settings.degree), path.w[0], path.w[-1], best)
    rows = [
        (name, *(f"{round(value, 12):.5g}".replace("-", "−") if np.isfinite(value) else "∞" for value in values))
        for name, *values in zip(names_of(settings.degree), *(column.tolist() for column in columns), strict=True)
    ]
    return html(heads, rows)


def measure_table(settings: Settings) -> str:
    """Return the table that says, for each measure of the error, whether this learning rate converges on it."""
    rows = []
    for measure, title in MEASURES.items():
        curvature, bound = bound_of(settings, measure)
        if bound is None:
            verdict = _("no bound is known")
        else:
            verdict = _("converges") if settings.learning_rate < bound else _("diverges")
        rows.append((_(title), digits(curvature), digits(bound), verdict))
    heads = (
        _("What is minimized"),
        _("Largest curvature λ"),
        _("Largest learning rate"),
        _("With {rate}").format(rate=f"{settings.learning_rate:g}"),
    )
    return html(heads, rows)


def formulas(settings: Settings) -> list[tuple[str, str]]:
    """Return title and LaTeX: the model, what is minimized, and the first update, each with its numbers."""
    path = path_of(settings)
    gradient = objective_of(settings)(path.w[0])[1]
    names = ["b", "w"] if settings.degree == 1 else ["b", *(f"w_{k}" for k in range(1, settings.degree + 1))]
    fitted = [_term(value, k) for k, value in enumerate(path.w[-1].tolist())]
    general = " + ".join(["b", *(f"{name} {_power(k)}" for k, name in enumerate(names[1:], start=1))])
    numbers = r" \\ &\quad ".join("".join(fitted[k : k + TERMS]) for k in range(0, len(fitted), TERMS))
    loss = rf"L = {_FORMULAS[settings.measure]} \sum_i (\hat y_i - y_i)^2 = {_number(float(path.loss[-1]))}"
    last, name = len(names) - 1, names[-1]
    rule = (
        rf"\begin{{aligned}} {name} &\leftarrow {name} - lr \cdot \frac{{\partial L}}{{\partial {name}}} \\[6pt]"
        rf" &= {_number(path.w[0][last])} - {settings.learning_rate:g} \cdot ({_number(gradient[last])}) \\"
        rf" &= {_number(path.w[0][last] - settings.learning_rate * gradient[last])} \end{{aligned}}"
    )
    recipe = OPTIMIZERS[settings.optimizer.name]
    return [
        (_("Model"), rf"\begin{{aligned}} \hat y &= {general} \\ &= {numbers} \end{{aligned}}"),
        (_("What is minimized"), loss),
        *([(_("The first update"), rule)] if settings.plain else []),
        (_(recipe.title), r"\begin{gathered}" + recipe.formula.replace(r",\quad", r"\\") + r"\end{gathered}"),
    ]


def _power(k: int) -> str:
    return "x" if k == 1 else f"x^{k}"


def _number(value: float) -> str:
    return tex(value, nan=r"\infty")


def _term(value: float, k: int) -> str:
    sign = "-" if value < 0 else "+" if k else ""
    return f" {sign} {_number(abs(value))}" + (f"\\,{_power(k)}" if k else "")


# ---- the program


def program(settings: Settings) -> str:
    """Return a TensorFlow program that makes the same updates."""
    truth = " + ".join(
        f"{value!r}" + ("" if k == 0 else " * x" if k == 1 else f" * x**{k}") for k, value in enumerate(settings.truth)
    )
    noise = f" + {settings.noise!r} * np.random.default_rng({settings.seed}).standard_normal({settings.points})"
    if not settings.noise:
        noise = "" if len(settings.truth) > 1 else " + 0 * x"
    loss = _CALLS[settings.measure].format("tf.square(tf.linalg.matvec(features, w) - y)")
    rate, recipe = rate_code(settings.learning_rate, "constant", {}, 0), OPTIMIZERS[settings.optimizer.name]
    values = {**recipe.defaults, **dict(settings.optimizer.values)}
    code = None if recipe().follows_curvature else optimizer_code(settings.optimizer.name, values, rate)
    return printed(
        "regression",
        settings=settings,
        reach=f"{REACH:g}",
        truth=truth + noise,
        start=_filled(settings.start, settings.degree).tolist(),
        loss=loss,
        code=code,
        rate=rate.call,
        curvature={"mean": f"2 / {settings.points}", "half": f"1 / {settings.points}", "sum": "2.0"}[settings.measure],
        damping=values.get("damping"),
    )
