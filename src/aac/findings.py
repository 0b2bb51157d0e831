"""What is wrong in the user's text or data, and where: values that are collected, never raised.

A finding has a stable code (``AAC`` and three digits: 1xx text, 2xx names, 3xx types and units, 4xx agreement,
5xx data, 6xx sources), a level, one sentence of what is wrong and one of what to write instead (LANGUAGE §1).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Literal

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
MANY = 2_000
"""Known names: of more, those are compared that stand beside a misspelt one in the alphabet."""
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


@record
class Known:
    """Known names, in order, and what a word is looked up by: they are many, and asked for at each mistake.

    ``said``: the names by how they read in small letters; ``within``: those that a word is a part of, of names in
    documents only a word that is not short; ``letters``: a bit for each letter of the beginning of a name, if the names
    are not too many to look at each.
    """

    names: tuple[str, ...]
    said: Mapping[str, Sequence[str]]
    within: Mapping[str, Sequence[str]]
    bits: Mapping[str, int]
    letters: tuple[int, ...]

    def near(self, word: str) -> str | None:
        """The one name that a word was meant to be, by its letters, or as one of the two is a part of the other."""
        close = get_close_matches(word, self._alike(word), n=1, cutoff=0.6)
        if close and len(word) == len(close[0]) <= SHORT and sorted(word) != sorted(close[0]):
            close = []  # of three letters two are soon the same: `sql` is no misspelt `mql`
        small = word.lower()
        around = self.within.get(small, ())
        inside = [name for part in dict.fromkeys(small.split()) for name in self.said.get(part, ())]
        return next((found[0] for found in (around, inside) if len(found) == 1), close[0] if close else None)

    def _alike(self, word: str) -> Sequence[str]:
        """The names whose letters are most like those of a word: to compare all of very many takes minutes."""
        if len(self.names) <= COMPARED:
            return self.names
        if len(self.names) > MANY:
            place = bisect_left(self.names, word)
            return self.names[max(0, place - COMPARED // 2) : place + COMPARED // 2]
        wanted = _bits(word, self.bits)
        others = [(wanted ^ own).bit_count() for own in self.letters]
        return [self.names[place] for place in nsmallest(COMPARED, range(len(others)), key=others.__getitem__)]


def _bits(word: str, bits: Mapping[str, int]) -> int:
    """The bits of the letters of a word; one that no name has tells nothing."""
    found = 0
    for letter in {*word}:
        found |= bits.get(letter, 0)
    return found


@lru_cache(8)
def _known(names: frozenset[str]) -> Known:
    ordered = tuple(sorted(names))
    said: dict[str, list[str]] = {}
    within: dict[str, list[str]] = {}
    for name in ordered:
        small = name.lower()
        said.setdefault(small, []).append(name)
        for part in {*small.split(), *(part for part in small.split("_") if len(part) > SHORT)}:
            within.setdefault(part, []).append(name)
    if len(ordered) > MANY:
        return Known(ordered, said, within, {}, ())
    alphabet = sorted({letter for name in ordered for letter in name[:LONGEST]})
    bits = {letter: 1 << place for place, letter in enumerate(alphabet)}
    return Known(ordered, said, within, bits, tuple(_bits(name[:LONGEST], bits) for name in ordered))


class _Same:
    """A tuple looked up as itself, whatever it holds: to hash all of a long one at each mistake takes minutes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def __hash__(self) -> int:
        return id(self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.names is self.names


@lru_cache(8)
def _known_as(same: _Same) -> Known:
    return _known(frozenset(same.names))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean `mql`?`` when a known name is close, else the known names, else an empty string."""
    index = _known_as(_Same(known)) if isinstance(known, tuple) else _known(frozenset(known))
    names = index.names
    same = index.said.get(word.lower())
    if (close := same[0] if same else index.near(word)) is not None:
        return f"did you mean `{close}`?"
    if len(names) <= SHOWN + 1:  # "and 1 more" is as long as a name
        return f"one of: {', '.join(f'`{name}`' for name in names)}" if names else ""
    return f"one of: {', '.join(f'`{name}`' for name in names[:SHOWN])} and {len(names) - SHOWN} more"
