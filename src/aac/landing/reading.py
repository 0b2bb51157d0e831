"""A stream, read: the messages of its connector become raw copies of its files, named by their content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aac.connectors.base import Checkpoint, Files, Notice, Progress, Relation
from aac.errors import SourceError
from aac.findings import Finding
from aac.folders import file_mark
from aac.landing.copying import UTF8, copied
from aac.landing.state import RawStream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from aac.connectors.base import Connector, Stream
    from aac.findings import Level


@dataclass(frozen=True, slots=True)
class Reading:
    """A stream that was read (its records not counted yet), the file behind each copy, and the connector's notices."""

    raw: RawStream
    originals: tuple[Path, ...]
    findings: tuple[Finding, ...]


def read_stream(
    connector: Connector, stream: Stream, before: RawStream | None, folder: Path, tell: Callable[[str], None]
) -> Reading:
    """Reads a stream whole and copies its files into ``folder``; ``before`` is what was read the last time.

    Raises SourceError when it does not come to its end, or a file cannot be copied.
    """
    files: list[Files] = []
    relations: list[Relation] = []
    findings: list[Finding] = []
    end: Checkpoint | None = None
    for part in connector.slices(stream, before.state if before else None):
        for message in connector.read(stream, part):
            match message:
                case Files():
                    files.append(message)
                case Relation():
                    relations.append(message)
                case Checkpoint():
                    end = message
                case Notice(code, level, text, instead):
                    findings.append(Finding(code, cast("Level", level), text, instead))
                case Progress(rows):
                    tell(f"{stream.name}: {rows:,} records so far")
                case _:
                    raise SourceError(f"`{stream.name}` sends {type(message).__name__}, which cannot be kept yet")
    if end is not None and end.complete and relations:
        return Reading(_related(relations, stream, end), (relations[0].database,), tuple(findings))
    if end is None or not end.complete or not files:
        raise SourceError(f"`{stream.name}` was not read to its end: run `aac pull` again")
    first = files[0]
    for part in files:
        if (part.format, part.columns, part.delimiter) != (first.format, first.columns, first.delimiter):
            raise SourceError(f"`{part.paths[0]}` is not made like `{first.paths[0]}`: give both the same columns")
    originals = tuple(path for part in files for path in part.origins or part.paths)
    known = dict(zip(before.marks, before.copies, strict=True)) if before else {}
    made = [copied(path, encoding, folder, known) for path, encoding in _encoded(files)]
    copies, marks = tuple(name for name, _ in made), tuple(mark for _, mark in made)
    types = dict(stream.types) if first.format == "parquet" else {}
    raw = RawStream(copies, first.format, first.columns, first.delimiter, 0, end.state, marks, types)
    return Reading(raw, originals, tuple(findings))


def remove_copies(folder: Path, kept: Collection[str]) -> None:
    """Removes from a source's folder whatever is not ``kept``, what a pull that was killed has left among it."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept:
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
    return RawStream((place,), "duckdb", relation.columns, ",", 0, end.state, marks, types, relation.name)


def _encoded(files: Iterable[Files]) -> Iterator[tuple[Path, str]]:
    """All files, each with its encoding."""
    for part in files:
        yield from zip(part.paths, part.encodings or [UTF8] * len(part.paths), strict=True)
