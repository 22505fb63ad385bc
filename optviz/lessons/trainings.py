"""The classifier page's training: the nets that it trains, a little at a time, and the rows that the panels follow."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optviz.arrays import Array, Number
from optviz.figures.classifier import PERCENT
from optviz.figures.panels import Thinned
from optviz.lessons.training_settings import CELLS, Method, Settings, activation_of, axis_of, points_of
from optviz.networks.classifier import ENGINES, Classifier, Engine, Epoch, measure, train
from optviz.networks.datasets import BOUNDARY
from optviz.networks.losses import LOSSES
from optviz.networks.network import Network
from optviz.networks.plateau import Watched, relay, supervise
from optviz.networks.seeds import middle
from optviz.networks.tensorflow_engine import EngineMissing
from optviz.networks.training_diagnosis import Finding, Trouble, constant_loss, diagnose
from optviz.optimization.anatomy import Line, Spectrum, lines, spectra
from optviz.optimization.objectives import Penalized, regularized
from optviz.optimization.optimizers import OPTIMIZERS, Look, Memory, Optimizer
from optviz.optimization.schedules import factor_of
from optviz.optimization.trials import Leg, Trial

Rows = NDArray[np.float32]
Pictures = NDArray[np.uint8]

TICK = 0.06
"""The seconds of training between two updates of the picture."""

PERIOD = 0.1
"""The seconds from one update of the picture to the next."""

WHOLE = 0.2
"""A training that takes no longer is shown when it is over; a longer one as it goes."""

DEAR, PATIENCE, MOST_KEPT = 2.0, 4.0, 12
"""The seconds of a training that others get to see, those for which they wait for it, and how many such are kept."""

REACH = 3.0
"""The half width of the weights' histogram, at least."""

FRAMES = 100
BINS = 41
MOST_EPOCHS = 15_000

PARTS = 80_000
FEWEST_PARTS = 6
"""The numbers that the picture of a net may take, a third of a MiB, three for each weight and bias; and how often even
the widest one moves."""

SNAPSHOTS = 25_000
FEWEST_SNAPSHOTS = 6
"""The numbers that the weights of earlier epochs may take, for histograms: a tenth of a MiB for each net."""

NUMBERS = ("loss", "penalty", "validation_loss", "accuracy", "validation_accuracy", "learning_rate")
"""The numbers of an epoch that are drawn as curves, in the order of their columns; `loss` is the data's alone."""

BANDED = ("loss", "validation_loss", "accuracy", "validation_accuracy")
"""The numbers of which several starts have a band, three columns each: the median and the ends of the middle half."""

MARKS = ("reduced", "stopped", "best_epoch", "best_loss")
"""What a rule did in an epoch: the loss where it reduced the rate or stopped, and where the loss was best so far."""


def _classifier(settings: Settings, engine: Engine) -> Classifier:
    network = Network(settings.sizes, activation_of(settings))
    data = points_of(settings.sample)[0]
    loss = LOSSES[settings.loss]
    seed = settings.seed if settings.starts == 1 else settings.seeds
    return Classifier(network, loss, data, settings.batch_size, seed, settings.shuffle, engine)


def _start(settings: Settings, network: Network) -> Array:
    starts = [
        settings.start.w if settings.start else network.init(seed, settings.initialization) for seed in settings.seeds
    ]
    return starts[0] if len(starts) == 1 else np.stack(starts)


def trial_of(settings: Settings, method: Method, classifier: Classifier) -> Trial[Penalized]:
    """Return a training as it is made, with the penalty of each of its legs."""

    def penalized(l2: float) -> Penalized:
        return Penalized(classifier, method.l1, l2, classifier.network.weight_mask)

    first, switch = method.trainer, method.switch
    trial = Trial.of(
        penalized(method.l2),
        first.optimizer.of(OPTIMIZERS),
        first.learning_rate,
        factor_of(settings.schedule, settings.warmup),
    )
    if switch is None:
        return trial
    return trial.forked(
        switch.epoch * classifier.steps_per_epoch,
        ground=penalized(method.l2_at(switch.epoch)),
        optimizer=switch.trainer.optimizer.of(OPTIMIZERS),
        learning_rate=switch.trainer.learning_rate,
        anew=True,
    )


