"""Counts and sums grow while their window is open, and a target for the total says nothing of its parts."""

from __future__ import annotations

from fractions import Fraction

import pytest

from aac.expressions.nodes import Aggregate, Call, Literal, Node, Stored
from aac.judging import Limits, number_status
from aac.measures import is_volume
from aac.periods import parse_label
from aac.results import NumberReading, Status

COUNT = Aggregate("count", ())
SUM = Aggregate("sum", (Stored("deal", "amount"),))
SHARE = Aggregate("share", (Stored("deal", "won"),))
AVERAGE = Aggregate("avg", (Stored("deal", "amount"),))


def reading(value: int, elapsed: Fraction, by: dict[str, str] | None = None) -> NumberReading:
    return NumberReading(
        subject="metric:mqls",
        window=parse_label("2026-03"),
        as_of_us=0,
        is_open=elapsed < 1,
        is_stale=False,
        by=by or {},
        value=Fraction(value),
        numerator=None,
        denominator=None,
        n=max(value, 1),
        unknown=0,
        unit="count",
        elapsed=elapsed,
        is_volume=True,
    )


@pytest.mark.parametrize(
    ("value", "elapsed", "limits", "status"),
    [
        # at least 100, a tenth of the month gone: 10 keep pace, 9 are behind, and neither is off target yet
        (10, "1/10", (100, None), "on_target"),
        (9, "1/10", (100, None), "at_risk"),
        (0, "1/10", (100, None), "at_risk"),
        (100, "1/10", (100, None), "on_target"),
        (99, "1", (100, None), "off_target"),
        (100, "1", (100, None), "on_target"),
        # at most 100: only when it is exceeded, and then at once
        (100, "1/10", (None, 100), "on_target"),
        (101, "1/10", (None, 100), "off_target"),
        # between: the least is still to come, the most may be passed already
        (9, "1/10", (100, 200), "at_risk"),
        (50, "1/10", (100, 200), "on_target"),
        (201, "1/10", (100, 200), "off_target"),
        (201, "1", (100, 200), "off_target"),
    ],
)
def test_status_of_a_total(value: int, elapsed: str, limits: tuple[int | None, int | None], status: str) -> None:
    exact: Limits = tuple(None if limit is None else Fraction(limit) for limit in limits)  # pyright: ignore[reportAssignmentType]
    assert number_status(reading(value, Fraction(elapsed)), exact, 1) == Status(status)


def test_a_group_is_not_judged_by_the_target_of_the_total() -> None:
    assert number_status(reading(30, Fraction(1), {"segment": "SMB"}), (Fraction(100), None), 1) is None


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (COUNT, True),
        (SUM, True),
        (Aggregate("count_if", (Stored("deal", "won"),)), True),
        (Aggregate("count_distinct", (Stored("deal", "account"),)), True),
        (Call("subtract", (SUM, COUNT)), True),
        (Call("multiply", (Literal(12), SUM)), True),
        (SHARE, False),
        (AVERAGE, False),
        (Call("divide", (SUM, COUNT)), False),
        (Call("add", (SUM, AVERAGE)), False),
        (Aggregate("max", (Stored("deal", "amount"),)), False),
        (Aggregate("median", (Stored("deal", "amount"),)), False),
    ],
)
def test_what_is_a_volume(formula: Node, expected: bool) -> None:
    assert is_volume(formula) is expected
