"""What the store remembers of pulls and of prepared tables."""

from __future__ import annotations

import json
from dataclasses import asdict, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aac.errors import OtherLayoutError
from aac.folders import may_be_read
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from aac.config import Source
    from aac.engines.duckdb import Store

KEPT = "store"
"""The alias of the store, wherever it is attached."""

LAYOUT = 7
"""Which tables, columns and JSON the store is made of: one more whenever a version before could not read it."""

PREPARED = "prepared"
"""The schema of the prepared tables, in the store as in a temporary database."""


@record
class RawStream:
    """A stream as it was pulled: the names of its files' copies, made of their content, and how they are read.

    ``marks``: of each file, what changes when it does (`folders.file_mark`); ``written``: of each copy, what changes
    when it is not what was written any more (`copying.is_whole`). Of a ``table`` (schema and name) of a database there
    is no copy: ``copies`` is where the database lies. ``types``: of columns that are read as no text; ``told``: those
    that the source says its columns have, null where that was not kept.
    One that comes as rows lies in a ``table`` of the store, or in one batch as long as no record of it has changed, or
    in both, as long as few have: then the ``key`` tells which; ``changed`` is the last batch that changed it.
    ``hidden``: the columns of files that were dropped or hashed before they arrived.
    """

    copies: tuple[str, ...]
    format: str
    columns: tuple[str, ...]
    delimiter: str
    rows: int
    state: Mapping[str, Any]
    marks: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    table: tuple[str, ...] = ()
    changed: int = 0
    told: Mapping[str, str] | None = None
    written: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def content(self) -> tuple[object, ...]:
        """All that decides what is read from it."""
        read = (self.copies, self.format, self.columns, self.delimiter, sorted(self.types.items()), self.table)
        return (*read, self.marks, self.changed) if self.table else read


