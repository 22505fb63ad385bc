"""The page of the vanishing gradient: the product of slopes, and the gradients of a real deep net layer by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

import numpy as np

from optviz.arrays import Array
from optviz.figures import vanishing as pictures
from optviz.figures.panels import Panel, tracks_of
from optviz.figures.style import SERIES
from optviz.lessons.activations import Rows, tex, written
from optviz.lessons.programs import printed
from optviz.lessons.tables import table
from optviz.lessons.tensorflow_code import tensorflow_call
from optviz.lessons.training_code import INITIALIZATION_LINES, rows_of
from optviz.locale.spoken import N_, _, joined, language
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.datasets import DATASETS, Dataset
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS, Network
from optviz.networks.vanishing import (
    LEAST,
    Flow,
    Slopes,
    gradient_norms,
    judge,
    own_slopes,
    passed_on,
    per_layer,
    slope_products,
)

MOST_DEPTH = 30
MOST_NETS = 4
LOSS = LOSSES["binary_crossentropy"]


def choices() -> dict[str, str]:
    """Return every pair of an activation and an initialization, `name.name`, with its title."""
    return {
        f"{name}.{scheme}": f"{_(recipe.title)} · {_(initialization.title)}"
        for name, recipe in ACTIVATIONS.items()
        for scheme, initialization in INITIALIZATIONS.items()
    }


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Nets of one shape that are compared, each `activation.initialization`, and the z of the products of slopes."""

    nets: tuple[str, ...]
    depth: int
    width: int
    seed: int
    probe: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """The units of each layer, inputs and output included."""
        return (2, *[self.width] * self.depth, 1)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The names of activation and initialization of each net."""
        return tuple((net.split(".")[0], net.split(".")[1]) for net in self.nets)

    @property
    def activations(self) -> tuple[str, ...]:
        """The nets' activations, once each."""
        return tuple(dict.fromkeys(name for name, _scheme in self.pairs))


@lru_cache(maxsize=1)
def points() -> Dataset:
    """Return the course's points; raises DataError."""
    return DATASETS["dot"]()


@lru_cache(maxsize=512)
def norms_of(activation: str, scheme: str, sizes: tuple[int, ...], seed: int) -> Array:
    """Return the norm of each layer's gradient at the initial weights, (layers,)."""
    network = Network(sizes, ACTIVATIONS[activation]())
    data = points()
    return gradient_norms(network, network.init(seed, scheme), data.x, data.y[:, None], LOSS)


@lru_cache(maxsize=512)
def slopes_of(activation: str, scheme: str, sizes: tuple[int, ...], seed: int) -> Slopes:
    """Return what the slopes of a net's own units multiply to, and where its units stand."""
    network = Network(sizes, ACTIVATIONS[activation]())
    return own_slopes(network, network.init(seed, scheme), points().x)


def all_slopes(settings: Settings) -> tuple[Slopes, ...]:
    """Return those of every net."""
    return tuple(slopes_of(*pair, settings.sizes, settings.seed) for pair in settings.pairs)


def all_norms(settings: Settings) -> tuple[Array, ...]:
    """Return the norms of every net."""
    return tuple(norms_of(*pair, settings.sizes, settings.seed) for pair in settings.pairs)


def arrays_of(settings: Settings) -> Rows:
    """Return the norms and the products of slopes, as the panels follow them: one row each."""
    depths = np.arange(1.0, MOST_DEPTH + 1)
    products = [slope_products(ACTIVATIONS[a](), settings.probe, MOST_DEPTH) for a in settings.activations]
    products.append(0.25**depths)
    arrays = {
        "depths": depths[None],
        "depth": np.array([[float(settings.depth)]]),
        "products": np.array([[_drawn(product)[settings.depth - 1] for product in products]]),
        "bound": products[-1][None],
    }
    arrays |= {f"product{i}": _drawn(product)[None] for i, product in enumerate(products[:-1])}
    arrays["own"] = _drawn(np.array([slopes.product for slopes in all_slopes(settings)]))[None]
    bar = 0.84 / len(settings.nets)
    for i, norms in enumerate(all_norms(settings)):
        arrays[f"norms{i}"] = _drawn(norms)[None]
        arrays[f"places{i}"] = (np.arange(1.0, len(norms) + 1) + (i - (len(settings.nets) - 1) / 2) * bar)[None]
    return arrays


