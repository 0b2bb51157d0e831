"""Connector `csv`: the files of a folder. Only headers are read as tables; the rows are read by the engine."""

from __future__ import annotations

import csv
import re
from itertools import takewhile
from typing import TYPE_CHECKING, ClassVar

from pydantic import field_validator

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.connectors.folders import FolderConnector, FolderSettings, refuse_doubled
from aac.connectors.texts import Written, head_encoding, known_encoding, text_of, told, written
from aac.errors import SourceError
from aac.folders import file_mark
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aac.connectors.base import Connector, Message

DELIMITERS = ",;\t|"
EXCEL = re.compile("sep=.?", re.IGNORECASE)
"""A first line that tells Excel, and nobody else, what the delimiter is."""


class CsvSettings(FolderSettings):
    """``encoding`` and ``delimiter`` hold for all files of the folder; without them each file's are found."""

    encoding: str | None = None
    delimiter: str | None = None

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        try:
            return known_encoding(name) if name is not None else None
        except ValueError:
            raise ValueError(f"no encoding has the name `{name}`; write one as in `windows-1252` or `utf-16`") from None

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, text: str | None) -> str | None:
        if text is not None and (len(text) != 1 or text in '"\r\n' or not text.isascii()):
            raise ValueError(f'`{text}` cannot be a delimiter; write one character, as in `","` or `"\\t"`')
        return text


class CsvConnector(FolderConnector):
    """Files of one stream have the same header. The delimiter that is not declared is the one that gives the header the
    most columns."""

    name: ClassVar[str] = "csv"
    settings: ClassVar[type[Settings]] = CsvSettings
    endings = (".csv", ".csv.gz", ".tsv", ".tsv.gz")

    def __init__(self, settings: CsvSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._encoding = settings.encoding
        self._delimiters = settings.delimiter or DELIMITERS

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError when a header cannot be used."""
        return tuple(Stream(name, self._header(paths)[0]) for name, paths in sorted(self.files().items()))

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """What was recognised of the stream's files, the files and the end."""
        paths = self.files()[stream.name]
        columns, delimiter = self._header(paths)
        places = [f"{path} {file_mark(path)} {self._encoding}" for path in paths]
        hows = [self._written(path, part.bounds.get(place)) for path, place in zip(paths, places, strict=True)]
        for path, how in zip(paths, hows, strict=True):
            if how.sign:
                yield told(path, how)
        yield Files(tuple(paths), "csv", columns, delimiter, tuple(how.encoding for how in hows))
        remembered = {place: [how.encoding, how.sign] for place, how in zip(places, hows, strict=True)}
        yield Checkpoint(remembered, complete=True)

    def _written(self, path: Path, before: list[str] | None) -> Written:
        """The encoding of a file; one that has not changed is not read for it again."""
        return Written(*before) if before is not None else written(path, self._encoding)

    def _header(self, paths: list[Path]) -> tuple[tuple[str, ...], str]:
        """The columns of a stream's files and their delimiter; raises SourceError when they differ."""
        first = _header(paths[0], self._encoding, self._delimiters)
        for path in paths[1:]:
            if _header(path, self._encoding, self._delimiters) != first:
                message = f"the header of `{path}` is not that of `{paths[0]}`: files of one stream need the same"
                raise SourceError(message)
        return first


def _header(path: Path, declared: str | None, delimiters: str) -> tuple[tuple[str, ...], str]:
    """The columns of a file and its delimiter; of equals the earlier in ``delimiters``."""
    try:
        encoding = head_encoding(path, declared)
        delimiter = max(delimiters, key=lambda each: _width(path, encoding, each))
        columns = _first_row(path, encoding, delimiter, strict=True)
    except OSError as error:
        raise SourceError(f"`{path}` cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise SourceError(f"the header of `{path}` cannot be read: {error}") from error
    if not columns:
        raise SourceError(f"`{path}` has no header: its first line must name the columns{_advice(path, encoding)}")
    _refuse_names(path, columns, delimiter)
    return columns, delimiter


def _advice(path: Path, encoding: str) -> str:
    """What to do about empty lines above a header."""
    with text_of(path, encoding) as file:
        empty = sum(1 for _ in takewhile(str.isspace, file))
        return f"; delete the {'empty line' if empty == 1 else f'{empty:,} empty lines'} above it" if empty else ""


def _refuse_names(path: Path, columns: tuple[str, ...], delimiter: str) -> None:
    """Raises SourceError for a header with names that nobody can say."""
    if EXCEL.fullmatch(told := delimiter.join(columns)):
        raise SourceError(f"the first line of `{path}` names no columns: delete the line `{told.strip()}`")
    if "" in map(str.strip, columns):
        number = [name.strip() for name in columns].index("") + 1
        raise SourceError(f"column {number} of `{path}` has no name: give it one in the header, or remove the column")
    refuse_doubled(f"`{path}`", list(columns))


def _width(path: Path, encoding: str, delimiter: str) -> int:
    """How many columns a delimiter would give; one that makes no sense of the quotes gives none."""
    try:
        return len(_first_row(path, encoding, delimiter, strict=False))
    except csv.Error:
        return 0


def _first_row(path: Path, encoding: str, delimiter: str, *, strict: bool) -> tuple[str, ...]:
    with text_of(path, encoding) as file:
        return tuple(next(csv.reader(file, delimiter=delimiter, strict=strict), ()))


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [CsvConnector]
