"""Files of sources that were cut, or changed on their way, are named, and the store is not blamed."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.landing import Project, column, table
from tests.workbooks import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDS = [str(number * 7919) for number in range(20_000)]
CSV = "id\n" + "\n".join(IDS)
JSON = "\n".join(f'{{"id":"{id}"}}' for id in IDS)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def without_end(data: bytes) -> bytes:
    return data[:-1]


def changed(data: bytes) -> bytes:
    return data[:-6] + bytes([data[-6] ^ 255]) + data[-5:]


DAMAGES: list[Callable[[bytes], bytes]] = [half, without_end, changed]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "crm").mkdir()
    return Project(tmp_path, [table("lead", column("id"))])


def told(project: Project) -> str:
    """What a pull that cannot read its source says."""
    (finding,) = project.pull().findings
    assert (finding.code, finding.level) == ("AAC609", "error")
    return finding.message.removeprefix("source `crm` was not pulled: ")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lead.csv.gz", CSV.encode()),
        ("lead.csv.gz", CSV.replace("0", "é").encode("latin-1")),
        ("lead.jsonl.gz", JSON.encode()),
    ],
    ids=["csv", "latin", "jsonl"],
)
def test_what_does_not_decompress(project: Project, name: str, data: bytes, damage: Callable[[bytes], bytes]) -> None:
    path = project.root / "crm" / name
    project.set(connector=name.split(".")[1])
    path.write_bytes(damage(gzip.compress(data)))
    what = "cannot be decompressed (CRC check failed" if damage is changed else "ends too early: it was cut"
    assert told(project).startswith(f"`{path}` {what}")
    path.write_bytes(gzip.compress(data))
    project.pull()
    assert len(project.rows("lead")) == len(IDS)


@pytest.mark.parametrize("damage", [half, without_end])
@pytest.mark.parametrize("connector", ["parquet", "xlsx"])
def test_a_file_that_was_cut(project: Project, connector: str, damage: Callable[[bytes], bytes]) -> None:
    path = project.root / "crm" / f"lead.{connector}"
    project.set(connector=connector)
    if connector == "parquet":
        duckdb.execute("COPY (SELECT range::VARCHAR AS id FROM range(1000)) TO $1", [str(path)])
    else:
        write_workbook(path, {"lead": [("id",), *((id,) for id in IDS[:1000])]})
    path.write_bytes(damage(path.read_bytes()))
    what = "is damaged, or was cut" if connector == "parquet" else "cannot be read as a workbook"
    assert told(project).startswith(f"`{path}` {what}")


@pytest.mark.parametrize("damage", ["text", "half", "flipped"])
def test_a_database_of_others_is_told_as_theirs(project: Project, damage: str) -> None:
    path = project.root / "crm.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE lead AS SELECT md5(range::VARCHAR) AS id FROM range(20_000)")
    project.set(connector="duckdb", settings={"path": path.name})
    assert project.pull().findings == ()
    whole = path.read_bytes()
    flipped = bytes(byte ^ 255 if place > len(whole) // 2 else byte for place, byte in enumerate(whole))
    path.write_bytes({"text": b"id,name\n" * 1000, "half": whole[: len(whole) // 2], "flipped": flipped}[damage])
    assert told(project) == f"`{path}` is damaged, or was cut: export or copy it again"
    assert len(project.rows("lead")) == 20_000
    assert not [words for words in project.told if "store" in words]


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["x", '{"id":2}', ""], 1),
        (['{"id":1}', '{"id":', '{"id":3}', ""], 2),
        (['{"id":1}', "", " ", '{"id":x}'], 4),
        (['{"id":1}'] * 50_000 + ['{"id":x}', '{"id":1}', ""], 50_001),
    ],
)
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
def test_a_line_that_is_no_json_is_the_one_that_is_named(
    project: Project, lines: list[str], line: int, ending: str
) -> None:
    path = project.root / "crm" / f"lead.{ending}"
    project.set(connector="jsonl")
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    assert told(project).startswith(f"line {line} of `{path}` is no JSON")


def test_an_export_that_became_shorter_says_so(project: Project) -> None:
    """Cut between two lines, nothing is wrong with it, so that only what was there before tells."""
    project.tables = [table("lead", column("id"))]
    for ids in ("abcd", "ab", "ab", "abc"):
        project.put("lead", "id\n" + "".join(f"{id}\n" for id in ids))
        assert project.pull().findings == ()
    assert [words.partition(", ")[2].partition(", ")[2] for words in project.told] == [
        "",
        "2 fewer than before",
        "",
        "",
    ]
