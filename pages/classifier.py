"""Train a classifier of points in the plane, or two of them side by side."""

from dataclasses import replace
from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import ranges, training_words
from optviz.lessons.examples import CLASSIFIER_EXAMPLES
from optviz.lessons.forks import junction_of
from optviz.lessons.keras_code import FILE, arrays_of, keras_code
from optviz.lessons.training_panels import SIDES, panels_of
from optviz.lessons.training_settings import MOST_STARTS, Method, Sample, Settings, Switch, Trainer
from optviz.lessons.trainings import FINISHED, MOST_EPOCHS, PERIOD
from optviz.lessons.words import data_error, epoch_words
from optviz.locale.spoken import _, titled
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.classifier import ENGINES
from optviz.networks.datasets import DATASETS, DataError
from optviz.networks.losses import LOSSES
from optviz.networks.network import INITIALIZATIONS
from optviz.networks.plateau import EarlyStopping, ReduceOnPlateau
from optviz.optimization.optimizers import OPTIMIZERS, TRAINERS, example
from optviz.optimization.schedules import SCHEDULES
from optviz.recipes import Choice, Range
from optviz.ui import (
    controls,
    forks,
    lesson,
    optimizers,
    training_files,
    training_inspector,
    training_remedies,
    trainings,
    typed_rules,
)
from optviz.ui.downloads import Beside, offer_arrays
from optviz.ui.player import step_at_rest

