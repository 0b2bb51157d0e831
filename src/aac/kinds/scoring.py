"""A scoring: points for what a record is and for what happened to it, and the band they lead to (LANGUAGE §5).

It lends `scoring.<id>.score`, a name for each group that has rows (`.fit`, `.engagement`, `.intent`), with bands
`.band`, and with a handover `.at`. What cannot be measured yet is checked, told, and unknown: never a wrong number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, model_validator

from aac.expressions.nodes import BROKEN, NOTHING, TEXT, TIMESTAMP, Call, Case, Meaning, Named
from aac.expressions.nodes import Literal as Constant
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref, Versioned
from aac.kinds.classes import Change
from aac.kinds.events import find_events, require_moment
from aac.kinds.points import (
    ZERO,
    Excluding,
    Ladder,
    Points,
    RowId,
    check_ids,
    check_ladder,
    check_name,
    check_points,
    check_reached,
    counted,
    known,
    score_type,
    step_of,
    total,
)
from aac.kinds.written import Count, Promised, Row, Rule, shown, wrong
from aac.periods import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from aac.expressions.nodes import Node
    from aac.kinds.base import Scope
    from aac.kinds.points import Score
    from aac.kinds.written import Part
    from aac.measures import Compiled
    from aac.periods import Duration

Group = Literal["fit", "engagement", "intent"]
GROUPS: tuple[Group, ...] = get_args(Group)
PERIODS = ("once", "day", "week", "month")


def read_per(value: object) -> str:
    """``once``, ``day``, ``week``, ``month`` or a duration; raises a finding AAC308."""
    text = str(value)
    if text in PERIODS:
        return text
    try:
        duration = parse_duration(text)
    except ValueError:
        advice = "write `once`, `day`, `week` or `month`, or a time such as `3 days`"
        raise wrong("AAC308", f"{shown(value)} is no time in which events could be counted", advice) from None
    refuse_business(duration)
    return text


def refuse_business(duration: Duration) -> Duration:
    """A time on the clock that always runs; raises a finding AAC308."""
    if duration.clock == "business":
        advice = f"write `{duration.amount} {duration.unit}`"
        raise wrong("AAC308", f"`{duration}` needs a calendar, and events happen at any time", advice)
    return duration


def refuse_gain(points: Decimal) -> Decimal:
    """Points below 0; raises a finding AAC308."""
    if points >= 0:
        raise wrong("AAC308", f"a decay takes points away, and `{points:f}` adds them", f"write `-{abs(points):f}`")
    return points


MOST_TIMES = 20
"""How many times a row is added up to see which bands are reached."""


class AtMost(Row):
    """How often events of a row may count."""

    times: Annotated[Count, Change(says="how many events count")] = 1
    """How many events count."""
    per: Annotated[str, BeforeValidator(read_per), Change(says="the time in which events count")] = "once"
    """In which time: `once` (ever), `day`, `week` or `month` of the company, or a time such as `3 days`."""


class OfRecordOrEvents(Row):
    """A row about the record itself, or with ``over`` about its events."""

    id: RowId
    """The name by which findings mean this row."""
    when: Annotated[Rule | None, Change(says="the rule")] = None
    """When it counts: a rule about the record, or with `over` about an event; left out there, every event."""
    over: Annotated[Annotated[str, Ref("entity")] | None, Change(says="the events")] = None
    """The entity whose records are the events."""
    via: Annotated[str | None, Change(says="the reference of the events")] = None
    """The reference of the event to the record, if it has several."""

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.over is None and self.when is None:
            advice = "add `when: …`, or `over: …` to count events"
            raise wrong("AAC210", f"`{self.id}` does not say when it counts", advice, "id")
        if self.over is None and self.via is not None:
            raise wrong("AAC308", "`via` belongs to rows over events", "add `over`, or leave it out", "via", key=True)
        return self


class ScoringRow(OfRecordOrEvents):
    """A row of the table: points for what a record is, or for each event."""

    points: Annotated[Points, Change(says="the number of points")]
    """What it adds, for each event if it is over events; below 0 it takes away."""
    group: Annotated[Group | None, Change(says="the group")] = None
    """What it tells of: `fit`, `engagement` or `intent`; left out, `engagement` over events and `fit` else."""
    at_most: Annotated[AtMost | None, Change(says="how often it counts")] = None
    """How many events count, in which time; left out, every one."""
    status: Annotated[Literal["live", "draft"], Change(says="the status")] = "live"
    """A draft is checked and counts nothing."""

    @model_validator(mode="after")
    def _caps_events(self) -> Self:
        if self.at_most is not None and self.over is None:
            advice = "add `over`, or leave it out: what a record is counts once"
            raise wrong("AAC308", "`at_most` belongs to rows over events", advice, "at_most", key=True)
        return self

    @property
    def counts_in(self) -> Group:
        return self.group or ("fit" if self.over is None else "engagement")


class Qualifying(OfRecordOrEvents):
    """A row that brings a record into the band of the handover, whatever its score."""


class OfEvents(Row):
    """A row about events, which needs their moments."""

    id: RowId
    """The name by which findings mean this row."""
    over: Annotated[str, Ref("entity"), Change(says="the events")]
    """The entity whose records are the events."""
    via: Annotated[str | None, Change(says="the reference of the events")] = None
    """The reference of the event to the record, if it has several."""
    when: Annotated[Rule | None, Change(says="the rule")] = None
    """Which events: a rule about one; left out, every one."""


class Reset(OfEvents):
    """A row whose events take away all points of the events before."""

    group: Annotated[Group | None, Change(says="the group")] = None
    """The group whose events no longer count; left out, all of them."""


class Decay(OfEvents):
    """A row that takes points away for every stretch of time without its events."""

    points: Annotated[Points, AfterValidator(refuse_gain), Change(says="the number of points")]
    """What it takes away each time, as a number below 0."""
    after: Annotated[Promised, AfterValidator(refuse_business), Change(says="the time of silence")]
    """The time without an event after which it does, again and again."""
    group: Annotated[Group, Change(says="the group")] = "engagement"
    """The group that it takes from, never below 0."""


class Handover(Row):
    """When a record is handed over, and to whom."""

    at: Annotated[str, Change(says="the band of the handover")]
    """The band in which it is handed over; better bands are too."""
    to: Annotated[str, Change(says="who takes it over")]
    """The team or queue that takes it."""


class Scoring(Versioned):
    """Points for what a record is and for what happened to it, and the bands they lead to."""

    kind_name: ClassVar[str] = "scoring"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: scoring
id: $id
name: $name
owner: $team
of: $entity  # the entity whose records get points
criteria:
  - id: known
    group: fit  # fit, engagement or intent
    when: $key is not null
    points: 40
    why: Say here what shows that such records are better.
#   - {id: visit, group: engagement, over: activity, when: is_visit, points: 5}  # points for each event
#   - {id: demo, group: intent, over: activity, when: is_demo, points: 20, at_most: {times: 1, per: day}}
#   - {id: idea, when: is_large, points: 10, status: draft}  # checked, and counts nothing
bands: {hot: 40}  # the least score of each, the best first
# exclusions:  # who gets no points and no band
#   - {id: competitor, when: industry = 'Competitor'}
# qualifies_directly:  # what makes a record hot whatever its score
#   - {id: asked, over: activity, when: is_demo}
# resets:  # events after which those before them count no longer
#   - {id: recycled, over: stage_change, when: stage = 'recycled', group: engagement}
# decays:  # what silence costs
#   - {id: silent, over: activity, points: -5, after: 30 days}
# handover: {at: hot, to: $team}
"""

    of: Annotated[str, Ref("entity"), Change(says="what gets points")]
    """The entity whose records get points."""
    criteria: Annotated[tuple[ScoringRow, ...], Change(says="the rows", each="the row")]
    """The table: rows that add points, or take them away."""
    exclusions: Annotated[tuple[Excluding, ...], Change(says="the exclusions", each="the exclusion")] = ()
    """Which records get no points and no band, whatever else is true of them."""
    qualifies_directly: Annotated[tuple[Qualifying, ...], Change(says="what qualifies directly")] = ()
    """What brings a record into the band of the handover (without one: the best band), whatever its score."""
    resets: Annotated[tuple[Reset, ...], Change(says="the resets", each="the reset")] = ()
    """Events after which those before them count no longer."""
    decays: Annotated[tuple[Decay, ...], Change(says="the decays", each="the decay")] = ()
    """What silence costs."""
    bands: Annotated[Ladder | None, Change(says="the bands", each="the band")] = None
    """Names of bands and the least score of each, the best first; below the last one there is none."""
    handover: Annotated[Handover | None, Change(says="the handover")] = None
    """The band in which a record is handed over, and to whom."""

    @model_validator(mode="after")
    def _has_what_it_speaks_of(self) -> Self:
        if not self.criteria:
            raise wrong("AAC308", "there are no rows", "name what adds points", "criteria", key=True)
        for key in ("qualifies_directly", "handover"):
            if getattr(self, key) and self.bands is None:
                raise wrong(
                    "AAC210", f"`{key}` is about bands, and there are none", "add `bands: {hot: 80}`", key, key=True
                )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        parts = ["score", *self._groups]
        parts += ["band"] if self.bands is not None else []
        parts += ["at"] if self.handover is not None else []
        return tuple(f"scoring.{self.id}.{part}" for part in parts)

    @property
    def _groups(self) -> list[Group]:
        """The groups that rows count in, drafts too."""
        used = {row.counts_in for row in self.criteria}
        return [group for group in GROUPS if group in used]

    def entity(self, scope: Scope) -> str | None:
        return scope.entity(self.of, "of")

    # What its names mean

    def meaning(self, scope: Scope, name: str) -> Meaning:
        part = name.rpartition(".")[2]
        if part == "at":
            return Meaning(Named(name, NOTHING), TIMESTAMP)
        rows = self._nodes(scope, "criteria", self.criteria)
        excluded = self._nodes(scope, "exclusions", self.exclusions)
        qualified = self._nodes(scope, "qualifies_directly", self.qualifies_directly)
        if rows is None or excluded is None or qualified is None:
            return Meaning(NOTHING, BROKEN)
        groups = {group: self._score_of(group, rows) for group in self._groups}
        measured = [score for score in groups.values() if score is not None]
        score = total(measured) if len(measured) == len(groups) else None
        if part == "band":
            return self._band(name, score, excluded, qualified)
        chosen = groups.get(part, score)
        body = _unless(excluded, chosen.value, ZERO) if chosen is not None else NOTHING
        return Meaning(Named(name, body), score_type(self._all_points(part)))

    def _band(self, name: str, score: Score | None, excluded: Sequence[Node], qualified: Sequence[Node]) -> Meaning:
        """The band of a score, or better when the record qualifies directly; none of what is excluded."""
        bands = self.bands or {}
        best = self.handover.at if self.handover is not None else next(iter(bands))
        rules = [
            rule if row.over is None else Call("gt", (rule, ZERO))
            for row, rule in zip(self.qualifies_directly, qualified, strict=True)
        ]
        lifted = (best, _any(rules)) if rules else None
        body = _unless(excluded, step_of(score, bands, lifted), NOTHING) if score is not None else NOTHING
        return Meaning(Named(name, body), replace(TEXT, values=tuple(bands)))

    def _score_of(self, group: Group, rows: Sequence[Node]) -> Score | None:
        """What the live rows of a group add up to; null when that is not measured."""
        live = [
            (row, node)
            for row, node in zip(self.criteria, rows, strict=True)
            if row.counts_in == group and row.status == "live"
        ]
        # what a record is neither decays nor is reset
        if group in self._changed_over_time and any(row.over is not None for row, _ in live):
            return None
        scores = [_points(row, node) for row, node in live]
        measured = [score for score in scores if score is not None]
        return total(measured) if len(measured) == len(scores) else None

    @property
    def _changed_over_time(self) -> set[Group]:
        """The groups in which the points of events decay or are reset."""
        changed: set[Group] = {decay.group for decay in self.decays}
        for reset in self.resets:
            changed |= {reset.group} if reset.group is not None else set(GROUPS)
        return changed

    def _all_points(self, part: str) -> list[Decimal]:
        """All that may be added or taken away in a group, or in the score."""
        rows = [(row.counts_in, row.points) for row in self.criteria if row.status == "live"]
        rows += [(decay.group, decay.points) for decay in self.decays]
        return [points for group, points in rows if part in (group, "score")]

    def _nodes(self, scope: Scope, key: str, rows: Sequence[AnyRow]) -> list[Node] | None:
        """Of each row of a list the rule, or how many events it is true of; null when one of them is broken."""
        entity = self.entity(scope)
        if entity is None:
            return None
        nodes = [_node(scope, entity, row, key, number) for number, row in enumerate(rows)]
        found = [node for node in nodes if node is not None]
        return found if len(found) == len(nodes) else None

    # What is wrong with it

    def compile(self, scope: Scope) -> tuple[Compiled, ...]:
        check_points(scope, "criteria", self.criteria)
        lists: dict[str, Sequence[AnyRow]] = {
            "criteria": self.criteria,
            "exclusions": self.exclusions,
            "qualifies_directly": self.qualifies_directly,
            "resets": self.resets,
            "decays": self.decays,
        }
        for key, rows in lists.items():
            check_ids(scope, key, rows)
            if self._nodes(scope, key, rows) is not None:
                self._check_events(scope, key, rows)
        if all(row.status == "draft" for row in self.criteria):
            advice = "write `status: live` where the teams agreed, or leave the key out"
            scope.report("AAC434", "no row counts: all are drafts", advice, "criteria", level="warning")
        if self.bands is not None and check_ladder(scope, "bands", self.bands):
            self._check_bands(scope, self.bands)
        if self.handover is not None:
            self._check_handover(scope, self.handover, self.bands or {})
        return ()

    def _check_events(self, scope: Scope, key: str, rows: Sequence[AnyRow]) -> None:
        """Rows that need to know when events happened: that they can (AAC203), and that they are not measured yet."""
        for number, row in enumerate(rows):
            if isinstance(row, Reset | Decay):
                self._check_timed(scope, row, f"`{key}`", (key, number))
                if row.group is not None:
                    groups = set(self._groups)
                    check_name(scope, "row of the group", row.group, groups, key, number, "group")
            elif isinstance(row, ScoringRow) and row.at_most is not None and row.at_most.per != "once":
                what = f"`at_most` per {row.at_most.per}"
                self._check_timed(scope, row, what, (key, number, "at_most"), is_live=row.status == "live")

    def _check_timed(
        self, scope: Scope, row: OfEvents | ScoringRow, what: str, place: tuple[Part, ...], *, is_live: bool = True
    ) -> None:
        events = find_events(scope, str(row.over), str(self.entity(scope)), row.via, *place[:2])
        if events is not None and require_moment(scope, events, f"{what} needs", *place[:2], "over") and is_live:
            scope.unmeasured(f"{what}, on which `scoring.{self.id}.score` rests,", *place)

    def _check_bands(self, scope: Scope, bands: dict[str, Decimal]) -> None:
        """That points reach each band, where it is known how often they are added at most."""
        live = [row for row in self.criteria if row.status == "live"]
        often = [_most_often(row) for row in live]
        if not self.qualifies_directly and live and None not in often:
            points = [row.points for row, times in zip(live, often, strict=True) for _ in range(times or 1)]
            check_reached(scope, "bands", bands, points)

    def _check_handover(self, scope: Scope, handover: Handover, bands: dict[str, Decimal]) -> None:
        check_name(scope, "band", handover.at, bands, "handover", "at")
        places = {team.id for team in scope.models("team")}
        places |= {queue.id for team in scope.models("team") for queue in team.queues}
        if handover.to not in places and not scope.is_incomplete("team"):
            advice = did_you_mean(handover.to, places) or "add the queue to its team"
            scope.report("AAC204", f"there is no queue or team `{handover.to}`", advice, "handover", "to")
        elif handover.at in bands:
            scope.unmeasured(f"`scoring.{self.id}.at`, the moment of the handover,", "handover")


