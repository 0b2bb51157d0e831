"""A lock: the settled numbers of a period as they were, and what they were measured with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from aac.hookspecs import hookimpl
from aac.kinds.base import Kind
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Day, Looks, Print, Strict, shown, wrong
from aac.periods import parse_label, parse_moment

if TYPE_CHECKING:
    from aac.kinds.base import Scope

OF = re.compile(r"(sla|metric|scorecard)/[a-z][a-z0-9_]*")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
MANY = re.compile(r"[0-9]{1,15}")
ADVICE = "let `aac lock` write it"


def read_number(value: str) -> str:
    """A number as JSON writes it, to the last digit; raises a finding AAC301."""
    if not NUMBER.fullmatch(value):
        raise wrong("AAC301", f"`{value}` is not a number", f"{ADVICE}: digits, as in `1500.5`")
    return value


def read_many(value: object) -> int:
    """A whole number of items or records; raises a finding AAC301."""
    if not MANY.fullmatch(str(value)):
        raise wrong("AAC301", f"{shown(value)} counts nothing", f"{ADVICE}: a whole number, as in `171`")
    return int(str(value))


def read_moment(value: str) -> str:
    """A moment in UTC; raises a finding AAC308."""
    try:
        parse_moment(value, "UTC")
    except ValueError:
        raise wrong("AAC308", f"`{value}` is no moment", f"{ADVICE}, as in `2026-03-02T05:00:00Z`") from None
    return value


Number = Annotated[str, AfterValidator(read_number), Looks({"type": ["number", "string"]})]
Moment = Annotated[str, AfterValidator(read_moment), Looks({"type": "string", "examples": ["2026-03-02T05:00:00Z"]})]
Many = Annotated[int, BeforeValidator(read_many), Looks({"type": ["integer", "string"], "minimum": 0})]
Standing = Literal["on_target", "at_risk", "off_target", "not_enough_data", "not_measurable", "stale"]


class LockedSource(Strict):
    """The data of a source that was measured."""

    watermark: Annotated[Moment, PROSE]
    """Up to when it told what happened."""
    fingerprint: Annotated[Print, PROSE]
    """Of what was pulled: the same as long as nothing came, went or was changed."""


class LockedNumber(Strict):
    """What a document came to in a window. Of a promise: `met` to `unknown`; of a number: `value` to `unit`; of a
    scorecard: `score`."""

    as_of: Annotated[Moment, PROSE]
    """The moment it is of."""
    status: Standing | None = None
    """How it stood; left out where nothing was promised."""
    met: Many | None = None
    """Items that were met."""
    late: Many | None = None
    """Items that were late."""
    excused: Many | None = None
    """Items that were excused."""
    unmeasurable: Many | None = None
    """Items that could not be measured."""
    outside: Many | None = None
    """Items outside the promise."""
    outside_hours: Many | None = None
    """Items that were met outside opening hours."""
    value: Number | None = None
    """What the number came to, in its unit; left out where it had no value."""
    numerator: Number | None = None
    """What was divided."""
    denominator: Number | None = None
    """By what it was divided."""
    n: Many | None = None
    """How many records there were."""
    unknown: Many | None = None
    """Of how many records a rule was unknown."""
    unit: str | None = None
    """The unit of the number."""
    score: Number | None = None
    """The share of the weight on a scorecard that was on target."""


class Lock(Kind):
    """The numbers of a period that were final, as they were reported; `aac lock` writes it, and nobody edits it.

    Whatever would now come out differently is told, with the reason. To lock a period anew delete its file first.
    """

    kind_name: ClassVar[str] = "lock"
    written_by: ClassVar[str] = "aac lock"
    draft: ClassVar[str] = """\
kind: lock
id: $id
window: 2026-Q1
locked_on: 2026-04-20
aac: 0.1.0
engine: duckdb 1.3.2
sources:                       # the data that was measured
  crm: {watermark: "2026-04-19T22:00:00Z", fingerprint: 0123456789abcdef}
numbers:                       # what each document came to, window by window
  sla/$sla:
    2026-01: {as_of: "2026-04-19T22:00:00Z", status: on_target, met: 190, late: 10}
fingerprints:                  # of all documents that the numbers rest on, as they held then
  sla/$sla: 0123456789abcdef
"""

    window: Annotated[str, PROSE]
    """The period: `2026-Q1`, `2026-02`, `2026-W07`, `FY2026`."""
    locked_on: Annotated[Day, PROSE]
    """The day on which it was locked."""
    aac: Annotated[str, PROSE]
    """The version of aac that measured it."""
    engine: Annotated[str, PROSE]
    """The engine that counted, and its version."""
    sources: Annotated[dict[str, LockedSource], PROSE] = Field(default_factory=dict[str, LockedSource])
    """The data that was measured, by source."""
    numbers: Annotated[dict[str, dict[str, LockedNumber]], Change(says="the settled numbers")]
    """By document (`sla/sales_follow_up`) and window (`2026-02`)."""
    meant: Annotated[dict[str, str], PROSE] = Field(default_factory=dict[str, str])
    """What each document named: whose records, in which unit, who owed it to whom."""
    fingerprints: Annotated[dict[str, Print], PROSE]
    """Of each document, field and parameter that they rest on; `definition/mql@2026-02-01` is the version that begins
    on that day."""

    @property
    def title(self) -> str:
        return self.name or f"{self.window}, locked on {self.locked_on}"

    def compile(self, scope: Scope) -> tuple[()]:
        """Nothing: it is only held against what is measured now."""
        _check_label(self.window, scope, "window")
        earlier = [lock for lock in scope.models("lock") if (lock.locked_on, lock.id) < (self.locked_on, self.id)]
        for of, windows in self.numbers.items():
            if not OF.fullmatch(of):
                advice = f"{ADVICE}: a kind and an id, as in `sla/sales_follow_up`"
                scope.report("AAC308", f"`{of}` names nothing that has numbers", advice, "numbers", of, key=True)
            for label in windows:
                _check_label(label, scope, "numbers", of, label)
                twin = next((lock.id for lock in earlier if label in lock.numbers.get(of, ())), None)
                if twin is not None:
                    message = f"`{of}` in {label} is locked already, by `{twin}`"
                    scope.report("AAC209", message, "keep one of the two", "numbers", of, label, key=True)
        return ()


def _check_label(label: str, scope: Scope, *path: str) -> None:
    """Whether a window of any fiscal year can be called so; AAC308 if not."""
    try:
        parse_label(label)
    except ValueError as error:
        message, _, advice = str(error).partition("; ")
        scope.report("AAC308", message, advice, *path, key=len(path) > 1)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Lock]
