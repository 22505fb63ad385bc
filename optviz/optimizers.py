"""Optimizers: all share four steps and differ only in how the two moments are formed.

    1. g_t                         the gradient
    2. m_t, V_t                    the first and the second moment
    3. eta_t = lr * m_t / sqrt(V_t)
    4. w_{t+1} = w_t - eta_t

Each moment of the frame is the same linear recursion `s_t = decay * s_{t-1} + gain * x_t`, read out with or without
bias correction:

|                               | m: decay, gain       | V: decay, gain       |
|-------------------------------|----------------------|----------------------|
| SGD                           | 0, 1                 | constant 1           |
| momentum, averaged            | b, 1-b               | constant 1           |
| momentum, classical           | b, 1                 | constant 1           |
| AdaGrad                       | 0, 1                 | 1, 1                 |
| RMSProp                       | 0, 1                 | b, 1-b               |
| Adam                          | b1, 1-b1, corrected  | b2, 1-b2, corrected  |

What leaves the frame (Nesterov, AdaDelta, Nadam, AMSGrad, Adamax, AdamW, Lion, Newton) is a sibling with the same
methods. Every hyper-parameter may be a number or an array that broadcasts against `w: (..., n)`, so one loop runs eight
optimizers, a sweep of learning rates, or 10,000 starts.

Conventions, decided once: the learning rate stands outside the moments; epsilon stands outside the root, after bias
correction (Kingma & Ba, PyTorch), unless `epsilon_inside`; a zero gradient never divides by zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Annotated, Any, ClassVar, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from optviz.recipes import Range, recipe, registry

Array = NDArray[np.float64]
Number = float | Array


class Objective(Protocol):
    """A pure function of the point and of the update's number: `(w: (..., n), t) -> (loss: (...), gradient: (..., n))`.

    All randomness (a batch, noise) follows from a seed and `t`, so that going back, forking a run and comparing two
    settings on the same draws are exact.
    """

    def __call__(self, w: Array, t: int) -> tuple[Array, Array]: ...


class Curved(Objective, Protocol):
    """An objective that knows its second derivatives, `hessian(w): (..., n, n)`."""

    def hessian(self, w: Array) -> Array: ...


class Look(NamedTuple):
    """What an optimizer saw of the objective at step t: the loss at `w`, and the gradient `g` at `point`."""

    w: Array
    loss: Array
    point: Array
    g: Array
    hessian: Array | None = None


class Memory(NamedTuple):
    """What an optimizer carries from one update to the next: their number, the raw moments, and one more (or None)."""

    t: int
    m: Array
    v: Array
    u: Array | None = None


class Update(NamedTuple):
    """One update: `w_{t+1} = w_t - eta`, with the moments as read out and the effective learning rate.

    `rate` is the factor between the averaged gradient `m` and `eta`, per coordinate: `lr / (sqrt(v) + epsilon)`.
    """

    m: Array
    v: Array
    rate: Number
    eta: Array


@dataclass(frozen=True)
class Moment:
    """The recursion `s_t = decay * s_{t-1} + gain * x_t` from `s_0 = initial`.

    With `debias` the sum is read out as `s_t / (1 - decay^t)`, the mean of what has been seen (Adam). `debias` is a
    number, 0 or 1, so that moments with and without it can run side by side in one array.
    """

    decay: Number = 0.0
    gain: Number = 1.0
    debias: Number = 0.0
    initial: Number = 0.0

    def push(self, s: Array, x: Array) -> Array:
        """Return the next raw moment, same shape as `s`."""
        # What only remembers the last gradient needs no arithmetic.
        return x if self is LAST else self.decay * s + self.gain * x

    def read(self, s: Array, t: int) -> Array:
        """Return the moment after `t >= 1` pushes, bias-corrected where `debias` says so."""
        if isinstance(self.debias, float) and not self.debias:
            return s
        return s / (1.0 - self.debias * self.decay**t)


LAST = Moment()
ONE = Moment(decay=1.0, gain=0.0, initial=1.0)


TINY = float(np.finfo(float).tiny)


def root(v: Array, epsilon: Number, inside: Number) -> Array:
    """Return `sqrt(v) + epsilon`, or `sqrt(v + epsilon)` where `inside` is 1; never zero.

    The smallest normal float is added, which changes nothing unless both are zero; that happens only where the
    gradient has always been zero, and so the first moment and the step are zero there.
    """
    if isinstance(inside, float):
        return np.sqrt(v + (epsilon + TINY)) if inside else np.sqrt(v) + (epsilon + TINY)
    return np.sqrt(v + (inside * epsilon + TINY)) + (1.0 - inside) * epsilon


@dataclass(frozen=True)
class Optimizer:
    """The course's frame: `eta = lr * m / (sqrt(V) + epsilon)` with two linear moments."""

    first: Moment = LAST
    second: Moment = ONE
    epsilon: Number = 0.0
    epsilon_inside: Number = 0.0

    looks_ahead: ClassVar[bool] = False
    """Whether the gradient is taken elsewhere than at `w`."""
    follows_curvature: ClassVar[bool] = False
    """Whether it divides by the curvature, so that where that is negative its steps lead uphill."""

    def init(self, w: Array) -> Memory:
        """Return the memory before the first update, for parameters of the shape of `w`."""
        return Memory(0, np.zeros_like(w) + self.first.initial, np.zeros_like(w) + self.second.initial)

    def look(self, objective: Objective, memory: Memory, w: Array, learning_rate: Number) -> Look:
        """Ask the objective for what the next update needs: here the loss and the gradient at `w`."""
        loss, g = objective(w, memory.t)
        return Look(w, loss, w, g)

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update; `learning_rate` broadcasts against `w`."""
        t, g = memory.t + 1, look.g
        m = self.first.push(memory.m, g)
        averaged = self.first.read(m, t)
        if self.second is ONE:
            return Memory(t, m, memory.v), Update(averaged, memory.v, learning_rate, learning_rate * averaged)
        v = self.second.push(memory.v, g * g)
        spread = self.second.read(v, t)
        rate = learning_rate / root(spread, self.epsilon, self.epsilon_inside)
        return Memory(t, m, v), Update(averaged, spread, rate, rate * averaged)

    def largest_rate(self, curvature: float, t: float = np.inf) -> float | None:
        """Return the learning rate above which a quadratic of this curvature makes it diverge, or None if not known.

        For `m = b m + c g` it is `2 (1 + b) / (c curvature)`; plain descent has b = 0, c = 1. `t` is the number of
        updates so far, for those whose weights change with it.
        """
        if self.second is not ONE or curvature <= 0:
            return None
        return float(2.0 * (1.0 + self.first.decay) / (self.first.gain * curvature))


@dataclass(frozen=True)
class LookAhead(Optimizer):
    """Nesterov as the course writes it: averaged momentum with `g = grad f(w - lr * m_{t-1})`."""

    looks_ahead: ClassVar[bool] = True

    def look(self, objective: Objective, memory: Memory, w: Array, learning_rate: Number) -> Look:
        """Take the loss at `w`, and the gradient at `w - lr * m`."""
        point = w - learning_rate * memory.m
        return Look(w, objective(w, memory.t)[0], point, objective(point, memory.t)[1])

    def largest_rate(self, curvature: float, t: float = np.inf) -> float | None:
        """Return the bound `2 (1 + b) / (3 (1 - b) curvature)`."""
        plain = super().largest_rate(curvature, t)
        return None if plain is None else plain / 3.0


@dataclass(frozen=True)
class NesterovKeras(Optimizer):
    """Nesterov without a second gradient: `m = b m + g`, `eta = lr * (b m + g)` (Keras, PyTorch)."""

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        m = self.first.push(memory.m, look.g)
        ahead = self.first.push(m, look.g)
        return Memory(memory.t + 1, m, memory.v), Update(ahead, memory.v, learning_rate, learning_rate * ahead)

    def largest_rate(self, curvature: float, t: float = np.inf) -> float | None:
        """Return the bound `2 (1 + b) / ((1 + 2 b) curvature)`."""
        plain = super().largest_rate(curvature, t)
        return None if plain is None else plain / (1.0 + 2.0 * float(self.first.decay))


@dataclass(frozen=True)
class AdaDelta(Optimizer):
    """`eta = lr * sqrt(U + eps) / sqrt(V + eps) * g`, with U the running mean of the squared steps `(eta / lr)^2`."""

    def init(self, w: Array) -> Memory:
        """Return the memory with `U_0 = 0`: only epsilon lets the first step move."""
        return super().init(w)._replace(u=np.zeros_like(w))

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        u = memory.u
        assert u is not None
        v = self.second.push(memory.v, look.g * look.g)
        ratio = np.sqrt(u + self.epsilon) / root(v, self.epsilon, 1.0)
        unscaled = ratio * look.g
        rate = learning_rate * ratio
        u = self.second.push(u, unscaled * unscaled)
        return Memory(memory.t + 1, look.g, v, u), Update(look.g, v, rate, rate * look.g)


@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam that looks ahead: `m` is read out with the next step's weight, `mu_t = b1 * (1 - 0.96^(t psi) / 2)`."""

    psi: Number = field(kw_only=True)

    def init(self, w: Array) -> Memory:
        """Return the memory with the running product of the weights mu in `u`."""
        return super().init(w)._replace(u=np.ones_like(w))

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        t, g, beta1 = memory.t + 1, look.g, self.first.decay
        assert memory.u is not None
        weight = beta1 * (1.0 - 0.5 * 0.96 ** (t * self.psi))
        following = beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * self.psi))
        product = memory.u * weight
        m = self.first.push(memory.m, g)
        v = self.second.push(memory.v, g * g)
        ahead = following * m / (1.0 - product * following) + (1.0 - weight) * g / (1.0 - product)
        spread = self.second.read(v, t)
        rate = learning_rate / root(spread, self.epsilon, self.epsilon_inside)
        return Memory(t, m, v, product), Update(ahead, spread, rate, rate * ahead)

    def largest_rate(self, curvature: float, t: float = np.inf) -> float | None:
        """Return the bound `2 (1 + b) / ((1 + b - 2 b mu_t) curvature)`; mu_t tends to b, but at psi = 0 stays b/2."""
        plain = super().largest_rate(curvature, t)
        if plain is None:
            return None
        decay, psi = float(self.first.decay), float(self.psi)
        weight = decay * (1.0 - 0.5 * 0.96 ** (t * psi if psi else 0.0))
        return plain * (1.0 - decay) / (1.0 + decay - 2.0 * decay * weight)


