"""What tables are prepared from: documents, settings of sources and what was pulled; the fingerprint of it all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from aac.engines.base import Files
from aac.errors import SourceError
from aac.landing.copying import is_cut, is_whole
from aac.landing.state import PulledSource
from aac.periods import day_of
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aac.config import Source
    from aac.landing.state import RawStream, State
    from aac.measures import StoredField, Table

EPOCH_DAY = date(1970, 1, 1)
METHOD = 6
"""Counts the ways in which tables were ever prepared: with a new one, all of them are prepared anew."""


@record
class Inputs:
    """Tables by their entity, sources and their last pulls by id, the folder of raw copies and the company's zone.

    ``as_of_us`` was asked for; without it a table is known up to the watermark of its sources.
    """

    tables: Mapping[str, Table]
    sources: Mapping[str, Source]
    pulled: Mapping[str, PulledSource]
    raw: Path
    default_zone: str
    as_of_us: int | None = None

    def zone(self, source: str) -> str:
        """The zone of a source's times that carry none."""
        return self.sources[source].timezone or self.default_zone

    def stream(self, source: str, name: str) -> RawStream | None:
        """A stream as it was last pulled; null when it never was."""
        return self.pulled[source].streams.get(name) if source in self.pulled else None

    def zone_of(self, table: Table) -> str:
        """The zone of a table's dates: that of the source of its first stream."""
        return self.zone(table.streams[0].source)

    def as_of(self, table: Table) -> int:
        """The moment up to which the rows of a table are put together, in microseconds."""
        return self.as_of_us or min(self.pulled[source].watermark_us for source in table.sources)

    def latest(self, table: Table) -> int:
        """The same in the unit of ``occurs``, a column: microseconds, or days of a date."""
        as_of = self.as_of(table)
        is_date = any(column.name == table.occurs and column.type.name == "date" for column in table.columns)
        return (day_of(as_of, self.zone_of(table)) - EPOCH_DAY).days if is_date else as_of

    def raw_streams(self, table: Table) -> tuple[RawStream, ...] | None:
        """The streams of a table as they were last pulled; null when one of them never was."""
        streams = [self.stream(*name) for name in table.streams]
        known = tuple(stream for stream in streams if stream is not None)
        return known if len(known) == len(streams) else None

    def columns(self, table: Table) -> set[str]:
        """All columns of a table's streams."""
        return {column for stream in self.raw_streams(table) or () for column in stream.columns}

    def files(self, source: str, name: str) -> Files:
        """The raw copies of a stream, or where it lies; SourceError when it was not pulled or they are gone."""
        stream = self.stream(source, name)
        paths = [self.raw / source / copy for copy in stream.copies] if stream else []
        if stream is None or not all(path.is_file() for path in paths):
            raise SourceError(f"there is no copy of `{source}.{name}`: run `aac pull`")
        is_batch = stream.changed and stream.format == "parquet"
        if not all(map(is_whole, paths, stream.written)) or (is_batch and any(map(is_cut, paths))):
            raise SourceError(f"the copy of `{source}.{name}` is not what was pulled any more: run `aac pull`")
        names = tuple(map(str, paths))
        return Files(names, stream.format, stream.columns, stream.delimiter, stream.types, stream.table, stream.key)

    def target(self, field: StoredField) -> Table | None:
        """The table a reference leads to; null for other fields, and where there is no such table."""
        return self.tables.get(field.type.entity) if field.type.entity else None

    def is_private(self, field: StoredField) -> bool:
        """Whether a field holds personal data, itself or as a reference to a key that does."""
        target = self.target(field)
        return field.pii or (target is not None and any(target.field(key).pii for key in target.key))

    def having(self, source: str, pulled_at_us: int, streams: Mapping[str, RawStream]) -> Inputs:
        """The same with a source's streams as they are now; its watermark is still to be found."""
        arrived = PulledSource(source, pulled_at_us, pulled_at_us, "", streams)
        return replace(self, pulled={**self.pulled, source: arrived})

    def is_right(self, table: Table, state: State) -> bool:
        """Whether the prepared table that the store has is the one that would be prepared now."""
        known = state.entities.get(table.entity)
        return known is not None and known.fingerprint == self.fingerprint(table)

    def fingerprint(self, table: Table) -> str:
        """Changes with everything that decides what is in the prepared table: also in the tables it refers to."""
        targets = {target.entity: self._content(target) for target in map(self.target, table.fields) if target}
        text = json.dumps([METHOD, self._content(table), sorted(targets.items())], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def _content(self, table: Table) -> object:
        raw = [self.stream(*name) for name in table.streams]
        return [
            _plain(table),
            [(self.zone(name.source), self.sources[name.source].nulls) for name in table.streams],
            [stream.content if stream else None for stream in raw],
            self.latest(table) if table.is_of_a_moment and table.sources <= self.pulled.keys() else None,
        ]


def _plain(value: Any) -> object:
    """A value that JSON can carry and that is equal when the value means the same: without spans and offsets."""
    if is_dataclass(value):
        compared = [_plain(getattr(value, field.name)) for field in fields(value) if field.compare]
        return [type(value).__name__, *compared]
    if isinstance(value, tuple):
        return [_plain(part) for part in cast("tuple[Any, ...]", value)]
    return value if value is None or isinstance(value, str | bool | int) else repr(value)
