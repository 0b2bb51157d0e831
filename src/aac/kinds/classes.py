"""What it means when a key of a document changes: the mark that a field of a kind carries (read by `aac.comparing`).

A field without a mark is of the class `meaning`: where nobody said so, a change is taken for one that moves numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

Class = Literal["meaning", "promise", "prose"]


@record
class Change:
    """Marks what a field is: ``Annotated[Share, Change("promise", says="the objective", stricter="more")]``.

    ``meaning`` decides which records or numbers are meant, also of all that rests on it; a ``promise`` is what teams
    hold each other to; ``prose`` helps people to read. ``says``: what people call it, and ``each`` one of its entries.
    ``speaks``: whether it says whose word counts for a team, which decides no number and whether teams agree.
    ``stricter``: whether the promise is stricter when the value is more, or less. ``grows``: whether another entry
    leaves every number as it is. ``ordered``: whether the order of its entries says something. ``labels``: whether what
    its entries hold is only how people call them. ``called``, ``shows``: how the name of an entry and a value are
    written, where a model does not keep them as they were.
    """

    sort: Class = "meaning"
    says: str = ""
    each: str = ""
    stricter: Literal["more", "less"] | None = None
    grows: bool = False
    ordered: bool = False
    labels: bool = False
    speaks: bool = False
    called: Callable[[str], str] | None = None
    shows: Callable[[Any], str] | None = None


MEANING, PROMISE, PROSE = Change(), Change("promise"), Change("prose")
