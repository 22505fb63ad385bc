"""What is claimed on the pages of functions, of networks and of their initial weights."""

from types import SimpleNamespace

import numpy as np

from optviz.lessons import backpropagation, functions, initialization, network, vanishing
from optviz.models.functions import rand
from optviz.models.stability import naive_softmax, naive_tanh, scaled_tanh
from optviz.networks.activations import ACTIVATIONS, softmax
from optviz.networks.initialization import Fate, fate
from optviz.networks.network import INITIALIZATIONS
from optviz.networks.vanishing import Flow, judge
from optviz.recipes import Choice
from tests.claims import claims, names

# ---- warm-up functions

names("functions", "The course's numbers", rand_seed=1, mean=0.0, deviation=1.0)
names("functions", "A narrow distribution", mean=5.0, deviation=0.1)


@claims("functions", "The grid of the decision boundary")
def _(page):
    assert page.x == page.y and page.x.values[0] == -3 and len(page.x.values) == 60
    assert page.arrays["x"].size == 60**2


@claims("functions", "Another seed")
def _(page):
    assert page.rand_seed == 2 and rand(2, 3, 2)[0] != rand(1, 3, 2)[0]


@claims("functions", "Stack tables")
def _(page):
    assert len(page.upper) == 2 and not functions.vstack_call(page.upper, page.lower).trouble


@claims("functions", "Cast to true and false")
def _(page):
    assert page.to == "bool" and "[False  True  True  True]" in functions.cast_call(page.numbers, page.to).result


# ---- activations


def slopes(page: SimpleNamespace, z: float) -> dict[str, float]:
    """Return the slope of each activation that is shown at z, by its name."""
    return {a.name: float(a.slope(np.array([z]))[0]) for a in page.given.activations}


for title, shown in {
    "ReLU, leaky ReLU, sigmoid, tanh": ("relu", "leaky_relu", "sigmoid", "tanh"),
    "The family of the ReLU": ("relu", "leaky_relu", "prelu", "rrelu", "elu"),
}.items():

    @claims("activations", title)
    def _(page, shown=shown):
        assert tuple(a.name for a in page.given.activations) == shown


@claims("activations", "S-shaped: where the slope fades")
def _(page):
    there, steepest = slopes(page, page.given.probe), slopes(page, 0.0)
    assert all(there[name] < 0.05 * steepest[name] for name in there)
    for activation in page.given.activations:
        left, right = activation.value(np.array([-1e3, 1e3]))
        assert np.isfinite([left, right]).all() and abs(right - left) < 2.01


@claims("activations", "ReLU and smooth ones")
def _(page):
    left, right = slopes(page, -1e-9), slopes(page, 1e-9)
    assert [name for name in left if abs(left[name] - right[name]) > 1e-6] == ["relu"]


@claims("activations", "Softmax of 4, 5, 1")
def _(page):
    assert page.given.logits == (4, 5, 1) and page.given.shift == 0
    np.testing.assert_allclose(page.arrays["probabilities"][0], softmax(np.array([4.0, 5.0, 1.0])))


@claims("activations", "Softmax shifted by 1000")
def _(page):
    assert page.given.shift == 1000 and np.isnan(naive_softmax(page.given.moved)).any()
    np.testing.assert_allclose(page.arrays["probabilities"][0], softmax(np.array(page.given.logits)))


@claims("activations", "tanh at ±∞")
def _(page):
    ends = np.array([z for z in page.given.rounded if np.isinf(z)])
    assert set(ends) == {-np.inf, np.inf} and np.isnan(naive_tanh(ends)).all()
    np.testing.assert_array_equal(scaled_tanh(ends), ACTIVATIONS["tanh"]().value(ends))


@claims("activations", "Where to begin")
def _(page):
    assert page.part == "advice"


# ---- a network in numbers

for title, sizes in {
    "The course's 3-4-2": (3, 4, 2),
    "One random layer": (3, 6),
    "Random layers 6, 4, 6, 5": (3, 6, 4, 6, 5),
    "The classifier's 2-11-1": (2, 11, 1),
    "Digits: 784-512-10": (784, 512, 10),
}.items():
    names("network", title, sizes=sizes)


@claims("network", "Too large to compute")
def _(page):
    assert not network.computed(page.settings)


# ---- back-propagation


def passed(page: SimpleNamespace) -> tuple[dict[str, float], float]:
    """Return the gradient by each input, and the value of the formula."""
    graph, passes = backpropagation.graph_of(page.text), backpropagation.passes_of(page.text, page.inputs)
    named = zip(backpropagation.names_of(graph), passes.gradients, strict=True)
    return {name: gradient for name, gradient in named if name in graph.inputs}, passes.values[-1]


def numerical(page: SimpleNamespace) -> dict[str, float]:
    """Return the same gradients by central differences."""
    graph, inputs, step = backpropagation.graph_of(page.text), dict(page.inputs), 1e-6

    def moved(name: str, by: float) -> float:
        return graph.run(inputs | {name: inputs[name] + by}).values[-1]

    return {name: (moved(name, step) - moved(name, -step)) / (2 * step) for name in graph.inputs}


