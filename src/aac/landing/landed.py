"""What was pulled, as today's documents want it: tables that changed since are prepared anew, for one run only."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from aac.config import EMBEDDED
from aac.engines.base import Query, Relation, Select
from aac.engines.base import Table as StoreTable
from aac.engines.duckdb import Store, is_there
from aac.errors import NoDataError
from aac.expressions.nodes import Aggregate, Column
from aac.findings import Finding, in_reading_order
from aac.landing.inputs import Inputs
from aac.landing.offers import placed
from aac.landing.preparing import Preparation
from aac.landing.staging import EPOCH_DAY
from aac.landing.state import KEPT, PREPARED, PreparedEntity, State, failed_pulls, raw_folder, reach, read_state
from aac.landing.telling import missing_columns, not_pulled, source_not_pulled, tell_flaws
from aac.landing.watermarks import find_watermark, watermark_rule
from aac.people import people_of
from aac.periods import midnight_us
from aac.records import record
from aac.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from aac.config import EngineSettings, Source
    from aac.engines.base import Engine
    from aac.landing.state import PulledSource
    from aac.measures import Table

CHANGED = "changed"
"""The alias of the temporary database."""


@record
class Landed:
    """Prepared tables and what is known about them. With an error among ``findings`` some are missing.

    ``engine`` is the store itself, which is an engine: ``relations``, by entity, lie in it; as_of is not set in them.
    ``tables``: those that are there, by entity; ``lacking``: (entity, field) for which there are no columns.
    ``known_until``: as_of of the entities of which several rows make one record, in microseconds.
    ``zones`` and ``rows``: of each entity; ``latest``: the greatest value of each of its moments, in the field's unit.
    ``moments``: the least and the greatest of all moments, in microseconds;
    a date counts with its whole day. ``notices``: sentences for the user. Nobody can pull until it is closed: it
    holds the store (``held``).
    """

    engine: Store
    tables: Mapping[str, Table]
    lacking: frozenset[tuple[str, str]]
    known_until: Mapping[str, int]
    relations: Mapping[str, Relation]
    zones: Mapping[str, str]
    rows: Mapping[str, int]
    latest: Mapping[str, Mapping[str, int]]
    moments: tuple[int, int] | None
    sources: tuple[PulledSource, ...]
    findings: tuple[Finding, ...]
    notices: tuple[str, ...]
    held: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the store and removes what was prepared for this run; calling it twice is fine."""
        self.held.close()


def prepared(
    root: Path,
    tables: Sequence[Table],
    sources: Mapping[str, Source],
    default_zone: str,
    engine: EngineSettings = EMBEDDED,
    as_of_us: int | None = None,
    *,
    names_people: bool = False,
) -> Landed:
    """The prepared tables of the project at ``root``; nothing in the store changes. ``engine`` says where that lies.

    ``as_of_us``: instead of the watermarks; only tables of which several rows make one record depend on it.
    ``names_people``: whether findings tell keys of people, for the restricted pages.

    Raises NoDataError when nothing was pulled yet, SourceError when raw copies that are needed are gone, EngineError
    when another process is writing to the store.
    """
    path = root / engine.path
    if not is_there(path):
        raise NoDataError
    with ExitStack() as held:
        anew = held.enter_context(temporary_folder()) / "changed.duckdb"
        files, folders = reach(root, sources)
        store = held.enter_context(Store(path, KEPT, engine, (anew, *files), folders, read_only=True))
        state = read_state(store)
        if not state.sources:
            raise NoDataError
        pulled = {id: source for id, source in state.sources.items() if id in sources}
        waiting = [source for id, source in sources.items() if id not in pulled]
        offers = {id: source.offers for id, source in pulled.items()}
        asked, (tables, nowhere) = tables, placed(tables, offers, sources, whole=not waiting)
        if {table.entity for table in asked if not table.is_packaged} - {table.entity for table in tables}:
            nowhere += map(source_not_pulled, waiting)
        by_entity = {table.entity: table for table in tables}
        inputs = Inputs(by_entity, sources, pulled, raw_folder(root), default_zone, as_of_us)
        known, wrong = _watermarks(inputs, store)
        inputs = replace(inputs, pulled={**pulled, **{source.id: source for source in known}})
        people = None if names_people else people_of(tables)
        right = {table.entity: state.entities[table.entity] for table in tables if inputs.is_right(table, state)}
        stale = [table for table in tables if table.entity not in right]
        lacking = {table.entity: _lacking(table, inputs) for table in stale}
        usable = [table for table in stale if not lacking[table.entity]]
        changed: dict[str, PreparedEntity] = {}
        if usable:
            with Store(anew, CHANGED, engine, (path, *files), folders) as database:
                database.attach(str(path), KEPT)
                changed = _prepare(usable, inputs, database, right)
            store.attach(str(anew), CHANGED)
        entities = {**right, **changed}
        there = [table for table in tables if table.entity in entities]
        flaws = [finding for table in there for finding in tell_flaws(table, State(pulled, entities), people)]
        found = [*nowhere, *wrong, *(finding for findings in lacking.values() for finding in findings), *flaws]
        is_now, failed = as_of_us is None, failed_pulls(store, sources, pulled)
        ends = [end for table in there for end in _ends(entities[table.entity], table, inputs.zone_of(table))]
        return Landed(
            engine=store,
            tables={table.entity: table for table in there},
            lacking=frozenset((t.entity, field) for t in there for field in entities[t.entity].lacking),
            relations={
                t.entity: _relation(t, CHANGED if t.entity in changed else KEPT, entities[t.entity]) for t in there
            },
            zones={table.entity: inputs.zone_of(table) for table in there},
            rows={entity: known.rows for entity, known in sorted(entities.items())},
            latest={t.entity: {name: most for name, (_, most) in entities[t.entity].moments.items()} for t in there},
            moments=(min(ends), max(ends)) if ends else None,
            sources=known,
            findings=in_reading_order(found),
            known_until={table.entity: inputs.as_of(table) for table in there if table.is_of_a_moment},
            notices=(*failed, *(_notice(t.entity) for t in usable if is_now or not t.is_of_a_moment)),
            held=held.pop_all(),
        )


