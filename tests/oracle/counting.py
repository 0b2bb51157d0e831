"""Outcomes, attainment, metrics and statuses by the letter of LANGUAGE §7 and §8, one record at a time.

An oracle lists its records as `Promise` or `Counted`; what comes out is what `tests/expected/*.json` holds. A cell
without records is left out. Statuses: of promises and their groups in windows that are over, else of the total alone;
of metrics the total in windows that are over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from tests.oracle.business_time import PlainCalendar, due_us, is_open, open_us
from tests.oracle.exact import DAY_US, fraction_text, middle, to_us, utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.oracle.windows import Frame

UNPLACED = "unplaced"
OUTCOMES = ("met", "late", "open", "excused", "unmeasurable")
By = dict[str, str | None]
Group = tuple[tuple[str, str | None], ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Promise:
    """A record that may be an item of a promise. ``belongs`` is the population's rule.

    Moments are microseconds. ``calendar`` is that of a promise in business time, null where the record leads to none.
    """

    key: str
    belongs: bool | None
    starts: int | None
    stops: int | None
    by: By
    where: bool | None = True
    excused: bool | None = False
    calendar: PlainCalendar | None = None
    ended: Ending | None = None
    """How it ended, where another oracle has found that out."""


@dataclass(frozen=True, slots=True)
class Sla:
    """A clock: ``within`` in microseconds, of open time if ``is_business``.

    One that ``counts_days`` runs between dates; its moments are their midnights. With ``judges_interval`` a shortfall
    that chance explains is a risk; a source of one that ``is_stale`` is too old. ``earlier``: the first day of a month,
    and what was promised in the months before it.
    """

    id: str
    within: int
    objective: Fraction | None
    promises: list[Promise]
    min_n: int = 1
    is_business: bool = False
    counts_days: bool = False
    grain: str = "month"
    judges_interval: bool = False
    is_stale: bool = False
    earlier: tuple[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How an item ended; ``used`` and ``due`` are null where nothing could be measured."""

    outcome: str
    used: int | None = None
    due: int | None = None
    is_outside_hours: bool = False


@dataclass(slots=True)
class Tally:
    """The items of one window and group."""

    counts: Counter[str] = field(default_factory=Counter[str])
    unknown: int = 0

    @property
    def judged(self) -> int:
        return self.counts["met"] + self.counts["late"]