@dataclass(frozen=True)
class AMSGrad(Optimizer):
    """Adam whose second moment never shrinks: `eta = lr * m^ / (sqrt(max_k V_k / (1 - b2^t)) + eps)`."""

    def init(self, w: Array) -> Memory:
        """Return the memory with the largest V so far in `u`."""
        return super().init(w)._replace(u=np.zeros_like(w))

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        t, g = memory.t + 1, look.g
        assert memory.u is not None
        m = self.first.push(memory.m, g)
        v = self.second.push(memory.v, g * g)
        largest = np.maximum(memory.u, v)
        averaged, spread = self.first.read(m, t), self.second.read(largest, t)
        rate = learning_rate / root(spread, self.epsilon, self.epsilon_inside)
        return Memory(t, m, v, largest), Update(averaged, spread, rate, rate * averaged)


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam in the infinity norm: `u = max(b2 u, |g|)`, `eta = lr * m^ / (u + eps)`.

    The memory has u in the place of `v`, for the square of a gradient may overflow; the update shows `u^2`.
    """

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        t, g = memory.t + 1, look.g
        m = self.first.push(memory.m, g)
        u = np.maximum(self.second.decay * memory.v, np.abs(g))
        averaged = self.first.read(m, t)
        rate = learning_rate / (u + (self.epsilon + TINY))
        return Memory(t, m, u), Update(averaged, u * u, rate, rate * averaged)


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam with the weight decay beside the gradient, not in it: `eta = eta_Adam + lr * decay * w`."""

    weight_decay: Number = field(kw_only=True)

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        memory, update = super().step(memory, look, learning_rate)
        return memory, update._replace(eta=update.eta + learning_rate * self.weight_decay * look.w)


