"""Metrics of every basis over any tables of `tests/test_random_bases.py`, one record at a time, in plain Python.

Written from LANGUAGE §6 and §8 and docs/reference/metric.md, not from the product. Text in, cells out: rows are CSV
rows as dicts, empty text is unknown. Moments are microseconds (UTC, since 1970), or dates.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.oracle.exact import DAY_US, both, either, to_us
from tests.oracle.formulas import Value
from tests.oracle.windows import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.oracle.formulas import Formula, Rule, Sides

Row = dict[str, str]
Group = tuple[tuple[str, Any], ...]
Cells = dict[Group, dict[str, Any]]
Moment = int | date | None


@dataclass(frozen=True)
class World:
    """Rows of `deal`, `org` and `sub`; the zones of the company and of the source; as_of."""

    deals: Sequence[Row]
    orgs: Sequence[Row]
    subs: Sequence[Row]
    company: str
    source: str
    as_of: int

    @cached_property
    def frame(self) -> Frame:
        return Frame(self.as_of, self.company)

    @cached_property
    def there(self) -> Frame:
        """Whence the source's clocks are read."""
        return Frame(self.as_of, self.source)

    def us(self, moment: int | date) -> int:
        """A date beside a moment is its midnight where the source is."""
        return moment if isinstance(moment, int) else self.there.midnight(moment)

    def has_come(self, moment: int | date) -> bool:
        return self.us(moment) <= self.as_of

    def exists(self, row: Row) -> bool:
        """What occurs later than as_of does not exist; what occurs at no known time does."""
        created = _moment(row["created_at"])
        return created is None or created <= self.as_of

    def records(self, entity: str) -> list[Record]:
        rows = {"deal": self.deals, "sub": self.subs}[entity]
        orgs = {row["id"]: row for row in self.orgs if self.exists(row)}
        return [Record(self, row, orgs.get(row.get("org", ""))) for row in rows if self.exists(row)]


@dataclass(frozen=True)
class Record:
    """What is written of a deal or a subscription, and of the organisation it is of."""

    world: World
    row: Row
    org: Row | None

    def text(self, name: str) -> str | None:
        return self.row[name] or None

    def boolean(self, name: str) -> bool | None:
        return _boolean(self.row[name])

    def moment(self, name: str) -> int | None:
        return _moment(self.row[name])

    def day(self, name: str) -> date | None:
        return _date(self.row[name])

    def number(self, name: str) -> Fraction | None:
        return Fraction(self.row[name]) if self.row[name] else None

    def exceeds(self, name: str, limit: int) -> bool | None:
        number = self.number(name)
        return None if number is None else number > limit


# Windows


@dataclass(frozen=True)
class Seen:
    """A record as it is seen from one window."""

    record: Record
    label: str
    judged: Judged | None = None

    @property
    def world(self) -> World:
        return self.record.world

    @property
    def range(self) -> tuple[date, date] | None:
        return self.world.frame.range(self.label)

    def is_from_on(self, moment: Moment) -> bool | None:
        """``moment >= period.from``; `all` has no beginning."""
        return self._compared(moment, 0)

    def is_before_until(self, moment: Moment) -> bool | None:
        """``moment < period.until``."""
        return opposite(self._compared(moment, 1))

    def _compared(self, moment: Moment, end: int) -> bool | None:
        if moment is None or self.range is None:
            return None
        day = self.range[end]
        return moment >= day if isinstance(moment, date) else moment >= self.world.frame.midnight(day)

    def days_since_from(self, moment: int | None) -> Fraction | None:
        """``days_between(period.from, moment)``."""
        if moment is None or self.range is None:
            return None
        return Fraction(moment - self.world.frame.midnight(self.range[0]), DAY_US)

    def holds(self, rule: bool | None, moment: Moment) -> bool | None:
        """A definition in the formula of a cohort."""
        assert self.judged is not None
        return both(rule, self.judged.in_time(self.record, moment))


@dataclass(frozen=True)
class Judged:
    """How long after its entry a record of a cohort is judged; null: by as_of."""

    at: Callable[[Record], Moment]
    days: int | None = None
    months: int | None = None
    calendar_days: int | None = None

    def in_time(self, record: Record, moment: Moment) -> bool:
        """at ≤ moment ≤ at + matures, and not later than as_of."""
        world, at = record.world, self.at(record)
        if moment is None or at is None or not world.has_come(moment):
            return False
        if isinstance(at, date) and isinstance(moment, date):  # whole days
            return at <= moment and (not self.is_limited or moment <= self.limit_day(at))
        return world.us(at) <= world.us(moment) and (
            not self.is_limited or world.us(moment) <= self.limit_us(world, at)
        )

    @property
    def is_limited(self) -> bool:
        return {self.days, self.months, self.calendar_days} != {None}

    def limit_day(self, at: date) -> date:
        days = (self.days or 0) + (self.calendar_days or 0)
        return months_later(at, self.months or 0) + timedelta(days=days)

    def limit_us(self, world: World, at: int | date) -> int:
        """The last moment that counts: days are 24 hours, calendar days and months those of the company."""
        if self.days is not None:
            return world.us(at) + self.days * DAY_US
        if isinstance(at, date):
            return world.us(self.limit_day(at))
        return same_reading(world.company, at, self.months or 0, self.calendar_days or 0)


