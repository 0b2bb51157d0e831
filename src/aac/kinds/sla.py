"""An agreement between two teams: what, who, when, how it is measured, and what happens if not (LANGUAGE §7).

Measured as a clock (from `starts` to `stops` at most `within`), as a rule that must hold once the time is up, or as the
volume that a metric comes to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast

from pydantic import model_validator

from aac.expressions.nodes import TRUE, Meaning, Measured, Reference, Stored, Type
from aac.expressions.nodes import Literal as Constant
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.judging import attainment_status, budget, number_status
from aac.kinds.base import NUMBERS, Kind, Scope, Verdict, Versioned, dimensions
from aac.kinds.classes import PROMISE, PROSE, Change
from aac.kinds.events import way_up
from aac.kinds.promise import HowMeasured, Step, When, Who, Written, of_another_form
from aac.kinds.target import misfit
from aac.kinds.written import wrong
from aac.measures import Clock, Moment, Pauses, Promised, Restarts, Volume
from aac.results import ClockReading, Escalation, Item, NumberReading, Status

if TYPE_CHECKING:
    from aac.expressions.nodes import Node
    from aac.kinds.base import Checked, Reading
    from aac.kinds.written import Checklist, Part
    from aac.periods import Grain

FALSE = Constant(False)


class Sla(Versioned):
    """The five words of the template are its keys; `owner` is who owes and `parties` are both, unless written."""

    kind_name: ClassVar[str] = "sla"
    draft: ClassVar[str] = """\
kind: sla
id: $id
what: Who does what for whom    # in one sentence
who: {owes: $team, to: $other_team}
when: {within: 2 days}          # or `4 hours`, `4 business hours`, `5 business days`; one promise a case: `cases`
how_measured:
  each: $entity                 # an entity or a definition: one promise a record
  starts: $moment               # the clock starts; left out, at the moment of the definition
  stops: $moment                # … and stops
  # where: "status <> 'test'"   # for which records
  # excused: duplicate          # which count neither as met nor as late
  objective: 90%                # the share that is on time; `none` until the teams agree one
  window: month
  by: []                        # what the numbers are split by, as in `[segment, {region: owner.region}]`
  min_n: 1                      # how many it takes to judge
escalation:
  - {at: 75% of time, do: remind, to: $team}
  - {at: late, do: notify, to: $team}
  - {at: off_target, do: decide, to: $other_team}
---
kind: sla                       # what comes back, unless another SLA says it: an agreement goes both ways
id: ${id}_back
what: What the other team does in return
who: {owes: $other_team, to: $team}
when: {within: 5 days}
how_measured: {each: $entity, starts: $moment, stops: $moment, objective: 90%}
escalation:
  - {at: late, do: notify, to: $other_team}