@dataclass(frozen=True)
class Lion(Optimizer):
    """`eta = lr * sign(b1 m + (1-b1) g)`, then `m = b2 m + (1-b2) g`: every coordinate steps by lr."""

    mixing: Number = field(kw_only=True)

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        direction = np.sign(self.mixing * memory.m + (1.0 - self.mixing) * look.g)
        m = self.first.push(memory.m, look.g)
        return Memory(memory.t + 1, m, memory.v), Update(direction, memory.v, learning_rate, learning_rate * direction)

    def largest_rate(self, curvature: float, t: float = np.inf) -> None:
        """Return None: no bound of this kind holds."""
        return None


@dataclass(frozen=True)
class Newton(Optimizer):
    """Second order: `eta = lr * (H + damping I)^-1 g`, on objectives that know their Hessian.

    It runs to any point with zero gradient, saddles and maxima too; a singular H is solved in the least-squares sense.
    """

    damping: Number = field(kw_only=True)

    follows_curvature: ClassVar[bool] = True

    def look(self, objective: Objective, memory: Memory, w: Array, learning_rate: Number) -> Look:
        """Ask for the Hessian too; TypeError where the objective has none."""
        try:
            hessian = cast(Curved, objective).hessian(w)
        except AttributeError as error:
            raise TypeError("Newton's method needs an objective with a Hessian") from error
        return super().look(objective, memory, w, learning_rate)._replace(hessian=hessian)

    def step(self, memory: Memory, look: Look, learning_rate: Number) -> tuple[Memory, Update]:
        """Return the next memory and the update."""
        hessian = look.hessian
        assert hessian is not None
        damped = hessian + np.asarray(self.damping)[..., None] * np.eye(hessian.shape[-1])
        finite = np.isfinite(damped).all((-1, -2)) & np.isfinite(look.g).all(-1)
        known = np.asarray(finite)[..., None]
        inverse = np.linalg.pinv(np.where(known[..., None], damped, 0.0), hermitian=True)
        direction = np.where(known, np.matvec(inverse, np.where(known, look.g, 0.0)), np.nan)
        return Memory(memory.t + 1, direction, memory.v), Update(
            direction, memory.v, learning_rate, learning_rate * direction
        )

    def largest_rate(self, curvature: float, t: float = np.inf) -> None:
        """Return None: no bound of this kind holds."""
        return None


