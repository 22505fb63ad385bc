"""A recipe's sliders are what its factory's signature says."""

from typing import Annotated

import pytest

from optviz.recipes import Parameter, Range, recipe, registry, with_numbers

FACTOR = Range(0.5, 10.0, r"\phi", "log")
TIMES = Range(1, 9, "n")


@recipe("Some product", formula="n f", source="arithmetic")
def product(
    times: Annotated[int, TIMES] = 2,
    some_factor: Annotated[float, FACTOR] = 3.0,
    negative: Annotated[bool, Range(0, 1, "-")] = False,
) -> float:
    """Multiply."""
    return times * some_factor * (-1 if negative else 1)


def test_a_recipe_makes_with_its_defaults_or_with_what_is_given() -> None:
    assert product() == 6.0
    assert product(some_factor=4.0, negative=True) == -8.0
    assert product.defaults == {"times": 2, "some_factor": 3.0, "negative": False}
    assert product() == product(**product.defaults)


def test_a_recipe_knows_its_names_and_source() -> None:
    assert (product.name, product.title) == ("product", "Some product")
    assert (product.formula, product.source) == ("n f", "arithmetic")


def test_parameters_are_read_from_the_signature_in_order() -> None:
    assert product.parameters == (
        Parameter("times", 2, TIMES, int),
        Parameter("some_factor", 3.0, FACTOR, float),
        Parameter("negative", False, Range(0, 1, "-"), bool),
    )
    assert [parameter.title for parameter in product.parameters] == ["times", "some factor", "negative"]


@pytest.mark.parametrize(("value", "nearest"), [(0.1, 0.5), (0.5, 0.5), (3.0, 3.0), (10.0, 10.0), (1e300, 10.0)])
def test_a_range_clamps_to_its_nearest_number(value: float, nearest: float) -> None:
    assert FACTOR.clamp(value) == nearest


def test_an_argument_without_a_range_is_refused() -> None:
    with pytest.raises((AttributeError, KeyError)):

        @recipe("Bare", formula="x", source="nowhere")
        def bare(x: float = 1.0) -> float:
            return x


def test_a_registry_keeps_the_order_and_refuses_a_name_twice() -> None:
    @recipe("Other", formula="1", source="arithmetic")
    def other() -> float:
        return 1.0

    table = registry([other, product])
    assert list(table) == ["other", "product"]
    assert table["product"] is product
    with pytest.raises(ValueError, match="'product'"):
        registry([product, other, product])


@pytest.mark.parametrize(
    ("formula", "numbers", "filled"),
    [
        (r"\max(\alpha z,\ z)", {r"\alpha": 0.2}, r"\max(0.2\,z,\ z)"),
        (r"\max(\alpha z,\ z)", {r"\alpha": 1}, r"\max(z,\ z)"),
        (r"\alpha_1 (e^{z} - \alpha)", {r"\alpha_1": 2, r"\alpha": 1}, r"2\,(e^{z} - 1)"),
        (r"\tfrac{1}{2}(l + u),\ \ln u", {"l": 0.25, "u": 1 / 3}, r"\tfrac{1}{2}(0.25 + 0.3333),\ \ln 0.3333"),
        (r"|e| \le \delta \\ \delta \left(|e|\right)", {r"\delta": 1}, r"|e| \le 1 \\ \left(|e|\right)"),
    ],
)
def test_numbers_take_the_place_of_symbols(formula: str, numbers: dict[str, float], filled: str) -> None:
    assert with_numbers(formula, numbers) == filled
