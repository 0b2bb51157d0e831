"""Files of every format as trials of the conformance suite: written whole after each change, as an export is."""

from __future__ import annotations

import csv
import json
from abc import abstractmethod
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import duckdb

from aac.testing import Trial
from tests.workbooks import write_workbook

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    Record = dict[str, str | int]

NO_TYPES = "text has no types: what a column holds is only what the documents make of it"
LINES = """
SELECT range::VARCHAR AS id, 'some text of a record ' || range AS text, '2026-03-02 10:00:00+00:00' AS "at"
FROM range($1)
"""


class FileTrial(Trial):
    """A folder with one file; it may not be read when the folder is not there, as a share that is not mounted."""

    stream = "record"
    ending: ClassVar[str]
    cannot: ClassVar[Mapping[str, str]] = {"column retyped": NO_TYPES}

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        self.path = self.folder / f"record{self.ending}"
        self.records: dict[str, Record] = {}
        self.extra: Record = {}
        self.number = 0
        self.write()

    @property
    def settings(self) -> str:
        return f'path = "{self.folder}"'

    @abstractmethod
    def write(self) -> None:
        """Writes all records."""

    @property
    def columns(self) -> list[str]:
        return ["id", "text", "at", *self.extra]

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        keys = [str(self.number + place) for place in range(1, len(texts) + 1)]
        self.number += len(texts)
        moment = (at or datetime.now(UTC)).isoformat()
        for key, text in zip(keys, texts, strict=True):
            self.records[key] = {"id": key, "text": text, "at": moment, **self.extra}
        self.write()
        return keys

    def change(self, keys: Collection[str], text: str) -> None:
        for key in keys:
            self.records[key]["text"] = text
        self.write()

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            del self.records[key]
        self.write()

    def add_column(self, name: str, value: str | int) -> None:
        self.extra[name] = value
        for record in self.records.values():
            record[name] = value
        self.write()

    def retype_column(self, name: str, value: str | int) -> None:
        self.add_column(name, value)

    def drop_column(self, name: str) -> None:
        for record in (self.extra, *self.records.values()):
            del record[name]
        self.write()

    def forbid(self) -> None:
        self.folder.rename(self.folder.with_name("away"))

    def allow(self) -> None:
        self.folder.with_name("away").rename(self.folder)

    def copy(self, options: str, number: int) -> None:
        """Lets DuckDB write many records."""
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({LINES}) TO $2 ({options})", [number, str(self.path)])


class CsvTrial(FileTrial):
    connector = "csv"
    ending = ".csv"

    def write(self) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.records.values())

    def fill(self, number: int) -> None:
        self.copy("FORMAT csv, HEADER true", number)


class JsonlTrial(FileTrial):
    connector = "jsonl"
    ending = ".jsonl"
    cannot: ClassVar[Mapping[str, str]] = {
        "column retyped": NO_TYPES,
        "empty": "a file without a record names no columns, and is refused",
    }

    def write(self) -> None:
        lines = (json.dumps(record) + "\n" for record in self.records.values())
        self.path.write_text("".join(lines), encoding="utf-8")

    def fill(self, number: int) -> None:
        self.copy("FORMAT json", number)


class TypedTrial(FileTrial):
    """Files whose columns have types."""

    cannot: ClassVar[Mapping[str, str]] = {}

    def fill_table(self, connection: duckdb.DuckDBPyConnection) -> None:
        """A table `record` with all records."""
        extra = ("BIGINT" if isinstance(value, int) else "VARCHAR" for value in self.extra.values())
        types = ["VARCHAR", "VARCHAR", "TIMESTAMPTZ", *extra]
        columns = ", ".join(f'"{name}" {type_}' for name, type_ in zip(self.columns, types, strict=True))
        connection.execute(f"CREATE OR REPLACE TABLE record ({columns})")
        rows = json.dumps(list(self.records.values()))
        shape = json.dumps([dict(zip(self.columns, types, strict=True))])
        connection.execute(f"INSERT INTO record SELECT unnest(from_json($1, '{shape}'), recursive := true)", [rows])


class ParquetTrial(TypedTrial):
    connector = "parquet"
    ending = ".parquet"

    def write(self) -> None:
        with duckdb.connect() as connection:
            self.fill_table(connection)
            connection.execute("COPY record TO $1 (FORMAT parquet)", [str(self.path)])

    def fill(self, number: int) -> None:
        self.copy("FORMAT parquet", number)


class DuckdbTrial(TypedTrial):
    """A database of another program; its tables lie in a file."""

    connector = "duckdb"
    ending = ".duckdb"

    @property
    def settings(self) -> str:
        return f'path = "{self.path}"'

    def write(self) -> None:
        with duckdb.connect(str(self.path)) as connection:
            self.fill_table(connection)

    def fill(self, number: int) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"CREATE OR REPLACE TABLE record AS {LINES}", [number])


class XlsxTrial(FileTrial):
    """A workbook with one sheet."""

    connector = "xlsx"
    ending = ".xlsx"
    unwritable = "".join(map(chr, (*range(9), *range(11, 32), 0xFFFE, 0xFFFF)))
    many = 100_000
    """As many as can be written quickly; a million are tried by a test of their own."""

    def write(self) -> None:
        rows = [[record.get(name, "") for name in self.columns] for record in self.records.values()]
        write_workbook(self.path, {"record": [self.columns, *rows]})

    def fill(self, number: int) -> None:
        self.create(["some text of a record"] * number)
