"""What a title promises, the page's own numbers keep: the titles of examples, of scenes and of remedies."""

import runpy
from collections.abc import Sequence
from dataclasses import replace

import pytest

from optviz.course import outline
from optviz.course.ready_lectures import READY
from optviz.lessons.examples import CLASSIFIER_EXAMPLES, Example
from optviz.lessons.penalties import Sweep
from optviz.lessons.practice import TRICKS
from optviz.ui import lesson
from tests.claims import CLAIMS, advice, descents, lectures, losses, maps, matrices, networks, trainings  # noqa: F401
from tests.pages import PAGES, ran


class Begun(Exception):
    """Ends a page's script where it draws its examples."""


def examples_of(page: str) -> Sequence[Example]:
    """Return the examples of a page, as it hands them over."""

    def begin(_page: str, _title: str, examples: Sequence[Example], *_more: object) -> None:
        raise Begun(examples)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Begun) as begun:
        patch.setattr(lesson, "begin", begin)
        runpy.run_path(str(PAGES / f"{page}.py"))
    return begun.value.args[0]


EXAMPLES = {(page, example.title): example for page in outline.LESSONS for example in examples_of(page)}

SCENES = {(name, scene.title): scene for name, lecture in READY.items() for scene in lecture.scenes}

LINKS = {
    ("practice", trick.what): (trick.page, trick.parameters)
    for trick in TRICKS
    if not any(trick.parameters is example.parameters for example in CLASSIFIER_EXAMPLES)
} | {("fitting", title): ("classifier", parameters) for title, parameters, _why in ran("fitting").NETS}
"""Where pages lead on, but for those places that are examples, too."""


@pytest.mark.parametrize(("page", "title"), EXAMPLES)
def test_an_example_keeps_what_its_title_promises(page, title):
    assert (page, title) in CLAIMS, "say what this title claims"
    CLAIMS[page, title](ran(page, **EXAMPLES[page, title].parameters))


@pytest.mark.parametrize(("lecture", "title"), SCENES)
def test_a_scene_keeps_what_its_title_promises(lecture, title):
    assert (lecture, title) in CLAIMS, "say what this title claims"
    scene = SCENES[lecture, title]
    CLAIMS[lecture, title](ran(scene.page, **scene.parameters))


@pytest.mark.parametrize(("page", "title"), LINKS)
def test_where_a_page_leads_on_its_advice_is_kept(page, title):
    assert (page, title) in CLAIMS, "say what this title claims"
    leads_to, parameters = LINKS[page, title]
    CLAIMS[page, title](ran(leads_to, **parameters))


def test_no_claim_is_left_of_a_title_that_is_gone():
    assert set(CLAIMS) <= {*EXAMPLES, *SCENES, *LINKS}


def test_regularization_opens_where_it_helps():
    page = ran("penalties")
    lower = []
    for seed in range(10):
        sweep = Sweep(replace(page.settings, seed=seed))
        sweep.advance(1e9)
        none, *penalized = sweep.frames[-1].validation_loss[list(sweep.runs(page.chosen))]
        lower.append([loss < none for loss in penalized])
    assert all(sum(wins) >= 8 for wins in zip(*lower, strict=True))
