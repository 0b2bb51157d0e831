"""Units: which fit together and what arithmetic makes of them (LANGUAGE §8), as a table and as laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aac.units import added, divided, fits, is_money, is_unit, multiplied

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("count", "percent", "ratio", "score", "seconds", "minutes", "hours", "days", "months", "business_hours")
MONEY = ("EUR", "USD", "EUR/day", "EUR/month", "EUR/quarter", "EUR/year")
UNITS = st.sampled_from([None, *WORDS, *MONEY])
UNLIKE = "unlike"


def outcome(rule: Callable[[str | None, str | None], str | None], a: str | None, b: str | None) -> str | None:
    """What a rule makes of two units."""
    try:
        return rule(a, b)
    except ValueError:
        return UNLIKE


@pytest.mark.parametrize("text", [*WORDS, *MONEY])
def test_units(text: str) -> None:
    assert is_unit(text)
    assert is_money(text) == (text in MONEY)


@pytest.mark.parametrize(
    "text", ["", "eur", "EURO", "EUR/week", "EUR / year", "EUR/year ", "Hours", "%", "percent ", "€"]
)
def test_what_is_no_unit(text: str) -> None:
    assert not is_unit(text)


@pytest.mark.parametrize(
    ("a", "b", "sum_", "product", "quotient"),
    [
        # a number without a unit takes the one it meets
        (None, None, None, None, None),
        (None, "EUR", "EUR", "EUR", "ratio"),
        ("EUR", None, "EUR", "EUR", "EUR"),
        (None, "count", "count", "count", None),
        ("count", None, "count", "count", "count"),
        # like by like is a ratio, by a count keeps the unit
        ("EUR", "EUR", "EUR", UNLIKE, "ratio"),
        ("hours", "hours", "hours", UNLIKE, "ratio"),
        ("score", "score", "score", UNLIKE, "ratio"),
        ("count", "count", "count", "count", "ratio"),
        ("EUR", "count", UNLIKE, "EUR", "EUR"),
        ("hours", "count", UNLIKE, "hours", "hours"),
        ("EUR/year", "count", UNLIKE, "EUR/year", "EUR/year"),
        ("count", "hours", UNLIKE, "hours", UNLIKE),
        # shares are fractions of anything
        ("percent", "ratio", "percent", "ratio", "ratio"),
        ("percent", "count", UNLIKE, "count", "percent"),
        ("count", "percent", UNLIKE, "count", "count"),
        ("percent", "EUR", UNLIKE, "EUR", UNLIKE),
        ("EUR", "percent", UNLIKE, "EUR", "EUR"),
        ("EUR", "ratio", UNLIKE, "EUR", "EUR"),
        # conversion is only ever explicit
        ("EUR", "USD", UNLIKE, UNLIKE, UNLIKE),
        ("EUR", "EUR/year", UNLIKE, UNLIKE, UNLIKE),
        ("EUR/month", "EUR/year", UNLIKE, UNLIKE, UNLIKE),
        ("hours", "business_hours", UNLIKE, UNLIKE, UNLIKE),
        ("hours", "days", UNLIKE, UNLIKE, UNLIKE),
        ("minutes", "seconds", UNLIKE, UNLIKE, UNLIKE),
        # money by time is money per time, and the other way round
        ("EUR", "days", UNLIKE, UNLIKE, "EUR/day"),
        ("EUR", "months", UNLIKE, UNLIKE, "EUR/month"),
        ("EUR", "hours", UNLIKE, UNLIKE, UNLIKE),
        ("EUR", "EUR/day", UNLIKE, UNLIKE, "days"),
        ("EUR", "EUR/month", UNLIKE, UNLIKE, "months"),
        ("EUR", "USD/month", UNLIKE, UNLIKE, UNLIKE),
        ("EUR/day", "days", UNLIKE, "EUR", UNLIKE),
        ("EUR/month", "months", UNLIKE, "EUR", UNLIKE),
        ("EUR/month", "days", UNLIKE, UNLIKE, UNLIKE),
    ],
)
def test_arithmetic(a: str | None, b: str | None, sum_: str | None, product: str | None, quotient: str | None) -> None:
    assert outcome(added, a, b) == sum_
    assert outcome(multiplied, a, b) == product
    assert outcome(divided, a, b) == quotient


@pytest.mark.parametrize(
    ("declared", "actual", "fit"),
    [
        ("EUR", None, True),
        ("percent", "ratio", True),
        ("ratio", "percent", True),
        ("percent", "percent", True),
        ("count", "percent", False),
        ("hours", "business_hours", False),
        ("EUR", "EUR/year", False),
    ],
)
def test_what_a_number_may_be_shown_as(declared: str, actual: str | None, fit: bool) -> None:
    assert fits(declared, actual) is fit


@given(UNITS, UNITS)
def test_the_order_of_sums_and_products_is_no_matter(a: str | None, b: str | None) -> None:
    """But for the two words for a share, of which either may come out."""
    for rule in (added, multiplied):
        one, other = outcome(rule, a, b), outcome(rule, b, a)
        assert one == other or {one, other} == {"percent", "ratio"}


@given(UNITS, UNITS, UNITS)
def test_sums_may_be_grouped_either_way(a: str | None, b: str | None, c: str | None) -> None:
    left = outcome(added, a, b)
    right = outcome(added, b, c)
    one = outcome(added, left, c) if left != UNLIKE else UNLIKE
    other = outcome(added, a, right) if right != UNLIKE else UNLIKE
    assert one == other or {one, other} == {"percent", "ratio"}


@given(UNITS, UNITS)
def test_what_divides_multiplies_back(a: str | None, b: str | None) -> None:
    """A quotient that is no mere share, times what it was divided by, has the unit that was divided again."""
    quotient = outcome(divided, a, b)
    if a not in (None, "percent", "ratio") and quotient not in (UNLIKE, "ratio"):
        assert outcome(multiplied, quotient, b) == a
