"""Fit a yoghurt seller's sales under a loss with two prices, beside the squared error."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import ranges, yoghurt
from optviz.lessons.examples import Example
from optviz.lessons.words import epoch_words
from optviz.lessons.yoghurt import EPOCHS, FEW_SEEDS, PRICE, PRICES, SEEDS, Settings
from optviz.locale.spoken import N_, _
from optviz.ui import controls, lesson

PAGE = "yoghurt"
COURSE = Settings()
WEIGHTS = ("w1", "w2")
EXAMPLES = (
    Example(N_("A bottle costs 1 and earns 99"), {}),
    Example(N_("A bottle costs 99 and earns 1"), {"cost": ["99"], "profit": ["1"]}),
    Example(N_("Both the same"), {"cost": ["1"], "profit": ["1"]}),
    Example(N_("Learning rate 0.3: the custom loss oscillates"), {"lr": ["0.3"], "epochs": ["200"]}),
)

link, notes, stage = lesson.begin(PAGE, _("A custom loss: the yogurt seller"), EXAMPLES)

with st.sidebar:
    cost = controls.dial(link, "cost", _("Cost of a surplus bottle"), PRICE, COURSE.cost, PRICES)
    profit = controls.dial(
        link, "profit", _("Profit per bottle, lost if the bottle is missing"), PRICE, COURSE.profit, PRICES
    )
    rate = controls.dial(
        link, "lr", _("Learning rate"), ranges.LEARNING_RATE, COURSE.learning_rate, ranges.LEARNING_RATES
    )
    epochs = controls.whole(link, "epochs", _("Epochs"), EPOCHS, COURSE.epochs, step=100)
    seed = controls.dial(link, "seed", _("Seed of the data"), SEEDS, COURSE.seed, FEW_SEEDS)
    start = (
        controls.exact(link, WEIGHTS[0], _("Initial w₁"), ranges.COORDINATE, COURSE.start[0]),
        controls.exact(link, WEIGHTS[1], _("Initial w₂"), ranges.COORDINATE, COURSE.start[1]),
    )

settings = Settings.of(cost, profit, rate, epochs, seed, start)
with stage:
    lesson.show(
        link,
        Picture(
            yoghurt.panels_of(settings),
            yoghurt.arrays_of(settings),
            run=run_of(settings),
            steps=settings.epochs,
            words=epoch_words(),
            summary=yoghurt.say(settings),
        ),
        on_point=lambda picked: controls.move(link, picked.point, WEIGHTS),
    )
    controls.formula(link, yoghurt.tex(settings))
    st.html(yoghurt.table(settings))
    lesson.code(link, yoghurt.program(settings))
link.publish(notes)
