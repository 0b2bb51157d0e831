"""Streams that come as rows: merged by key and version, checkpoint by checkpoint, as an oracle says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac.connectors.base import SchemaChange
from aac.errors import NoDataError
from aac.landing import merging
from aac.landing.pull import rehearse
from tests.landing import NOW_US, column, ref, table
from tests.oracle.records import Stream as Oracle
from tests.rows import STREAM, Sent, Stopped

END = ("checkpoint", {"n": 1}, True)


@pytest.fixture
def project(tmp_path: Path) -> Sent:
    return Sent(tmp_path)


def told(project: Sent, *steps: tuple[Any, ...], **wish: bool) -> list[str]:
    return [finding.message for finding in project.send(*steps, **wish).findings]


def test_rows_arrive_and_are_replaced_by_newer_ones(project: Sent) -> None:
    pulled = project.send(("upsert", [("a", 1, "x"), ("b", 1, "y")]), END)
    assert (pulled.findings, pulled.rows) == ((), {"deal": 2})
    assert pulled.sources[0].rows == {"deal": 2}
    project.send(("upsert", [("a", 2, "z"), ("b", 0, "old"), ("c", None, "w")]), ("checkpoint", {"n": 2}, True))
    assert project.sender.states == [None, {"n": 1}]
    assert project.rows("deal") == [("a", "z"), ("b", "y"), ("c", "w")]
    assert project.ask("SELECT id, x, _aac_source_us, _aac_deleted_us FROM raw_crm.deal ORDER BY id") == [
        ("a", "z", 2, None),
        ("b", "y", 1, None),
        ("c", "w", None, None),
    ]


def test_a_stream_that_is_not_at_its_end_is_not_seen_and_goes_on_where_it_was(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x")]), END)
    pulled = project.send(("upsert", [("a", 2, "new")]), ("checkpoint", {"n": 2}, False), now_us=NOW_US + 1)
    assert (pulled.findings, pulled.unfinished) == ((), ("crm",))
    assert project.told[-1] == ("source crm: `deal` was read in part: run `aac pull` again, which goes on from there")
    assert [source.pulled_at_us for source in pulled.sources] == [NOW_US]
    assert project.seen == {"a": "x"}
    pulled = project.send(("upsert", [("b", 1, "y")]), ("checkpoint", {"n": 3}, True), now_us=NOW_US + 2)
    assert project.sender.states == [None, {"n": 1}, {"n": 2}]
    assert project.seen == {"a": "new", "b": "y"}
    assert [source.watermark_us for source in pulled.sources] == [NOW_US + 2]


def test_what_became_of_each_pull_is_kept(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(9)]
    project.send(("upsert", rows), END)
    assert project.told[0].startswith("crm.deal: 9 records, ")
    assert project.told[0].endswith(" s")  # this connector does not say how far it has read
    project.send(("delete", [("1", 2)]), ("keys", rows[:-1]), ("checkpoint", {"n": 2}, True), now_us=NOW_US + 1)
    assert project.told[1].endswith(", 2 deleted")
    project.send(("keys", []), END, now_us=NOW_US + 2)
    columns = "source, stream, began_us - $$0$$::BIGINT, rows, deleted, complete, error"
    runs = project.ask(f"SELECT {columns} FROM _aac.runs ORDER BY began_us".replace("$$0$$", str(NOW_US)))
    assert [run[:6] for run in runs] == [
        ("crm", "deal", 0, 9, 0, True),
        ("crm", "deal", 1, 7, 2, True),
        ("crm", None, 2, None, None, False),
    ]
    assert "more than 20 %" in str(runs[2][6])
    assert project.ask("SELECT count(DISTINCT run), count(seconds) FROM _aac.runs") == [(3, 2)]


def test_a_scan_that_would_take_away_much_is_stopped(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(10)]
    project.send(("upsert", rows), END)
    scan = (("keys", rows[:7]), ("checkpoint", {"n": 2}, True))
    (message,) = told(project, *scan)
    assert message == (
        "source `crm` was not pulled: 3 of the 10 records of `deal` are not there any more, more than 20 %: see "
        "whether aac may still read all of them; if they are really gone, run `aac pull --allow-mass-delete`"
    )
    assert len(project.seen) == 10
    assert told(project, ("keys", rows[:8]), ("checkpoint", {"n": 2}, True)) == []  # what was not taken is forgotten
    assert len(project.seen) == 8
    assert told(project, *scan, mass_delete=True) == []
    assert len(project.seen) == 7
    assert project.sender.states == [None, {"n": 1}, {"n": 1}, {"n": 2}]
    assert project.ask("SELECT count(*) FROM raw_crm.deal") == [(10,)]


def test_a_reference_to_what_was_deleted_is_told_from_one_to_nothing(project: Sent) -> None:
    project.tables = [table("deal", column("id"), column("parent", ref("deal"), "x"))]
    leads = [("b", 1, "a"), ("c", 1, "a"), ("d", 1, "f"), ("e", 1, "never")]

    def lost(*steps: tuple[Any, ...], **wish: bool) -> list[str]:
        return [each.message for each in project.send(*steps, END, **wish).findings if each.code == "AAC503"]

    rows = ("upsert", [("a", 1, None), *leads, ("f", 1, None)])
    assert lost(rows) == ["`parent` finds no deal in 1 record: 'never'"]
    two = "`parent` finds no deal in 3 records, 2 of which name one that is deleted there: 'a', 'never'"
    assert lost(("delete", [("a",)])) == [two]
    three = "`parent` finds no deal in 4 records, 3 of which name one that is deleted there: 'a', 'f', 'never'"
    assert lost(("keys", leads), mass_delete=True) == [three]
    (project.root / ".aac" / "store.duckdb").unlink()
    assert lost(("upsert", [("e", 2, "b")])) == [
        "`parent` finds no deal in 3 records, 3 of which name one that is deleted there: 'a', 'f'"
    ]


def test_keys_may_be_listed_after_a_checkpoint(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(10)]
    page = (("upsert", rows[:5]), ("checkpoint", {"n": 1}, False), ("upsert", rows[5:]))
    end = ("checkpoint", {"n": 2}, True)
    assert told(project, *page, ("keys", rows[1:]), end) == []
    assert project.seen == {str(n): "x" for n in range(1, 10)}
    assert told(project, ("checkpoint", {"n": 3}, False), ("keys", rows[2:5]), ("keys", rows[5:]), end) == []
    assert project.seen == {str(n): "x" for n in range(2, 10)}


def test_a_lost_store_comes_again_with_what_the_source_forgot(project: Sent) -> None:
    project.sender.stream = replace(STREAM, history=True, deletes="none")
    project.send(("upsert", [("a", 1, "x"), ("b", 1, "y")]), END)
    project.send(("upsert", [("a", 2, "other"), ("c", 1, "z")]), END)
    assert project.seen == {"a": "x", "b": "y", "c": "z"}
    (project.root / ".aac" / "store.duckdb").unlink()
    project.send(END)
    assert project.seen == {"a": "x", "b": "y", "c": "z"}
    project.send(("upsert", [("c", 1, "z")]), END, full=True)
    assert project.sender.states == [None, {"n": 1}, {"n": 1}, None]
    assert project.seen == {"a": "x", "b": "y", "c": "z"}


RAW_TABLES = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw_crm'"


def test_a_first_batch_is_read_where_it_lies_until_something_changes(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(6)]
    project.send(("upsert", rows), ("keys", rows), END)
    fingerprint = project.ask("SELECT fingerprint FROM _aac.entities")
    project.send(("upsert", rows[4:]), ("keys", rows), ("checkpoint", {"n": 2}, True))  # again, with nothing new
    project.send(END)
    assert project.ask("SELECT fingerprint FROM _aac.entities") == fingerprint
    assert (project.ask(RAW_TABLES), project.seen) == ([], {key: "x" for key, _, _ in rows})
    project.send(("keys", rows[1:]), ("checkpoint", {"n": 3}, True))
    assert project.ask(RAW_TABLES) == [("deal",)]
    assert project.seen == {key: "x" for key, _, _ in rows[1:]}


def test_few_changes_lie_over_the_first_batch_until_they_are_many(project: Sent) -> None:
    """Records keep the order in which they came or changed last, on any number of threads."""
    rows = [(f"{n:06}", 1, "x") for n in range(130_000)]
    project.send(("upsert", rows), END)
    changed = [(f"{n:06}", 2, "y") for n in range(0, 130_000, 13_000)]
    project.send(("upsert", [*changed, ("new", 1, "z")]), ("delete", [("000001", None, None)]), END)
    project.send(("upsert", [("000000", 0, "older"), ("000001", 3, "back"), ("000002", 1, "x")]), END)
    moved = {key for key, _, _ in changed} | {"000001"}
    there = [(key, "x") for key, _, _ in rows if key not in moved]
    there += [*((key, "y") for key, _, _ in changed), ("new", "z"), ("000001", "back")]
    assert project.rows("deal") == there
    assert project.ask("SELECT count(*) FROM raw_crm.deal") == [(12,)]
    (project.root / ".aac" / "store.duckdb").unlink()
    project.send(END)
    assert project.rows("deal") == there
    many = [(f"{n:06}", 4, "w") for n in range(10_000)]
    project.send(("upsert", many), END)
    assert project.ask("SELECT count(*), count(*) FILTER (x = 'w') FROM raw_crm.deal") == [(130_001, 10_000)]
    assert (len(project.seen), project.seen["000001"], project.seen["013000"]) == (130_001, "w", "y")


def test_a_first_batch_that_names_a_record_twice_is_merged(project: Sent) -> None:
    project.send(("upsert", [("a", 2, "new"), ("a", 1, "old"), ("b", 1, "y")]), END)
    assert (project.ask(RAW_TABLES), project.seen) == ([("deal",)], {"a": "new", "b": "y"})


@pytest.mark.parametrize("again", [[], [("a", 2, "new")]], ids=["each once", "one twice"])
def test_first_batches_are_one_table_in_their_order(project: Sent, again: list[tuple[Any, ...]]) -> None:
    pages = [[("c", 1, "x"), ("a", 1, "x")], [("d", 1, "x")], [("b", 1, "x"), *again]]
    steps = [step for page in pages for step in (("upsert", page), ("keys", page), ("checkpoint", {"n": 1}, False))]
    assert told(project, *steps, ("upsert", [("e", 1, "x")]), ("delete", [("d", 1)]), ("keys", [("e",)]), END) == []
    a = "new" if again else "x"
    assert project.rows("deal") == [("c", "x"), ("a", a), ("b", "x"), ("e", "x")]
    assert project.ask("SELECT id, _aac_source_us, _aac_deleted_us FROM raw_crm.deal WHERE id IN ('a', 'd')") == [
        ("a", 2 if again else 1, None),
        ("d", 1, 1),
    ]


def test_first_batches_become_one_file(project: Sent) -> None:
    pages = [[("c", 1, "x"), ("a", 1, "x")], [("d", 1, "x")], [("b", 1, "x")]]
    steps = [step for page in pages for step in (("upsert", page), ("keys", page), ("checkpoint", {"n": 1}, False))]
    project.tables = [table("deal", column("id"), column("nowhere"))]
    assert told(project, *steps, END) != []  # a document that is wrong keeps nothing from being one file
    files = sorted(path.name for path in (project.root / ".aac" / "raw" / "crm" / "deal").iterdir())
    assert "000000000001.parquet" in files  # nothing is taken away before the store is there
    project.tables = [table("deal", column("id"), column("x"))]
    there = [("c", "x"), ("a", "x"), ("d", "x"), ("b", "x")]
    assert (told(project, END), project.rows("deal"), project.ask(RAW_TABLES)) == ([], there, [])
    files = sorted(path.name for path in (project.root / ".aac" / "raw" / "crm" / "deal").iterdir())
    assert files == ["000000000003.parquet", "000000000004.parquet"]
    (project.root / ".aac" / "store.duckdb").unlink()
    assert (told(project, END), project.rows("deal"), project.ask(RAW_TABLES)) == ([], there, [])
    assert told(project, ("upsert", [("a", 2, "y")]), ("keys", [("a",), ("b",), ("d",)]), END, mass_delete=True) == []
    assert project.rows("deal") == [("a", "y"), ("d", "x"), ("b", "x")]


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "with a wrong document"])
@pytest.mark.parametrize("again", [[], [("10", 1, "x")]], ids=["each once", "one twice"])
@pytest.mark.parametrize("lost", [False, True], ids=["store kept", "store lost"])
@pytest.mark.parametrize("how", [Stopped, OSError])
def test_killed_at_any_file_that_is_replaced_or_removed_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    how: type[BaseException],
    lost: bool,
    again: list[Any],
    wrong: bool,
) -> None:
    pages = [[(f"{page}{n}", 1, "x") for n in range(10)] for page in range(5)]
    pages[4] += again
    keys = [
        [],
        [*pages[0][1:], *pages[1]],
        *pages[2:],
    ]  # the scan begins behind the first batch, and does not find `00`
    steps: list[tuple[Any, ...]] = []
    for page, listed in zip(pages, keys, strict=True):
        steps += [
            ("upsert", page),
            *([("keys", listed)] if listed else []),
            ("checkpoint", {"n": 1}, page is pages[-1]),
        ]
    there = {key: "x" for page in pages for key, _, _ in page if key != "00"}
    point = 0
    while True:
        point += 1
        project = Sent(tmp_path / str(point))
        project.root.mkdir()
        project.tables = [table("deal", column("id"), column("nowhere"))] if wrong else project.tables
        stopping = Stopping(point, how)
        with monkeypatch.context() as patch, suppress(Stopped, OSError):
            stopping.watch(patch)
            project.send(*steps)
        if stopping.passed < point:
            break
        project.tables = [table("deal", column("id"), column("x"))]
        if lost:
            (project.root / ".aac" / "store.duckdb").unlink(missing_ok=True)
        assert (told(project, END), project.seen) == ([], there), point
    assert point > 1


class Stopping:
    """Raises something at one of the files of `.aac/raw` that are replaced or removed from the merge on."""

    def __init__(self, point: int, how: type[BaseException]) -> None:
        self.passed = 0
        self._point = point
        self._how = how
        self._merges = False

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        unlink, put, merge = Path.unlink, Path.replace, merging.merge

        def begin(*given: Any, **named: Any) -> Any:
            self._merges = True
            return merge(*given, **named)

        def unlinked(path: Path, missing_ok: bool = False) -> None:
            self._reach(path)
            unlink(path, missing_ok)

        def replaced(path: Path, to: Path) -> Path:
            self._reach(path)
            return put(path, to)

        patch.setattr(Path, "unlink", unlinked)
        patch.setattr(Path, "replace", replaced)
        patch.setattr("aac.landing.pulling.merge", begin)

    def _reach(self, path: Path) -> None:
        if self._merges and "raw" in path.parts:
            self.passed += 1
            if self.passed == self._point:
                raise self._how(5, "stopped here")


def test_a_folder_that_looks_like_a_column_is_none(tmp_path: Path) -> None:
    project = Sent(tmp_path / "x=evil" / "id=7")
    project.root.mkdir(parents=True)
    rows = [("a", 1, "x"), ("b", 1, "y")]
    first = (("upsert", rows), ("keys", rows), ("checkpoint", {"n": 1}, False))
    assert told(project, *first, ("upsert", [("c", 1, "z")]), END) == []
    assert project.seen == {"a": "x", "b": "y", "c": "z"}
    assert told(project, ("upsert", [("a", 2, "w")]), ("delete", [("b", None, None)]), END) == []
    assert project.seen == {"a": "w", "c": "z"}


def test_what_was_removed_is_read_anew(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x"), ("b", 1, "y")]), END)
    project.send(("checkpoint", {"n": 2}, True))
    (first, *_) = sorted((project.root / ".aac" / "raw" / "crm" / "deal").iterdir())
    first.unlink()
    project.send(("upsert", [("a", 2, "z")]), ("checkpoint", {"n": 3}, True))
    assert project.sender.states == [None, {"n": 1}, None]
    assert project.told[-2] == "crm.deal: what was read of it has been removed, so all of it is read anew"
    assert project.seen == {"a": "z"}
    project.send(("upsert", [("a", 3, "w")]), ("checkpoint", {"n": 4}, True))
    assert (project.sender.states[-1], project.seen) == ({"n": 3}, {"a": "w"})


def test_records_that_list_themselves_miss_none_at_first_and_the_gone_later(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(10)]
    project.sender.lists_itself = True
    project.send(("upsert", rows), END)
    assert len(project.seen) == 10
    project.send(("upsert", rows[1:]), ("checkpoint", {"n": 2}, True), full=True)
    assert project.seen == {key: "x" for key, _, _ in rows[1:]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(None, 1, "x")], "1 records of `deal` have no `id`, which is their key"),
        ([("a", "soon", "x")], "`at` of `deal` tells what is newer, and 'soon' is no moment"),
    ],
)
def test_rows_that_cannot_be_merged_are_told(project: Sent, rows: list[tuple[Any, ...]], message: str) -> None:
    assert told(project, ("upsert", rows), END) == [f"source `crm` was not pulled: {message}"]
    with pytest.raises(NoDataError):
        project.landed()


def test_what_did_not_change_is_not_prepared_again(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x")]), END)
    project.ask("SELECT 1")
    first = project.ask("SELECT fingerprint FROM _aac.entities")
    project.send(("upsert", [("a", 1, "x")]), ("checkpoint", {"n": 2}, True))
    assert project.ask("SELECT fingerprint FROM _aac.entities") == first
    project.send(("upsert", [("a", 1, "y")]), ("checkpoint", {"n": 3}, True))
    assert project.ask("SELECT fingerprint FROM _aac.entities") != first
    assert project.seen == {"a": "y"}


def test_a_new_column_is_read_anew(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x")]), END)
    project.sender.stream = replace(STREAM, columns=(*STREAM.columns, "y"))
    project.tables = [table("deal", column("id"), column("x"), column("y"))]
    project.send(("upsert", [("a", 1, "x", "new")]), ("checkpoint", {"n": 2}, True))
    assert project.sender.states == [None, None]
    assert project.told[1] == "crm.deal: it has a new column `y`, so all of it is read anew"
    assert project.rows("deal") == [("a", "x", "new")]


# Columns that change


def drifted(project: Sent, types: dict[str, str], *columns: str) -> None:
    """Gives the stream other columns and types."""
    project.sender.stream = replace(STREAM, columns=("id", "at", *columns), types={"at": "integer", **types})


def test_a_column_of_another_type_goes_on_under_another_name(project: Sent) -> None:
    end = ("checkpoint", {"n": 2}, True)
    drifted(project, {"x": "integer"}, "x")
    project.send(("upsert", [("a", 1, "7"), ("b", 1, "8")]), END)
    drifted(project, {"x": "date"}, "x")
    (finding,) = project.send(("upsert", [("a", 2, "2026-03-01")]), end).findings
    assert (finding.code, finding.level, finding.doc) == ("AAC642", "error", "entity:deal")
    assert finding.message == (
        "`x` of `crm.deal` has another type now, and `x` of `deal` reads it as it was: what was sent since is in "
        "`x__v2`"
    )
    assert finding.instead == "read `from: x__v2`, or both: `from: coalesce(x__v2, x)`"
    change = "`x` was a whole number and is a date now: its values are in `x__v2` from now on"
    assert f"crm.deal: {change}, so all of it is read anew" in project.told
    assert project.sender.states == [None, None]
    assert project.seen == {"a": "7", "b": "8"}
    assert [each.code for each in project.send(end).findings] == ["AAC642"]  # until the document says which
    project.tables = [table("deal", column("id"), column("x", read="x__v2"))]
    assert told(project, ("upsert", [("b", 2, "2026-03-02")]), end) == []
    assert project.seen == {"a": "2026-03-01", "b": "2026-03-02"}
    assert project.ask("SELECT id, x, x__v2 FROM raw_crm.deal ORDER BY id") == [
        ("a", "7", "2026-03-01"),
        ("b", "8", "2026-03-02"),
    ]
    drifted(project, {"x": "boolean"}, "x")
    (message,) = told(project, ("upsert", [("a", 3, "true")]), end)
    assert message.startswith("`x__v2` of `crm.deal` has another type now")
    project.tables = [table("deal", column("id"), column("x", read="x__v3"))]
    assert told(project, end) == []
    assert project.ask("SELECT id, x__v3 FROM raw_crm.deal ORDER BY id") == [("a", "true"), ("b", None)]


@pytest.mark.parametrize("after", ["number", "float", "text"])
def test_a_type_that_holds_all_values_is_no_other_column(project: Sent, after: str) -> None:
    drifted(project, {"x": "integer"}, "x")
    project.send(("upsert", [("a", 1, "7")]), END)
    drifted(project, {"x": after}, "x")
    assert told(project, ("upsert", [("b", 1, "8")]), END) == []
    assert project.seen == {"a": "7", "b": "8"}
    assert project.sender.states == [None, None]
    assert any("crm.deal: `x` was a whole number and is" in words for words in project.told)


def test_a_retyped_column_that_nobody_reads_fails_nothing(project: Sent) -> None:
    drifted(project, {"y": "date"}, "x", "y")
    project.send(("upsert", [("a", 1, "x", "2026-03-01")]), END)
    drifted(project, {"y": "boolean"}, "x", "y")
    assert told(project, ("upsert", [("a", 2, "x", "true")]), END) == []
    assert project.ask("SELECT y, y__v2 FROM raw_crm.deal") == [("2026-03-01", "true")]


def test_a_dropped_column_stays_as_it_was_known_and_is_told(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x")]), END)
    drifted(project, {})
    (finding,) = project.send(("upsert", [("b", 1)]), END).findings
    assert (finding.code, finding.level, finding.field) == ("AAC643", "warning", "x")
    assert finding.message == (
        "`crm.deal` has no column `x` any more: `x` of `deal` is what was known of it before, and unknown in new "
        "records"
    )
    assert project.seen == {"a": "x", "b": None}
    assert [each.code for each in project.send(END).findings] == ["AAC643"]
    project.tables = [table("deal", column("id"))]
    assert told(project, END) == []


def test_a_connector_can_say_itself_what_changed(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "7")]), END)
    retyped = SchemaChange("x", "retyped", "integer", "a stage")
    changes = (("say", retyped), ("say", SchemaChange("y", "added")), ("say", SchemaChange("z", "dropped")))
    assert told(project, *changes, ("upsert", [("a", 2, "won")]), ("checkpoint", {"n": 2}, False)) == []
    project.tables = [table("deal", column("id"), column("x", read="x__v2"))]
    assert told(project, ("say", retyped), ("upsert", [("b", 2, "lost")]), END) == []  # it went on, and says so again
    assert project.seen == {"a": "won", "b": "lost"}
    assert project.ask("SELECT id, x FROM raw_crm.deal ORDER BY id") == [("a", "7"), ("b", None)]
    said = "crm.deal: `x` was a whole number and is a stage now"
    assert project.told[1:4] == [said, "crm.deal: it has a new column `y`", "crm.deal: its column `z` is gone"]
    assert told(project, ("upsert", [("a", 2, "won")]), ("say", retyped), END) == [
        "source `crm` was not pulled: `deal` sends rows before it says that `x` has changed"
    ]


KEYS = st.sampled_from("abcdefgh")
ROWS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3), st.sampled_from("xyz")), max_size=6)
STEPS = st.one_of(
    st.tuples(st.just("upsert"), ROWS),
    st.tuples(st.just("upsert"), ROWS),
    st.tuples(st.just("delete"), st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3), st.none()), max_size=2)),
    st.tuples(st.just("keys"), st.lists(st.tuples(KEYS), max_size=8)),
    st.tuples(st.just("checkpoint"), st.integers(0, 9).map(lambda n: {"n": n}), st.just(False)),
    st.tuples(st.just("checkpoint"), st.integers(0, 9).map(lambda n: {"n": n}), st.just(True)),
    st.just(("stop",)),
)
RUNS = st.lists(st.tuples(st.lists(STEPS, max_size=7), st.booleans(), st.booleans(), st.booleans()), max_size=5)


@settings(max_examples=30, deadline=None)
@given(RUNS, st.booleans(), st.sampled_from([0, 50, 10**6]))
def test_any_sequence_of_steps_ends_as_the_oracle_says(
    runs: list[tuple[list[Any], bool, bool, bool]], history: bool, most_over: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("aac.landing.merging.MOST_OVER", most_over)  # so far changes lie over the first batch
        project, oracle, is_there = Sent(Path(folder)), Oracle(history), False
        project.sender.stream = replace(STREAM, history=history)
        for steps, ends, mass_delete, is_lost in runs:
            steps = [step for step in steps if not history or step[0] not in ("delete", "keys")]
            steps += [("checkpoint", {"n": -1}, True)] if ends else []
            state = oracle.state
            is_there = oracle.run(steps, mass_delete=mass_delete) or is_there
            with suppress(Stopped):
                project.send(*steps, mass_delete=mass_delete)
            assert project.sender.states[-1] == state
            if is_there:
                assert project.seen == oracle.seen
            if is_there and is_lost:
                (Path(folder) / ".aac" / "store.duckdb").unlink()
                project.send(("checkpoint", oracle.state, True), mass_delete=True)
                oracle.run([("checkpoint", oracle.state, True)], mass_delete=True)
                assert project.seen == oracle.seen


# Files that were cut


def cut(project: Sent, number: int, ending: str = "parquet") -> None:
    path = project.root / ".aac" / "raw" / "crm" / "deal" / f"{number:012}.{ending}"
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("store", ["kept", "lost"])
def test_a_batch_that_was_cut_is_read_anew(project: Sent, number: int, store: str) -> None:
    for n in range(1, 4):
        project.send(("upsert", [("a", n, f"x{n}"), (str(n), 1, "y")]), ("checkpoint", {"n": n}, True))
    there = {"a": "x3", "1": "y", "2": "y", "3": "y"}
    assert project.seen == there
    cut(project, number)
    if store == "lost":
        (project.root / ".aac" / "store.duckdb").unlink()
    every = [("a", 3, "x3"), ("1", 1, "y"), ("2", 1, "y"), ("3", 1, "y")]
    assert told(project, ("upsert", every), ("checkpoint", {"n": 4}, True)) == []
    assert project.sender.states[-1] is None
    notice = (
        f"crm.deal: `{number:012}.parquet`, which holds a part of it in `.aac/raw`, was cut, so all of it is read anew"
    )
    assert notice in project.told
    assert project.seen == there
    assert told(project, ("checkpoint", {"n": 5}, True)) == []
    assert project.sender.states[-1] == {"n": 4}
    (project.root / ".aac" / "store.duckdb").unlink()
    assert told(project, ("checkpoint", {"n": 6}, True)) == []
    assert project.seen == there


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_was_cut_is_told_until_the_stream_is_read_anew(project: Sent, number: int) -> None:
    """However it ends what found it first: a pull that only asks, one that is killed, one whose source fails."""
    for n in range(1, 4):
        project.send(("upsert", [("a", n, f"x{n}"), (str(n), 1, "y")]), ("checkpoint", {"n": n}, True))
    there = {"a": "x3", "1": "y", "2": "y", "3": "y"}
    cut(project, number)
    folder = project.root / ".aac" / "raw" / "crm" / "deal"
    before = {path.name for path in folder.iterdir()}
    every = [("a", 3, "x3"), ("1", 1, "y"), ("2", 1, "y"), ("3", 1, "y")]
    rehearse(project.root, project.sources, project.tables, lambda _: project.sender, "UTC", project.hear)
    assert {path.name for path in folder.iterdir()} == before
    with suppress(Stopped):
        project.send(("upsert", every[:1]), ("stop",))
    assert told(project, ("upsert", every[:1])) != []  # without an end
    with suppress(Stopped):
        project.send(("upsert", every[:1]), ("checkpoint", {"n": 9}, False), ("stop",))
    assert told(project, ("upsert", every[1:]), ("checkpoint", {"n": 10}, True)) == []
    assert project.sender.states[-4:] == [None, None, None, {"n": 9}]
    assert sum("was cut" in words for words in project.told) == 4
    (project.root / ".aac" / "store.duckdb").unlink()
    assert told(project, ("checkpoint", {"n": 11}, True)) == []
    assert project.seen == there


def test_what_was_cut_is_told_of_a_pull_that_reads_all_anew_anyway(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x")]), END)
    cut(project, 1)
    assert told(project, ("upsert", [("a", 1, "x")]), END, full=True) == []
    assert [words for words in project.told if "was cut, so all of it is read anew" in words] != []


def test_the_only_batch_may_be_cut(project: Sent) -> None:
    project.send(("upsert", [("a", 1, "x"), ("b", 1, "y")]), END)
    cut(project, 1)
    assert project.seen == {"a": "x", "b": "y"}
    assert told(project, ("upsert", [("a", 1, "x"), ("b", 2, "z")]), ("checkpoint", {"n": 2}, True)) == []
    assert project.sender.states == [None, None]
    assert project.seen == {"a": "x", "b": "z"}


def test_a_list_of_keys_may_be_cut(project: Sent) -> None:
    rows = [(str(n), 1, "x") for n in range(10)]
    project.send(("upsert", rows), END)
    project.send(("keys", rows[:5]), ("checkpoint", {"n": 2}, False))
    cut(project, 2, "keys.parquet")
    assert told(project, ("upsert", rows[1:]), ("keys", rows[1:]), ("checkpoint", {"n": 3}, True)) == []
    assert project.seen == {str(n): "x" for n in range(1, 10)}
