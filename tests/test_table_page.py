"""The page of a table of one's own, run without a browser: the sample, uploads good and bad, every choice."""

import time
from dataclasses import replace

import numpy as np
import pytest

from optviz.lessons import table
from optviz.lessons.table import Own, Settings
from optviz.locale.spoken import LANGUAGES
from optviz.models import table as tables
from optviz.models.table import HOUSES, MOST_BYTES, Fault, TableError, Why, houses
from optviz.networks.activations import ACTIVATIONS
from optviz.networks.network import INITIALIZATIONS
from optviz.networks.training_plan import Plan
from optviz.optimization.optimizers import TRAINERS
from optviz.recipes import Choice
from optviz.ui import links, own_table
from tests.markup import read_in
from tests.pages import opener, said, sound, summaries, tap

OWN = Own(table.SAMPLE, houses())
FEATURES = table.features_of(OWN, "price_k")
COURSE = Settings(target="price_k", features=FEATURES)
GOOD = "speed,weight,drag\n" + "".join(f"{i},{(i * 7) % 11},{i * i + (i * 7) % 11}\n" for i in range(40))

page, fine = opener("table", epochs="3")


def upload(app, content, name="own.csv"):
    data = content.encode() if isinstance(content, str) else content
    app.file_uploader[0].set_value((name, data, "text/csv")).run()
    assert not app.exception
    return app


# ---- what the panels follow


def test_the_arrays_are_the_predictions_of_all_epochs():
    result = table.learned_sample(replace(COURSE, plan=replace(COURSE.plan, epochs=4)))
    arrays = table.arrays_of(result)
    for name, true, predicted in (
        ("training", result.task.training.y, result.network.training),
        ("validation", result.task.validation.y, result.network.validation),
    ):
        step = -(-len(true) // table.DOTS)
        np.testing.assert_allclose(arrays[f"{name}_predicted"], predicted[:, ::step], rtol=1e-5)
        assert np.allclose(arrays[f"{name}_true"], true[::step]) and len(arrays[f"{name}_true"]) == 5
    np.testing.assert_allclose(arrays["r2"][-1, 1], result.network.validation_scores.r2[-1], rtol=1e-6)
    low, high = table.span_of(result)
    assert low < result.task.training.y.min() and high > result.task.training.y.max()
    for panel in table.panels_of(result, log=True):
        for track in panel.tracks:
            for ref in (track.x, track.y, track.z):
                assert ref is None or ref == "step" or (ref if isinstance(ref, str) else ref[0]) in arrays


def test_many_rows_are_thinned():
    rows = "".join(f"{i},{i % 17},{i + i % 17}\n" for i in range(3000))
    big = Own("big.csv", tables.parse(("a,b,c\n" + rows).encode()), "key")
    result = table.learn_table(
        big.table, Settings(target="c", features=("a", "b"), plan=replace(COURSE.plan, epochs=2))
    )
    arrays = table.arrays_of(result)
    assert all(array.shape[1] <= table.DOTS for name, array in arrays.items() if name.endswith(("true", "predicted")))
    assert "At most 250 dots" in table.note(result)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (COURSE, "the network explains 98% of the variance, a linear fit 79%: the relation is curved"),
        (replace(COURSE, plan=replace(COURSE.plan, hidden=(), learning_rate=0.03)), "a linear fit is as good"),
        (Settings(target="age_years", features=("area_m2", "rooms")), "worse than guessing the mean"),
        (
            Settings(target="age_years", features=("rooms",), plan=replace(COURSE.plan, epochs=4)),
            "no better than guessing the mean",
        ),
        (
            replace(COURSE, plan=replace(COURSE.plan, optimizer=Choice("sgd"), learning_rate=100.0)),
            "diverged in epoch 1",
        ),
        (replace(COURSE, plan=Plan(learning_rate=0.003, epochs=10)), "but a linear fit 79%"),
    ],
    ids=["bends", "plane", "worse", "nothing", "diverged", "too short"],
)
def test_the_sentence_compares_the_network_with_the_plane_and_the_mean(settings, word):
    sentence = table.say(settings, table.learned_sample(settings))
    assert word in sentence
    if "diverged" not in word:
        error = float(table.learned_sample(settings).network.validation_scores.mae[-1])
        assert f"validation error of “{settings.target}”: {error:.3g} for the network" in sentence


def test_an_r2_of_a_sixth_is_little_whatever_a_plane_does():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 600))
    rows = "".join(f"{a},{b * b},{a + 0.5 * b * b + 3 * c}\n" for a, b, c in zip(x, x[::-1], noise, strict=True))
    task = table.learn_table(tables.parse(f"a,b,c\n{rows}".encode()), Settings(target="c", features=("a", "b")))
    r2, plane = task.network.validation_scores.r2[-1], float(task.linear.validation_scores.r2)
    assert 0.05 < r2 < 0.3
    said = table.say(Settings(target="c", features=("a", "b")), task)
    assert f"explains {round(100 * r2)}% of the variance, little more than the mean does" in said
    assert f"(linear fit: {round(100 * plane)}%)" in said and "curved" not in said


