"""Local times of a source that clocks never showed, or showed twice: how they are read, and what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from aac.expressions.nodes import Aggregate, Column, Type
from aac.measures import StoredField, TypedColumn
from tests.landing import Project, column, found, table, us

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = (
    ("a", "2026-03-29 02:30"),  # Berlin: 02:00 became 03:00
    ("b", "2026-03-29 01:59:59"),
    ("c", "2026-03-29T02:00:00"),
    ("d", "2026-03-29 03:30"),  # the moment that `a` is read as
    ("e", "2026-10-25 02:30"),  # twice: summer and winter
    ("f", "2026-03-29T02:30:00Z"),  # an instant of its own
    ("g", "2026-03-29 02:30:00+01:00"),
    ("h", "2026-07-01 02:30"),
    ("i", "soon"),
    ("j", "1985-03-31 02:30"),
)
READ = {
    "a": us(2026, 3, 29, 1, 30),
    "b": us(2026, 3, 29, 0, 59) + 59_000_000,
    "c": us(2026, 3, 29, 1),
    "d": us(2026, 3, 29, 1, 30),
    "e": us(2026, 10, 25, 1, 30),
    "f": us(2026, 3, 29, 2, 30),
    "g": us(2026, 3, 29, 1, 30),
    "h": us(2026, 7, 1, 0, 30),
    "i": None,
    "j": None,
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path, [table("call", column("id"), column("at", "timestamp"))])
    made.set(timezone="Europe/Berlin")
    return made


def test_times_that_clocks_skip_are_told_and_read_as_if_they_had_not_been_set(project: Project) -> None:
    project.put("call", "id,at\n" + "".join(f"{id},{text}\n" for id, text in TEXTS))
    findings = project.pull().findings
    assert dict(project.rows("call")) == READ
    assert found(findings, "AAC528") == [
        (
            2,
            "`at` shows in 2 records a time that clocks skip when they are set forward: "
            "'2026-03-29 02:30', '2026-03-29T02:00:00'",
            ("a", "c"),
        )
    ]
    assert [(f.code, f.count) for f in findings if f.code != "AAC528"] == [("AAC505", 1), ("AAC506", 1)]
    project.set(timezone="UTC")
    assert found(project.pull().findings, "AAC528") == []


def test_of_formats_typed_columns_and_made_records_they_are_told_as_well(project: Project) -> None:
    project.put("call", "id,at,opened\na,29.03.2026 02:30,2026-03-29 02:15\nb,29.03.2026 03:30,2026-03-29 01:15\n")
    opened = StoredField("opened", Type("timestamp"), Aggregate("min", (Column("opened"),)), is_text=False)
    late = StoredField("at", Type("timestamp"), Aggregate("max", (Column("at"),)), format="%d.%m.%Y %H:%M")
    made = replace(
        table("call", column("id"), opened, late),
        per=("id",),
        columns=(TypedColumn("opened", Type("timestamp")),),
    )
    project.tables = [made]
    assert sorted((f.count, str(f.field), f.keys) for f in project.pull().findings if f.code == "AAC528") == [
        (1, "at", ("a",)),
        (1, "opened", ()),
    ]


def test_typed_files_are_told_as_well(project: Project) -> None:
    path = project.root / "crm" / "call.parquet"
    path.parent.mkdir()
    rows = "VALUES ('a', TIMESTAMP '2026-03-29 02:30'), ('b', TIMESTAMP '2026-03-29 03:30')"
    duckdb.execute(f'COPY (FROM ({rows}) AS t(id, "at")) TO $1', [str(path)])
    project.set(connector="parquet")
    assert [keys for _, _, keys in found(project.pull().findings, "AAC528")] == [("a",)]


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/New_York", "2026-03-08 02:30"),
        ("America/Havana", "2026-03-08 00:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15"),
        ("Pacific/Apia", "2011-12-30 12:00"),
    ],
)
def test_in_every_zone(project: Project, zone: str, text: str) -> None:
    project.set(timezone=zone)
    project.put("call", f"id,at\na,{text}\nb,2026-06-01 12:00\n")
    assert [keys for _, _, keys in found(project.pull().findings, "AAC528")] == [("a",)]
