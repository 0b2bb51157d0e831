"""Promises and metrics over any tables of `tests/test_random_tables.py`, one record at a time, in plain Python.

Written from LANGUAGE §3, §4, §6, §7 and §8, not from the product. Text in, cells out: rows are CSV rows as dicts, empty
text is unknown, moments carry `Z`. Moments are microseconds (UTC, since 1970).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import TYPE_CHECKING, Any

from tests.oracle.business_time import PlainCalendar, due_us, is_open, open_us
from tests.oracle.exact import DAY_US, HOUR_US, both, middle, to_us
from tests.oracle.windows import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Row = dict[str, str]
Group = tuple[tuple[str, Any], ...]
Cells = dict[Group, dict[str, Any]]
UNPLACED = "unplaced"


@dataclass(frozen=True)
class World:
    """Rows of `rep`, `lead` and `act`; the zones of the company and of the source; as_of; calendars by id."""

    reps: Sequence[Row]
    leads: Sequence[Row]
    acts: Sequence[Row]
    company: str
    source: str
    as_of: int
    calendars: Mapping[str, PlainCalendar]

    @cached_property
    def frame(self) -> Frame:
        return Frame(self.as_of, self.company)

    @property
    def today(self) -> date:
        """The date that the source's clocks show at as_of."""
        return Frame(self.as_of, self.source).day(self.as_of)

    def has_happened(self, moment: int | date | None) -> bool | None:
        """Whether a moment, or the midnight of a date where the source is, is not later than as_of."""
        if moment is None:
            return None
        return moment <= self.today if isinstance(moment, date) else moment <= self.as_of

    def happened(self, moment: Any) -> Any:
        """A moment that has come, else null."""
        return moment if self.has_happened(moment) else None

    @cached_property
    def there(self) -> list[Lead]:
        """The leads that exist at as_of: those of an unknown moment do."""
        known_reps = {rep["id"]: rep for rep in self.reps if self.has_happened(_date(rep["hired_on"])) is not False}
        acts: defaultdict[str, list[tuple[int | None, bool | None]]] = defaultdict(list)
        for act in self.acts:
            if self.has_happened(_moment(act["at"])) is not False:
                acts[act["lead"]].append((_moment(act["at"]), _boolean(act["human"])))
        return [
            Lead(self, row, known_reps.get(row["rep"]), acts[row["id"]])
            for row in self.leads
            if self.has_happened(_moment(row["created_at"])) is not False
        ]


@dataclass(frozen=True)
class Lead:
    """One lead: what is written of it, its rep if there is one, and the moments and sorts of its acts."""

    world: World
    row: Row
    rep: Row | None
    acts: list[tuple[int | None, bool | None]]

    @property
    def id(self) -> str:
        return self.row["id"]

    def boolean(self, name: str) -> bool | None:
        return _boolean(self.row[name])

    def moment(self, name: str) -> int | None:
        return _moment(self.row[name])

    def day(self, name: str) -> date | None:
        return _date(self.row[name])

    def number(self, name: str) -> Fraction | None:
        return Fraction(self.row[name]) if self.row[name] else None

    @property
    def segment(self) -> str | None:
        return self.row["segment"] or None

    @property
    def region(self) -> str | None:
        return (self.rep["region"] or None) if self.rep else None

    @property
    def calendar(self) -> str | None:
        return (self.rep["calendar"] or None) if self.rep else None

    @property
    def is_large(self) -> bool | None:
        size = self.number("size")
        return None if size is None else size > 2

    @property
    def band(self) -> str | None:
        """``case when rep.region = 'N' then 'north' when size > 2 then 'large' end``."""
        return "north" if self.region == "N" else "large" if self.is_large else None

    @property
    def first_act(self) -> int | None:
        """``min(at)`` of human acts at or after `asked_at`."""
        asked = self.moment("asked_at")
        after = [at for at, human in self.acts if human and at is not None and asked is not None and at >= asked]
        return min(after, default=None)

    def business_us(self, start: int | None, end: int | None) -> int | None:
        calendar = self.world.calendars.get(self.calendar or "")
        if start is None or end is None or calendar is None or end < start:
            return None
        return open_us(calendar, start, end)


# Promises


@dataclass(frozen=True)
class Promise:
    """What the documents promise of each lead, and how it is split. Moments are microseconds, or dates."""

    belongs: Callable[[Lead], bool | None]
    where: Callable[[Lead], bool | None]
    excused: Callable[[Lead], bool | None]
    starts: Callable[[Lead], int | date | None]
    stops: Callable[[Lead], int | date | None]
    within: int
    by: Mapping[str, Callable[[Lead], Any]]
    grain: str
    is_business: bool = False