Beta = Annotated[float, Range(0.0, 0.9999, r"\beta", "decay")]
Beta1 = Annotated[float, Range(0.0, 0.9999, r"\beta_1", "decay")]
Beta2 = Annotated[float, Range(0.0, 0.99999, r"\beta_2", "decay")]
Epsilon = Annotated[float, Range(1e-12, 1.0, r"\epsilon", "log")]
Inside = Annotated[bool, Range(0, 1, r"\sqrt{V+\epsilon}")]


def average(beta: Number, debias: float = 0.0) -> Moment:
    """Return the exponential moving average `s = beta s + (1-beta) x`."""
    return Moment(beta, 1.0 - beta, debias)


@recipe("SGD", formula=r"m_t = g_t,\quad V_t = 1,\quad \eta_t = lr \cdot g_t", source="Robbins & Monro 1951")
def sgd() -> Optimizer:
    """Plain gradient descent: straight against the gradient."""
    return Optimizer()


@recipe(
    "Momentum (averaged)",
    formula=r"m_t = \beta m_{t-1} + (1-\beta) g_t,\quad V_t = 1,\quad \eta_t = lr \cdot m_t",
    source="Polyak 1964; PyTorch with dampening = momentum, but for its first step, which is not damped",
)
def momentum(beta: Beta = 0.9) -> Optimizer:
    """The course's form. With lr / (1 - beta) it follows the same path as the classical form."""
    return Optimizer(average(beta))


@recipe(
    "Momentum (classical)",
    formula=r"m_t = \beta m_{t-1} + g_t,\quad V_t = 1,\quad \eta_t = lr \cdot m_t",
    source="Polyak 1964; Keras, PyTorch",
)
def momentum_classical(beta: Beta = 0.9) -> Optimizer:
    """Keras' and PyTorch's form. Keras keeps lr inside the velocity: the same path while lr is constant."""
    return Optimizer(Moment(beta, 1.0))


@recipe(
    "Nesterov (look-ahead)",
    formula=r"g_t = \nabla f(w_t - lr \cdot m_{t-1}),\quad m_t = \beta m_{t-1} + (1-\beta) g_t,"
    r"\quad \eta_t = lr \cdot m_t",
    source="Nesterov 1983; the course's form",
)
def nesterov(beta: Beta = 0.9) -> Optimizer:
    """The gradient is computed ahead, where one more step like the last would lead."""
    return LookAhead(average(beta))


@recipe(
    "Nesterov (Keras)",
    formula=r"m_t = \beta m_{t-1} + g_t,\quad \eta_t = lr \,(\beta m_t + g_t)",
    source="Sutskever et al. 2013; Keras and PyTorch with nesterov = True",
)
def nesterov_keras(beta: Beta = 0.9) -> Optimizer:
    """The same idea in shifted coordinates: one gradient, at w, is enough."""
    return NesterovKeras(Moment(beta, 1.0))


