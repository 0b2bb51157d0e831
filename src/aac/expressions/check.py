"""Names, types, units and closed lists of a rule, without data or engine.

`check_rule` and `check_formula` return the rule with every name replaced by what it stands for, so that nothing later
looks a name up. What the functions want stands in `functions`, how values meet in `values`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from aac.expressions.functions import AGGREGATES, FUNCTIONS, aggregate_type
from aac.expressions.mistakes import Refused, TooDeep
from aac.expressions.nodes import (
    BOOLEAN,
    BROKEN,
    NUMBER,
    Aggregate,
    Applied,
    Call,
    Case,
    Literal,
    Meaning,
    Measured,
    Name,
    Named,
    Names,
    Node,
    Rate,
    Reference,
    Rollup,
    Stored,
    Type,
    Values,
    children,
    under,
    walk,
)
from aac.expressions.parse import DIGITS
from aac.expressions.values import Typed, alike, interchanged, literal_type, require_listed, require_units, wanted
from aac.findings import did_you_mean
from aac.units import added, divided, is_currency, multiplied

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AGGREGATES", "FUNCTIONS", "Broken", "Typed", "check_formula", "check_rule", "wanted"]

MOST_LEVELS = 100
MOST_PARTS = 20_000
"""Of a rule with all that its names stand for; an engine reads no deeper, and a person understands far less."""
READ_OFTEN = {"divide": 8, "round_span": 2, "power": 2, "nullif": 2, "least": 2, "greatest": 2, "date_trunc": 2}
"""How often an engine is told each value of a function that has to look at it more than once."""
SIDES = frozenset({"opening", "closing"})
"""Functions over a key's records in force at the opening or the closing of a span (LANGUAGE §8)."""


LEAVES = frozenset({Literal, Stored})
"""Most nodes: nothing is below them."""


class Broken(Exception):
    """Raised when a rule rests on a document that is wrong itself; that one has been told already."""


def check_rule(node: Node, entity: str, names: Names) -> Typed:
    """A rule about one record of ``entity``; raises Refused or Broken."""
    typed = _Checker(entity, names).value(node)
    require_bounded(typed.node)
    return typed


def check_formula(
    node: Node, entity: str | None, names: Names, basis: str = "period", moment: Meaning | None = None
) -> Typed:
    """Arithmetic over aggregates of records of ``entity``, or over other numbers when it is null.

    With the basis ``retention``, aggregates are over keys: a value of theirs is `opening(x)` or `closing(x)`.
    ``moment``: by which records are put into periods; money is converted at its day. Raises Refused or Broken.
    """
    typed = _Checker(entity, names, basis, moment).formula(node)
    require_bounded(typed.node)
    if not any(isinstance(part, Aggregate | Measured) for part in walk(typed.node)):
        raise _no_formula(getattr(node, "at", 0), entity)
    return typed


def require_bounded(node: Node) -> None:
    """Refuses (AAC306) a node that is too deep or too long, all that its names stand for included."""
    level: list[Node] = [node]
    levels, number = 0, 1
    while level:
        levels += 1
        if levels > MOST_LEVELS:
            raise TooDeep
        below: list[Node] = []
        for part in level:
            if type(part) not in LEAVES:
                below += _below(part)
            if number + len(below) > MOST_PARTS:
                message = f"the rule has more than {MOST_PARTS:,} parts, with all that it names"
                raise Refused("AAC306", message, "define a word once and use it once, instead of naming it many times")
        number += len(below)
        level = below


def _below(node: Node) -> tuple[Node, ...]:
    """The nodes below one, roll-ups opened and as often as an engine reads them."""
    match node:
        case Rollup():
            return (node.aggregate, *((node.after,) if node.after else ()))
        case Call():
            return node.arguments * READ_OFTEN.get(node.function, 1)
        case _:
            return children(node)


def _no_formula(at: int, entity: str | None) -> Refused:
    if entity is None:
        advice = "write metrics and attainments, as in `won_deals / leads`; to count records, add `of`"
        return Refused("AAC307", "a formula without `of` is arithmetic over other numbers", advice, at)
    advice = "write an aggregate, as in `count(*)`, `share(won)` or `sum(amount)`"
    return Refused("AAC307", "a formula is arithmetic over aggregates", advice, at)