def _drawn(values: Array) -> Array:
    # 0 has no place on a log axis, and what is beyond single precision does not travel.
    return np.where((values > 1e-37) & (values < 1e37), values, np.nan)


STEP = 5


def panels_of(settings: Settings) -> tuple[Panel, ...]:
    """Return the bars layer by layer, and the products of slopes."""
    found = np.concatenate(all_norms(settings))
    powers = np.log10(found[found > 0]) if (found > 0).any() else np.zeros(1)
    low = STEP * np.floor((powers.min() - 0.5) / STEP)
    high = np.ceil(powers.max() + 0.5)
    return _panels(settings.pairs, settings.depth + 1, (float(max(low, -37)), float(min(high, 37))), language())


@lru_cache(maxsize=128)
def _panels(
    pairs: tuple[tuple[str, str], ...], layers: int, decades: tuple[float, float], spoken: str
) -> tuple[Panel, ...]:
    titles = [choices()[".".join(pair)] for pair in pairs]
    bars = pictures.layer_bars(titles, layers, decades, title="‖∂L/∂W‖", layer_title=_("Layer, from input to output"))
    # An activation looks as the first net that has it.
    first = {name: series for (name, _scheme), series in reversed(list(zip(pairs, SERIES, strict=False)))}
    names = [(_(ACTIVATIONS[name].title), first[name]) for name in dict.fromkeys(name for name, _scheme in pairs)]
    bound, own = _("sigmoid at best: 0.25ᵈ"), _("the net's own slopes")
    products = pictures.products(
        names, (bound, own), list(SERIES[: len(pairs)]), MOST_DEPTH, title="a′(z)ᵈ", depth_title=_("Depth d")
    )
    return (
        Panel(bars.to_json(), tracks_of(bars), _("Gradient of each layer"), "bars"),
        Panel(products.to_json(), tracks_of(products), _("Product of d slopes"), "products"),
    )


MEANINGS: Mapping[Flow, str] = {
    Flow.VANISHES: N_("The first layer's gradient vanishes with {nets}: it learns next to nothing."),
    Flow.EXPLODES: N_("The first layer's gradient explodes with {nets}: a usual step throws the weights far away."),
    Flow.HOLDS: N_("The gradient holds with {nets}: all layers learn."),
    Flow.NOTHING: N_("The first layer has no gradient at all with {nets}: weights of 0 pass nothing back."),
}
EVERYWHERE = N_("Gradients are tiny in every layer with {nets}: no layer learns much.")


def _meaning(norms: Array) -> str:
    """Return the sentence of a net; a gradient that is as faint in its last layer has not vanished on its way."""
    flow = judge(norms)
    return EVERYWHERE if flow is Flow.VANISHES and passed_on(norms) >= LEAST else MEANINGS[flow]


def say(settings: Settings) -> str:
    """Say what becomes of the gradient in the nets, with the first layer's share of the last one's."""
    titles, said = choices(), list[str]()
    found = list(zip(settings.nets, all_norms(settings), strict=True))
    whole, brief = _("{net} ({share} of the last layer's)"), _("{net} ({share})")
    for meaning in (*MEANINGS.values(), EVERYWHERE):
        nets = list[str]()
        for net, norms in found:
            if _meaning(norms) == meaning:
                text = "{net}" if meaning == MEANINGS[Flow.NOTHING] else brief if said or nets else whole
                nets.append(text.format(net=titles[net], share=written(passed_on(norms), 2)))
        if nets:
            said.append(_(meaning).format(nets=_(", ").join(nets)))
    return joined(*said)


APART = 100.0
"""So many times the product of slopes at the z chosen may be another than that of a net's own units, unsaid."""