@record
class PulledSource:
    """The last complete pull of a source; moments in microseconds (UTC).

    ``watermark_rule`` is what the watermark was computed from, so that a change of it is seen. ``offers``: the names
    of all streams it has, ``streams`` those that were read.
    """

    id: str
    pulled_at_us: int
    watermark_us: int
    watermark_rule: str
    streams: Mapping[str, RawStream]
    offers: tuple[str, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        """Records of each stream, those that were set aside among them."""
        return {name: stream.rows for name, stream in sorted(self.streams.items())}


@record
class Flaw:
    """What is wrong with ``count`` records of an entity, told by code; nothing personal is in it.

    ``texts``: up to five of what was written; ``keys``: up to ten keys; ``rows``: up to five rows of the stream;
    ``near``: those of the texts that are nearly a key, and which; ``gone``: how many of the records point to one that
    is deleted.
    """

    code: str
    field: str | None
    count: int
    texts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    gone: int = 0


@record
class PreparedEntity:
    """A prepared table: what it was made from, its records, and the least and greatest value of each moment column.

    ``lacking``: the fields for which there are no columns; ``filled``: those that every record has a value of, and of
    references only such that all lead to a record.
    """

    fingerprint: str
    rows: int
    moments: Mapping[str, tuple[int, int]]
    flaws: tuple[Flaw, ...]
    lacking: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()


@record
class State:
    """Sources by their id and prepared tables by their entity's."""

    sources: Mapping[str, PulledSource]
    entities: Mapping[str, PreparedEntity]

    def stream(self, source: str, name: str) -> RawStream | None:
        """A stream as it was last pulled; null when it never was."""
        return self.sources[source].streams.get(name) if source in self.sources else None

    def copies(self, source: str) -> set[str]:
        """The names of a source's raw copies."""
        streams = self.sources[source].streams.values() if source in self.sources else ()
        return {copy for stream in streams for copy in stream.copies}


def raw_folder(root: Path) -> Path:
    """Where the copies of pulled files and the batches of rows lie, in a folder for each source."""
    return root / ".aac" / "raw"


def reach(root: Path, sources: Mapping[str, Source]) -> tuple[list[Path], list[Path]]:
    """The files and folders that a connection reads, of a project at ``root``: raw copies, and what the sources name.

    What a source names outside of the project is left out, so that it cannot be opened, unless whoever runs this has
    allowed it.
    """
    named = [root / place for source in sources.values() if (place := source.place) is not None]
    places = [place for place in named if may_be_read(place, root)]
    files = [place for place in places if not place.is_dir()]
    return files, [raw_folder(root), *(place for place in places if place.is_dir())]


def raw_name(source: str, stream: str) -> tuple[str, str, str]:
    """The raw table of a stream in the store."""
    return (KEPT, f"raw_{source}", stream)


def read_state(store: Store) -> State:
    """What the store remembers; nothing of a store that no pull has finished.

    Raises OtherLayoutError for one that another version of ours has written.
    """
    names = "SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = '_aac'"
    tables = {name for (name,) in store.execute(names, store.alias)}
    if not tables or not store.execute("FROM _aac.sources LIMIT 1"):
        return State({}, {})
    if "layout" not in tables or store.execute("FROM _aac.layout") != [(LAYOUT,)]:
        raise OtherLayoutError
    sources = store.execute(
        "SELECT source, pulled_at_us, watermark_us, watermark_rule, streams, offers FROM _aac.sources"
    )
    entities = store.execute("SELECT entity, fingerprint, rows, moments, flaws, lacking, filled FROM _aac.entities")
    try:
        return State({source.id: source for source in map(_source, sources)}, dict(map(_entity, entities)))
    except (AttributeError, KeyError, TypeError, ValueError):  # other keys, or of another shape, than ours
        raise OtherLayoutError from None


def failed_pulls(store: Store, sources: Collection[str], pulled: Mapping[str, PulledSource]) -> Iterator[str]:
    """A sentence for every source whose last pull did not come to its end; why is told by a pull."""
    ends = "arg_max(began_us, rowid), arg_max(error IS NOT NULL, rowid)"
    last: list[Any] = list(store.execute(f"SELECT source, {ends} FROM _aac.runs GROUP BY source ORDER BY source"))
    for source, began_us, has_failed in last:
        known = pulled.get(source)
        if source in sources and has_failed and (known is None or known.pulled_at_us <= began_us):
            at = datetime.fromtimestamp(began_us / 1_000_000, UTC)
            yield (
                f"source {source}: the last pull, at {at:%Y-%m-%d %H:%M} UTC, did not come to its end, and what was "
                "pulled before counts: `aac pull` says why"
            )


def write_state(store: Store, state: State) -> None:
    """Replaces what the store remembers, within the caller's transaction."""
    store.execute("DELETE FROM _aac.layout")
    store.execute("INSERT INTO _aac.layout VALUES ($1)", LAYOUT)
    store.execute("DELETE FROM _aac.sources")
    for source in state.sources.values():
        streams = json.dumps({name: asdict(stream) for name, stream in source.streams.items()})
        moments = (source.pulled_at_us, source.watermark_us)
        values = (source.id, *moments, source.watermark_rule, streams, json.dumps(source.offers))
        store.execute("INSERT INTO _aac.sources VALUES ($1, $2, $3, $4, $5, $6)", *values)
    store.execute("DELETE FROM _aac.entities")
    for id, entity in state.entities.items():
        flaws = json.dumps([asdict(flaw) for flaw in entity.flaws])
        fields = (json.dumps(entity.moments), flaws, json.dumps(entity.lacking), json.dumps(entity.filled))
        values = (id, entity.fingerprint, entity.rows, *fields)
        store.execute("INSERT INTO _aac.entities VALUES ($1, $2, $3, $4, $5, $6, $7)", *values)


def _source(row: Sequence[Any]) -> PulledSource:
    id, pulled_at_us, watermark_us, rule, streams, offers = row
    known = {name: _stream(**stream) for name, stream in json.loads(streams).items()}
    return PulledSource(id, pulled_at_us, watermark_us, rule, known, tuple(json.loads(offers)))


def _stream(**values: Any) -> RawStream:
    lists = {name: tuple(values.pop(name)) for name in ("copies", "columns", "marks", "table", "written", "key")}
    return RawStream(**lists, **values)


def _entity(row: Sequence[Any]) -> tuple[str, PreparedEntity]:
    id, fingerprint, rows, moments, flaws, lacking, filled = row
    extents = {field: (least, greatest) for field, (least, greatest) in json.loads(moments).items()}
    known = tuple(_flaw(**flaw) for flaw in json.loads(flaws))
    return id, PreparedEntity(fingerprint, rows, extents, known, tuple(json.loads(lacking)), tuple(json.loads(filled)))


def _flaw(code: str, field: str | None, count: int, gone: int = 0, **others: list[Any]) -> Flaw:
    texts, keys, rows, near = (tuple(others[name]) for name in ("texts", "keys", "rows", "near"))
    return Flaw(code, field, count, texts, keys, rows, tuple((text, key) for text, key in near), gone)