class _Checker:
    """Checks the rules of one entity, or a formula over other numbers when that is null.

    ``of_keys``: inside an aggregate over keys, whose records are in force at one side or the other. ``moment``: by
    which a record is put into a period, if not by its own. ``given``: what stands for the parameters of a function of a
    plugin, whose rule this is.
    """

    given: Mapping[str, Typed] = MappingProxyType({})

    def __init__(self, entity: str | None, names: Names, basis: str = "period", moment: Meaning | None = None) -> None:
        self.entity = entity or ""
        self.names = names
        self.is_derived = entity is None
        self.is_retention = basis == "retention"
        self.of_keys = False
        self.moment = moment

    # Values of one record

    def value(self, node: Node) -> Typed:
        """The value of a parsed node, with its place."""
        found = self.found(node)
        return Typed(found.node, found.type, getattr(node, "at", 0))

    def found(self, node: Node) -> Typed:
        match node:
            case Literal():
                return Typed(node, literal_type(node.value))
            case Name():
                return self.name(node)
            case Call(function="in_list"):
                return self.in_list(node)
            case Call(function="in_currency"):
                return self.in_currency(node)
            case Call(function=function) if function in SIDES:
                return self.side(node)
            case Call(function=function) if function not in FUNCTIONS:
                return self.macro(node)
            case Call():
                arguments = [self.value(argument) for argument in node.arguments]
                return FUNCTIONS[node.function](self.names, node, arguments)
            case Case():
                return self.case(node)
            case Aggregate():
                raise Refused(
                    "AAC307",
                    f"`{node.function.removesuffix('_distinct')}` is over many records, and this rule is about one",
                    "use a roll-up field, or put the aggregate into a metric's formula",
                    node.at,
                )
            case _:
                raise TypeError(f"{type(node).__name__} is not a parsed node")

    def condition(self, node: Node) -> Node:
        return wanted(self.value(node), "boolean").node

    def case(self, node: Case) -> Typed:
        whens = [self.condition(when) for when, _ in node.branches]
        thens = [self.value(then) for _, then in node.branches]
        (*values, otherwise), type_ = interchanged([*thens, self.value(node.otherwise)], self.names.timezone)
        branches = tuple(zip(whens, (value.node for value in values), strict=True))
        return Typed(Case(branches, otherwise.node, at=node.at), type_)

    def macro(self, call: Call) -> Typed:
        """A function of a plugin: its rule, of what was given. What does not go together is told of the call."""
        macro = self.names.macros()[call.function]
        arguments = [self.value(argument) for argument in call.arguments]
        inner = _Checker(self.entity, self.names, moment=self.moment)
        inner.given = dict(zip(macro.parameters, arguments, strict=True))
        try:
            typed = inner.value(macro.body)
        except Refused as refused:
            problem = refused.problem
            message = f"{problem.message}, in the function `{macro.function}`"
            raise Refused(problem.code, message, problem.instead, call.at) from None
        node = Applied(macro.function, tuple(argument.node for argument in arguments), typed.node, macro.says)
        return Typed(node, typed.type)

    # Names

    def name(self, node: Name) -> Typed:
        first, *rest = node.parts
        if first in self.given:
            return self.given[first]
        if first == "param" and rest:
            return self.parameter(node)
        meaning = self.whole(node)
        if isinstance(meaning.node, Values):
            advice = f"a list stands behind `in` and without brackets: `field in {'.'.join(node.parts)}`"
            raise Refused("AAC313", f"`{'.'.join(node.parts)}` is a list of values", advice, node.at)
        if self.of_keys and isinstance(meaning.node, Stored | Named | Rollup):
            shown = ".".join(node.parts)
            advice = f"write `opening({shown})` or `closing({shown})`"
            raise Refused("AAC312", f"`{shown}` is of the opening or of the closing of a span", advice, node.at)
        return Typed(meaning.node, meaning.type)

    def whole(self, node: Name) -> Meaning:
        """What all parts of a name mean together."""
        meaning, place = self.longest(self.entity, node, 0)
        while place < len(node.parts):
            meaning, place = self.step(meaning, node, place)
        return meaning

    def in_list(self, call: Call) -> Typed:
        """``x in list.regions``: every value of the list must be one that x can have."""
        subject, name = self.value(call.arguments[0]), call.arguments[1]
        meaning = self.whole(name) if isinstance(name, Name) else None
        if meaning is None or not isinstance(meaning.node, Values):
            advice = "write the values in brackets, as in `source in ('web', 'fair')`, or name a list"
            raise Refused("AAC313", "only a list with a name stands behind `in` without brackets", advice, _start(name))
        for value in meaning.node.values:
            alike([subject, Typed(Literal(value), literal_type(value), _start(name))], self.names.timezone)
            require_listed(subject, Typed(Literal(value), meaning.type, _start(name)))
        if subject.text is not None:
            require_listed(replace(subject, node=meaning.node, type=meaning.type), subject)
        return Typed(Call("in", (subject.node, meaning.node), at=call.at), BOOLEAN)

    def side(self, call: Call) -> Typed:
        """``opening(x)`` and ``closing(x)``: the sum of x over a key's records in force at that side."""
        if not self.of_keys:
            message = f"`{call.function}` is of keys over a span of time"
            advice = "use it inside an aggregate of a metric with `basis: retention`"
            raise Refused("AAC312", message, advice, call.at)
        self.of_keys = False
        inner = wanted(self.value(call.arguments[0]), "number")
        self.of_keys = True
        return Typed(replace(call, arguments=(inner.node,)), inner.type)

    def in_currency(self, call: Call) -> Typed:
        """``in_currency(x, 'EUR')``: at the rate of the record's own day."""
        amount, into = wanted(self.value(call.arguments[0]), "number"), self.value(call.arguments[1])
        if into.text is None or not is_currency(into.text):
            advice = "write its three letters, as in `in_currency(amount, 'EUR')`"
            raise Refused("AAC309", "`in_currency` takes a currency that is written out", advice, into.at)
        currency, slash, period = (amount.type.unit or "").partition("/")
        if not is_currency(currency):
            message = f"`in_currency` takes money, and this is in {amount.type.unit or 'no unit'}"
            raise Refused("AAC304", message, "give the field a currency, as in `unit: USD`", amount.at)
        type_ = replace(amount.type, unit=into.text + slash + period)
        if currency == into.text:
            return replace(amount, type=type_)
        rate = Typed(Rate(currency, into.text, self.day(call.at)), NUMBER, into.at)
        product = FUNCTIONS["multiply"](self.names, call, [amount, rate])
        arguments = (amount.node, Literal(into.text), rate.node)
        return Typed(replace(call, arguments=arguments), replace(type_, places=product.type.places))

    def day(self, at: int) -> Node:
        """The day of the record: that of the moment by which it is put into a period, else by which it exists."""
        moment = self.moment or self.names.own_moment(self.entity)
        if moment is None:
            advice = f"give `{self.entity}` an `occurs: <field>`, or the metric an `at`"
            raise Refused("AAC315", f"a rate is of a day, and `{self.entity}` has no moment", advice, at)
        if not self.names.has_rates():
            advice = "add an entity with `id: exchange_rate` and `extends: aac`, as the package brings it"
            raise Refused("AAC315", "there are no exchange rates", advice, at)
        if moment.type.name == "date":
            return moment.node
        return Call("local_day", (moment.node, Literal(self.names.timezone)))

    def longest(self, entity: str, node: Name, place: int) -> tuple[Meaning, int]:
        """What the parts from a place on mean on an entity, as many as make one name; and the place behind them."""
        if node.parts[place] in self.names.families():
            for end in range(len(node.parts), place + 1, -1):
                name = ".".join(node.parts[place:end])
                found = self.asked(entity, name, _at(node, place))
                # behind such a name there is nothing but its moment
                if found is not None and (end == len(node.parts) or found.moment is not None):
                    return found, end
            if self.asked(entity, node.parts[place], _at(node, place)) is None:
                raise self.no_such_word(entity, node, place)
        return self.meaning(entity, node, place), place + 1

    def no_such_word(self, entity: str, node: Name, place: int) -> Refused:
        """The problem of a name with a kind ahead, as in `icp.core`, that no document lends."""
        written, at = ".".join(node.parts[place:]), _at(node, place)
        known = self.names.families()[node.parts[place]]
        if written in known:
            message = f"`{written}` is of an entity to which no reference of `{entity}` leads"
            raise Refused("AAC203", message, f"give `{entity}` a field with a `ref` that leads there", at)
        document = ".".join(node.parts[place : place + 2])
        of_document = [name for name in known if f"{name}.".startswith(f"{document}.")]
        advice = did_you_mean("", of_document) or did_you_mean(written, known) or f"name a field of `{entity}`"
        return Refused("AAC203", f"`{written}` means nothing on `{entity}`", advice, at)

    def meaning(self, entity: str, node: Name, place: int) -> Meaning:
        """What one part of a name means on an entity."""
        name, at = node.parts[place], _at(node, place)
        meaning = self.asked(entity, name, at)
        if meaning is None:
            self.refuse_numbers(node)
            raise Refused("AAC203", f"`{name}` means nothing on `{entity}`", self.advice(entity, node, place), at)
        return meaning

    def refuse_numbers(self, node: Name) -> None:
        """Refuses the name of a metric or an attainment in what is about records."""
        shown = ".".join(node.parts)
        if self.names.is_number(shown):
            message = f"`{shown}` is a number over many records, and this is about records"
            advice = "calculate with it in the formula of a metric without `of`"
            raise Refused("AAC307", message, advice, node.at)

    def asked(self, entity: str, name: str, at: int) -> Meaning | None:
        """What a name means on an entity; null when nothing. Raises Broken for what was told already."""
        try:
            meaning = self.names.meaning(entity, name)
        except Refused as refused:
            problem = refused.problem
            raise Refused(problem.code, problem.message, problem.instead, at) from None
        if meaning is not None and meaning.type == BROKEN:
            raise Broken
        return meaning

    def advice(self, entity: str, node: Name, place: int) -> str:
        """What to write instead of a part of a name that means nothing on an entity."""
        name = node.parts[place]
        if node.quoted and len(node.parts) == 1:
            return f"if it is text, write '{name}' in single quotes"
        if name == entity and place == 0 and len(node.parts) > 1:
            return f"write `{'.'.join(node.parts[1:])}`: the rule is about `{entity}` already"
        families = self.names.families()
        # names with a kind ahead are told to whoever writes a kind ahead
        plain = [other for other in self.names.known(entity) if "." not in other or other.split(".")[0] not in families]
        known = did_you_mean(name, plain) or f"add it as a field of `{entity}`"
        is_text = place == 0 and len(node.parts) == 1 and not known.startswith("did you mean")
        return f"if it is text, write '{name}' in single quotes; else {known}" if is_text else known

    def step(self, meaning: Meaning, node: Name, place: int) -> tuple[Meaning, int]:
        """From what a name means up to a part, to what it means with that part or more; and the place behind."""
        shown, part, at = ".".join(node.parts[:place]), node.parts[place], _at(node, place)
        if part == "at" and isinstance(meaning.node, Named) and meaning.type.name == "boolean":
            if meaning.moment is None or meaning.moment_type is None:
                raise Refused("AAC203", f"`{shown}` has no moment", f"give `{shown}` an `at: <field>`", at)
            moment = Named(f"{meaning.node.label}.at", meaning.moment, is_moment=True)
            return Meaning(moment, meaning.moment_type), place + 1
        if meaning.type.entity is None or not isinstance(meaning.node, Stored):
            advice = f'write `{shown}`, or `"{shown}.{part}"` if the name has a dot in it'
            raise Refused("AAC203", f"`{shown}` is no reference and has no `.{part}`", advice, at)
        path = (*meaning.node.path, Reference(meaning.node.field, meaning.type.entity))
        found, behind = self.longest(meaning.type.entity, node, place)
        moment = under(found.moment, path) if found.moment is not None else None
        return replace(found, node=under(found.node, path), moment=moment), behind

    def parameter(self, node: Name) -> Typed:
        name, at = ".".join(node.parts[1:]), _at(node, 1)
        try:
            value = self.names.parameter(name)
        except KeyError:
            advice = did_you_mean(name, self.names.parameters()) or f"add `{name} = …` under [param] in aac.toml"
            raise Refused("AAC203", f"there is no parameter `{name}`", advice, at) from None
        if isinstance(value, int | Decimal) and _is_long(Decimal(value)):
            advice = f"write one of at most {DIGITS} digits in aac.toml"
            raise Refused("AAC302", f"`param.{name}` is too long a number", advice, at)
        return Typed(Literal(value, label=f"param.{name}", at=node.at), literal_type(value))

    # Values of many records

    def formula(self, node: Node) -> Typed:
        match node:
            case Aggregate():
                typed = self.aggregate(node)
            case Literal():
                typed = Typed(node, literal_type(node.value))
            case Call(function="add" | "subtract" | "multiply" | "divide"):
                left, right = (self.formula(argument) for argument in node.arguments)
                typed = _formula_arithmetic(node, left, right, self.names)
            case Call(function="per_year"):
                typed = FUNCTIONS["per_year"](self.names, node, [self.formula(node.arguments[0])])
            case Name(parts=("param", _, *_)):
                typed = self.parameter(node)
            case Name() if self.is_derived:
                typed = self.number(node)
            case Name():
                self.refuse_numbers(node)
                raise _no_formula(node.at, self.entity)
            case _:
                raise _no_formula(getattr(node, "at", 0), None if self.is_derived else self.entity)
        return replace(typed, at=node.at)

    def number(self, node: Name) -> Typed:
        """A metric or an attainment in a formula over other numbers."""
        shown = ".".join(node.parts)
        meaning = self.asked(self.entity, shown, node.at)
        if meaning is None or not isinstance(meaning.node, Measured):
            known = did_you_mean(shown, self.names.known(self.entity))
            advice = known or "write the id of a metric, or `sla.<id>.attainment`"
            raise Refused("AAC203", f"there is no metric `{shown}`", advice, node.at)
        return Typed(meaning.node, meaning.type)

    def aggregate(self, node: Aggregate) -> Typed:
        if self.is_derived:
            raise _no_formula(node.at, None)
        self.of_keys = self.is_retention
        typed = self.over_records(node)
        self.of_keys = False
        return typed

    def over_records(self, node: Aggregate) -> Typed:
        where = self.condition(node.where) if node.where is not None else None
        arguments = [self.value(argument) for argument in node.arguments]
        type_ = aggregate_type(node, arguments)
        return Typed(replace(node, arguments=tuple(a.node for a in arguments), where=where), type_)


