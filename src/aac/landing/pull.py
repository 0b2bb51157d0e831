"""A pull: every source is read, and what can be prepared of it replaces what was there, in one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aac.config import EMBEDDED
from aac.engines.base import Query, Select
from aac.engines.duckdb import Store
from aac.engines.staged import FORGET
from aac.errors import EngineError, OtherLayoutError, SourceError
from aac.expressions.nodes import Aggregate
from aac.findings import Finding, in_reading_order
from aac.landing.inputs import Inputs
from aac.landing.offers import placed
from aac.landing.preparing import Preparation
from aac.landing.reading import Reading, read_stream, remove_copies
from aac.landing.state import KEPT, PREPARED, PulledSource, State, raw_folder, read_state, write_state
from aac.landing.telling import missing_columns, missing_stream, missing_watermark, source_failed, tell_flaws
from aac.landing.watermarks import find_watermark, watermark_column, watermark_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from aac.config import EngineSettings, Source
    from aac.connectors.base import Connector, Stream
    from aac.engines.staged import Staged
    from aac.measures import Table


@dataclass(frozen=True, slots=True)
class Pulled:
    """What the store holds after a pull: its sources, the records of each entity, and what was found.

    A finding that is an error means that its source was not replaced.
    """

    sources: tuple[PulledSource, ...]
    rows: Mapping[str, int]
    findings: tuple[Finding, ...]


def pull(
    root: Path,
    sources: Mapping[str, Source],
    tables: Sequence[Table],
    connect: Callable[[Source], Connector],
    default_zone: str,
    now_us: int,
    tell: Callable[[str], None],
    engine: EngineSettings = EMBEDDED,
) -> Pulled:
    """Reads all ``sources`` into the store of the project at ``root`` and prepares ``tables``.

    A source is replaced whole or not at all: where something is wrong with one, the findings say so and what was
    pulled of it before stays. ``tell`` gets lines of progress, ``engine`` says where the store lies. Raises
    EngineError when the store cannot be written; then it is as it was.
    """
    store, before = _open(root / engine.path, engine.memory_limit)
    with store:
        kept = {id: source for id, source in before.sources.items() if id in sources}
        run = _Pull(store, before, Inputs({}, sources, kept, raw_folder(root), default_zone), now_us, tell)
        for source in sources.values():
            run.discover(source, connect)
        tables = run.place(tables)
        run.read()
        state = run.write()
        for folder in sorted(raw_folder(root).glob("*/")):
            remove_copies(folder, state.copies(folder.name))
    rows = {entity: prepared.rows for entity, prepared in sorted(state.entities.items())}
    flaws = [finding for table in tables for finding in tell_flaws(table, state)]
    return Pulled(tuple(state.sources.values()), rows, in_reading_order([*run.findings, *flaws]))


def _open(path: Path, memory_limit: str | None) -> tuple[Store, State]:
    """The store and what it remembers; one of another layout is made anew: it holds nothing that a pull does not."""
    store = Store(path, KEPT, memory_limit=memory_limit)
    try:
        return store, read_state(store)
    except OtherLayoutError:
        store.close()
        path.unlink()
        return Store(path, KEPT, memory_limit=memory_limit), State({}, {})


class _Pull:
    """A pull while it runs. A source enters ``_inputs`` when all of it is well, and its tables ``_staged``."""

    def __init__(self, store: Store, before: State, inputs: Inputs, now_us: int, tell: Callable[[str], None]) -> None:
        self.findings: list[Finding] = []
        self._store = store
        self._before = before
        self._inputs = inputs
        self._now_us = now_us
        self._tell = tell
        self._preparation = Preparation(store)
        self._staged: dict[str, Staged] = {}
        self._originals: dict[str, str] = {}
        self._found: dict[str, _Discovery] = {}

    def discover(self, source: Source, connect: Callable[[Source], Connector]) -> None:
        """Asks a source for its streams; when it cannot be asked, it stays as it was."""
        with self._whole(source):
            connector = connect(source)
            connector.check()
            streams = {stream.name: stream for stream in connector.discover()}
            self._found[source.id] = _Discovery(source, connector, streams)

    def place(self, tables: Sequence[Table]) -> Sequence[Table]:
        """The tables that can be read from what was discovered, or from what there was before."""
        offers = {id: source.offers for id, source in self._inputs.pulled.items()}
        offers |= {id: tuple(found.streams) for id, found in self._found.items()}
        known, wrong = placed(tables, offers, self._inputs.sources)
        self.findings += wrong
        self._inputs = replace(self._inputs, tables={table.entity: table for table in known})
        return known

    def read(self) -> None:
        """Reads every source and stages its tables; when something is wrong with one, it stays as it was."""
        for found in self._found.values():
            with self._whole(found.source):
                self.findings += self._read(found)

    @contextmanager
    def _whole(self, source: Source) -> Generator[None, None, None]:
        """Tells what goes wrong with a source inside."""
        try:
            yield
        except (SourceError, EngineError) as error:
            message = str(error)
            for copy, original in self._originals.items():
                message = message.replace(copy, original)
            self.findings.append(source_failed(source, message))

    def write(self) -> State:
        """Prepares every table that is not right any more, and keeps all there is to know; or nothing of it."""
        tables, before = self._inputs.tables, self._before
        right = {entity for entity, table in tables.items() if self._inputs.is_right(table, before)}
        for entity, table in tables.items():
            if entity not in right and entity not in self._staged:
                self._stage_again(table)
        with self._store.transaction():
            changed = {entity: staged for entity, staged in self._staged.items() if entity not in right}
            prepared = self._preparation.finish(changed, self._inputs, right)
            for entity in before.entities.keys() - tables.keys():
                self._store.drop((KEPT, PREPARED, entity))
                for statement in FORGET:
                    self._store.execute(statement, entity)
            kept = {entity: known for entity, known in before.entities.items() if entity in tables}
            state = State(self._inputs.pulled, {**kept, **prepared})
            write_state(self._store, state)
        return state

    def _read(self, discovery: _Discovery) -> list[Finding]:
        """What there is to say of a source; when an error is among it, nothing of the source has entered."""
        source, found = discovery.source, discovery.streams
        tables = [table for table in self._inputs.tables.values() if source.id in table.sources]
        named = [(table, name) for table in tables for name in table.streams if name.source == source.id]
        watermark = watermark_column(source.watermark)
        absent = [missing_stream(table, name, found) for table, name in named if name.stream not in found]
        if watermark and watermark[0] not in found:
            absent.append(missing_watermark(source, watermark[0], found))
        if absent:
            return absent
        wanted = {*(name.stream for _, name in named), *((watermark[0],) if watermark else ())}
        arrivals = [self._arrive(source, discovery.connector, found[name]) for name in sorted(wanted)]
        raw = {arrival.stream: arrival.reading.raw for arrival in arrivals}
        own = [table for table in tables if table.sources == {source.id}]
        lacking = [
            finding for table in own for finding in missing_columns(table, [raw[name.stream] for name in table.streams])
        ]
        return lacking or self._enter(source, own, arrivals)

    def _arrive(self, source: Source, connector: Connector, stream: Stream) -> _Arrival:
        """Copies a stream's files."""
        started = perf_counter()
        folder = self._inputs.raw / source.id
        reading = read_stream(connector, stream, self._inputs.stream(source.id, stream.name), folder, self._tell)
        for copy, original in zip(reading.raw.copies, reading.originals, strict=True):
            self._originals[str(folder / copy)] = str(original)
        return _Arrival(stream.name, reading, perf_counter() - started)

    def _enter(self, source: Source, tables: Sequence[Table], arrivals: Sequence[_Arrival]) -> list[Finding]:
        """Stages the tables of a source that is there, counts its records and finds its watermark."""
        raw = {arrival.stream: arrival.reading.raw for arrival in arrivals}
        inputs = self._inputs.having(source.id, self._now_us, raw)
        watermark = find_watermark(source.id, inputs, self._store, self._now_us)
        if isinstance(watermark, Finding):
            return [watermark]
        offers = tuple(self._found[source.id].streams)
        pulled = PulledSource(source.id, self._now_us, watermark, watermark_rule(source.id, inputs), raw, offers)
        inputs = replace(inputs, pulled={**inputs.pulled, source.id: pulled})
        staged: dict[str, Staged] = {}
        for arrival in arrivals:
            started = perf_counter()
            rows = None
            for table in tables:
                if table.streams[0].stream == arrival.stream and not inputs.is_right(table, self._before):
                    staged[table.entity], records = self._preparation.stage(table, inputs)
                    rows = records if len(table.streams) == 1 else rows
            rows = self._count(source, arrival, inputs) if rows is None else rows
            raw[arrival.stream] = replace(raw[arrival.stream], rows=rows)
            seconds = arrival.seconds + perf_counter() - started
            self._tell(f"{source.id}.{arrival.stream}: {rows:,} record{'s' if rows != 1 else ''}, {seconds:.1f} s")
        self._inputs = inputs
        self._staged |= staged
        said = [finding for arrival in arrivals for finding in arrival.reading.findings]
        return [replace(finding, span=source.span_of()) for finding in said]

    def _count(self, source: Source, arrival: _Arrival, inputs: Inputs) -> int:
        """The records of a stream that no table had to be staged from."""
        known = self._inputs.stream(source.id, arrival.stream)
        if known is not None and known.content == arrival.reading.raw.content:
            return known.rows
        output = Select(inputs.files(source.id, arrival.stream), (("records", Aggregate("count", ())),))
        rows: list[Any] = list(self._store.run(Query((), (output,), {}))[0])
        return rows[0][0]

    def _stage_again(self, table: Table) -> None:
        """Stages a table of several sources, or one whose source did not change: its document, or another table."""
        streams = self._inputs.raw_streams(table)
        if streams is None:  # a source of it failed now and was never pulled before
            return
        lacking = missing_columns(table, streams)
        self.findings += lacking
        if not lacking:
            self._staged[table.entity], _ = self._preparation.stage(table, self._inputs)


@dataclass(frozen=True, slots=True)
class _Discovery:
    """A source that answers, and its streams by name."""

    source: Source
    connector: Connector
    streams: Mapping[str, Stream]


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A stream whose files have been copied, and the seconds it took."""

    stream: str
    reading: Reading
    seconds: float
