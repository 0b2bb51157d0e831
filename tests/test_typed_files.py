"""Files that know the types of their columns, lines of JSON, workbooks and databases: what arrives of them."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from aac.expressions.nodes import Call, Column, Type
from aac.measures import StoredField, TypedColumn
from tests.landing import Project, codes, column, days, found, ref, table, us
from tests.workbooks import CellError, write_workbook

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def write_parquet(project: Project, stream: str, select: str) -> Path:
    path = project.root / "crm" / f"{stream}.parquet"
    path.parent.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    project.set(connector="parquet")
    return path


def write_database(project: Project, *statements: str) -> Path:
    path = project.root / "crm.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in ("SET TimeZone = 'UTC'", *statements):
            connection.execute(statement)
    project.set(connector="duckdb", settings={"path": "crm.duckdb"})
    return path


EVERYTHING = """
SELECT 'a' AS id, 12::INTEGER AS n, 1054.25::DECIMAL(18, 2) AS amount, 0.1::DOUBLE AS ratio, true AS won,
  DATE '2026-03-02' AS day, TIMESTAMP '2026-07-15 12:00:00.000001' AS shown, TIMESTAMPTZ '2026-07-15 12:00:00+02' AS at
UNION ALL SELECT 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL
UNION ALL SELECT 'c', -7, -0.01, 'nan', false, DATE '1900-01-01', TIMESTAMP '2200-01-01',
  TIMESTAMPTZ '1890-01-01 00:00+00'
