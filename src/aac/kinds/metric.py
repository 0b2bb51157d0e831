"""A metric: a formula over a population, or over other numbers, and what it is good for (LANGUAGE §8)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from aac.expressions.nodes import BROKEN, NOTHING, Meaning, Measured, Named, PeriodEnd, Type, children, under, walk
from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.judging import number_status
from aac.kinds.base import NUMBERS, Ref, Scope, Verdict, Versioned, dimensions
from aac.kinds.classes import Change
from aac.kinds.target import Target, misfit, read_target
from aac.kinds.written import By, Count, Strict, Windows, read_duration, wrong
from aac.measures import Cohort, Derived, Force, Measure, Moment, Retention, Snapshot, is_volume
from aac.periods import Duration
from aac.results import UNJUDGED, NumberReading
from aac.units import fits, is_money, is_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.expressions.nodes import Node
    from aac.kinds.base import Checked, Kind, Reading
    from aac.kinds.written import Part, Split

Basis = Literal["period", "cohort", "snapshot", "retention", "derived"]
BASES_OF: Mapping[str, tuple[Basis, ...]] = {
    "of": ("period", "cohort", "snapshot", "retention"),
    "at": ("period", "cohort"),
    "matures": ("cohort",),
    "in_force": ("snapshot", "retention"),
    "span": ("retention",),
    "per": ("retention",),
}
"""The bases that know a key."""
NEEDED: Mapping[Basis, tuple[str, ...]] = {
    "period": ("of",),
    "cohort": ("of", "at"),
    "snapshot": ("of", "in_force"),
    "retention": ("of", "span", "per", "in_force"),
    "derived": (),
}
"""The keys that a basis cannot do without."""
EXAMPLES = {
    "of": "of: <entity or definition>",
    "at": "at: <moment>",
    "in_force": "in_force: {from: <moment>, until: <moment>}",
    "span": "span: 12 months",
    "per": "per: <field>",
}
"""How they are written."""
CHURN = {"kind": ("customer", "seat", "revenue"), "base": ("opening", "up_for_renewal")}
"""The choices that say which churn is meant."""


def read_unit(value: object) -> str:
    """A unit; raises a finding AAC308."""
    text = str(value)
    if not is_unit(text):
        advice = "write `count`, `percent`, `ratio`, `score`, a time such as `days`, or a currency such as `EUR`"
        raise wrong("AAC308", f"`{text}` is no unit", advice)
    return text


def read_length(value: object) -> Duration:
    """``90 days`` or ``12 months``; raises a finding AAC308."""
    duration = read_duration(value)
    if duration.clock == "business" or duration.unit not in ("days", "months"):
        raise wrong("AAC308", f"`{value}` is not counted in days or months", "write `90 days` or `12 months`")
    if duration.amount.denominator != 1:
        raise wrong("AAC308", f"`{value}` is no whole number of {duration.unit}", "write `90 days` or `12 months`")
    return duration


Length = Annotated[Duration, BeforeValidator(read_length)]


class InForce(Strict):
    """From when until when a record counts, as a contract does."""

    from_: Annotated[str, Change(says="from when a record counts")] = Field(alias="from")
    """The moment from which a record counts."""
    until: Annotated[str, Change(says="until when a record counts")]
    """The moment from which it no longer counts; a record without one counts on."""


class Metric(Versioned):
    """A number that a team looks at, and what it leads to. Without ``at`` only all time is measured."""

    kind_name: ClassVar[str] = "metric"
    required: ClassVar[tuple[str, ...]] = ("owner",)
    draft: ClassVar[str] = """\