AnyRow = OfRecordOrEvents | OfEvents | Excluding


def _node(scope: Scope, entity: str, row: AnyRow, *path: Part) -> Node | None:
    """A rule about the record, or how many of its events a rule is true of; null when it is broken."""
    over = None if isinstance(row, Excluding) else row.over
    checked = scope.rule(row.when, over or entity, *path, "when", wants="boolean") if row.when is not None else None
    if isinstance(row, Excluding) or over is None:
        return checked.node if checked is not None else None
    events = find_events(scope, over, entity, row.via, *path)
    if events is None or (checked is None and row.when is not None):
        return None
    return events.number(checked.node if checked is not None else None)


def _points(row: ScoringRow, node: Node) -> Score | None:
    """The points of a row; null when they depend on when its events happened, which is not measured."""
    if row.over is None:
        return counted(node, row.points)
    each = Call("multiply", (node, Constant(row.points)))
    if row.at_most is None:
        return known(each)
    if row.at_most.per != "once":
        return None
    most = row.at_most.times
    return known(Case(((Call("ge", (node, Constant(most))), Constant(row.points * most)),), each))


def _most_often(row: ScoringRow) -> int | None:
    """How often a row adds its points at most; null where that is not told, or too often to add up."""
    if row.over is None:
        return 1
    is_told = row.at_most is not None and row.at_most.per == "once" and row.at_most.times <= MOST_TIMES
    return row.at_most.times if row.at_most is not None and is_told else None


def _any(rules: Sequence[Node]) -> Node:
    return rules[0] if len(rules) == 1 else Call("or", tuple(rules))


def _unless(excluded: Sequence[Node], value: Node, otherwise: Node) -> Node:
    """A value of what is not excluded, and another one of what is; unknown when that is."""
    if not excluded:
        return value
    rule = _any(excluded)
    return Case(((rule, otherwise), (Call("not", (rule,)), value)), NOTHING)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Scoring]
