"""The page of the family tree, run without a browser."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from optviz.lessons import family, races
from optviz.lessons.family import SHARED, SHOWS
from optviz.locale.spoken import LANGUAGES
from optviz.optimization.family import FAMILY
from tests.pages import opener, said

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


@pytest.mark.parametrize("show", [*SHARED.values(), *SHOWS.values()])
def test_a_race_opens_on_the_surfaces_page_as_it_is_shown(show):
    app = AppTest.from_file("../app.py", default_timeout=60)
    for name, texts in show.parameters().items():
        app.query_params[name] = texts
    app.run()
    assert not app.exception and not app.error and not app.warning
    (report,) = [part.proto.body for part in app.get("html") if "<table>" in part.proto.body]
    assert report == races.report(show.settings())


def test_each_entry_links_to_its_race_in_the_language_of_the_visitor():
    links = re.findall('href="([^"]*)"', html(fine("zh")))
    assert len(links) == len(FAMILY) + 1
    for link in links:
        parts = urlsplit(link.replace("&amp;", "&"))
        query = parse_qs(parts.query)
        assert parts.path == "./" and query["lang"] == ["zh"] and query["run"] and query["surface"]
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
    settings = SHOWS["nesterov"].settings()
    arrays = family.arrays_of(settings, "nesterov")
    assert arrays["chosen"].array.tolist() == [list(map(pytest.approx, FAMILY["nesterov"].place))]
    assert "ahead" in arrays and "rate" not in arrays
    for panel in family.panels_of(settings):
        assert panel.pick is (panel.cell == "tree")