def _always(lead: Lead) -> bool:
    del lead
    return True


def _never(lead: Lead) -> bool:
    del lead
    return False


PROMISES = {
    "elapsed": Promise(
        belongs=lambda lead: lead.boolean("fits"),
        where=lambda lead: _opposite(lead.boolean("skip")),
        excused=lambda lead: lead.boolean("free"),
        starts=lambda lead: lead.moment("asked_at"),
        stops=lambda lead: lead.moment("replied_at"),
        within=26 * HOUR_US,
        by={
            "segment": lambda lead: lead.segment,
            "skip": lambda lead: lead.boolean("skip"),
            "place": lambda lead: lead.region,
        },
        grain="month",
    ),
    "business": Promise(
        belongs=_always,
        where=_always,
        excused=_never,
        starts=lambda lead: lead.moment("asked_at"),
        stops=lambda lead: lead.first_act,
        within=4 * HOUR_US,
        by={"calendar": lambda lead: lead.calendar, "band": lambda lead: lead.band},
        grain="month",
        is_business=True,
    ),
    "days": Promise(
        belongs=lambda lead: both(lead.boolean("fits"), lead.is_large),
        where=_always,
        excused=_never,
        starts=lambda lead: lead.day("signed_on"),
        stops=lambda lead: lead.day("started_on"),
        within=2,
        by={"large": lambda lead: lead.is_large},
        grain="fiscal_quarter",
    ),
}
OBJECTIVE, MIN_N = Fraction(3, 5), 2


@dataclass(frozen=True)
class Ending:
    """The outcome of one item, and for one that was measured the time used and the last moment that is met."""

    outcome: str
    used: int = 0
    due: int = 0
    is_outside_hours: bool = False


def ending(promise: Promise, lead: Lead) -> Ending:
    """The first outcome of LANGUAGE §7 that applies."""
    world = lead.world
    starts, stops = world.happened(promise.starts(lead)), world.happened(promise.stops(lead))
    calendar = world.calendars.get(lead.calendar or "")
    if promise.where(lead) is None or starts is None or (promise.is_business and calendar is None):
        return Ending("unmeasurable")
    if stops is not None and stops < starts:
        return Ending("unmeasurable")
    if promise.excused(lead):
        return Ending("excused")
    is_outside = False
    if isinstance(starts, date):
        used = ((stops or world.today) - starts).days
        last = Frame(world.as_of, world.source).midnight(starts + timedelta(days=promise.within + 1)) - 1
    elif promise.is_business and calendar is not None:
        end = world.as_of if stops is None else stops
        used = open_us(calendar, starts, end)
        last = due_us(calendar, starts, promise.within) if used > promise.within else 0
        is_outside = used == 0 and not is_open(calendar, starts) and not is_open(calendar, end)
    else:
        used, last = (world.as_of if stops is None else stops) - starts, starts + promise.within
    if used > promise.within:
        return Ending("late", used, last)
    return Ending("open", used) if stops is None else Ending("met", used, 0, is_outside)


def promise_cells(world: World, id_: str, label: str) -> Cells:
    """The counts and the status of each group of a window; cells without records are left out."""
    promise = PROMISES[id_]
    counts: defaultdict[Group, Counter[str]] = defaultdict(Counter)
    recent: defaultdict[Group, Counter[str]] = defaultdict(Counter)
    for lead in _of_window(world, promise, label):
        belongs, starts = promise.belongs(lead), world.happened(promise.starts(lead))
        end = ending(promise, lead)
        for group in _groups(promise.by, lead):
            if belongs is None:
                counts[group]["unknown"] += starts is not None
                continue
            counts[group][end.outcome] += 1
            counts[group]["outside_hours"] += end.is_outside_hours
            if starts is not None and _day_of(world, starts) >= _a_week_ago(world, starts):
                recent[group][end.outcome] += 1
    kept = {group: counted for group, counted in counts.items() if any(counted.values())}
    return {group: _promise_cell(counted, recent[group], world, label) for group, counted in kept.items()}


def _of_window(world: World, promise: Promise, label: str) -> Iterator[Lead]:
    """The leads that are or may be items, and whose clock started in the window, or never."""
    for lead in world.there:
        if promise.belongs(lead) is not False and promise.where(lead) is not False:
            starts = world.happened(promise.starts(lead))
            if (starts is None and label == UNPLACED) or (starts is not None and _is_in(world, label, starts)):
                yield lead