def filled(
    root: Path, tables: Sequence[Table], sources: Mapping[str, Source], default_zone: str, engine: EngineSettings
) -> dict[str, tuple[int, dict[str, int]]]:
    """The records of each entity that was pulled, and of how many of them each stored field is known."""
    found: dict[str, tuple[int, dict[str, int]]] = {}
    try:
        with prepared(root, tables, sources, default_zone, engine) as data:
            for entity, table in data.tables.items():
                counts = tuple((field.name, Aggregate("count", (Column(field.name),))) for field in table.fields)
                select = Select(StoreTable(data.relations[entity].name), counts)
                ((known,),) = data.engine.run(Query((), (select,), {}))
                names = (field.name for field in table.fields)
                found[entity] = (data.rows[entity], dict(zip(names, map(int, map(str, known)), strict=True)))
    except NoDataError:
        return {}
    return found


def _watermarks(inputs: Inputs, engine: Engine) -> tuple[tuple[PulledSource, ...], list[Finding]]:
    """The sources with the watermarks that today's settings give them, and what is wrong with those."""
    sources: list[PulledSource] = []
    wrong: list[Finding] = []
    for source in inputs.pulled.values():
        rule = watermark_rule(source.id, inputs)
        watermark: int | Finding = source.watermark_us
        if rule != source.watermark_rule:
            watermark = find_watermark(source.id, inputs, engine, source.pulled_at_us)
        if isinstance(watermark, Finding):
            wrong.append(watermark)
        else:
            sources.append(replace(source, watermark_us=watermark, watermark_rule=rule))
    return tuple(sources), wrong


def _lacking(table: Table, inputs: Inputs) -> tuple[Finding, ...]:
    """What keeps a table from being prepared from what was pulled."""
    streams = inputs.raw_streams(table)
    if streams is not None:
        return missing_columns(table, streams)
    return tuple(not_pulled(table, name) for name in table.streams if inputs.stream(*name) is None)


def _prepare(
    tables: Sequence[Table], inputs: Inputs, database: Store, kept: Mapping[str, PreparedEntity]
) -> dict[str, PreparedEntity]:
    """Prepares tables in a database of their own; references also lead to those that are ``kept``."""
    preparation = Preparation(database)
    staged = {table.entity: preparation.stage(table, inputs)[0] for table in tables}
    with database.transaction():
        return preparation.finish(staged, inputs, kept)


def _relation(table: Table, alias: str, prepared: PreparedEntity) -> Relation:
    key = table.key[0] if len(table.key) == 1 else None
    occurs = table.occurs if not table.per else None
    return Relation((alias, PREPARED, table.entity), key, occurs, filled=frozenset(prepared.filled))


def _ends(entity: PreparedEntity, table: Table, zone: str) -> Iterator[int]:
    """The first and the last moment of each moment column; of a date the ends of its day."""
    for name, (least, greatest) in entity.moments.items():
        if table.field(name).type.name == "date":
            yield midnight_us(EPOCH_DAY + timedelta(days=least), zone)
            yield midnight_us(EPOCH_DAY + timedelta(days=greatest + 1), zone)
        else:
            yield least
            yield greatest


def _notice(entity: str) -> str:
    return f"entity {entity} has changed since the last pull: prepared for this run only; `aac pull` keeps it"
