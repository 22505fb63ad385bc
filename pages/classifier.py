"""Train a classifier of points in the plane, or up to eight of them side by side."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from optviz.course import addresses
from optviz.figures.panels import Picture, run_of
from optviz.lessons import arena, ranges, training_panels, training_words
from optviz.lessons.examples import CLASSIFIER_EXAMPLES
from optviz.lessons.forks import junction_of
from optviz.lessons.keras_code import FILE, arrays_of, keras_code
from optviz.lessons.training_panels import PREFIXES, SIDES
from optviz.lessons.training_settings import (
    MOST_METHODS,
    MOST_STARTS,
    Method,
    Own,
    Sample,
    Settings,
    Switch,
    Trainer,
)
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
from optviz.recipes import Choice, Range, Recipe
from optviz.ui import (
    controls,
    forks,
    lesson,
    links,
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
OTHERS = ("adam", "rmsprop", "momentum_classical", "nesterov_keras", "adagrad", "adamw")
METHODS = (Method(), Method(l2=0.03), *(Method(Trainer(Choice(name), 0.01)) for name in OTHERS))
"""The settings that are compared, as long as nothing of them is changed."""
LAYERS, UNITS, BATCH = Range(0, 4, "d"), Range(1, 64, "u"), Range(1, 512, "B")
SAME = "same"
"""The choice of a setting that has what all share."""
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
        if link.drawn:
            st.caption(_("It starts with new moments and its own schedule; weights and batches carry over."))
    return Method(trainer, l2, l1, switch)


def choose_own(prefix: str, shared: Settings) -> Own:
    """Draw what a setting may have of its own in the place of what all share: A has what all share."""

    def whole(name: str, label: str, span: Range, common: int) -> int | None:
        key = f"{prefix}{name}"
        value = link.keep(key, None, addresses.read_number(span, int), addresses.write_number)
        if link.drawn:
            controls.draw_whole(
                f"{PAGE}~{key}", label, span, common if value is None else int(value), partial(link.change, key)
            )
        return None if value in (None, common) else int(value)

    def recipe(name: str, label: str, registry: Mapping[str, Recipe[Any]]) -> Choice | None:
        titles = {SAME: _("as in A"), **titled(registry)}
        chosen = controls.choice(link, f"{prefix}{name}", label, titles, SAME)
        return None if chosen == SAME else controls.chosen_of(link, registry, chosen, prefix)

    own = Own(recipe("schedule", _("Schedule"), SCHEDULES), whole("batch", _("Batch size"), BATCH, shared.batch_size))
    if shared.start:
        return own
    return replace(
        own,
        layers=whole("layers", _("Hidden layers"), LAYERS, shared.layers),
        units=whole("units", _("Units in each hidden layer"), UNITS, shared.units),
        activation=recipe("activation", _("Activation"), ACTIVATIONS),
    )


def choose_setting(side: int, shared: Settings) -> Method:
    """Draw the controls of one of several settings."""
    method = choose_method(PREFIXES[side], METHODS[side])
    if not side:
        return method
    with st.popover(_("Its own schedule, batches, net"), icon=":material/tune:") if link.drawn else nullcontext():
        return replace(method, own=choose_own(PREFIXES[side], shared))


def choose_settings(count: int, shared: Settings) -> tuple[Method, ...]:
    """Draw the settings that are compared: one or two as they are, of more the one that is chosen."""
    if count == 1:
        with st.expander(_("Optimizer"), icon=":material/speed:", expanded=True):
            return (choose_method("", METHODS[0]),)
    chosen = set(range(count)) if count == 2 else {choose_side(count)}
    methods = []
    for side in range(count):
        icon = ":material/compare:" if side else ":material/speed:"
        title = _("Setting {name}").format(name=SIDES[side])
        link.drawn = side in chosen
        with st.expander(title, icon=icon, expanded=True) if link.drawn else nullcontext():
            methods.append(choose_setting(side, shared))
    link.drawn = True
    st.caption(_("All begin with the same weights and see the same batches, where nets and batches are of one size."))
    return tuple(methods)


def choose_side(count: int) -> int:
    """Draw the row of settings of which one is edited, and return its number."""
    key = f"{PAGE}~setting"
    if st.session_state.get(key, 0) not in range(count):
        st.session_state[key] = 0
    return int(
        st.pills(
            _("Setting to edit"),
            range(count),
            default=st.session_state.get(key, 0),
            format_func=lambda side: f"{arena.MARKS[side]} {SIDES[side]}",
            key=key,
            required=True,
            on_change=partial(links.settle, False),
        )
    )


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
    counts = {str(further): str(further + 1) for further in range(MOST_METHODS)}
    # A link says how many stand beside the first.
    count = 1 + int(controls.segments(link, "compare", _("Settings to compare"), counts, "0"))
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
            layers = controls.whole(link, "layers", _("Hidden layers"), LAYERS, COURSE.layers)
            units = controls.whole(link, "units", _("Units in each hidden layer"), UNITS, COURSE.units)
            activation = controls.recipe(link, "activation", _("Activation"), ACTIVATIONS, COURSE.activation.name)
            initialization = controls.choice(link, "init", _("Initial weights"), titled(INITIALIZATIONS), "course")
        loss = controls.choice(link, "loss", _("Loss"), titled(LOSSES), COURSE.loss)
    place = st.container()
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
        batch = controls.whole(link, "batch", _("Batch size"), BATCH, COURSE.batch_size)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), 0)
        starts = controls.whole(
            link,
            "starts",
            _("Random starts (the best is kept)") if count == 1 else _("Seeds of each setting"),
            STARTS,
            COURSE.starts,
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

shared = Settings(
    sample=Sample(points, share),
    layers=layers,
    units=units,
    activation=activation,
    initialization=initialization,
    loss=loss,
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
with place:
    settings = replace(shared, methods=choose_settings(count, shared))


def stream() -> None:
    """Show where the training stands, and train on for a moment."""
    if training.running != ticking or trainings.keep(link, settings) is not training:
        st.rerun()
    said, difference = training_words.tell(training)
    here = link.now("q1", asked[0]), link.now("q2", asked[1])
    shown = lesson.show(
        link,
        Picture(
            (arena if settings.crowded else training_panels).panels_of(training, here, log),
            training.arrays,
            run=run_of(settings),
            steps=training.target if training.running else training.epoch,
            growing=training.running,
            words=epoch_words(),
            summary=difference or said,
            captions=training_words.whys(training),
            even=count == 2,
            junction=junction_of(settings.methods),
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
    sides = [st.session_state[f"{PAGE}~setting"]] if settings.crowded else range(count)
    with st.container(horizontal=True):
        pressed = [
            forks.offer_switch(
                link, SIDES[side] if count > 1 else "", PREFIXES[side], settings.methods[side], rest, training.target
            )
            for side in sides
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
            for side in range(count):
                lesson.print_program(partial(keras_code, written, side, training.latest[side]))
            offer_arrays(link, Beside(FILE, partial(arrays_of, settings)))
    with controls.folded(link, "files", _("Save and load"), ":material/save:", alone=False):
        if link.drawn:
            training_files.draw_save_and_load(link, training)
    training_files.draw_events(link, training)