def _promise_cell(counted: Counter[str], recent: Counter[str], world: World, label: str) -> dict[str, Any]:
    judged = counted["met"] + counted["late"]
    names = ("met", "late", "open", "excused", "unmeasurable", "outside", "outside_hours", "unknown")
    cell: dict[str, Any] = {name: counted[name] for name in names}
    cell["attainment"] = Fraction(counted["met"], judged) if judged else None
    if label != UNPLACED:
        cell["budget"] = {"allowed": floor((1 - OBJECTIVE) * (judged + counted["open"])), "spent": counted["late"]}
        cell["status"] = _status(counted, recent, world.frame.is_over(label))
    return cell


def _status(counted: Counter[str], recent: Counter[str], is_over: bool) -> str:
    judged, judged_lately = (c["met"] + c["late"] for c in (counted, recent))
    if not any(counted[outcome] for outcome in ("met", "late", "open", "excused")):
        return "not_measurable"
    if judged < MIN_N:
        return "not_enough_data"
    if Fraction(counted["met"], judged) < OBJECTIVE:
        return "off_target"
    if not is_over and judged_lately >= MIN_N and Fraction(recent["met"], judged_lately) < OBJECTIVE:
        return "at_risk"
    return "on_target"


def late_items(world: World, id_: str, label: str) -> list[tuple[str, int, int]]:
    """Key, time used (microseconds) and due of the late items of a window, by key."""
    promise = PROMISES[id_]
    found: list[tuple[str, int, int]] = []
    for lead in _of_window(world, promise, label):
        end = ending(promise, lead)
        if promise.belongs(lead) and end.outcome == "late":
            found.append((lead.id, end.used * (DAY_US if id_ == "days" else 1), end.due))
    return sorted(found)


# Metrics


Sides = tuple[Fraction | None, Fraction | None, Fraction | None]
Formula = Callable[[Sequence["Lead"]], Sides]


@dataclass(frozen=True)
class Metric:
    """A population, its moment, and a formula over its records: value, numerator, denominator.

    ``needs``: the formula's rules, and what it adds, averages or ranks; without one of them a member is unknown.
    """

    belongs: Callable[[Lead], bool | None]
    at: Callable[[Lead], int | date | None] | None
    formula: Formula
    needs: tuple[Callable[[Lead], Any], ...]
    by: Mapping[str, Callable[[Lead], Any]]


def _of_known(values: Callable[[Lead], Any], aggregate: Callable[[list[Any]], Any]) -> Formula:
    """An aggregate over the known values; of none it is unknown."""

    def formula(leads: Sequence[Lead]) -> Sides:
        known = [value for lead in leads if (value := values(lead)) is not None]
        return (Fraction(aggregate(known)) if known else None), None, None

    return formula


def _number_of(counted: Callable[[Sequence[Lead]], int]) -> Formula:
    """A count, which is 0 of none."""
    return lambda leads: (Fraction(counted(leads)), None, None)


def _share(rule: Callable[[Lead], bool | None]) -> Formula:
    def formula(leads: Sequence[Lead]) -> Sides:
        true, decided = (sum(rule(lead) in kept for lead in leads) for kept in ((True,), (True, False)))
        return (Fraction(true, decided) if decided else None), Fraction(true), Fraction(decided)

    return formula