PAGE = "classifier"
COURSE = Settings()
COMPARED = Method(l2=0.03)
ASKED = (0.380472, -0.21714)
SHARE = Range(0.0, 0.5, "v")
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)
TAKES_OVER = Trainer(Choice("sgd"), 0.01)
STARTS = Range(1, MOST_STARTS, "k")
PATIENCE = Range(1, 500, "n")
IMPROVEMENTS = (0.0, 0.0001, 0.001, 0.01, 0.1)
FACTORS = (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
SMALLEST = (0.0, 0.00001, 0.0001, 0.001, 0.01)


def choose_trainer(prefix: str, default: Trainer) -> Trainer:
    """Draw the controls of an optimizer with its learning rate."""
    titles = {**titled(TRAINERS), "own": _(example.title)}
    optimizer = optimizers.choose(link, f"{prefix}optimizer", _("Optimizer"), titles, default.optimizer.name, net=True)
    name = typed_rules.choose(link, f"{prefix}rule", net=True) if optimizer == "own" else optimizer
    rate = controls.dial(
        link,
        f"{prefix}lr",
        _("Learning rate"),
        ranges.LEARNING_RATE,
        default.learning_rate,
        ranges.LEARNING_RATES,
    )
    values = controls.parameters(link, f"{prefix}{optimizer}.", OPTIMIZERS[name])
    # In a link the numbers of a typed rule stand under its short name.
    return Trainer(Choice(name, tuple(values.items())), rate)


def choose_method(prefix: str, default: Method) -> Method:
    """Draw the controls of an optimizer, its penalties, and the optimizer that may take over from it."""
    trainer = choose_trainer(prefix, default.trainer)
    l2 = controls.dial(link, f"{prefix}l2", _("L2 strength"), ranges.STRENGTH, default.l2, ranges.STRENGTHS)
    l1 = controls.dial(link, f"{prefix}l1", _("L1 strength"), ranges.STRENGTH, default.l1, ranges.STRENGTHS)
    switch = None
    if controls.switch(link, f"{prefix}switch", _("Switch to another optimizer")):
        epoch = controls.whole(
            link, f"{prefix}switch.epoch", _("From epoch"), Range(0, 3000, "n"), COURSE.epochs // 4, step=10
        )
        second = choose_trainer(f"{prefix}switch.", TAKES_OVER)
        name, label = f"{prefix}switch.l2", _("L2 strength from there on")
        onward = forks.onward(link, name, label, ranges.STRENGTH, l2, ranges.STRENGTHS)
        ghost = controls.switch(link, f"{prefix}switch.ghost", _("Also train on unchanged, to compare"))
        switch = Switch(epoch, second, onward, ghost)
        st.caption(_("It starts with new moments and its own schedule; weights and batches carry over."))
    return Method(trainer, l2, l1, switch)


def choose_stopping() -> EarlyStopping | None:
    """Draw early stopping's switch and, where it is on, its numbers."""
    if not controls.switch(link, "stop", _("Early stopping")):
        return None
    return EarlyStopping(
        controls.whole(link, "stop.patience", _("Patience, epochs"), PATIENCE, 30),
        controls.dial(link, "stop.min_delta", _("Smallest improvement"), Range(0.0, 1.0, r"\delta"), 0.0, IMPROVEMENTS),
        controls.switch(link, "stop.restore", _("Restore the best weights at the end"), default=True),
    )


def choose_reducing() -> ReduceOnPlateau | None:
    """Draw the switch of reduce-on-plateau and, where it is on, its numbers."""
    if not controls.switch(link, "reduce", _("Reduce the learning rate on a plateau")):
        return None
    return ReduceOnPlateau(
        controls.dial(link, "reduce.factor", _("Factor"), Range(0.01, 0.99, r"\gamma"), 0.5, FACTORS),
        controls.whole(link, "reduce.patience", _("Patience before reducing, epochs"), PATIENCE, 10),
        controls.dial(link, "reduce.min_lr", _("Smallest learning rate"), Range(0.0, 1.0, "lr"), 0.0, SMALLEST),
    )


link, notes, stage = lesson.begin(PAGE, _("Train a classifier"), CLASSIFIER_EXAMPLES)

with st.sidebar:
    compare = controls.switch(link, "compare", _("Compare two settings"))
    dataset = controls.choice(link, "data", _("Data set"), titled(DATASETS), "dot")
    with controls.folded(link, "points", _("Points and validation"), ":material/scatter_plot:"):
        points = controls.chosen_of(link, DATASETS, dataset)
        share = controls.dial(link, "validation", _("Validation share"), SHARE, COURSE.sample.share, SHARES)
        controls.formula(link, DATASETS[dataset].formula)
    with controls.folded(link, "network", _("Network"), ":material/hub:"):
        loaded = training_files.choose_loaded(link)
        if loaded:
            layers, units, initialization = COURSE.layers, COURSE.units, COURSE.initialization
            activation = Choice(loaded.activation.name, loaded.activation.arguments)
        else:
            layers = controls.whole(link, "layers", _("Hidden layers"), Range(0, 4, "d"), COURSE.layers)
            units = controls.whole(link, "units", _("Units in each hidden layer"), Range(1, 64, "u"), COURSE.units)
            activation = controls.recipe(link, "activation", _("Activation"), ACTIVATIONS, COURSE.activation.name)
            initialization = controls.choice(link, "init", _("Initial weights"), titled(INITIALIZATIONS), "course")
        loss = controls.choice(link, "loss", _("Loss"), titled(LOSSES), COURSE.loss)
    with st.expander(_("Setting A") if compare else _("Optimizer"), icon=":material/speed:", expanded=True):
        methods = [choose_method("", COURSE.methods[0])]
    if compare:
        with st.expander(_("Setting B"), icon=":material/compare:", expanded=True):
            methods.append(choose_method("b.", COMPARED))
            st.caption(_("Both begin with the same weights and see the same batches."))
    with controls.folded(link, "rates", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.recipe(link, "schedule", _("Schedule"), SCHEDULES, "constant")
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
        controls.formula(link, SCHEDULES[schedule.name].formula)
        if link.drawn:
            st.caption(_("One schedule step is one update (one batch), not one epoch, as in Keras."))
    with controls.folded(link, "watch", _("Early stopping and plateaus"), ":material/visibility:"):
        stopping, reducing = choose_stopping(), choose_reducing()
        if link.drawn:
            st.caption(
                _(
                    "Both watch the validation loss, like the Keras callbacks. A plateau is that many epochs "
                    "without improvement."
                )
            )
    with controls.folded(link, "updates", _("Epochs, batches and seed"), ":material/model_training:"):
        epochs = controls.whole(link, "epochs", _("Epochs"), Range(10, 3000, "n"), COURSE.epochs, step=10)
        batch = controls.whole(link, "batch", _("Batch size"), Range(1, 512, "B"), COURSE.batch_size)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), 0)
        starts = controls.whole(
            link, "starts", _("Random starts (the best is kept)"), Range(1, MOST_STARTS, "k"), COURSE.starts
        )
        shuffle = controls.switch(link, "shuffle", _("Shuffle each epoch"), default=True)
        if link.drawn:
            st.caption(
                _(
                    "With shuffling, every epoch draws new batches, so the network cannot learn their order; "
                    "without it, every epoch repeats the same batches. Further starts use the seeds that follow."
                )
            )
        engine = controls.segments(link, "engine", _("Gradients computed by"), titled(ENGINES), "numpy")
    with controls.folded(link, "question", _("Question and axes"), ":material/contact_support:"):
        asked = (
            controls.exact(link, "q1", _("x₁ of the point in question"), ranges.COORDINATE, ASKED[0]),
            controls.exact(link, "q2", _("x₂ of the point in question"), ranges.COORDINATE, ASKED[1]),
        )
        log = controls.switch(link, "log", _("Loss on a log axis"), default=True)

