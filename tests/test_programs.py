"""The templates of the programs that pages print; what they print is run in the tests of the pages."""

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from optviz import lessons
from optviz.lessons import programs
from optviz.lessons.programs import printed

TEMPLATES = sorted(Path(programs.__file__).parent.glob("*.py.jinja"))


@pytest.mark.parametrize("typed", ["{{ 7 * 7 }}", "{% include 'race.py.jinja' %}", "{# unseen #}", "<b>&amp;'\"</b>"])
def test_what_is_typed_stands_in_a_program_as_it_is(typed: str) -> None:
    text = printed("softmax", logits=typed, shift=typed)
    assert f"tf.constant({typed}, tf.float64)" in text and f"logits + {typed})" in text


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="shift"):
        printed("softmax", logits=[1.0])


def test_a_program_ends_with_its_last_line() -> None:
    assert printed("softmax", logits=[1.0], shift=0.0).endswith("print(probabilities.numpy())")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_every_template_is_printed(template: Path) -> None:
    name = template.name.removesuffix(".py.jinja")
    modules = "".join(module.read_text("utf-8") for module in Path(lessons.__file__).parent.glob("*.py"))
    printing = re.search(rf'(?:printed|defined)\(\s*"{name}"|told=\(.*"{name}"', modules)
    included = any(f'include "{template.name}"' in other.read_text("utf-8") for other in TEMPLATES)
    assert printing or included
