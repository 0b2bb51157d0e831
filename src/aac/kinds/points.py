"""Points: what rows of criteria add up to, and which step of a ladder (tiers, bands) that reaches (LANGUAGE §5).

A row whose rule is unknown leaves the score unknown, and a step only if the row could change it: so beside the score
stand the least and the greatest that it could be. Both can be reached, and more points never mean a lower step; so the
step is known exactly when it is the same for both.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import AfterValidator, BeforeValidator, Field

from aac.expressions.nodes import INTEGER, NOTHING, NUMBER, TRUE, Call, Case, Literal, Type
from aac.findings import did_you_mean
from aac.kinds.classes import Change
from aac.kinds.written import Row, Rule, meant_number, shown, wrong
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from aac.expressions.nodes import Node
    from aac.kinds.base import Scope
    from aac.kinds.written import Part

NUMBER_OF_POINTS = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?")
MOST_SUMS = 2_000
"""Different sums of points that are looked at to say that none reaches a step."""
ZERO = Literal(0)
FALSE = Literal(False)


def read_points(value: object) -> Decimal:
    """``40``, ``-5`` or ``2.5``, exactly; raises a finding AAC308."""
    if not NUMBER_OF_POINTS.fullmatch(str(value)):
        advice = meant_number(value) if isinstance(value, str) and "%" not in value else None
        instead = advice or "write a number, as in `40`, `-5` or `2.5`"
        raise wrong("AAC308", f"{shown(value)} is no number of points", instead)
    number = Decimal(str(value))
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def refuse_no_steps(ladder: dict[str, Decimal]) -> dict[str, Decimal]:
    """The ladder; raises a finding AAC308 for one without steps."""
    if not ladder:
        raise wrong("AAC308", "there are no steps here", "name them with their least scores, as in `{A: 80, B: 40}`")
    return ladder


RowId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Points = Annotated[Decimal, BeforeValidator(read_points)]
Ladder = Annotated[dict[str, Points], AfterValidator(refuse_no_steps)]
"""Names and the least score of each, the best first."""


class Criterion(Row):
    """A row that counts: its points are added when its rule is true."""

    id: RowId
    """The name by which other keys and findings mean this row."""
    when: Annotated[Rule, Change(says="the rule")]
    """When it counts: an expression that is true or false of the record, or a checklist."""
    points: Annotated[Points, Change(says="the number of points")]
    """What it adds; below 0 it takes away."""


class Excluding(Row):
    """A row that decides alone, whatever the points are."""

    id: RowId
    """The name by which findings mean this row."""
    when: Annotated[Rule, Change(says="the rule")]
    """When it applies: an expression that is true or false of the record, or a checklist."""


# What rows come to


@record
class Score:
    """A number of points, null when it is unknown; and the least and the greatest that it could be then."""

    value: Node
    least: Node
    greatest: Node


NO_POINTS = Score(ZERO, ZERO, ZERO)


def known(points: Node) -> Score:
    """A number of points that is never in doubt."""
    return Score(points, points, points)


def counted(rule: Node, points: Decimal) -> Score:
    """The points if the rule is true, none if it is false, and in doubt if that is unknown."""
    full, is_false = Literal(points), Call("not", (rule,))
    if_true, unless_false = Case(((rule, full),), ZERO), Case(((is_false, ZERO),), full)
    value = Case(((rule, full), (is_false, ZERO)), NOTHING)
    return Score(value, if_true, unless_false) if points > 0 else Score(value, unless_false, if_true)


def total(scores: Sequence[Score]) -> Score:
    """The sum of all."""
    if not scores:
        return NO_POINTS
    value, least, greatest = ([getattr(score, part) for score in scores] for part in ("value", "least", "greatest"))
    return Score(_sum(value), _sum(least), _sum(greatest))


def _sum(parts: list[Node]) -> Node:
    """A tree of additions that is as flat as can be: fifty rows are no fifty levels."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return Call("add", (_sum(parts[:middle]), _sum(parts[middle:])))


def reaches(score: Score, limit: Decimal) -> Node:
    """Whether a score is at least ``limit``; unknown only if what is in doubt could change that."""
    enough, too_few = Call("ge", (score.least, Literal(limit))), Call("lt", (score.greatest, Literal(limit)))
    return Case(((enough, TRUE), (too_few, FALSE)), NOTHING)


