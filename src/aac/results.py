"""Outcomes, statuses, readings and results; what `aac-results/1` is made of (LANGUAGE §7, §8, §11).

A *reading* is what was counted, a *verdict* what it means against the promise, a *result* both together.
Fractions stay exact until `as_json`.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from aac.expressions.nodes import Value
    from aac.findings import Finding
    from aac.periods import Window

Key = str | tuple[str, ...]


class Outcome(StrEnum):
    """How one item of a promise ended, in the order of precedence of LANGUAGE §7."""

    OUTSIDE = "outside"
    UNMEASURABLE = "unmeasurable"
    EXCUSED = "excused"
    MET = "met"
    LATE = "late"
    OPEN = "open"


class Status(StrEnum):
    """What a number means against its promise."""

    NOT_MEASURABLE = "not_measurable"
    STALE = "stale"
    NOT_ENOUGH_DATA = "not_enough_data"
    OFF_TARGET = "off_target"
    AT_RISK = "at_risk"
    ON_TARGET = "on_target"


@record
class Item:
    """One promise of an agreement that is listed by key: late, or open with ``used_us`` of its time gone.

    Moments in microseconds (UTC); ``due_us`` is null when the calendar never opens long enough. ``used_us`` and
    ``promised_us`` are on the promise's own clock. ``missing``: the parts of its checklist that were false when its
    time was up.
    """

    key: Key
    started_us: int
    due_us: int | None
    done_us: int | None
    used_us: int
    promised_us: int
    missing: tuple[str, ...] = ()


@record
class Spread:
    """How the time used of what was met or late is spread over the time promised, and when what was late began.

    ``parts``: how many ended so, having used up to the end of that number in ``ENDS`` (percent of what was promised),
    or more than all of them; null where items have no length of their own. ``late_hours``: how many late ones began in
    the hour of the company's clocks that begins at a moment (microseconds); null for what begins on a date.
    """

    ENDS: ClassVar[tuple[int, ...]] = (25, 50, 75, 100, 150, 200, 400)

    parts: Mapping[tuple[Outcome, int], int] | None = None
    late_hours: Mapping[int, int] | None = None


@record
class ClockReading:
    """What was counted of a clock in one window and group.

    ``recent`` is (met, late) of the items started in the seven local days before as_of; only open windows need it.
    ``through``: the steps of the way and the time that items which were met or late used in each, in microseconds of
    the promise's own clock. ``missing``: the parts of the checklist, and how many late items lacked each (LANGUAGE §7).
    ``late_items`` and ``open_items`` are listed for totals only.
    """

    subject: str
    window: Window
    as_of_us: int
    is_open: bool
    is_stale: bool
    by: Mapping[str, Value]
    counts: Mapping[Outcome, int]
    outside_hours: int
    unknown: int
    recent: tuple[int, int] = (0, 0)
    late_items: tuple[Item, ...] = ()
    open_items: tuple[Item, ...] = ()
    is_off: bool = False
    """Whether there is no data of something it rests on."""
    before: tuple[Status | None, ...] = ()
    """The statuses of the windows before, newest first, as far as a step of an escalation looks back."""
    through: tuple[tuple[str, int], ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    spread: Spread | None = None
    """Of totals, if it was asked for."""

    def count(self, outcome: Outcome) -> int:
        """How many items ended so."""
        return self.counts.get(outcome, 0)

    @property
    def judged(self) -> int:
        """Items that were met or late."""
        return self.count(Outcome.MET) + self.count(Outcome.LATE)

    @property
    def attainment(self) -> Fraction | None:
        """met ÷ (met + late), null when nothing was judged."""
        return Fraction(self.count(Outcome.MET), self.judged) if self.judged else None

    @property
    def is_final(self) -> bool:
        """Whether later data cannot change it: the window is over, and so are its items."""
        return not self.is_open and not self.count(Outcome.OPEN)


@record
class NumberReading:
    """What a measure came to in one window and group. ``value`` is in the measure's unit (percent as a fraction).

    ``is_volume``: a count or a sum, which grows with its window; ``elapsed``: the share of the window that is over.
    ``is_derived``: reckoned from other numbers; ``n`` is then that of the smallest of them, and ``unknown`` all of
    theirs. ``is_share_below``: the denominator is a share or a constant, so it says nothing of how much there was.
    """

    subject: str
    window: Window
    as_of_us: int
    is_open: bool
    is_stale: bool
    by: Mapping[str, Value]
    value: Fraction | None
    numerator: Fraction | None
    denominator: Fraction | None
    n: int
    unknown: int
    unit: str
    is_volume: bool = False
    elapsed: Fraction = Fraction(1)
    is_off: bool = False
    """Whether there is no data of something it rests on."""
    before: tuple[Status | None, ...] = ()
    """The statuses of the windows before, newest first, as far as a step of an escalation looks back."""
    has_matured: bool = True
    """Whether what is still to come can change nothing but the records of an open window."""
    is_maturing: bool = False
    """Whether some who entered in it are still to be judged: until then it is no number to be held against a target."""
    is_derived: bool = False
    is_share_below: bool = False

    @property
    def is_final(self) -> bool:
        """Whether later data cannot change it."""
        return not self.is_open and self.has_matured

    @property
    def size(self) -> Fraction | int:
        """What `min_n` is compared with: the denominator of a ratio, else how many records there are (LANGUAGE §8)."""
        return self.n if self.denominator is None or self.is_share_below else self.denominator


@record
class RowReading:
    """How a row of a card stands: in the window of that label, both null where the number is not judged."""

    subject: str
    weight: Fraction
    horizon: str
    window: str | None
    status: Status | None
    is_waived: bool = False
    """Whether something of it was waived."""


@record
class CardReading:
    """How the rows of a card stand in one window, or in the last or the current window of each.

    ``as_of_us`` is the least of theirs; ``is_open``: one of them is not final.
    """

    subject: str
    window: Window
    as_of_us: int
    is_open: bool
    is_stale: bool
    rows: tuple[RowReading, ...]
    by: Mapping[str, Value] = field(default_factory=dict[str, "Value"])


Counted = ClockReading | NumberReading
"""What comes of records."""
Reading = Counted | CardReading


@record
class Escalation:
    """A step that is due at as_of: for one item (``key``) or for the window (null)."""

    key: Key | None
    at: str
    do: str
    to: str | None
    meeting: str | None
    since_us: int | None


@record
class Verdict:
    """What a kind says of a reading. ``objective`` and ``target`` are the limits it judged by."""

    status: Status | None
    objective: Fraction | None = None
    target: Mapping[str, Any] | None = None
    budget: tuple[int, int] | None = None
    escalations: tuple[Escalation, ...] = ()


UNJUDGED = Verdict(None)
"""What is said of what nobody has promised anything of."""


@record
class Waived:
    """What a result would be without the waivers ``by`` which ``items`` were excused; null: all of its window was."""

    by: tuple[str, ...]
    items: int | None
    reading: Reading
    verdict: Verdict


@record
class Result:
    """A reading and its verdict. ``selection`` tells which window it answers: last, current, named or unplaced.
    ``waived``: what it would be without the waivers that excused something of it."""

    kind: str
    id: str
    reading: Reading
    verdict: Verdict
    selection: str
    waived: Waived | None = None

    @property
    def standing(self) -> Status | None:
        """How it stands as people are told, and as the exit code follows it (LANGUAGE §10). Of a window that runs on a
        promise that is too low so far is at risk, as what it lacks may still come; a ratio that is too low may still
        become anything, and is not judged (null); a volume that is off target stays so. A card has this of its rows."""
        status = self.verdict.status
        if self.selection != "current" or not self.reading.is_open or status is not Status.OFF_TARGET:
            return status
        match self.reading:
            case ClockReading():
                return Status.AT_RISK
            case NumberReading(is_volume=False):
                return None
            case _:
                return status


@record
class SourceState:
    """What is known of a source: its watermark and when it was pulled, in microseconds (UTC).

    ``status``: `fresh`, `warn` or `stale`; null when nobody agreed how old its data may be.
    """

    id: str
    watermark_us: int
    pulled_at_us: int
    rows: Mapping[str, int]
    status: str | None


@record
class Change:
    """The commit that changed something last: its id, and how many commits on the documents are newer (``age``)."""

    revision: str
    age: int


@record
class Background:
    """What a build tells beside results; none of their numbers depends on it.

    ``past``: the totals of the windows before the last ones. ``queries``: the SQL that an engine runs for a document,
    by its ``kind:id``. ``changes``: the last change of each document, or of
    what it rests on, by its ``kind:id``; ``web``: where its text can be read, a `{path}` in an
    address, or null. ``words``: of how many records words are true, and how those in each tier of a profile fare.
    ``files``: the paths of what the build writes beside its pages, such as agendas. ``sittings``: when meetings take
    place next, in words by id, the first that does so first. ``agreements``: who must agree to a document and who has,
    as plain data by its ``kind:id``; empty where nobody signs anything. ``locked``: settled numbers as they were;
    ``restated``: totals as today's documents say them, of what has versions; ``begun``: the days on which versions of
    what a document rests on began, and whose, by its ``kind:id``.
    """

    past: tuple[Result, ...] = ()
    queries: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])
    changes: Mapping[str, Change] = field(default_factory=dict[str, Change])
    web: str | None = None
    words: tuple[Result, ...] = ()
    files: tuple[str, ...] = ()
    sittings: Mapping[str, str] = field(default_factory=dict[str, str])
    agreements: Mapping[str, Any] = field(default_factory=dict[str, "Any"])
    locked: tuple[Result, ...] = ()
    restated: tuple[Result, ...] = ()
    begun: Mapping[str, Sequence[tuple[date, str]]] = field(default_factory=dict[str, "Sequence[tuple[date, str]]"])

    def newest(self, subjects: Iterable[str]) -> Change | None:
        """The last change of some documents and of what they rest on; null where none of them was ever committed."""
        found = (self.changes[subject] for subject in subjects if subject in self.changes)
        return min(found, key=lambda change: change.age, default=None)


@record
class Results:
    """Everything one run found out.

    ``items``: how many late items of each were asked for, null as many as a report shows of its own accord;
    ``is_selection``: whether somebody chose what is in it, and so wants to see all of it; ``are_keys_hashed``: whether
    hashes stand in place of the keys of records; ``is_restricted``: whether groups of any size are in it; ``fail_on``:
    what ends this run with an exit code (`--fail-on`), null where nobody asks; ``left_out``: of each promise or number
    (`kind:id`) how many groups are not in it, as they are too small; ``pages``: those of the wiki that are there, as
    paths in the project.
    """

    project: str
    revision: str | None
    now_us: int
    sources: tuple[SourceState, ...]
    entities: Mapping[str, int]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...] = field(default=())
    items: int | None = None
    is_selection: bool = False
    are_keys_hashed: bool = False
    is_restricted: bool = False
    fail_on: tuple[str, ...] | None = None
    background: Background = field(default_factory=Background)
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    pages: frozenset[str] = frozenset()

    @property
    def has_warnings(self) -> bool:
        """Whether data or documents need a look."""
        return any(finding.level != "info" for finding in self.findings)

    def headline(self) -> tuple[Result, ...]:
        """The totals that the summary and the exit code follow: of the `last` windows or those that were named."""
        return tuple(r for r in self.results if not r.reading.by and r.selection != "current")

    def deciding(self) -> tuple[Status | None, ...]:
        """The statuses that the exit code follows: the headline's, and `at_risk` of current windows (LANGUAGE §10)."""
        return tuple(result.standing for result in self.followed())

    def followed(self) -> tuple[Result, ...]:
        """The headline, and the totals of current windows that are at risk."""
        current = (r for r in self.results if not r.reading.by and r.selection == "current")
        return (*self.headline(), *(result for result in current if result.standing is Status.AT_RISK))
