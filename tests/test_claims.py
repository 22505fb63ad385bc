"""What a title promises, the page's own numbers keep: the titles of examples, of scenes and of remedies."""

import runpy
from collections.abc import Sequence
from dataclasses import replace

import pytest

from optviz.ui import course, lesson
from optviz.ui.examples import Example
from optviz.ui.lessons.penalties import Sweep
from tests.claims import CLAIMS, descents, losses, networks, trainings  # noqa: F401
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


PAGES_SO_FAR = {page for page, _title in CLAIMS}
EXAMPLES = {
    (page, example.title): example for page in course.LESSONS if page in PAGES_SO_FAR for example in examples_of(page)
}


@pytest.mark.parametrize(("page", "title"), EXAMPLES)
def test_an_example_keeps_what_its_title_promises(page, title):
    assert (page, title) in CLAIMS, "say what this title claims"
    CLAIMS[page, title](ran(page, **EXAMPLES[page, title].parameters))


def test_no_claim_is_left_of_a_title_that_is_gone():
    assert set(CLAIMS) <= set(EXAMPLES)


def test_regularization_opens_where_it_helps():
    page = ran("penalties")
    lower = []
    for seed in range(10):
        sweep = Sweep(replace(page.settings, seed=seed))
        sweep.advance(1e9)
        none, *penalized = sweep.frames[-1].validation_loss[list(sweep.runs(page.chosen))]
        lower.append([loss < none for loss in penalized])
    assert all(sum(wins) >= 8 for wins in zip(*lower, strict=True))