@pytest.mark.parametrize(
    ("number", "text"), [(23_249.0, "23,200"), (999.9, "1,000"), (-1234.5, "-1,230"), (15.52, "15.5"), (2e9, "2e+09")]
)
def test_amounts_are_written_as_people_write_them(number, text):
    assert table.amount(number) == text


def test_the_formula_has_the_numbers():
    result = table.learned_sample(COURSE)
    tex = table.formula(COURSE, result)
    assert "4-16-1" in tex and f"{result.task.training.y.mean():.4g}" in tex
    assert tex.endswith(rf"= {result.network.validation_scores.r2[-1]:.4g}\end{{aligned}}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fault_and_every_reason_has_a_sentence(lang):
    assert set(table._ERRORS) == set(Fault) and set(table._REASONS) == set(Why)
    for fault in Fault:
        assert "{" not in table.table_error(TableError(fault, "x", 3, 7))


# ---- the page


def test_it_opens_on_the_sample_and_says_what_is_left_out():
    app = fine()
    assert "validation error of “price_k”" in said(app)
    assert "`houses.csv`: 400 rows" in said(app) and "district holds words (center, edge, middle)" in said(app)
    assert "8 rows with empty cells were skipped" in said(app)


CHOICES = [
    *(("activation", name) for name in ACTIVATIONS),
    *(("init", name) for name in INITIALIZATIONS),
    *(("optimizer", name) for name in TRAINERS),
    *(("target", name) for name in houses().names),
    ("features", "rooms"),
    ("validation", "0.7"),
    ("split", "9"),
    ("log", "0"),
    ("hidden", ""),
    ("lr", "100"),
]


@pytest.mark.parametrize(("name", "value"), CHOICES)
def test_every_choice(name, value):
    fine(**{name: value})


@pytest.mark.parametrize("target", houses().names)
def test_chinese(target):
    fine("zh", target=target)


@pytest.mark.parametrize(
    "example",
    ["House prices", "Without a hidden layer: a plane", "From the area alone", "Two hidden layers",
     "Too many units for 118 rows", "The age cannot be predicted"],
)  # fmt: skip
def test_an_example_is_one_tap(example):
    app = fine()
    tap(app, example)
    assert not app.exception and not app.error and not app.warning and "for the network," in said(app)


def test_another_target_takes_all_other_columns_again():
    app = fine(features="rooms")
    assert app.multiselect(key="table~features").value == ["rooms"]
    app.selectbox(key="table~target").set_value("rooms").run()
    assert app.multiselect(key="table~features").value == ["area_m2", "age_years", "distance_km", "price_k"]
    assert set(app.query_params) == {"epochs", "target"}


def test_features_are_in_the_link_and_none_asks_for_one():
    app = fine()
    app.multiselect(key="table~features").set_value(["distance_km", "area_m2"]).run()
    assert app.query_params["features"] == ["area_m2", "distance_km"]
    app.multiselect(key="table~features").set_value([]).run()
    assert "Choose at least one feature" in app.error[0].value and app.query_params["features"] in ("", [""])
    again = page(features="")
    assert "Choose at least one feature" in again.error[0].value and not again.warning


def test_an_uploaded_table_takes_the_place_of_the_sample_and_the_button_brings_it_back():
    app = upload(fine(target="rooms"), GOOD)
    assert "`own.csv`: 40 rows, 3 columns" in said(app) and "“drag”" in said(app)
    assert "target" not in app.query_params
    app.selectbox(key="table~target").set_value("weight").run()
    assert "“weight”" in said(app)
    app.button(key="table-back").click().run()
    assert "“price_k”" in said(app) and not app.exception and not app.error


def test_a_visitors_table_asks_for_its_target_until_it_is_answered():
    def asked(app):
        return [box for box in app.selectbox if box.key == "table-ask"]

    assert not asked(fine())
    app = upload(fine(), GOOD)
    (question,) = asked(app)
    assert question.value is None and question.options == ["speed", "weight", "drag"]
    assert question.placeholder == "The suggested target is drag, the last column of numbers."
    question.set_value("drag").run()
    assert not asked(app) and "“drag”" in said(app) and "target" not in app.query_params
    upload(app, GOOD.replace("weight", "price"), "other.csv")
    assert asked(app)[0].placeholder == "The suggested target is price, because of its name."
    app.selectbox(key="table~target").set_value("speed").run()
    assert not asked(app) and "“speed”" in said(app)


@pytest.mark.parametrize("dialect", ["plain", "money", "dates"])
def test_a_hundred_thousand_rows_are_read_while_one_waits(dialect):
    rng = np.random.default_rng(0)
    numbers = np.round(np.abs(rng.normal(0, 1e4, (100_000, 2))), 2)
    form = {"plain": "{:.2f},{:.2f}", "money": '"${:,.2f}","${:,.2f}"', "dates": "{:.2f},{:.2f}"}[dialect]
    days = np.datetime64("1900-01-01") + np.arange(len(numbers))
    rows = [
        form.format(*row) + (f",{day}" if dialect == "dates" else ",1") for row, day in zip(numbers, days, strict=True)
    ]
    content = ("a,b,c\n" + "\n".join(rows)).encode()
    begin = time.process_time()
    read = tables.parse(content)
    assert time.process_time() - begin < 5
    assert read.rows_read == 100_000 and len(read.cells) == 2000
    np.testing.assert_array_equal(read.cells[:, :2], numbers[::50])


def test_chinese_names_in_gb18030():
    app = upload(fine("zh"), GOOD.replace("speed,weight,drag", "速度,重量,阻力").encode("gb18030"))
    assert "“阻力”" in said(app)


BAD = [
    (b"", "The file is empty."),
    (b"  \n \n", "The file is empty."),
    (b"a,b\n", "no rows"),
    (b"a,b\n" + b",\n" * 30, "only empty cells (30 rows)"),
    (b"a,b\n" + b"NA,NA\n" * 30, "only empty cells (30 rows)"),
    (b"a,b\n1,2\n", "Rows that can be used: 1."),
    (b"a,b\n" + b"x,y\nz,y\nz,w\n" * 30, "No column has numbers"),
    (b"a;b\n" + b"1.5;2,5\n2,5;1.5\n" * 30, "“2,5” in row 3 has another decimal sign"),
    (b"\x00\x01\x02", "not text"),
    (b"a,b\n1,2\n3\n", "Row 3 has 1 cells and the header 2"),
    (b"a,a\n" + b"1,2\n" * 30, "it has only one value, 1"),
    (b'a,b\n1,"2\n' + b"3,4\n" * 30, "In row 2 a quotation mark is opened and never closed"),
    (b"a,b\n" + b"1,5,2,5\n" * 30, "Row 1 has 2 names, but the rows below have 4 cells"),
    (b"PK\x03\x04" + b"1,2\n" * 30, "workbook"),
    (b"<html><table></table></html>", "web page"),
    (b'[{"a": 1}]', "JSON"),
    (b"a,b\n" + b"1,2\n" * 200_001, "200002 lines"),
    (b"a,b\n" + b"x,y\n" * 30, "At least 2 columns"),
    (b"a\n" + b"1\n2\n" * 30, "At least 2 columns"),
    (b"a,b\n" + b"1,2\n1,3\n" * 30, "At least 2 columns"),
    (b"a,b\n1,2\n3,4\n", "Rows that can be used: 2."),
    (b"a,b\n" + b"1e308,1\n2e308,2\n" * 30, "At least 2 columns"),
    (b"x" * (MOST_BYTES + 1), "larger than 10 MB"),
]


@pytest.mark.parametrize(("content", "word"), BAD, ids=[word for _content, word in BAD])
def test_a_bad_table_is_explained_and_the_last_good_one_stays(content, word):
    app = upload(fine(), GOOD)
    upload(app, content, "bad.csv")
    assert word in app.error[0].value and "“drag”" in said(app)
    assert app.error[0].value.startswith("`bad.csv` is not used.")
    assert app.error[0].value.endswith("The picture shows your table `own.csv`.")
    app.run()
    assert word in app.error[0].value and "“drag”" in said(app)
    upload(app, GOOD.replace("drag", "lift"), "good.csv")
    assert not app.error and "“lift”" in said(app)


def test_what_a_file_says_is_never_read_as_markdown_or_html():
    nasty = GOOD.replace("speed,weight,drag", "<b>x</b>,[y](javascript:1),$z$ :red[w] `q`")
    app = upload(fine(), nasty, "<i>$`n`*.csv")
    (sentence,) = summaries(app)
    assert "“$z$ :red[w] `q`”" in sentence, "the browser sets it as text"
    table = next(text.value for text in app.markdown if "40 rows" in text.value)
    assert not read_in(table) and table.startswith("``<i>$`n`*.csv``: 40 rows")


def test_rows_without_a_cell_are_counted_and_formulas_in_cells_are_left_out():
    rows = "".join(f"{i},{'' if i < 5 else i % 7},{i * 2},=1+{i}\n" for i in range(40))
    app = upload(fine(), "a,b,c,d\n" + rows)
    assert "5 rows with empty cells were skipped" in said(app) and "d (“`=1+0`” in row 2 is not a number)" in said(app)


def test_how_a_file_is_read_is_corrected_by_the_link_and_begins_anew_with_another_file():
    content = "speed;weight;drag\n" + "".join(f"{i};{i % 7};1.{100 + i}\n" for i in range(40))
    app = upload(page(decimal="comma", missing="3, x"), content)
    assert "semicolons, decimal comma, utf-8" in said(app) and "6 rows with empty cells were skipped" in said(app)
    assert {"decimal", "missing"} < set(app.query_params)
    app = upload(app, content, "other.csv")
    assert "semicolons, decimal point, utf-8" in said(app) and "decimal" not in app.query_params
    assert "“1.100” in row 2 of drag was read as 1.1; if it is 1100," in said(app).replace("`", "")


def test_a_file_that_cannot_be_read_as_it_is_told_to_says_so_and_can_be_read_again():
    app = upload(page(separator="bar"), GOOD)
    assert "own.csv is not used." in app.error[0].value.replace("`", "")
    assert app.error[0].value.replace("`", "").endswith("The picture shows the sample table houses.csv.")
    assert "“price_k”" in said(app) and "“drag”" not in said(app)
    again = upload(app, GOOD, "other.csv")
    assert not again.error and "“drag”" in said(again)


def test_words_are_features_of_a_visitors_table_and_can_be_of_the_sample():
    app = upload(fine(), "kind,a,b\n" + "".join(f"{'xyz'[i % 3]},{i % 11},{i * i % 23}\n" for i in range(40)))
    assert app.multiselect(key="table~features").value == ["a", "kind"]
    assert "4-16-1" in said(app) and "kind holds words (x, y, z)" in said(app)
    assert "7-16-1" in said(fine(features=["area_m2", "rooms", "age_years", "distance_km", "district"]))


def test_what_one_visitor_uploads_no_other_sees_and_no_cache_keeps():
    before = table.learned_sample.cache_info().currsize
    app = upload(fine(), GOOD)
    size = table.learned_sample.cache_info().currsize
    app.selectbox(key="table~target").set_value("speed").run()
    assert table.learned_sample.cache_info().currsize == size <= before + 1
    assert "price_k" in said(fine()) and "drag" not in said(fine())


def test_a_file_is_read_once(monkeypatch):
    reads = []
    real = own_table.parse
    monkeypatch.setattr(own_table, "parse", lambda *given: reads.append(1) or real(*given))
    app = upload(fine(), GOOD)
    app.run()
    app.run()
    assert len(reads) == 1


def test_a_link_made_for_another_table_says_what_it_could_not_use():
    app = page(target="weight", features="speed")
    assert "target=weight was not used" in app.warning[0].value and "“price_k”" in said(app)


@pytest.mark.parametrize("name", ["target", "features", "validation", "hidden", "optimizer", "epochs"])
@pytest.mark.parametrize("junk", ["x", "1e999", "1" * 3000])
def test_junk_in_the_link_is_a_word_and_no_exception(name, junk):
    assert "for the network," in said(page(**{name: junk}))


def test_the_sample_is_the_file_in_data():
    assert HOUSES.name == table.SAMPLE


def test_the_link_has_the_files_name_and_back_and_forward_change_the_table(monkeypatch):
    app = upload(fine(), GOOD)
    assert app.query_params["file"] in ("own.csv", ["own.csv"])
    monkeypatch.setattr(links, "travelled", lambda: True)
    del app.query_params["file"]
    sound(app.run())
    assert "“price_k”" in said(app)
    app.query_params["file"] = "own.csv"
    app.query_params["target"] = "weight"
    sound(app.run())
    assert "“weight”" in said(app) and "40 rows" in said(app)


def test_a_table_that_is_not_at_hand_is_asked_for_and_then_all_goes_on():
    app = page(file="own.csv", target="weight", features="speed", lr="0.03")
    assert "The table `own.csv` is not available" in app.warning[0].value and not said(app)
    link = {"epochs": "3", "file": "own.csv", "target": "weight", "features": "speed", "lr": "0.03"}
    assert dict(app.query_params) == link
    upload(app, GOOD)
    assert not app.warning and "“weight”" in said(app)
    assert app.multiselect(key="table~features").value == ["speed"]
    assert dict(app.query_params) == link


def test_another_table_begins_anew_and_the_sample_can_be_had_instead():
    lost = {"file": "own.csv", "target": "weight", "features": "speed"}
    app = upload(page(**lost), GOOD.replace("weight", "mass"), "other.csv")
    assert not app.warning and "“drag”" in said(app) and "target" not in app.query_params
    app = page(**lost)
    app.button(key="table-back").click().run()
    sound(app)
    assert "“price_k”" in said(app) and not {"file", "target", "features"} & {*app.query_params}
