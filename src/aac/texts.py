"""A file's text: from its bytes to characters, and from an index into them to a line and a column."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from dataclasses import dataclass
from functools import cached_property

from aac.findings import Finding, Span

BREAK = re.compile(r"\r\n?|\n")
# All that YAML text may not hold, and the three marks that end a line for some readers of YAML and not for others.
UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
MARKED = (
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)
"""Encodings by the mark that a file begins with; the first two begin like others."""
UNMARKED = (
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
)
"""Encodings by what a text without a mark begins with, if its first characters are ASCII."""


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


def decode(data: bytes, file: str) -> tuple[Text, Finding | None]:
    """The text of a file, or what makes it none (AAC107) with as much of it as can be shown."""
    data = data.removeprefix(BOM_UTF8)
    instead = "save the file as UTF-8"
    encoding = _other_encoding(data)
    if encoding is not None:
        at, text = 0, data.decode(encoding, errors="replace").removeprefix("\ufeff")
        message = f"the file is {encoding[:6].upper()}, not UTF-8"
    else:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            at, text = len(data[: error.start].decode()), data.decode(errors="replace")
            message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
            letter = data[error.start : error.start + 1].decode("cp1252", errors="ignore")
            instead += f"; in the encoding of Windows the byte is `{letter}`" if letter.isalpha() else ""
        else:
            found = UNREADABLE.search(text)
            if found is None:
                return Text(file, text), None
            at, code = found.start(), ord(found[0])
            name = unicodedata.name(found[0], "a NUL character" if code == 0 else "a control character")
            message = f"{name} (U+{code:04X}) cannot stand in a document"
            instead = "delete it, or save the file as UTF-8 if it is of another encoding"
    shown = Text(file, UNREADABLE.sub("\ufffd", text))
    return shown, Finding("AAC107", "error", message, instead, shown.span(at, at + 1))


def _other_encoding(data: bytes) -> str | None:
    """The UTF-16 or UTF-32 that a file begins as."""
    marked = next((name for mark, name in MARKED if data.startswith(mark)), None)
    return marked or next((name for begins, name in UNMARKED if begins.match(data)), None)
