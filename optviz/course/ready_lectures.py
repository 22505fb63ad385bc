"""The lectures that are ready to be played, in English: `spoken` says one in the visitor's language."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

from optviz.course.lecture import Lecture, Scene
from optviz.course.moments import write_views
from optviz.locale.spoken import N_, _

ASK = "moment.ask"


def _scene(page: str, query: str, title: str, notes: str, ask: str = "", tab: str = "") -> Scene:
    """Return a scene with the settings of a query; a `tab` is a cell and the number of what is to be seen there."""
    parameters = {name: tuple(texts) for name, texts in parse_qs(query).items()}
    if tab:
        cell, _slash, number = tab.partition("/")
        parameters |= {"moment.views": tuple(write_views({"tabs": {cell: int(number)}}))}
    return Scene(page, title, {**parameters, **({ASK: (ask,)} if ask else {})}, notes)


READY: Mapping[str, Lecture] = {
    "learning_rate": Lecture(
        N_("The learning rate"),
        (
            _scene(
                "descent",
                "lr=0.2",
                N_("One step after the other"),
                N_(
                    "A step is the learning rate times the slope. Near the bottom the slope gets small, and so do "
                    "the steps."
                ),
            ),
            _scene(
                "descent",
                "lr=0.001",
                N_("Too small"),
                N_("Nothing is wrong, and nothing happens: after 40 steps the weight has hardly moved."),
                N_("The learning rate is 0.001. How much of the way is left after 40 steps?"),
            ),
            _scene(
                "descent",
                "curve=square&steps=20&lr=0.9",
                N_("Oscillating, and yet settling"),
                N_("Above 1/λ every step jumps over the minimum; below 2/λ it still gets nearer each time."),
                N_("The learning rate is 0.9 on θ². Does it settle?"),
                tab="steps/1",
            ),
            _scene(
                "descent",
                "curve=square&steps=20&lr=0.1&compare=0.9,1.04",
                N_("Beyond the limit"),
                N_("1.04 is only a little more than the limit of 1, and every step is larger than the one before."),
                N_("0.1, 0.9 or 1.04: which of them does not arrive?"),
                tab="steps/1",
            ),
            _scene(
                "surfaces",
                "surface=bowl&steps=50&run=sgd,lr=0.06&run=sgd,lr=0.42&run=sgd,lr=0.61",
                N_("Two weights, one learning rate"),
                N_("The steep direction sets the limit, the flat one the time: no single rate is good for both."),
            ),
            _scene(
                "descent",
                "curve=kink&lr=0.9&steps=100&schedule=exponential_decay&exponential_decay.rate=0.5",
                N_("A rate that decays"),
                N_("At a kink the slope never gets small. Only a smaller learning rate lets the weight come to rest."),
                tab="steps/2",
            ),
            _scene(
                "schedules",
                "s=constant&s=inverse_time&lr=0.3&noise=2&steps=300",
                N_("Noise needs a decay"),
                N_("With noisy gradients a constant rate keeps trembling. The decay trades speed for rest."),
                tab="curve/1",
            ),
        ),
    ),
    "sgd_to_adam": Lecture(
        N_("From SGD to Adam"),
        (
            _scene(
                "surfaces",
                "surface=bowl&steps=50&lr=0.42&run=sgd",
                N_("SGD follows the gradient"),
                N_("The path is at a right angle to the level lines, and zig-zags where the valley is narrow."),
            ),
            _scene(
                "momentum",
                "gradients=alternating",
                N_("Momentum: the zig-zag cancels"),
                N_(
                    "Gradients of alternating sign cancel in the sum; those of one sign add up to 1 / (1 − γ) times "
                    "one."
                ),
            ),
            _scene(
                "surfaces",
                "surface=bowl&steps=50&run=sgd,lr=0.61&run=momentum_classical,lr=0.61,beta=0.42",
                N_("Momentum on the bowl"),
                N_(
                    "Plain gradient descent diverges above 2/λ, momentum only above 2 (1 + β)/λ: more learning "
                    "rates work."
                ),
                N_("SGD diverges at a rate of 0.61. Does momentum, at the same rate?"),
            ),
            _scene(
                "surfaces",
                "surface=bowl&steps=50&run=adagrad,lr=0.15&run=rmsprop,lr=0.15",
                N_("AdaGrad and RMSProp: a learning rate for each weight"),
                N_("AdaGrad's sum only grows, so its steps shrink forever. RMSProp forgets and goes on."),
                tab="rates/1",
            ),
            _scene(
                "surfaces",
                "surface=saddle&steps=100&lr=0.03&run=sgd&run=momentum&run=rmsprop&run=adam",
                N_("A saddle"),
                N_(
                    "SGD hardly moves where the gradient is small. Dividing by the root of V makes a small gradient "
                    "large."
                ),
                N_("Which of the four leaves the saddle first?"),
            ),
            _scene(
                "build",
                "run=adam&steps=40",
                N_("Adam is momentum and RMSProp, with a correction"),
                N_(
                    "Two rows of numbers. Without the correction the first steps are too large: V still begins at zero."
                ),
                N_("Adam without its bias correction: are the first steps too short or too long?"),
            ),
            _scene(
                "surfaces",
                "surface=long_valley&lr=0.03&run=sgd&run=momentum_classical&run=adagrad,lr=1&run=adam,lr=0.3",
                N_("All of them in a long valley"),
                N_("Let the room choose the learning rates, and race again. No optimizer wins everywhere."),
            ),
        ),
    ),
    "overfitting": Lecture(
        N_("Overfitting"),
        (
            _scene(
                "fitting",
                "degree=1",
                N_("Underfitting"),
                N_("A line cannot bend. Both losses are large, and more data would not help."),
                tab="degree/0",
            ),
            _scene(
                "fitting",
                "",
                N_("A good fit"),
                N_("Both losses are small, close to each other and to the noise."),
                tab="degree/0",
            ),
            _scene(
                "fitting",
                "degree=15",
                N_("Overfitting"),
                N_("The training loss keeps falling, the validation loss does not: the curve has learned the noise."),
                N_("Degree 15: which of the two losses gets smaller, and which larger?"),
                tab="degree/0",
            ),
            _scene(
                "fitting",
                "degree=15&points=320",
                N_("Cure one: more data"),
                N_("The same degree, sixteen coefficients, but many points: there is no room left for the noise."),
                tab="points/0",
            ),
            _scene(
                "fitting",
                "degree=15&l2=0.01",
                N_("Cure two: L2"),
                N_("Large weights cost. The curve gets smooth, although it could still bend as much."),
                tab="l2/0",
            ),
            _scene(
                "penalties",
                "units=32&validation=0.5&l1=0.02&l2=0.05",
                N_("L1 and L2 in a net"),
                N_("L1 makes weights nearly zero, L2 makes all of them small. Look at the histograms."),
                N_("L1 or L2: which of them makes weights zero, and which only small?"),
                tab="weights/0",
            ),
            _scene(
                "classifier",
                "compare=1&b.l2=0.03&units=32&validation=0.5",
                N_("The regions of a net, without and with L2"),
                N_("The same net, the same batches: only L2 differs."),
                N_("Which of the two borders will be smooth?"),
            ),
        ),
    ),
    "vanishing_gradient": Lecture(
        N_("Activations and the vanishing gradient"),
        (
            _scene(
                "activations",
                "",
                N_("Below 0 the ReLU lets nothing through"),
                N_("Back-propagation multiplies the gradient by the slope of each activation that it passes."),
                N_("At z = −2: how much of a gradient passes the ReLU, and how much the leaky ReLU?"),
            ),
            _scene(
                "activations",
                "show=sigmoid&show=tanh&show=softsign&z=5",
                N_("S-shaped: where the slope fades"),
                N_("Far from 0 all of them are flat. Drag z: only near 0 is the slope large enough to learn."),
            ),
            _scene(
                "vanishing",
                "z=0.3",
                N_("Ten layers of sigmoids: the first learns next to nothing"),
                N_("Ten slopes of at most 1/4 are multiplied. The bars have a log axis."),
                N_("Ten layers. In which of the four nets does the first layer still learn?"),
            ),
            _scene(
                "initialization",
                "init=small",
                N_("Weights too small: the signal dies out"),
                N_("The same happens forward. A layer should pass on a signal as wide as the one it gets."),
            ),
            _scene(
                "initialization",
                "activation=relu&init=he",
                N_("He for ReLU: every layer as wide as the one before"),
                N_("A ReLU drops half of its inputs; twice the variance makes up for it."),
            ),
            _scene(
                "dead_relu",
                "lr=0.3&units=12&seed=11",
                N_("Too large a learning rate kills units for good"),
                N_("A unit whose inputs are all negative has no gradient, so it never comes back. Try the cures."),
                N_("How many of the 12 units are dead after 40 epochs?"),
            ),
            _scene(
                "dead_relu",
                "lr=0.01&init=he&cure=leaky",
                N_("No unit dies"),
                N_("Small steps, weights by He, biases 0: all units go on learning."),
            ),
        ),
    ),
    "loss_functions": Lecture(
        N_("Losses"),
        (
            _scene(
                "losses",
                "",
                N_("Squared error, absolute error, or both"),
                N_(
                    "Drag a prediction: the squared error grows with the square of the distance, the absolute error "
                    "with the distance."
                ),
            ),
            _scene(
                "losses",
                "true=1, 1.2, 0.9, 1.1, 1, 4.5&pred=1.1, 1.1, 1.1, 1.1, 1.1, 1.1&top=5&drag=true",
                N_("One outlier dominates the squared error"),
                N_("MSE would move all predictions for one point; MAE and Huber would not."),
                N_("One target is far from all others. What share of each loss is it?"),
            ),
            _scene(
                "loss_curves",
                "",
                N_("Huber: squared up to δ, linear beyond"),
                N_("Its pull grows with the error up to δ and no further."),
            ),
            _scene(
                "yoghurt",
                "",
                N_("Custom loss"),
                N_("The seller decides what a mistake costs: here a missing bottle costs 99 times as much."),
                N_("A bottle costs 1 and earns 99. Will the seller make too many or too few?"),
            ),
            _scene(
                "cross_entropy",
                "p=0.01, 0.99; 0.4, 0.6",
                N_("Confident and wrong"),
                N_("−ln p of the right class: a little doubt costs little, a confident mistake costs without limit."),
                N_("A gives the right class 0.01, B gives it 0.4. How much more does A cost?"),
            ),
            _scene(
                "softmax_loss",
                "logits=1000, -1000; -1000, 1000&onehot=1, 0; 1, 0",
                N_("Logits of 1000: the definition breaks"),
                N_(
                    "e to the 1000 does not fit into float32. A library subtracts the largest logit first, or works "
                    "with logits."
                ),
            ),
            _scene(
                "loss_curves",
                "family=logit&z=3",
                N_("Focal loss: an easy example"),
                N_("An example that is already right pulls less, so the hard ones dominate."),
            ),
        ),
    ),
}
"""The ready lectures by the names that they have in links, for ever."""


def spoken(lecture: Lecture) -> Lecture:
    """Say a ready lecture in the visitor's language."""
    return Lecture(_(lecture.title), tuple(map(_spoken, lecture.scenes)))


def _spoken(scene: Scene) -> Scene:
    asked = {ASK: tuple(map(_, scene.parameters[ASK]))} if ASK in scene.parameters else {}
    return replace(scene, title=_(scene.title), notes=_(scene.notes), parameters={**scene.parameters, **asked})