kind: metric
id: $id
name: $name
means: # in one sentence: of what it is the number, and what it leaves out
formula: share($definition)   # also `count(*)`, `sum(amount)`, `median(days_between(a, b))`, or one divided by another
of: $entity                   # the population: an entity, or a definition
at: $moment                   # the moment that puts a record into a month
unit: percent                 # or count, days, business_hours, EUR …
better: higher                # or lower
owner: $team
role: $role                   # north_star (one in all), essential, longer_term, input or supporting
serves: successful_acquisition   # or customer_success
leads_to: [$metric]           # what rises when this one does, up to money or the north star
guardrail: []                 # for a count or a sum: what would get worse if it were bought with quality
choices: {}                   # how what could be read in two ways was decided, as in `{recycled leads: count again}`
by: []                        # the dimensions it is split by, as in `[segment, {region: owner.region}]`
target: {open: not agreed yet}   # or {at_least: 22%}, {at_most: 24}, {between: [10, 20]}
"""

    formula: Annotated[str, Change(says="the formula")]
    """Arithmetic over aggregates, as in `share(won)` or `sum(amount) / count(*)`; without `of`: over other metrics."""
    of: Annotated[Annotated[str, Ref("entity", "definition")] | None, Change(says="the population")] = None
    """The population: an entity, or a definition."""
    at: Annotated[str | None, Change(says="the moment")] = None
    """The moment that puts a record into a window; without it only all time is measured."""
    basis_: Annotated[Basis | None, Change(says="the basis")] = Field(None, alias="basis")
    """Which records count for a window: those whose moment lies in it (`period`), those that entered in it and what
    became of them (`cohort`), those in force at its end (`snapshot`), those in force at one of its two ends
    (`retention`). A metric without `of` is `derived` from others."""
    matures: Annotated[Length | None, Change(says="the time to mature")] = None
    """How long after its entry a record of a cohort is judged, as in `90 days`."""
    in_force: Annotated[InForce | None, Change(says="when a record counts")] = None
    """From when until when a record counts (`snapshot` and `retention`)."""
    span: Annotated[Length | None, Change(says="the span")] = None
    """How long before the end of the window retention begins, as in `12 months`."""
    per: Annotated[str | None, Change(says="of whom it is told")] = None
    """Of whom retention is told: a field that the records of one customer share."""
    unit: Annotated[str, BeforeValidator(read_unit), Change(says="the unit")]
    """What the number counts: `percent`, `count`, `days`, `EUR` …"""
    better: Annotated[Literal["higher", "lower"], Change(says="the side on which it is better")]
    """On which side better numbers are."""
    role: Annotated[
        Literal["north_star", "supporting", "essential", "longer_term", "input"], Change("promise", says="the role")
    ] = "supporting"
    """What it is to the company: one metric is the north star; an `input` only feeds others and has no page."""
    serves: Annotated[
        Literal["successful_acquisition", "customer_success"] | None, Change("promise", says="what it serves")
    ] = None
    """Which of the two it is about; every metric but an input says so."""
    leads_to: Annotated[tuple[Annotated[str, Ref("metric")], ...], Change("promise", says="what it leads to")] = ()
    """The metrics that get better when this one does, up to money or the north star."""
    guardrail: Annotated[tuple[Annotated[str, Ref("metric")], ...], Change("promise", says="the guardrails")] = ()
    """The metrics that would get worse if this one were bought with quality."""
    choices: Annotated[dict[str, str], Change("promise", says="the choices", each="the choice")] = Field(
        default_factory=dict[str, str]
    )
    """How what could be read in two ways was decided; a churn says its `kind` and its `base`."""
    by: Annotated[By, Change("promise", says="the splits", grows=True)] = ()
    """The dimensions it is split by: a field, or a name and an expression."""
    window: Annotated[Windows, Change(says="the window")] = "month"
    """In which windows it is told and judged: `week`, `month`, `quarter`, `fiscal_quarter`, `year`, `fiscal_year`,
    `all`, or `rolling 90 days`."""
    target: Annotated[Target | None, BeforeValidator(read_target), Change("promise", says="the target")] = None
    """What was agreed."""
    min_n: Annotated[Count | None, Change("promise", says="how many it takes to judge")] = None
    """With fewer records, or a smaller denominator, there is not enough data to judge; a ratio needs 20 if left out."""

    @model_validator(mode="after")
    def _has_the_keys_of_its_basis(self) -> Self:
        for key, bases in BASES_OF.items():
            if getattr(self, key) is not None and self.basis not in bases:
                raise _of_another_basis(key, self.basis, is_said=self.basis_ is not None)
        for key in NEEDED[self.basis]:
            if getattr(self, key) is None:
                raise wrong("AAC210", f"`{key}` is missing", f"add `{EXAMPLES[key]}`", key, key=True)
        if "window" in self.model_fields_set and self.at is None and self.basis == "period":
            raise wrong(
                "AAC210", "`at` is missing, so no record is in a window", f"add `{EXAMPLES['at']}`", "at", key=True
            )
        if self.serves is None and self.role != "input":
            advice = "add `serves: successful_acquisition` or `serves: customer_success`"
            raise wrong("AAC210", "`serves` is missing", advice, "serves", key=True)
        return self

    @property
    def basis(self) -> Basis:
        """Which records count for a window."""
        return self.basis_ or ("period" if self.of is not None else "derived")

    # Its name in formulas over other metrics

    @property
    def names(self) -> tuple[str, ...]:
        return (f"metric.{self.id}",)

    def entity(self, scope: Scope) -> str:
        del scope
        return NUMBERS

    def meaning(self, scope: Scope, name: str) -> Meaning:
        del name
        if self.basis == "derived" and scope.formula(self.formula, None, "formula") is None:
            return Meaning(NOTHING, BROKEN)
        return Meaning(Measured(f"metric:{self.id}"), Type("number", unit=self.unit))

    # What it compiles to

    def compile(self, scope: Scope) -> tuple[Measure | Derived, ...]:
        self._check_place(scope)
        if self.of is None:
            return self._derived(scope)
        found = scope.population(self.of, "of")
        if found is None:
            return ()
        population, _ = found
        entity = population.entity
        anchor = self._moment(scope, self.at, entity, "at")
        if anchor is not None and any(isinstance(part, PeriodEnd) for part in walk(anchor.value)):
            message = "by this moment a record is put into a period, so it cannot rest on the period"
            scope.report("AAC323", message, "name a moment of the record, as in `closed_at`", "at")
            return ()
        formula = scope.formula(self.formula, entity, "formula", basis=self.basis, at=anchor)
        split = dimensions(scope, self.by, entity, "by")
        if formula is None or (anchor is None and self.at is not None) or not self._is_settled(scope, formula):
            return ()
        basis = self._measured_by(scope, entity, formula.node)
        if basis is None and self.basis != "period":
            return ()
        measure = Measure(
            subject=f"metric:{self.id}",
            population=population,
            anchor=anchor,
            formula=formula.node,
            unit=self.unit,
            scale=formula.type.scale,
            dimensions=split,
            grain=self.window,
            has_target=self.target is not None,
            basis=basis,
        )
        return (measure,)

    def judge(self, reading: Reading) -> Verdict:
        if self.target is None or not isinstance(reading, NumberReading):
            return UNJUDGED
        return Verdict(number_status(reading, self.target.limits, self.min_n), target=self.target.as_written)

    def _moment(self, scope: Scope, rule: str | None, entity: str, *path: Part) -> Moment | None:
        checked = scope.rule(rule, entity, *path, wants="moment") if rule is not None else None
        return Moment(checked.node, checked.type.name == "date") if checked else None

    def _is_settled(self, scope: Scope, formula: Checked) -> bool:
        """Whether the unit is the formula's; what else the team should settle of the number is reported."""
        if not fits(self.unit, formula.type.unit):
            message = f"the formula comes to {formula.type.unit}, and the unit says {self.unit}"
            scope.report("AAC304", message, f"write `unit: {formula.type.unit}`", "unit")
            return False
        if self.target is not None:
            self._check_target(scope, self.target)
        if self.role != "input" and not self.guardrail and is_volume(formula.node):
            message = "more of it is not always better, and no metric of quality stands beside it"
            advice = "name one that gets worse when this one is bought with quality: `guardrail: [<metric>]`"
            scope.report("AAC412", message, advice, "formula", level="warning")
        return True

    def _check_target(self, scope: Scope, target: Target) -> None:
        """A limit that the unit cannot mean is an error, one on the other side of `better` a warning."""
        (key,) = target.as_written
        if target.from_ is not None:
            self._check_plan(scope, target.from_)
        for limit in target.limits or ():
            mistake = misfit(limit, self.unit) if limit is not None else None
            if mistake is not None:
                scope.report(*mistake, "target", key)
        wrong_side = {"higher": "at_most", "lower": "at_least"}
        if key == wrong_side[self.better]:
            other, fitting = ("at_least", "lower") if self.better == "higher" else ("at_most", "higher")
            message = f"`better: {self.better}` and `{key}` point in opposite directions"
            scope.report("AAC403", message, f"write `{other}`, or `better: {fitting}`", "target", level="warning")

    def _check_plan(self, scope: Scope, plan: str) -> None:
        plans = scope.ids("plan")
        if plans and plan not in plans:
            advice = did_you_mean(plan, plans)
            scope.report("AAC204", f"no plan is called `{plan}`", advice, "target", "from")
        scope.unmeasured("a target of a plan", "target", "from")

    # Which records count for a window

    def _measured_by(self, scope: Scope, entity: str, formula: Node) -> Cohort | Snapshot | Retention | None:
        """What the basis needs; null of a period, and when something is wrong."""
        if self.basis == "cohort":
            return self._cohort(scope, entity, formula)
        force = self._force(scope, entity)
        if self.basis == "snapshot" and force is not None:
            return Snapshot(force)
        per = scope.rule(self.per, entity, "per") if self.per is not None else None
        if force is None or per is None or self.span is None:
            return None
        # both ends of the span are days of the company, whatever its clocks do in between
        return Retention(force, replace(self.span, clock="calendar"), per.node)

    def _force(self, scope: Scope, entity: str) -> Force | None:
        if self.in_force is None:
            return None
        starts = self._moment(scope, self.in_force.from_, entity, "in_force", "from")
        until = self._moment(scope, self.in_force.until, entity, "in_force", "until")
        return Force(starts, until) if starts is not None and until is not None else None

    def _cohort(self, scope: Scope, entity: str, formula: Node) -> Cohort | None:
        """The definitions that the formula names, each with the moment by which it came in time or did not."""
        words = {(word.label, word.path): self._in_time(scope, word) for word in _words(scope, formula, entity)}
        known = tuple((word, moment) for word, moment in words.items() if moment is not None)
        return Cohort(self.matures, known) if len(known) == len(words) else None

    def _in_time(self, scope: Scope, word: Named) -> Moment | None:
        """The moment of a definition; null: told, or broken."""
        _, meaning = scope.population(word.label, "formula") or (None, None)
        if meaning is None:
            return None
        if meaning.moment is None or meaning.moment_type is None:
            place = re.search(rf"\b{word.label}\b", self.formula)
            message = f"`{word.label}` has no moment, so nobody knows whether it was true in time"
            at = place.start() if place is not None else None
            scope.report("AAC203", message, f"give `{word.label}` an `at: <field>`", "formula", offset=at)
            return None
        return Moment(under(meaning.moment, word.path), meaning.moment_type.name == "date")

    def _derived(self, scope: Scope) -> tuple[Derived, ...]:
        """A formula over other numbers, which must all have its dimensions (AAC226); nothing when it is broken."""
        if scope.formula(self.id, None, "formula") is None:
            return ()  # what is wrong with the formula was told when its name was asked for
        formula = scope.formula(self.formula, None, "formula")
        if formula is None or not self._is_settled(scope, formula):
            return ()
        sides = dict.fromkeys(node.subject for node in walk(formula.node) if isinstance(node, Measured))
        names = [split.name for split in self.by]
        mistakes = [
            (split.steps, _no_dimension(scope, split, names[:number], sides)) for number, split in enumerate(self.by)
        ]
        for steps, mistake in mistakes:
            if mistake is not None:
                scope.report(*mistake, "by", *steps)
        if any(mistake for _, mistake in mistakes):
            return ()
        has_target = self.target is not None
        return (Derived(f"metric:{self.id}", formula.node, self.unit, tuple(names), self.window, has_target),)

    # Its place among the others

    def _check_place(self, scope: Scope) -> None:
        self._check_north_star(scope)
        self._check_others(scope)
        self._check_churn(scope)
        rings = scope.rings("leads_to")
        for ring in rings:
            shown = " leads to ".join(f"`{id_}`" for id_ in ring)
            scope.report("AAC206", f"a ring: {shown}", "break it at one place", "leads_to")
        if not rings and not self._leads_somewhere(scope):
            message = f"nothing says how `{self.id}` leads to money or to the north star"
            advice = "name what gets better with it: `leads_to: [<metric>]`"
            scope.report("AAC411", message, advice, "leads_to" if self.leads_to else "id", level="warning")

    def _check_north_star(self, scope: Scope) -> None:
        """Two are an error at the later one; none is a warning at the first metric there is."""
        others = scope.models("metric")
        if self.role == "north_star":
            first = next(other for other in others if other.role == "north_star")
            if first is not self:
                message = f"there are two north stars: `{first.id}` and `{self.id}`"
                scope.report("AAC225", message, "keep one, and give the other `role: supporting`", "role")
        elif others[0] is self and not any(other.role == "north_star" for other in others):
            message = "no metric is the north star: the one number that all teams pull at"
            advice = "agree on one, and give it `role: north_star`"
            if not scope.is_incomplete("metric"):
                scope.report("AAC410", message, advice, "id", level="warning")

    def _check_others(self, scope: Scope) -> None:
        """Metrics that are named twice, and a guardrail of itself."""
        for key in ("leads_to", "guardrail"):
            named: tuple[str, ...] = getattr(self, key)
            for number, other in enumerate(named):
                if other in named[:number]:
                    scope.report("AAC209", f"`{other}` is told twice", "name it once", key, number)
        if self.id in self.guardrail:
            place = self.guardrail.index(self.id)
            advice = "name another, which gets worse when this one is bought with quality"
            scope.report("AAC308", "a metric cannot watch over itself", advice, "guardrail", place)

    def _leads_somewhere(self, scope: Scope) -> bool:
        """Whether this metric is money, the north star, an input, or leads to one that is asked the same.

        So the one at the dead end is told, and not all that lead to it. Inputs are passed through: nobody asks them.
        """
        if self.role in ("north_star", "input") or is_money(self.unit):
            return True
        ahead, seen = list(self.leads_to), set[str]()
        while ahead:
            id_ = ahead.pop()
            other = scope.model("metric", id_)
            if other is None or other.role != "input" or is_money(other.unit):
                return True
            if id_ not in seen:
                seen.add(id_)
                ahead += other.leads_to
        return False

    def _check_churn(self, scope: Scope) -> None:
        """A churn says of whom it is, and out of which (AAC322): else contracts of a year hide what goes on."""
        key = next((key for key in ("id", "name") if "churn" in (getattr(self, key) or "").lower()), None)
        if key is None or self.role == "input":
            return
        for choice, possible in CHURN.items():
            chosen = self.choices.get(choice)
            if chosen is not None and chosen not in possible:
                advice = did_you_mean(chosen, possible)
                scope.report("AAC322", f"`{chosen}` is no {choice} of churn", advice, "choices", choice)
        lacking = [f"{choice}: {possible[0]}" for choice, possible in CHURN.items() if choice not in self.choices]
        if lacking:
            message = f"churn needs a kind ({_or(CHURN['kind'])}) and a base ({_or(CHURN['base'])})"
            written = ", ".join(
                [*(f"{name}: {self.choices[name]}" for name in CHURN if name in self.choices), *lacking]
            )
            scope.report("AAC322", message, f"write `choices: {{{written}}}`", key)