"""
FIELDS = (
    column("id"),
    column("n", "integer"),
    column("n_number", "number", "n"),
    column("n_text", "text", "n"),
    column("amount", Type("money", unit="EUR")),
    column("amount_integer", "integer", "amount"),
    column("ratio", "float"),
    column("ratio_number", "number", "ratio"),
    column("won", "boolean"),
    column("won_text", Type("text", values=("yes", "no")), "won", mapping=(("true", "yes"), ("false", "no"))),
    column("day", "date"),
    column("day_at", "timestamp", "day"),
    column("shown", "timestamp"),
    column("at", "timestamp"),
)
A = ("a", 12, Decimal(12), "12", Decimal("1054.25"), None, 0.1, Decimal("0.1"), True, "yes")
A_MOMENTS = (days(2026, 3, 2), us(2026, 3, 1, 23), us(2026, 7, 15, 10) + 1, us(2026, 7, 15, 10))
C = ("c", -7, Decimal(-7), "-7", Decimal("-0.01"), None, None, None, False, "no", None, None, None, None)


@pytest.mark.parametrize("kind", ["parquet", "duckdb"])
def test_columns_keep_the_types_they_have(project: Project, kind: str) -> None:
    if kind == "parquet":
        write_parquet(project, "deal", EVERYTHING)
    else:
        write_database(project, f"CREATE TABLE deal AS {EVERYTHING}")
    project.set(timezone="Europe/Berlin")
    project.tables = [table("deal", *FIELDS)]
    pulled = project.pull()
    assert project.rows("deal") == [(*A, *A_MOMENTS), ("b", *[None] * 13), C]
    assert pulled.sources[0].rows == {"deal": 3}
    told = sorted((f.code, f.span.text if f.span else "", f.message.partition(": ")[2]) for f in pulled.findings)
    assert told == [
        ("AAC505", "amount_integer", "'-0.01', '1054.25'"),
        ("AAC505", "ratio", "'nan'"),
        ("AAC505", "ratio_number", "'nan'"),
        ("AAC506", "at", "'1890-01-01 00:00:00+00'"),
        ("AAC506", "day", "'1900-01-01'"),
        ("AAC506", "day_at", "'1900-01-01'"),
        ("AAC506", "shown", "'2200-01-01 00:00:00'"),
    ]


def test_a_typed_file_and_its_csv_are_the_same_table(project: Project) -> None:
    """What is not nested and has no type of its own in one of the two must come out alike."""
    select = """
        SELECT range AS id, (range * 7919 % 10007)::SMALLINT AS n, (range * 104729 % 1000003) / 7 AS ratio,
          (range * 31 % 997)::DECIMAL(9, 2) + (range % 2) * 0.25 AS amount,
          DATE '1989-12-25' + (range % 40000)::INTEGER AS day,
          make_timestamp(range * 12345678901234) AS shown, range % 3 = 0 AS won
        FROM range(5000)"""
    path = write_parquet(project, "deal", select)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM '{path}') TO '{project.root / 'crm' / 'deal.csv'}'")
    names = ("n", "n", "n", "ratio", "ratio", "amount", "amount", "day", "day", "shown", "won", "won")
    types = ("integer", "number", "text", "float", "number", "integer", "number", "date", "timestamp", "timestamp",
             "boolean", "text")  # fmt: skip
    fields = [column(f"f{place}", type_, name) for place, (name, type_) in enumerate(zip(names, types, strict=True))]
    project.tables = [table("deal", column("id"), *fields)]
    project.set(timezone="America/New_York")
    typed = project.pull().findings
    rows = project.rows("deal")
    project.set(connector="csv")
    text = project.pull().findings
    assert rows == project.rows("deal")
    assert len(rows) == 5000
    counts = [[(f.code, f.span.text if f.span else "", f.count, f.keys) for f in told] for told in (typed, text)]
    assert counts[0] == counts[1]
    assert {"AAC505", "AAC506", "AAC527"} == {code for code, *_ in counts[0]}


def test_columns_in_capital_letters_keep_their_types(project: Project) -> None:
    write_parquet(project, "deal", "SELECT 'a' AS ID, 7 AS N, TRUE AS WON, DATE '2026-03-02' AS DAY")
    typed = (TypedColumn("day", Type("date")),)
    lower = StoredField("low", Type("text"), Call("lower", (Column("n"),)))
    day = StoredField("on", Type("date"), Column("day"), is_text=False)
    fields = (column("id"), column("n", "integer"), column("text", "text", "n"), column("won", "boolean"), lower, day)
    project.tables = [replace(table("deal", *fields), columns=typed)]
    project.pull()
    assert project.rows("deal") == [("a", 7, "7", True, "7", days(2026, 3, 2))]


@pytest.mark.parametrize("nulls", [("",), ("?", "-"), ("n/a", "infinity", "epoch", "nan", "-1")])
def test_blanks_and_nulls_are_no_values_of_any_type(project: Project, nulls: tuple[str, ...]) -> None:
    types = ("integer", "number", "float", "boolean", "date", "timestamp")
    texts = ["", "   ", *nulls, "odd"]
    lines = [f"{number},{','.join([text] * len(types))}\n" for number, text in enumerate(texts)]
    project.put("deal", f"id,{','.join(types)}\n" + "".join(lines))
    project.set(nulls=nulls)
    project.tables = [table("deal", column("id"), *(column(name, name) for name in types))]
    findings = project.pull().findings
    assert [row[1:] for row in project.rows("deal")] == [(None,) * len(types)] * len(texts)
    assert [(f.code, f.count, f.keys) for f in findings] == [("AAC505", 1, (str(len(texts) - 1),))] * len(types)


def test_nulls_of_the_source_hold_for_typed_columns_too(project: Project) -> None:
    write_parquet(project, "deal", "SELECT 'a' AS id, -1 AS n, false AS won UNION ALL SELECT 'b', 2, true")
    project.set(nulls=("-1", "false"))
    project.tables = [table("deal", column("id"), column("n", "integer"), column("won", "boolean"))]
    project.pull()
    assert project.rows("deal") == [("a", None, None), ("b", 2, True)]


def test_expressions_read_typed_columns_as_text_unless_the_entity_says_otherwise(project: Project) -> None:
    write_parquet(project, "deal", "SELECT 7 AS id, TIMESTAMP '2026-01-15 09:05:00' AS at, DATE '1890-01-01' AS old")
    project.set(timezone="Europe/Berlin")
    year = StoredField("year", Type("text"), Call("lower", (Column("at"),)))
    typed = (TypedColumn("at", Type("timestamp")), TypedColumn("old", Type("date")))
    project.tables = [table("deal", column("id"), year)]
    project.pull()
    assert project.rows("deal") == [("7", "2026-01-15 09:05:00")]
    moment = StoredField("at", Type("timestamp"), Column("at"), is_text=False)
    project.tables = [replace(table("deal", column("id"), moment), columns=typed)]
    assert [(f.code, f.count) for f in project.pull().findings] == [("AAC512", 1)]
    assert project.rows("deal") == [("7", us(2026, 1, 15, 8, 5))]


def test_nested_values_are_the_text_of_their_json(project: Project) -> None:
    write_parquet(project, "deal", "SELECT 1 AS id, [1, 2] AS l, {'a': 'ü', 'b': NULL} AS s, MAP {'k': 1} AS m")
    project.tables = [table("deal", *(column(name) for name in ("id", "l", "s", "m")))]
    project.pull()
    assert project.rows("deal") == [("1", "[1,2]", '{"a":"ü","b":null}', '{"k":1}')]


def test_parquet_files_of_one_stream_may_differ(project: Project) -> None:
    write_parquet(project, "deal.1", "SELECT 1 AS id, 2.5 AS amount")
    write_parquet(project, "deal.2", "SELECT 'x' AS id, 'EU' AS region")
    project.tables = [table("deal", column("id"), column("amount", "number"), column("region"))]
    project.pull()
    assert project.rows("deal") == [("1", Decimal("2.5"), None), ("x", None, "EU")]


def test_a_watermark_of_a_typed_column(project: Project) -> None:
    write_parquet(project, "deal", "SELECT 1 AS id, TIMESTAMP '2026-01-15 09:05:00' AS at")
    project.set(timezone="Europe/Berlin", watermark="max(deal.at)")
    project.tables = [table("deal", column("id"))]
    assert project.pull().sources[0].watermark_us == us(2026, 1, 15, 8, 5)


@pytest.mark.parametrize("data", [b"PAR1", b"id,name\n"])
def test_what_is_no_parquet_says_so(project: Project, data: bytes) -> None:
    write_parquet(project, "deal", "SELECT 1 AS id").write_bytes(data)
    project.tables = [table("deal", column("id"))]
    (finding,) = project.pull().findings
    assert (finding.code, "deal.parquet" in finding.message) == ("AAC609", True)


# Lines of JSON

LINES = b"""{"id":1,"name":"Zo\\u00eb","tags":["a",1.50],"at":"2026-07-15T12:00:00Z","won":true,"amount":1234567.8901}
{"id":"2","name":null,"Extra":{"k":"v"},"won":"no"}
"""


@pytest.mark.parametrize("name", ["deal.jsonl", "deal.ndjson.gz"])
def test_lines_of_json(project: Project, name: str) -> None:
    path = project.put("deal", "").parent / name
    path.write_bytes(gzip.compress(LINES) if name.endswith(".gz") else LINES)
    project.set(connector="jsonl")
    fields = (column("amount", "number"), column("won", "boolean"), column("at", "timestamp"), column("Extra"))
    project.tables = [table("deal", column("id"), column("name"), column("tags"), *fields)]
    assert project.pull().findings == ()
    assert project.rows("deal") == [
        ("1", "Zoë", '["a",1.5]', Decimal("1234567.8901"), True, us(2026, 7, 15, 12), None),
        ("2", None, None, None, False, None, '{"k":"v"}'),
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"id":1}\n[2]\n"x"\n', "holds 2 lines that are no JSON objects: write one object a line"),
        (b'{"id":1}\n[2]\n', "holds 1 line that is no JSON object: write one object a line"),
        (b'{"id":1}\n\n{"id":2,"n":3,"n":4}\n', "line 3 of `{path}` has the key `n` twice: write each key once"),
        (b'{"id":1}\n{"id":', "is no JSON (unexpected end of data): write one object a line, as UTF-8"),
        (b'{"id":"\xf6"}\n', "is no JSON (invalid UTF-8 encoding in string): write one object a line, as UTF-8"),
        (b"", "holds no record, so nobody knows its columns"),
        (b'{"id":1,"ID":2}\n', "has two columns `id`: rename or remove one of them"),
    ],
)
def test_what_is_no_lines_of_json_says_so(project: Project, data: bytes, told: str) -> None:
    path = project.put("deal", "").parent / "deal.jsonl"
    path.write_bytes(data)
    project.set(connector="jsonl")
    project.tables = [table("deal", column("id"), column("n"))]
    (finding,) = project.pull().findings
    assert told.replace("{path}", str(path)) in finding.message


# Workbooks


def test_a_workbook(project: Project) -> None:
    rows = [
        [],
        [None, "Deal Id", " Amount ", "Closed", "At", "Won", "Note"],
        [None, 17, 1234.5, date(2026, 3, 2), datetime(2026, 3, 2, 9, 5, 30), True, 'say "hi",\nthen'],
        [None, None, None],
        [None, 2**52, 0.1, None, datetime(2026, 3, 2), False],
    ]
    write_workbook(project.root / "crm" / "deal.xlsx", {"Deals & more": rows, "Empty": []})
    project.set(connector="xlsx", timezone="Europe/Berlin")
    fields = (column("id", "text", "Deal Id"), column("amount", "number", "Amount"), column("closed", "date", "Closed"))
    others = (column("at", "timestamp", "At"), column("won", "boolean", "Won"), column("note", "text", "Note"))
    project.tables = [table("deal", *fields, *others)]
    assert project.pull().findings == ()
    assert project.rows("deal") == [
        ("17", Decimal("1234.5"), days(2026, 3, 2), us(2026, 3, 2, 8, 5) + 30_000_000, True, 'say "hi",\nthen'),
        (str(2**52), Decimal("0.1"), None, us(2026, 3, 1, 23), False, None),
    ]


def test_errors_of_formulas_in_a_workbook_are_told(project: Project) -> None:
    empty = [[None, None, None]] * 2
    first = [*empty, [None, "id", "amount"], [None, "a", CellError("#N/A")], [None, "b", 5], [None, "c", 7.5]]
    rows = [*first, [None, "d", CellError("#DIV/0!")], [None, CellError("#REF!"), 1], [None, "f", CellError("#N/A")]]
    write_workbook(project.root / "crm" / "deal.xlsx", {"Other": [[CellError("#NUM!")]], "Deals & more": rows})
    project.set(connector="xlsx", settings={"sheets": {"deal": "Deals & more"}})
    project.tables = [table("deal", column("id"), column("amount", "number"))]
    of_cells, of_records = project.pull().findings
    assert (of_cells.code, of_cells.message) == (
        "AAC645",
        "4 cells of `deal.xlsx` show an error instead of a value: "
        "C4 (`#N/A`), C7 (`#DIV/0!`), B8 (`#REF!`), C9 (`#N/A`)",
    )
    assert (of_records.code, of_records.count, of_records.keys) == ("AAC505", 3, ("a", "d", "f"))
    assert of_records.message == "`amount` is not a number in 3 records: '#N/A', '#DIV/0!'"
    assert of_records.instead == (
        "correct the formulas in the spreadsheet, or add `#N/A`, `#DIV/0!` to `nulls` of the source"
    )
    assert [amount for _, amount in project.rows("deal")] == [None, 5, Decimal("7.5"), None, 1, None]
    project.set(connector="xlsx", settings={"sheets": {"deal": "Deals & more"}}, nulls=("", "#N/A", "#DIV/0!", "#REF!"))
    assert codes(project.pull().findings) == ["AAC501", "AAC645"]


@pytest.mark.parametrize("sort", ["xlsx", "parquet"])
def test_who_follows_the_advice_about_a_file_that_is_called_csv_reads_it(project: Project, sort: str) -> None:
    path = project.root / "crm" / "deal.csv"
    path.parent.mkdir()
    if sort == "xlsx":
        write_workbook(path, {"Deals": [["id"], ["a"]]})
    else:
        duckdb.execute(f"COPY (SELECT 'a' AS id) TO '{path}' (FORMAT parquet)")
    project.tables = [table("deal", column("id"))]
    (told,) = project.pull().findings
    (advised,) = re.findall('connector = "(.*)"', told.message)
    assert (told.code, advised) == ("AAC609", sort)
    project.set(connector=advised)
    assert project.pull().findings == ()
    assert project.rows("deal") == [("a",)]
    other = project.put("note", "id\n1\n")  # a text that is called so is not read as what it is not
    assert project.pull().findings == ()
    assert other.exists()


def test_another_sheet_of_a_workbook(project: Project) -> None:
    book = project.root / "crm" / "book.xlsx"
    write_workbook(
        book, {"Deals": [["id"], ["a"]], "People": [["id", "name"], ["u", "Ann"]], "Bad": [["id", None, "x"]]}
    )
    settings = {"files": {"deal": "book.xlsx", "user": "book.xlsx"}, "sheets": {"user": "People"}}
    project.set(connector="xlsx", settings=settings)
    project.tables = [table("deal", column("id")), table("user", column("id"), column("name"))]
    assert project.pull().findings == ()
    assert (project.rows("deal"), project.rows("user")) == ([("a",)], [("u", "Ann")])
    for sheet, told in (
        ("Peopel", f"`{book}` has no sheet `Peopel`: did you mean `People`?"),
        ("Bad", f"column 2 of `{book}` has no name in the row `id, , x`: give it one there"),
    ):
        project.set(settings={**settings, "sheets": {"user": sheet}})
        assert [f.message for f in project.pull().findings] == [f"source `crm` was not pulled: {told}"]


def test_what_is_no_workbook_says_so(project: Project) -> None:
    path = project.put("deal", "id\n1\n").rename(project.root / "crm" / "deal.xlsx")
    project.set(connector="xlsx")
    project.tables = [table("deal", column("id"))]
    (finding,) = project.pull().findings
    assert f"`{path}` cannot be read as a workbook" in finding.message
    path.write_text("<html><table><tr><td>id</td></tr></table></html>")
    (finding,) = project.pull().findings
    assert f"`{path}` is a web page, whatever its name says: open it and save it as a workbook" in finding.message


# Databases


def test_tables_and_views_are_read_where_they_lie(project: Project) -> None:
    path = write_database(
        project,
        "CREATE TABLE deal (id VARCHAR, owner INTEGER)",
        "INSERT INTO deal VALUES ('a', 1), ('b', 3)",
        "CREATE SCHEMA hr",
        "CREATE TABLE hr.people AS SELECT 1 AS id",
        'CREATE VIEW "user" AS FROM hr.people',
    )
    project.tables = [table("deal", column("id"), column("owner", ref("user"))), table("user", column("id"))]
    assert [f.code for f in project.pull().findings] == ["AAC503"]
    assert project.rows("deal") == [("a", "1"), ("b", None)]
    assert not [each for each in (project.root / ".aac" / "raw").rglob("*") if each.is_file()]
    project.tables = [table("deal", column("id"))]  # read anew for a document that changed
    assert project.rows("deal") == [("a",), ("b",)]
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO deal VALUES ('c', 1)")
    project.pull()
    assert project.rows("deal") == [("a",), ("b",), ("c",)]


def test_a_schema_is_named(project: Project) -> None:
    write_database(project, "CREATE SCHEMA hr", "CREATE TABLE hr.user AS SELECT 1 AS id")
    project.tables = [table("user", column("id"))]
    (finding,) = project.pull().findings
    assert "has no tables in `main`: name another `schema` (there is `hr`)" in finding.message
    project.set(settings={"path": "crm.duckdb", "schema": "hr"})
    project.pull()
    assert project.rows("user") == [("1",)]


def test_a_database_that_somebody_writes_to(project: Project) -> None:
    path = write_database(project, "CREATE TABLE deal AS SELECT 1 AS id")
    project.tables = [table("deal", column("id"))]
    script = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        (finding,) = project.pull().findings
        other.communicate(b"")
    assert (finding.code, "another process is writing to or reading" in finding.message) == ("AAC609", True)
    assert codes(project.pull().findings) == []


def test_a_database_that_is_gone(project: Project) -> None:
    path = write_database(project, "CREATE TABLE deal AS SELECT 1 AS id, 2 AS n")
    project.tables = [table("deal", column("id"))]
    project.pull()
    path.unlink()
    assert project.rows("deal") == [("1",)]
    (finding,) = project.pull().findings
    assert f"there is no file `{path}`" in finding.message
    assert found([finding], "AAC609")


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_folder_that_looks_like_a_column_is_none(tmp_path: Path, form: str) -> None:
    project = Project(tmp_path / "x=evil")
    project.root.mkdir()
    project.tables = [table("deal", column("id"), column("x"))]
    if form == "parquet":
        write_parquet(project, "deal", "SELECT 'a' AS id, 'good' AS x")
    else:
        text = "id,x\na,good\n" if form == "csv" else '{"id": "a", "x": "good"}\n'
        project.put("deal", text).rename(project.root / "crm" / f"deal.{form}")
        project.set(connector=form)
    assert (project.pull().findings, project.rows("deal")) == ((), [("a", "good")])
