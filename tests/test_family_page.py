"""The page of the family tree, run without a browser."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from optviz.figures.family import places
from optviz.lessons import family, matrices, races
from optviz.lessons.family import SHARED, SHOWS, show_of
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.family import FAMILY
from optviz.optimization.optimizers import KNOWN, MATRIX_OPTIMIZERS
from tests.pages import opened, opener, said

page, fine = opener("family")


def html(app):
    return " ".join(part.proto.body for part in app.get("html"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", FAMILY)
def test_every_member(name, lang):
    app = fine(lang, who=name)
    assert str(FAMILY[name].year) in said(app) and FAMILY[name].paper in said(app)


@pytest.mark.parametrize("race", SHARED)
def test_every_shared_race(race):
    assert SHARED[race].seen in said(fine(race=race))


@pytest.mark.parametrize("show", [*SHARED.values(), *(show_of(name) for name in FAMILY if name in KNOWN)])
def test_a_race_opens_on_the_surfaces_page_as_it_is_shown(show):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for name, texts in show.parameters().items():
        app.query_params[name] = texts
    app.run()
    assert not app.exception and not app.error and not app.warning
    (report,) = [part.proto.body for part in app.get("html") if "<table>" in part.proto.body]
    assert report == races.report(show.settings())


@pytest.mark.parametrize("name", MATRIX_OPTIMIZERS)
def test_a_training_opens_on_the_page_of_matrices_as_it_is_shown(name):
    show = show_of(name)
    assert matrices.report(show.settings()) in html(opened("matrices", **show.parameters()))


def test_each_entry_links_to_its_race_in_the_language_of_the_visitor():
    links = re.findall('href="([^"]*)"', html(fine("zh")))
    assert len(links) == len(FAMILY) + 1
    for link in links:
        parts = urlsplit(link.replace("&amp;", "&"))
        query = parse_qs(parts.query)
        assert query.pop("lang") == ["zh"]
        assert {*query} == {"./": {"surface", "steps", "lr", "run"}, "./matrices": {"opt"}}[parts.path]
    assert "lang=" not in html(fine())


def test_the_two_rows_of_numbers_are_on_screen():
    text = html(fine(who="adam"))
    assert "0.999" in text and "0.001" in text
    assert "maximum" in said(fine(who="amsgrad"))


def test_another_optimizer_shows_its_own_race_again():
    app = fine(race="saddle")
    app.selectbox(key="family~who").set_value("lion").run()
    assert dict(app.query_params) == {"who": "lion"} and SHOWS["lion"].seen in said(app)


def test_what_the_panels_follow_is_there():
    arrays = family.arrays_of(SHOWS["nesterov"], "nesterov")
    assert arrays["chosen"].array.tolist() == [list(map(pytest.approx, places()["nesterov"]))]
    assert "ahead" in arrays and "rate" not in arrays
    assert {"recalled", "error0", "error3"} < {*family.arrays_of(show_of("soap"), "soap")}
    for show in (SHOWS["nesterov"], show_of("soap")):
        for panel in family.panels_of(show):
            assert panel.pick is (panel.cell == "tree")
