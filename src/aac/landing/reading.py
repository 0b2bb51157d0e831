"""A stream, read: the messages of its connector become raw copies of its files, named by their content."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aac.connectors.base import Checkpoint, Files, Notice, Progress
from aac.errors import SourceError
from aac.findings import Finding
from aac.landing.state import RawStream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
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
    findings: list[Finding] = []
    end: Checkpoint | None = None
    for part in connector.slices(stream, before.state if before else None):
        for message in connector.read(stream, part):
            match message:
                case Files():
                    files.append(message)
                case Checkpoint():
                    end = message
                case Notice(code, level, text, instead):
                    findings.append(Finding(code, cast("Level", level), text, instead))
                case Progress(rows):
                    tell(f"{stream.name}: {rows:,} records so far")
                case _:
                    raise SourceError(f"`{stream.name}` sends {type(message).__name__}, which cannot be kept yet")
    if end is None or not end.complete or not files:
        raise SourceError(f"`{stream.name}` was not read to its end: run `aac pull` again")
    first = files[0]
    for part in files:
        if (part.format, part.columns, part.delimiter) != (first.format, first.columns, first.delimiter):
            raise SourceError(f"`{part.paths[0]}` is not made like `{first.paths[0]}`: give both the same columns")
    originals = tuple(path for part in files for path in part.paths)
    copies = tuple(_copy(path, folder) for path in originals)
    raw = RawStream(copies, first.format, first.columns, first.delimiter, 0, end.state)
    return Reading(raw, originals, tuple(findings))


def remove_copies(folder: Path, kept: Collection[str]) -> None:
    """Removes from a source's folder whatever is not ``kept``, what a pull that was killed has left among it."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in kept:
            path.unlink()


def _copy(path: Path, folder: Path) -> str:
    """Copies a file under the hash of its content, never half: what is hashed is the copy, whoever writes the file."""
    new = folder / "new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, new)
        with new.open("rb") as copy:
            name = f"{hashlib.file_digest(copy, 'sha256').hexdigest()}{path.suffix.lower()}"
        new.replace(folder / name)
    except OSError as error:
        raise SourceError(f"`{path}` cannot be copied to `{folder}`: {error.strerror}") from error
    return name
