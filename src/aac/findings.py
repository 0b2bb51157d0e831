"""What is wrong in the user's text or data, and where: values that are collected, never raised.

A finding has a stable code (``AAC`` and three digits: 1xx text, 2xx names, 3xx types and units, 4xx agreement,
5xx data, 6xx sources), a level, one sentence of what is wrong and one of what to write instead (LANGUAGE §1).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from heapq import nsmallest
from typing import TYPE_CHECKING, Literal

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: 1-based line and column (in characters), the length of the mark, and the line's own text."""

    file: str
    line: int
    col: int
    length: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}"


@record
class Finding:
    """One thing that is wrong or worth knowing.

    ``doc`` is ``kind:id`` of the document it is about, ``count`` how many records share it and ``keys`` a few of
    their keys (never personal data). ``field``: the field of records that it is about; ``affects``: the promises and
    numbers that rest on it, as ``kind:id``; ``entity``: whose records it is about, where ``doc`` does not say so.
    """

    code: str
    level: Level
    message: str
    instead: str
    span: Span | None = None
    doc: str | None = None
    count: int = 1
    keys: tuple[str, ...] = ()
    field: str | None = None
    affects: tuple[str, ...] = ()
    entity: str | None = None

    def is_about(self, doc: str) -> bool:
        """Whether it is about a document: that alone, or (about no single one) what rests on it."""
        return self.doc == doc if self.doc is not None else doc in self.affects


MOST = 10_000
"""Of findings in documents: further mistakes are not looked for, as nobody reads so many."""
SHORT = 3
COMPARED = 30
"""Of the known names with a misspelt one, letter by letter."""
LONGEST = 100
"""Letters of a known name that say whether it is compared."""
SHOWN = 12
"""How many known names are told when none is close."""


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings sorted by place (those without a place last) and code, each told once."""
    nowhere = Span("\uffff", 0, 0)
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda f: (f.span or nowhere, f.code, f.message)))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding is an error: with one, nothing is evaluated (LANGUAGE §10)."""
    return any(finding.level == "error" for finding in findings)


def _near(word: str, names: list[str]) -> list[str]:
    """The one name that a word was meant to be, by its letters, or because one of the two is a part of the other."""
    close = get_close_matches(word, _alike(word, names), n=1, cutoff=0.6)
    if close and len(word) == len(close[0]) <= SHORT and sorted(word) != sorted(close[0]):
        close = []  # of three letters two are soon the same: `sql` is no misspelt `mql`
    said = word.lower()
    around = [name for name in names if _holds(name.lower(), said)]
    within = [name for name in names if name.lower() in said.split()]
    return next((found for found in (around, within) if len(found) == 1), close)


def _alike(word: str, names: list[str]) -> list[str]:
    """The names whose letters are most like those of a word: to compare all of very many takes minutes."""
    if len(names) <= COMPARED:
        return names
    letters = {*word}
    return nsmallest(COMPARED, names, key=lambda name: len(letters.symmetric_difference(name[:LONGEST])))


def _holds(name: str, word: str) -> bool:
    """Whether a word is one of those of a longer name; of names in documents only one that is not short."""
    return word in name.split() or (len(word) > SHORT and word in name.split("_"))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean `mql`?`` when a known name is close, else the known names, else an empty string."""
    names = sorted(set(known))
    close = [name for name in names if name.lower() == word.lower()] or _near(word, names)
    if close:
        return f"did you mean `{close[0]}`?"
    if len(names) <= SHOWN + 1:  # "and 1 more" is as long as a name
        return f"one of: {', '.join(f'`{name}`' for name in names)}" if names else ""
    return f"one of: {', '.join(f'`{name}`' for name in names[:SHOWN])} and {len(names) - SHOWN} more"
