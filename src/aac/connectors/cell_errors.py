"""Errors in the cells of a workbook (`#N/A`, `#DIV/0!`), which the reader of workbooks takes for empty cells.

They are looked for in the sheet itself, as Excel and others write it (ECMA-376, part 1, 18.3.1.4: cells of type ``e``).
The binary formats (`.xls`, `.xlsb`) and `.ods` are not looked through.
"""

from __future__ import annotations

import re
import zlib
from typing import IO, TYPE_CHECKING
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile, is_zipfile

from aac.connectors.base import Notice
from aac.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
SIGNS = (b'"e"', b"'e'")
PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})(\d+)[\"']")
VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>(.*?)</", re.DOTALL)
CHUNK = 1 << 20
LONGEST = 1 << 16
"""How many bytes a cell has at most; one with an error has a formula and a short value."""
FEW = 5


def errors_in(path: Path, sheet: str | None) -> dict[tuple[int, int], str]:
    """The errors of a sheet (left out, the first) by row and column, which count from 0: ``{(4, 1): "#N/A"}``.

    Raises SourceError for a workbook that is damaged.
    """
    if not is_zipfile(path):
        return {}
    try:
        with ZipFile(path) as book:
            part = _part(book, sheet)
            if part not in book.namelist():
                return {}
            with book.open(part) as file:
                return {place: text for cell in _cells(file) for place, text in _placed(*cell)}
    except (BadZipFile, EOFError, ElementTree.ParseError, OSError, zlib.error) as error:
        raise SourceError(f"`{path}` cannot be read as a workbook: {error}") from error


def told(path: Path, errors: Mapping[tuple[int, int], str]) -> Notice:
    """AAC645: cells of a workbook hold errors."""
    first = ", ".join(f"{_letters(column)}{row + 1} (`{text}`)" for (row, column), text in list(errors.items())[:FEW])
    cells, show = ("cells", "show") if len(errors) > 1 else ("cell", "shows")
    more = ", …" if len(errors) > FEW else ""
    message = f"{len(errors):,} {cells} of `{path.name}` {show} an error instead of a value: {first}{more}"
    instead = "correct the formulas: such a cell arrives as the text that it shows"
    return Notice("AAC645", "warning", message, instead)


def _letters(column: int) -> str:
    """The name of a column as spreadsheets show it: `A` of 0, `AA` of 26."""
    before, last = divmod(column, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


def _part(book: ZipFile, sheet: str | None) -> str:
    """Which part of a workbook a sheet is written in; empty where it is none of this format."""
    start = next((target for _, type_, target in _links(book, "") if type_.endswith("/officeDocument")), "")
    if not start.endswith(".xml"):
        return ""
    sheets = [element for element in ElementTree.fromstring(book.read(start)).iter() if _is(element, "sheet")]
    id = next((each.get(ID) for each in sheets if sheet in (None, each.get("name"))), None)
    return next((target for link, _, target in _links(book, start) if link == id), "")


def _links(book: ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    """The links of a part, and the first of all of nothing: id, type and the part that each leads to."""
    folder, _, name = part.rpartition("/")
    path = f"{folder}/_rels/{name}.rels".removeprefix("/")
    for link in ElementTree.fromstring(book.read(path)) if path in book.namelist() else ():
        target = link.get("Target", "")
        leads_to = target[1:] if target.startswith("/") else f"{folder}/{target}".removeprefix("/")
        yield link.get("Id", ""), link.get("Type", ""), leads_to


def _is(element: ElementTree.Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _cells(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The cells with errors, each as its attributes and what is in it."""
    rest = b""
    while chunk := file.read(CHUNK):
        text, end = rest + chunk, 0
        if any(sign in text for sign in SIGNS):  # looking for cells takes four times as long
            for cell in CELL.finditer(text):
                yield cell[1], cell[2]
                end = cell.end()
        rest = text[max(end, len(text) - LONGEST) :]


def _placed(attributes: bytes, inside: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    place, value = PLACE.search(attributes), VALUE.search(inside)
    if place and value:
        column = 0
        for letter in place[1]:
            column = 26 * column + letter - ord("A") + 1
        yield (int(place[2]) - 1, column - 1), value[1].decode()
