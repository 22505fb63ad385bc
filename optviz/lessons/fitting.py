"""The fitting page: from its setting to the panels, the sentence and the table of remedies."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from optviz.arrays import Array
from optviz.figures import fitting as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.lessons.comparisons import TRAINED, alike
from optviz.lessons.programs import printed
from optviz.lessons.tables import digits
from optviz.locale.spoken import N_, _, joined, language
from optviz.models.fitting import (
    CURVES,
    DEGREES,
    MOST_DEGREE,
    MOST_POINTS,
    NOTHING,
    REFITS,
    SIZES,
    STRENGTHS,
    TOLERANCE,
    Setting,
    Word,
    best,
    draw,
    errors,
    fit,
    judge,
    refits,
)

LOW_DEGREE = 1
GRID = np.linspace(-1.0, 1.0, 201)
FAN = 101
"""The points of each refit's curve."""

VERDICTS = {Word.UNDER: N_("underfitting"), Word.GOOD: N_("good fit"), Word.OVER: N_("overfitting")}
_COLORS = {Word.UNDER: "bad", Word.GOOD: "good", Word.OVER: "bad"}


class Remedy(NamedTuple):
    """A control of the page that is a remedy, and the values that are tried of it; `field` is its name in `Setting`."""

    field: str
    values: tuple[float, ...]
    ticks: tuple[float, ...]
    log: bool

    def settings(self, setting: Setting) -> list[Setting]:
        """Return the setting with each of the values."""
        changes: list[dict[str, Any]] = [{self.field: value} for value in self.values]
        return [replace(setting, **change) for change in changes]


REMEDIES = (
    Remedy("degree", DEGREES, (0, 5, 10, 15), log=False),
    Remedy("points", SIZES, (10, 20, 40, 80, 160, 400), log=True),
    Remedy("l2", STRENGTHS, (1e-6, 1e-4, 0.01, 1.0), log=True),
)
"""Features, data, regularizer: the errors are drawn against each of them."""

ORDER = (1, 0, 2, 3, 4, 5)
"""The fits by degree, then the errors, in the order of their panels: the fit that is chosen is the large one."""

PICKED = {3: REMEDIES[0], 4: REMEDIES[1], 5: REMEDIES[2]}
"""The remedies by their number in `ORDER`."""


class Handle(NamedTuple):
    """A value that is dragged along a scale at the foot of a picture, and which of its values have a text there."""

    field: str
    values: tuple[float, ...]
    named: tuple[float, ...]

    @property
    def places(self) -> Array:
        """Where the values are on the scale, evenly."""
        return np.linspace(-0.75, 0.92, len(self.values))

    def place_of(self, value: float) -> float:
        """Return where a value is, by its neighbours."""
        return float(np.interp(value, self.values, self.places))

    def value_at(self, place: float) -> float:
        """Return the value nearest to a place."""
        return self.values[int(np.abs(self.places - place).argmin())]


HANDLES = {
    1: Handle("degree", DEGREES, (0, 5, 10, 15)),
    2: Handle("l2", (0.0, *STRENGTHS), (0.0, 1e-5, 1e-3, 0.1, 10.0)),
}
"""The handles by their number in `ORDER`: of one's own degree its degree, of the highest its L2."""


def picked(panel: int | None, point: tuple[float, float]) -> tuple[str, float] | None:
    """Return which value of the setting was dragged or clicked in a panel, and what it becomes."""
    if panel is None:
        return None
    if handle := HANDLES.get(ORDER[panel]):
        return handle.field, handle.value_at(point[0])
    if remedy := PICKED.get(ORDER[panel]):
        return remedy.field, nearest(remedy, point[0])
    return None


def shown(setting: Setting) -> tuple[Setting, Setting, Setting]:
    """Return what the three pictures show: degree 1, the degree chosen, and the highest."""
    return replace(setting, degree=LOW_DEGREE), setting, replace(setting, degree=MOST_DEGREE)


