"""Rules over things of a small world of names: what tests need that check single rules without a project."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aac.expressions.check import check_formula, check_rule
from aac.expressions.mistakes import Problem, Refused
from aac.expressions.nodes import (
    BOOLEAN,
    BROKEN,
    DATE,
    INTEGER,
    NOTHING,
    NUMBER,
    TEXT,
    TIMESTAMP,
    AsOf,
    Call,
    Meaning,
    Measured,
    Named,
    PeriodEnd,
    Stored,
    Type,
    Values,
)
from aac.expressions.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from aac.expressions.nodes import Macro, Node, Value

HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
MIDNIGHT_US = 1_767_222_000_000_000  # 2026-01-01T00:00 in Berlin
NEW_YEAR = 20_454  # 2026-01-01, in days since the epoch

EUR = Type("money", unit="EUR")
FIELDS = {
    "t": TEXT,
    "c": Type("text", values=("red", "green")),
    "i": INTEGER,
    "n": NUMBER,
    "m": EUR,
    "f": Type("float"),
    "score": Type("integer", unit="score"),
    "h": Type("number", unit="hours"),
    "b": BOOLEAN,
    "d": DATE,
    "s": TIMESTAMP,
    "e": TIMESTAMP,
    "ref": Type("text", entity="other"),
    "me": Type("text", entity="thing"),
    "number_ref": Type("integer", entity="other"),
    "from": TEXT,
    "mrr": Type("money", unit="EUR/month"),
    "Odd name": TEXT,
    "a.b": TEXT,
}


METRICS = {
    "win_rate": Type("number", unit="percent"),
    "arr": Type("number", unit="EUR/year"),
    "deals": Type("number", unit="count"),
    "sla.reply.attainment": Type("number", unit="percent"),
}
LISTS = {"list.warm": ("red", "green"), "list.cold": ("blue", "green"), "list.words": ("x", "y")}


class Names:
    """A thing with a field of each type, and a definition `word` with a moment."""

    timezone = "Europe/Berlin"

    def meaning(self, entity: str, name: str) -> Meaning | None:
        if name == "as_of":
            return Meaning(AsOf(), TIMESTAMP)
        if name in ("period.from", "period.until"):
            return Meaning(PeriodEnd(name.removeprefix("period.")), DATE)
        if name in LISTS:
            return Meaning(Values(name, LISTS[name]), Type("text", values=LISTS[name]))
        if name == "broken":
            return Meaning(NOTHING, BROKEN)
        if name == "twofold":
            raise Refused("AAC209", "two ways lead there", "write one of them")
        if name == "word":
            return Meaning(Named("word", Stored(entity, "b")), BOOLEAN, Stored(entity, "s"), TIMESTAMP)
        if name == "plain":
            return Meaning(Named("plain", Stored(entity, "b")), BOOLEAN)
        return Meaning(Stored(entity, name), FIELDS[name]) if name in FIELDS else None

    def families(self) -> Mapping[str, Collection[str]]:
        return {"list": [*LISTS], "period": ["period.from", "period.until"]}

    def known(self, entity: str) -> Iterable[str]:
        del entity
        return FIELDS

    def is_number(self, name: str) -> bool:
        return name in METRICS

    def own_moment(self, entity: str) -> Meaning | None:
        return Meaning(Stored(entity, "s"), TIMESTAMP)

    def has_rates(self) -> bool:
        return True

    def macros(self) -> Mapping[str, Macro]:
        return {}

    def calendars(self) -> Iterable[str]:
        return ("desk",)

    def parameter(self, name: str) -> Value:
        return {"much": 50, "since": "2026-01-01", "half": Decimal("0.5"), "huge": Decimal("1E+99"), "on": True}[name]

    def parameters(self) -> Iterable[str]:
        return ("much", "since")


class NumberNames(Names):
    """What formulas over other numbers may name."""

    def meaning(self, entity: str, name: str) -> Meaning | None:
        del entity
        if name == "broken":
            return Meaning(NOTHING, BROKEN)
        return Meaning(Measured(name), METRICS[name]) if name in METRICS else None

    def known(self, entity: str) -> Iterable[str]:
        del entity
        return METRICS


Reading = tuple["Node", Type]


def rule(text: str) -> Reading:
    typed = check_rule(parse(text), "thing", Names())
    return typed.node, typed.type


def formula(text: str) -> Reading:
    typed = check_formula(parse(text), "thing", Names())
    return typed.node, typed.type


def derived(text: str) -> Reading:
    typed = check_formula(parse(text), None, NumberNames())
    return typed.node, typed.type


def of_keys(text: str) -> Reading:
    typed = check_formula(parse(text), "thing", Names(), "retention")
    return typed.node, typed.type


def problem(text: str, check: Callable[[str], object] = rule) -> Problem:
    with pytest.raises(Refused) as refused:
        check(text)
    return refused.value.problem


def field(name: str) -> Stored:
    return Stored("thing", name)


def call(function: str, *arguments: Node) -> Call:
    return Call(function, arguments)
