"""The ladder of statuses a rung at a time, budgets, intervals and exit codes (LANGUAGE §7, §8, §10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product
from typing import cast

import pytest

from aac.errors import UsageError
from aac.judging import (
    FAIL_BY_DEFAULT,
    attainment_status,
    budget,
    burn,
    exit_code,
    in_wilson_interval,
    number_status,
    read_fail_on,
    wilson_interval,
)
from aac.periods import Window
from aac.planner.windows import Clockwork, choose
from aac.results import ClockReading, NumberReading, Outcome, Result, Results, Status, Verdict

FEBRUARY = Window("2026-02", "month", date(2026, 2, 1), date(2026, 3, 1))


def clock(
    met: int = 0,
    late: int = 0,
    *,
    opened: int = 0,
    excused: int = 0,
    unmeasurable: int = 0,
    unknown: int = 0,
    is_open: bool = False,
    is_stale: bool = False,
    recent: tuple[int, int] = (0, 0),
    is_off: bool = False,
    by: dict[str, str] | None = None,
) -> ClockReading:
    counts = {
        Outcome.MET: met,
        Outcome.LATE: late,
        Outcome.OPEN: opened,
        Outcome.EXCUSED: excused,
        Outcome.UNMEASURABLE: unmeasurable,
    }
    return ClockReading("sla:s", FEBRUARY, 0, is_open, is_stale, by or {}, counts, 0, unknown, recent, is_off=is_off)


def figure(
    value: str | None,
    n: int,
    *,
    of: tuple[int, int] | None = None,
    unknown: int = 0,
    is_open: bool = False,
    is_stale: bool = False,
) -> NumberReading:
    exact = Fraction(value) if value is not None else None
    above, below = (Fraction(of[0]), Fraction(of[1])) if of else (None, None)
    return NumberReading("metric:m", FEBRUARY, 0, is_open, is_stale, {}, exact, above, below, n, unknown, "percent")


def volume(
    value: int | None, elapsed: str = "1", *, is_stale: bool = False, by: dict[str, str] | None = None, n: int = 5
) -> NumberReading:
    """A count in a month of which so much is over."""
    part = Fraction(elapsed)
    exact = None if value is None else Fraction(value)
    return NumberReading(
        "metric:m", FEBRUARY, 0, part < 1, is_stale, by or {}, exact, None, None, n, 0, "count", True, part
    )


def derived(
    value: str | None,
    n: int = 0,
    *,
    of: tuple[str, str] | None = None,
    is_off: bool = False,
    is_share_below: bool = False,
) -> NumberReading:
    """A number that is reckoned from others, the smallest of them of ``n`` records."""
    exact = Fraction(value) if value is not None else None
    above, below = (Fraction(of[0]), Fraction(of[1])) if of else (None, None)
    reading = NumberReading("metric:m", FEBRUARY, 0, False, False, {}, exact, above, below, n, 0, "EUR")
    return replace(reading, is_off=is_off, is_derived=True, is_share_below=is_share_below)


HALF = Fraction(1, 2)
ON, RISK, OFF = Status.ON_TARGET, Status.AT_RISK, Status.OFF_TARGET
LITTLE, STALE, NOT = Status.NOT_ENOUGH_DATA, Status.STALE, Status.NOT_MEASURABLE
Judged = ClockReading | NumberReading
Judge = Callable[[Judged], Status | None]


def promise(objective: str = "0.5", min_n: int = 1, *, by_interval: bool = False) -> Judge:
    """An SLA that is a clock or a rule."""

    def judge(reading: Judged) -> Status | None:
        assert isinstance(reading, ClockReading)
        return attainment_status(reading, Fraction(objective), min_n, by_interval=by_interval)

    return judge


def target(least: str | None, most: str | None = None, min_n: int | None = None) -> Judge:
    """A metric with `at_least`, `at_most` or `between`; with ``min_n`` 0 an SLA that is a volume."""
    limits = tuple(None if limit is None else Fraction(limit) for limit in (least, most))

    def judge(reading: Judged) -> Status | None:
        assert isinstance(reading, NumberReading)
        return number_status(reading, (limits[0], limits[1]), min_n)

    return judge


LADDER: list[tuple[str, Judge, Judged, Status | None]] = [
    # A promise in time, or a rule: what both statuses would be true of has the first of them
    ("unmeasurable items, and stale", promise(), clock(unmeasurable=3, is_stale=True), NOT),
    ("no source, and stale", promise(), clock(is_off=True, is_stale=True), NOT),
    ("maybe no items, and too few", promise(), clock(unknown=3), NOT),
    ("stale, and too few", promise(min_n=10), clock(9, is_stale=True), STALE),
    ("stale, and below", promise(), clock(0, 9, is_stale=True), STALE),
    ("stale, and no items", promise(), clock(is_stale=True), STALE),
    ("too few, and below", promise(min_n=10), clock(0, 9), LITTLE),
    ("none judged, though some are open", promise(), clock(opened=9, is_open=True), LITTLE),
    ("enough, and below", promise(min_n=10), clock(0, 10), OFF),
    ("below, and so its last days", promise(), clock(4, 5, is_open=True, recent=(0, 3)), OFF),
    ("below, and that is no chance", promise("0.95", by_interval=True), clock(8, 2), OFF),
    ("below, which chance explains", promise("0.9", by_interval=True), clock(8, 2), RISK),
    ("too few for chance", promise("0.9", 11, by_interval=True), clock(8, 2), LITTLE),
    ("equal, its last days below", promise(), clock(3, 3, is_open=True, recent=(1, 2)), RISK),
    ("equal, and so its last days", promise(), clock(3, 3, is_open=True, recent=(1, 1)), ON),
    ("its last days below, and too few", promise(min_n=4), clock(9, 2, is_open=True, recent=(1, 2)), ON),
    ("its last days below, and over", promise(), clock(9, 2, recent=(0, 2)), ON),
    ("equal", promise(), clock(3, 3), ON),
    ("a group is judged alike", promise(), clock(1, 2, by={"segment": "SMB"}), OFF),
    # A metric
    ("nothing known, and stale", target("0.5"), figure(None, 5, is_stale=True), NOT),
    ("nothing known to belong, and stale", target("0.5"), figure("0", 0, unknown=4, is_stale=True), NOT),
    ("stale, and too few", target("0.5", min_n=10), figure("0.1", 9, is_stale=True), STALE),
    ("stale, and off target", target("0.5"), figure("0.1", 30, is_stale=True), STALE),
    ("too few, and off target", target("0.5", min_n=10), figure("0.1", 9), LITTLE),
    ("a ratio wants 20 below", target("0.5"), figure("0.1", 99, of=(1, 19)), LITTLE),
    ("a ratio has 20 below", target("0.5"), figure("0.1", 1, of=(2, 20)), OFF),
    ("anything else wants one", target("0.5"), figure("0.1", 1), OFF),
    ("less than at least", target("0.5"), figure("0.499999", 30), OFF),
    ("less than at least, so far", target("0.5"), figure("0.499999", 30, is_open=True), OFF),
    ("exactly at least", target("0.5"), figure("0.5", 30), ON),
    ("exactly at most", target(None, "0.5"), figure("0.5", 30), ON),
    ("more than at most", target(None, "0.5"), figure("0.500001", 30), OFF),
    ("between, below", target("0.4", "0.6"), figure("0.39", 30), OFF),
    ("between, at its least", target("0.4", "0.6"), figure("0.4", 30), ON),
    ("between, at its most", target("0.4", "0.6"), figure("0.6", 30), ON),
    ("between, above", target("0.4", "0.6"), figure("0.61", 30), OFF),
    ("no target", lambda reading: number_status(cast("NumberReading", reading), None), figure("0.1", 30), None),
    # A count or a sum: its target is for the total of the whole window
    ("stale, and behind", target("100"), volume(9, "1/10", is_stale=True), STALE),
    ("too few, and behind", target("100", min_n=6), volume(5, "1/10"), LITTLE),
    ("behind, and far below", target("100"), volume(9, "1/10"), RISK),
    ("keeping pace", target("100"), volume(10, "1/10"), ON),
    ("over, and missed", target("100"), volume(99), OFF),
    ("over, and reached", target("100"), volume(100), ON),
    ("more than at most already", target(None, "100"), volume(101, "1/10"), OFF),
    ("at most, exactly", target(None, "100"), volume(100, "1/10"), ON),
    ("between, more already", target("50", "100"), volume(101, "1/10"), OFF),
    ("between, behind", target("50", "100"), volume(4, "1/10"), RISK),
    ("a group has no target", target("100"), volume(1, by={"segment": "SMB"}), None),
    # A promise of a volume waits for no number of records
    ("nothing came of what was promised", target("100", min_n=0), volume(0, n=0), OFF),
    ("nothing has come yet", target("100", min_n=0), volume(0, "1/10", n=0), RISK),
    ("nothing came of what was feared", target(None, "100", min_n=0), volume(0, n=0), ON),
    ("nobody knows what came", target("100", min_n=0), volume(None, n=0), LITTLE),
    # What is derived from other numbers
    ("an input cannot be measured", target("1"), derived("2", is_off=True), NOT),
    ("an input has no value", target("1"), derived(None, 30), LITTLE),
    ("an input without records", target("1"), derived("2"), ON),
    ("too few of one input", target("1", min_n=5), derived("2", 4), LITTLE),
    ("a ratio of few", target("1"), derived("2", 99, of=("38", "19")), LITTLE),
    ("a ratio of enough", target("1"), derived("2", 1, of=("40", "20")), ON),
    ("a share below, of few", target("1"), derived("2", 19, of=("1", "0.5"), is_share_below=True), LITTLE),
    ("a share below, of enough", target("3"), derived("2", 20, of=("1", "0.5"), is_share_below=True), OFF),
]
"""What was judged, and by what. Between neighbours of the ladder (LANGUAGE §7) the first holds: not measurable, stale,
not enough data, off target, at risk, on target. Equal to a limit is on target."""


@pytest.mark.parametrize(("judge", "reading", "status"), [row[1:] for row in LADDER], ids=[row[0] for row in LADDER])
def test_the_ladder(judge: Judge, reading: Judged, status: Status | None) -> None:
    assert judge(reading) is status


@pytest.mark.parametrize(
    ("reading", "min_n", "status"),
    [
        # nothing could be measured, though there were items, or records that may be items
        (clock(unmeasurable=3), 1, Status.NOT_MEASURABLE),
        (clock(unknown=3), 1, Status.NOT_MEASURABLE),
        (clock(unmeasurable=3, is_stale=True), 1, Status.NOT_MEASURABLE),
        # stale goes before what was counted, and after what cannot be
        (clock(10, is_stale=True), 1, Status.STALE),
        (clock(0, 10, is_stale=True), 1, Status.STALE),
        (clock(is_stale=True), 1, Status.STALE),
        # too few judged items; those that are open, excused or unmeasurable are not judged
        (clock(), 1, Status.NOT_ENOUGH_DATA),
        (clock(opened=5), 1, Status.NOT_ENOUGH_DATA),
        (clock(excused=5), 1, Status.NOT_ENOUGH_DATA),
        (clock(excused=1, unmeasurable=5), 1, Status.NOT_ENOUGH_DATA),
        (clock(0, 9, opened=5), 10, Status.NOT_ENOUGH_DATA),
        (clock(9, unmeasurable=5), 10, Status.NOT_ENOUGH_DATA),
        # below the objective is off target; the window may be open, and items unmeasurable
        (clock(1, 2), 1, Status.OFF_TARGET),
        (clock(0, 10), 10, Status.OFF_TARGET),
        (clock(1, 2, is_open=True), 1, Status.OFF_TARGET),
        (clock(1, 2, unmeasurable=50, unknown=50), 1, Status.OFF_TARGET),
        # equal to it is on target
        (clock(1, 1), 1, Status.ON_TARGET),
        (clock(2, 1), 1, Status.ON_TARGET),
        # an open window on target is at risk if its last seven days alone are not
        (clock(9, 2, is_open=True, recent=(1, 2)), 1, Status.AT_RISK),
        (clock(9, 2, is_open=True, recent=(0, 1)), 1, Status.AT_RISK),
        # … unless they are, were too few, or the window is over
        (clock(9, 2, is_open=True, recent=(2, 2)), 1, Status.ON_TARGET),
        (clock(9, 2, is_open=True, recent=(0, 0)), 1, Status.ON_TARGET),
        (clock(9, 2, is_open=True, recent=(1, 2)), 4, Status.ON_TARGET),
        (clock(9, 2, is_open=True, recent=(1, 3)), 4, Status.AT_RISK),
        (clock(9, 2, is_open=False, recent=(0, 2)), 1, Status.ON_TARGET),
    ],
)
def test_status_of_a_promise(reading: ClockReading, min_n: int, status: Status) -> None:
    assert attainment_status(reading, HALF, min_n) is status


@pytest.mark.parametrize(
    "reading", [clock(), clock(3), clock(0, 3), clock(unmeasurable=3), clock(3, is_stale=True), clock(unknown=1)]
)
def test_without_an_objective_nothing_is_judged(reading: ClockReading) -> None:
    assert attainment_status(reading, None, 1) is None


@pytest.mark.parametrize(("objective", "status"), [(Fraction(1), Status.OFF_TARGET), (Fraction(0), Status.ON_TARGET)])
def test_objectives_at_the_ends(objective: Fraction, status: Status) -> None:
    assert attainment_status(clock(999_999_999, 1), objective, 1) is status


def test_status_is_decided_on_fractions() -> None:
    """As doubles, 3 × 10^17 of 10^18 and one fewer are the same number."""
    objective, n = Fraction(3, 10), 10**18
    assert attainment_status(clock(3 * 10**17, 7 * 10**17), objective, 1) is Status.ON_TARGET
    assert attainment_status(clock(3 * 10**17 - 1, 7 * 10**17 + 1), objective, 1) is Status.OFF_TARGET
    assert (3 * 10**17 - 1) / n == 3 * 10**17 / n


AT_LEAST_HALF, AT_MOST_HALF = (HALF, None), (None, HALF)


@pytest.mark.parametrize(
    ("reading", "limits", "min_n", "status"),
    [
        # of no record is known whether it belongs, so that counting none says nothing
        (figure(None, 0, unknown=4), AT_LEAST_HALF, 1, Status.NOT_MEASURABLE),
        (figure("0", 0, unknown=4), AT_LEAST_HALF, 1, Status.NOT_MEASURABLE),
        (figure("0", 0), AT_LEAST_HALF, 1, Status.NOT_ENOUGH_DATA),
        # without a value though there are records: what the formula needs is not known of any
        (figure(None, 5), AT_LEAST_HALF, 1, Status.NOT_MEASURABLE),
        (figure(None, 5, is_stale=True), AT_LEAST_HALF, 1, Status.NOT_MEASURABLE),
        (figure(None, 5, of=(0, 0), unknown=5), AT_LEAST_HALF, 1, Status.NOT_MEASURABLE),
        # a denominator that is known to be 0 is no data
        (figure(None, 50, of=(0, 0)), AT_LEAST_HALF, 1, Status.NOT_ENOUGH_DATA),
        (figure(None, 50, of=(0, 0), unknown=2), AT_LEAST_HALF, 1, Status.NOT_ENOUGH_DATA),
        (figure(None, 0), AT_LEAST_HALF, 1, Status.NOT_ENOUGH_DATA),
        (figure("1", 30, is_stale=True), AT_LEAST_HALF, 1, Status.STALE),
        (figure("0", 0, is_stale=True), AT_LEAST_HALF, 1, Status.STALE),
        # the denominator of a ratio counts, else the records
        (figure("0.1", 30, of=(1, 10)), AT_LEAST_HALF, 20, Status.NOT_ENOUGH_DATA),
        (figure("0.1", 10, of=(3, 30)), AT_LEAST_HALF, 20, Status.OFF_TARGET),
        (figure("0.1", 19), AT_LEAST_HALF, 20, Status.NOT_ENOUGH_DATA),
        (figure("0.1", 20), AT_LEAST_HALF, 20, Status.OFF_TARGET),
        # a limit belongs to what is on target
        (figure("0.5", 20), AT_LEAST_HALF, 1, Status.ON_TARGET),
        (figure("0.5", 20), AT_MOST_HALF, 1, Status.ON_TARGET),
        (figure("0.500001", 20), AT_MOST_HALF, 1, Status.OFF_TARGET),
        (figure("0.5", 20), (HALF, HALF), 1, Status.ON_TARGET),
        (figure("0.4", 20), (HALF, Fraction(1)), 1, Status.OFF_TARGET),
        (figure("1.1", 20), (HALF, Fraction(1)), 1, Status.OFF_TARGET),
        (figure("-1", 20), AT_MOST_HALF, 1, Status.ON_TARGET),
        # without a target, nothing
        (figure("0.1", 20), None, 1, None),
        (figure(None, 0, unknown=4), None, 1, None),
        (figure("0.1", 20, is_stale=True), None, 1, None),
    ],
)
def test_status_of_a_number(
    reading: NumberReading, limits: tuple[Fraction | None, Fraction | None] | None, min_n: int, status: Status | None
) -> None:
    assert number_status(reading, limits, min_n) is status


@pytest.mark.parametrize(
    ("met", "late", "opened", "objective", "allowed"),
    [
        (171, 29, 0, "0.95", 10),
        (18, 1, 0, "0.95", 0),  # a twentieth of 19 is less than one
        (18, 1, 1, "0.95", 1),  # items that are open may still become late
        (0, 0, 0, "0.95", 0),
        (3, 0, 0, "1", 0),
        (3, 0, 0, "0", 3),
        (10, 0, 0, "0.7", 3),  # exactly 3, which 1 - 0.7 in doubles misses
    ],
)
def test_budget(met: int, late: int, opened: int, objective: str, allowed: int) -> None:
    reading = clock(met, late, opened=opened, excused=100, unmeasurable=100)
    assert budget(reading, Fraction(objective)) == (allowed, late)


@pytest.mark.parametrize(
    ("reading", "objective", "rate"),
    [
        (clock(171, 29), "0.95", "2.9"),
        (clock(95, 5), "0.95", "1"),
        (clock(95, 5, opened=100, excused=9), "0.95", "1"),  # what is open may still be either
        (clock(3), "0.95", "0"),
        (clock(0, 3), "0", "1"),
        (clock(2, 1), "0.5", "2/3"),
        (clock(2, 1), "1", None),
        (clock(opened=3), "0.95", None),
        (clock(2, 1), None, None),
    ],
)
def test_burn(reading: ClockReading, objective: str | None, rate: str | None) -> None:
    exact = None if objective is None else Fraction(objective)
    assert burn(reading, exact) == (None if rate is None else Fraction(rate))


def test_above_one_it_burns_off_the_target() -> None:
    """The two say the same of every promise that is judged."""
    for met, late in product(range(12), repeat=2):
        for objective in (Fraction(1, 3), Fraction(9, 10), Fraction(0)):
            rate = burn(clock(met, late), objective)
            if rate is not None:
                status = attainment_status(clock(met, late), objective, 1)
                assert (rate > 1) == (status is OFF), (met, late, objective)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval(successes: int, n: int, low: float, high: float) -> None:
    found = wilson_interval(successes, n)
    assert found is not None
    assert (round(found[0], 4), round(found[1], 4)) == (low, high)
    mirrored = wilson_interval(n - successes, n)
    assert mirrored == pytest.approx((1 - found[1], 1 - found[0]), abs=1e-12)


def test_wilson_interval_ends_where_shares_end() -> None:
    for n in range(1, 500):
        none, all_ = wilson_interval(0, n), wilson_interval(n, n)
        assert none is not None
        assert all_ is not None
        assert none[0] == 0 < none[1] < 1
        assert 0 < all_[0] < 1 == all_[1]


def test_no_interval_without_items() -> None:
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize("n", [1, 2, 10, 61])
def test_what_lies_in_the_interval_is_decided_as_its_ends_are(n: int) -> None:
    for successes in range(n + 1):
        ends = wilson_interval(successes, n)
        assert ends is not None
        for share in (Fraction(part, 997) for part in range(1, 997)):  # so near to an end that doubles differ is none
            assert in_wilson_interval(share, successes, n) == (ends[0] <= share <= ends[1])


@pytest.mark.parametrize(
    ("reading", "objective", "status"),
    [
        (clock(8, 2), "0.9", Status.AT_RISK),
        (clock(8, 2), "0.95", Status.OFF_TARGET),  # the interval ends at 94.3 %
        (clock(80, 20), "0.9", Status.OFF_TARGET),
        (clock(999, 1), "1", Status.OFF_TARGET),  # whoever promised all of them has missed one
        (clock(9, 1), "0.9", Status.ON_TARGET),
        (clock(0, 1, is_stale=True), "0.5", Status.STALE),
        (clock(0, 1), "0.5", Status.AT_RISK),
    ],
)
def test_a_shortfall_that_chance_explains_is_a_risk(reading: ClockReading, objective: str, status: Status) -> None:
    assert attainment_status(reading, Fraction(objective), 1, by_interval=True) is status


@pytest.mark.parametrize(
    ("statuses", "has_warnings", "fail_on", "code"),
    [
        ([], False, FAIL_BY_DEFAULT, 0),
        ([ON, RISK, LITTLE, NOT, None], True, FAIL_BY_DEFAULT, 0),
        ([ON, OFF], False, FAIL_BY_DEFAULT, 1),
        ([ON, STALE], False, FAIL_BY_DEFAULT, 3),
        ([STALE, OFF], False, FAIL_BY_DEFAULT, 1),
        ([OFF, STALE], False, FAIL_BY_DEFAULT, 1),
        ([OFF, STALE], False, ["stale"], 3),
        ([OFF], False, ["at_risk"], 0),
        ([RISK], False, ["at_risk"], 1),
        ([NOT], False, ["not_measurable"], 3),
        ([NOT, RISK], False, ["not_measurable", "at_risk"], 1),
        ([LITTLE], False, ["off_target", "at_risk", "stale", "not_measurable"], 0),
        ([STALE], True, ["findings", "stale"], 1),
        ([ON], False, ["findings"], 0),
        ([ON], True, ["findings"], 1),
        ([OFF, STALE, NOT], True, ["never"], 0),
        ([OFF], True, ["off_target", "findings", "never"], 0),
    ],
)
def test_exit_code(statuses: list[Status | None], has_warnings: bool, fail_on: list[str], code: int) -> None:
    assert exit_code(statuses, has_warnings, fail_on) == code


def test_fail_on_is_a_comma_list_of_known_words() -> None:
    assert read_fail_on(None) == ("off_target", "stale")
    assert read_fail_on(" at_risk , findings") == ("at_risk", "findings")
    for wrong in ("", "off target", "at_risk,", "on_target", "OFF_TARGET"):
        with pytest.raises(UsageError, match="--fail-on"):
            read_fail_on(wrong)


def results(*parts: tuple[str, Status, dict[str, str]]) -> Results:
    found = [
        Result("metric", "m", NumberReading("metric:m", FEBRUARY, 0, False, False, by, None, None, None, 0, 0, "count"),
               Verdict(status), selection)
        for selection, status, by in parts
    ]  # fmt: skip
    return Results("p", None, 0, (), {}, tuple(found))


@pytest.mark.parametrize(
    ("current", "added"), [(RISK, (RISK,)), (OFF, ()), (ON, ()), (LITTLE, ()), (STALE, ()), (NOT, ())]
)
def test_the_current_window_can_only_add_at_risk(current: Status, added: tuple[Status, ...]) -> None:
    found = results(("last", ON, {}), ("current", current, {}), ("current", RISK, {"segment": "SMB"}))
    assert found.deciding() == (ON, *added)
    assert [result.verdict.status for result in found.headline()] == [ON]


def test_a_cohort_that_has_not_matured_is_not_judged() -> None:
    limits = (Fraction(1, 2), None)
    for value in ("0.1", "0.9"):
        young = replace(figure(value, 100, of=(10, 100)), has_matured=False, is_maturing=True)
        assert number_status(young, limits) is LITTLE
        assert number_status(replace(young, is_stale=True), limits) is STALE
        assert number_status(replace(young, is_maturing=False), limits) is (ON if value == "0.9" else OFF)


def test_windows_that_were_named_decide_with_all_they_are() -> None:
    found = results(("named", OFF, {}), ("named", STALE, {}), ("named", OFF, {"segment": "SMB"}))
    assert found.deciding() == (OFF, STALE)


@pytest.mark.parametrize("grain", ["all", "rolling 28 days"])
def test_all_time_and_rolling_windows_are_last_and_current_at_once(grain: str) -> None:
    as_of = 1_773_144_000_000_000
    (chosen,) = choose((), grain, Clockwork("Europe/Berlin", (1, 1), as_of))
    assert chosen.selection == "last"
    found = results((chosen.selection, OFF, {}))
    assert found.deciding() == (OFF,)


def test_each_grain_has_its_last_and_current_window() -> None:
    clockwork = Clockwork("Europe/Berlin", (1, 1), 1_773_144_000_000_000)  # 2026-03-10
    for grain, labels in (("month", ["2026-02", "2026-03"]), ("year", ["2025", "2026"])):
        chosen = choose((), grain, clockwork)
        assert [(c.window.label, c.selection) for c in chosen] == list(zip(labels, ("last", "current"), strict=True))
    # an as_of at which a month ends has ended it
    ended = choose((), "month", Clockwork("UTC", (1, 1), 1_772_323_200_000_000))
    assert [c.window.label for c in ended] == ["2026-02", "2026-03"]