def say_own(settings: Settings) -> str:
    """Say of the net whose units stand farthest from the z chosen what their own slopes multiply to."""
    at_z = [_ends(name, settings.probe, settings.depth)[1] for name, _scheme in settings.pairs]
    own = all_slopes(settings)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.abs(np.log([slopes.product for slopes in own]) - np.log(np.abs(at_z)))
    # Where one of them is 0 or no number, there is nothing to compare.
    ratios = np.where(np.isfinite(ratios), ratios, 0.0)
    far = int(ratios.argmax())
    if ratios[far] < np.log(APART):
        return ""
    text = _(
        "At z = {z} the slopes of {net} would multiply to {product}, but its units stand at |z| ≈ {at}, where they "
        "multiply to {own} (★)."
    )
    return text.format(
        z=written(settings.probe, 2),
        net=_(ACTIVATIONS[settings.pairs[far][0]].title),
        product=written(at_z[far], 2),
        at=written(own[far].z, 2),
        own=written(own[far].product, 2),
    )


def report(settings: Settings) -> str:
    """Return a table of the first and the last layer's gradient, a row a net, as HTML."""
    heads = (
        _("Net"),
        _("First layer"),
        _("Last layer"),
        _("First / last"),
        _("Factor per layer"),
        _("The gradient …"),
    )
    titles = choices()
    rows = [
        (
            f'<span style="color:var(--optviz-{series.color})">{series.glyph}</span> {escape(titles[net])}',
            written(norms[0], 3),
            written(norms[-1], 3),
            written(passed_on(norms), 3),
            written(per_layer(norms), 3),
            escape(_(FLOWS[judge(norms)])),
        )
        for series, net, norms in zip(SERIES, settings.nets, all_norms(settings), strict=False)
    ]
    return table([escape(head) for head in heads], rows)


FLOWS: Mapping[Flow, str] = {
    Flow.VANISHES: N_("vanishes"),
    Flow.EXPLODES: N_("explodes"),
    Flow.HOLDS: N_("holds"),
    Flow.NOTHING: N_("is 0"),
}


def formulas(settings: Settings) -> list[tuple[str, str]]:
    """Return LaTeX and title of the product of slopes and of the chain rule, with the numbers in them."""
    d = settings.depth
    products = [
        rf"\text{{{ACTIVATIONS[name].title}}}\colon\ &{tex(slope)}^{{{d}}} = {tex(product, 3)}"
        for name in settings.activations
        for slope, product in [_ends(name, settings.probe, d)]
    ]
    bound = rf"\sigma'(z)^{{{d}}} \le 0.25^{{{d}}} = {tex(0.25**d, 3)}"
    norms = all_norms(settings)[0]
    back = r"\frac{\partial L}{\partial z_k} = a'(z_k) \odot W_{k+1}^\top \frac{\partial L}{\partial z_{k+1}}"
    ends = [rf"\lVert \partial L / \partial W_{{{layer}}} \rVert" for layer in (1, d + 1)]
    quotient = rf"\frac{{{tex(norms[0], 3)}}}{{{tex(norms[-1], 3)}}} = {tex(passed_on(norms), 3)}"
    chain = rf"\begin{{gathered}} {back} \\[8pt] \frac{{{ends[0]}}}{{{ends[1]}}} = {quotient} \end{{gathered}}"
    return [
        (bound, _("The sigmoid at its best, z = 0")),
        (
            r"\begin{aligned}" + r" \\ ".join(products) + r"\end{aligned}",
            f"{_('Product of d slopes')}{_(': ')}$a'({tex(settings.probe)})^{{{d}}}$",
        ),
        (chain, _("A real net: every layer multiplies by its slopes and by its weights")),
    ]


def _ends(name: str, z: float, depth: int) -> tuple[float, float]:
    product = slope_products(ACTIVATIONS[name](), z, depth)
    return float(product[0]), float(product[-1])


FILE = "vanishing.npz"


def program(settings: Settings, net: int = 0) -> str:
    """Return a TensorFlow program that computes the same gradients of one of the nets."""
    name, scheme = settings.pairs[net]
    weights, biases = INITIALIZATION_LINES[scheme]
    activation = tensorflow_call(ACTIVATIONS[name]())
    return printed("vanishing", settings=settings, file=FILE, weights=weights, biases=biases, activation=activation)


def program_arrays() -> dict[str, Array]:
    """Return the arrays that the programs load: the points; raises DataError."""
    return rows_of(points(), points().take(np.arange(0)))