def months_later(day: date, months: int) -> date:
    """The same day of a later (or earlier) month; a day the month lacks is its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def same_reading(zone: str, us: int, months: int = 0, days: int = 0) -> int:
    """The same local time some months and days away: of two the second, of none the first moment after."""
    reading = Frame(us, zone).reading(us)
    day = months_later(reading.date(), months) + timedelta(days=days)
    wanted = datetime.combine(day, reading.time())
    moment = to_us(wanted.replace(tzinfo=ZoneInfo(zone), fold=1))
    if Frame(us, zone).reading(moment) == wanted:
        return moment
    moment -= 3 * 3600 * 1_000_000  # before the gap; then on, second by second, until clocks show as much
    moment -= moment % 1_000_000
    while Frame(us, zone).reading(moment) < wanted:
        moment += 1_000_000
    return moment


# Metrics


def _never(record: Record) -> None:
    del record


@dataclass(frozen=True)
class Metric:
    """Whose number it is. ``by`` and ``belongs`` ask a record as it is seen from the window."""

    entity: str
    belongs: Rule
    formula: Formula
    by: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True)
class Counted(Metric):
    """Records in the window of their moment; of a cohort ``judged`` says until when what becomes of them counts."""

    at: Callable[[Record], Moment] = _never
    judged: Judged | None = None


@dataclass(frozen=True)
class InForce(Metric):
    """Records in force at the end of the window."""

    starts: Callable[[Record], Moment] = _never
    ends: Callable[[Record], Moment] = _never


@dataclass(frozen=True)
class Kept(InForce):
    """Keys in force at one of the two ends of a span. ``sums``: what `opening` and `closing` add up, by name."""

    key: Callable[[Record], Any] = _never
    sums: Mapping[str, Value] = field(default_factory=dict[str, Value])
    reads: tuple[tuple[str, str], ...] = ()
    days: int = 0
    months: int = 0


@dataclass(frozen=True)
class Key:
    """What a key has in a group: the sums at both ends by (end, name), unknown ones as null; the window's days."""

    sums: Mapping[tuple[str, str], Fraction | None]
    range: tuple[date, date] | None

    def opening(self, name: str) -> Fraction:
        return self._known("opening", name)

    def closing(self, name: str) -> Fraction:
        return self._known("closing", name)

    def _known(self, end: str, name: str) -> Fraction:
        """Formulas are asked of keys of which everything is known."""
        value = self.sums[end, name]
        assert value is not None
        return value


def metric_cells(world: World, metric: Metric, label: str, crossed: bool = False) -> Cells:
    """Value, both sides, n and unknown of each group of a window; cells without records are left out."""
    found: defaultdict[Group, list[tuple[Seen, bool | None]]] = defaultdict(list)
    for seen, belongs in _in_window(world, metric, label):
        for group in _groups(metric.by, seen, crossed):
            found[group].append((seen, belongs))
    cells = {group: _cell(world, metric, label, inside) for group, inside in found.items()}
    return {group: cell for group, cell in cells.items() if cell["n"] or cell["unknown"]}


def _cell(world: World, metric: Metric, label: str, inside: list[tuple[Seen, bool | None]]) -> dict[str, Any]:
    if isinstance(metric, Kept):
        return _kept_cell(world, metric, label, [seen for seen, _ in inside])
    members = [seen for seen, belongs in inside if belongs]
    doubtful = sum(any(need(seen) is None for need in metric.formula.needs) for seen in members)
    return _told(metric.formula.of(members), len(members), len(inside) - len(members) + doubtful)


def _told(sides: Sides, n: int, unknown: int) -> dict[str, Any]:
    return {**dict(zip(("value", "numerator", "denominator"), sides, strict=True)), "n": n, "unknown": unknown}


def _in_window(world: World, metric: Metric, label: str) -> Iterable[tuple[Seen, bool | None]]:
    """The records that are, or may be, in a window; of a retention all, since their keys decide."""
    for record in world.records(metric.entity):
        seen = Seen(record, label, metric.judged if isinstance(metric, Counted) else None)
        belongs = metric.belongs(seen)
        if isinstance(metric, Counted):
            belongs = both(belongs, _is_in(world, label, metric.at(record)))
        elif isinstance(metric, InForce) and not isinstance(metric, Kept):
            belongs = both(belongs, in_force(metric, record, closing_of(world, label)))
        if belongs is not False:
            yield seen, belongs