def _of_another_basis(key: str, basis: Basis, *, is_said: bool) -> Exception:
    """The error for a key that the basis of the metric does not know."""
    message = f"`{key}` is for {_or(BASES_OF[key])}, and the basis of this metric is `{basis}`"
    advice = f"leave it out, or write {_or(f'basis: {other}' for other in BASES_OF[key])}"
    if basis == "derived" and not is_said:
        message = f"`{key}` is for {_or(BASES_OF[key])}, and a metric without `of` is derived from others"
        advice = f"add `of: <entity or definition>`, or leave `{key}` out"
    return wrong("AAC320", message, advice, key, key=True)


def _or(words: Iterable[str]) -> str:
    """The words in a sentence, of which one is meant."""
    *others, last = (f"`{word}`" for word in words)
    return f"{', '.join(others)} or {last}" if others else last


def _words(scope: Scope, node: Node, entity: str) -> Iterator[Named]:
    """The definitions that a formula over records of an entity names, those in computed fields among them."""
    if isinstance(node, Named) and not node.is_part:
        of = node.path[-1].entity if node.path else entity
        if node.label in scope.ids("definition") and scope.entity(node.label, "formula") == of:
            yield node
            return
    for child in children(node):
        yield from _words(scope, child, entity)


def _no_dimension(scope: Scope, split: Split, before: list[str], sides: Iterable[str]) -> tuple[str, str, str] | None:
    """Code, message and advice for what is no dimension of a formula over these sides; null when it is one."""
    if split.name in before:
        return "AAC209", f"`{split.name}` is told twice", "name each dimension once"
    if split.rule != split.name:
        advice = f"write the name alone: `{split.name}`"
        return "AAC320", "a formula over other numbers has no records to split by an expression", advice
    for subject in sides:
        kind, _, id_ = subject.partition(":")
        model = scope.model(kind, id_)
        by = model.by if isinstance(model, Metric) else model.how_measured.by if model is not None else None
        if by is not None and split.name not in (names := [other.name for other in by]):
            advice = did_you_mean(split.name, names) if names else f"leave it out, or add it to `{id_}`"
            return "AAC226", f"the {kind} `{id_}` is not split by `{split.name}`", advice
    return None


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Metric]
