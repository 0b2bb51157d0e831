"""The conformance suite: it finds what is planted in connectors, each by its own check, and nothing in a right one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from aac.folders import ALLOWED
from aac.testing import CHECKS, NotConforming, Trial, connector_suite, run
from tests.file_trials import CsvTrial, DuckdbTrial, JsonlTrial, ParquetTrial, XlsxTrial
from tests.workbooks import write_workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

PLUGIN = Path(__file__).parent / "projects" / "paged" / "plugins" / "paged.py"


class PagedTrial(Trial):
    """A table in a SQLite file."""

    connector = "paged"
    plugin = PLUGIN
    stream = "record"
    page = 50
    overlap = timedelta(minutes=1)
    many = 5_000  # by pages of fifty

    def __init__(self, folder: Path) -> None:
        self.path = folder / "crm.sqlite"
        self.number = 0
        self.run("CREATE TABLE record (id INTEGER PRIMARY KEY, text TEXT, at TEXT)")
        self.run("CREATE TABLE access (allowed INTEGER)")
        self.run("INSERT INTO access VALUES (1)")
        self.extra: dict[str, str | int] = {}

    @property
    def settings(self) -> str:
        return f'path = "{self.path}"'

    def run(self, statement: str, *rows: tuple[object, ...]) -> None:
        database = sqlite3.connect(self.path)
        with database:
            database.executemany(statement, rows) if rows else database.execute(statement)
        database.close()

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        numbers = range(self.number + 1, self.number + 1 + len(texts))
        self.number += len(texts)
        moment = (at or datetime.now(UTC)).isoformat(timespec="microseconds")
        names = "".join(f", {name}" for name in self.extra)
        marks = "?, ?, ?" + ", ?" * len(self.extra)
        rows = [(number, text, moment, *self.extra.values()) for number, text in zip(numbers, texts, strict=True)]
        self.run(f"INSERT INTO record (id, text, at{names}) VALUES ({marks})", *rows)
        return [str(number) for number in numbers]

    def change(self, keys: Collection[str], text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self.run("UPDATE record SET text = ?, at = ? WHERE id = ?", *((text, now, int(key)) for key in keys))

    def delete(self, keys: Collection[str]) -> None:
        self.run("DELETE FROM record WHERE id = ?", *((int(key),) for key in keys))

    def add_column(self, name: str, value: str | int) -> None:
        self.run(f"ALTER TABLE record ADD COLUMN {name} {'INTEGER' if isinstance(value, int) else 'TEXT'}")
        self.run(f"UPDATE record SET {name} = ?", (value,))
        self.extra[name] = value

    def drop_column(self, name: str) -> None:
        self.run(f"ALTER TABLE record DROP COLUMN {name}")
        del self.extra[name]

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def forbid(self) -> None:
        self.run("UPDATE access SET allowed = 0")

    def allow(self) -> None:
        self.run("UPDATE access SET allowed = 1")

    def fill(self, number: int) -> None:
        self.create(["x"] * number)


@pytest.fixture(autouse=True)
def data_beside_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data of a trial lies outside of its project."""
    monkeypatch.setenv(ALLOWED, str(tmp_path))


@connector_suite(PagedTrial)
def test_a_connector_that_is_right_passes(check: str, tmp_path: Path) -> None:
    run(check, PagedTrial(tmp_path), tmp_path / "project")


@connector_suite(CsvTrial)
def test_csv(check: str, tmp_path: Path) -> None:
    run(check, CsvTrial(tmp_path), tmp_path / "project")


@connector_suite(JsonlTrial)
def test_jsonl(check: str, tmp_path: Path) -> None:
    run(check, JsonlTrial(tmp_path), tmp_path / "project")


@connector_suite(ParquetTrial)
def test_parquet(check: str, tmp_path: Path) -> None:
    run(check, ParquetTrial(tmp_path), tmp_path / "project")


@connector_suite(DuckdbTrial)
def test_duckdb(check: str, tmp_path: Path) -> None:
    run(check, DuckdbTrial(tmp_path), tmp_path / "project")


@connector_suite(XlsxTrial)
def test_xlsx(check: str, tmp_path: Path) -> None:
    run(check, XlsxTrial(tmp_path), tmp_path / "project")


class MillionTrial(XlsxTrial):
    """As many rows as a workbook may have, nearly."""

    many = 1_000_000

    def fill(self, number: int) -> None:
        rows = ((str(each), f"some text of a record {each}", "2026-03-02 10:00:00+00:00") for each in range(number))
        write_workbook(self.path, {"record": chain([self.columns], rows)})


@pytest.mark.long
def test_a_workbook_with_a_million_rows(tmp_path: Path) -> None:
    run("a million records", MillionTrial(tmp_path), tmp_path / "project")


PLANTED = {
    "after_the_last": ("500 equal cursors", "after a pull 500 records are missing: "),
    "ahead": ("killed at every checkpoint", "not what the source holds"),
    "by_time": ("changed while read", "not what the source holds"),
    "forgiving": ("lost permission", "may not read the stream any more, and nobody was told"),
}
"""Connectors with a mistake, the check that is to find it and what it says."""


@pytest.mark.parametrize("connector", PLANTED)
def test_what_is_planted_is_found(connector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PagedTrial, "connector", connector)
    trial = PagedTrial(tmp_path)
    check, told = PLANTED[connector]
    with pytest.raises(NotConforming, match=told):
        run(check, trial, tmp_path / "project")


def test_a_trial_cannot_leave_out_what_is_no_check() -> None:
    class Misspelt(PagedTrial):
        cannot: ClassVar[Mapping[str, str]] = {"late row": "there are none"}

    with pytest.raises(ValueError, match="there is no check `late row`: there are killed at every checkpoint, "):
        connector_suite(Misspelt)
    assert len(CHECKS) == 15
