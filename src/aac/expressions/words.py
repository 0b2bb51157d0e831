"""A checked rule -> English, for people who do not read SQL: findings, `aac explain` and pages say it the same way.

A rule is said of one record, which is «it»; what a reference leads to is «its account».
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, cast

from aac.expressions.nodes import (
    NOTHING,
    Aggregate,
    Applied,
    AsOf,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Case,
    Column,
    DaysLater,
    Literal,
    Measured,
    Name,
    Named,
    Node,
    OpenTime,
    Over,
    Path,
    PeriodEnd,
    Rate,
    Rollup,
    Stored,
    Type,
    Values,
    as_written,
)
from aac.expressions.phrases import (
    ARITHMETIC,
    COMPARED,
    CONVERSIONS,
    MIRRORED,
    NUMBERS,
    OF_MOMENTS,
    OPEN,
    PARTS_OF_TIME,
    VALUES,
    amount,
    both,
    either,
    field_words,
    is_plural,
    lowered,
    pattern_words,
    percentile,
    plural,
    quoted,
    spaced,
    with_article,
)  # fmt: skip
from aac.expressions.sense import Sense, between, business, merged, tells_its_unit
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal


@record
class Titles:
    """What people call things, and what fields are.

    ``names`` go by what rules say (`mql`, `lead`, `icp.core`, `list.regions`), and by ``kind:id`` for what is no word
    of a rule (`calendar:desk`, `metric:win_rate`). ``types``: of stored fields, by entity and name. What is not in
    them is called by its id.
    """

    names: Mapping[str, str] = field(default_factory=dict[str, str])
    types: Mapping[tuple[str, str], Type] = field(default_factory=dict[tuple[str, str], Type])


def words(node: Node, titles: Titles, records: str = "records") -> str:
    """A rule as a phrase without a capital letter or a full stop: `score is more than 50 (mql_threshold)`.

    ``records``: what those are called that a formula counts.
    """
    speaker, node = _Speaker(titles, records), as_written(node)
    return speaker.condition(node) if speaker.sense.is_condition(node) else speaker.value(node)


class _Speaker:
    """Says nodes: conditions as sentences, values as nouns."""

    def __init__(self, titles: Titles, records: str = "records") -> None:
        self.titles = titles
        self.records = records
        self.sense = Sense(titles.types)

    # Conditions

    def condition(self, node: Node, negated: bool = False) -> str:
        """What is true of a record, as a sentence."""
        match node:
            case Literal(value=bool() as value):
                return "it always holds" if value != negated else "it never holds"
            case Named(is_part=True, label=label, body=body):
                said = f"{spaced(label)} ({self.condition(body)})"
                return f"not {said}" if negated else said
            case Named() | Stored():
                return self.record(node, negated)
            case Applied(function=function, says="") if function.startswith("is_"):
                return f"it is {'not ' * negated}{self.applied(node).removeprefix('is ')}"
            case Applied(says=""):
                return f"{self.applied(node)} is {'not ' * negated}true"
            case Applied():
                return f"{'it is not true that ' * negated}{self.applied(node)}"
            case Call(function="not", arguments=(inner,)):
                return self.condition(inner, not negated)
            case Call(function="and" | "or"):
                return self.connected(node, negated)
            case Call(function="eq" | "ne" | "lt" | "le" | "gt" | "ge"):
                return self.compared(node, negated)
            case Call(function="in"):
                return self.listed(node, negated)
            case Call(function="like" | "ilike"):
                return self.matched(node, negated)
            case Call(function="is_null" | "is_not_null", arguments=(inner,)):
                return self.known(inner, (node.function == "is_not_null") != negated)
            case Call(function="is_true" | "is_false", arguments=(inner,)):
                return f"it is {'not ' * negated}known that {self.clause(inner, node.function == 'is_false')}"
            case Call(function="coalesce", arguments=(inner, Literal(value=bool() as value))):
                return self.assumed(inner, value, negated)
            case Case():
                return self.decided(node, negated)
            case Call(function="is_not_false", arguments=(inner,)):
                return self.assumed(inner, True, negated)
            case Call(function="is_open", arguments=(calendar, moment)):
                return f"{self.value(moment)} is {'not ' * negated}in the hours of {self.value(calendar)}"
            case _:
                return f"{self.value(node)} is {'not ' * negated}true"

    def record(self, node: Named | Stored, negated: bool) -> str:
        """What is said of the record itself, or of one that it refers to."""
        return f"{self.owner(node.path)} {self.predicate(node, negated)}"

    def predicate(self, node: Named | Stored, negated: bool, many: bool = False) -> str:
        """`is a Customer`, `is not marked as duplicate`; of ``many`` records `count as a Customer`."""
        no = "not " * negated
        be = "are" if many else "is"
        label = node.label if isinstance(node, Named) else node.field
        if isinstance(node, Named) and label.startswith("icp.") and label.count(".") == 1:
            fits = "fit" if many or negated else "fits"
            do = ("do " if many else "does ") + no if negated else ""
            return f"{do}{fits} the ICP {self.title(label)}"
        if isinstance(node, Named) and label in self.titles.names:
            title = with_article(self.titles.names[label])
            if not many:
                return f"is {no}{title}"
            return f"{'do not ' * negated}count as {title}"
        prefix, _, rest = spaced(label).partition(" ")
        if prefix == "is" and rest:
            return f"{be} {no}{rest}"
        if prefix == "has" and rest:
            return f"{be} {no}marked as having {rest}"
        return f"{be} {no}{'marked' if isinstance(node, Stored) else 'counted'} as {spaced(label)}"

    def connected(self, node: Call, negated: bool) -> str:
        parts = node.arguments
        if all(isinstance(part, Named) and part.is_part for part in parts):
            listed = ", ".join(self.condition(part) for part in parts)
            return f"{'not ' * negated}{'all' if node.function == 'and' else 'any'} of: {listed}"
        if (limits := between(node)) is not None:
            return self.within(*limits, negated)
        joins = {"and": "or", "or": "and"}[node.function] if negated else node.function
        said = ""
        before: Node | None = None
        for part in merged(node):
            clause = self.clause(part, negated)
            if before is not None and _is_of_it(before) and _is_of_it(part):
                clause = clause.removeprefix("it ")
            said += f" {joins} {clause}" if said else clause
            before = part
        return said

    def clause(self, node: Node, negated: bool = False) -> str:
        """A condition inside another, in brackets where its end could not be heard."""
        inner = node
        while isinstance(inner, Call) and inner.function == "not":
            inner = inner.arguments[0]
        is_open = isinstance(inner, Case) or (isinstance(inner, Call) and inner.function in OPEN)
        is_closed = isinstance(inner, Call) and between(inner) is not None
        said = self.condition(node, negated)
        return f"({said})" if is_open and not is_closed else said

    def within(self, subject: Node, low: Node, high: Node, negated: bool) -> str:
        limits = f"{self.limit(low, subject)} and {self.limit(high, subject)}"
        return f"{self.subject(subject)} {'not ' * negated}between {limits}"

    def compared(self, node: Call, negated: bool) -> str:
        function, (left, right) = node.function, node.arguments
        if isinstance(left, Literal) and not isinstance(right, Literal):
            function, left, right = MIRRORED[function], right, left
        if function == "ne":
            function, negated = "eq", not negated
        if function == "eq" and (truth := self.equated(left, right, negated)) is not None:
            return truth
        of_moments = self.sense.is_moment(left) or self.sense.is_moment(right)
        relation = COMPARED[function][of_moments]
        if function == "eq" and not isinstance(right, Literal):
            relation = "the same as "
        return f"{self.subject(left)} {'not ' * negated}{relation}{self.limit(right, left)}"

    def equated(self, left: Node, right: Node, negated: bool) -> str | None:
        """Two conditions that are equal: `= true` is the condition itself; null for values."""
        if isinstance(right, Literal) and isinstance(right.value, bool):
            return self.condition(left, right.value == negated)
        if self.sense.is_condition(left) and self.sense.is_condition(right):
            two = f"{self.clause(left)} and {self.clause(right)}"
            return f"only one of these holds: {two}" if negated else f"both or neither of these hold: {two}"
        return None

    def listed(self, node: Call, negated: bool) -> str:
        subject, *others = node.arguments
        said = f"{self.subject(subject)} {'not ' * negated}"
        if len(others) == 1 and isinstance(others[0], Values):
            return f"{said}in {self.value(others[0])}"
        values = [self.limit(other, subject) for other in others]
        return f"{said}{values[0]}" if len(values) == 1 else f"{said}one of {either(values)}"

    def matched(self, node: Call, negated: bool) -> str:
        subject, pattern = node.arguments
        verb, rest = "match", self.value(pattern)
        if isinstance(pattern, Literal) and isinstance(pattern.value, str):
            verb, rest = pattern_words(pattern.value)
        said = f"does not {verb}" if negated else f"{verb}es" if verb == "match" else f"{verb}s"
        cases = ", in small or capital letters" if node.function == "ilike" else ""
        return f"{self.value(subject)} {said} {rest}{cases}"

    def known(self, inner: Node, is_known: bool) -> str:
        if self.sense.is_condition(inner):
            return f"it is {'' if is_known else 'not '}known whether {self.clause(inner)}"
        return f"{self.subject(inner)} {'' if is_known else 'not '}known"

    def assumed(self, inner: Node, value: bool, negated: bool) -> str:
        """A condition with what counts when it is unknown."""
        if value == negated:
            return f"it is known that {self.clause(inner, negated)}"
        return f"{self.clause(inner, negated)}, or that is not known"

    def decided(self, node: Case, negated: bool) -> str:
        """A condition by cases."""

        def holds(then: Node) -> str:
            if isinstance(then, Literal):
                return "not known" if then.value is None else "yes" if then.value != negated else "no"
            return self.condition(then, negated)

        parts = [f"if {self.condition(when)}: {holds(then)}" for when, then in node.branches]
        return f"{'; '.join(parts)}; otherwise: {holds(node.otherwise)}"

    def that(self, where: Node) -> str:
        """Which records: `that are marked as duplicate`, `for which score is more than 50`."""
        negated, inner = False, where
        while isinstance(inner, Call) and inner.function == "not":
            negated, inner = not negated, inner.arguments[0]
        if isinstance(inner, Named | Stored) and _is_of_it(inner):
            return f"that {self.predicate(inner, negated, many=True)}"
        return f"for which {self.condition(where)}"

    # Values

    def subject(self, node: Node) -> str:
        """A value with its verb; behind a clause there is a comma."""
        said = self.value(node)
        title = self.field_title(node) if isinstance(node, Stored) else ""
        comma = "," * (any(sign in said for sign in (", ", " for which ", " where ")))
        return f"{said}{comma} {'are' if tells_its_unit(node) or is_plural(title) else 'is'}"

    def limit(self, node: Node, subject: Node) -> str:
        """What a value is compared with, in the value's unit where its own words do not tell it."""
        if not isinstance(node, Literal):
            return self.value(node)
        return self.literal(node, None if tells_its_unit(subject) else self.sense.unit(subject))

    def value(self, node: Node) -> str:
        """A value as a noun."""
        match node:
            case Literal():
                return self.literal(node)
            case Named() if not self.sense.is_condition(node):
                return self.named(node)
            case Stored() if not self.sense.is_condition(node):
                return _of(self.field_title(node), node.path)
            case Applied() if not self.sense.is_condition(node):
                return self.applied(node)
            case Named() | Stored() | Applied():
                return f"whether {self.condition(node)}"
            case Call() if self.sense.is_condition(node):
                return f"whether {self.condition(node)}"
            case Call():
                return self.call(node)
            case Case() if not self.sense.is_condition(node):
                return self.case(node)
            case Case():
                return f"whether this holds: {self.condition(node)}"
            case Aggregate():
                return self.aggregate(node)
            case Rollup():
                return self.rollup(node)
            case Values(label=label):
                return f"the list {self.title(label)}"
            case Measured(subject=subject):
                return self.measured(subject)
            case AsOf():
                return "the moment of the data"
            case Rate(currency=currency, into=into):
                return f"the rate of {currency} in {into}"
            case PeriodEnd(end=end):
                return "the first day of the period" if end == "from" else "the first day after the period"
            case Column(name=name):
                return f"the column “{name}”"
            case Name(parts=parts):
                return ".".join(parts)
            case Over(function="place"):
                return "the place of the record"
            case Over(function=function, value=value):
                said = self.value(value)
                is_next = function == "next"
                return f"{said} of the next record" if is_next else f"the latest {said} of all records before"
            case CalendarNumber(calendar=calendar):
                return self.calendar(calendar)
            case OpenTime(number=number, moment=moment):
                return f"the open time until {self.value(moment)} by {self.value(number)}"
            case DaysLater(moment=moment, days=days, months=months):
                parts = [f"{n} {word}{'s' * (n != 1)}" for n, word in ((months, "month"), (days, "day")) if n]
                return f"{' and '.join(parts)} after {self.value(moment)}"
            case BusinessDaysLater(number=number, moment=moment, days=days):
                word = "business day" if days == 1 else "business days"
                return f"{days} {word} after {self.value(moment)} by {self.value(number)}"

    def literal(self, node: Literal, unit: str | None = None) -> str:
        value = node.written if node.written is not None else node.value
        is_text = isinstance(value, str) and node.written is None
        said = quoted(str(value)) if is_text else amount(value, unit)
        return f"{said} ({node.label.removeprefix('param.')})" if node.label else said

    def named(self, node: Named) -> str:
        """What has a name: a computed field, or a word with dots such as `icp.core.score`."""
        kind, *rest = node.label.split(".")
        if len(rest) > 1:
            document = self.title(f"{kind}.{rest[0]}")
            shown = "ICP" if kind == "icp" else kind
            return _of(f"{spaced('.'.join(rest[1:]))} in the {shown} {document}", node.path)
        return _of(self.title(node.label), node.path)

    def applied(self, node: Applied) -> str:
        """A function of a plugin, in its own words or by its name: `free mail of email`."""
        said = [self.operand(argument, node.function) for argument in node.arguments]
        return node.says.format(*said) if node.says else f"{spaced(node.function)} of {both(said)}"

    def call(self, node: Call) -> str:
        function, arguments = node.function, node.arguments
        said = [self.operand(part, function) for part in arguments]
        match function, arguments:
            case "multiply", (part, Literal(value=int() as factor, at=0)) if factor in CONVERSIONS:
                return self.value(part)
            case "with_places", (part, _):
                return self.value(part)  # nobody wrote it
            case "subtract", (Literal(value=0), part):
                return f"minus {self.operand(part, function)}"
            case "add" | "subtract", (left, right):
                unit = self.sense.first_unit(arguments)
                said = [self.in_unit(left, function, unit), self.in_unit(right, function, unit)]
            case "coalesce" | "nullif", (first, *others):
                return self.first_known(function, first, others)
            case "least" | "greatest", _:
                said = [self.in_unit(part, function, self.sense.first_unit(arguments)) for part in arguments]
                return f"the {function} of {', '.join(said[:-1])} and {said[-1]}"
            case "round", (_, Literal(value=int() as places)) if places:
                said[1] = f"{places} decimal{'s' * (places != 1)}"
            case "round", _:
                said[1:] = ["a whole number"]
            case "opening" | "closing", (Literal(value=1),):
                said = [f"the number of {self.records}"]
            case "business_hours_between", (_, _, calendar):
                said[2] = self.calendar(calendar)
            case "date_part" | "date_trunc", (Literal(value=part), _):
                said[0] = PARTS_OF_TIME.get(str(part), str(part))
            case _:
                pass
        return VALUES[function].format(*said) if function in VALUES else f"{spaced(function)} of {both(said)}"

    def operand(self, node: Node, function: str) -> str:
        """An argument; in brackets where its end could not be heard."""
        said = self.value(node)
        match node:
            case Call(function="with_places", arguments=(part, _)):
                return self.operand(part, function)
            case Call(function=inner) if inner in ARITHMETIC:
                is_open = inner != function or function not in {"add", "multiply"}
            case Call(function=inner):
                is_open = inner in {"coalesce", "nullif", "round", "power"}
            case Case():
                is_open = business(node) is None
            case Applied(says=says):
                is_open = bool(says)
            case Aggregate(function=inner, where=where):
                is_open = where is not None or inner in {"count_if", "share"}
            case _:
                is_open = False
        return f"({said})" if is_open and " " in said else said

    def in_unit(self, node: Node, function: str, unit: str | None) -> str:
        return self.literal(node, unit) if isinstance(node, Literal) else self.operand(node, function)

    def first_known(self, function: str, first: Node, others: Sequence[Node]) -> str:
        values = [self.literal(o, self.sense.unit(first)) if isinstance(o, Literal) else self.value(o) for o in others]
        if function == "nullif":
            return VALUES[function].format(self.value(first), *values)
        said = VALUES[function].format(self.value(first), values[0])
        return said + "".join(f", or {value} if that is not known either" for value in values[1:])

    def case(self, node: Case) -> str:
        if (elapsed := business(node)) is not None:
            return self.value(elapsed)
        parts = [f"{self.value(then)} if {self.condition(when)}" for when, then in node.branches]
        otherwise = "not known" if node.otherwise == NOTHING else self.value(node.otherwise)
        return f"{', '.join(parts)}, otherwise {otherwise}"

    def aggregate(self, node: Aggregate, whose: str | None = None) -> str:
        """A number over many records: `the number of records that count as an SQL`; of a roll-up ``whose`` they are."""
        records = whose or self.records
        function, arguments, where = node.function, node.arguments, node.where
        template = NUMBERS.get(function, f"{spaced(function)} of {{0}}")
        if function in OF_MOMENTS and arguments and self.sense.is_moment(arguments[-1]):
            template = OF_MOMENTS[function]
        match function, arguments:
            case "count", ():
                return template.format(f"{records} {self.that(where)}" if where else records)
            case "count", (counted,):
                said = template.format(f"{records} {self.that(Call('is_not_null', (counted,)))}")
            case "count_if" | "share", (rule,):
                said = template.format(f"{records} {self.that(rule)}")
                return f"{said}, of those {self.that(where)}" if where else said
            case "quantile_cont", (of, Literal(value=share)):
                said = template.format(self.operand(of, function), percentile(cast("Decimal", share)))
            case "min" | "max", (ranked,):
                noun = self.operand(ranked, function)
                said = template.format(f"value of {noun}" if isinstance(ranked, Column) else noun.removeprefix("the "))
            case _:
                said = template.format(*(self.operand(part, function) for part in arguments))
        if whose is not None and function not in {"count", "count_if", "share"}:
            said = f"{said} of {records}"
        if where is None:
            return said
        return f"{said} {self.that(where)}" if whose is not None else f"{said} where {self.condition(where)}"

    def rollup(self, node: Rollup) -> str:
        children = plural(lowered(self.title(node.child)))
        whose = f"its {children}" if not node.path else f"the {children} of {self.owner(node.path)}"
        said = self.aggregate(node.aggregate, whose)
        return f"{said}, at or after {self.value(node.after)}" if node.after is not None else said

    def measured(self, subject: str) -> str:
        kind, _, id_ = subject.partition(":")
        title = self.titles.names.get(subject, spaced(id_))
        return f"the attainment of {title}" if kind == "sla" else title

    def calendar(self, node: Node) -> str:
        if isinstance(node, Literal):
            id_ = str(node.value)
            return f"the calendar {self.titles.names.get(f'calendar:{id_}', id_)}"
        said = self.value(node)
        return said if "calendar" in said else f"the calendar that is {said}"

    # Names

    def title(self, name: str) -> str:
        """What people call something, else its id in words."""
        return self.titles.names.get(name) or field_words(name.rpartition(".")[2])

    def field_title(self, node: Stored) -> str:
        return self.titles.names.get(f"{node.entity}.{node.field}") or field_words(node.field)

    def owner(self, path: Path) -> str:
        """The record a path leads to: `it`, `its account`, `the owner of its account`."""
        if not path:
            return "it"
        first, *others = (field_words(re.sub("_id$", "", step.field)) for step in path)
        return "".join(f"the {step} of " for step in reversed(others)) + f"its {first}"


def _is_of_it(node: Node) -> bool:
    """Whether the node, or what it denies, is said of the record itself."""
    while isinstance(node, Call) and node.function == "not":
        node = node.arguments[0]
    return isinstance(node, Named | Stored) and not node.path and not (isinstance(node, Named) and node.is_part)


def _of(noun: str, path: Path) -> str:
    return f"the {noun} of {_Speaker(Titles()).owner(path)}" if path else noun
