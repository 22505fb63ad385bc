"""Train a classifier of points in the plane, or two of them side by side."""

import streamlit as st

from optviz.activations import ACTIVATIONS
from optviz.classifier import ENGINES
from optviz.datasets import DATASETS, DataError
from optviz.losses import LOSSES
from optviz.network import INITIALIZATIONS
from optviz.optimizers import OPTIMIZERS
from optviz.recipes import Range
from optviz.schedules import SCHEDULES
from optviz.ui import controls, frame, links, trainings
from optviz.ui.examples import CLASSIFIER_EXAMPLES, offer
from optviz.ui.keras_code import keras_code
from optviz.ui.language import _
from optviz.ui.player import player
from optviz.ui.trainings import Method, Sample, Settings, Training
from optviz.ui.words import data_error, player_words

PAGE = "classifier"
COURSE = Settings()
COMPARED = Method(l2=0.03)
ASKED = (0.380472, -0.21714)
# Newton wants a Hessian, which a net is too large for.
METHODS = {name: recipe for name, recipe in OPTIMIZERS.items() if name != "newton"}
SHARE = Range(0.0, 0.5, "v")
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)


def choose_method(prefix: str, default: Method) -> Method:
    """Draw the controls of an optimizer with its learning rate and its penalties."""
    titles = {name: _(recipe.title) for name, recipe in METHODS.items()}
    optimizer = controls.choice(link, f"{prefix}optimizer", _("Optimizer"), titles, default.optimizer)
    rate = controls.dial(
        link,
        f"{prefix}lr",
        _("Learning rate"),
        controls.LEARNING_RATE,
        default.learning_rate,
        controls.LEARNING_RATES,
    )
    values = controls.parameters(link, f"{prefix}{optimizer}.", METHODS[optimizer])
    l2 = controls.dial(link, f"{prefix}l2", _("L2 strength"), controls.STRENGTH, default.l2, controls.STRENGTHS)
    l1 = controls.dial(link, f"{prefix}l1", _("L1 strength"), controls.STRENGTH, default.l1, controls.STRENGTHS)
    return Method(optimizer, tuple(values.items()), rate, l2, l1)


frame.enter()
link = links.Link(PAGE)
st.title(_("Train a classifier"), anchor=False)
notes = st.container()
offer(link, CLASSIFIER_EXAMPLES)
stage = st.container()

with st.sidebar:
    compare = controls.switch(link, "compare", _("Compare two settings"))
    dataset = controls.choice(
        link, "data", _("Data set"), {name: _(recipe.title) for name, recipe in DATASETS.items()}, "dot"
    )
    with controls.folded(link, "points", _("Points and validation"), ":material/scatter_plot:"):
        values = controls.parameters(link, f"{dataset}.", DATASETS[dataset])
        share = controls.dial(link, "validation", _("Validation share"), SHARE, COURSE.sample.share, SHARES)
        controls.formula(link, DATASETS[dataset].formula)
    with controls.folded(link, "network", _("Network"), ":material/hub:"):
        layers = controls.whole(link, "layers", _("Hidden layers"), Range(0, 4, "d"), COURSE.layers)
        units = controls.whole(link, "units", _("Units in each hidden layer"), Range(1, 64, "u"), COURSE.units)
        activation = controls.choice(
            link, "activation", _("Activation"), {n: _(a.title) for n, a in ACTIVATIONS.items()}, COURSE.activation
        )
        initialization = controls.choice(
            link, "init", _("Initial weights"), {n: _(i.title) for n, i in INITIALIZATIONS.items()}, "course"
        )
        loss = controls.choice(link, "loss", _("Loss"), {n: _(each.title) for n, each in LOSSES.items()}, COURSE.loss)
    with st.expander(_("Setting A") if compare else _("Optimizer"), icon=":material/speed:", expanded=True):
        methods = [choose_method("", COURSE.methods[0])]
    if compare:
        with st.expander(_("Setting B"), icon=":material/compare:", expanded=True):
            methods.append(choose_method("b.", COMPARED))
            st.caption(_("Both begin with the same weights and see the same batches."))
    with controls.folded(link, "rates", _("Learning-rate schedule"), ":material/trending_down:"):
        schedule = controls.choice(
            link, "schedule", _("Schedule"), {name: _(entry.title) for name, entry in SCHEDULES.items()}, "constant"
        )
        schedule_values = controls.parameters(link, f"{schedule}.", SCHEDULES[schedule])
        warmup = controls.whole(link, "warmup", _("Linear warm-up, steps"), Range(0, 500, "n"), 0, step=5)
        controls.formula(link, SCHEDULES[schedule].formula)
        if link.drawn:
            st.caption(_("A step of the schedule is one update, one batch, as in Keras: not one epoch."))
    with controls.folded(link, "updates", _("Epochs, batches and seed"), ":material/model_training:"):
        epochs = controls.whole(link, "epochs", _("Epochs"), Range(10, 3000, "n"), COURSE.epochs, step=10)
        batch = controls.whole(link, "batch", _("Batch size"), Range(1, 512, "B"), COURSE.batch_size)
        seed = controls.whole(link, "seed", _("Seed of the weights and batches"), Range(0, 99, "s"), 0)
        shuffle = controls.switch(link, "shuffle", _("Shuffle each epoch"), default=True)
        engine = controls.segments(
            link, "engine", _("Gradients by"), {name: _(each.title) for name, each in ENGINES.items()}, "numpy"
        )
    with controls.folded(link, "question", _("Question and axes"), ":material/contact_support:"):
        asked = (
            controls.exact(link, "q1", _("x₁ of the point asked for"), controls.COORDINATE, ASKED[0]),
            controls.exact(link, "q2", _("x₂ of the point asked for"), controls.COORDINATE, ASKED[1]),
        )
        log = controls.switch(link, "log", _("Loss on a log axis"), default=True)

