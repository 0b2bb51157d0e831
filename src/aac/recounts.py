"""What a change does to the numbers: each of them before and after, and the records that a word gained and lost."""

from __future__ import annotations

from dataclasses import field
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.records import record
from aac.results import CardReading, ClockReading, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.results import Key, Reading, Result

STANDING = ("all", "rolling")
"""Windows that end at as_of, whenever that is: they are never over, and never wait for anything."""
NOTHING = (None, Status.NOT_MEASURABLE, Status.NOT_ENOUGH_DATA)
"""How something stands that is not judged."""


@record
class Number:
    """A number in one window before and after, null on the side that does not have it."""

    kind: str
    id: str
    window: str
    before: Result | None
    after: Result | None

    @property
    def has_moved(self) -> bool:
        return self.before is None or self.after is None or _come_to(self.before) != _come_to(self.after)

    @property
    def is_final(self) -> bool:
        """Whether later data cannot change it: the window is over on both sides, and so is all that began in it."""
        return all(is_final(result.reading) for result in (self.before, self.after) if result is not None)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to count on either side."""
        return all(_is_empty(result) for result in (self.before, self.after) if result is not None)


def is_final(reading: Reading) -> bool:
    """Whether later data cannot change a reading; windows that never end are taken as they are."""
    if reading.window.grain in STANDING:
        return True
    return not reading.is_open if isinstance(reading, CardReading) else reading.is_final


def _is_empty(result: Result) -> bool:
    match result.reading:
        case ClockReading() as reading:
            return not any(reading.counts.values())
        case CardReading():
            return result.verdict.status in NOTHING
        case reading:
            return not reading.n and not reading.unknown and not reading.value


def _come_to(result: Result) -> object:
    """What is compared of a number: what it came to, of how many, and how it stands; of a card, how its rows do."""
    reading = result.reading
    if isinstance(reading, CardReading):
        return ({(row.subject, row.status, row.weight, row.horizon) for row in reading.rows}, result.verdict.status)
    counted = getattr(reading, "counts", None) or (getattr(reading, "value", None), getattr(reading, "n", None))
    return (counted, getattr(reading, "unknown", 0), result.verdict.status)


@record
class Side:
    """The records of one direction: how many in all, by the label of a window, and a few keys (none that are personal).

    ``clauses``: each part of the rule that tells the sides apart, in words, and of how many of them it is not true; of
    a profile what was edited, and of how many of them that says another thing;
    ``became``: how many of them have come to each of the words that follow; ``kept``: numbers of retention of theirs,
    by name, as of all time.
    """

    records: int
    windows: Mapping[str, int]
    keys: tuple[Key, ...]
    clauses: tuple[tuple[str, int], ...]
    became: tuple[tuple[str, int], ...]
    kept: tuple[tuple[str, Fraction], ...] = ()


@record
class Moves:
    """Who is no longer meant (``lost``), and who is now (``gained``)."""

    lost: Side
    gained: Side


@record
class Impact:
    """``numbers``: all that was counted; ``moves``: the records that words gained and lost.

    ``not_compared``: what was not counted, as ``kind:id``, and why. ``sample``: the folder with data that was made up,
    if it was counted on that.
    """

    numbers: tuple[Number, ...] = ()
    moves: Mapping[tuple[str, str], Moves] = field(default_factory=dict[tuple[str, str], Moves])
    not_compared: tuple[tuple[str, str], ...] = ()
    sample: str | None = None


@record
class Tried:
    """A promised time, as it was written, and what share was kept in each window: null where nothing was judged.

    ``as_of_us``: the moment it was counted at, null where nothing was. ``provisional``: the windows that were not
    settled then, by this time or another that is tried; they decide nothing.
    """

    within: str
    as_of_us: int | None
    windows: tuple[tuple[str, Fraction | None], ...]
    provisional: tuple[tuple[str, Fraction | None], ...] = ()

    def kept(self, objective: Fraction) -> int:
        """In how many of the windows the share was reached."""
        return sum(share is not None and share >= objective for _, share in self.windows)

    @property
    def judged(self) -> int:
        """In how many windows there was anything to keep."""
        return sum(share is not None for _, share in self.windows)

    @property
    def slack(self) -> Fraction:
        """How much of it was kept in all windows together: of two times the one that was kept less is the tighter."""
        return sum((share for _, share in self.windows if share is not None), Fraction(0))


def tightest(tried: Sequence[Tried], objective: Fraction) -> Tried | None:
    """The tightest promise that was kept in every window; null when none was."""
    kept = [each for each in tried if each.judged and each.kept(objective) == each.judged]
    return min(kept, key=lambda each: each.slack, default=None)