def _is_in(world: World, label: str, moment: Moment) -> bool:
    if moment is None or not world.has_come(moment):
        return False
    days = world.frame.range(label)
    day = moment if isinstance(moment, date) else world.frame.day(moment)
    return days is None or days[0] <= day < days[1]


def without_moment(world: World, metric: Counted) -> int:
    """How many members have no moment by as_of; what asks for the period is not known of them."""
    nowhere = [r for r in world.records(metric.entity) if not _has_come(world, metric.at(r))]
    return sum(metric.belongs(Seen(record, "all")) is True for record in nowhere)


def _has_come(world: World, moment: Moment) -> bool:
    return moment is not None and world.has_come(moment)


# Force


@dataclass(frozen=True)
class End:
    """One end of a span, as a moment and as the first date that is not before it."""

    us: int
    day: date


def closing_of(world: World, label: str) -> End:
    """A window's end; of one that is open, and of `all`, as_of."""
    days = world.frame.range(label)
    if days is not None and world.frame.is_over(label):
        return End(world.frame.midnight(days[1]), days[1])
    today = world.there.day(world.as_of)
    return End(world.as_of, today if world.there.midnight(today) >= world.as_of else today + timedelta(days=1))


def opening_of(world: World, label: str, metric: Kept) -> End:
    """So many months and days before the closing: of a window that is over, whole days."""
    closing = closing_of(world, label)
    day = months_later(closing.day, -metric.months) - timedelta(days=metric.days)
    if world.frame.is_over(label):
        return End(world.frame.midnight(day), day)
    return End(same_reading(world.company, closing.us, -metric.months, -metric.days), day)


def in_force(metric: InForce, record: Record, end: End) -> bool | None:
    """from < end and (until is null or until ≥ end)."""
    starts, until = metric.starts(record), metric.ends(record)
    began = None if starts is None else starts < end.day if isinstance(starts, date) else starts < end.us
    lasts = until is None or (until >= end.day if isinstance(until, date) else until >= end.us)
    return both(began, lasts)


def _kept_cell(world: World, metric: Kept, label: str, seen: list[Seen]) -> dict[str, Any]:
    """Keys are known, unknown, or none: a key's sums are unknown if a record, or what it adds, is."""
    ends = {"opening": opening_of(world, label, metric), "closing": closing_of(world, label)}
    keys: defaultdict[Any, list[Seen]] = defaultdict(list)
    for one in seen:
        keys[metric.key(one.record)].append(one)
    unknown = sum(
        either(*(both(metric.belongs(one), in_force(metric, one.record, end)) for end in ends.values())) is not False
        for one in keys.pop(None, [])
    )
    n, known = 0, list[Key]()
    for records in keys.values():
        there, key = _key(metric, ends, records)
        n += there is True
        doubtful = any(value is None for value in key.sums.values())
        if there and not doubtful:
            known.append(key)
            doubtful = any(need(key) is None for need in metric.formula.needs)
        unknown += there is None or (there is True and doubtful)
    return _told(metric.formula.of(known), n, unknown)


def _key(metric: Kept, ends: Mapping[str, End], records: Sequence[Seen]) -> tuple[bool | None, Key]:
    """Whether a key is in force at one of the two ends, and the sums that the formula reads."""
    force = {
        name: [(one.record, both(metric.belongs(one), in_force(metric, one.record, end))) for one in records]
        for name, end in ends.items()
    }
    sums = {(end, name): _summed(metric.sums[name], force[end]) for end, name in metric.reads}
    return either(*(is_there for found in force.values() for _, is_there in found)), Key(sums, records[0].range)


def _summed(value: Value, found: Iterable[tuple[Record, bool | None]]) -> Fraction | None:
    """The sum over the records in force, 0 of none; unknown if one may be in force, or has no value."""
    there = [(record, is_there) for record, is_there in found if is_there is not False]
    parts: list[Fraction | None] = [value(record) if is_there else None for record, is_there in there]
    known = [part for part in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


# What all share


def _groups(by: Mapping[str, Value], seen: Seen, crossed: bool) -> list[Group]:
    """The total and each dimension alone, or all of them at once."""
    values = [(name, value(seen)) for name, value in sorted(by.items())]
    return [(), tuple(values)] if crossed and values else [(), *((value,) for value in values)]


def opposite(rule: bool | None) -> bool | None:
    return None if rule is None else not rule


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False, "": None}[text]


def _moment(text: str) -> int | None:
    return to_us(datetime.fromisoformat(text)) if text else None


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
