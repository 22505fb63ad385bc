"""Momentum is a geometric sum of old gradients."""

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import momentum, ranges
from optviz.lessons.examples import Example
from optviz.lessons.momentum import LONGEST, Settings
from optviz.locale.spoken import N_, _, titled
from optviz.optimization.momentum import SEQUENCES
from optviz.recipes import Choice, Range
from optviz.ui import controls, lesson

PAGE = "momentum"
DECAY = Range(0.0, 0.999, r"\gamma", "decay")
DECAYS = (0.0, 0.3, 0.42, 0.5, 0.7, 0.81, 0.9, 0.95, 0.99)

EXAMPLES = (
    Example(N_("Constant gradient"), {}),
    Example(N_("The zig-zag cancels"), {"gradients": ["alternating"]}),
    Example(N_("Noise averages out"), {"gradients": ["noisy"], "steps": ["80"]}),
    Example(
        N_("The gradient stops at step 8; momentum carries on"),
        {"gradients": ["typed"], "typed": ["1, 1, 1, 1, 1, 1, 1, 1"]},
    ),
    Example(N_("Long memory: γ = 0.99"), {"gamma": ["0.99"], "steps": ["100"]}),
    Example(N_("Short memory: γ = 0.5"), {"gamma": ["0.5"], "steps": ["20"]}),
)

link, notes, stage = lesson.begin(PAGE, _("Momentum is a sum"), EXAMPLES)

with st.sidebar:
    decay = controls.dial(link, "gamma", _("Decay γ"), DECAY, 0.9, DECAYS)
    learning_rate = controls.dial(link, "lr", _("Learning rate"), ranges.LEARNING_RATE, 0.1, ranges.LEARNING_RATES)
    steps = controls.whole(link, "steps", _("Steps"), Range(2, LONGEST, "n"), 40)
    name = controls.choice(
        link,
        "gradients",
        _("Gradients"),
        {**titled(SEQUENCES), "typed": _("Your own numbers")},
        "constant",
    )
    sequence, typed = Choice(name), ()
    if name in SEQUENCES:
        sequence = controls.chosen_of(link, SEQUENCES, name)
        st.caption(_(SEQUENCES[name].note))
    else:
        label = _("Gradients, one per step; zeros follow")
        typed = tuple(controls.numbers(link, "typed", label, "1, 1, 1, 1, -1, 1, 1", momentum.ENTRY).tolist())

settings = Settings(sequence=sequence, typed=typed, decay=decay, learning_rate=learning_rate, steps=steps)
with stage:
    lesson.show(
        link,
        Picture(
            momentum.panels_of(settings),
            momentum.arrays_of(settings),
            run=run_of(settings),
            steps=steps,
            summary=momentum.say(settings),
        ),
    )
    st.markdown(
        _(
            "The averaged form multiplies each gradient by 1 − γ. At the same lr its steps are 1 − γ times "
            "as long; at lr / (1 − γ) it follows the classical path."
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        controls.formula(link, momentum.formula(settings), _("The last step with its numbers"))
    with right:
        controls.formula(link, momentum.closed_form(settings), _("The geometric sum"))
    lesson.code(link, momentum.program(settings))
link.publish(notes)
