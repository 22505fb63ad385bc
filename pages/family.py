"""The family tree of optimizers, each member with a race that shows what it added."""

import streamlit as st

from optviz.figures.family import nearest
from optviz.figures.panels import Picture
from optviz.lessons import family
from optviz.lessons.examples import Example
from optviz.lessons.family import SHARED
from optviz.locale.spoken import N_, _, joined
from optviz.optimization.family import FAMILY
from optviz.optimization.optimizers import OPTIMIZERS
from optviz.surfaces.surfaces import SURFACES
from optviz.ui import controls, lesson

PAGE = "family"
EXAMPLES = (
    Example(N_("Race on a long valley"), {"race": ["long_valley"]}),
    Example(N_("Race on a saddle"), {"race": ["saddle"]}),
    Example(N_("Race on Beale's function"), {"race": ["beale"]}),
    *(Example(member.label, {"who": [name]}) for name, member in FAMILY.items()),
)

link, notes, stage = lesson.begin(PAGE, _("The family of optimizers"), EXAMPLES)

with st.sidebar:
    name = controls.choice(link, "who", _("Optimizer"), family.titles(), "adam", resets=("race",))
    own_race = {"own": _("What it added")}
    shared = {key: _("All on: {surface}").format(surface=_(SURFACES[key].title)) for key in SHARED}
    race = controls.choice(link, "race", _("Race"), {**own_race, **shared}, "own")

show = SHARED[race] if race in SHARED else family.show_of(name)
with stage:
    lesson.show(
        link,
        Picture(
            family.panels_of(show),
            family.arrays_of(show, name),
            run=f"{name}-{race}",
            steps=show.steps,
            summary=show.says() if race in SHARED else joined(family.added(name), show.ends()),
            captions=show.captions(),
            even=True,
        ),
        on_point=lambda picked: link.change("who", nearest(*picked.point), resets=("race",)),
    )
    st.html(family.legend())
    if race == "own":
        st.markdown(show.says())
    st.html(family.link_to(show, _(show.opens)))
    left, right = st.columns(2, gap="large")
    with left:
        recipe = OPTIMIZERS[name]
        controls.formula(
            link, controls.stacked(recipe.formula), _(recipe.title), f"{_(recipe.note)} ({FAMILY[name].paper})"
        )
    with right:
        if rows := family.rows(name):
            st.html(rows)
        st.markdown(family.outside(name))
    st.html(family.everyone())
    lesson.code(link, *show.programs(), title=_("The same in NumPy"))
link.publish(notes)
