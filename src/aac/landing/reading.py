"""A stream, read: files become raw copies named by their content, rows become batches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aac.connectors.base import Checkpoint, Files, Notice, Progress, Relation, Rows, SchemaChange
from aac.errors import SourceError, UnfinishedError
from aac.findings import Finding
from aac.folders import file_mark
from aac.landing.copying import UTF8, Copy, copied
from aac.landing.drift import told_change
from aac.landing.events import Event
from aac.landing.state import RawStream
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from aac.connectors.base import Connector, Stream
    from aac.findings import Level
    from aac.landing.arriving import Arrival
    from aac.landing.events import Tell
    from aac.landing.hiding import Hiding


@record
class Reading:
    """A stream that was read: its files (records not counted yet), the file behind each copy, the connector's notices.

    ``raw`` is null when it came as rows: these lie in batches.
    """

    raw: RawStream | None
    originals: tuple[Path, ...]
    findings: tuple[Finding, ...]


def read_stream(
    connector: Connector,
    stream: Stream,
    before: RawStream | None,
    folder: Path,
    arrival: Arrival | None,
    tell: Tell,
    hiding: Hiding | None = None,
) -> Reading:
    """Reads a stream to its end: files are copied into ``folder``, rows go to the ``arrival`` of a stream with a key.

    ``before``: what was read of it the last time; ``hiding``: leaves out what is not to arrive. Raises SourceError when
    it does not come to its end, or a file cannot be copied.
    """
    files: list[Files] = []
    relations: list[Relation] = []
    findings: list[Finding] = []
    end: Checkpoint | None = None
    state = before.state if before is not None else None
    parts = connector.slices(stream, arrival.state if arrival is not None else state)
    for number, part in enumerate(parts, 1):
        for sent in connector.read(stream, part):
            message = hiding.of(sent) if hiding is not None else sent
            match message:
                case Files():
                    files.append(message)
                case Relation():
                    relations.append(message)
                case Rows() if arrival is not None:
                    arrival.add(message)
                case Rows():
                    raise SourceError(f"`{stream.name}` sends rows, and has no key to know them by")
                case Checkpoint(complete=complete):
                    end = message
                    if arrival is not None and not files:
                        arrival.keep(message, complete=complete and number == len(parts))
                case Notice(code, level, text, instead):
                    findings.append(Finding(code, cast("Level", level), text, instead))
                case Progress(rows, expected):
                    values = {"stream": stream.name, "rows": rows, "expected": expected}
                    tell(Event("progress", f"{stream.name}: {rows:,} records so far", values))
                case SchemaChange():
                    tell(Event("notice", f"{stream.name}: {told_change(message)}", {"stream": stream.name}))
                    if arrival is not None:
                        arrival.change(message)
        if end is not None and not end.complete:
            break
    if end is not None and not end.complete and arrival is not None and not files:
        raise UnfinishedError(f"`{stream.name}` was read in part: run `aac pull` again, which goes on from there")
    if end is not None and end.complete and relations:
        return Reading(_related(relations, stream, end), (relations[0].database,), tuple(findings))
    if end is None or not end.complete or (arrival is None and not files):
        raise SourceError(f"`{stream.name}` was not read to its end: run `aac pull` again")
    stream = hiding.arriving if hiding is not None else stream
    raw, originals = _copied(stream, files, end, before, folder) if files else (None, ())
    if raw is not None and hiding is not None:
        raw = replace(raw, hidden=dict(hiding.columns))
    return Reading(raw, originals, tuple(findings))


def _copied(
    stream: Stream, files: Sequence[Files], end: Checkpoint, before: RawStream | None, folder: Path
) -> tuple[RawStream, tuple[Path, ...]]:
    """The copies of a stream's files, and the files themselves."""
    first = files[0]
    for part in files:
        if (part.format, part.columns, part.delimiter) != (first.format, first.columns, first.delimiter):
            raise SourceError(f"`{part.paths[0]}` is not made like `{first.paths[0]}`: give both the same columns")
    originals = tuple(path for part in files for path in part.origins or part.paths)
    copies = map(Copy, before.copies, before.marks, before.written) if before is not None else ()
    known = {copy.mark: copy for copy in copies}
    made = [copied(path, encoding, folder, known) for path, encoding in _encoded(files)]
    names, marks = tuple(copy.name for copy in made), tuple(copy.mark for copy in made)
    told = dict(stream.types)
    types = told if first.format == "parquet" else {}
    raw = RawStream(names, first.format, first.columns, first.delimiter, 0, end.state, marks, types, told=told)
    return replace(raw, written=tuple(copy.written for copy in made)), originals


def remove_copies(folder: Path, kept: Collection[str]) -> None:
    """Removes from a source's folder whatever is not ``kept``, what a pull that was killed has left among it."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept and path.is_file():
            path.unlink()


def _related(relations: list[Relation], stream: Stream, end: Checkpoint) -> RawStream:
    """A table that is read where it lies. Raises SourceError for several: a stream is one."""
    if len(relations) > 1:
        raise SourceError(f"`{stream.name}` is {len(relations)} tables: a stream is read from one")
    (relation,) = relations
    place, types = str(relation.database.resolve()), dict(stream.types)
    try:
        marks = (file_mark(relation.database),)
    except OSError as error:
        raise SourceError(f"`{relation.database}` cannot be read: {error.strerror}") from error
    return RawStream((place,), "duckdb", relation.columns, ",", 0, end.state, marks, types, relation.name, told=types)


def _encoded(files: Iterable[Files]) -> Iterator[tuple[Path, str]]:
    """All files, each with its encoding."""
    for part in files:
        yield from zip(part.paths, part.encodings or [UTF8] * len(part.paths), strict=True)