"""

    what: Annotated[str, PROSE]
    """What is promised, in one sentence."""
    who: Annotated[Who, PROMISE]
    """Who owes it to whom."""
    when: Annotated[When, PROMISE]
    """Within which time."""
    how_measured: HowMeasured
    """How everybody can see whether it was kept."""
    escalation: Annotated[tuple[Step, ...], Change("promise", says="the escalation", each="the step")]
    """What happens when it is about to be missed, or was."""

    @model_validator(mode="after")
    def _is_of_one_form(self) -> Self:
        how, every = self.how_measured, self.when.every is not None
        if every != (how.form == "volume"):
            key = "every" if every else "within" if self.when.within is not None else "cases"
            forms = ("volume",) if every else ("clock", "rule")
            raise wrong("AAC228", *of_another_form(how, key, forms), "when", key, key=True)
        for number, step in enumerate(self.escalation):
            if how.form == "volume" and (step.is_of_items or step.at == "budget_spent"):
                mistake = of_another_form(how, step.at, ("clock", "rule"))
                raise wrong("AAC228", *mistake, "escalation", number, "at")
        return self

    @model_validator(mode="after")
    def _is_of_both_teams(self) -> Self:
        for key, default in (("owner", self.who.owes), ("parties", (self.who.owes, self.who.to))):
            if key not in self.model_fields_set:
                object.__setattr__(self, key, default)  # a model is frozen for everybody else
        return self

    # Its attainment, in formulas over other numbers

    @property
    def names(self) -> tuple[str, ...]:
        return (f"sla.{self.id}.attainment",) if self.how_measured.form != "volume" else ()

    def entity(self, scope: Scope) -> str:
        del scope
        return NUMBERS

    def meaning(self, scope: Scope, name: str) -> Meaning:
        del scope, name
        return Meaning(Measured(f"sla:{self.id}"), Type("number", unit="percent"))

    # What it compiles to

    def compile(self, scope: Scope) -> tuple[Clock | Volume, ...]:
        self._check_agreement(scope)
        self._check_steps(scope)
        how = self.how_measured
        if how.form == "volume":
            return self._volume(scope)
        found = scope.population(str(how.each), "how_measured", "each")
        if found is None:
            return ()
        population, word = found
        terms = Terms(scope, population.entity)
        where = terms.rule(how.where, "how_measured", "where")
        excused = terms.rule(how.excused, "how_measured", "excused")
        must = terms.rule(how.must, "how_measured", "must")
        starts = self._starts(terms, word)
        stops = terms.moment(how.stops, "how_measured", "stops", like=starts)
        split = dimensions(scope, how.by, population.entity, "how_measured", "by")
        paused = self._pauses(terms, starts)
        restarts = self._restarts(terms, starts)
        through = self._way(terms, starts)
        promises = self._promises(terms, starts)
        if not terms.is_sound or starts is None:
            return ()
        reminders = [step.share_of_time for step in self.escalation if step.share_of_time is not None]
        reminders += [Fraction(1) for step in self.escalation if step.at == "late"]
        clock = Clock(
            subject=f"sla:{self.id}",
            population=population,
            where=where,
            starts=starts,
            stops=stops,
            promises=promises,
            excused=excused,
            dimensions=split,
            grain=how.window,
            remind_at=min(reminders, default=None),
            must=must,
            paused=paused,
            restarts=restarts,
            through=through,
            lookback=self._lookback,
        )
        return (clock,)

    @property
    def _lookback(self) -> int:
        """How many windows before one its steps look at."""
        return max((step.windows_in_a_row or 1 for step in self.escalation), default=1) - 1

    def judge(self, reading: Reading) -> Verdict:
        how = self.how_measured
        if isinstance(reading, NumberReading):
            status = number_status(reading, (how.at_least, how.at_most), 0)
            return Verdict(status, target=how.limits, escalations=self._due_of_volume(reading, status))
        if not isinstance(reading, ClockReading):
            return Verdict(None)
        status = attainment_status(reading, how.objective, how.min_n, by_interval=how.judge == "interval")
        spent = budget(reading, how.objective) if how.objective is not None else None
        return Verdict(status, how.objective, budget=spent, escalations=self._due(reading, status, spent))

    # What the teams should still settle, and where steps lead

    def _check_agreement(self, scope: Scope) -> None:
        """What nobody agreed is a warning; a promise to oneself is an error."""
        if not self.escalation:
            message = "nobody agreed what happens when this promise is missed"
            advice = "add a step, as in `- {at: late, do: notify, to: <team>}`"
            scope.report("AAC401", message, advice, "escalation", level="warning")
        how = self.how_measured
        if how.form != "volume" and how.objective is None:
            waiting = next((step.at for step in self.escalation if not step.is_of_items), None)
            message = "this promise is measured but not judged: nobody agreed an objective"
            message += f", so `{waiting}` is never due" if waiting is not None else ""
            scope.report("AAC402", message, "write `objective: 95%`", "how_measured", "objective", level="warning")
        if self.who.owes == self.who.to:
            message = f"`{self.who.owes}` owes this to itself"
            scope.report("AAC308", message, "name the team it is owed to", "who", "to")
        else:
            self._check_other_way(scope)

    def _check_other_way(self, scope: Scope) -> None:
        """A team that is owed something owes something too (AAC405, told at the first promise of the two).

        A promise that names no other team, or none that is there, is told itself: it may be the missing one.
        """
        owes, to = self.who.owes, self.who.to
        one, two = scope.model("team", owes), scope.model("team", to)
        if one is None or two is None or scope.is_incomplete("sla"):
            return
        teams = set(scope.ids("team"))
        for other in scope.models("sla"):  # by id
            pair = (other.who.owes, other.who.to)
            is_earlier = pair == (owes, to) and other.id < self.id
            if is_earlier or pair == (to, owes) or pair[0] == pair[1] or not teams.issuperset(pair):
                return
        message = f"`{owes}` owes something to `{to}`, and `{to}` owes nothing back"
        advice = f"agree what `{to}` does in return, in an SLA with `who: {{owes: {to}, to: {owes}}}`"
        level = "info" if one.external or two.external else "warning"
        scope.report("AAC405", message, advice, "who", "to", level=level)

    def _check_steps(self, scope: Scope) -> None:
        """Each step once (AAC209), and to a queue or team that is there (AAC204)."""
        places = {team.id for team in scope.models("team")}
        places |= {queue.id for team in scope.models("team") for queue in team.queues}
        for number, step in enumerate(self.escalation):
            place = ("escalation", number)
            if step in self.escalation[:number]:
                scope.report("AAC209", "this step is told twice", "leave one of the two out", *place)
            if step.to is not None and step.to not in places and not scope.is_incomplete("team"):
                advice = did_you_mean(step.to, places) or "add the queue to its team"
                scope.report("AAC204", f"there is no queue or team `{step.to}`", advice, *place, "to")

    # A volume

    def _volume(self, scope: Scope) -> tuple[Volume, ...]:
        """The metric whose value is promised; nothing when a limit or the metric does not fit."""
        how = self.how_measured
        metric = scope.model("metric", str(how.metric))
        if metric is None:
            return ()
        is_sound = True
        for key, limit in (("at_least", how.at_least), ("at_most", how.at_most)):
            mistake = misfit(limit, metric.unit) if limit is not None else None
            if mistake is not None:
                scope.report(*mistake, "how_measured", key)
                is_sound = False
        if metric.of is not None and metric.basis == "period" and metric.at is None:
            message = f"`{how.metric}` has no moment that puts its records into a {self.when.every}"
            scope.report("AAC203", message, f"give `{how.metric}` an `at: <field>`", "how_measured", "metric")
            is_sound = False
        if not is_sound:
            return ()
        return (Volume(f"sla:{self.id}", metric.id, cast("Grain", self.when.every), self._lookback),)

    # A clock or a rule

    def _starts(self, terms: Terms, word: Meaning | None) -> Moment | None:
        """The rule of `starts`, else the moment of the definition that `each` names."""
        how = self.how_measured
        if how.starts is not None:
            return terms.moment(how.starts, "how_measured", "starts")
        if word is not None and word.moment is not None and word.moment_type is not None:
            return Moment(word.moment, word.moment_type.name == "date")
        message = f"`{how.each}` has no moment at which the clock could start"
        terms.refuse("AAC210", message, f"add `starts: <field>`, or give `{how.each}` an `at`", "how_measured", "each")
        return None

    def _pauses(self, terms: Terms, starts: Moment | None) -> Pauses | None:
        """What the clock waits for: records of another entity, or events of what is measured."""
        paused = self.how_measured.paused
        if paused is None:
            return None
        place = ("how_measured", "paused")
        way = terms.way(paused.over, paused.via, *place) if paused.over is not None else self._siblings(terms, *place)
        if way is None:
            return None
        over = paused.over or terms.entity
        events = Terms(terms.scope, over)
        where = events.rule(paused.while_ if paused.while_ is not None else paused.where, *place, paused.condition)
        begins = events.moment(
            paused.at or paused.from_, *place, "at" if paused.at is not None else "from", like=starts
        )
        until = events.moment(paused.until, *place, "until", like=starts)
        terms.is_sound &= events.is_sound
        if begins is None or not events.is_sound:
            return None
        owner = Stored(terms.entity, way.field) if paused.over is None else terms.key()
        return Pauses(over, way, owner, where, begins.value, until.value if until is not None else None)

    def _siblings(self, terms: Terms, *place: Part) -> Reference | None:
        """The one reference of what is measured, by which records belong together whose clocks wait for each other."""
        steps = cast("Any", terms.scope.model("entity", terms.entity)).steps
        if len(steps) == 1:
            ((field, target),) = steps.items()
            return Reference(field, target)
        told = f"has several references ({', '.join(steps)})" if steps else "has no reference"
        message = f"`{terms.entity}` {told}, so it is not said whose events these are"
        terms.refuse("AAC203", message, "add `over: <entity>`: one with a reference to what is measured", *place)
        return None

    def _restarts(self, terms: Terms, starts: Moment | None) -> Restarts | None:
        """What begins the clock anew; fields that it tells too are, in each stretch, what they were from then on."""
        restarts = self.how_measured.restarts
        if restarts is None:
            return None
        place = ("how_measured", "restarts")
        way = terms.way(restarts.over, restarts.via, *place)
        if way is None:
            return None
        events = Terms(terms.scope, restarts.over)
        at = events.moment(restarts.at, *place, "at", like=starts)
        terms.is_sound &= events.is_sound
        if at is None:
            return None
        own, child = (cast("Any", terms.scope.model("entity", id_)) for id_ in (terms.entity, restarts.over))
        shared = [name for name in own.fields if name in child.fields and name not in (*own.key, *child.key, way.field)]
        told = [name for name in shared if _is_alike(own.fields[name], child.fields[name])]
        return Restarts(restarts.over, way, at.value, tuple(told))

    def _way(self, terms: Terms, starts: Moment | None) -> tuple[tuple[str, Moment], ...]:
        """The moments on the way, each another one (AAC209)."""
        passed: dict[Node, str] = {}
        way: list[tuple[str, Moment]] = []
        for name, rule in self.how_measured.through.items():
            place = ("how_measured", "through", name)
            moment = terms.moment(rule, *place, like=starts)
            if moment is None:
                continue
            if moment.value in passed:
                message = f"`{name}` is the same moment as `{passed[moment.value]}`"
                terms.refuse("AAC209", message, "leave one of the two out", *place)
            passed[moment.value] = name
            way.append((name, moment))
        return tuple(way)

    def _promises(self, terms: Terms, starts: Moment | None) -> tuple[Promised, ...]:
        """What is promised, by case; what is wrong with it is reported."""
        promised = [self._checked(terms, promise, starts) for promise in self.when.promises]
        if self.when.cases is None:
            return tuple(promised)
        rules = self._check_cases(terms)
        shared = ("when", "calendar")
        is_used = any(promise.calendar and promise.calendar_place == shared for promise in self.when.promises)
        if self.when.calendar is not None and not is_used:
            terms.refuse("AAC308", "no case needs this calendar", "leave it out, or promise business hours", *shared)
        rest = iter(promised)
        rows = [next(rest) if case.within is not None else Promised(None, None) for case in self.when.cases]
        for_all = rules.index(TRUE) if TRUE in rules else len(rules)
        first = (replace(row, rule=rule) for row, rule in zip(rows[:for_all], rules, strict=False))
        return (*first, *rows[for_all : for_all + 1])

    def _check_cases(self, terms: Terms) -> list[Node | None]:
        """The rules of all cases; one that no record can come to is told (AAC406)."""
        rules: list[Node | None] = []
        for number, case in enumerate(self.when.cases or ()):
            place = ("when", "cases", number, "for")
            rule = terms.rule(case.for_, *place)
            if TRUE in rules or (rule is not None and rule in rules):
                message = "no record comes to this case: one above it is true whenever this is"
                advice = "put the narrower case first, or leave this one out"
                terms.scope.report("AAC406", message, advice, *place, level="warning")
            elif rule == FALSE:
                terms.scope.report("AAC406", "this case is never true", "leave it out", *place, level="warning")
            rules.append(rule)
        return rules

    def _checked(self, terms: Terms, promise: Written, starts: Moment | None) -> Promised:
        """A promised time with the calendar it runs on; reported when the clock cannot have it."""
        within = promise.within
        is_date = starts is not None and starts.is_date
        if is_date and (within.unit != "days" or within.amount.denominator != 1):
            message = f"a clock between two dates counts whole days, not `{within}`"
            terms.refuse("AAC302", message, "write `within: 5 days`", *promise.place)
        if is_date and within.clock == "calendar":
            within = replace(within, clock="elapsed")  # from date to date they are the same days
        return Promised(None, within, self._calendar(terms, promise))

    def _calendar(self, terms: Terms, promise: Written) -> Node | None:
        """The id of the calendar as a node: the promise's own, else the owing team's, else the company's."""
        scope, written = terms.scope, promise.calendar
        if promise.within.clock != "business":
            if written is not None:
                message = f"`{promise.within}` needs no calendar"
                advice = "leave `calendar` out, or promise business hours"
                terms.refuse("AAC308", message, advice, *promise.calendar_place)
            return None
        ids = scope.ids("calendar")
        if written is not None and written not in ids:
            close = did_you_mean(written, ids) if written.isidentifier() else ""
            if close.startswith("did you mean"):
                terms.refuse("AAC204", f"there is no calendar `{written}`", close, *promise.calendar_place)
                return None
            return terms.kept(scope.rule(written, terms.entity, *promise.calendar_place, wants="calendar"))
        team = scope.model("team", self.who.owes)
        of_company = next((company.calendar for company in scope.models("company") if company.calendar), None)
        chosen = written or (team.calendar if team else None) or of_company
        if chosen is None and team is not None and not scope.is_incomplete("company"):
            message = "business time needs a calendar, and neither the team nor the company has one"
            terms.refuse("AAC210", message, "add `calendar: <id>`", *promise.place)
        if chosen is None or scope.model("calendar", chosen) is None:
            terms.is_sound = False
            return None
        return Constant(chosen)

    # Escalation

    def _due(
        self, reading: ClockReading, status: Status | None, spent: tuple[int, int] | None
    ) -> tuple[Escalation, ...]:
        """The steps due at as_of: per item that is not done, and for the window as a whole."""
        if reading.by:
            return ()
        is_spent = spent is not None and spent[1] > spent[0]
        due: list[Escalation] = []
        for step in self.escalation:
            if step.share_of_time is not None:
                due += [_for(step, i) for i in reading.open_items if _gone(i) >= step.share_of_time]
            elif step.at == "late":
                due += [_for(step, i) for i in reading.open_items if i.used_us > i.promised_us]
            elif _is_off(step, reading, status) or (step.at == "budget_spent" and is_spent):
                due.append(_for(step, None))
        return tuple(due)

    def _due_of_volume(self, reading: NumberReading, status: Status | None) -> tuple[Escalation, ...]:
        """The steps due for the window: it has no items, and no budget."""
        if reading.by:
            return ()
        return tuple(_for(step, None) for step in self.escalation if _is_off(step, reading, status))