def check(page: SimpleNamespace, value: float) -> None:
    """Check the value of the formula, and its gradients by differences."""
    gradients, result = passed(page)
    assert np.isclose(result, value) and gradients.keys() == numerical(page).keys()
    np.testing.assert_allclose(list(gradients.values()), list(numerical(page).values()), rtol=1e-5, atol=1e-8)


def sigmoid(z: float) -> float:
    """Return 1 / (1 + e^-z)."""
    return float(1 / (1 + np.exp(-z)))


@claims("backpropagation", "The course's neuron")
def _(page):
    check(page, sigmoid(2 * -1 + -3 * -2 - 3))
    assert "w2" in passed(page)[0] and "x2" not in passed(page)[0]


@claims("backpropagation", "With x₂ = 1 written out")
def _(page):
    check(page, sigmoid(2 * -1 + -3 * -2 - 3))
    assert dict(page.inputs)["x2"] == 1


@claims("backpropagation", "A product and a sum")
def _(page):
    check(page, (-2 + 5) * -4)
    assert {node.name for node in backpropagation.graph_of(page.text).nodes if node.operands} == {"+", "*"}


@claims("backpropagation", "Gradients add up")
def _(page):
    check(page, 2 * -1 + np.sin(2))
    graph = backpropagation.graph_of(page.text)
    assert len(graph.leaving(backpropagation.names_of(graph).index("x"))) == 2 and "is used 2 times" in page.summary


@claims("backpropagation", "A squared error")
def _(page):
    check(page, (2 * 2 - 3 + 1) ** 2)


@claims("backpropagation", "Tanh, written with exponentials")
def _(page):
    check(page, np.tanh(0.5))
    assert np.isclose(passed(page)[0]["x"], 1 - np.tanh(0.5) ** 2)


@claims("backpropagation", "Cross-entropy of a neuron")
def _(page):
    p = sigmoid(2 * -1 + 1)
    check(page, -np.log(p))
    assert np.isclose(passed(page)[0]["b"], p - 1)


# ---- initialization


def fates(page: SimpleNamespace) -> dict[str, Fate]:
    """Return what becomes of the signal under each initialization."""
    spread = initialization.spread_of(page.settings)
    named = enumerate(initialization.initializations_of(page.settings))
    return {each.name: fate(spread.deviation[:, i], spread.saturated[:, i]) for i, each in named}


for title, (activation, scheme, told) in {
    "Xavier for tanh": ("tanh", "xavier", Fate.HOLDS),
    "He for ReLU": ("relu", "he", Fate.HOLDS),
    "Too small": ("tanh", "small", Fate.FADES),
    "Too large": ("tanh", "course", Fate.SATURATES),
    "Xavier is too small for ReLU": ("relu", "xavier", Fate.FADES),
}.items():

    @claims("initialization", title)
    def _(page, activation=activation, scheme=scheme, told=told):
        assert (page.settings.activation.name, page.settings.initialization) == (activation, scheme)
        assert fates(page)[scheme] is told


names("initialization", "Sigmoid", activation=Choice("sigmoid"))


@claims("initialization", "Find σ yourself")
def _(page):
    # At first it fades; the root of 2/n keeps the signal.
    assert page.settings.initialization == initialization.OWN and fates(page)[initialization.OWN] is Fate.FADES
    n = page.settings.net.width
    assert page.deviation < INITIALIZATIONS["he"].deviation(n, n) and fates(page)["he"] is Fate.HOLDS


# ---- the vanishing gradient


def flows(page: SimpleNamespace) -> dict[str, Flow]:
    """Return what becomes of the gradient in each net."""
    return dict(zip(page.settings.nets, map(judge, vanishing.all_norms(page.settings)), strict=True))


@claims("vanishing", "Sigmoid, tanh, ReLU, leaky ReLU")
def _(page):
    told = flows(page)
    assert {net.split(".")[0] for net in told} == {"sigmoid", "tanh", "relu", "leaky_relu"}
    # Both halves of the picture say the same: where the product of slopes vanishes, and only there, the gradient does.
    products = dict(zip(page.settings.activations, page.arrays["products"][0], strict=False))
    for net, flow in told.items():
        assert flow is (Flow.VANISHES if net == "sigmoid.xavier" else Flow.HOLDS)
        assert (products[net.split(".")[0]] < 0.01) == (flow is Flow.VANISHES)


for activation, held in {"relu": ("he",), "tanh": ("xavier", "he")}.items():

    @claims("vanishing", f"Small, Xavier and He with {'ReLU' if activation == 'relu' else activation}")
    def _(page, activation=activation, held=held):
        expected = {scheme: Flow.HOLDS if scheme in held else Flow.VANISHES for scheme in ("small", "xavier", "he")}
        assert flows(page) == {f"{activation}.{scheme}": flow for scheme, flow in expected.items()}


@claims("vanishing", "The sigmoid cannot be saved")
def _(page):
    assert set(flows(page).values()) == {Flow.VANISHES} and len(flows(page)) == 3
    # Not even at z = 0, where it is steepest.
    assert page.settings.probe == 0 and page.arrays["products"][0, 0] < 1e-10


@claims("vanishing", "Weights with standard deviation 1: gradients explode")
def _(page):
    assert flows(page) == {"relu.course": Flow.EXPLODES, "relu.he": Flow.HOLDS}