@recipe(
    "AdaGrad",
    formula=r"m_t = g_t,\quad V_t = V_{t-1} + g_t^2,\quad \eta_t = lr \cdot \frac{g_t}{\sqrt{V_t} + \epsilon}",
    source="Duchi, Hazan & Singer 2011",
)
def adagrad(
    epsilon: Epsilon = 1e-7,
    epsilon_inside: Inside = False,
    initial_accumulator: Annotated[float, Range(0.0, 1.0, "V_0")] = 0.0,
) -> Optimizer:
    """The steps shrink as squared gradients add up. Keras starts at V_0 = 0.1 with epsilon inside the root."""
    return Optimizer(LAST, Moment(1.0, 1.0, initial=initial_accumulator), epsilon, float(epsilon_inside))


@recipe(
    "RMSProp",
    formula=r"m_t = g_t,\quad V_t = \beta V_{t-1} + (1-\beta) g_t^2,"
    r"\quad \eta_t = lr \cdot \frac{g_t}{\sqrt{V_t} + \epsilon}",
    source="Tieleman & Hinton 2012",
)
def rmsprop(beta: Beta = 0.9, epsilon: Epsilon = 1e-7, epsilon_inside: Inside = False) -> Optimizer:
    """AdaGrad that forgets old gradients. Keras puts epsilon inside the root."""
    return Optimizer(LAST, average(beta), epsilon, float(epsilon_inside))


@recipe(
    "AdaDelta",
    formula=r"V_t = \beta V_{t-1} + (1-\beta) g_t^2,\quad "
    r"\eta_t = lr \cdot \frac{\sqrt{U_{t-1} + \epsilon}}{\sqrt{V_t + \epsilon}}\, g_t,\quad "
    r"U_t = \beta U_{t-1} + (1-\beta) (\eta_t / lr)^2",
    source="Zeiler 2012, algorithm 1",
)
def adadelta(beta: Beta = 0.9, epsilon: Epsilon = 1e-6) -> Optimizer:
    """Needs no learning rate (lr = 1). As U_0 = 0, only a nonzero epsilon lets it start to move."""
    return AdaDelta(LAST, average(beta), epsilon, 1.0)


@recipe(
    "Adam",
    formula=r"m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t,\quad V_t = \beta_2 V_{t-1} + (1-\beta_2) g_t^2,\quad "
    r"\eta_t = lr \cdot \frac{m_t / (1-\beta_1^t)}{\sqrt{V_t / (1-\beta_2^t)} + \epsilon}",
    source="Kingma & Ba 2015",
)
def adam(
    beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8, epsilon_inside: Inside = False
) -> Optimizer:
    """Both moments, bias-corrected. Keras corrects after adding epsilon; this matters only while V is near epsilon."""
    return Optimizer(average(beta1, 1.0), average(beta2, 1.0), epsilon, float(epsilon_inside))


@recipe(
    "Nadam",
    formula=r"\mu_t = \beta_1 (1 - \tfrac12 0.96^{t\psi}),\quad \hat m_t = "
    r"\frac{\mu_{t+1} m_t}{1-\prod_{i\le t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i\le t}\mu_i},\quad "
    r"\eta_t = lr \cdot \frac{\hat m_t}{\sqrt{V_t/(1-\beta_2^t)} + \epsilon}",
    source="Dozat 2016",
)
def nadam(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    psi: Annotated[float, Range(0.0, 1.0, r"\psi")] = 1.0,
) -> Optimizer:
    """Adam with Nesterov's look-ahead. psi = 1 is Keras' momentum schedule, psi = 0.004 is PyTorch's."""
    return Nadam(average(beta1, 1.0), average(beta2, 1.0), epsilon, psi=psi)


@recipe(
    "AMSGrad",
    formula=r"\tilde V_t = \max(\tilde V_{t-1}, V_t),\quad \eta_t = lr \cdot "
    r"\frac{m_t / (1-\beta_1^t)}{\sqrt{\tilde V_t / (1-\beta_2^t)} + \epsilon}",
    source="Reddi, Kale & Kumar 2018",
)
def amsgrad(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8) -> Optimizer:
    """Adam whose effective learning rate never grows again."""
    return AMSGrad(average(beta1, 1.0), average(beta2, 1.0), epsilon)


