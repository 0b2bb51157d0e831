"""A plan and an engine -> results: readings from counted rows, verdicts from the documents' own kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from aac.calendars import Calendar, busiest_day, calendar_rows, due_us
from aac.engines.base import CALENDAR_DAYS, CALENDARS
from aac.expressions.nodes import Literal, Node, OpenTime
from aac.findings import Finding
from aac.measures import Clock, Measure, is_volume
from aac.periods import YEARS, Window, iso_utc, midnight_us
from aac.planner.clocks import ClockScan, Listed, Tally, promised
from aac.planner.fuse import plan
from aac.planner.setting import Prepared, Setting, entities_in, everything_in, fields_in, rules_of
from aac.planner.windows import EPOCH, UNPLACED, Chosen, Clockwork, all_time, choose
from aac.results import ClockReading, Item, NumberReading, Reading, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.engines.base import Engine, Rows
    from aac.expressions.nodes import Value
    from aac.landing.landed import Landed
    from aac.planner.fuse import Plan
    from aac.planner.metrics import Cell, MetricScan
    from aac.project import Project

US_A_DAY = 86_400_000_000
NOWHERE = Chosen(Window("unplaced", "all", None, None), "unplaced")
"""Where items are counted whose clock never started."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run was asked for. ``as_of_us``: instead of the watermarks; ``windows``: the words of `--window`.

    ``stale``: the sources whose data is too old at now.
    """

    as_of_us: int | None = None
    windows: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()


def evaluate(
    project: Project, landed: Landed, engine: Engine, asked: Asked, measured: Sequence[Clock | Measure]
) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """The results of what is ``measured``, in the order of their kinds, ids and windows, and what was found on the way.

    Raises UsageError for windows that do not exist, and EngineError.
    """
    off = [part for part in measured if _is_off(part, landed, asked)]
    measured = [part for part in measured if part not in off]
    nodes = list(everything_in(node for part in measured for node in rules_of(part)))
    on_calendars = [part for part in measured if isinstance(part, Clock) and part.calendar is not None]
    rules_ask = any(isinstance(node, OpenTime) for node in nodes)
    run = Evaluation(
        project,
        landed,
        asked,
        needs_calendars=rules_ask or bool(on_calendars),
        written=_written_moments(nodes),
        clocks=() if rules_ask else tuple(on_calendars),
    )
    planned = plan(
        [part for part in measured if isinstance(part, Clock)],
        [part for part in measured if isinstance(part, Measure)],
        run.setting,
        {entity: table.key for entity, table in landed.tables.items()},
        asked.windows,
    )
    if run.needs_calendars:
        run.load_calendars(engine)
    unmeasured = [result for part in off for result in run.unmeasured(part)]
    results = sorted([*run.results(engine, planned), *unmeasured], key=_in_order)
    return tuple(results), tuple(run.findings)


def _is_off(part: Clock | Measure, landed: Landed, asked: Asked) -> bool:
    """Whether there is no data of an entity or a field that a measure rests on, or of another moment than its as_of."""
    entities = {part.population.entity, *entities_in(rules_of(part))}
    fields = fields_in(rules_of(part), part.population.entity)
    if not entities <= landed.tables.keys() or not landed.lacking.isdisjoint(fields):
        return True
    sources = {source for entity in entities for source in landed.tables[entity].sources}
    as_of = min(source.watermark_us for source in landed.sources if source.id in sources)
    return asked.as_of_us is None and any(landed.known_until.get(entity, as_of) != as_of for entity in entities)


def _written_moments(nodes: Iterable[Node]) -> tuple[int, ...]:
    """The moments that rules name themselves: numbers that as microseconds lie in the years of moments."""
    numbers = (node.value for node in nodes if isinstance(node, Literal) and isinstance(node.value, int))
    first, after = (midnight_us(date(year, 1, 1), "UTC") for year in (YEARS[0], YEARS[-1] + 1))
    return tuple(number for number in numbers if first <= number < after)


def _in_order(result: Result) -> tuple[object, ...]:
    reading = result.reading
    first = str(reading.window.first or "")
    groups = [(name, value is not None, str(value)) for name, value in reading.by.items()]
    return (result.kind, result.id, result.selection == "unplaced", first, reading.window.label, len(groups), groups)


@dataclass
class Evaluation:
    """One evaluation: what is the same for all of its scans, and what they find.

    ``written``: moments that stand in rules; calendars reach them as they reach those of the data. ``clocks``: the
    only ones that ask for open time, when no rule does: before their windows, calendars need not reach.
    """

    project: Project
    landed: Landed
    asked: Asked
    needs_calendars: bool
    written: tuple[int, ...] = ()
    clocks: tuple[Clock, ...] = ()
    findings: list[Finding] = field(default_factory=list[Finding])
    _unplaced: set[tuple[str, tuple[object, ...]]] = field(default_factory=set[tuple[str, tuple[object, ...]]])
    _settings: dict[int, Setting] = field(default_factory=dict[int, Setting])

    def setting(self, part: Clock | Measure) -> Setting:
        """The setting at the as_of of a measure."""
        return self.setting_at(self.as_of(part))

    def as_of(self, part: Clock | Measure) -> int:
        """The least watermark of what a measure rests on, or what was asked for."""
        if self.asked.as_of_us is not None:
            return self.asked.as_of_us
        known = self.sources_of(part) or {source.id for source in self.landed.sources}
        return min(source.watermark_us for source in self.landed.sources if source.id in known)

    def setting_at(self, as_of: int) -> Setting:
        """The setting at a moment, made once."""
        if as_of not in self._settings:
            clockwork = self._clockwork(as_of)
            self._settings[as_of] = Setting(clockwork, self._entities, self._numbers, self._segments)
        return self._settings[as_of]

    def _clockwork(self, as_of: int) -> Clockwork:
        return Clockwork(self.project.timezone, self.project.fiscal_start, as_of)

    def sources_of(self, part: Clock | Measure) -> set[str]:
        """The sources of every entity that a measure reads."""
        entities = {part.population.entity, *entities_in(rules_of(part))}
        return {source for table in self.landed.tables.values() if table.entity in entities for source in table.sources}

    @cached_property
    def _entities(self) -> Mapping[str, Prepared]:
        prepared: dict[str, Prepared] = {}
        for table in self.landed.tables.values():
            relation, zone = self.landed.relations[table.entity], self.landed.zones[table.entity]
            is_date = relation.occurs is not None and table.field(relation.occurs).type.name == "date"
            prepared[table.entity] = Prepared(relation, zone, is_date)
        return prepared

    @property
    def _calendars(self) -> Sequence[Calendar]:
        return self.project.calendars

    @property
    def _numbers(self) -> Mapping[str, int]:
        return {calendar.id: number for number, calendar in enumerate(self._calendars)}

    @cached_property
    def _reach(self) -> tuple[int, int]:
        """From the day before the first moment whose open time may be asked for to the day after the last."""
        watermarks = (source.watermark_us for source in self.landed.sources)
        moments = [*(self.landed.moments or ()), *watermarks, *self.written, self.asked.as_of_us]
        known = [moment for moment in moments if moment is not None]
        return max(min(known), self._first_start) - US_A_DAY, max(known) + US_A_DAY

    @property
    def _first_start(self) -> int:
        """The first moment at which one of ``clocks`` can have started in its windows: any, if there are none."""
        starts = [
            chosen.window.start_us(self.project.timezone)
            for clock in self.clocks
            for chosen in choose(self.asked.windows, clock.grain, self._clockwork(self.as_of(clock)))
        ]
        known = [start for start in starts if start is not None]
        return min(known) if known and len(known) == len(starts) else 0

    @cached_property
    def _segments(self) -> int:
        return busiest_day(self._calendars, *self._reach) if self.needs_calendars else 1

    def load_calendars(self, engine: Engine) -> None:
        """The calendar tables, for the reach of the data."""
        segments = self._segments
        pairs = [f"{end}_{i}" for i in range(1, segments + 1) for end in ("opens", "closes")]
        engine.load(CALENDARS, (("id", "text"), ("number", "bigint")), list(self._numbers.items()))
        rows = [
            row
            for number, calendar in enumerate(self._calendars)
            for row in calendar_rows(calendar, number, *self._reach, segments)
        ]
        engine.load(CALENDAR_DAYS, [(name, "bigint") for name in ("key", "open_before", *pairs)], rows)

    def results(self, engine: Engine, planned: Plan) -> Iterator[Result]:
        for scan, setting in planned.clocks:
            yield from self._of_clock(scan, setting, engine.run(scan.query))
        for scan, setting in planned.metrics:
            yield from self._of_metrics(scan, setting, engine.run(scan.query)[0])

    def unmeasured(self, part: Clock | Measure) -> Iterator[Result]:
        """The results of a measure that rests on what there is no data of, and a finding that says so (AAC513)."""
        as_of = self.as_of(part)
        clockwork = self._clockwork(as_of)
        self.findings.append(self._without_data(part) or self._of_another_moment(part))
        has_windows = isinstance(part, Clock) or part.anchor is not None
        for chosen in choose(self.asked.windows, part.grain, clockwork) if has_windows else all_time():
            window, is_open = chosen.window, clockwork.is_open(chosen.window)
            stale = self.is_stale(part)
            reading: Reading = (
                ClockReading(part.subject, window, as_of, is_open, stale, {}, {}, 0, 0, is_off=True)
                if isinstance(part, Clock)
                else NumberReading(
                    part.subject, window, as_of, is_open, stale, {}, None, None, None, 0, 0, part.unit, is_off=True
                )
            )
            yield self._judged(reading, chosen.selection)

    def _of_another_moment(self, part: Clock | Measure) -> Finding:
        kind, _, id_ = part.subject.partition(":")
        as_of = self.as_of(part)
        entities = sorted({part.population.entity, *entities_in(rules_of(part))} & self.landed.known_until.keys())
        entity = next(entity for entity in entities if self.landed.known_until[entity] != as_of)
        until = iso_utc(self.landed.known_until[entity])
        return Finding(
            "AAC514",
            "info",
            f"{kind} `{id_}` cannot be measured: it is as of {iso_utc(as_of)}, and `{entity}` is as of {until}",
            f"ask for one moment, as in `--as-of {iso_utc(as_of)}`",
            self.project.scope((kind, id_)).span(),
            part.subject,
        )

    def _without_data(self, part: Clock | Measure) -> Finding | None:
        kind, _, id_ = part.subject.partition(":")
        entities = sorted({part.population.entity, *entities_in(rules_of(part))} - self.landed.tables.keys())
        fields = sorted(self.landed.lacking & set(fields_in(rules_of(part), part.population.entity)))
        missed = [*(f"`{entity}`" for entity in entities), *(f"`{field}` of `{entity}`" for entity, field in fields)]
        if not missed:
            return None
        entity = entities[0] if entities else fields[0][0]
        return Finding(
            "AAC513",
            "info",
            f"{kind} `{id_}` cannot be measured: there is no data of {' and '.join(missed)}",
            f"say where it is in a document of kind `entity` with `id: {entity}`",
            self.project.scope((kind, id_)).span(),
            part.subject,
        )

    def is_stale(self, part: Clock | Measure) -> bool:
        return not self.asked.stale.isdisjoint(self.sources_of(part))

    def _judged(self, reading: Reading, selection: str) -> Result:
        kind, _, id_ = reading.subject.partition(":")
        verdict = self.project.models[kind, id_].judge(reading) if selection != "unplaced" else Verdict(None)
        return Result(kind, id_, reading, verdict, selection)

    # Clocks

    def _of_clock(self, scan: ClockScan, setting: Setting, outputs: Sequence[Rows]) -> Iterator[Result]:
        tallies = {(t.window, tuple(t.by.items())): t for t in scan.tallies(outputs[0])}
        lists = iter(outputs[1:])
        late: list[tuple[Listed, ...]] = []
        due: list[tuple[Listed, ...]] = []
        for _ in scan.windows:
            late.append(scan.listed(next(lists)))
            due.append(scan.listed(next(lists)) if scan.clock.remind_at is not None else ())
        for number in range(len(scan.windows)):
            tallies.setdefault((number, ()), Tally(number, {}, {}, 0, 0, 0, (0, 0)))
        for (number, by), tally in tallies.items():
            chosen = NOWHERE if number == UNPLACED else scan.windows[number]
            if number == UNPLACED and self._is_told(scan.clock.subject, by):
                continue
            total = not by and number != UNPLACED
            if total and tally.in_doubt:
                self._tell_in_doubt(scan.clock.subject, chosen.window, tally.in_doubt)
            reading = ClockReading(
                subject=scan.clock.subject,
                window=chosen.window,
                as_of_us=setting.as_of_us,
                is_open=number != UNPLACED and setting.clockwork.is_open(chosen.window),
                is_stale=self.is_stale(scan.clock),
                by=tally.by,
                counts=tally.counts,
                outside_hours=tally.outside_hours,
                unknown=tally.unknown,
                recent=tally.recent,
                late_items=self._items(scan.clock, late[number], setting) if total else (),
                open_items=self._items(scan.clock, due[number], setting) if total else (),
            )
            yield self._judged(reading, chosen.selection)

    def _is_told(self, subject: str, by: tuple[object, ...]) -> bool:
        """Whether the items without a start were reported already: each scan of a clock counts them anew."""
        told = (subject, by) in self._unplaced
        self._unplaced.add((subject, by))
        return told

    def _items(self, clock: Clock, listed: Iterable[Listed], setting: Setting) -> tuple[Item, ...]:
        """Listed items with moments in microseconds and the moment each was due."""
        zone = setting.zone_of(clock.starts, clock.population.entity)
        return tuple(self._item(clock, one, zone) for one in listed)

    def _item(self, clock: Clock, one: Listed, zone: str) -> Item:
        types = self._key_types[clock.population.entity]
        parts = tuple(map(_key_text, one.key, types))
        key = parts[0] if len(parts) == 1 else parts
        if clock.starts.is_date:
            started, stopped = _midnight(one.started, zone), one.stopped
            done = _midnight(stopped, zone) if stopped is not None else None
            due = _midnight(one.started + promised(clock) + 1, zone) - 1
            return Item(key, started, due, done, one.used * US_A_DAY, promised(clock) * US_A_DAY)
        due = one.started + promised(clock)
        if one.calendar is not None:
            due = due_us(self._calendars[one.calendar], one.started, promised(clock))
        return Item(key, one.started, due, one.stopped, one.used, promised(clock))

    @cached_property
    def _key_types(self) -> Mapping[str, tuple[str, ...]]:
        """The types of each entity's key fields."""
        return {t.entity: tuple(t.field(key).type.name for key in t.key) for t in self.landed.tables.values()}

    def _tell_in_doubt(self, subject: str, window: Window, n: int) -> None:
        """Items of which it is unknown whether they are excused are not, and are told (LANGUAGE §7)."""
        kind, _, id_ = subject.partition(":")
        finding = Finding(
            "AAC511",
            "info",
            f"of {n:,} items of {kind} `{id_}` in {window.label} it is unknown whether they are excused: they are not",
            "fill the fields that `excused` reads, or say what an empty one means with `coalesce(field, false)`",
            self.project.scope((kind, id_)).span("how_measured", "excused"),
            subject,
            n,
        )
        self.findings.append(finding)

    # Metrics

    def _of_metrics(self, scan: MetricScan, setting: Setting, rows: Rows) -> Iterator[Result]:
        seen: set[tuple[str, int]] = set()
        for cell in scan.cells(rows):
            subject = cell.measure.subject
            if cell.window == UNPLACED:
                if not cell.by and cell.n:
                    self._tell_unplaced(cell)
                continue
            if not cell.by:
                seen.add((subject, cell.window))
                self._tell_unrated(cell, scan.windows[cell.window].window)
            yield self._number(scan, setting, cell)
        for measure in scan.measures:
            for number in range(len(scan.windows)):
                if (measure.subject, number) not in seen:
                    yield self._number(scan, setting, scan.empty(measure, number))

    def _number(self, scan: MetricScan, setting: Setting, cell: Cell) -> Result:
        chosen = scan.windows[cell.window]
        reading = NumberReading(
            subject=cell.measure.subject,
            window=chosen.window,
            as_of_us=setting.as_of_us,
            is_open=setting.clockwork.is_open(chosen.window),
            is_stale=self.is_stale(cell.measure),
            by=cell.by,
            value=cell.value,
            numerator=cell.numerator,
            denominator=cell.denominator,
            n=cell.n,
            unknown=cell.unknown,
            unit=cell.measure.unit,
            is_volume=is_volume(cell.measure.formula),
            elapsed=setting.clockwork.elapsed(chosen.window),
        )
        return self._judged(reading, chosen.selection)

    def _tell_unplaced(self, cell: Cell) -> None:
        """Members whose moment is unknown by as_of are in no window: told once a metric (LANGUAGE §8)."""
        kind, _, id_ = cell.measure.subject.partition(":")
        scope = self.project.scope((kind, id_))
        finding = Finding(
            "AAC510",
            "info",
            f"no moment by as_of, so in no window of {kind} `{id_}`: {cell.n:,} record{'s' * (cell.n != 1)}",
            "fill the field that `at` names, or leave them out with a rule",
            scope.span("at") if "at" in scope.document.data else scope.span("of"),
            cell.measure.subject,
            cell.n,
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def _tell_unrated(self, cell: Cell, window: Window) -> None:
        """Money is unknown on days for which no exchange rate is told (LANGUAGE §4)."""
        if not cell.unrated:
            return
        kind, _, id_ = cell.measure.subject.partition(":")
        finding = Finding(
            "AAC520",
            "warning",
            f"of {cell.n:,} records of {kind} `{id_}` in {window.label} {cell.unrated:,} have money without a rate",
            "bring the rates of their days to `exchange_rate`, between the two currencies",
            self.project.scope((kind, id_)).span("formula"),
            cell.measure.subject,
            cell.unrated,
        )
        self.findings.append(finding)


def _midnight(day: int, zone: str) -> int:
    return midnight_us(EPOCH + timedelta(days=day), zone)


def _key_text(value: Value, type_: str) -> str:
    """A field of a key as people write it; moments are stored as numbers."""
    match value, type_:
        case int(), "timestamp":
            return iso_utc(value)
        case int(), "date":
            return (EPOCH + timedelta(days=value)).isoformat()
        case Decimal(), _:
            return format(value.normalize(), "f")
        case _:
            return str(value)