def _at(node: Name, place: int) -> int:
    return node.places[place] if node.places else node.at


def _start(node: Node) -> int:
    return int(getattr(node, "at", 0))


def _is_long(number: Decimal) -> bool:
    digits, exponent = len(number.as_tuple().digits), number.as_tuple().exponent
    return not isinstance(exponent, int) or digits + max(exponent, 0) > DIGITS or -exponent > DIGITS


def _formula_arithmetic(node: Call, left: Typed, right: Typed, names: Names) -> Typed:
    """Arithmetic between numbers over many records; a span keeps its scale, so both sides must have one."""
    for side in (left, right):
        wanted(side, "number")
    rule = {"add": added, "subtract": added, "multiply": multiplied, "divide": divided}[node.function]
    unit = require_units(rule, left, right, right.at)
    if node.function in {"add", "subtract"} or (node.function == "divide" and left.type.unit == right.type.unit):
        left, right = alike([left, right], names.timezone)
    scale = Fraction(left.type.scale)
    if node.function == "divide":
        scale /= right.type.scale
    elif node.function == "multiply":
        scale *= right.type.scale
    if scale.denominator != 1:
        raise Refused("AAC304", "a number divided by a time has no unit", "divide the time by the number", right.at)
    name = "span" if scale != 1 else "number"
    return Typed(replace(node, arguments=(left.node, right.node)), Type(name, unit=unit, scale=int(scale)))