def _average(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _total(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _fits(lead: Lead) -> bool | None:
    return lead.boolean("fits")


def _large_fit(lead: Lead) -> bool | None:
    return both(lead.boolean("fits"), lead.is_large)


def _asked(lead: Lead) -> int | None:
    return lead.moment("asked_at")


def _signed(lead: Lead) -> date | None:
    return lead.day("signed_on")


def _hours(lead: Lead) -> Fraction | None:
    asked, replied = lead.moment("asked_at"), lead.moment("replied_at")
    return None if asked is None or replied is None else Fraction(replied - asked, HOUR_US)


def _business_hours(lead: Lead) -> Fraction | None:
    used = lead.business_us(lead.moment("asked_at"), lead.moment("replied_at"))
    return None if used is None else Fraction(used, HOUR_US)


def _skip(lead: Lead) -> bool | None:
    return lead.boolean("skip")


def _free(lead: Lead) -> bool | None:
    return lead.boolean("free")


def _large(lead: Lead) -> bool | None:
    return lead.is_large


def _amount(lead: Lead) -> Fraction | None:
    return lead.number("amount")


def _skipped_of_all(leads: Sequence[Lead]) -> Sides:
    """``count_if(skip) / count(*)``."""
    true, n = sum(_skip(lead) is True for lead in leads), len(leads)
    return (Fraction(true, n) if n else None), Fraction(true), Fraction(n)


SPLIT: dict[str, Callable[[Lead], Any]] = {
    "segment": lambda lead: lead.segment,
    "band": lambda lead: lead.band,
    "skip": _skip,
}
METRICS = {
    "n": Metric(_fits, _asked, _number_of(len), (), SPLIT),
    "share": Metric(_fits, _asked, _share(_skip), (_skip,), SPLIT),
    "sum": Metric(_fits, _asked, _of_known(_amount, _total), (_amount,), {"where": lambda lead: lead.segment}),
    "avg": Metric(_fits, _asked, _of_known(_amount, _average), (_amount,), SPLIT),
    "median": Metric(_fits, _asked, _of_known(_amount, middle), (_amount,), SPLIT),
    "least": Metric(_fits, _asked, _of_known(_amount, min), (_amount,), {}),
    "most": Metric(_fits, _asked, _of_known(_amount, max), (_amount,), {}),
    "sorts": Metric(_fits, _asked, _number_of(lambda leads: len({lead.segment for lead in leads} - {None})), (), {}),
    "free": Metric(
        _fits,
        _asked,
        _number_of(lambda leads: sum(both(_free(lead), _large(lead)) is True for lead in leads)),
        (_free, _large),
        SPLIT,
    ),
    "hours": Metric(_fits, _asked, _of_known(_hours, middle), (_hours,), {"band": lambda lead: lead.band}),
    "open_hours": Metric(
        _fits, _asked, _of_known(_business_hours, _total), (_business_hours,), {"band": lambda lead: lead.band}
    ),
    "acts": Metric(_fits, _asked, _of_known(lambda lead: Fraction(len(lead.acts)), _total), (), {}),
    "skipped": Metric(_large_fit, _signed, _skipped_of_all, (_skip,), {"band": lambda lead: lead.band}),
    "asked": Metric(_always, _asked, _share(_skip), (_skip,), {"large": _large}),
    "all_leads": Metric(_always, None, _share(_fits), (_fits,), {"segment": lambda lead: lead.segment}),
}


def metric_cells(world: World, id_: str, label: str) -> Cells:
    """Value, both sides, n and unknown of each group of a window; cells without records are left out."""
    metric = METRICS[id_]
    leads: defaultdict[Group, list[Lead]] = defaultdict(list)
    for lead in world.there:
        at = world.happened(metric.at(lead)) if metric.at else None
        if metric.belongs(lead) is not False and (metric.at is None or (at is not None and _is_in(world, label, at))):
            for group in _groups(metric.by, lead):
                leads[group].append(lead)
    cells: Cells = {}
    for group, found in leads.items():
        members = [lead for lead in found if metric.belongs(lead)]
        doubtful = [lead for lead in members if any(need(lead) is None for need in metric.needs)]
        value, numerator, denominator = metric.formula(members)
        cells[group] = {
            "value": value,
            "numerator": numerator,
            "denominator": denominator,
            "n": len(members),
            "unknown": len(found) - len(members) + len(doubtful),
        }
    return cells


def without_moment(world: World, id_: str) -> int:
    """How many members of a metric's population have no moment by as_of."""
    metric = METRICS[id_]
    return sum(
        metric.belongs(lead) is True and metric.at is not None and world.happened(metric.at(lead)) is None
        for lead in world.there
    )


# What both share


def _groups(by: Mapping[str, Callable[[Lead], Any]], lead: Lead) -> Iterable[Group]:
    """The total and each dimension alone."""
    return [(), *(((name, value(lead)),) for name, value in by.items())]


def _is_in(world: World, label: str, moment: int | date) -> bool:
    """Whether a moment lies in a window of the company's days; a date is a day."""
    if label == UNPLACED:
        return False
    days = world.frame.range(label)
    return days is None or days[0] <= _day_of(world, moment) < days[1]


def _day_of(world: World, moment: int | date) -> date:
    return moment if isinstance(moment, date) else world.frame.day(moment)


def _a_week_ago(world: World, like: int | date) -> date:
    """The first of the seven local days that end with that of the last microsecond before as_of."""
    zone = world.source if isinstance(like, date) else world.company
    return Frame(world.as_of, zone).day(world.as_of - 1) - timedelta(days=6)


def _opposite(rule: bool | None) -> bool | None:
    return None if rule is None else not rule


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False, "": None}[text]


def _moment(text: str) -> int | None:
    return to_us(datetime.fromisoformat(text)) if text else None


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
