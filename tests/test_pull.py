"""What a pull changes and what stays: failing sources, changed documents, killed processes."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest

from aac.config import EngineSettings
from aac.connectors.base import Checkpoint, Context, Files, Message, Notice, Progress, Settings, Slice, Stream
from aac.engines.duckdb import Store
from aac.engines.rewriting import locked
from aac.errors import EngineError, NoDataError, SourceError
from aac.expressions.nodes import Column, Type
from aac.findings import Span
from aac.landing.pull import Pulled, pull
from aac.measures import StoredField
from tests.landing import NOW_US, Project, codes, column, ref, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# What stays when something fails


def test_a_column_that_is_not_there_fails_the_source(project: Project) -> None:
    project.put("lead", "id,Name\n1,Ann\n")
    project.put("deal", "id\nd\n")
    good = [table("lead", column("id"), column("name", read="Name")), table("deal", column("id"))]
    project.tables = good
    project.pull()
    project.put("deal", "id\nd\ne\n")
    project.tables = [table("lead", column("id"), column("name", read="Nome")), good[1]]
    pulled = project.pull(now_us=NOW_US + 1)
    (finding,) = pulled.findings
    assert (finding.code, finding.level, finding.doc) == ("AAC606", "error", "entity:lead")
    assert (finding.message, finding.instead) == ("`crm.lead` has no column `Nome`", "did you mean `Name`?")
    assert finding.span == Span("f.yml", 1, 1, text="name")
    assert (pulled.sources[0].pulled_at_us, pulled.sources[0].rows) == (NOW_US, {"deal": 1, "lead": 1})
    with project.landed() as data:
        assert codes(data.findings) == ["AAC606"]
        assert set(data.relations) == {"deal"}
    project.tables = good
    assert (project.rows("lead"), project.rows("deal")) == ([("1", "Ann")], [("d",)])


def test_a_stream_that_is_not_there_fails_the_source(project: Project) -> None:
    project.put("leads", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    (finding,) = project.pull().findings
    assert (finding.code, finding.level, finding.span) == ("AAC607", "error", Span("f.yml", 1, 1, text="lead"))
    assert (finding.message, finding.instead) == ("source `crm` has no stream `lead`", "did you mean `leads`?")
    with pytest.raises(NoDataError):
        project.landed()


def test_an_entity_whose_stream_was_never_pulled_is_told(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    project.put("deal", "id\n1\n")
    project.tables.append(table("deal", column("id")))
    with project.landed() as data:
        assert [(each.code, each.level, each.message, each.instead) for each in data.findings] == [
            ("AAC607", "error", "`crm.deal` was not pulled yet", "run `aac pull`")
        ]
        assert set(data.relations) == {"lead"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "id,name\n2,Bob\n3\n",
            "line 3 of `{path}` has 1 value, and its header 2: "
            "is there a line break inside a value that is not quoted?",
        ),
        (
            "id,name\n2,Bob\n3,x,y\n",
            "line 3 of `{path}` has 3 values, and its header 2: "
            "is there a delimiter inside a value that is not quoted?",
        ),
        (
            'id,name\n2,"Bob\n  file = x\nExpected Number of Columns: 1 Found: 9\n',
            "a quote in line 2 of `{path}` is not closed: close it, and double every quote inside a value",
        ),
        (
            'id,name\n2,"B"ob\n',
            "a quote in line 2 of `{path}` is not closed: close it, and double every quote inside a value",
        ),
        (
            "id,name\n2,B\r\n3,C\n",
            "`{path}` cannot be read as CSV: are its line ends of two sorts, or is a quote out of place?",
        ),
        (
            f"id,name\n2,{'x' * 2_100_000}\n",
            "line 2 of `{path}` has more than 2,000,000 bytes: is there a quote before it that is not closed?",
        ),
    ],
)
def test_a_broken_file_fails_its_source_and_no_other(project: Project, text: str, told: str) -> None:
    project.put("lead", "id,name\n1,Ann\n")
    project.put("deal", "id\nd\n")
    project.put("ticket", "id\nt\n", "desk")
    project.set("desk")
    project.tables = [
        table("deal", column("id")),
        table("lead", column("id"), column("name")),
        table("ticket", column("id"), source="desk"),
    ]
    project.pull()
    path = project.put("lead", text)
    project.put("deal", "id\nd\ne\n")
    project.put("ticket", "id\nt\nu\n", "desk")
    pulled = project.pull(now_us=NOW_US + 1)
    (finding,) = pulled.findings
    assert (finding.code, finding.level) == ("AAC609", "error")
    assert finding.message == f"source `crm` was not pulled: {told.format(path=path)}"
    assert {source.id: source.pulled_at_us for source in pulled.sources} == {"crm": NOW_US, "desk": NOW_US + 1}
    assert project.rows("lead") == [("1", "Ann")]
    assert project.rows("deal") == [("d",)]
    assert project.rows("ticket") == [("t",), ("u",)]
    copies = project.ask("SELECT streams FROM _aac.sources ORDER BY source")
    files = {path.name for path in (project.root / ".aac" / "raw").rglob("*.csv")}
    assert len(files) == 3
    assert all(name in str(copies) for name in files)


def test_a_file_that_is_not_utf_8_further_down_is_read_as_western_and_told(project: Project) -> None:
    path = project.put("lead", "id,name\n" + "1,Ann\n" * 9_999)
    path.write_bytes(path.read_bytes() + "2,Zoë\n".encode("latin-1"))
    project.tables = [table("lead", column("id"), column("name"))]
    findings = project.pull().findings
    assert [f.message for f in findings if f.code == "AAC640"] == [
        "`lead.csv` is not UTF-8 and was read as Windows-1252: its other letters are then `ë`"
    ]
    assert project.rows("lead") == [("1", "Ann"), ("2", "Zoë")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "id,name\n1,Zoë\n"),
        ("utf-16", "id\tname\r\n1\tŁódź 😀\r\n"),
        ("utf-16-le", "id;name\n1;Zoë\n"),
        ("utf-32", "id,name\n1,Zoë\n"),
    ],
)
def test_every_encoding_arrives_as_the_same_text(project: Project, encoding: str, text: str) -> None:
    project.put("lead", "").write_bytes(text.encode(encoding))
    project.tables = [table("lead", column("id"), column("name"))]
    assert [f.code for f in project.pull().findings] == (["AAC640"] if encoding == "utf-16-le" else [])
    assert project.rows("lead") == [("1", text.split("1")[1][1:].strip())]


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_a_letter_may_lie_on_the_border_of_two_readings(project: Project, before: int) -> None:
    filler = "x" * ((1 << 20) - len("id,name\n1,") - before)
    path = project.put("lead", f"id,name\n1,{filler}😀\n")
    project.tables = [table("lead", column("id"), column("name"))]
    assert [f.code for f in project.pull().findings] == []
    assert project.rows("lead")[0][1][-1] == "😀"
    path.write_bytes(path.read_bytes()[: (1 << 20) - before + 2] + b"\n2,y\n" * 300_000)  # half a letter
    assert {"AAC609", "AAC640"} & {f.code for f in project.pull().findings}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_compressed_files_are_read_as_others(project: Project, encoding: str) -> None:
    path = project.put("lead", "").with_suffix(".csv.gz")
    path.with_suffix("").unlink()
    path.write_bytes(gzip.compress("id,name\n1,Zoë\n".encode(encoding)))
    project.tables = [table("lead", column("id"), column("name"))]
    assert [f.code for f in project.pull().findings] == (["AAC640"] if encoding == "latin-1" else [])
    assert project.rows("lead") == [("1", "Zoë")]


def test_what_is_neither_lost_nor_cut(project: Project) -> None:
    odd = "".join(
        chr(code) for code in (*range(1, 10), 11, 12, *range(14, 32), 0x7F, 0x85, 0xA0, 0x2028, 0xFEFF, 0x10FFFF)
    )
    project.put("lead", "").write_bytes(f'id,name\n1,"a\0b{odd}"\n'.encode())
    project.tables = [table("lead", column("id"), column("name"))]
    project.pull()
    assert project.rows("lead") == [("1", f"a\0b{odd}")]


def test_a_file_that_did_not_change_is_not_copied_again(project: Project) -> None:
    path = project.put("lead", "id\n1\n")
    os.utime(path, (1, 1))
    project.tables = [table("lead", column("id"))]
    project.pull()
    (copy,) = (project.root / ".aac" / "raw" / "crm").iterdir()
    before = copy.stat()
    project.pull()
    after = copy.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    path.write_text("id\n2\n")
    os.utime(path, (1, 1))  # as old and as long as before
    project.pull()
    assert project.rows("lead") == [("2",)]


@pytest.mark.parametrize("damage", ["text", "half", "flipped"])
def test_a_damaged_store_says_how_it_is_mended(project: Project, damage: str) -> None:
    project.put("lead", "id\n" + "".join(f"{n}\n" for n in range(100_000)))
    project.tables = [table("lead", column("id"))]
    project.pull()
    store = project.root / ".aac" / "store.duckdb"
    whole = store.read_bytes()
    flipped = bytes(byte ^ 255 if place > 20_000 else byte for place, byte in enumerate(whole))
    store.write_bytes({"text": b"id,name\n" * 1000, "half": whole[: len(whole) // 2], "flipped": flipped}[damage])
    with pytest.raises(EngineError, match=r"^the store is damaged: run `aac pull`, which makes it anew from"):
        project.rows("lead")
    assert project.pull().findings == ()
    assert "the store is damaged: it is made anew from the sources and `.aac/raw`" in project.told
    assert len(project.rows("lead")) == 100_000


def test_of_a_source_that_failed_no_stream_counts_as_complete(project: Project) -> None:
    project.put("account", "id\n1\n")
    project.put("lead", "id,name\n1,x\n2\n")
    project.tables = [table("account", column("id")), table("lead", column("id"))]
    project.pull()
    assert project.ask("SELECT stream, rows, complete FROM _aac.runs") == [("account", 1, False), (None, None, False)]


def test_a_missing_folder_fails_the_source(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    (project.root / "crm").rename(project.root / "gone")
    (finding,) = project.pull().findings
    assert finding.code == "AAC609"
    assert finding.message.startswith("source `crm` was not pulled: there is no folder")
    assert project.rows("lead") == [("1",)]


def test_nothing_was_pulled(project: Project) -> None:
    project.tables = [table("lead", column("id"))]
    with pytest.raises(NoDataError):
        project.landed()
    project.pull()  # there is no folder
    with pytest.raises(NoDataError):
        project.landed()


def test_a_pull_that_is_killed_leaves_everything_as_it_was(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    project.put("lead", "id\n1\n2\n")
    script = """
