"""Text and tables as others read them, whatever the text holds: GitHub's Markdown, and CSV in spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

CODE = re.compile(r"(`[^`]*`)")
PUNCTUATION = re.compile(r"([\\*_\[\]<>&#~`])")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a cell begins that a spreadsheet would run (OWASP, CSV injection)."""
PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def table(titles: list[str], rows: Iterable[list[str]]) -> str:
    """A table of GitHub's Markdown; a bar inside a cell is escaped, also in code."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def plain(text: str) -> str:
    """Text with the code in it as code, and everything else as it is."""
    parts = CODE.split(visible(text))
    return "".join(part if CODE.fullmatch(part) else PUNCTUATION.sub(r"\\\1", part) for part in parts)


def code(text: str) -> str:
    """Text as code, whatever backticks it has."""
    text = visible(text)
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula, and that steers no terminal; numbers stay numbers."""
    text = getattr(cell, "digits", None) or ("" if cell is None else visible(str(cell), "\n\t"))
    is_risky = isinstance(cell, str) and text.startswith(FORMULA) and not PLAIN_NUMBER.fullmatch(text)
    return f"'{text}" if is_risky else text


def csv_text(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Rows below their titles as CSV (RFC 4180, with line feeds)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(titles)
    for row in rows:
        writer.writerow(map(harmless, row))
    return text.getvalue()