def _is_off(step: Step, reading: ClockReading | NumberReading, status: Status | None) -> bool:
    """Whether a step about windows is due: this one is off target, and as many before it as it says."""
    if step.is_of_items or step.at == "budget_spent":
        return False
    rest = (step.windows_in_a_row or 1) - 1
    before = reading.before[:rest]
    return len(before) == rest and all(one is Status.OFF_TARGET for one in (status, *before))


def _for(step: Step, item: Item | None) -> Escalation:
    since = item.due_us if item is not None and step.at == "late" else None
    return Escalation(item.key if item else None, step.at, step.do, step.to, step.meeting, since)


def _gone(item: Item) -> Fraction:
    """The share of the promised time that an open item has used; late items are past every reminder.

    A promise that begins and ends while closed has no time to use: none of it is gone.
    """
    if item.used_us == item.promised_us == 0:
        return Fraction(0)
    return Fraction(item.used_us, item.promised_us) if item.used_us <= item.promised_us else Fraction(-1)


def _is_alike(one: Any, other: Any) -> bool:
    """Whether two stored fields hold the same sort of value, which is no moment: each record has its own moments."""
    is_stored = one.is_stored and other.is_stored and one.type not in ("date", "timestamp")
    return bool(is_stored and (one.type, one.ref) == (other.type, other.ref))


