"""What the course teaches, by the numbers of its syllabus, and where in the app each of it is shown."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs


class Row(NamedTuple):
    """One thing that is taught: its number, what is seen in one English sentence, and the link that shows it."""

    id: str
    title: str
    page: str
    query: str = ""

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """The settings of the link by name."""
        return parse_qs(self.query, strict_parsing=True) if self.query else {}


def by_id(rows: Iterable[Row]) -> Mapping[str, Row]:
    """Key rows by their numbers, in order, refusing a number that stands twice."""
    table: dict[str, Row] = {}
    for row in rows:
        if row.id in table:
            raise ValueError(f"two rows have the number {row.id}")
        table[row.id] = row
    return table


_BOWL = "surface=bowl&steps=50"

ROWS = by_id(
    (
        Row(
            "1.1",
            "One learning rate is good, one is too slow, and one settles extremely slowly",
            "descent",
            "compare=0.001,0.999",
        ),
        Row(
            "1.2",
            "Settle, oscillate and settle, or diverge on θ²",
            "descent",
            "curve=square&steps=20&lr=0.1&compare=0.9,1.04",
        ),
        Row(
            "1.3",
            "A learning rate that decays by epoch, row by row",
            "descent",
            "schedule=exponential_decay&exponential_decay.decay_steps=1&exponential_decay.rate=0.99&single=1",
        ),
        Row("1.4", "Exponential decay, smooth and staircase", "schedules"),
        Row(
            "1.5",
            "A piecewise constant learning rate, and the side that a boundary belongs to",
            "schedules",
            "s=piecewise_constant&lr=0.1&at=100",
        ),
        Row(
            "1.6",
            "Reduce on plateau and early stopping, on the validation loss",
            "classifier",
            "init=he&lr=0.3&reduce=1&reduce.patience=15&reduce.min_lr=0.0001&stop=1&stop.patience=60&epochs=400",
        ),
        Row("2", "Two rows of numbers make an optimizer, and give it its name", "build"),
        Row("2.1", "SGD follows the gradient", "surfaces", "run=sgd"),
        Row("2.2", "Momentum as an average of gradients", "surfaces", "run=sgd&run=momentum"),
        Row(
            "2.3",
            "Classical momentum: the same path at lr / (1 − β)",
            "surfaces",
            "lr=0.03&run=momentum_classical,lr=0.03&run=momentum,lr=0.3",
        ),
        Row("2.4", "Nesterov takes the gradient at a look-ahead point", "surfaces", "run=momentum&run=nesterov"),
        Row("2.5", "AdaGrad: the sum of squared gradients shortens the steps", "surfaces", "run=adagrad,lr=1"),
        Row("2.6", "RMSProp averages the squares instead", "surfaces", "run=adagrad,lr=1&run=rmsprop"),
        Row("2.7", "AdaDelta needs no learning rate", "surfaces", "run=adadelta,lr=1&run=rmsprop&steps=500"),
        Row("2.8", "Adam: both moments, bias-corrected", "surfaces", "run=momentum&run=rmsprop&run=adam"),
        Row("2.9", "Nadam: Adam with a look-ahead", "surfaces", "run=adam&run=nadam"),
        Row("2.10", "Newton's method uses the curvature", "surfaces", "run=sgd&run=newton,lr=1"),
        Row(
            "2.11",
            "SGD with lr 0.06, 0.42 and 0.61: too slow, a zig-zag that arrives, diverging",
            "surfaces",
            f"{_BOWL}&run=sgd,lr=0.06&run=sgd,lr=0.42&run=sgd,lr=0.61",
        ),
        Row(
            "2.12",
            "Momentum tames the zig-zag, oscillates again, or is smooth and fast",
            "surfaces",
            f"{_BOWL}&run=momentum_classical,lr=0.61,beta=0.42&run=momentum_classical,lr=0.61,beta=0.81"
            "&run=momentum_classical,lr=0.02,beta=0.91",
        ),
        Row(
            "2.13",
            "AdaGrad's points pile up, RMSProp's are evenly spaced",
            "surfaces",
            f"{_BOWL}&run=adagrad,lr=1&run=rmsprop,lr=0.15",
        ),
        Row(
            "2.14",
            "Adam oscillates in an S; a smaller β₁ narrows it",
            "surfaces",
            "surface=bowl&steps=30&run=adam,lr=1,beta2=0.99&run=adam,lr=1,beta1=0.5,beta2=0.99"
            "&run=adam,lr=0.35,beta1=0.5,beta2=0.99",
        ),
        Row("2.15", "SGD is stuck on the saddle, adaptive methods leave at once", "family", "race=saddle"),
        Row("2.16", "On a constant gradient momentum tends to lr · g / (1 − γ)", "momentum"),
        Row("2.17", "Muon's orthogonalized steps learn rare pairs as fast as frequent ones", "matrices"),
        Row("2.18", "A map of learning rate and momentum: where runs arrive, oscillate and diverge", "map"),
        Row("3.1", "Activations: curve, slope, range, TensorFlow call", "activations"),
        Row(
            "3.2",
            "The gradient vanishes with the depth",
            "vanishing",
            "depth=20&net=relu.he&net=sigmoid.xavier",
        ),
        Row("3.3", "ReLU units die, and three cures", "dead_relu"),
        Row("3.4", "tanh computed by its formula gives NaN at ±∞", "activations", "part=stability"),
        Row("3.5", "Advice for beginners, each piece with a link", "activations", "part=advice"),
        Row("4.1", "MSE and MAE on predictions that can be dragged: 0.145", "losses"),
        Row("4.2", "Cross-entropy: (0.8, 0.2) is nearer to (1, 0) than (0.6, 0.4)", "cross_entropy"),
        Row("4.3", "Softmax with cross-entropy, in two steps and fused", "softmax_loss"),
        Row("4.4", "A seller's custom loss leans toward the cheaper mistake", "yoghurt"),
        Row("4.5", "Huber and focal loss as curves", "loss_curves", "family=logit&z=3"),
        Row("5.1", "dot.csv: 300 points, class 1 where x₁² + x₂² < 2", "classifier", "data=dot"),
        Row("5.2", "The course's 2-11-1 net and its 0.5 contour", "classifier"),
        Row("5.3", "Without and with L2 0.03, side by side", "classifier", "compare=1&b.l2=0.03"),
        Row("5.4", "L1 makes weights nearly zero, L2 does not", "penalties", "l1=0.03&l2=0.03"),
        Row("5.5", "Which class does (0.380472, −0.21714) belong to?", "classifier", "q1=0.380472&q2=-0.21714"),
        Row("5.6", "Underfitting, a good fit and overfitting, and what helps", "fitting", "degree=15"),
        Row("5.7", "Any optimizer trains the classifier", "classifier", "optimizer=adam"),
        Row("6.1", "3-4-2 has 2 layers, 26 parameters and 20 multiply-adds", "network"),
        Row("6.2", "A forward pass through random layers, unit by unit", "network", "sizes=3,+6,+4,+6,+5"),
        Row(
            "6.3",
            "He initialization keeps the signal through ReLU layers",
            "initialization",
            "activation=relu&init=he",
        ),
        Row("6.4", "Back-propagation on a computational graph, node by node", "backpropagation"),
        Row("6.5", "Save a trained net as .keras or JSON, load it and train on", "classifier", "epochs=200"),
        Row("7.1", "A line is fitted by gradient descent on (b, w)", "regression"),
        Row(
            "7.2",
            "The cubic y = 0.9 + 0.5x + 3x² + 2.4x³ is fitted in 100 updates of lr 0.001",
            "regression",
            "degree=3&truth=0.9,+0.5,+3,+2.4&noise=0&lr=0.001&start=0",
        ),
        Row("7.3", "Logistic regression draws a line: lr 1, 1000 updates", "logistic"),
        Row("7.4", "A 2-4-1 net bends it on the same points", "logistic", "data=xor"),
        Row("7.5", "Ten-class softmax on digit images", "digits", "hidden=32&lr=0.3"),
        Row("7.6", "Download a run as event files for TensorBoard", "digits", "hidden=32"),
        Row("7.7", "A network predicts house prices, or your own table", "table"),
        Row("8", "where, rand, vstack, mgrid, cast and normal on your own numbers", "functions"),
        Row("9", "Eleven pieces of advice, and why Adam or SGD + Nesterov comes first", "practice"),
    )
)
"""Every row by its number."""
