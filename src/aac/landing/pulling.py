"""A pull while it runs: sources are asked and read one after the other, then all that changed is prepared."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aac.connectors.base import Limited
from aac.engines.base import Query, Select
from aac.engines.raw import Raw
from aac.engines.staged import FORGET
from aac.errors import DamagedStoreError, EngineError, PersonalStoreError, SourceError, UnfinishedError
from aac.expressions.nodes import Aggregate
from aac.findings import Finding
from aac.folders import failure
from aac.landing.arriving import Arrival, Run
from aac.landing.batches import Batches, folder_of
from aac.landing.copying import Flushing
from aac.landing.drift import column_changes, older_names, refused_types, stale_columns
from aac.landing.events import Event
from aac.landing.hiding import Hiding, hidden_columns
from aac.landing.inputs import Inputs
from aac.landing.merging import merge, read_marks
from aac.landing.offers import placed
from aac.landing.preparing import Preparation
from aac.landing.reading import read_stream
from aac.landing.state import (
    KEPT,
    PREPARED,
    PulledSource,
    State,
    raw_name,
    write_state,
)
from aac.landing.telling import missing_columns, missing_stream, missing_watermark, source_failed, withheld_columns
from aac.landing.watermarks import find_watermark, watermark_column, watermark_rule
from aac.measures import StreamName
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from aac.config import Source
    from aac.connectors.base import Connector, Stream
    from aac.engines.duckdb import Store
    from aac.engines.staged import Staged
    from aac.landing.events import Tell
    from aac.landing.inputs import Inputs
    from aac.landing.state import RawStream
    from aac.measures import Table


COMPLETE = 6
"""The place of `complete` in a row of `_aac.runs`."""


@record
class Wish:
    """How a pull is to be done.

    ``full``: everything is read and prepared anew. ``mass_delete``: a key scan may take away any number of records.
    ``only``: the ids of the sources that are read; null: all of them. ``record``: the folder in which is written down
    what sources are asked and answer, as far as their connectors do; null: it is not.
    """

    full: bool = False
    mass_delete: bool = False
    only: frozenset[str] | None = None
    record: Path | None = None


class Pulling:
    """A pull while it runs. A source enters ``_inputs`` when all of it is well, and its tables ``_staged``."""

    def __init__(self, store: Store, before: State, inputs: Inputs, now_us: int, tell: Tell, wish: Wish) -> None:
        self.findings: list[Finding] = []
        self.tables: Sequence[Table] = ()
        self.spent: list[Path] = []
        self.unfinished: list[str] = []
        self._store = store
        self._before = before
        self._inputs = inputs
        self._now_us = now_us
        self._run = uuid4().hex
        self._tell = tell
        self._wish = wish
        self._preparation = Preparation(store)
        self._flushing = Flushing()
        self._staged: dict[str, Staged] = {}
        self._originals: dict[str, str] = {}
        self._found: dict[str, _Discovery] = {}
        self._log: list[tuple[Any, ...]] = []
        self._moved: set[str] = set()
        self._stopped: set[str] = set()

    def discover(self, source: Source, connect: Callable[[Source], Connector]) -> None:
        """Asks a source for its streams; when it cannot be asked, it stays as it was."""
        with self._whole(source):
            connector = connect(source)
            connector.check()
            offered = {stream.name: stream for stream in connector.discover()}
            refused = {name: stream.refused for name, stream in offered.items() if stream.refused is not None}
            before = self._inputs.pulled.get(source.id)
            for name in sorted(refused.keys() & (before.streams.keys() if before is not None else ())):
                raise SourceError(f"`{name}` may not be read any more: {refused[name]}")  # else it would look deleted
            streams = {name: stream for name, stream in offered.items() if name not in refused}
            self._found[source.id] = _Discovery(source, connector, streams, refused)

    def place(self, tables: Sequence[Table]) -> None:
        """Finds the tables that can be read from what was discovered, or from what there was before."""
        offers = {id: source.offers for id, source in self._inputs.pulled.items()}
        offers |= {id: tuple(found.streams) for id, found in self._found.items()}
        refused = {name: why for found in self._found.values() for name, why in found.refused.items()}
        known, wrong = placed(tables, offers, self._inputs.sources, refused, whole=self._stopped <= offers.keys())
        self.findings += wrong
        self._inputs = replace(self._inputs, tables={table.entity: table for table in known})
        self.tables = known

    def plan(self) -> Iterator[Event]:
        """What would be read of every source that answers, and from where on; nothing is."""
        for found in self._found.values():
            with self._whole(found.source):
                for name in self._wanted(found):
                    stream = found.streams[name]
                    arrival = self._arrival(found.source, stream) if stream.key else None
                    state = arrival.state if arrival is not None else None
                    until = arrival.end.until if arrival is not None and arrival.end and state else None
                    on = f"goes on from {until}" if until else "goes on where the last pull ended"
                    how = on if state else "is read whole"
                    values = {"source": found.source.id, "stream": name, "cursor": state, "until": until}
                    yield Event("stream", f"{found.source.id}.{name} {how}", values)

    def streams(self) -> Iterator[Event]:
        """How many streams every source has that answers."""
        for id_, found in self._found.items():
            number = len(found.streams)
            words = f"{id_}: can be read, {number} stream{'s' if number != 1 else ''}"
            yield Event("source", words, {"source": id_, "streams": sorted(found.streams)})
            for name, why in sorted(found.refused.items()):
                yield Event("refused", f"{id_}: `{name}` may not be read: {why}", {"source": id_, "stream": name})
            for name, column, why in found.withheld:
                words = f"{id_}: `{column}` of `{name}` may not be read: {why}"
                yield Event("refused", words, {"source": id_, "stream": name, "column": column})
            if isinstance(found.connector, Limited):
                limits = found.connector.limits()
                yield Event("limits", f"{id_}: {limits}", {"source": id_, "limits": limits})

    def read(self) -> None:
        """Reads every source and stages its tables; when something is wrong with one, it stays as it was."""
        for found in self._found.values():
            with self._whole(found.source):
                streams = [found.streams[name] for name in self._wanted(found)]
                arriving = [self._arrival(found.source, stream) if stream.key else None for stream in streams]
                if not any(rows is not None and rows.is_open for rows in arriving):
                    ready = [False for _ in arriving]
                else:  # a pull that goes on from one that was stopped does not begin with what that has read
                    ready = [rows is not None and rows.is_waiting for rows in arriving]
                arrivals = self._arrived(found, streams, arriving, ready)
                with self._store.transaction():
                    arrivals = [self._merged(arrival) for arrival in arrivals]
                    entered = self._entered(found.source, arrivals)
                self._inputs, staged = entered
                self._staged |= staged
                self.spent += [path for arrival in arrivals for path in arrival.spent]
                said = [finding for arrival in arrivals for finding in arrival.findings]
                self.findings += [replace(finding, span=found.source.span_of()) for finding in said]

    @contextmanager
    def _whole(self, source: Source) -> Generator[None, None, None]:
        """Tells what goes wrong with a source inside."""
        begun = len(self._log)
        try:
            yield
        except (DamagedStoreError, PersonalStoreError):
            raise
        except UnfinishedError as error:
            self._stopped.add(source.id)
            if error.stuck is not None and source.id not in self._moved:
                self.findings.append(source_failed(source, error.stuck))
                self._note(source.id, error=error.stuck)
                return
            self.unfinished.append(source.id)
            self._tell(Event("notice", f"source {source.id}: {error}", {"source": source.id}))
            self._note(source.id, error=str(error))
        except (SourceError, EngineError, OSError) as error:
            self._stopped.add(source.id)
            # nothing of the source is kept, of the streams that had been read neither
            self._log[begun:] = [(*values[:COMPLETE], False, *values[COMPLETE + 1 :]) for values in self._log[begun:]]
            if isinstance(error, SourceError) and error.findings:
                self.findings += error.findings
                self._note(source.id, error=error.findings[0].message)
                return
            message = failure(error, self._inputs.raw / source.id) if isinstance(error, OSError) else str(error)
            for copy, original in self._originals.items():
                message = message.replace(copy, original)
            self.findings.append(source_failed(source, message))
            self._note(source.id, error=message)

    def _note(
        self,
        source: str,
        stream: str | None = None,
        rows: int | None = None,
        deleted: int | None = None,
        seconds: float | None = None,
        error: str | None = None,
    ) -> None:
        """Remembers for `_aac.runs` what became of a stream, or that a source failed."""
        self._log.append((self._run, source, stream, self._now_us, rows, deleted, error is None, seconds, error))

    def write(self) -> State:
        """Prepares every table that is not right any more, and keeps all there is to know; or nothing of it."""
        tables, before = self._inputs.tables, self._before
        right = {entity for entity, table in tables.items() if self._is_right(table, self._inputs)}
        for entity, table in tables.items():
            if entity not in right and entity not in self._staged:
                self._stage_again(table)
        self._flushing.end()
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
            for values in self._log:
                self._store.execute("INSERT INTO _aac.runs VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", *values)
        return state

    def _is_right(self, table: Table, inputs: Inputs) -> bool:
        """Whether a table need not be prepared again."""
        return not self._wish.full and inputs.is_right(table, self._before)

    def _wanted(self, discovery: _Discovery) -> list[str]:
        """The streams of a source that are needed; raises SourceError when one is not there."""
        source, found = discovery.source, discovery.streams
        tables = [table for table in self._inputs.tables.values() if source.id in table.sources]
        named = [(table, name) for table in tables for name in table.streams if name.source == source.id]
        watermark = watermark_column(source.watermark)
        absent = [
            missing_stream(table, name, found, discovery.refused.get(name.stream))
            for table, name in named
            if name.stream not in found
        ]
        if watermark and watermark[0] not in found:
            absent.append(missing_watermark(source, watermark[0], found))
        for table, name in named:
            known = self._inputs.stream(*name)
            if name.stream in found:
                absent += withheld_columns(table, name, found[name.stream].withheld, known.columns if known else ())
        if absent:
            raise SourceError(f"`{source.id}` lacks streams", tuple(absent))
        return sorted({*(name.stream for _, name in named), *((watermark[0],) if watermark else ())})

    def _arrived(
        self,
        discovery: _Discovery,
        streams: Sequence[Stream],
        arriving: Sequence[Arrival | None],
        ready: Sequence[bool],
    ) -> list[_Arrival]:
        """Reads streams, those first that were never read to their end: a source may allow only so much."""
        order = sorted(range(len(streams)), key=lambda at: not ((rows := arriving[at]) and rows.is_open))
        found = {at: self._arrive(discovery, streams[at], arriving[at], ready[at]) for at in order}
        return [found[at] for at in range(len(streams))]

    def _arrive(self, discovery: _Discovery, stream: Stream, arrival: Arrival | None, is_ready: bool) -> _Arrival:
        """Reads a stream: copies its files, or adds batches of its rows; nothing where these are ready."""
        if is_ready:
            return _Arrival(stream.name, None, arrival, (), 0.0)
        started = perf_counter()
        source, folder = discovery.source, self._inputs.raw / discovery.source.id
        known = self._inputs.stream(source.id, stream.name)
        hiding = self._hiding(source, stream)
        if arrival is None and known is not None and hiding is not None and hiding.was_otherwise(known.hidden):
            raise PersonalStoreError
        before = known if not self._wish.full else None
        stood = arrival.end if arrival is not None else None
        try:
            reading = read_stream(discovery.connector, stream, before, folder, arrival, self._telling(source), hiding)
        finally:
            if arrival is not None and arrival.end != stood:
                self._moved.add(source.id)
        if known is not None and reading.raw is not None:
            for change in column_changes(known.columns, known.told, stream.columns, stream.types):
                words = f"{source.id}.{stream.name}: {change}"
                self._tell(Event("notice", words, {"source": source.id, "stream": stream.name}))
        copies = reading.raw.copies if reading.raw else ()
        for copy, original in zip(copies, reading.originals, strict=True):
            self._originals[str(folder / copy)] = str(original)
        kept = dict(zip(known.copies, known.written, strict=False)) if known is not None else {}
        written = zip(copies, reading.raw.written, strict=False) if reading.raw is not None else ()
        new = [folder / copy for copy, how in written if kept.get(copy) != how]
        self._flushing.begin([*new, folder] if new else ())
        return _Arrival(stream.name, reading.raw, arrival, reading.findings, perf_counter() - started)

    def _hiding(self, source: Source, stream: Stream) -> Hiding | None:
        """What keeps columns from arriving; null where nothing of the source is kept from it."""
        tables = self._inputs.tables.values()
        if not any(stored.landing for table in tables if source.id in table.sources for stored in table.fields):
            return None
        hidden = hidden_columns(StreamName(source.id, stream.name), tables)
        watermark = watermark_column(source.watermark)
        if watermark is not None and watermark[0] == stream.name and watermark[1].casefold() in hidden:
            raise SourceError(f"the watermark of `{source.id}` is read from `{watermark[1]}`, which does not arrive")
        return Hiding(stream, hidden, frozenset(source.nulls), self._inputs.raw / source.id)

    def _telling(self, source: Source) -> Tell:
        """Tells what begins with the name of a stream, with that of its source before it."""

        def tell(event: Event) -> None:
            values = {"source": source.id, **event.values}
            self._tell(replace(event, words=f"{source.id}.{event.words}", values=values))

        return tell

    def _arrival(self, source: Source, stream: Stream) -> Arrival:
        """What takes the rows of a stream."""
        hidden = hidden_columns(StreamName(source.id, stream.name), self._inputs.tables.values())
        stream = replace(
            stream, types={name: sort for name, sort in stream.types.items() if name.casefold() not in hidden}
        )
        known = read_marks(self._store, source.id).get(stream.name)
        batches = Batches(self._store, folder_of(self._inputs.raw, source.id, stream.name))
        run = Run(self._now_us, self._run, self._inputs.zone(source.id))
        aside = self._found[source.id].connector.settings.aside
        given = {key: value for key, value in source.settings.items() if key not in aside}
        settings = hashlib.sha256(json.dumps([source.connector, given], default=str).encode()).hexdigest()
        raw = Raw(raw_name(source.id, stream.name), stream.columns, stream.key)
        arrival = Arrival(stream, raw, batches, run, settings, known, hidden)
        arrival.begin(full=self._wish.full, tell=self._telling(source))
        return arrival

    def _merged(self, arrival: _Arrival) -> _Arrival:
        """The same with its rows merged into the raw table of the stream."""
        if arrival.raw is not None or arrival.rows is None:
            return arrival
        started = perf_counter()
        merged = merge(self._store, arrival.rows, mass_delete=self._wish.mass_delete)
        seconds = arrival.seconds + perf_counter() - started
        return replace(arrival, raw=merged.raw, deleted=merged.deleted, spent=merged.spent, seconds=seconds)

    def _entered(self, source: Source, arrivals: Sequence[_Arrival]) -> tuple[Inputs, dict[str, Staged]]:
        """The inputs with a source that is there, its records counted and its watermark found; its tables, staged.

        Raises SourceError with what there is to say when it cannot be used.
        """
        raw = {arrival.stream: arrival.raw for arrival in arrivals if arrival.raw is not None}
        tables = [table for table in self._inputs.tables.values() if table.sources == {source.id}]
        lacking = [
            finding
            for table in tables
            for finding in missing_columns(table, [raw[name.stream] for name in table.streams])
        ]
        inputs = self._inputs.having(source.id, self._now_us, raw)
        lacking += self._drifted(source, tables, arrivals)
        if lacking:
            raise SourceError(f"`{source.id}` lacks columns", tuple(lacking))
        watermark = find_watermark(source.id, inputs, self._store, self._now_us)
        if isinstance(watermark, Finding):
            raise SourceError(f"`{source.id}` has no watermark", (watermark,))
        offers = tuple(self._found[source.id].streams)
        pulled = PulledSource(source.id, self._now_us, watermark, watermark_rule(source.id, inputs), raw, offers)
        inputs = replace(inputs, pulled={**inputs.pulled, source.id: pulled})
        staged: dict[str, Staged] = {}
        for arrival in arrivals:
            started = perf_counter()
            rows = None
            for table in tables:
                if table.streams[0].stream == arrival.stream and not self._is_right(table, inputs):
                    staged[table.entity], records = self._preparation.stage(table, inputs)
                    rows = records if len(table.streams) == 1 else rows
            rows = self._count(source, arrival, inputs) if rows is None else rows
            raw[arrival.stream] = replace(raw[arrival.stream], rows=rows)
            seconds = arrival.seconds + perf_counter() - started
            self._tell_arrival(source.id, arrival, rows, seconds)
        return inputs, staged

    def _drifted(self, source: Source, tables: Sequence[Table], arrivals: Sequence[_Arrival]) -> list[Finding]:
        """What keeps tables from reading the columns of streams that came as rows; tells what is only old in them."""
        refused: list[Finding] = []
        for arrival in arrivals:
            end = arrival.rows.end if arrival.rows is not None else None
            if end is None or arrival.raw is None or arrival.raw.copies:
                continue
            name = StreamName(source.id, arrival.stream)
            readers = [table for table in tables if name in table.streams]
            sent = {*end.columns, *older_names(end.held)}
            refused += refused_types(str(name), end.held, readers)
            self.findings += stale_columns(str(name), sent, arrival.raw.columns, readers)
        return refused

    def _tell_arrival(self, source: str, arrival: _Arrival, rows: int, seconds: float) -> None:
        """Says what became of a stream."""
        end = arrival.rows.end if arrival.rows is not None else None
        cursor, until = (end.state, end.until) if end is not None else (None, None)
        words = f"{source}.{arrival.stream}: {rows:,} record{'s' if rows != 1 else ''}, {seconds:.1f} s"
        words += f", {arrival.deleted:,} deleted" if arrival.deleted else ""
        before = self._before.stream(source, arrival.stream)
        if before is not None and arrival.rows is None and rows < before.rows:  # an export may have been cut
            words += f", {before.rows - rows:,} fewer than before"
        words += f", read up to {until}" if until else ""
        values = {"source": source, "stream": arrival.stream, "rows": rows, "deleted": arrival.deleted}
        self._tell(Event("stream", words, {**values, "seconds": round(seconds, 3), "cursor": cursor, "until": until}))
        self._note(source, arrival.stream, rows, arrival.deleted, seconds)

    def _count(self, source: Source, arrival: _Arrival, inputs: Inputs) -> int:
        """The records of a stream that no table had to be staged from."""
        known = self._inputs.stream(source.id, arrival.stream)
        if known is not None and arrival.raw is not None and known.content == arrival.raw.content:
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


@record
class _Discovery:
    """A source that answers, its streams by name, and why others may not be read."""

    source: Source
    connector: Connector
    streams: Mapping[str, Stream]
    refused: Mapping[str, str]

    @property
    def withheld(self) -> list[tuple[str, str, str]]:
        """The columns that may not be read: stream, column and what to do."""
        streams = sorted(self.streams.items())
        return [(name, column, why) for name, stream in streams for column, why in stream.withheld.items()]


@record
class _Arrival:
    """A stream that was read and the seconds it took; ``raw`` is null as long as its ``rows`` are not merged.

    ``spent``: files to remove when that is kept.
    """

    stream: str
    raw: RawStream | None
    rows: Arrival | None
    findings: tuple[Finding, ...]
    seconds: float
    deleted: int = 0
    spent: Sequence[Path] = ()
