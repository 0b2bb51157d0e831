"""The connector `csv` on real folders."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from aac.connectors.base import Checkpoint, Context, Files, Notice, Slice, Stream
from aac.connectors.csv import CsvConnector, CsvSettings
from aac.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from aac.connectors.base import Message


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
    (part,) = crm.slices(stream, None)
    files, end = crm.read(stream, part)
    assert files == Files((path,), "csv", ("id", "name"), ";", ("utf-8",))
    assert isinstance(end, Checkpoint)
    assert end.complete


def test_the_encoding_of_a_file_is_found_once(tmp_path: Path) -> None:
    path = put(tmp_path, "leads.csv", "id;name\n1;Zoë\n", "latin-1")
    os.utime(path, (1, 1))
    crm = connector(tmp_path)
    (stream,) = crm.discover()
    notice, files, end = crm.read(stream, Slice("leads"))
    assert isinstance(end, Checkpoint)
    remembered = {place: [encoding, "seen before"] for place, (encoding, _) in end.state.items()}
    again, *_ = crm.read(stream, crm.slices(stream, remembered)[0])
    assert isinstance(notice, Notice)
    assert isinstance(again, Notice)
    assert notice.message.endswith("its other letters are then `ë`")
    assert again.message.endswith("seen before")
    assert files == Files((path,), "csv", ("id", "name"), ";", ("windows-1252",))


def test_files_of_one_stream_follow_each_other_by_name(tmp_path: Path) -> None:
    second = put(tmp_path, "leads.2026.csv", "id,name\n2,b\n")
    first = put(tmp_path, "leads.2025.csv", "id,name\n1,a\n")
    crm = connector(tmp_path)
    (stream,) = crm.discover()
    files = next(iter(crm.read(stream, Slice("leads"))))
    assert files == Files((first, second), "csv", ("id", "name"), ",", ("utf-8", "utf-8"))
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
    files = next(iter(crm.read(Stream("leads", columns), Slice("leads"))))
    assert files == Files((path,), "csv", columns, delimiter, ("utf-8",))


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
        ("\nid,name\n", "its first line must name the columns; delete the empty line above it"),
        ("\r\n \r\n\nid\n", "its first line must name the columns; delete the 3 empty lines above it"),
        ("sep=,\nid,name\n", "the first line of `{path}` names no columns: delete the line `sep=,`"),
        ("SEP=;\nid;name\n", "the first line of `{path}` names no columns: delete the line `SEP=;`"),
        ("sep=\t\nid\tname\n", "the first line of `{path}` names no columns: delete the line `sep=`"),
        ('"id,name\n', "the header of `{path}` cannot be read: unexpected end of data"),
    ],
)
def test_headers_that_cannot_be_used_are_refused(tmp_path: Path, text: str, told: str) -> None:
    path = put(tmp_path, "leads.csv", text)
    assert refused(tmp_path).endswith(told.format(path=path))


def read(root: Path, **settings: object) -> list[Message]:
    crm = connector(root, **settings)
    (stream,) = crm.discover()
    return list(crm.read(stream, Slice(stream.name)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "latin-1"])
def test_headers_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, "leads.csv", "Größe;Name\n", encoding)
    assert connector(tmp_path).discover() == (Stream("leads", ("Größe", "Name")),)
    notices = [message for message in read(tmp_path) if isinstance(message, Notice)]
    assert len(notices) == (encoding in ("utf-16-le", "utf-16-be", "latin-1"))


@pytest.mark.parametrize(("declared", "used"), [("latin-1", "windows-1252"), ("cp1252", "cp1252"), ("UTF-8", "utf-8")])
def test_what_is_declared_is_not_told(tmp_path: Path, declared: str, used: str) -> None:
    put(tmp_path, "leads.csv", "id,price\n1,5 €\n", used)
    files, end = read(tmp_path, encoding=declared)
    assert isinstance(files, Files)
    assert files.encodings == (used,)
    assert isinstance(end, Checkpoint)


@pytest.mark.parametrize(
    ("data", "settings", "told"),
    [
        (b"id\n\xf6\n\xc3\xb6\n", {}, "is written in two encodings (line 3 seems to be UTF-8, and others are not)"),
        (b"id\n1\n\x81\n", {}, "line 3 of `{path}` is neither UTF-8 nor Windows-1252"),
        (b"id\n\xf6\n", {"encoding": "utf-8"}, "is not written in utf-8 throughout"),
        (b"id\n\x81\n", {"encoding": "latin-1"}, "is not written in windows-1252 throughout"),
        ("id\n".encode("utf-16") + b"\x00", {}, "is not written in utf-16 throughout"),
    ],
)
def test_no_letter_is_guessed_in_silence(tmp_path: Path, data: bytes, settings: dict[str, str], told: str) -> None:
    path = put(tmp_path, "leads.csv", "")
    path.write_bytes(data)
    with pytest.raises(SourceError) as error:
        read(tmp_path, **settings)
    assert told.format(path=path) in str(error.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04\x14\0", "is an Excel workbook or another zip archive, whatever its name says: save it as"),
        (b"\xd0\xcf\x11\xe0\xa1", "is an old Excel workbook (.xls), whatever its name says: save it as «CSV UTF-8»"),
        (b"PAR1\x15", 'is a Parquet file, whatever its name says: use `connector = "parquet"`'),
        (b"\x1f\x8b\x08", "is compressed, whatever its name says: let its name end in `.gz`"),
        (b"<!DOCTYPE html><title>Log in", "is a web page, whatever its name says: download it again"),
    ],
)
def test_what_is_no_text_says_what_it_is(tmp_path: Path, data: bytes, told: str) -> None:
    put(tmp_path, "leads.csv", "").write_bytes(data)
    assert told in refused(tmp_path)


def test_compressed_files_are_streams(tmp_path: Path) -> None:
    put(tmp_path, "leads.csv.gz", "").write_bytes(gzip.compress(b"id;name\n"))
    put(tmp_path, "deals.tsv", "id\tname\n")
    assert connector(tmp_path).discover() == (Stream("deals", ("id", "name")), Stream("leads", ("id", "name")))
    put(tmp_path, "leads.csv.gz", "id;name\n")
    assert "cannot be decompressed (Not a gzipped file" in refused(tmp_path)


def test_a_declared_delimiter_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "leads.csv", "id;name,city\n")
    assert connector(tmp_path, delimiter=",").discover() == (Stream("leads", ("id;name", "city")),)
    assert connector(tmp_path, delimiter="^").discover() == (Stream("leads", ("id;name,city",)),)


def test_folders_that_are_missing_or_empty_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"there is no folder `.*/data`: correct `path` in aac.toml, or put the files"
    ):
        connector(tmp_path).check()
    put(tmp_path, "leads.xlsx", "")
    with pytest.raises(SourceError, match=r"there is no \*\.csv file in `.*/data`: correct `path` in aac.toml"):
        connector(tmp_path).check()


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("folder", "data", "Extra inputs"),
        ("encoding", "klingon", "no encoding has the name `klingon`; write one as in"),
        ("encoding", "base64", "no encoding has the name `base64`"),
        ("delimiter", ";;", "`;;` cannot be a delimiter; write one character"),
        ("delimiter", '"', '`"` cannot be a delimiter'),
    ],
)
def test_settings_that_cannot_be_are_refused(key: str, value: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        CsvSettings.model_validate({"path": "data", key: value})
