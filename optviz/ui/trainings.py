"""A visitor's training in the session."""

import sys
from contextlib import nullcontext

import numpy as np
import streamlit as st

from optviz.lessons import trainings
from optviz.lessons.training_settings import Settings
from optviz.lessons.trainings import Training
from optviz.locale.spoken import _
from optviz.ui.links import Link


def keep(link: Link, settings: Settings) -> Training:
    """Return this visitor's training: the one at hand if it has these settings, else a new or a shared one."""
    key = f"{link.page}-training"
    training: Training | None = st.session_state.get(key)
    if training is None or training.settings != settings:
        loaded = settings.engine in sys.modules
        with nullcontext() if loaded else st.spinner(_("Loading TensorFlow: the first time it takes some seconds …")):
            training = trainings.FINISHED.get(settings)
        st.session_state[key] = training
    return training


def go_on(link: Link, training: Training) -> None:
    """Let a visitor's training go on. What others may see as well stays as it is: it is repeated, and then goes on."""
    if training.shared:
        training = Training(training.settings)
        training.advance(np.inf)
        st.session_state[f"{link.page}-training"] = training
    training.go_on()
    training.hurry()
