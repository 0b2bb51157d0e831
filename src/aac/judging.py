"""The ladder of statuses, budgets and the exit code: pure functions over exact fractions (LANGUAGE §7, §10)."""

from __future__ import annotations

from fractions import Fraction
from math import floor, sqrt
from typing import TYPE_CHECKING

from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.results import ClockReading, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from aac.results import NumberReading, RowReading

Limits = tuple[Fraction | None, Fraction | None]
"""The least and the greatest value that is on target; null is no limit."""

WILSON_Z = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
WILSON_Z_SQUARED = Fraction(WILSON_Z) ** 2

RATIO_MIN_N = 20
"""Fewer than this in the denominator of a ratio say nothing yet (LANGUAGE §8)."""

WORST_FIRST = (
    Status.OFF_TARGET,
    Status.AT_RISK,
    Status.STALE,
    Status.NOT_MEASURABLE,
    Status.NOT_ENOUGH_DATA,
    Status.ON_TARGET,
)
"""How bad it is for several numbers together that one of them stands so."""

FAIL_ON = ("off_target", "at_risk", "stale", "not_measurable", "findings", "never")
"""What `--fail-on` may list (LANGUAGE §10)."""
FAIL_BY_DEFAULT = ("off_target", "stale")


def attainment_status(
    reading: ClockReading, objective: Fraction | None, min_n: int, *, by_interval: bool = False
) -> Status | None:
    """The status of a promise in time; null when no objective was agreed: measured, not judged.

    An open window that is on target so far is at risk when its last seven days alone are not; ``by_interval``: so is
    a window that is off target, but not by more than chance explains.
    """
    if objective is None:
        return None
    if not is_measurable(reading):
        return Status.NOT_MEASURABLE
    if reading.is_stale:
        return Status.STALE
    attainment = reading.attainment
    if attainment is None or reading.judged < min_n:
        return Status.NOT_ENOUGH_DATA
    if attainment < objective:
        is_chance = by_interval and in_wilson_interval(objective, reading.count(Outcome.MET), reading.judged)
        return Status.AT_RISK if is_chance else Status.OFF_TARGET
    met, late = reading.recent
    if reading.is_open and met + late >= max(1, min_n) and met < objective * (met + late):
        return Status.AT_RISK
    return Status.ON_TARGET


def number_status(reading: NumberReading, limits: Limits | None, min_n: int | None = None) -> Status | None:
    """The status of a metric; null without a target, and for groups of a volume: the target is for their total.

    A volume in an open window is at risk while it is behind the share of time that is over; it is off target only
    when it has exceeded the most that was agreed (LANGUAGE §7). Without ``min_n`` it takes 20 for a ratio, else 1; for
    what is derived from other numbers nothing but that they are known, if it is no ratio. A cohort that has not matured
    is not judged: what is missing of it may still come.
    """
    if limits is None or (reading.is_volume and reading.by):
        return None
    if not is_measurable(reading):
        return Status.NOT_MEASURABLE
    if reading.is_stale:
        return Status.STALE
    if reading.is_maturing:
        return Status.NOT_ENOUGH_DATA
    if min_n is None:
        min_n = RATIO_MIN_N if reading.denominator is not None else int(not reading.is_derived)
    if reading.value is None or reading.size < min_n:
        return Status.NOT_ENOUGH_DATA
    least, most = limits
    if most is not None and reading.value > most:
        return Status.OFF_TARGET
    if least is None or reading.value >= least:
        return Status.ON_TARGET
    if reading.is_volume and reading.elapsed < 1:
        return Status.AT_RISK if reading.value < least * reading.elapsed else Status.ON_TARGET
    return Status.OFF_TARGET


def is_measurable(reading: ClockReading | NumberReading) -> bool:
    """Whether anything could be measured: no is a reading with records, of none of which it is known whether it belongs
    or what it comes to, and one of what there is no data of.

    A denominator of 0 may well be known: then there is no data. What is derived is told by its inputs.
    """
    if isinstance(reading, ClockReading):
        ended = (Outcome.MET, Outcome.LATE, Outcome.OPEN, Outcome.EXCUSED)
        is_lacking = reading.count(Outcome.UNMEASURABLE) or reading.unknown or reading.is_off
        return any(reading.count(outcome) for outcome in ended) or not is_lacking
    if reading.is_derived:
        return not reading.is_off
    if reading.n == 0:
        return not reading.unknown and not reading.is_off
    return reading.value is not None or (reading.denominator == 0 and reading.unknown < reading.n)


