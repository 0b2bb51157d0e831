"""Connector `csv`: the files of a folder. Only headers are read here; the rows are read by the engine."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.errors import SourceError
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aac.connectors.base import Connector, Message

DELIMITERS = ",;\t|"
EXCEL = re.compile("sep=.?", re.IGNORECASE)
"""A first line that tells Excel, and nobody else, what the delimiter is."""


class CsvSettings(Settings):
    """``path``: the folder, seen from the project's. ``files``: which files a stream is read from, by its name."""

    path: str
    files: dict[str, str] = Field(default_factory=dict[str, str])


class CsvConnector:
    """Each ``*.csv`` file is a stream named by its file name up to the first dot, unless ``files`` names it otherwise.

    Files of one stream (`leads.2025.csv`, `leads.2026.csv`) follow each other by name and have the same header. They
    are UTF-8, with or without a byte order mark; the delimiter is the one that gives the header the most columns.
    """

    name: ClassVar[str] = "csv"
    settings: ClassVar[type[Settings]] = CsvSettings

    def __init__(self, settings: CsvSettings, context: Context) -> None:
        self._folder = context.root / settings.path
        self._globs = settings.files

    def check(self) -> None:
        """Raises SourceError when there is no such folder, or no file in it."""
        self._paths()

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError when a header cannot be used."""
        return tuple(Stream(name, _files(paths).columns) for name, paths in sorted(self._paths().items()))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """The whole stream: files do not tell what is new in them."""
        del state
        return (Slice(stream.name),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's files and the end."""
        del part
        yield _files(self._paths()[stream.name])
        yield Checkpoint({}, complete=True)

    def _paths(self) -> dict[str, list[Path]]:
        """The files of each stream."""
        if not self._folder.is_dir():
            raise SourceError(
                f"there is no folder `{self._folder}`: correct `path` in aac.toml, or put the files there"
            )
        found = {stream: self._matching(glob) for stream, glob in self._globs.items()}
        named = {path for paths in found.values() for path in paths}
        for path in sorted(self._folder.iterdir()):
            stream = path.name.partition(".")[0]
            if stream and path.suffix.lower() == ".csv" and path.is_file() and path not in named:
                found.setdefault(stream, []).append(path)
        if not found:
            raise SourceError(f"there is no *.csv file in `{self._folder}`: correct `path` in aac.toml")
        return found

    def _matching(self, glob: str) -> list[Path]:
        try:
            paths = sorted(path for path in self._folder.glob(glob) if path.is_file())
        except (ValueError, NotImplementedError):  # an empty or an absolute one
            paths = []
        if not paths:
            raise SourceError(f"no file in `{self._folder}` matches `{glob}`: correct `files` in aac.toml")
        return paths


def _files(paths: list[Path]) -> Files:
    """Files of one stream; raises SourceError when their headers differ or cannot be used."""
    columns, delimiter = _header(paths[0])
    for path in paths[1:]:
        if _header(path) != (columns, delimiter):
            raise SourceError(f"the header of `{path}` is not that of `{paths[0]}`: files of one stream need the same")
    return Files(tuple(paths), "csv", columns, delimiter)


def _header(path: Path) -> tuple[tuple[str, ...], str]:
    """The columns of a file and its delimiter; of equals the earlier in DELIMITERS."""
    try:
        delimiter = max(DELIMITERS, key=lambda each: _width(path, each))
        columns = _first_row(path, delimiter, strict=True)
    except UnicodeDecodeError:
        raise SourceError(f"`{path}` is not UTF-8: export it as «CSV UTF-8»") from None
    except (OSError, csv.Error) as error:
        raise SourceError(f"the header of `{path}` cannot be read: {error}") from error
    if not columns:
        raise SourceError(f"`{path}` has no header: its first line must name the columns")
    if EXCEL.fullmatch(told := delimiter.join(columns)):
        raise SourceError(f"the first line of `{path}` names no columns: delete the line `{told.strip()}`")
    if "" in map(str.strip, columns):
        number = [name.strip() for name in columns].index("") + 1
        raise SourceError(f"column {number} of `{path}` has no name: give it one in the header, or remove the column")
    folded = [name.casefold() for name in columns]  # as in SQL, where `Email` and `email` are one column
    twice = [name for at, name in enumerate(columns) if name.casefold() in folded[:at]]
    if twice:
        raise SourceError(f"`{path}` has two columns `{twice[0]}`: rename or remove one of them")
    return columns, delimiter


def _width(path: Path, delimiter: str) -> int:
    """How many columns a delimiter would give; one that makes no sense of the quotes gives none."""
    try:
        return len(_first_row(path, delimiter, strict=False))
    except csv.Error:
        return 0


def _first_row(path: Path, delimiter: str, *, strict: bool) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(next(csv.reader(file, delimiter=delimiter, strict=strict), ()))


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [CsvConnector]
