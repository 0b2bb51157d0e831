"""What one document may ask of the project while it compiles (`kinds.base.Scope`), and what rules may name."""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aac.expressions.check import Broken, check_formula, check_rule
from aac.expressions.functions import calendar_wanted
from aac.expressions.nodes import (
    BOOLEAN,
    DATE,
    RATE_KEY,
    RATES,
    TEXT,
    TIMESTAMP,
    AsOf,
    Call,
    Column,
    Meaning,
    Name,
    Named,
    Node,
    PeriodEnd,
    Value,
    Values,
    walk,
)
from aac.expressions.parse import Refused, TooDeep
from aac.expressions.values import Typed, said, wanted
from aac.findings import Finding, Level, Span, did_you_mean
from aac.kinds.base import ANYWHERE, NUMBERS, Checked
from aac.kinds.written import Checklist

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from aac.documents import Document
    from aac.expressions.nodes import Macro, Type
    from aac.expressions.parse import Problem
    from aac.expressions.parsed import Rules
    from aac.graph import Graph, Id
    from aac.kinds.base import Kind
    from aac.kinds.written import NamedRule, Part
    from aac.measures import Moment, Population

T = TypeVar("T")
WORD = re.compile(r"'(?:[^']|'')*'|[\w.]+")
"""What is marked of a rule: the name, number or text that a problem begins at."""


class Setting(Protocol):
    """The project, as far as its documents ask of it."""

    @property
    def told(self) -> list[Finding]: ...
    @property
    def models(self) -> Mapping[Id, Kind]: ...
    @property
    def graph(self) -> Graph: ...
    @property
    def timezone(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Value]: ...
    @property
    def sources(self) -> Collection[str]: ...
    @property
    def parsed(self) -> Rules: ...
    @property
    def rules(self) -> dict[Id, dict[tuple[Part, ...], Checked]]: ...
    @property
    def of_period(self) -> set[Id]: ...
    def ids(self, kind: str) -> Sequence[str]: ...
    def of_kind(self, kind: str) -> Sequence[Kind]: ...
    def versions_of(self, id_: Id) -> Sequence[Kind]: ...
    def is_incomplete(self, kind: str) -> bool: ...


