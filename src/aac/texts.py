"""A file's text: from an index into it to a line and a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from aac.findings import Span

BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Text:
    """A file's text and its lines. ``at`` is an index into the text, which may be its end."""

    file: str
    text: str

    @cached_property
    def starts(self) -> list[int]:
        """The index of each line's first character."""
        return [0, *(found.end() for found in BREAK.finditer(self.text))]

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their breaks; spans share them."""
        return BREAK.split(self.text)

    def line(self, at: int) -> int:
        """The number of the line, from 1."""
        return bisect_right(self.starts, at)

    def start(self, at: int) -> int:
        """The index of the line's first character."""
        return self.starts[self.line(at) - 1]

    def rest(self, at: int) -> str:
        """What stands from there to the end of the line."""
        return self.lines[self.line(at) - 1][at - self.start(at) :]

    def span(self, start: int, end: int) -> Span:
        """The place between two indices; of several lines the first is marked."""
        number, first = self.line(start), self.start(start)
        line = self.lines[number - 1]
        marked = line[start - first : end - first].rstrip()
        return Span(self.file, number, start - first + 1, max(1, len(marked)), line)
