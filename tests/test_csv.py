"""The connector `csv` on real folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from aac.connectors.base import Checkpoint, Context, Files, Slice, Stream
from aac.connectors.csv import CsvConnector, CsvSettings
from aac.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def connector(root: Path, **settings: object) -> CsvConnector:
    return CsvConnector(CsvSettings.model_validate({"path": "data", **settings}), Context(root, root / "own"))


def put(root: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = root / "data" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(text.encode(encoding))
    return path


def refused(root: Path, **settings: object) -> str:
    with pytest.raises(SourceError) as told:
        connector(root, **settings).discover()
    return str(told.value)


def test_each_file_is_a_stream_named_up_to_the_first_dot(tmp_path: Path) -> None:
    put(tmp_path, "leads.csv", "id,name\n1,a\n")
    put(tmp_path, "deals.export.CSV", "id,amount\n")
    put(tmp_path, "read me.txt", "no table")
    put(tmp_path, ".hidden.csv", "a,a\n")
    put(tmp_path, "Sales Team.csv", '"Full Name","of ""what"", where"\n')
    crm = connector(tmp_path)
    crm.check()
    assert crm.discover() == (
        Stream("Sales Team", ("Full Name", 'of "what", where')),
        Stream("deals", ("id", "amount")),
        Stream("leads", ("id", "name")),
    )


def test_a_stream_is_its_files_and_an_end(tmp_path: Path) -> None:
    path = put(tmp_path, "leads.csv", "id;name\n1;a\n")
    crm = connector(tmp_path)
    (stream,) = crm.discover()
    assert crm.slices(stream, None) == crm.slices(stream, {"old": 1}) == (Slice("leads"),)
    assert list(crm.read(stream, Slice("leads"))) == [
        Files((path,), "csv", ("id", "name"), ";"),
        Checkpoint({}, complete=True),
    ]


def test_files_of_one_stream_follow_each_other_by_name(tmp_path: Path) -> None:
    second = put(tmp_path, "leads.2026.csv", "id,name\n2,b\n")
    first = put(tmp_path, "leads.2025.csv", "id,name\n1,a\n")
    crm = connector(tmp_path)
    (stream,) = crm.discover()
    files = next(iter(crm.read(stream, Slice("leads"))))
    assert files == Files((first, second), "csv", ("id", "name"), ",")
    put(tmp_path, "leads.2027.csv", "name,id\n")
    told = refused(tmp_path)
    assert "leads.2027.csv` is not that of" in told
    assert "leads.2025.csv`" in told


def test_settings_name_streams_otherwise(tmp_path: Path) -> None:
    put(tmp_path, "export-1.csv", "id\n")
    put(tmp_path, "export-2.csv", "id\n")
    put(tmp_path, "old/users.csv", "id\n")
    put(tmp_path, "leads.csv", "id\n")
    crm = connector(tmp_path, files={"deals": "export-*.csv", "users": "old/*.csv"})
    assert [stream.name for stream in crm.discover()] == ["deals", "leads", "users"]
    files = next(iter(crm.read(Stream("deals", ("id",)), Slice("deals"))))
    assert isinstance(files, Files)
    assert [path.name for path in files.paths] == ["export-1.csv", "export-2.csv"]


@pytest.mark.parametrize("glob", ["export-*.csv", "", "/export.csv"])
def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path, glob: str) -> None:
    put(tmp_path, "leads.csv", "id\n")
    told = refused(tmp_path, files={"deals": glob})
    assert told.endswith(f"matches `{glob}`: correct `files` in aac.toml")


@pytest.mark.parametrize(
    ("text", "columns", "delimiter"),
    [
        ("id,name\n1,a\n", ("id", "name"), ","),
        ("id;amount, in EUR;at\n1;2,5;\n", ("id", "amount, in EUR", "at"), ";"),
        ("id\tname\n", ("id", "name"), "\t"),
        ("id|name|x,y\n", ("id", "name", "x,y"), "|"),
        ('"a;b;c",d\n', ("a;b;c", "d"), ","),
        ("id\n1\n", ("id",), ","),
        ("id,name", ("id", "name"), ","),
        ('id,"two\nlines"\r\n1,a\r\n', ("id", "two\nlines"), ","),
    ],
)
def test_the_delimiter_is_the_one_that_gives_most_columns(
    tmp_path: Path, text: str, columns: tuple[str, ...], delimiter: str
) -> None:
    path = put(tmp_path, "leads.csv", text)
    crm = connector(tmp_path)
    assert crm.discover() == (Stream("leads", columns),)
    assert next(iter(crm.read(Stream("leads", columns), Slice("leads")))) == Files((path,), "csv", columns, delimiter)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    put(tmp_path, "leads.csv", "Größe,Name\n", "utf-8-sig")
    assert connector(tmp_path).discover() == (Stream("leads", ("Größe", "Name")),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,name,id\n", "has two columns `id`: rename or remove one of them"),
        ("Email,email\n", "has two columns `email`: rename or remove one of them"),
        ("id,,name\n", "column 2 of `{path}` has no name: give it one in the header, or remove the column"),
        ("id,name, \n", "column 3 of `{path}` has no name: give it one in the header, or remove the column"),
        ("", "`{path}` has no header: its first line must name the columns"),
        ("\nid,name\n", "`{path}` has no header: its first line must name the columns"),
        ("sep=,\nid,name\n", "the first line of `{path}` names no columns: delete the line `sep=,`"),
        ("SEP=;\nid;name\n", "the first line of `{path}` names no columns: delete the line `SEP=;`"),
        ("sep=\t\nid\tname\n", "the first line of `{path}` names no columns: delete the line `sep=`"),
        ('"id,name\n', "the header of `{path}` cannot be read: unexpected end of data"),
    ],
)
def test_headers_that_cannot_be_used_are_refused(tmp_path: Path, text: str, told: str) -> None:
    path = put(tmp_path, "leads.csv", text)
    assert refused(tmp_path).endswith(told.format(path=path))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path, "leads.csv", "Größe,Name\n", encoding)
    assert refused(tmp_path) == f"`{path}` is not UTF-8: export it as «CSV UTF-8»"


def test_folders_that_are_missing_or_empty_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"there is no folder `.*/data`: correct `path` in aac.toml, or put the files"
    ):
        connector(tmp_path).check()
    put(tmp_path, "leads.xlsx", "")
    with pytest.raises(SourceError, match=r"there is no \*\.csv file in `.*/data`: correct `path` in aac.toml"):
        connector(tmp_path).check()


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="encoding"):
        CsvSettings.model_validate({"path": "data", "encoding": "latin-1"})
