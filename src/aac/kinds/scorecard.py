"""A scorecard: the few numbers that a team, or several teams together, are judged by (LANGUAGE §9).

It has no number of its own: it stands as the worst of its rows does, whose metrics and SLAs are measured where they are
written.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.hookspecs import hookimpl
from aac.judging import card_status
from aac.kinds.base import Kind, Ref, Verdict
from aac.kinds.classes import Change
from aac.kinds.written import Looks, Row, read_share, wrong
from aac.measures import Card, CardRow
from aac.results import CardReading

if TYPE_CHECKING:
    from aac.kinds.base import Reading, Scope


def read_first(value: object) -> object:
    """The one owner, or the first of several."""
    several = cast("list[object]", value) if isinstance(value, list) else [value]
    return several[0] if several and isinstance(several[0], str) else None


def read_owners(value: object) -> object:
    """``sales`` or ``[marketing, sales]`` as a list; raises a finding AAC308 for an empty one."""
    if value == []:
        raise wrong("AAC308", "`owner` names no team", "write one, or a list of those that win or lose together")
    return [value] if isinstance(value, str) else value


def read_weight(value: object) -> Fraction:
    """A number above 0; raises a finding AAC301."""
    weight = read_share(value)
    if weight <= 0:
        raise wrong("AAC301", f"a weight of `{value}` counts for nothing", "write a number above 0, as in `1`")
    return weight


class ScorecardRow(Row):
    """One number: a metric or the attainment of an SLA."""

    metric: Annotated[Annotated[str, Ref("metric")] | None, Change(says="the metric")] = None
    """The metric that is shown."""
    sla: Annotated[Annotated[str, Ref("sla")] | None, Change(says="the SLA")] = None
    """The SLA whose attainment is shown."""
    weight: Annotated[
        Fraction,
        BeforeValidator(read_weight),
        Looks({"type": ["number", "string"]}),
        Change("promise", says="the weight"),
    ] = Fraction(1)
    """How much it counts beside the others."""
    horizon: Annotated[Literal["now", "longer_term"], Change("promise", says="the horizon")] = "now"
    """Whether it is looked at each time, or moves only over quarters."""

    @property
    def subject(self) -> tuple[str, str]:
        """Kind and id of what is shown."""
        return ("metric", self.metric) if self.metric is not None else ("sla", str(self.sla))

    @model_validator(mode="after")
    def _shows_one_number(self) -> Self:
        if (self.metric is None) == (self.sla is None):
            raise wrong("AAC308", "a row shows one number", "write `metric: <id>` or `sla: <id>`")
        return self


class Scorecard(Kind):
    """The rows in the order in which they are read; with several owners the teams win or lose them together."""

    kind_name: ClassVar[str] = "scorecard"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: scorecard
id: $id
name: $name
owner: [$team, $other_team]   # one team, or several that win or lose together
rows:                         # the north star on top
  - {metric: $metric, weight: 2}
  - {sla: $sla, weight: 1}    # weights are beside each other: this one counts half as much
"""

    owner: Annotated[str | None, BeforeValidator(read_first)] = None
    owners: Annotated[
        tuple[Annotated[str, Ref("team")], ...],
        BeforeValidator(read_owners),
        Change("promise", says="the teams that are judged by it"),
    ] = Field((), alias="owner")
    """The team that is judged by it, or a list of teams: then it is joint."""
    rows: Annotated[tuple[ScorecardRow, ...], Change(says="the rows", each="the row")]
    """The numbers on it, the north star on top."""

    @model_validator(mode="after")
    def _has_rows_and_owners_once(self) -> Self:
        if not self.rows:
            raise wrong("AAC308", "`rows` has no rows", "name a metric, as in `- {metric: <id>}`", "rows", key=True)
        for number, team in enumerate(self.owners):
            if team in self.owners[:number]:
                raise wrong("AAC209", f"`{team}` is told twice", "name each team once", "owner", number)
        seen: set[tuple[str, str]] = set()
        for number, row in enumerate(self.rows):
            if row.subject in seen:
                message = f"`{row.subject[1]}` is told twice"
                raise wrong("AAC209", message, "show each number in one row", "rows", number, row.subject[0])
            seen.add(row.subject)
        return self

    def compile(self, scope: Scope) -> tuple[Card, ...]:
        """Its rows."""
        self._check_star(scope)
        rows = (CardRow(":".join(row.subject), row.weight, row.horizon) for row in self.rows)
        return (Card(f"scorecard:{self.id}", tuple(rows)),)

    def judge(self, reading: Reading) -> Verdict:
        return Verdict(card_status(reading.rows) if isinstance(reading, CardReading) else None)

    def _check_star(self, scope: Scope) -> None:
        """Where the north star stands, and whether somebody has to reach it alone."""
        star = next((metric.id for metric in scope.models("metric") if metric.role == "north_star"), None)
        if star is None:
            return
        place = self._place(star)
        if place is None and len(self.owners) > 1:
            message = f"the teams share these numbers, and the north star `{star}` is not among them"
            scope.report("AAC413", message, f"put `- {{metric: {star}}}` on top", "rows", level="warning")
        elif place:
            message = f"the north star `{star}` stands below other numbers"
            scope.report("AAC413", message, "put it on top", "rows", place, "metric", level="warning")
        if place is not None:
            self._check_is_joint(scope, star)

    def _place(self, metric: str) -> int | None:
        """The number of the row that shows a metric."""
        return next((number for number, row in enumerate(self.rows) if row.metric == metric), None)

    def _check_is_joint(self, scope: Scope, star: str) -> None:
        """A warning, told at the first scorecard with the north star, when no scorecard has it for several teams."""
        cards = [card for card in scope.models("scorecard") if card._place(star) is not None]
        if cards[0] is self and all(len(card.owners) == 1 for card in cards):
            message = f"`{self.owner}` has to reach the north star `{star}` alone"
            advice = "agree on it together, as in `owner: [marketing, sales]`, here or on another scorecard"
            scope.report("AAC414", message, advice, "owner", level="warning")


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Scorecard]
