"""Connector `xlsx`: workbooks of a folder, each with a table that begins with the names of its columns.

Cells become text as another export would write it: whole numbers without a point, dates and times in ISO 8601, errors
of formulas (`#N/A`) as they are shown.
"""

from __future__ import annotations

import csv
from collections import deque
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.connectors.cell_errors import errors_in, told
from aac.connectors.folders import FolderConnector, FolderSettings, refuse_doubled
from aac.connectors.texts import HEAD, WEB_PAGE
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from aac.connectors.base import Connector, Message

Cell = int | float | str | bool | time | date | datetime | timedelta


class XlsxSettings(FolderSettings):
    """``sheets``: the sheet that a stream is read from, by its name; left out, the first."""

    sheets: dict[str, str] = Field(default_factory=dict[str, str])


class XlsxConnector(FolderConnector):
    """The table of a sheet begins with its first row that is not empty, and with the first column that has a name."""

    name: ClassVar[str] = "xlsx"
    settings: ClassVar[type[Settings]] = XlsxSettings
    endings = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
    beginnings = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

    def __init__(self, settings: XlsxSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._sheets = settings.sheets

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError for a workbook or sheet that cannot be read."""
        found = self.files()
        unknown = next((name for name in self._sheets if name not in found), None)
        if unknown is not None:
            advice = did_you_mean(unknown, found) or "name a stream"
            raise SourceError(f"`sheets` in aac.toml names `{unknown}`, and there is no such stream: {advice}")
        return tuple(Stream(name, self._columns(name, paths)) for name, paths in sorted(found.items()))

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's tables as CSV, and the end."""
        del part
        origins = self.files()[stream.name]
        paths = [self.context.folder / f"{stream.name}-{number}.csv" for number in range(len(origins))]
        self.context.folder.mkdir(parents=True, exist_ok=True)
        for path, origin in zip(paths, origins, strict=True):
            sheet = self._sheets.get(stream.name)
            errors = errors_in(origin, sheet)
            if errors:
                yield told(origin, errors)
            table = _table(origin, sheet, errors)
            if tuple(next(table)) != stream.columns:
                raise SourceError(f"`{origin}` changed while it was read: run `aac pull` again when it is written")
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
                writer.writerow(stream.columns)
                writer.writerows(map(_text, row) for row in table)
        yield Files(tuple(paths), "csv", stream.columns, origins=tuple(origins))
        yield Checkpoint({}, complete=True)

    def _columns(self, name: str, paths: list[Path]) -> tuple[str, ...]:
        """The columns of a stream, whose tables are looked through; none stays in memory."""
        headers = [_header(path, self._sheets.get(name)) for path in paths]
        for path, header in zip(paths, headers, strict=True):
            if header != headers[0]:
                message = f"the header of `{path}` is not that of `{paths[0]}`: files of one stream need the same"
                raise SourceError(message)
        return headers[0]


def _header(path: Path, sheet: str | None) -> tuple[str, ...]:
    """The columns of a sheet's table, of which every row is looked at."""
    rows = _table(path, sheet, errors_in(path, sheet))
    columns = tuple(map(_text, next(rows)))
    deque(rows, maxlen=0)
    return columns


def _table(path: Path, sheet: str | None, errors: Mapping[tuple[int, int], str]) -> Iterator[Sequence[Cell]]:
    """The names of a table's columns and then its rows, without those that are empty; ``errors`` by row and column.

    Raises SourceError when there is no table, or a column of it has no name.
    """
    rows = (row for row in _cells(path, sheet, errors) if _is_filled(row))
    first = [_text(cell) for cell in next(rows, ())]
    if not first:
        raise SourceError(f"the sheet of `{path}` is empty: name another in `sheets`")
    filled = [place for place, text in enumerate(first) if text]
    start, end = filled[0], filled[-1] + 1
    names = [text.strip() for text in first[start:end]]
    if "" in names:
        raise SourceError(_unnamed(path, start + names.index("") + 1, names))
    refuse_doubled(f"`{path}`", names)
    yield names
    for row in rows:
        if _is_filled(row[end:]):
            raise SourceError(_unnamed(path, end + 1, names))
        yield row[start:end]


def _is_filled(row: Sequence[Cell]) -> bool:
    return row.count("") < len(row)


def _unnamed(path: Path, number: int, names: Sequence[str]) -> str:
    return f"column {number} of `{path}` has no name in the row `{', '.join(names)}`: give it one there"


def _cells(path: Path, sheet: str | None, errors: Mapping[tuple[int, int], str]) -> Iterator[Sequence[Cell]]:
    """All rows of a sheet, with its errors in their cells."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise SourceError("workbooks are read by an extra: install `alignment-as-code[xlsx]`") from None
    try:
        with path.open("rb") as file:
            if WEB_PAGE.match(file.read(HEAD)):
                raise SourceError(f"`{path}` is a web page, whatever its name says: open it and save it as a workbook")
            file.seek(0)
            book = CalamineWorkbook.from_filelike(file)
        if sheet is not None and sheet not in book.sheet_names:
            advice = did_you_mean(sheet, book.sheet_names) or f"there is {', '.join(book.sheet_names)}"
            raise SourceError(f"`{path}` has no sheet `{sheet}`: {advice}")
        table = book.get_sheet_by_name(sheet) if sheet is not None else book.get_sheet_by_index(0)
        # empty rows before the table come with the others, empty columns do not
        before = [""] * table.start[1] if table.start is not None else []
        rows = (before + row for row in table.iter_rows()) if before else table.iter_rows()
        yield from _with_errors(rows, errors) if errors else rows
    except (CalamineError, OSError) as error:
        raise SourceError(f"`{path}` cannot be read as a workbook: {error}") from error


def _with_errors(rows: Iterator[list[Cell]], errors: Mapping[tuple[int, int], str]) -> Iterator[Sequence[Cell]]:
    """The rows of a sheet with the errors in their cells."""
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in errors.items():
        by_row.setdefault(row, {})[column] = text
    for number, row in enumerate(rows):
        for column, text in by_row.get(number, {}).items():
            row[column] = text
        yield row


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(" ")
        case _:
            return str(cell)


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [XlsxConnector]