settings = Settings(
    sample=Sample(points, share),
    layers=layers,
    units=units,
    activation=activation,
    initialization=initialization,
    loss=loss,
    methods=tuple(methods),
    schedule=schedule,
    warmup=warmup,
    batch_size=batch,
    epochs=epochs,
    seed=seed,
    shuffle=shuffle,
    engine=engine,
    stopping=stopping,
    reducing=reducing,
    starts=starts,
    start=loaded,
)


def stream() -> None:
    """Show where the training stands, and train on for a moment."""
    if training.running != ticking or trainings.keep(link, settings) is not training:
        st.rerun()
    said, difference = training_words.tell(training)
    here = link.now("q1", asked[0]), link.now("q2", asked[1])
    shown = lesson.show(
        link,
        Picture(
            panels_of(training, here, log),
            training.arrays,
            run=run_of(settings),
            steps=training.target if training.running else training.epoch,
            growing=training.running,
            words=epoch_words(),
            summary=difference or said,
            captions=training_words.whys(training),
            even=compare,
            junction=junction_of(methods),
        ),
        watch=True,
        on_point=lambda picked: controls.move(link, picked.point, ("q1", "q2")),
        slides=False,
    )
    draw_progress()
    draw_forks(shown.step)
    if difference:
        st.markdown(said)
    if not training.running:
        training_remedies.offer(link, training)
    st.markdown(training_words.answer(training, here))
    st.html(training_words.table(training))
    if shown.pick and not shown.pick.held:
        st.rerun()
    if shown.step != rest and training_inspector.is_open(link):
        st.rerun()
    training.advance()
    FINISHED.share(training)


def draw_forks(rest: int | None) -> None:
    """Draw the buttons that fork the training at the epoch under the playhead."""
    with st.container(horizontal=True):
        pressed = [
            forks.offer_switch(link, SIDES[side] if compare else "", prefix, method, rest, training.target)
            for side, (prefix, method) in enumerate(zip(("", "b."), methods, strict=False))
        ]
    if any(pressed):
        st.rerun()


def draw_progress() -> None:
    """Draw how far the training is, and the button that stops it or goes on."""
    bar, button = st.columns([3, 1], vertical_alignment="center")
    text = _("epoch {epoch} of {epochs}").format(epoch=training.epoch, epochs=training.target)
    bar.progress(training.epoch / training.target, text)
    if training.running:
        button.button(_("Stop"), key=f"{PAGE}-stop", icon=":material/stop:", on_click=training.stop, width="stretch")
    else:
        button.button(
            _("Continue"),
            key=f"{PAGE}-continue",
            icon=":material/resume:",
            on_click=controls.wholly,
            args=(trainings.go_on, link, training),
            disabled=training.over or training.epoch >= MOST_EPOCHS,
            width="stretch",
        )


training_inspector.note(link)
link.publish(notes)
try:
    with stage:
        training = trainings.keep(link, settings)
except DataError as error:
    stage.error(data_error(error), icon=":material/error:")
    st.stop()

ticking = training.running
rest = step_at_rest(PAGE, run_of(settings))
with stage:
    if training.install:
        st.warning(
            _("TensorFlow is not installed: NumPy computes the gradients instead. To install it: {command}").format(
                command=f"`{training.install}`"
            ),
            icon=":material/extension_off:",
        )
    st.fragment(stream, run_every=PERIOD if ticking else None)()
    training_inspector.draw(link, training, rest)
    with controls.folded(link, "formulas", _("Formulas"), ":material/function:", alone=False):
        for title, tex in training_words.formulas(settings):
            controls.formula(link, tex, title)
    with controls.folded(link, "keras", _("The same in Keras"), ":material/code:", alone=False):
        if link.drawn:
            # What went on beyond its last epoch is written with the epochs that it has by now.
            written = replace(settings, epochs=training.target)
            for side in range(len(methods)):
                lesson.print_program(partial(keras_code, written, side, training.latest[side]))
            offer_arrays(link, Beside(FILE, partial(arrays_of, settings)))
    with controls.folded(link, "files", _("Save and load"), ":material/save:", alone=False):
        if link.drawn:
            training_files.draw_save_and_load(link, training)
    training_files.draw_events(link, training)
