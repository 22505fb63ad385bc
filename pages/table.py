"""Predict a column of a table, the visitor's own, by a network."""

from functools import partial

import streamlit as st

from optviz.figures.panels import Picture, run_of
from optviz.lessons import table
from optviz.lessons.examples import Example
from optviz.lessons.table import Settings
from optviz.lessons.words import epoch_words
from optviz.locale import foreign
from optviz.locale.spoken import N_, _, joined
from optviz.models.table import MOST_BYTES, MOST_LINES, MOST_ROWS, TableError, suggest_target
from optviz.recipes import Range
from optviz.ui import controls, lesson, own_table, plans
from optviz.ui.downloads import Beside

PAGE = "table"
EXAMPLES = (
    Example(N_("House prices"), {}),
    Example(N_("Without a hidden layer: a plane"), {"hidden": [""], "lr": ["0.03"]}),
    Example(N_("From the area alone"), {"features": ["area_m2"]}),
    Example(
        N_("With the district"),
        {"features": ["area_m2", "rooms", "age_years", "distance_km", "district"]},
    ),
    Example(N_("Two hidden layers"), {"hidden": ["32, 16"]}),
    Example(
        N_("Too many units for 118 rows"),
        {"target": ["age_years"], "hidden": ["64, 64"], "validation": ["0.7"], "lr": ["0.03"], "batch": ["32"]},
    ),
    Example(N_("The age cannot be predicted"), {"target": ["age_years"]}),
)
SHARE = Range(0.1, 0.7, "v")
SHARES = (0.1, 0.2, 0.25, 0.3, 0.5, 0.7)

link, notes, stage = lesson.begin(PAGE, _("Your own table"), EXAMPLES)

with st.sidebar:
    upload = st.file_uploader(
        _("Your table: a CSV file with the column names in its first row"),
        type=["csv", "tsv", "txt", "tab", "dat", "data"],
        max_upload_size=MOST_BYTES // 1_000_000,
        key=own_table.UPLOAD,
    )
    wrong = own_table.take(link, upload, own_table.choose_reading(link, upload))
    own, lost = own_table.at_hand(link), own_table.lost(link)
    if own.uploaded or lost:
        icon = ":material/undo:"
        st.button(
            _("Back to the sample table"), key=f"{PAGE}-back", icon=icon, on_click=own_table.put_back, args=(link,)
        )
    if wrong and upload:
        with stage:
            st.error(table.refuse(upload.name, wrong, None if lost else own), icon=":material/table:")
    if lost:
        with stage:
            own_table.ask_again(link)
        st.stop()
    names = {name: foreign.clean(name) for name in own.table.names}
    target = controls.choice(link, "target", _("Target"), names, suggest_target(own.table).target, resets=("features",))
    words = {column.name: foreign.clean(column.name) for column in own.table.words}
    others = {name: title for name, title in (names | words).items() if name != target}
    features = controls.several(link, "features", _("Features"), others, table.features_of(own, target))
    plan = plans.choose_plan(link, Settings(target="", features=()).plan)
    with controls.folded(link, "rows", _("Validation and axes"), ":material/table_rows:"):
        share = controls.dial(
            link, "validation", _("Validation share"), SHARE, Settings(target="", features=()).share, SHARES
        )
        split = controls.whole(link, "split", _("Seed of the validation rows"), Range(0, 99, "s"), 0)
        log = controls.switch(link, "log", _("Loss on a log axis"), default=True)

settings = Settings(target=target, features=features, share=share, split=split, plan=plan)
with stage:
    if own.uploaded:
        st.markdown(table.head(own))
        own_table.ask_target(link, own, target, names)
    try:
        result = own_table.learned(link, own, settings)
    except TableError as error:
        st.error(table.table_error(error), icon=":material/table:")
        link.publish(notes)
        st.stop()
    lesson.show(
        link,
        Picture(
            table.panels_of(result, log),
            table.arrays_of(result),
            run=run_of(own.key, settings),
            steps=result.fit.last.epoch,
            words=epoch_words(),
            summary=table.say(settings, result),
        ),
        slides=False,
    )
    st.html(table.report(result))
    parts = [] if own.uploaded else [table.head(own)]
    st.markdown(joined(*parts, table.note(result), table.describe(own, target)))
    own_table.offer(link, own)
    controls.formula(link, table.formula(settings, result))
    beside = Beside(table.FILE, partial(table.program_arrays, result))
    lesson.code(link, partial(table.program, settings, result), title=_("The same in Keras"), beside=beside)
    st.caption(
        _(
            "Only your own session reads your table; it is never stored and is gone when you leave, so a "
            "link carries your settings but not your table. At most {size} MB and {lines} lines; beyond "
            "{rows} rows a sample is used."
        ).format(size=MOST_BYTES // 1_000_000, lines=f"{MOST_LINES:,}", rows=f"{MOST_ROWS:,}")
    )
link.publish(notes)