@dataclass(frozen=True)
class DocumentScope:
    """The scope of one document."""

    setting: Setting
    id: Id
    document: Document

    @property
    def sources(self) -> Collection[str]:
        return self.setting.sources

    def report(
        self,
        code: str,
        message: str,
        instead: str,
        *path: Part,
        level: Level = "error",
        offset: int | None = None,
        key: bool = False,
    ) -> None:
        span = self.document.span(*path, offset=offset, key=key)
        if offset is not None and (word := WORD.match(span.text, span.col - 1)):
            span = replace(span, length=len(word[0]))
        self.setting.told.append(Finding(code, level, message, instead, span, f"{self.id[0]}:{self.id[1]}"))

    def span(self, *path: Part) -> Span:
        return self.document.span(*path)

    def model(self, kind: str, id: str) -> Any | None:
        model = self.setting.models.get((kind, id))
        if model is not None and (kind, id) != self.id:
            self.setting.graph.rests_on[self.id].add((kind, id))
        return model

    def models(self, kind: str) -> Sequence[Any]:
        return self.setting.of_kind(kind)

    def rings(self, key: str) -> Sequence[tuple[str, ...]]:
        return self.setting.graph.rings(self.id[0], key).get(self.id[1], ())

    def versions(self) -> Sequence[Any]:
        return self.setting.versions_of(self.id)

    def is_incomplete(self, kind: str) -> bool:
        return self.setting.is_incomplete(kind)

    def ids(self, kind: str) -> Collection[str]:
        return self.setting.ids(kind)

    def entity(self, word: str, *path: Part) -> str | None:
        return self._asked(lambda: self.setting.graph.entity_of_word(word), path)

    def population(self, word: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        found = self._asked(lambda: self.setting.graph.population(word), path)
        rule = found[0].rule if found is not None else None
        return None if rule is not None and self._has_no_period(word, rule, path) else found

    def rule(self, rule: str | Checklist, entity: str, *path: Part, wants: str = "value") -> Checked | None:
        if isinstance(rule, Checklist):
            checked = self._checklist(rule, entity, path)
            if checked is not None:
                self.setting.rules[self.id][path] = checked
            return checked

        def check(node: Node) -> Typed:
            typed = check_rule(node, entity, self._names)
            return calendar_wanted(typed, self._names) if wants == "calendar" else wanted(typed, wants)

        return self._checked(rule, path, check)

    def _checklist(self, part: Checklist | NamedRule, entity: str, path: tuple[Part, ...]) -> Checked | None:
        """The parts of a checklist, each under its name; null when one of them is wrong."""
        key, function, parts = ("all", "and", part.all) if part.all is not None else ("any", "or", part.any or ())
        named: list[Node] = []
        for number, inner in enumerate(parts):
            place = (*path, key, number)
            checked = (
                self.rule(inner.rule, entity, *place, "rule", wants="boolean")
                if inner.rule is not None
                else self._checklist(inner, entity, place)
            )
            named += [Named(inner.id, checked.node, is_part=True)] if checked is not None else []
        if len(named) < len(parts):
            return None
        return Checked(Call(function, tuple(named)) if len(named) > 1 else named[0], BOOLEAN)

    def named(self, name: str, entity: str, *path: Part) -> Checked | None:
        try:
            node = self.setting.parsed.parse(name)
            if not isinstance(node, Name) or node.parts[0] == "param":
                raise Refused("AAC203", f"`{name}` is no name of `{entity}`", "name a field or a definition")
            typed = check_rule(node, entity, self._names)
        except Broken:
            return None
        except Refused as refused:
            self.report(refused.problem.code, refused.problem.message, refused.problem.instead, *path, key=True)
            return None
        return Checked(typed.node, typed.type)

    def formula(
        self, text: str, entity: str | None, *path: Part, basis: str = "period", at: Moment | None = None
    ) -> Checked | None:
        names = self._names if entity is not None else NumberNames(self.setting)
        moment = Meaning(at.value, DATE if at.is_date else TIMESTAMP) if at is not None else None
        return self._checked(text, path, lambda node: _a_number(check_formula(node, entity, names, basis, moment)))

    def values(self, name: str, *path: Part) -> tuple[str, ...] | None:
        def asked() -> tuple[str, ...] | None:
            meaning = self.setting.graph.meaning(ANYWHERE, name)
            if meaning is None:
                known = [other for other in self.setting.graph.known(ANYWHERE) if "." in other]
                advice = did_you_mean(name, known) or "write a document of kind `list`, or the values themselves"
                raise Refused("AAC203", f"there is no list `{name}`", advice)
            return tuple(map(str, meaning.node.values)) if isinstance(meaning.node, Values) else None

        return self._asked(asked, path)

    def unmeasured(self, what: str, *path: Part) -> None:
        message = f"{what} is checked, and this version of aac does not measure it yet"
        self.report("AAC404", message, "expect it from a later version", *path, level="info")

    def aggregate(self, text: str, entity: str, *path: Part) -> Checked | None:
        return self._checked(text, path, lambda node: check_formula(node, entity, self._names))

    def is_written(self, *path: Part) -> bool:
        return path in self.document.positions

    def read(
        self, text: str, *path: Part, columns: Mapping[str, Type] | None = None, grouped: bool = False
    ) -> Checked | None:
        check = check_formula if grouped else check_rule
        names = StreamColumns(columns or {}, self.setting.parsed.macros)
        return self._checked(text, path, lambda node: check(node, "", names))

    @property
    def _names(self) -> RuleNames:
        return RuleNames(self.setting)

    def _checked(self, text: str, path: tuple[Part, ...], check: Callable[[Node], Typed]) -> Checked | None:
        if path in self.setting.rules[self.id]:
            return self.setting.rules[self.id][path]

        def checked() -> Checked | None:
            try:
                typed = check(self.setting.parsed.parse(text))
            except Broken:
                return None
            return Checked(typed.node, typed.type)

        found = self._asked(checked, path)
        if found is not None and self._has_no_period(text, found.node, path):
            return None
        if found is not None:
            self.setting.rules[self.id][path] = found
        return found

    def _has_no_period(self, text: str, node: Node, path: tuple[Part, ...]) -> bool:
        """Whether a rule asks for the period and this document has none, which is told (AAC323)."""
        may_ask = "period" in text or self.setting.of_period
        if not may_ask or not any(isinstance(part, PeriodEnd) for part in walk(node)):
            return False
        self.setting.of_period.add(self.id)
        if self.id[0] in HAVE_PERIODS:
            return False
        message = "this rests on the period that a metric is measured for, and nothing else has one"
        advice = "leave out `period.from` and `period.until`, here and in what is named here"
        self.report("AAC323", message, advice, *path)
        return True

    def _asked(self, ask: Callable[[], T | None], path: tuple[Part, ...]) -> T | None:
        """An answer, or null after what is wrong was told."""
        try:
            return ask()
        except Refused as refused:
            self._tell(refused.problem, path)
        except RecursionError:
            self._tell(TooDeep().problem, path)
        return None

    def _tell(self, problem: Problem, path: tuple[Part, ...]) -> None:
        self.report(problem.code, problem.message, problem.instead, *path, offset=problem.at)


OF_THE_RUN = {
    "as_of": Meaning(AsOf(), TIMESTAMP),
    "period.from": Meaning(PeriodEnd("from"), DATE),
    "period.until": Meaning(PeriodEnd("until"), DATE),
}
"""Names that mean the same in every rule: when numbers are decided, and the period they are decided for."""
ADVISED = 200
"""Mistakes for which names that were meant are told; nobody reads the advice of more, one by one."""
HAVE_PERIODS = frozenset({"metric", "definition"})
"""The kinds whose rules may ask for the period: metrics, and the words that they use."""
OF_THE_PERIOD: dict[str, Collection[str]] = {"period": ("period.from", "period.until")}


class RuleNames:
    """What rules about records may name (`nodes.Names`)."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.timezone = setting.timezone

    def meaning(self, entity: str, name: str) -> Meaning | None:
        return OF_THE_RUN.get(name) or self.setting.graph.meaning(entity, name)

    def families(self) -> Mapping[str, Collection[str]]:
        return ChainMap(OF_THE_PERIOD, self.setting.graph.families)

    def known(self, entity: str) -> Iterable[str]:
        return (*self.setting.graph.known(entity), "as_of") if self._is_advised else ()

    @property
    def _is_advised(self) -> bool:
        """Whether names near to a wrong one are looked for: among thousands each time takes minutes in all."""
        return len(self.setting.told) < ADVISED

    def is_number(self, name: str) -> bool:
        graph = self.setting.graph
        return bool(graph.lenders(NUMBERS, f"metric.{name}") or graph.lenders(NUMBERS, name))

    def own_moment(self, entity: str) -> Meaning | None:
        model: Any = self.setting.models.get(("entity", entity))
        return self.meaning(entity, model.occurs) if model is not None and model.occurs is not None else None

    def has_rates(self) -> bool:
        model: Any = self.setting.models.get(("entity", RATES))
        return model is not None and frozenset(model.key) == RATE_KEY and "rate" in model.fields

    def macros(self) -> Mapping[str, Macro]:
        return self.setting.parsed.macros

    def calendars(self) -> Iterable[str]:
        return self.setting.ids("calendar")

    def parameter(self, name: str) -> Value:
        return self.setting.parameters[name]

    def parameters(self) -> Iterable[str]:
        return self.setting.parameters


class NumberNames(RuleNames):
    """What formulas over other numbers may name: metrics by their ids, and attainments."""

    def meaning(self, entity: str, name: str) -> Meaning | None:
        del entity
        graph = self.setting.graph
        return graph.meaning(NUMBERS, f"metric.{name}") or graph.meaning(NUMBERS, name)

    def families(self) -> Mapping[str, Collection[str]]:
        return {"sla": [name for name in self.setting.graph.known(NUMBERS) if name.startswith("sla.")]}

    def known(self, entity: str) -> Iterable[str]:
        del entity
        names = self.setting.graph.known(NUMBERS) if self._is_advised else ()
        return (name.removeprefix("metric.") for name in names if name.startswith(("metric.", "sla.")))


class StreamColumns:
    """The names of a stream: a column each, looked for when data is there. All are text but those with a type."""

    timezone = "UTC"

    def __init__(self, types: Mapping[str, Type], macros: Mapping[str, Macro]) -> None:
        self.types = types
        self._macros = macros

    def meaning(self, entity: str, name: str) -> Meaning:
        del entity
        return Meaning(Column(name), self.types.get(name, TEXT))

    def families(self) -> Mapping[str, Collection[str]]:
        return {}

    def known(self, entity: str) -> tuple[str, ...]:
        del entity
        return ()

    def is_number(self, name: str) -> bool:
        del name
        return False

    def own_moment(self, entity: str) -> Meaning | None:
        del entity

    def has_rates(self) -> bool:
        return False

    def macros(self) -> Mapping[str, Macro]:
        return self._macros

    def calendars(self) -> tuple[str, ...]:
        return ()

    def parameter(self, name: str) -> Value:
        raise KeyError(name)

    def parameters(self) -> tuple[str, ...]:
        return ()


def _a_number(typed: Typed) -> Typed:
    if not (typed.type.is_number or typed.type.name == "span"):
        message = f"a metric is a number, and this is {said(typed.type)}"
        raise Refused("AAC302", message, "count, sum or divide", typed.at)
    return typed
