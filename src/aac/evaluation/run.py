"""One evaluation: what is the same for all of its scans, and what they find on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from aac.expressions.nodes import Stored
from aac.measures import Derived
from aac.planner.pasts import History, pasts_of
from aac.planner.setting import Prepared, Setting, entities_of
from aac.planner.windows import Clockwork
from aac.records import record
from aac.results import UNJUDGED, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aac.calendars import Calendar, OpenDays
    from aac.findings import Finding
    from aac.landing.landed import Landed
    from aac.measures import Clock, Measure, Measurement
    from aac.planner.pieces import Piece
    from aac.project import Project
    from aac.results import Reading


@record
class Asked:
    """What a run was asked for. ``as_of_us``: instead of the watermarks; ``windows``: the words of `--window`.

    ``stale``: the sources whose data is too old at now. ``restate``: all windows as the documents of as_of say.
    ``past``: how many windows before the last are measured too, and promises with how the time used is spread.
    ``is_restricted``: for those inside who may see it: groups of any size, the keys of records as they are.
    """

    as_of_us: int | None = None
    windows: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()
    restate: bool = False
    past: int = 0
    is_restricted: bool = False


@dataclass
class Run:
    """``project`` is that of as_of's day; ``segments``: the most openings that calendars have on a UTC day; ``pieces``:
    into how many pieces a UTC day falls, at most, by what is so many days or months later."""

    project: Project
    landed: Landed
    asked: Asked
    segments: int = 1
    pieces: int = 1
    opened: tuple[OpenDays, ...] = ()
    findings: list[Finding] = field(default_factory=list["Finding"])
    _settings: dict[int, Setting] = field(default_factory=dict[int, Setting])

    def tell(self, finding: Finding) -> None:
        """Keeps a finding, once."""
        if finding not in self.findings:
            self.findings.append(finding)

    def as_of(self, part: Measurement) -> int:
        """The least watermark of what a measurement rests on, or what was asked for."""
        return self.as_of_sources(self.sources_of(part))

    def moment(self, piece: Piece[Clock] | Piece[Measure]) -> int:
        """The as_of of a piece: its own, or that of the number which is reckoned from it."""
        return self.as_of(piece.of) if piece.as_of_us is None else piece.as_of_us

    def as_of_sources(self, sources: set[str]) -> int:
        """The least watermark of some sources (of all if there are none), or what was asked for."""
        if self.asked.as_of_us is not None:
            return self.asked.as_of_us
        known = sources or {source.id for source in self.landed.sources}
        return min(source.watermark_us for source in self.landed.sources if source.id in known)

    def sources_of(self, part: Measurement) -> set[str]:
        """The sources of every entity that a measurement reads, or what it is reckoned from."""
        if isinstance(part, Derived):
            return {source for inner in part.inputs for source in self.sources_of(inner)}
        entities = entities_of(part)
        return {source for table in self.landed.tables.values() if table.entity in entities for source in table.sources}

    def setting(self, piece: Piece[Clock] | Piece[Measure]) -> Setting:
        """The setting at the as_of of a piece."""
        return self.setting_at(self.moment(piece))

    def setting_at(self, as_of: int) -> Setting:
        """The setting at a moment, made once."""
        if as_of not in self._settings:
            self._settings[as_of] = Setting(
                self.clockwork(as_of), self._entities, self.numbers, self.segments, self.history, self.pieces
            )
        return self._settings[as_of]

    def clockwork(self, as_of: int) -> Clockwork:
        """The company's zone and fiscal year, and as_of."""
        return Clockwork(self.project.timezone, self.project.fiscal_start, as_of)

    @cached_property
    def _entities(self) -> Mapping[str, Prepared]:
        prepared: dict[str, Prepared] = {}
        for table in self.landed.tables.values():
            relation, zone = self.landed.relations[table.entity], self.landed.zones[table.entity]
            is_date = relation.occurs is not None and table.field(relation.occurs).type.name == "date"
            prepared[table.entity] = Prepared(
                relation,
                zone,
                is_date,
                watermark_us=max(s.watermark_us for s in self.landed.sources if s.id in table.sources),
                latest={
                    name: (greatest, table.field(name).type.name == "date")
                    for name, greatest in self.landed.latest[table.entity].items()
                },
                refers={stored.name: stored.type.entity for stored in table.fields if stored.type.entity is not None},
                is_put_together=table.is_of_a_moment,
                lists={stored.name: stored.type.values for stored in table.fields if stored.type.values is not None},
            )
        return prepared

    @cached_property
    def history(self) -> History:
        """What is told of the past of fields, and when records occur."""
        tables = self.landed.tables.values()
        occur = {
            table.entity: (Stored(table.entity, table.occurs), self._entities[table.entity].occurs_is_date)
            for table in tables
            if table.occurs is not None and not table.per
        }
        return History(pasts_of(tables, self.landed.lacking), occur)

    @property
    def calendars(self) -> tuple[Calendar, ...]:
        return self.project.calendars

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The calendars by id, each with the number that its days have in the calendar table."""
        return {calendar.id: number for number, calendar in enumerate(self.calendars)}

    @cached_property
    def key_types(self) -> Mapping[str, tuple[str, ...]]:
        """The types of each entity's key fields."""
        return {t.entity: tuple(t.field(key).type.name for key in t.key) for t in self.landed.tables.values()}

    def is_stale(self, sources: set[str]) -> bool:
        """Whether one of the sources is too old at now."""
        return not self.asked.stale.isdisjoint(sources)

    def judged(self, project: Project, reading: Reading, selection: str) -> Result:
        """What the document of a reading says of it, as it holds in ``project``."""
        if selection == "unplaced":
            return self.unjudged(reading, selection)
        kind, _, id_ = reading.subject.partition(":")
        return Result(kind, id_, reading, project.models[kind, id_].judge(reading), selection)

    def unjudged(self, reading: Reading, selection: str) -> Result:
        """A reading that no document says anything of."""
        kind, _, id_ = reading.subject.partition(":")
        return Result(kind, id_, reading, UNJUDGED, selection)