@lru_cache(maxsize=256)
def arrays_of(setting: Setting) -> dict[str, Array]:
    """Return the numbers that the panels follow, one row each."""
    training, validation = draw(setting)
    arrays = {
        "x": training.x,
        "y": training.y,
        "held_x": validation.x,
        "held_y": validation.y,
        "true": CURVES[setting.curve].value(GRID),
    }
    for place, each in enumerate(shown(setting)):
        arrays[f"fitted{place}"] = fit(each).value(GRID)
        values = refits(each, FAN).values
        # What leaves the picture would lie over the scale below it.
        seen = np.where(np.abs(values) <= pictures.TALL, values, np.nan)
        arrays[f"fan{place}"] = np.pad(seen, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
        word = judge(each)
        heights = [pictures.VERDICT_AT if word is other else np.nan for other in Word]
        arrays[f"verdict{place}"] = np.array([0.0, *heights])
    arrays["fan_x"] = np.tile(np.append(np.linspace(-1.0, 1.0, FAN), np.nan), REFITS)
    for place, handle in HANDLES.items():
        arrays[f"handle{place}"] = np.array([handle.place_of(getattr(setting, handle.field)), pictures.SCALE_AT])
    now = fit(setting)
    for remedy in REMEDIES:
        name, chosen = remedy.field, float(getattr(setting, remedy.field))
        found = errors(remedy.settings(setting))
        arrays[name] = np.array(remedy.values, dtype=float)
        arrays[f"{name}_training"], arrays[f"{name}_validation"] = found
        # Without L2 there is no place for the mark on a log axis.
        at = chosen if chosen > 0 or not remedy.log else np.nan
        arrays[f"{name}_now"] = np.array([at, now.training, now.validation])
    return {name: numbers[None] for name, numbers in arrays.items()}


def panels_of() -> tuple[Panel, ...]:
    """Return the panels in the visitor's language: three fits, and the errors against three remedies."""
    panels = (*_fit_panels(language()), *_error_panels(language()))
    return tuple(panels[number] for number in ORDER)


@lru_cache(maxsize=8)
def _fit_panels(spoken: str) -> tuple[Panel, ...]:
    names = {
        "training": _("training"),
        "validation": _("validation"),
        "true": _("true curve"),
        "fitted": _("fitted curve"),
        "refits": _("{n} refits").format(n=REFITS),
    }
    titles = (
        _("Degree {degree}").format(degree=LOW_DEGREE),
        _("Your degree"),
        _("Degree {degree}").format(degree=MOST_DEGREE),
    )
    verdicts = [(_COLORS[word], _(VERDICTS[word])) for word in Word]
    scales = {1: (_("degree"), _("Drag the degree")), 2: ("λ", _("Drag λ, the strength of L2"))}
    panels = []
    for place, title in enumerate(titles):
        scale = None
        if handle := HANDLES.get(place):
            name, hint = scales[place]
            ticks = [f"{value:g}".replace("e-0", "e-") if value in handle.named else "" for value in handle.values]
            ticks[0] = f"{name} {ticks[0]}"
            scale = pictures.Scale(hint, tuple(handle.places.tolist()), tuple(ticks))
        figure = pictures.polynomial(place, GRID, verdicts, names, scale)
        panels.append(Panel(figure.to_json(), tracks_of(figure), title, f"fit{place}", pick=scale is not None))
    return tuple(panels)


@lru_cache(maxsize=8)
def _error_panels(spoken: str) -> tuple[Panel, ...]:
    words = {
        "training": _("training"),
        "validation": _("validation"),
        "error": _("Mean squared error"),
        "now": _("now"),
    }
    titles = {
        "degree": (_("More features"), _("Degree")),
        "points": (_("More data"), _("Number of points")),
        "l2": (_("Regularizer"), _("L2 strength λ")),
    }
    panels = []
    for remedy in REMEDIES:
        title, x_title = titles[remedy.field]
        span = remedy.values[0], remedy.values[-1]
        figure = pictures.errors(remedy.field, span, remedy.ticks, x_title, words, log=remedy.log)
        panels.append(Panel(figure.to_json(), tracks_of(figure), title, remedy.field, pick=True))
    return tuple(panels)


def nearest(remedy: Remedy, value: float) -> float:
    """Return which of a remedy's values was clicked."""
    values = np.array(remedy.values)
    scale = np.log if remedy.log else np.positive
    wanted = max(value, remedy.values[0]) if remedy.log else value
    return remedy.values[int(np.abs(scale(values) - scale(wanted)).argmin())]


# ---- what is said


def say(setting: Setting) -> str:
    """Say what the chosen fit is, by its numbers."""
    found, reference, word = fit(setting), best(setting), judge(setting)
    texts = {
        Word.UNDER: _(
            "Degree {degree} underfits: training error {training} and validation error {validation}, both above those "
            "of degree {best}, {best_training} and {best_validation}."
        ),
        Word.GOOD: _(
            "Degree {degree} fits well: training error {training}, validation error {validation} (best: degree {best}, "
            "{best_validation})."
        ),
        Word.OVER: _(
            "Degree {degree} overfits: training error only {training}, but validation error {validation} (best: degree "
            "{best}, {best_validation})."
        ),
    }
    fan = refits(setting, FAN)
    text = _("{n} refits to fresh points scatter by {scatter}; their mean misses the true curve by {miss}.")
    spread = text.format(n=REFITS, scatter=digits(fan.scatter), miss=digits(fan.miss))
    said = texts[word].format(
        degree=setting.degree,
        training=digits(found.training),
        validation=digits(found.validation),
        best=reference.degree,
        best_training=digits(fit(reference).training),
        best_validation=digits(fit(reference).validation),
    )
    return joined(said, spread)


def rule() -> str:
    """Say how the word is found."""
    return _(
        "The rule: a fit is good if its validation error is at most {tolerance} times that of the best "
        "degree. Otherwise it underfits if its training error is also more than {tolerance} times the "
        "best fit's, and overfits if not. Errors are means of squares; an error below {nothing} counts "
        "as zero. Each refit uses as many new points from the same curve: the scatter of all {n} shows "
        "the variance, the distance of their mean from the curve shows the bias (medians over x)."
    ).format(tolerance=f"{TOLERANCE:g}", nothing=f"{NOTHING:g}", n=REFITS)


def remedies(setting: Setting) -> str:
    """Say in a list, in Markdown, what each remedy would do to the validation error from here."""
    degree = best(replace(setting, l2=0.0)).degree
    strength = min((0.0, *STRENGTHS), key=lambda l2: fit(replace(setting, l2=l2)).validation)
    tried = (
        (
            _("Features and parameters"),
            _("the degree: {degree} → {best}, {n} coefficients").format(
                degree=setting.degree, best=degree, n=degree + 1
            ),
            replace(setting, degree=degree),
            _("Too few features cannot follow the curve, too many follow the noise."),
        ),
        (
            _("More data"),
            _("the points: {n} → {most}").format(n=setting.points, most=MOST_POINTS),
            replace(setting, points=MOST_POINTS),
            _(
                "More points reduce overfitting, because the curve cannot bend to each of them; they do not "
                "reduce underfitting."
            ),
        ),
        (
            _("Cleaner data"),
            _("the noise: {noise} → {half}").format(noise=f"{setting.noise:g}", half=f"{setting.noise / 2:g}"),
            replace(setting, noise=setting.noise / 2),
            _("Less noise leaves less to overfit to."),
        ),
        (
            _("Regularizer"),
            _("the strength of L2: {l2} → {best}").format(l2=f"{setting.l2:g}", best=f"{strength:g}"),
            replace(setting, l2=strength),
            _("L2 keeps the coefficients small: raise it against overfitting, lower it against underfitting."),
        ),
    )
    now = fit(setting).validation
    helping, idle = [], []
    for remedy, control, then, why in tried:
        after = fit(then).validation
        if after >= now or alike(after, now, within=TRAINED):
            idle.append(remedy)
            continue
        item = _("- **{remedy}**: {control}, error {now} → **{then}**. {why}")
        helping.append(item.format(remedy=remedy, control=control, now=digits(now), then=digits(after), why=why))
    head = _("What would help from here, each remedy alone, with the validation error before and after:")
    without = _("These would not help here: {remedies}.").format(remedies=_(", ").join(idle))
    return "\n".join([*([head, "", *helping, ""] if helping else []), *([without] if idle else [])])


def formulas(setting: Setting) -> list[tuple[str, str]]:
    """Return title and LaTeX of the model and of what is minimized, with the numbers of the moment."""
    found, (training, _validation) = fit(setting), draw(setting)
    penalty = float(np.square(found.coefficients[1:]).sum())
    minimized = r"L = \frac{1}{N} \sum_i (\hat y_i - y_i)^2 + \frac{\lambda}{2} \sum_{k \ge 1} c_k^2"
    numbers = rf"{found.training:.4g} + \tfrac{{1}}{{2}} \cdot {setting.l2:g} \cdot {penalty:.4g}"
    total = found.training + setting.l2 / 2 * penalty
    model = rf"\hat y(x) = \sum_{{k=0}}^{{{setting.degree}}} c_k P_k(x), \quad N = {len(training.x)}"
    return [
        (_("Model: Legendre polynomials P, the same curves as with 1, x, x² …"), model),
        (
            _("What is minimized, in closed form"),
            rf"\begin{{gathered}}{minimized} \\ = {numbers} = {total:.4g}\end{{gathered}}",
        ),
        (_("True curve"), rf"y = {CURVES[setting.curve].formula} + \varepsilon, \quad \sigma = {setting.noise:g}"),
    ]


def program(setting: Setting) -> str:
    """Return a TensorFlow program that finds the same coefficients."""
    return printed("fitting", setting=setting)
