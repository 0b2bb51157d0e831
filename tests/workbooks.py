"""Workbooks as Excel writes them, with the little of the format that a table needs (ECMA-376, part 1)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STYLES = f"""<styleSheet {MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>"""
"""Formats: 0 plain, 1 a date (14), 2 a date with its time (22)."""


class CellError(NamedTuple):
    """What a cell shows whose formula has no value: `#N/A`."""

    text: str


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Sequence[object]]]) -> None:
    """A workbook with some sheets; a cell is a text, number, boolean, date or time, an error, or nothing."""
    names = list(sheets)
    listed = "".join(f'<sheet name={quoteattr(n)} sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="r{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    styles = f'<Relationship Id="s" Type="{LINKS}/styles" Target="styles.xml"/>'
    book = f'<Relationship Id="b" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'
    types = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as zip:
        zip.writestr("[Content_Types].xml", f'<Types xmlns="{PACKAGE}/content-types">{types}</Types>')
        zip.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{book}</Relationships>')
        zip.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{LINKS}"><sheets>{listed}</sheets></workbook>')
        zip.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{links}{styles}</Relationships>',
        )
        zip.writestr("xl/styles.xml", STYLES)
        for number, rows in enumerate(sheets.values(), 1):
            with zip.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as file:
                file.writelines(part.encode() for part in _sheet(rows))


def _sheet(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A sheet in parts, so that a million rows are never in memory."""
    yield f"<worksheet {MAIN}><sheetData>"
    for r, row in enumerate(rows, 1):
        yield f'<row r="{r}">{"".join(_cell(c, r, v) for c, v in enumerate(row))}</row>'
    yield "</sheetData></worksheet>"


def _cell(column: int, row: int, value: object) -> str:
    place = f'r="{chr(ord("A") + column)}{row}"'
    match value:
        case None:
            return ""
        case bool():
            return f'<c {place} t="b"><v>{int(value)}</v></c>'
        case CellError(text):
            return f'<c {place} t="e"><f>1/0</f><v>{text}</v></c>'
        case str():
            return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
        case datetime():
            return f'<c {place} s="2"><v>{(value - datetime(1899, 12, 30)).total_seconds() / 86_400!r}</v></c>'
        case date():
            return f'<c {place} s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        case _:
            return f"<c {place}><v>{value!r}</v></c>"