settings = Settings(
    Sample(dataset, tuple(values.items()), share),
    layers,
    units,
    activation,
    initialization,
    loss,
    tuple(methods),
    schedule,
    tuple(schedule_values.items()),
    warmup,
    batch,
    epochs,
    seed,
    shuffle,
    engine,
)


def slow_down(training: Training) -> None:
    """Divide the learning rate of every plain SGD that has diverged by ten."""
    for prefix, method, epoch in zip(("", "b."), training.settings.methods, training.latest, strict=False):
        if epoch.reason:
            link.change(f"{prefix}lr", controls.LEARNING_RATE.clamp(float(f"{method.learning_rate / 10:.6g}")))


def stream() -> None:
    """Show where the training stands, and train on for a moment."""
    if training.running != ticking:
        st.rerun()
    sentence = trainings.say(training)
    picked = player(
        trainings.panels_of(training, asked, log),
        training.arrays,
        run=trainings.run_key(settings),
        steps=training.target if training.running else training.epoch,
        growing=training.running,
        words={**player_words(), **trainings.epoch_words()},
        summary=sentence,
        even=compare,
        key=PAGE,
    )
    draw_progress()
    st.markdown(f"**{sentence}**")
    st.markdown(trainings.answer(training, asked))
    st.html(trainings.table(training))
    if picked.point:
        controls.move(link, picked.point, ("q1", "q2"))
        st.rerun()
    training.advance()


def draw_progress() -> None:
    """Draw how far the training is, and the button that stops it or goes on."""
    bar, button = st.columns([3, 1], vertical_alignment="center")
    text = _("epoch {epoch} of {epochs}").format(epoch=training.epoch, epochs=training.target)
    bar.progress(training.epoch / training.target, text)
    if training.running:
        button.button(_("Stop"), key=f"{PAGE}-stop", icon=":material/stop:", on_click=training.stop, width="stretch")
    elif training.diverged:
        text, key = _("Learning rate ÷ 10"), f"{PAGE}-slower"
        if button.button(text, key=key, on_click=slow_down, args=(training,), width="stretch"):
            st.rerun()
    else:
        button.button(
            _("Continue"),
            key=f"{PAGE}-continue",
            icon=":material/resume:",
            on_click=training.go_on,
            disabled=training.epoch >= trainings.MOST_EPOCHS,
            width="stretch",
        )


link.publish(notes)
try:
    with stage:
        training = trainings.keep(link, settings)
except DataError as error:
    stage.error(data_error(error), icon=":material/error:")
    st.stop()

ticking = training.running
with stage:
    if training.install:
        st.warning(
            _("TensorFlow is not installed: NumPy computes the gradients instead. To install it: {command}").format(
                command=f"`{training.install}`"
            ),
            icon=":material/extension_off:",
        )
    st.fragment(stream, run_every=trainings.PERIOD if ticking else None)()
    with controls.folded(link, "formulas", _("Formulas"), ":material/function:"):
        for title, tex in trainings.formulas(settings):
            controls.formula(link, tex, title)
    with controls.folded(link, "keras", _("The same in Keras"), ":material/code:"):
        if link.drawn:
            for side in range(len(methods)):
                st.code(keras_code(settings, side), language="python")
