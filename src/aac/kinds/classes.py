"""What it means when a key of a document changes: the mark that a field of a kind carries (read by `aac.comparing`).

A field without a mark is of the class `meaning`: where nobody said so, a change is taken for one that moves numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Class = Literal["meaning", "promise", "prose"]


@dataclass(frozen=True, slots=True)
class Change:
    """Marks what a field is: ``Annotated[Share, Change("promise", says="…", stricter="more")]``.

    ``meaning`` decides which records or numbers are meant, also of all that rests on it; a ``promise`` is what teams
    hold each other to; ``prose`` helps people to read. ``says``: what people call it. ``stricter``: whether the promise
    is stricter when the value is more, or less. ``grows``: whether another entry leaves every number as it is.
    ``ordered``: whether the order of its entries says something.
    """

    sort: Class = "meaning"
    says: str = ""
    stricter: Literal["more", "less"] | None = None
    grows: bool = False
    ordered: bool = False


MEANING, PROMISE, PROSE = Change(), Change("promise"), Change("prose")