class Begun(NamedTuple):
    """An update as it begins, at a look around and a learning rate."""

    optimizer: Optimizer
    memory: Memory
    look: Look
    learning_rate: float


class Net:
    """One net in training, from one start or from several side by side, with the rows of all its epochs.

    Its `settings` have one method. Of several starts the one whose loss is the smallest at the moment is drawn;
    `whole` says whether the net itself is drawn as well, beside its regions.
    """

    def __init__(self, settings: Settings, engine: Engine, *, whole: bool) -> None:
        self.settings, self.method, self.whole = settings, settings.methods[0], whole
        self.classifier = _classifier(settings, engine)
        self.trial = trial_of(settings, self.method, self.classifier)
        self.start = _start(settings, self.classifier.network)
        self.edges = bins_of(self.start)
        """Those of the histogram of its weights."""
        self._axis = axis_of(settings.sample)
        self._training = self._begin(self.start)
        self.clock: Rows = np.empty(0, np.float32)
        """The seconds of the processor that it had taken after each epoch."""
        self.numbers: Rows = np.empty((0, len(NUMBERS)), np.float32)
        self.marks: Rows = np.empty((0, len(MARKS)), np.float32)
        self.losses: Rows = np.empty((0, settings.starts), np.float32)
        self.bands: Rows = np.empty((0, 3 * len(BANDED)), np.float32)
        self.regions: Pictures = np.empty((0, CELLS, CELLS), np.uint8)
        self.best_regions: Pictures = np.empty((0, CELLS, CELLS), np.uint8)
        self.weights: Rows = np.empty((0, BINS), np.float32)
        self.parts: Rows = np.empty((0, 3 * self.classifier.network.parameters), np.float32)
        """Parameters, their gradient, and how the update that follows changes them, every `parts_stride` epochs."""
        self.parts_stride = parts_stride(settings)
        self.dead: Rows = np.empty(0, np.float32)
        """The share of dead units in each picture."""
        self.reductions: list[tuple[int, int, float]] = []
        """Start, epoch and new learning rate of each reduction on plateau."""
        self.snapshots: dict[int, Rows] = {}
        """The weights after some epochs, in single precision, as many as `SNAPSHOTS` has room for."""
        self._apart = 1
        self.epoch = -1
        self.starts: Watched
        """How all starts stand."""
        self.leader = 0
        """The number of the best start."""
        self.shown: Watched
        """How the best start stands."""
        self.left: Epoch
        """What one would go away with: the last epoch, or the best one where that was asked for."""

    def _begin(self, start: Array) -> Iterator[Watched]:
        return relay(self.trial, self.classifier.steps_per_epoch, start, self._supervised)

    def _supervised(self, leg: Leg[Penalized], start: Array | Watched) -> Iterator[Watched]:
        settings, validation = self.settings, points_of(self.settings.sample)[1]
        penalties = {"l1": leg.ground.l1, "l2": leg.ground.l2}
        stopping, reducing = (settings.stopping, settings.reducing) if settings.watched else (None, None)

        def begin(start: Array | Epoch, rate: Number) -> Iterator[Epoch]:
            return train(self.classifier, leg.optimizer, leg.schedule(rate), start, validation=validation, **penalties)

        return supervise(begin, start, leg.learning_rate, stopping=stopping, reducing=reducing)

    def leg_after(self, epoch: int) -> Leg[Penalized]:
        """Return the leg that makes the updates after an epoch."""
        return self.trial.at(epoch * self.classifier.steps_per_epoch)

    def again(self) -> Iterator[Watched]:
        """Train once more: the numbers are the same."""
        return self._begin(self.start)

    def first_update(self, epoch: Epoch) -> list[Line]:
        """Return the lines of the first update after an epoch, of a single start."""
        return lines(*self._begun(epoch))

    def spectra(self, epoch: Epoch) -> list[Spectrum]:
        """Return the singular values of that update's gradient and step, layer by layer, of a rule for matrices."""
        return spectra(*self._begun(epoch))

    def _begun(self, epoch: Epoch) -> Begun:
        """Return the first update after an epoch of the start that is shown."""
        leg, classifier = self.leg_after(epoch.epoch), self.classifier
        if self.several:
            classifier = replace(classifier, seed=self.settings.seeds[self.leader])
        penalty = leg.ground
        objective = regularized(classifier, l1=penalty.l1, l2=penalty.l2, mask=penalty.mask)
        optimizer = leg.optimizer.on(classifier.network.tensors)
        memory = epoch.memory or optimizer.init(epoch.w)
        rate = float(epoch.learning_rate)
        with np.errstate(all="ignore"):
            return Begun(optimizer, memory, optimizer.look(leg.counted(objective), memory, epoch.w, rate), rate)

    @property
    def over(self) -> bool:
        """Whether it has diverged or was stopped early, in all its starts."""
        return bool(self.starts.epoch.reason)

    @property
    def several(self) -> bool:
        """Whether there is more than one start."""
        return self.settings.starts > 1

    @property
    def restored(self) -> bool:
        """Whether what is left is the best epoch again."""
        return self.left is not self.shown.epoch

    @property
    def standing(self) -> Array:
        """The loss for which each start counts, (starts,): its best one where that is restored; nan if diverged."""
        watch, stopping = self.starts.watch, self.settings.stopping
        losses = self.starts.loss
        if stopping and stopping.restore and watch:
            losses = np.where(np.isfinite(losses) & (watch.best_epoch > 0), watch.best, losses)
        return np.atleast_1d(losses)

    def make_room(self, rows: int, frames: int) -> None:
        """Have room for as many rows and pictures."""
        self.numbers, self.clock = _longer(self.numbers, rows, np.nan), _longer(self.clock, rows, np.nan)
        self.regions = _longer(self.regions, frames, 0)
        self.weights = _longer(self.weights, frames, 0)
        self.parts = _longer(self.parts, (rows - 1) // self.parts_stride + 1 if frames and self.whole else 0, 0)
        self.dead = _longer(self.dead, frames, 0)
        if self.settings.watched:
            self.marks = _longer(self.marks, rows, np.nan)
        if self.settings.watched and self.settings.stopping:
            self.best_regions = _longer(self.best_regions, frames, 0)
        if self.several:
            self.losses = _longer(self.losses, rows, np.nan)
            self.bands = _longer(self.bands, rows, np.nan)

    def train(self) -> None:
        """Train for an epoch; what is over keeps its last picture, and its curves end."""
        self.epoch += 1
        used = time.thread_time()
        following = next(self._training, None)
        if following is None:
            return
        before = float(self.clock[self.epoch - 1]) if self.epoch else 0.0
        self.clock[self.epoch] = before + time.thread_time() - used
        self.starts = self.shown = following
        if self.several:
            standing = self.standing
            if np.isfinite(standing).any():
                self.leader = int(np.nanargmin(standing))
            self.shown = self._penalized(following.run(self.leader))
        self.left = self.shown.epoch
        with np.errstate(over="ignore"):
            self.numbers[self.epoch] = [getattr(self.left, name) for name in NUMBERS]
            if self.several:
                self.losses[self.epoch] = self._going()
                self.bands[self.epoch] = np.concatenate([self._band(name) for name in BANDED])
        self._mark(following)
        if following.epoch.reason == "stopped" and self.settings.stopping and self.settings.stopping.restore:
            self.restore()

    def _penalized(self, start: Watched) -> Watched:
        """Return how one of several starts stands under the penalty that it was trained with.

        One that was stopped before the fork never saw the L2 under which the others go on.
        """
        watch = start.watch
        if watch is None or not watch.stopped:
            return start
        # Who was stopped in the very epoch of the fork never went on from it.
        penalty = self.leg_after(int(watch.stopped_at) - 1).ground.penalty(start.epoch.w)
        return start._replace(epoch=start.epoch._replace(penalty=penalty[()]))

    def _band(self, name: str) -> Array:
        epoch = self.starts.epoch
        # A start that diverged has the worst loss and the worst accuracy.
        known = np.where(epoch.finite, getattr(epoch, name), np.nan)
        return middle(known, -np.inf if name.endswith("accuracy") else np.inf)

    @property
    def ends(self) -> Array:
        """The loss by which starts are compared, (starts,): the validation's, or the data's; nan of one that diverged.

        With restored weights it is that of each start's best epoch.
        """
        epoch = self.starts.epoch
        return self.standing if self.settings.held_out else np.where(epoch.finite, epoch.loss, np.nan).reshape(-1)

    def _going(self) -> Array:
        """Return the loss of each start that still trains: the curves of the others end."""
        watch, losses = self.starts.watch, self.starts.loss
        return losses if watch is None else np.where(watch.stopped & (watch.stopped_at < self.epoch), np.nan, losses)

    def _mark(self, following: Watched) -> None:
        pace, watch = self.shown.pace, self.shown.watch
        if following.pace and following.pace.reduced.any():
            rates = np.atleast_1d(following.pace.learning_rate)
            reduced = np.flatnonzero(following.pace.reduced)
            self.reductions += [(int(run), following.epoch.epoch, float(rates[run])) for run in reduced]
        if pace and pace.reduced:
            self.marks[self.epoch, 0] = self.shown.loss
        if watch and watch.stopped_at == self.epoch > 0:
            self.marks[self.epoch, 1] = self.shown.loss
        if watch and watch.best_epoch:
            self.marks[self.epoch, 2:] = watch.best_epoch, watch.best

    def draw(self, frame: int) -> None:
        """Draw the picture of this moment."""
        w, watch = self.shown.epoch.w, self.shown.watch
        self.regions[frame] = self._grid(w)
        self.weights[frame] = count(w[self.classifier.network.weight_mask > 0], self.edges)
        self.dead[frame] = self.classifier.dead_units(w)
        if self.whole and self.epoch % self.parts_stride == 0:
            self.parts[self.epoch // self.parts_stride] = self._parts(self.shown.epoch)
        if watch:
            self.best_regions[frame] = self._grid(watch.w)
        if frame % self._apart == 0:
            self._keep(w)

    def _keep(self, w: Array) -> None:
        self.snapshots[self.epoch] = w.astype(np.float32)
        if len(self.snapshots) > max(FEWEST_SNAPSHOTS, SNAPSHOTS // len(w)):
            self._apart *= 2
            self.snapshots = dict(list(self.snapshots.items())[::2])

    @np.errstate(all="ignore")
    def _parts(self, epoch: Epoch) -> Rows:
        optimizer, memory, look, rate = self._begun(epoch)
        return np.concatenate([epoch.w, look.g, -optimizer.step(memory, look, rate)[1].eta]).astype(np.float32)

    def _grid(self, w: Array) -> Pictures:
        return percent(self.classifier.regions(w, self._axis, self._axis))

    @property
    def slope(self) -> float:
        """The norm of the gradient of what is minimized, over all training points, where the net is left."""
        epoch = self.left
        whole = replace(self.classifier, batch_size=len(self.classifier.data))
        penalized = replace(self.leg_after(epoch.epoch).ground, objective=whole)
        return float(np.linalg.norm(penalized(epoch.w, 0)[1]))

    def minimized(self, rows: int) -> Rows:
        """Return the loss with its penalty after each epoch, (rows,)."""
        loss, penalty = (self.numbers[:rows, NUMBERS.index(name)] for name in ("loss", "penalty"))
        return loss + penalty

    def restore(self) -> None:
        """Take back the weights of the best epoch, of the best start, as Keras does when a training ends."""
        watch = self.shown.watch
        if watch is None or watch.best_epoch in (0, self.epoch) or self.starts.epoch.reason == "diverged":
            return
        penalty = self.leg_after(int(watch.best_epoch)).ground
        numbers = measure(self.classifier, points_of(self.settings.sample)[1], penalty, watch.w)
        last = self.shown.epoch
        self.left = Epoch(int(watch.best_epoch), watch.w, *numbers, last.learning_rate, None, last.reason)


class Training:
    """One visitor's training of one to eight nets, advanced a little at a time, with the rows of all epochs so far.

    It draws nothing at random of its own: stopped and continued it gives the numbers of an uninterrupted one. Raises
    DataError; where the engine's package is not installed NumPy takes its place, and `install` says what is missing.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.install = ""
        self._engine = ENGINES[settings.engine]
        try:
            self._engine.make(Network(settings.sizes, activation_of(settings)), LOSSES[settings.loss])
        except EngineMissing as error:
            self.install = error.install
            self._engine = ENGINES["numpy"]
        self.nets = [self._net(settings.of(side)) for side in range(len(settings.methods))]
        widest = max(self.nets, key=lambda net: float(net.edges[-1]))
        for net in self.nets:
            net.edges = widest.edges
        self.ghosts = {side: self._ghost(settings.of(side)) for side, m in enumerate(settings.methods) if m.haunted}
        """The trainings as they were, of each side that was forked: only their numbers are shown."""
        self.stride = stride_of(settings.epochs)
        self.target = settings.epochs
        # What was loaded is shown as it is.
        self.stopped = settings.start is not None
        self.shared = False
        """Whether other visitors may see it as well."""
        self.seconds = 0.0
        """What it has taken so far, of the processor: a busy machine makes no training longer."""
        self.epoch = -1
        self._make_room()
        self._train_epoch()

    def _net(self, settings: Settings) -> Net:
        return Net(settings, self._engine, whole=not self.settings.crowded)

    def _ghost(self, settings: Settings) -> Net:
        return self._net(replace(settings, methods=(replace(settings.methods[0], switch=None),)))

    @property
    def edges(self) -> Array:
        """Those of the histograms' bins."""
        return self.nets[0].edges

    @property
    def latest(self) -> tuple[Epoch, ...]:
        """What is left of each net after its last epoch."""
        return tuple(net.left for net in self.nets)

    @property
    def over(self) -> bool:
        """Whether no net is left that could be trained on."""
        return all(net.over for net in self.nets)

    @property
    def running(self) -> bool:
        """Whether more epochs are to come."""
        left = not all(net.over for net in (*self.nets, *self.ghosts.values()))
        return not self.stopped and self.epoch < self.target and left

    def advance(self, seconds: float = TICK) -> None:
        """Train for some time, at least one epoch, unless it is over."""
        begun, used = time.monotonic(), time.thread_time()
        while self.running:
            self._train_epoch()
            if time.monotonic() >= begun + seconds:
                break
        self.seconds += time.thread_time() - used

    def hurry(self) -> None:
        """Train to the end as long as the pace tells that it takes no longer than `WHOLE` from here on.

        The very first epochs may be slower than all others and tell nothing.
        """
        since = self.seconds
        self.advance(WHOLE / 20)
        while self.running:
            epoch, seconds = self.epoch, self.seconds
            self.advance(WHOLE / 20)
            left = (self.target - self.epoch) * (self.seconds - seconds) / (self.epoch - epoch)
            if self.seconds - since + left > WHOLE:
                break

    def stop(self) -> None:
        """Stop after the epoch that is done."""
        self.stopped = True

    def go_on(self) -> None:
        """Go on: to the end if it was stopped before, else for as many epochs more as were asked for."""
        self.stopped = False
        if self.epoch >= self.target:
            self.target = min(self.target + self.settings.epochs, MOST_EPOCHS)
            self._make_room()

    def _make_room(self) -> None:
        for net in self.nets:
            net.make_room(self.target + 1, self.target // self.stride + 1)
        for ghost in self.ghosts.values():
            ghost.make_room(self.target + 1, 0)

    def _train_epoch(self) -> None:
        self.epoch += 1
        stopping = self.settings.stopping
        for net in (*self.nets, *self.ghosts.values()):
            net.train()
            if self.epoch == self.target and stopping and stopping.restore:
                net.restore()
        if self.epoch % self.stride == 0:
            for net in self.nets:
                net.draw(self.epoch // self.stride)

    def finding(self, side: int) -> Finding | None:
        """What goes wrong with a net: while it trains only what cannot mend, once it stands also that it is slow."""
        net, rows, frames = self.nets[side], self.epoch + 1, self.epoch // self.stride + 1
        loss = net.numbers[:rows, NUMBERS.index("loss")].astype(float)
        trained = max(int(np.isfinite(loss).sum()), 1)
        diverged = net.left.reason == "diverged"
        found = diagnose(
            loss[:trained],
            net.dead[:frames].astype(float),
            self.stride,
            constant_loss(net.classifier.loss, net.classifier.data),
            diverged,
        )
        waits = self.running and found is not None and found.trouble not in (Trouble.DIVERGED, Trouble.DEAD)
        return None if waits else found

    @property
    def arrays(self) -> dict[str, Rows | Thinned]:
        """The rows of all epochs so far, as the panels follow them."""
        rows, frames = self.epoch + 1, self.epoch // self.stride + 1
        arrays: dict[str, Rows | Thinned] = {"numbers": np.stack([net.numbers[:rows] for net in self.nets], axis=1)}
        arrays |= {f"ghost{side}": self._left(side)[:rows] for side in self.ghosts}
        if any(method.penalized for method in self.settings.methods):
            arrays["minimized"] = np.stack([net.minimized(rows) for net in self.nets], axis=1)
            for side, ghost in self.ghosts.items():
                known = np.isfinite(self._left(side)[:rows, :1])
                arrays[f"minimized_ghost{side}"] = np.where(known, ghost.minimized(rows)[:, None], np.nan)
        if self.settings.crowded:
            # One beneath the other, with a row between them.
            regions = [np.pad(net.regions[:frames], ((0, 0), (0, 1), (0, 0))) for net in self.nets]
            arrays |= {f"band{side}": net.bands[:rows] for side, net in enumerate(self.nets) if net.several}
            return arrays | {"arena": Thinned(np.concatenate(regions, axis=1), self.stride)}
        for side, net in enumerate(self.nets):
            for name, pictures in (("regions", net.regions), ("weights", net.weights), ("best", net.best_regions)):
                if len(pictures):
                    arrays[f"{name}{side}"] = Thinned(pictures[:frames], self.stride)
            arrays[f"net{side}"] = Thinned(net.parts[: self.epoch // net.parts_stride + 1], net.parts_stride)
            for name, curves in (("marks", net.marks), ("starts", net.losses)):
                if len(curves):
                    arrays[f"{name}{side}"] = curves[:rows]
        return arrays

    def _left(self, side: int) -> Rows:
        """Return the numbers of the future that a side's fork left; those before it are nan."""
        switch, numbers = self.settings.methods[side].switch, self.ghosts[side].numbers.copy()
        numbers[: switch.epoch if switch else 0] = np.nan
        return numbers

    def response(self, side: int, point: tuple[float, float]) -> float:
        """Return what a net answers to a point, after the last epoch trained."""
        return float(self.nets[side].classifier.response(self.latest[side].w, np.array([point]))[0])


def _longer(rows: NDArray[Any], length: int, filling: float) -> NDArray[Any]:
    missing = max(length - len(rows), 0)
    return np.concatenate([rows, np.full((missing, *rows.shape[1:]), filling, rows.dtype)])


def stride_of(epochs: int, frames: int = FRAMES) -> int:
    """Return the epochs from one picture of the regions to the next, so that the last falls on the last epoch.

    Where no stride of at most twice the least divides the epochs, the last picture is a few epochs older.
    """
    least = -(-epochs // frames)
    return next((stride for stride in range(least, 2 * least) if epochs % stride == 0), least)


def parts_stride(settings: Settings) -> int:
    """Return the epochs from one picture of the net itself to the next: as for the regions, or some times as many."""
    stride, numbers = stride_of(settings.epochs), 3 * Network(settings.sizes, activation_of(settings)).parameters
    most = max(PARTS // numbers, FEWEST_PARTS)
    return stride * -(-(settings.epochs // stride + 1) // most)


def bins_of(start: Array) -> Array:
    """Return the bins' edges `(BINS + 1,)`, symmetric about a bin for zero, wide enough for the weights to grow."""
    reach = max(REACH, float(np.ceil(1.25 * np.abs(start).max())))
    return np.linspace(-reach, reach, BINS + 1)


def percent(response: Array) -> NDArray[np.uint8]:
    """Return responses as whole percents, 0 to 100; a response beyond is as certain as can be."""
    known = np.nan_to_num(response, nan=BOUNDARY, posinf=1.0, neginf=0.0)
    return np.rint(known.clip(0.0, 1.0) * PERCENT).astype(np.uint8)


def count(weights: Array, edges: Array) -> NDArray[np.int_]:
    """Return how many weights lie in each bin; those beyond the ends are counted in the last bins."""
    return np.histogram(weights.clip(edges[0], edges[-1]), edges)[0]


class Finished:
    """Trainings that are over, for all who ask for the same settings: a class that opens one link trains once.

    Nothing of a visitor is in them: not a net that was loaded, and what goes on is a training of one's own. Who asks
    while another visitor trains waits for that one, some time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Settings, Training] = OrderedDict()
        self._begun: dict[Settings, tuple[threading.Event, float]] = {}
        """What is trained by now, and until when that is waited for: who trains may leave in the middle."""

    def get(self, settings: Settings) -> Training:
        """Return a training that is over, or a new one; DataError where its data cannot be read by now."""
        points_of(settings.sample)
        if settings.start is not None:
            return Training(settings)
        with self._lock:
            found = self._kept.get(settings)
            now = time.monotonic()
            event, until = self._begun.get(settings, (threading.Event(), now))
            is_first = found is None and until <= now
            if is_first:
                self._begun[settings] = (event, now + PATIENCE)
        if found is None and not is_first and event.wait(until - now):
            found = self._kept.get(settings)
        if found is not None:
            return found
        try:
            training = Training(settings)
            training.hurry()
        except BaseException:
            self._release(settings)
            raise
        self.share(training)
        return training

    def share(self, training: Training) -> None:
        """Keep a training that is over for others, unless it was stopped, or took so long that it is dear to repeat."""
        if training.running:
            return
        settings = training.settings
        with self._lock:
            whole = not training.stopped and training.target == settings.epochs and training.seconds <= DEAR
            if whole and settings.start is None and settings not in self._kept:
                training.shared = True
                self._kept[settings] = training
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        self._release(settings)

    def _release(self, settings: Settings) -> None:
        """Let go on who waits for a training."""
        with self._lock:
            event, _until = self._begun.pop(settings, (None, 0.0))
        if event:
            event.set()


FINISHED = Finished()