def ending(sla: Sla, item: Promise, frame: Frame) -> Ending:
    """The first outcome that applies. Promises with cases have their ``ended`` from elsewhere."""
    starts, stops = _happened(item.starts, frame), _happened(item.stops, frame)
    is_contradictory = starts is not None and stops is not None and stops < starts
    if item.where is None or starts is None or is_contradictory or (sla.is_business and item.calendar is None):
        return Ending("unmeasurable")
    if item.excused:
        return Ending("excused")
    end = frame.as_of if stops is None else stops
    is_earlier = sla.earlier is not None and frame.day(starts) < sla.earlier[0]
    within = sla.earlier[1] if sla.earlier is not None and is_earlier else sla.within
    if sla.counts_days:
        used = (frame.day(end) - frame.day(starts)).days * DAY_US
        due = frame.midnight(frame.day(starts) + timedelta(days=within // DAY_US + 1)) - 1
    elif item.calendar is not None:
        used, due = open_us(item.calendar, starts, end), due_us(item.calendar, starts, within)
    else:
        used, due = end - starts, starts + within
    if used > within:
        return Ending("late", used, due)
    if stops is None:
        return Ending("open", used, due)
    is_outside = item.calendar is not None and used == 0 and not any(is_open(item.calendar, t) for t in (starts, stops))
    return Ending("met", used, due, is_outside)


def measure_sla(sla: Sla, frame: Frame) -> dict[str, Any]:
    """All windows of a promise, each with its cells and its late items by key."""
    tallies: defaultdict[str, defaultdict[Group, Tally]] = defaultdict(lambda: defaultdict(Tally))
    late: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    judged: list[tuple[int, str]] = []
    for item in sla.promises:
        if item.belongs is False or item.where is False:
            assert item.belongs is not None or item.starts is None, f"{item.key}: is it unknown if `where` is false?"
            continue
        label = UNPLACED if item.starts is None else frame.window_of(sla.grain, item.starts)
        if label is None:
            continue
        if item.belongs is None:
            for group in groups(item.by) if item.starts is not None else ():
                tallies[label][group].unknown += 1
            continue
        end = item.ended or ending(sla, item, frame)
        for group in groups(item.by):
            tallies[label][group].counts[end.outcome] += 1
            tallies[label][group].counts["outside_hours"] += end.is_outside_hours
        if item.starts is not None and end.outcome in ("met", "late"):
            judged.append((item.starts, end.outcome))
        if end.outcome == "late":
            late[label].append(_late_item(item, end, frame))
    windows: dict[str, Any] = {}
    for label in sorted(tallies):
        cells = [_sla_cell(sla, group, tally, label, frame, judged) for group, tally in in_order(tallies[label])]
        late_items = sorted(late[label], key=lambda entry: entry["key"])
        head = {**window_head(label, frame), "provisional": tallies[label][()].counts["open"] > 0}
        windows[label] = {**(head if label != UNPLACED else {}), "cells": cells, "late_items": late_items}
    return {
        "grain": sla.grain,
        "last": frame.last(sla.grain),
        "current": frame.current(sla.grain),
        "objective": fraction_text(sla.objective),
        "min_n": sla.min_n,
        "excused_unknown": sorted(
            item.key for item in sla.promises if item.belongs and item.where is not False and item.excused is None
        ),
        "windows": windows,
    }


def _happened(moment: int | None, frame: Frame) -> int | None:
    """Anchors later than as_of are null."""
    return moment if moment is not None and moment <= frame.as_of else None


def _late_item(item: Promise, end: Ending, frame: Frame) -> dict[str, Any]:
    assert end.used is not None
    assert end.used % 1_000_000 == 0, "the data has no finer moments than seconds"
    return {
        "key": item.key,
        "started": utc_text(item.starts),
        "due": utc_text(end.due),
        "done": utc_text(_happened(item.stops, frame)),
        "seconds": end.used // 1_000_000,
    }


def _sla_cell(
    sla: Sla, group: Group, tally: Tally, label: str, frame: Frame, judged: Sequence[tuple[int, str]]
) -> dict[str, Any]:
    items = sum(tally.counts[outcome] for outcome in OUTCOMES)
    attainment = Fraction(tally.counts["met"], tally.judged) if tally.judged else None
    cell: dict[str, Any] = {
        "by": dict(group),
        **{outcome: tally.counts[outcome] for outcome in OUTCOMES},
        "outside": tally.counts["outside"],
        "outside_hours": tally.counts["outside_hours"],
        "unknown": tally.unknown,
        "attainment": fraction_text(attainment),
    }
    if label == UNPLACED or sla.objective is None:
        return cell
    allowed = floor((1 - sla.objective) * (tally.judged + tally.counts["open"]))
    cell["budget"] = {"allowed": allowed, "spent": tally.counts["late"]}
    if attainment is None and tally.counts["unmeasurable"] == items and (items or tally.unknown):
        cell["status"] = "not_measurable"
    elif sla.is_stale:
        cell["status"] = "stale"
    elif tally.judged < sla.min_n:
        cell["status"] = "not_enough_data"
    elif attainment is not None and attainment < sla.objective:
        is_chance = sla.judges_interval and _is_within_chance(attainment, sla.objective, tally.judged)
        cell["status"] = "at_risk" if is_chance else "off_target"
    elif frame.is_over(label):
        cell["status"] = "on_target"
    elif not group:
        cell["status"] = "at_risk" if _last_week_is_off(sla, label, frame, judged) else "on_target"
    return cell


def _is_within_chance(attainment: Fraction, objective: Fraction, n: int) -> bool:
    """Whether the objective lies in the 95 % Wilson interval: as far from what was met as 1.96 of its deviations."""
    return (attainment - objective) ** 2 * n <= Fraction("1.959964") ** 2 * objective * (1 - objective)


def _last_week_is_off(sla: Sla, label: str, frame: Frame, judged: Sequence[tuple[int, str]]) -> bool:
    """Whether the items started in the seven local days before as_of are off target alone.

    Whether today is one of them, whether they begin at midnight, and whether days before the window count, must not
    matter.
    """
    assert sla.objective is not None
    week_ago = frame.reading(frame.as_of) - timedelta(days=7)
    days = (week_ago.date(), week_ago.date() + timedelta(days=1))
    answers: set[bool] = set()
    for begins in (to_us(_local(week_ago, frame)), *(frame.midnight(day) for day in days)):
        for first in (begins, max(begins, frame.starts(label))):
            recent = Counter(outcome for started, outcome in judged if first <= started < frame.as_of)
            n = recent["met"] + recent["late"]
            answers.add(n >= sla.min_n and Fraction(recent["met"], n) < sla.objective)
    assert len(answers) == 1, f"{sla.id}: the last seven days can be read in two ways"
    return answers.pop()


def _local(reading: datetime, frame: Frame) -> datetime:
    return reading.replace(tzinfo=ZoneInfo(frame.zone))


@dataclass(frozen=True, slots=True)
class Counted:
    """A record of a metric's entity: the local date of its moment, the population's rule, and what the formula reads.

    ``rule`` is a rule of the formula (true, false or unknown), ``value`` what is added, averaged or ranked.
    """

    day: date | None
    belongs: bool | None
    by: By
    rule: bool | None = True
    value: Fraction | None = None


Sides = tuple[Fraction | None, Fraction | None, Fraction | None]
"""Value, numerator, denominator."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric over its records; ``formula`` sees those of the population."""

    id: str
    unit: str
    formula: Callable[[Sequence[Counted]], Sides]
    records: list[Counted]
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    min_n: int | None = None
    grain: str = "month"


def number(records: Sequence[Counted]) -> Sides:
    """``count(*)``."""
    return Fraction(len(records)), None, None


def share(records: Sequence[Counted]) -> Sides:
    """``share(rule)``: true ÷ (true + false)."""
    return _quotient(records, sum(record.rule is not None for record in records))


def part_of_all(records: Sequence[Counted]) -> Sides:
    """``count_if(rule) / count(*)``."""
    return _quotient(records, len(records))


def total(records: Sequence[Counted]) -> Sides:
    """``sum(value)``."""
    known = _known(records)
    return (sum(known, Fraction(0)) if known else None), None, None


def mean(records: Sequence[Counted]) -> Sides:
    """``avg(value)``: no division is written, so no two sides travel with it."""
    known = _known(records)
    return (sum(known, Fraction(0)) / len(known) if known else None), None, None


def centre(records: Sequence[Counted]) -> Sides:
    """``median(value)``."""
    return middle(_known(records)), None, None


def _known(records: Sequence[Counted]) -> list[Fraction]:
    return [record.value for record in records if record.value is not None]


def _quotient(records: Sequence[Counted], denominator: int) -> Sides:
    true = sum(record.rule is True for record in records)
    return (Fraction(true, denominator) if denominator else None), Fraction(true), Fraction(denominator)


def measure_metric(metric: Metric, frame: Frame) -> dict[str, Any]:
    """All windows of a metric, and how many records of its population have no moment."""
    cells: defaultdict[str, defaultdict[Group, list[Counted]]] = defaultdict(lambda: defaultdict(list))
    without_moment = 0
    for record in metric.records:
        if record.belongs is False:
            continue
        if record.day is None or frame.midnight(record.day) > frame.as_of:
            without_moment += record.belongs is True
            continue
        for group in groups(record.by):
            cells[frame.label(metric.grain, record.day)][group].append(record)
    return {
        "unit": metric.unit,
        "last": frame.last(metric.grain),
        "current": frame.current(metric.grain),
        "without_moment": without_moment,
        "windows": {
            label: {
                **window_head(label, frame),
                "cells": [_metric_cell(metric, *cell, label, frame) for cell in in_order(cells[label])],
            }
            for label in sorted(cells)
        },
    }


def _metric_cell(metric: Metric, group: Group, records: Sequence[Counted], label: str, frame: Frame) -> dict[str, Any]:
    population = [record for record in records if record.belongs]
    assert population, f"{metric.id} {label} {group}: do unknown records alone make a cell?"
    value, numerator, denominator = metric.formula(population)
    reads_values = any(record.value is not None for record in metric.records)

    def lacks_value(record: Counted) -> bool:
        """Whether the formula should have read a value of this member, and there is none."""
        return reads_values and bool(record.belongs and record.rule) and record.value is None

    cell: dict[str, Any] = {
        "by": dict(group),
        "value": fraction_text(value),
        "numerator": fraction_text(numerator),
        "denominator": fraction_text(denominator),
        "n": len(population),
        "unknown": sum(record.belongs is None or record.rule is None or lacks_value(record) for record in records),
    }
    if frame.is_over(label) and not group:
        cell["status"] = _metric_status(metric, value, denominator, len(population))
    return cell


def _metric_status(metric: Metric, value: Fraction | None, denominator: Fraction | None, n: int) -> str | None:
    if metric.at_least is None and metric.at_most is None:
        return None
    min_n = metric.min_n or (1 if denominator is None else 20)
    if value is None:
        return "not_measurable"
    if (n if denominator is None else denominator) < min_n:
        return "not_enough_data"
    is_short = metric.at_least is not None and value < metric.at_least
    is_over = metric.at_most is not None and value > metric.at_most
    return "off_target" if is_short or is_over else "on_target"


def groups(by: By) -> Iterable[Group]:
    """The total and each dimension alone."""
    yield ()
    for dimension in by.items():
        yield (dimension,)


def in_order(cells: Mapping[Group, T]) -> list[tuple[Group, T]]:
    """The total first, then by dimension and value, null last."""
    return sorted(cells.items(), key=lambda cell: [(name, value is None, value or "") for name, value in cell[0]])


def window_head(label: str, frame: Frame) -> dict[str, Any]:
    """``from`` and ``until`` of a window; none of `unplaced`, null of `all`."""
    if label == UNPLACED:
        return {}
    days = frame.range(label)
    return {"from": days[0].isoformat() if days else None, "until": days[1].isoformat() if days else None}
