"""Connector `xlsx`: workbooks of a folder, each with a table that begins with the names of its columns.

Cells become text as another export would write it: whole numbers without a point, dates and times in ISO 8601.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from aac.connectors.base import Checkpoint, Context, Files, Settings, Slice, Stream
from aac.connectors.folders import FolderConnector, FolderSettings, refuse_doubled
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from aac.connectors.base import Connector, Message

Cell = int | float | str | bool | time | date | datetime | timedelta
Rows = list[list[str]]


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
        self._tables: dict[str, list[Rows]] = {}

    def discover(self) -> tuple[Stream, ...]:
        """The streams there are, sorted by name; raises SourceError for a workbook or sheet that cannot be read."""
        found = self.files()
        unknown = next((name for name in self._sheets if name not in found), None)
        if unknown is not None:
            advice = did_you_mean(unknown, found) or "name a stream"
            raise SourceError(f"`sheets` in aac.toml names `{unknown}`, and there is no such stream: {advice}")
        return tuple(Stream(name, self._read(name, paths)) for name, paths in sorted(found.items()))

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The stream's tables as CSV, and the end."""
        del part
        origins = self.files()[stream.name]
        paths = [self.context.folder / f"{stream.name}-{number}.csv" for number in range(len(origins))]
        self.context.folder.mkdir(parents=True, exist_ok=True)
        for path, rows in zip(paths, self._tables[stream.name], strict=True):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
        yield Files(tuple(paths), "csv", stream.columns, origins=tuple(origins))
        yield Checkpoint({}, complete=True)

    def _read(self, name: str, paths: list[Path]) -> tuple[str, ...]:
        """Reads the tables of a stream; its columns."""
        self._tables[name] = tables = [_table(path, self._sheets.get(name)) for path in paths]
        for path, rows in zip(paths, tables, strict=True):
            if rows[0] != tables[0][0]:
                message = f"the header of `{path}` is not that of `{paths[0]}`: files of one stream need the same"
                raise SourceError(message)
        return tuple(tables[0][0])


def _table(path: Path, sheet: str | None) -> Rows:
    """The header and the rows of a sheet as text; raises SourceError when there is no table."""
    rows = [[_text(cell) for cell in row] for row in _cells(path, sheet)]
    filled = [row for row in rows if any(row)]
    if not filled:
        raise SourceError(f"the sheet of `{path}` is empty: name another in `sheets`")
    header, *records = filled
    start = next(place for place, name in enumerate(header) if name)
    width = max(place for row in filled for place, text in enumerate(row) if text) + 1
    names = [name.strip() for name in header[start:width]]
    if "" in names:
        number = start + names.index("") + 1
        raise SourceError(f"column {number} of `{path}` has no name in the row `{', '.join(names)}`: give it one there")
    refuse_doubled(f"`{path}`", names)
    return [names, *(row[start:width] for row in records)]


def _cells(path: Path, sheet: str | None) -> Sequence[Sequence[Cell]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise SourceError("workbooks are read by an extra: install `alignment-as-code[xlsx]`") from None
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
        if sheet is not None and sheet not in book.sheet_names:
            advice = did_you_mean(sheet, book.sheet_names) or f"there is {', '.join(book.sheet_names)}"
            raise SourceError(f"`{path}` has no sheet `{sheet}`: {advice}")
        table = book.get_sheet_by_name(sheet) if sheet is not None else book.get_sheet_by_index(0)
        return table.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise SourceError(f"`{path}` cannot be read as a workbook: {error}") from error


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
