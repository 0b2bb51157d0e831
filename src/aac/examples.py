"""Worked examples of definitions, run when validating: without data, for one record of which the given names are known.

What is given is read as the type that its name has, wherever the rule looks for it: a field, a word of another
document, a moment. What is not given is unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.expressions.interpret import Record, evaluate
from aac.expressions.nodes import (
    BROKEN,
    Call,
    Literal,
    Named,
    Node,
    Reference,
    Rollup,
    Stored,
    Values,
    as_written,
    children,
)
from aac.expressions.sense import business
from aac.expressions.values import said
from aac.expressions.words import words
from aac.findings import did_you_mean
from aac.kinds.definition import Definition
from aac.periods import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.interpret import Known
    from aac.expressions.nodes import Path, Type
    from aac.expressions.words import Titles
    from aac.kinds.base import Scope
    from aac.kinds.definition import Example
    from aac.project import Project

TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
SHOWN: dict[Known, str] = {True: "true", False: "false", None: "unknown"}
PLACES = {"integer": 0, "number": 6, "money": 4}
"""Decimal places of exact numbers (LANGUAGE §3)."""
EPOCH = date(1970, 1, 1)


def worked_examples(project: Project) -> None:
    """Every worked example comes to what it says (AAC420), and gives values that there may be."""
    for model in project.of_kind("definition"):
        if isinstance(model, Definition) and model.examples:
            entity = project.graph.entity_of(("definition", model.id))
            meaning = project.graph.meaning(entity, model.id) if entity is not None else None
            if entity is None or meaning is None or meaning.type == BROKEN:
                continue
            runner = _Runner(project, entity, meaning.node, project.scope(("definition", model.id)))
            for number, example in enumerate(model.examples):
                runner.run(number, example)


@dataclass(frozen=True)
class _Runner:
    """Runs the examples of one definition."""

    project: Project
    entity: str
    rule: Node
    scope: Scope

    def run(self, number: int, example: Example) -> None:
        values: dict[Node, Known] = {}
        there: set[Path] = set()
        is_fine = True
        for name, text in example.given.items():
            place = ("examples", number, "given", name)
            checked = self.scope.named(name, self.entity, *place)
            if checked is None:
                is_fine = False
                continue
            try:
                value = read_value(text, checked.type, self.project.timezone) if text is not None else None
            except ValueError as error:
                code, message, advice = error.args
                self.scope.report(code, message, advice, *place)
                is_fine = False
                continue
            node = as_written(checked.node)
            values[node] = value
            there |= _records_behind(node, checked.type, is_known=value is not None)
        if is_fine:
            self._compare(number, example, values, there)

    def _compare(self, number: int, example: Example, values: dict[Node, Known], there: set[Path]) -> None:
        calendars = {calendar.id: calendar for calendar in self.project.calendars}
        record = Record(values, frozenset(there), calendars)
        value = evaluate(self.rule, record)
        if SHOWN[value] != example.is_:
            message = f"the rule comes to {SHOWN[value]} here, as {_reason(self.rule, record, self.project.titles)}"
            advice = f"correct the rule or what is given, or write `is: {SHOWN[value]}`"
            self.scope.report("AAC420", message, advice, "examples", number, "is")


def read_value(text: str, type_: Type, zone: str) -> Known:
    """A value as rules know it: dates in days, moments in microseconds, lengths of time in the scale of their type.

    Raises ValueError with the code, the message and the advice of a finding.
    """
    match type_.name:
        case "boolean":
            if text.lower() not in TRUTHS:
                raise _no_value(text, type_, "write `true` or `false`")
            return TRUTHS[text.lower()]
        case "date" | "timestamp":
            return _read_moment(text, type_, zone)
        case "text":
            if type_.values is not None and text not in type_.values:
                raise ValueError("AAC305", f"`{text}` is not in the list of values", did_you_mean(text, type_.values))
            return text
        case _:
            return _read_number(text, type_)


def _read_moment(text: str, type_: Type, zone: str) -> int:
    advice = "write it as `2026-02-28`" + (" or `2026-02-28 09:30`" if type_.name == "timestamp" else "")
    try:
        moment = parse_moment(text, zone)
        if type_.name == "timestamp":
            return moment
        return (date.fromisoformat(text) - EPOCH).days
    except ValueError:
        raise _no_value(text, type_, advice) from None


def _read_number(text: str, type_: Type) -> Known:
    """Digits as an exact number; a length of time may have any part that is a whole number of its scale."""
    if not NUMBER.fullmatch(text):
        raise _no_value(text, type_, "write plain digits, as in `1500.5`")
    number = Fraction(text) * type_.scale
    places = 0 if type_.name == "span" else PLACES.get(type_.name)
    if places is not None and (number * 10**places).denominator != 1:
        advice = f"write at most {places} decimal places" if places else "write a whole number"
        raise _no_value(text, type_, advice)
    if type_.name == "float":
        return float(number)
    return int(number) if number.denominator == 1 else number


def _no_value(text: str, type_: Type, advice: str) -> ValueError:
    return ValueError("AAC308", f"`{text}` is not {said(type_)}", advice)


def _records_behind(node: Node, type_: Type, *, is_known: bool) -> set[Path]:
    """The references that lead to a record, if so much is known of it: on the way to a value, and a value itself."""
    if not is_known or not isinstance(node, Stored | Rollup | Named):
        return set()
    way = node.path
    if isinstance(node, Stored) and type_.entity is not None:
        way = (*way, Reference(node.field, type_.entity))
    return {way[:end] for end in range(1, len(way) + 1)}


# Why a rule came to what it did


def _reason(rule: Node, record: Record, titles: Titles) -> str:
    """The part of a rule by which it is true, false or unknown, in words."""
    part = _deciding(rule, record)
    value = evaluate(part, record)
    if value is None:
        unknown = list(dict.fromkeys(words(leaf, titles) for leaf in _unknown_leaves(part, record)))
        return f"{' and '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} not known"
    said_so = words(part, titles)
    return said_so if value else f"it is not true that {said_so}"


def _deciding(node: Node, record: Record) -> Node:
    """The innermost part that by itself makes a rule what it is."""
    value = evaluate(node, record)
    match node:
        case _ if node in record.values:
            return node
        case Named(body=body) if evaluate(body, record) is value:
            return _deciding(body, record)
        case Call(function="and" | "or", arguments=parts):
            if value is not None and value is (node.function == "and"):
                return node  # all of them together
            return next(_deciding(part, record) for part in parts if evaluate(part, record) is value)
        case _:
            return node


def _unknown_leaves(node: Node, record: Record) -> Iterator[Node]:
    """What is not known of the record, of all that a part looks at."""
    if evaluate(node, record) is not None:
        return
    below = (business(node) or node) if node not in record.values else None
    parts = children(below) if below is not None and not isinstance(below, Stored | Rollup) else ()
    deeper = [leaf for part in parts if not isinstance(part, Values) for leaf in _unknown_leaves(part, record)]
    if deeper:
        yield from deeper
    elif not isinstance(node, Literal):
        yield node