@recipe(
    "Adamax",
    formula=r"u_t = \max(\beta_2 u_{t-1}, |g_t|),\quad \eta_t = lr \cdot \frac{m_t / (1-\beta_1^t)}{u_t + \epsilon}",
    source="Kingma & Ba 2015, section 7.1",
)
def adamax(beta1: Beta1 = 0.9, beta2: Beta2 = 0.999, epsilon: Epsilon = 1e-8) -> Optimizer:
    """Adam with the largest recent gradient instead of the root mean square.

    Epsilon is added to the maximum, as in Keras; PyTorch and optax add it to |g| inside.
    """
    return Adamax(average(beta1, 1.0), Moment(beta2), epsilon)


@recipe(
    "AdamW",
    formula=r"\eta_t = \eta_t^{\mathrm{Adam}} + lr \cdot \lambda\, w_t",
    source="Loshchilov & Hutter 2019",
)
def adamw(
    beta1: Beta1 = 0.9,
    beta2: Beta2 = 0.999,
    epsilon: Epsilon = 1e-8,
    weight_decay: Annotated[float, Range(0.0, 1.0, r"\lambda")] = 0.01,
) -> Optimizer:
    """Adam with decoupled weight decay: the decay is not divided by the root of V."""
    return AdamW(average(beta1, 1.0), average(beta2, 1.0), epsilon, weight_decay=weight_decay)


@recipe(
    "Lion",
    formula=r"\eta_t = lr \cdot \mathrm{sign}(\beta_1 m_{t-1} + (1-\beta_1) g_t),\quad "
    r"m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t",
    source="Chen et al. 2023",
)
def lion(beta1: Beta1 = 0.9, beta2: Beta2 = 0.99) -> Optimizer:
    """Only the sign of the momentum counts: use a learning rate three to ten times smaller than Adam's."""
    return Lion(average(beta2), ONE, mixing=beta1)


@recipe(
    "Newton",
    formula=r"\eta_t = lr \cdot (H_t + \delta I)^{-1} g_t",
    source="Newton 1685, Raphson 1690; H is the Hessian at w_t",
)
def newton(damping: Annotated[float, Range(0.0, 10.0, r"\delta")] = 0.0) -> Optimizer:
    """Second order, on surfaces only: at lr = 1 one step solves a quadratic, but it also goes to saddles and maxima."""
    return Newton(damping=damping)


def stack(optimizers: Sequence[Optimizer]) -> Optimizer:
    """Return one optimizer that runs several of the same class side by side on `w: (len(optimizers), n)`.

    Every hyper-parameter becomes a column `(len(optimizers), 1)`; numbers that all agree on stay numbers.
    """
    classes = {type(o) for o in optimizers}
    if len(classes) != 1:
        raise TypeError(f"only optimizers of one class stack, not {sorted(c.__name__ for c in classes)}")
    stacked: Optimizer = _stack(optimizers)
    return stacked


def spread(optimizer: Optimizer, shape: tuple[int, ...]) -> Optimizer:
    """Return the optimizer with every array among its hyper-parameters repeated to the shape of `w`.

    The numbers are the same, but NumPy takes a third of the time over small arrays that need no broadcasting.
    """
    full: Optimizer = _spread(optimizer, shape)
    return full


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(value, np.ndarray):
        return np.broadcast_to(value, shape).copy()
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {part.name: getattr(value, part.name) for part in fields(value)}
    changed = {name: full for name, part in parts.items() if (full := _spread(part, shape)) is not part}
    return replace(value, **changed) if changed else value


def _stack(values: Sequence[Any]) -> Any:
    if all(value == values[0] for value in values):
        return values[0]
    first = values[0]
    if is_dataclass(first) and not isinstance(first, type):
        names = [part.name for part in fields(first)]
        return replace(first, **{name: _stack([getattr(value, name) for value in values]) for name in names})
    return np.array(values, dtype=float)[:, None]


OPTIMIZERS = registry(
    (
        sgd,
        momentum,
        momentum_classical,
        nesterov,
        nesterov_keras,
        adagrad,
        rmsprop,
        adadelta,
        adam,
        nadam,
        amsgrad,
        adamax,
        adamw,
        lion,
        newton,
    )
)

__all__ = ["OPTIMIZERS", "Look", "Memory", "Moment", "Objective", "Optimizer", "Update", "root", "spread", "stack"]