def step_of(score: Score, ladder: Mapping[str, Decimal], lifted: tuple[str, Node] | None = None) -> Node:
    """The first step that a score reaches; null below the last one, and when what is in doubt could change it.

    ``lifted``: a step, and a rule that brings a record there whatever its score.
    """
    branches: list[tuple[Node, Node]] = []
    for name, limit in ladder.items():
        surely, perhaps = (Call("ge", (points, Literal(limit))) for points in (score.least, score.greatest))
        if lifted is not None and lifted[0] == name:
            surely, perhaps = Call("or", (surely, lifted[1])), Call("or", (perhaps, Call("is_null", (lifted[1],))))
        branches += [(surely, Literal(name)), (perhaps, NOTHING)]
    return Case(tuple(branches[:-1]), NOTHING)


def score_type(points: Iterable[Decimal]) -> Type:
    """The type of a sum of these points."""
    is_whole = all(number == number.to_integral_value() for number in points)
    return Type((INTEGER if is_whole else NUMBER).name, unit="score")


# What is wrong with rows and ladders


class HasId(Protocol):
    """A row that has a name."""

    @property
    def id(self) -> str: ...


class HasPoints(Protocol):
    """A row that adds points."""

    @property
    def id(self) -> str: ...
    @property
    def points(self) -> Decimal: ...


def check_ids(scope: Scope, key: str, rows: Sequence[HasId]) -> None:
    """Each row of a list has a name of its own (AAC209)."""
    seen: set[str] = set()
    for number, row in enumerate(rows):
        if row.id in seen:
            scope.report("AAC209", f"`{row.id}` is told twice", "rename one of them", key, number, "id")
        seen.add(row.id)


def check_name(scope: Scope, what: str, name: str, known: Collection[str], *path: Part) -> None:
    """A name that stands for a row or a step of the same document (else AAC211)."""
    if name not in known:
        advice = did_you_mean(name, known) or f"add `{name}` to it"
        scope.report("AAC211", f"there is no {what} `{name}` in this document", advice, *path)


def check_names(scope: Scope, what: str, names: Sequence[str], known: Collection[str], key: str) -> None:
    """Names that stand for rows or steps of the same document, each once (else AAC209)."""
    for number, name in enumerate(names):
        check_name(scope, what, name, known, key, number)
        if name in names[:number]:
            scope.report("AAC209", f"`{name}` is told twice", "name it once", key, number)


def check_points(scope: Scope, key: str, rows: Sequence[HasPoints]) -> None:
    """A row without points changes nothing (AAC431, a warning)."""
    for number, row in enumerate(rows):
        if not row.points:
            message = f"`{row.id}` has 0 points: whether it is true or not changes nothing"
            scope.report("AAC431", message, "give it points, or leave it out", key, number, "points", level="warning")


def check_ladder(scope: Scope, key: str, ladder: Mapping[str, Decimal]) -> bool:
    """Whether the best step stands first, and each has a score of its own (else AAC432)."""
    for (before, higher), (name, limit) in pairwise(ladder.items()):
        if limit == higher:
            advice = "give each a least score of its own, the best first"
            scope.report("AAC432", f"`{before}` and `{name}` begin at the same score", advice, key, name)
            return False
        if limit > higher:
            best_first = sorted(ladder.items(), key=lambda step: -step[1])
            told = ", ".join(f"{step}: {least:f}" for step, least in best_first)
            message = f"`{name}` asks for more than `{before}` before it"
            scope.report("AAC432", message, f"write the best first: `{key}: {{{told}}}`", key, name)
            return False
    return True


def check_reached(scope: Scope, key: str, ladder: Mapping[str, Decimal], points: Sequence[Decimal]) -> None:
    """Every step is reached by some of the points (AAC430, a warning)."""
    sums = _sums(points)
    most = sum(number for number in points if number > 0)
    ends: Decimal | None = None
    for name, begins in ladder.items():
        if ends is None:
            is_reached, told = most >= begins, f"`{name}` begins at {begins:f}, and all points together are {most:f}"
        else:
            is_reached = sums is None or any(begins <= number < ends for number in sums)
            told = f"no sum of the points is `{name}`: at least {begins:f} and less than {ends:f}"
        if not is_reached:
            scope.report("AAC430", told, "change the points, or where it begins", key, name, level="warning")
        ends = begins


def _sums(points: Iterable[Decimal]) -> set[Decimal] | None:
    """Every sum of some of the points; null when there are too many to look at."""
    sums = {Decimal(0)}
    for number in points:
        sums |= {other + number for other in sums}
        if len(sums) > MOST_SUMS:
            return None
    return sums
