"""An agreement between two teams: what, who, when, how it is measured, and what happens if not (LANGUAGE §7).

Measured as a clock: from `starts` to `stops` at most `within`, in elapsed time, business time or whole days.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, BeforeValidator

from aac.expressions.nodes import Literal as Constant
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.judging import attainment_status, budget
from aac.kinds.base import Kind, Ref, Scope, Verdict, dimensions
from aac.kinds.written import By, Count, Promised, Strict, read_share, wrong
from aac.measures import Clock, Moment
from aac.results import ClockReading, Escalation, Item, Status

if TYPE_CHECKING:
    from aac.expressions.nodes import Meaning, Node
    from aac.kinds.base import Checked, Reading
    from aac.kinds.written import Part
    from aac.periods import Grain

OF_TIME = re.compile(r"(\d+(?:\.\d+)?)% of time")
ITEM_STEPS = ("late",)
WINDOW_STEPS = ("budget_spent", "off_target")


def read_step(value: str) -> str:
    """``75% of time``, ``late``, ``budget_spent`` or ``off_target``; raises a finding AAC308."""
    share = OF_TIME.fullmatch(value)
    if share and Fraction(share[1]) > 100:
        raise wrong("AAC308", f"`{value}` is after the promise ran out", "write a share of up to 100 %, or `late`")
    if share or value in (*ITEM_STEPS, *WINDOW_STEPS):
        return value
    raise wrong("AAC308", f"`{value}` is no step", "write `75% of time`, `late`, `budget_spent` or `off_target`")


def read_objective(value: object) -> Fraction | None:
    """A share between 0 and 1, or ``none``: measured, not judged; raises a finding AAC301."""
    if value == "none":
        return None
    share = read_share(value)
    if not 0 <= share <= 1:
        advice = f"did you mean `{value}%`?" if 1 < share <= 100 else "write a share up to 100 %, as in `95%`"
        raise wrong("AAC301", f"an objective of `{value}` cannot be", advice)
    return share


class Who(Strict):
    """Who owes it to whom."""

    owes: Annotated[str, Ref("team")]
    to: Annotated[str, Ref("team")]


class When(Strict):
    """Within which time, and on whose calendar (an id, or a rule that yields one)."""

    within: Promised
    calendar: str | None = None


class HowMeasured(Strict):
    """Which records, from which moment to which, how often on time, in which windows."""

    each: Annotated[str, Ref("entity", "definition")]
    where: str | None = None
    starts: str | None = None
    stops: str
    excused: str | None = None
    objective: Annotated[Fraction | None, BeforeValidator(read_objective)]
    window: Literal["week", "month", "quarter", "fiscal_quarter", "year", "fiscal_year"] = "month"
    by: By = ()
    min_n: Count = 1


class Step(Strict):
    """One step of the escalation: when it is due, what is done, and which queue or team it goes to."""

    at: Annotated[str, AfterValidator(read_step)]
    do: Literal["remind", "requeue", "agenda", "decide", "notify"]
    to: str | None = None

    @property
    def share_of_time(self) -> Fraction | None:
        """The share of the promised time after which it is due, for steps about open items."""
        match = OF_TIME.fullmatch(self.at)
        return Fraction(match[1]) / 100 if match else None


class Sla(Kind):
    """The five words of the template are its keys; `owner` is who owes and `parties` are both, unless written."""

    kind_name: ClassVar[str] = "sla"

    what: str
    who: Who
    when: When
    how_measured: HowMeasured
    escalation: tuple[Step, ...]

    def compile(self, scope: Scope) -> tuple[Clock, ...]:
        self._check_agreement(scope)
        how, place = self.how_measured, "how_measured"
        found = scope.population(how.each, place, "each")
        if found is None:
            return ()
        population, word = found
        entity = population.entity
        where = self._condition(scope, how.where, entity, "where")
        excused = self._condition(scope, how.excused, entity, "excused")
        starts = self._starts(scope, entity, word)
        stops = self._moment(scope, how.stops, entity, place, "stops")
        split = dimensions(scope, how.by, entity, place, "by")
        calendar = self._calendar(scope, entity)
        broken = (where is None) != (how.where is None) or (excused is None) != (how.excused is None)
        if broken or starts is None or stops is None or not self._fits(scope, starts, stops):
            return ()
        if self.when.within.clock == "business" and calendar is None:
            return ()
        reminders = [step.share_of_time for step in self.escalation if step.share_of_time is not None]
        reminders += [Fraction(1) for step in self.escalation if step.at == "late"]
        return (
            Clock(
                subject=f"sla:{self.id}",
                population=population,
                where=where.node if where else None,
                starts=starts,
                stops=stops,
                within=self.when.within,
                calendar=calendar,
                excused=excused.node if excused else None,
                dimensions=split,
                grain=cast("Grain", how.window),
                remind_at=min(reminders, default=None),
            ),
        )

    def judge(self, reading: Reading) -> Verdict:
        if not isinstance(reading, ClockReading):
            return Verdict(status=None)
        objective = self.how_measured.objective
        status = attainment_status(reading, objective, self.how_measured.min_n)
        spent = budget(reading, objective) if objective is not None else None
        return Verdict(status, objective, budget=spent, escalations=self._due(reading, status, spent))

    def _check_agreement(self, scope: Scope) -> None:
        """What the teams should still settle is a warning; a queue or team that does not exist is an error."""
        if not self.escalation:
            scope.report(
                "AAC401",
                "nobody agreed what happens when this promise is missed",
                "add a step, as in `- {at: late, do: notify, to: <team>}`",
                "escalation",
                level="warning",
            )
        if self.how_measured.objective is None:
            scope.report(
                "AAC402",
                "this promise is measured but not judged: nobody agreed an objective",
                "write `objective: 95%`",
                "how_measured",
                "objective",
                level="warning",
            )
        if self.who.owes == self.who.to:
            message = f"`{self.who.owes}` owes this to itself"
            scope.report("AAC308", message, "name the team it is owed to", "who", "to")
        if scope.is_incomplete("team"):
            return
        places = {team.id for team in scope.models("team")}
        places |= {queue.id for team in scope.models("team") for queue in team.queues}
        for number, step in enumerate(self.escalation):
            if step.to is not None and step.to not in places:
                advice = did_you_mean(step.to, places) or "add the queue to its team"
                scope.report("AAC204", f"there is no queue or team `{step.to}`", advice, "escalation", number, "to")

    def _condition(self, scope: Scope, rule: str | None, entity: str, key: str) -> Checked | None:
        return scope.rule(rule, entity, "how_measured", key, wants="boolean") if rule is not None else None

    def _moment(self, scope: Scope, rule: str, entity: str, *path: Part) -> Moment | None:
        checked = scope.rule(rule, entity, *path, wants="moment")
        return Moment(checked.node, checked.type.name == "date") if checked else None

    def _starts(self, scope: Scope, entity: str, word: Meaning | None) -> Moment | None:
        """The rule of `starts`, else the moment of the definition that `each` names."""
        if self.how_measured.starts is not None:
            return self._moment(scope, self.how_measured.starts, entity, "how_measured", "starts")
        if word is not None and word.moment is not None and word.moment_type is not None:
            return Moment(word.moment, word.moment_type.name == "date")
        message = f"`{self.how_measured.each}` has no moment at which the clock could start"
        advice = f"add `starts: <field>`, or give `{self.how_measured.each}` an `at`"
        scope.report("AAC210", message, advice, "how_measured", "each")
        return None

    def _calendar(self, scope: Scope, entity: str) -> Node | None:
        """The id of the calendar as a node: the promise's own, else the owing team's, else the company's."""
        ids = scope.ids("calendar")
        written = self.when.calendar
        if self.when.within.clock != "business":
            if written is not None and self.when.within.clock == "elapsed":
                message = f"`{self.when.within}` needs no calendar"
                advice = "leave `calendar` out, or promise business hours"
                scope.report("AAC308", message, advice, "when", "calendar")
            return None
        if written is not None and written not in ids:
            close = did_you_mean(written, ids) if written.isidentifier() else ""
            if close.startswith("did you mean"):
                scope.report("AAC204", f"there is no calendar `{written}`", close, "when", "calendar")
                return None
            checked = scope.rule(written, entity, "when", "calendar", wants="calendar")
            return checked.node if checked else None
        team, companies = scope.model("team", self.who.owes), list(scope.models("company"))
        chosen = written or (team.calendar if team else None) or (companies[0].calendar if companies else None)
        if chosen is None and (team is None or scope.is_incomplete("company")):
            return None
        if chosen is None:
            message = "business time needs a calendar, and neither the team nor the company has one"
            scope.report("AAC210", message, "add `calendar: <id>`", "when", "within")
            return None
        return Constant(chosen) if scope.model("calendar", chosen) is not None else None

    def _fits(self, scope: Scope, starts: Moment, stops: Moment) -> bool:
        """Whether the two moments and the promised time can be measured on one clock; reported when not."""
        within = self.when.within
        if starts.is_date != stops.is_date:
            message = "the clock starts on a date and stops at a time, or the other way round"
            scope.report("AAC302", message, "use two dates or two timestamps", "how_measured", "stops")
            return False
        try:
            promised = within.us
        except ValueError as error:
            message = f"`{within}` cannot be measured: {str(error).partition(';')[0]}"
            scope.report("AAC308", message, "write hours, minutes or days, or business hours", "when", "within")
            return False
        if starts.is_date and (within.unit != "days" or within.clock != "elapsed" or within.amount.denominator != 1):
            message = f"a clock between two dates counts whole days, not `{within}`"
            scope.report("AAC302", message, "write `within: 5 days`", "when", "within")
            return False
        return promised > 0 or self._refuse_nothing(scope)

    def _refuse_nothing(self, scope: Scope) -> bool:
        scope.report("AAC308", "a promise of no time cannot be kept", "write `within: 4 hours`", "when", "within")
        return False

    def _due(
        self, reading: ClockReading, status: Status | None, spent: tuple[int, int] | None
    ) -> tuple[Escalation, ...]:
        """The steps due at as_of: per item that is not done, and for the window as a whole."""
        if reading.by:
            return ()
        due: list[Escalation] = []
        for step in self.escalation:
            if step.share_of_time is not None:
                due += [self._for(step, i) for i in reading.open_items if _gone(i) >= step.share_of_time]
            elif step.at == "late":
                due += [self._for(step, i) for i in reading.open_items if i.used_us > i.promised_us]
            elif step.at == "off_target":
                due += [self._for(step, None)] if status is Status.OFF_TARGET else []
            elif spent is not None and spent[1] > spent[0]:
                due.append(self._for(step, None))
        return tuple(due)

    def _for(self, step: Step, item: Item | None) -> Escalation:
        since = item.due_us if item is not None and step.at == "late" else None
        return Escalation(item.key if item else None, step.at, step.do, step.to, None, since)


def _gone(item: Item) -> Fraction:
    """The share of the promised time that an open item has used; late items are past every reminder."""
    return Fraction(item.used_us, item.promised_us) if item.used_us <= item.promised_us else Fraction(-1)


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Sla]
