"""The types that the check says, beside those that the engine says itself, over all golden cases of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aac.expressions.check import check_formula, check_rule
from aac.expressions.nodes import Aggregate, Type
from aac.expressions.parse import parse
from aac.measures import aggregates
from aac.planner.metrics import needed
from aac.project import RuleNames
from tests.loading import load_files
from tests.test_functions import CASE, EXPECTED
from tests.typed_tables import TypedTables, is_said

if TYPE_CHECKING:
    from aac.project import Project

COUNTS = frozenset({"count", "count_if", "count_distinct"})
LISTS = frozenset({"median", "quantile_cont"})
"""Aggregates that are answered with the values that the number lies between."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    files = {path.relative_to(CASE).as_posix(): path.read_text() for path in CASE.rglob("*.*ml")}
    found, findings = load_files(tmp_path_factory.mktemp("types"), files)
    assert findings == ()
    return found


@pytest.fixture(scope="module")
def tables(project: Project) -> TypedTables:
    """The entities as landing prepares them, without a record."""
    fields = {table.entity: {field.name: field.type for field in table.fields} for table in project.tables}
    return TypedTables(fields, "id", [calendar.id for calendar in project.calendars])


@pytest.mark.parametrize("case", EXPECTED["records"], ids=lambda case: case["rule"])
def test_of_one_record(project: Project, tables: TypedTables, case: dict[str, Any]) -> None:
    typed = check_rule(parse(case["rule"]), "thing", RuleNames(project))
    engine = tables.type("thing", typed.node)
    assert is_said(engine, typed.type), f"{engine} is no {typed.type}"


@pytest.mark.parametrize("case", EXPECTED["aggregates"], ids=lambda case: case["formula"])
def test_of_many_records(project: Project, tables: TypedTables, case: dict[str, Any]) -> None:
    for aggregate in aggregates(check_formula(parse(case["formula"]), "thing", RuleNames(project)).node):
        for part in needed(aggregate):
            engine = tables.type("thing", part)
            type_ = type_of(part, project, case["formula"])
            assert engine.endswith("[]") == (part.function in LISTS)
            assert is_said(engine.removesuffix("[]"), type_), f"{engine} is no {type_}"


def type_of(part: Aggregate, project: Project, formula: str) -> Type:
    """What an aggregate's value is: a number of records, or as the only aggregate of the formula says."""
    if part.function in COUNTS:
        return Type("integer")
    return check_formula(parse(formula), "thing", RuleNames(project)).type


def test_types_that_are_not_said() -> None:
    assert not is_said("DOUBLE", Type("number"))
    assert not is_said("DECIMAL(18,7)", Type("number"))
    assert not is_said("DECIMAL(18,5)", Type("money", unit="EUR"))
    assert not is_said("DECIMAL(18,1)", Type("integer"))
    assert not is_said("DATE", Type("date"))
    assert not is_said("BIGINT", Type("float"))
    assert not is_said("INTEGER", Type("boolean"))