def card_status(rows: Iterable[RowReading]) -> Status | None:
    """The status of a card: that of the row that stands worst; null when none is judged.

    Rows of the longer term are looked at, and decide only where there are no others.
    """
    statuses = {row.status for row in deciding_rows(rows)}
    return next((status for status in WORST_FIRST if status in statuses), None)


def card_score(rows: Iterable[RowReading]) -> Fraction | None:
    """The share of the weight that is on target, among rows that decide and are on target, at risk or off target."""
    judged = [row for row in deciding_rows(rows) if row.status in (Status.ON_TARGET, Status.AT_RISK, Status.OFF_TARGET)]
    on_target = [row.weight for row in judged if row.status is Status.ON_TARGET]
    return sum(on_target, Fraction(0)) / sum(row.weight for row in judged) if judged else None


def deciding_rows(rows: Iterable[RowReading]) -> list[RowReading]:
    """The rows that decide how a card stands: those of now, or all where there are none."""
    rows = list(rows)
    return [row for row in rows if row.horizon == "now"] or rows


def budget(reading: ClockReading, objective: Fraction) -> tuple[int, int]:
    """How many items may be late, floor((1 − objective) × (met + late + open)), and how many are."""
    late = reading.count(Outcome.LATE)
    return floor((1 - objective) * (reading.judged + reading.count(Outcome.OPEN))), late


def burn(reading: ClockReading, objective: Fraction | None) -> Fraction | None:
    """How fast the budget is spent: the share that was late, by the share that may be (Google, The Site Reliability
    Workbook, chapter 5). At 1 exactly the budget is spent, above it the promise is off target.

    Null when nothing was judged, and where nothing may be late.
    """
    if objective is None or objective == 1 or reading.attainment is None:
        return None
    return (1 - reading.attainment) / (1 - objective)


def wilson_interval(successes: int, n: int) -> tuple[float, float] | None:
    """The 95 % Wilson score interval of a share (Wilson 1927); null without items."""
    if n == 0:
        return None
    p, z2 = successes / n, WILSON_Z**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = WILSON_Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # at both ends rounding must not leave a trifle
    return 0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half


def in_wilson_interval(share: Fraction, successes: int, n: int) -> bool:
    """Whether a share lies in the 95 % Wilson interval, decided on exact fractions.

    The interval holds the shares p that the score test does not reject: (successes - n p)² ≤ z² n p (1 - p).
    """
    return (successes - n * share) ** 2 <= WILSON_Z_SQUARED * n * share * (1 - share)


def read_fail_on(text: str | None) -> tuple[str, ...]:
    """The comma list of `--fail-on`; raises UsageError for a word it does not know."""
    if text is None:
        return FAIL_BY_DEFAULT
    words = tuple(word.strip() for word in text.split(","))
    unknown = next((word for word in words if word not in FAIL_ON), None)
    if unknown is not None:
        raise UsageError(f"--fail-on: there is no `{unknown}`; {did_you_mean(unknown, FAIL_ON)}")
    if "never" in words and len(words) > 1:
        raise UsageError("--fail-on: `never` stands alone")
    return words


def exit_code(statuses: Iterable[Status | None], has_warnings: bool, fail_on: Collection[str]) -> int:
    """0 well; 1 off target or at risk or findings where listed; 3 stale or not measurable where listed.

    ``statuses`` are those of the totals; precedence 1 before 3 (LANGUAGE §10).
    """
    if "never" in fail_on:
        return 0
    listed = {status.value for status in statuses if status is not None} & set(fail_on)
    if listed & {"off_target", "at_risk"} or (has_warnings and "findings" in fail_on):
        return 1
    return 3 if listed & {"stale", "not_measurable"} else 0
