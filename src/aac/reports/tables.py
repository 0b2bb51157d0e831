"""Text and tables of GitHub's Markdown, whatever the text holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

CODE = re.compile(r"(`[^`]*`)")
PUNCTUATION = re.compile(r"([\\*_\[\]<>&#~`])")


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