import os, signal, sys
from pathlib import Path
from aac.landing import pulling
from tests.landing import Project, column, table
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
pulling.write_state = die
Project(Path(sys.argv[1]), [table("lead", column("id"))]).pull()
"""
    command = [sys.executable, "-c", script, str(project.root)]
    run = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL, run.stderr
    raw = project.root / ".aac" / "raw" / "crm"
    assert len(list(raw.iterdir())) == 2
    assert project.rows("lead") == [("1",)]
    project.pull()
    assert project.rows("lead") == [("1",), ("2",)]
    assert len(list(raw.iterdir())) == 1


def test_a_pull_while_another_runs_is_refused_and_reading_is_not(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    store = project.root / ".aac" / "store.duckdb"
    with project.landed() as data, locked(store):
        script = """
import sys
from pathlib import Path
from tests.landing import Project
Project(Path(sys.argv[1])).pull()
"""
        command = [sys.executable, "-c", script, str(project.root)]
        run = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)
        assert data.rows == {"lead": 1}
    told = f"EngineError: another aac is writing to `{store}` (process {os.getpid()}): try again when it has ended"
    assert told in run.stderr


def test_readers_see_the_old_data_until_a_pull_has_ended(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    project.put("lead", "id\n2\n")
    seen: list[object] = []

    def look(line: str) -> None:
        seen.append((line.partition(",")[0], project.rows("lead")))

    with project.landed() as first:
        project.told = cast("list[str]", _Listener(look))
        project.pull()
        assert list(first.engine.execute("FROM prepared.lead")) == [("1",)]
    assert seen == [("crm.lead: 1 record", [("1",)])]
    assert project.rows("lead") == [("2",)]


class _Listener:
    def __init__(self, append: Callable[[str], None]) -> None:
        self.append = append


def test_raw_copies_that_are_gone_are_asked_for(project: Project) -> None:
    path = project.put("lead", "id,x\n1,2\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    copies = list((project.root / ".aac" / "raw" / "crm").iterdir())
    assert [copy.read_bytes() for copy in copies] == [path.read_bytes()]
    copies[0].unlink()
    assert project.rows("lead") == [("1",)]
    project.tables = [table("lead", column("id"), column("x"))]
    with pytest.raises(SourceError, match=r"there is no copy of `crm.lead`: run `aac pull`"):
        project.landed()
    project.pull()
    assert project.rows("lead") == [("1", "2")]


# What a connector may say


class Talker:
    """A connector of one stream, `lead`, that says what it was made with."""

    name: ClassVar[str] = "talker"
    settings: ClassVar[type[Settings]] = Settings

    def __init__(self, settings: object, context: Context) -> None:
        del settings
        self.root = context.root
        self.parts: tuple[tuple[Message, ...], ...] = ()
        self.states: list[Mapping[str, Any] | None] = []

    def check(self) -> None: ...

    def discover(self) -> tuple[Stream, ...]:
        return (Stream("lead", ("id",)),)

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        self.states.append(state)
        return tuple(Slice(stream.name, {"part": part}) for part in range(len(self.parts)))

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        del stream
        yield from self.parts[part.bounds["part"]]


@pytest.fixture
def talker(project: Project) -> Talker:
    project.tables = [table("lead", column("id"))]
    return Talker(None, Context(project.root, project.root))


def said(project: Project, talker: Talker, *parts: tuple[Message, ...]) -> Pulled:
    talker.parts = parts
    return pull(project.root, project.sources, project.tables, lambda _: talker, "UTC", NOW_US, project.hear)


def test_slices_notices_progress_and_state(project: Project, talker: Talker) -> None:
    first, second = (Files((project.put(name, f"id\n{name}\n"),), "csv", ("id",)) for name in ("a", "b"))
    end = Checkpoint({"until": 7}, complete=True)
    notice = Notice("AAC699", "warning", "two calls are left today", "ask for more")
    pulled = said(project, talker, (first, Progress(1200)), (second, notice, end))
    assert [(each.code, each.level, each.message, each.instead) for each in pulled.findings] == [
        ("AAC699", "warning", "two calls are left today", "ask for more")
    ]
    assert project.told[0] == "crm.lead: 1,200 records so far"
    assert re.fullmatch(r"crm\.lead: 2 records, \d+\.\d s", project.told[1])
    assert project.rows("lead") == [("a",), ("b",)]
    said(project, talker, (second, end))
    assert talker.states == [None, {"until": 7}]
    assert project.rows("lead") == [("b",)]


def test_a_stream_that_does_not_come_to_its_end_fails_its_source(project: Project, talker: Talker) -> None:
    files = Files((project.put("a", "id\n1\n"),), "csv", ("id",))
    other = Files((project.put("b", "id;x\n1;2\n"),), "csv", ("id", "x"), ";")
    gone = Files((project.root / "gone.csv",), "csv", ("id",))
    end = Checkpoint({}, complete=True)
    said(project, talker, (files, end))
    for parts, told in [
        ((files,), "`lead` was not read to its end"),
        ((files, Checkpoint({}, complete=False)), "`lead` was not read to its end"),
        ((end,), "`lead` was not read to its end"),
        ((files, other, end), "b.csv` is not made like"),
        ((gone, end), "gone.csv` cannot be copied"),
    ]:
        (finding,) = said(project, talker, parts).findings
        assert (finding.code, finding.level) == ("AAC609", "error")
        assert told in finding.message
        assert project.rows("lead") == [("1",)]


# What changes without a pull, and with one


def test_a_map_repairs_references_without_a_pull(project: Project) -> None:
    project.put("deal", "id,product\n1,GTXPro\n2,GTX Basic\n")
    project.put("product", "id\nGTX Pro\nGTX Basic\n")
    product = table("product", column("id"))
    project.tables = [table("deal", column("id"), column("product", ref("product"))), product]
    (finding,) = [each for each in project.pull().findings if each.code == "AAC503"]
    assert finding.instead == "repair the spelling with `map: {GTXPro: GTX Pro}`, or add what is missing to `product`"
    store = project.root / ".aac" / "store.duckdb"
    before = store.read_bytes()
    with project.landed() as data:
        assert (data.notices, codes(data.findings)) == ((), ["AAC503"])
        assert data.relations["deal"].name == ("store", "prepared", "deal")

    project.tables[0] = table("deal", column("id"), column("product", ref("product"), mapping=(("GTXPro", "GTX Pro"),)))
    with project.landed() as data:
        assert data.findings == ()
        assert data.notices == (
            "entity deal has changed since the last pull: prepared for this run only; `aac pull` keeps it",
        )
        ((path,),) = data.engine.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'changed'")
        assert Path(str(path)).is_file()
        assert data.relations["deal"].name == ("changed", "prepared", "deal")
        assert data.relations["product"].name == ("store", "prepared", "product")
        assert data.rows == {"deal": 2, "product": 2}
    assert not Path(str(path)).parent.exists()
    assert project.rows("deal") == [("1", "GTX Pro"), ("2", "GTX Basic")]
    assert store.read_bytes() == before

    (project.root / "crm").rename(project.root / "gone")  # even a pull that fails keeps what it can prepare
    assert codes(project.pull().findings) == ["AAC609"]
    with project.landed() as data:
        assert [notice[:26] for notice in data.notices] == ["source crm: the last pull,"]
    assert project.ask("FROM prepared.deal") == [("1", "GTX Pro"), ("2", "GTX Basic")]


def test_a_table_follows_the_changes_of_those_it_refers_to(project: Project) -> None:
    project.put("deal", "id,owner\n1,ann\n2,bob\n")
    project.put("user", "id,login\nann,x\nbob,x\n")
    deal = table("deal", column("id"), column("owner", ref("user")))
    project.tables = [deal, table("user", column("id"), column("login"))]
    assert project.pull().findings == ()
    project.tables = [deal, table("user", column("id", mapping=(("bob", "rob"),)), column("login"))]
    with project.landed() as data:
        assert [notice.split()[1] for notice in data.notices] == ["deal", "user"]
        assert [each.message for each in data.findings] == ["`owner` finds no user in 1 record"]
    assert project.rows("deal") == [("1", "ann"), ("2", None)]
    assert codes(project.pull().findings) == ["AAC503"]
    with project.landed() as data:
        assert (data.notices, codes(data.findings)) == ((), ["AAC503"])


def test_references_lead_from_source_to_source_in_any_order_of_pulling(project: Project) -> None:
    project.put("deal", "id,owner\n1,u\n2,v\n")
    project.set("hr")
    project.tables = [
        table("deal", column("id"), column("owner", ref("user"))),
        table("user", column("id"), source="hr"),
    ]
    assert codes(project.pull().findings) == ["AAC609"]  # no folder `hr` yet: nothing to look the owners up in
    assert project.ask("FROM prepared.deal") == [("1", "u"), ("2", "v")]
    project.put("user", "id\nu\n", "hr")
    assert codes(project.pull().findings) == ["AAC503"]
    assert project.rows("deal") == [("1", "u"), ("2", None)]
    project.put("user", "id\nv\n", "hr")
    project.pull()
    assert project.rows("deal") == [("1", None), ("2", "v")]


def test_what_did_not_change_is_not_prepared_again(project: Project) -> None:
    project.put("deal", "id,owner\n1,u\n2,v\n")
    project.put("user", "id,name\nu,Ann\n,Bob\n")
    project.put("note", "id\n1\n")
    project.tables = [
        table("deal", column("id"), column("owner", ref("user"))),
        table("user", column("id"), column("name")),
        table("note", column("id")),
    ]
    first = project.pull()
    with Store(project.root / ".aac" / "store.duckdb") as store:  # so that it shows who was prepared again
        for entity in first.rows:
            store.execute(f"DELETE FROM prepared.{entity}")
    second = project.pull(now_us=NOW_US + 1)
    assert (second.findings, second.rows) == (first.findings, first.rows)
    assert second.sources[0].pulled_at_us == NOW_US + 1
    assert second.sources[0].rows == first.sources[0].rows == {"deal": 2, "note": 1, "user": 2}
    assert [project.rows(entity) for entity in ("deal", "user", "note")] == [[], [], []]
    project.put("user", "id,name\nu,Ann\n,Rob\n")
    project.pull()
    assert [len(project.rows(entity)) for entity in ("deal", "user", "note")] == [2, 1, 0]
    assert project.ask("SELECT record FROM _aac.set_aside") == [({"id": None, "name": "Rob"},)]


def test_entities_and_sources_that_are_gone_leave_the_store(project: Project) -> None:
    project.put("lead", "id,n\n,x\n1,x\n")
    project.put("user", "id\nu\n", "hr")
    project.set("hr")
    lead, user = table("lead", column("id"), column("n", "integer")), table("user", column("id"), source="hr")
    project.tables = [lead, user]
    project.pull()
    del project.sources["hr"]
    project.put("deal", "id\nd\n")
    project.tables = [table("deal", column("id"))]
    pulled = project.pull()
    assert ([source.id for source in pulled.sources], pulled.rows) == (["crm"], {"deal": 1})
    assert project.ask("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'prepared'") == [("deal",)]
    assert project.ask("SELECT (SELECT count(*) FROM _aac.set_aside), (SELECT count(*) FROM _aac.problems)") == [(0, 0)]
    assert len(list((project.root / ".aac" / "raw").rglob("*.csv"))) == 1


def changes(project: Project) -> Iterator[str]:
    """Changes what decides how a table is prepared, one thing after the other."""
    (first,) = project.tables
    project.set(timezone="Asia/Tokyo")
    yield "zone"
    project.set(timezone=None, nulls=("a",))
    yield "nulls"
    project.set(nulls=("",))
    project.tables = [replace(first, occurs="at")]
    yield "occurs"
    project.tables = [replace(first, fields=(*first.fields, column("b", read="at")))]
    yield "another field"
    project.tables = [replace(first, fields=(first.fields[0], column("at", "date")))]
    yield "another type"
    project.tables = [replace(first, fields=(first.fields[0], column("at", "timestamp", format="%Y-%m-%d")))]
    yield "a format"
    project.tables = [replace(first, fields=(first.fields[0], column("at", "timestamp", read="id")))]
    yield "another column"


def test_everything_that_decides_a_table_is_in_its_fingerprint(project: Project) -> None:
    project.put("lead", "id,at\na,2026-01-01\n")
    project.tables = [table("lead", column("id"), column("at", "timestamp"))]
    project.pull()
    for change in changes(project):
        with project.landed() as data:
            assert len(data.notices) == 1, change


def test_where_things_stand_is_not_in_the_fingerprint(project: Project) -> None:
    project.put("lead", "id\na\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    moved = StoredField("id", Type("text"), Column("id", at=7), span=Span("other.yml", 3, 4))
    project.tables = [replace(project.tables[0], fields=(moved,), span=None)]
    with project.landed() as data:
        assert data.notices == ()


@pytest.mark.parametrize(
    "statement", ["UPDATE _aac.layout SET version = 0", "DROP TABLE _aac.layout", "DELETE FROM _aac.layout"]
)
def test_a_store_of_another_version_is_told_and_made_anew_by_a_pull(project: Project, statement: str) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.pull()
    with Store(project.root / ".aac" / "store.duckdb") as store:
        store.execute(statement)
    with pytest.raises(NoDataError, match="by another version of aac: run `aac pull`"):
        project.landed()
    project.put("lead", "id\n2\n")
    assert project.pull().rows == {"lead": 1}
    assert project.rows("lead") == [("2",)]


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("sources.streams", '"marks": ', '"signs": '),
        ("sources.streams", '"rows": ', '"records": '),
        ("entities.flaws", '"code": ', '"number": '),
        ("entities.moments", "{", "[{"),
    ],
)
def test_a_store_whose_notes_are_of_another_version_is_told_and_made_anew(
    project: Project, table: str, before: str, after: str
) -> None:
    project.put("lead", "id,n\n1,x\n")
    project.tables = [table_of_leads]
    project.pull()
    name, column_ = table.split(".")
    with Store(project.root / ".aac" / "store.duckdb") as store:
        store.execute(f"UPDATE _aac.{name} SET {column_} = replace({column_}, $1, $2)", before, after)
    with pytest.raises(NoDataError, match="by another version of aac: run `aac pull` to read it anew"):
        project.landed()
    assert project.pull().rows == {"lead": 1}
    assert "the store was written by another version of aac: it is made anew" in project.told[-2]
    assert project.rows("lead") == [("1", None)]


table_of_leads = table("lead", column("id"), column("n", "integer"))


def test_the_store_lies_where_it_is_said_and_keeps_to_its_memory(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    project.engine = EngineSettings(path="elsewhere/own.duckdb", memory_limit="300MB")
    assert project.pull().rows == {"lead": 1}
    assert (project.root / "elsewhere" / "own.duckdb").is_file()
    assert not (project.root / ".aac" / "store.duckdb").exists()
    assert project.rows("lead") == [("1",)]
    with project.landed() as data:
        assert list(data.engine.execute("SELECT current_setting('memory_limit')")) == [("286.1 MiB",)]


def test_a_database_of_somebody_else_is_not_taken_for_the_store(project: Project) -> None:
    project.put("lead", "id\n1\n")
    project.tables = [table("lead", column("id"))]
    with Store(project.root / "warehouse.duckdb") as store:
        store.execute("CREATE SCHEMA sales")
        store.execute("CREATE TABLE sales.deals AS SELECT 1 AS id")
    project.engine = EngineSettings(path="warehouse.duckdb")
    with pytest.raises(EngineError, match=r"holds a table `deals` that is not ours: name another `path`$"):
        project.pull()
