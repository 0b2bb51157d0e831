"""Numbers are kept as far as their type goes, and what goes further is told: more decimals, and more digits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.landing import Project, column, found, table

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["1.2345678", "1.2345", "1.23450000", "-0.12345", "1e-7", "12e-2", "-5E-5", "7", ".123456", "x", ""]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    fields = (column("n", "number"), column("m", "money", read="n"), column("f", "float", read="n"))
    return Project(tmp_path, [table("lead", column("id"), *fields)])


def test_more_decimals_than_are_kept_are_told(project: Project) -> None:
    project.put("lead", "id,n\n" + "".join(f"{at},{text}\n" for at, text in enumerate(TEXTS)))
    findings = project.pull().findings
    of_number = "`n` has more decimals than the 6 of number in 2 records: '1.2345678', '1e-7': it is rounded"
    of_money = (
        "`m` has more decimals than the 4 of money in 5 records: '-0.12345', '-5E-5', '.123456', '1.2345678', '1e-7'"
    )
    assert sorted(found(findings, "AAC527")) == [
        (2, of_number, ("0", "4")),
        (5, f"{of_money}: it is rounded", ("0", "3", "4", "6", "8")),
    ]
    assert [(f.code, f.count) for f in findings if f.code == "AAC505"] == [("AAC505", 1)] * 3
    read = [row[1:3] for row in project.rows("lead")[:2]]
    assert read == [(Decimal("1.234568"), Decimal("1.2346")), (Decimal("1.234500"), Decimal("1.2345"))]


def test_decimals_of_typed_files_are_told(project: Project) -> None:
    path = project.root / "crm" / "lead.parquet"
    path.parent.mkdir()
    numbers = "VALUES ('a', 1.2345678::DECIMAL(38, 30)), ('b', 1.25), ('c', 9007199254.1234), ('d', NULL)"
    duckdb.execute(f"COPY (FROM ({numbers}) AS t(id, n)) TO $1", [str(path)])
    project.set(connector="parquet")
    findings = project.pull().findings
    assert sorted((f.code, str(f.field), f.keys) for f in findings) == [("AAC527", name, ("a",)) for name in "mn"]
    duckdb.execute(
        "COPY (SELECT range::VARCHAR AS id, range::DECIMAL(12, 2) / 8 AS n FROM range(99)) TO $1", [str(path)]
    )
    assert project.pull().findings == ()  # eighths have three decimals


@pytest.mark.parametrize(
    ("type_", "text", "told"),
    [
        ("integer", "99999999999999999999", "`n` is too large for a whole number in 1 record"),
        ("number", "1234567890123.5", "`n` is too large for a number in 1 record"),
        ("money", "-123456789012345", "`n` is too large for a number in 1 record"),
        ("integer", "1e30", "`n` is too large for a whole number in 1 record"),
        ("number", "1.2345678901234568e+16", "`n` is too large for a number in 1 record"),
        ("money", "1E400", "`n` is too large for a number in 1 record"),
        ("integer", "15e-1", "`n` is not a whole number in 1 record"),
        ("integer", "5.5", "`n` is not a whole number in 1 record"),
    ],
)
def test_what_is_too_large_is_called_so(project: Project, type_: str, text: str, told: str) -> None:
    project.put("lead", f"id,n\n1,{text}\n")
    project.tables = [table("lead", column("id"), column("n", type_))]
    (finding,) = project.pull().findings
    assert (finding.code, finding.message) == ("AAC505", f"{told}: '{text}'")
    assert ("or read it as `text` if it names something" in finding.instead) == ("too large" in told)


def test_numbers_of_json_that_are_too_large_are_called_so(project: Project) -> None:
    path = project.put("lead", "").with_name("lead.jsonl")
    path.write_text('{"id": "a", "n": 5}\n{"id": "b", "n": 12345678901234567.5}\n{"id": "c", "n": 1e400}\n')
    project.set(connector="jsonl")
    project.tables = [table("lead", column("id"), column("n", "money"))]
    (finding,) = project.pull().findings
    assert finding.message == "`n` is too large for a number in 2 records: '1.2345678901234568e+16', '1e400'"
    assert finding.instead.startswith("correct it (amounts have up to 14 digits before the point)")