@dataclass
class Terms:
    """The rules and moments of a promise about one entity; ``is_sound``: whether all of them could be used."""

    scope: Scope
    entity: str
    is_sound: bool = True

    def refuse(self, code: str, message: str, instead: str, *path: Part) -> None:
        """Reports a mistake that leaves nothing to measure."""
        self.scope.report(code, message, instead, *path)
        self.is_sound = False

    def kept(self, checked: Checked | None) -> Node | None:
        """What a rule means; a broken one is kept in mind."""
        self.is_sound &= checked is not None
        return checked.node if checked is not None else None

    def rule(self, rule: str | Checklist | None, *path: Part) -> Node | None:
        """A rule that is true or false of a record; null when there is none, or it is broken."""
        return self.kept(self.scope.rule(rule, self.entity, *path, wants="boolean")) if rule is not None else None

    def moment(self, rule: str | None, *path: Part, like: Moment | None = None) -> Moment | None:
        """A moment of a record, on a date or at a time as ``like`` is (else AAC302)."""
        checked = self.scope.rule(rule, self.entity, *path, wants="moment") if rule is not None else None
        if checked is None:
            self.is_sound &= rule is None
            return None
        moment = Moment(checked.node, checked.type.name == "date")
        if like is not None and like.is_date != moment.is_date:
            sorts = ("a time", "a date")
            message = f"this is {sorts[moment.is_date]}, and the clock starts with {sorts[like.is_date]}"
            self.refuse("AAC302", message, "use dates everywhere, or timestamps everywhere", *path)
        return moment

    def way(self, over: str, via: str | None, *path: Part) -> Reference | None:
        """The reference of another entity to this one; null, and told, when there is none or several."""
        way = way_up(self.scope, over, self.entity, via, *path)
        self.is_sound &= way is not None
        return way

    def key(self) -> Node:
        """The key of a record, by which others refer to it."""
        model = cast("Any", self.scope.model("entity", self.entity))
        return Stored(self.entity, model.key[0])


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Sla]
