"""From a character of a scalar's value to the character in the file that gave it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from aac.texts import BREAK

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECE = {
    "": re.compile(r"[ \t\r\n]+|."),
    "'": re.compile(r"[ \t\r\n]+|''|."),
    '"': re.compile(r"[ \t\r\n]+|\\(?:\r\n?|\n)[ \t\r\n]*|\\(?:x..|u.{4}|U.{8}|.)|."),
}


@lru_cache(maxsize=4)  # one text may have many mistakes
def character_places(raw: str, value: str, style: str) -> Sequence[int]:
    """For each character of a scalar's value, and for its end, the index in ``raw``, the scalar as written."""
    if style in PIECE:
        return [*_flow_places(raw, style), len(raw) - len(style)]
    places = _block_places(raw, value)
    return [*places, max([len(raw.rstrip()), *places[-1:]])]


def _flow_places(raw: str, style: str) -> list[int]:
    """Plain and quoted scalars: a line break and the blanks around it are one space, n breaks are n - 1 breaks."""
    places: list[int] = []
    for piece in PIECE[style].finditer(raw, len(style), len(raw) - len(style)):
        breaks = len(BREAK.findall(piece[0]))
        if breaks:
            places += [piece.start()] * (breaks - 1 if piece[0][0] == "\\" else max(1, breaks - 1))
        else:
            places += range(piece.start(), piece.end()) if piece[0].isspace() else (piece.start(),)
    return places


def _block_places(raw: str, value: str) -> list[int]:
    """Literal and folded scalars: each line stands in the value, in order and without its indentation."""
    breaks = [(found.start(), found.end()) for found in BREAK.finditer(raw)]
    ends = [*(start for start, _ in breaks[1:]), len(raw)]
    rows = [(start, raw[start:end]) for (_, start), end in zip(breaks, ends, strict=False)]  # without a break none
    ink = next((row for _, row in rows if row.strip(" \t")), None)
    if ink is None:
        return [0] * len(value)
    before = value[: len(value) - len(value.lstrip(" \t\n"))]
    indent = len(ink) - len(ink.lstrip(" \t")) - len(before.rpartition("\n")[2])
    places: list[int] = []
    end_of_row = breaks[0][0]
    for start, row in rows:
        content = row[indent:]
        if not content:
            continue
        folds = "\n " if places and content[0] not in " \t" else "\n"
        while value[len(places)] in folds:
            places.append(end_of_row)
        places += range(start + indent, start + len(row))
        end_of_row = start + len(row)
    return places + [end_of_row] * (len(value) - len(places))
