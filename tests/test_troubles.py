"""Trouble with the machine while something is measured, built or read: a clear sentence, exit code 4, nothing lost."""

from __future__ import annotations

import os
import subprocess
import threading
from typing import TYPE_CHECKING

import duckdb
import pytest

from aac.landing import copying
from aac.operations import open_sound_project, pull_sources
from aac.publishing import exchanged
from tests.commands import AAC, run_aac
from tests.small import COMPANY, NOW_US, metric, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text, at: timestamp}
---
"""
    + metric("leads", "count(*)", of="lead", at="at", target="{at_least: 1}")
)
READS = "_bytes"
"""The function by which files are read."""
ROWS = "id,at\n" + "".join(f"{n},2026-02-01T10:00:00Z\n" for n in range(1_000))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "p", DOCUMENTS, {"leads": ROWS})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def stopped(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """It ended with exit code 4 and these words, and without a traceback."""
    assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
    for words in said:
        assert words in done.stderr


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def as_owner(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command by somebody whom the owner's permissions hold for: root is refused nothing unless it gives that up."""
    given_up = "-dac_override,-dac_read_search"
    less = ["setpriv", f"--bounding-set={given_up}", f"--inh-caps={given_up}"] if os.getuid() == 0 else []
    return subprocess.run([*less, AAC, *words], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [("check",), ("build",), ("query", "leads"), ("pull",)])
def test_a_store_that_somebody_else_writes(root: Path, words: tuple[str, ...]) -> None:
    name = root / ".aac" / ("store.duckdb.lock" if words == ("pull",) else "store.duckdb")
    with duckdb.connect(str(name)):
        stopped(run_aac(root, *words), "try again when it has ended")
    assert run_aac(root, *words).returncode == 0


@pytest.mark.parametrize("words", [("check",), ("build",)])
@pytest.mark.parametrize("share", [1, 50])
def test_a_store_that_is_damaged(root: Path, words: tuple[str, ...], share: int) -> None:
    store = root / ".aac" / "store.duckdb"
    whole = store.read_bytes()
    store.write_bytes(whole[: len(whole) * share // 100])
    stopped(run_aac(root, *words), "the store is damaged: run `aac pull`, which makes it anew")
    assert not (root / "site").exists()
    assert run_aac(root, "pull").returncode == 0
    assert run_aac(root, *words).returncode == 0


def test_a_folder_that_may_not_be_written(root: Path) -> None:
    assert as_owner(root, "build").returncode == 0
    pages = tree(root / "site")
    (root / "alignment" / "all.yml").write_text(DOCUMENTS.replace("at_least: 1}", "at_least: 2}"))
    root.chmod(0o555)
    try:
        for words in (("build",), ("check", "--format", "json", "--output", "check.json")):
            stopped(as_owner(root, *words), f"the folder `{root}` may not be written: let aac write there")
    finally:
        root.chmod(0o755)
    assert tree(root / "site") == pages
    assert not (root / "check.json").exists()


@pytest.mark.parametrize("place", [".aac/store.duckdb", ".aac"])
def test_what_may_not_be_read(root: Path, place: str) -> None:
    """The store alone, or the folder that it lies in: then also `pull`, which copies it, says so."""
    (root / place).chmod(0o200 if place != ".aac" else 0o000)
    try:
        for words in (("check",), ("pull",), ("build",)):
            done = as_owner(root, *words)
            stopped(done, f"`{root / place}` may not be read: let aac read it, and run it again")
            assert "may not be written" not in done.stderr
    finally:
        (root / place).chmod(0o755)
    assert as_owner(root, "check").returncode == 0


def test_two_builds_at_once(root: Path) -> None:
    """Each puts its own pages there whole, and nothing of either stays behind."""
    words = [AAC, "build", "--now", "2026-03-01"]
    for _ in range(3):
        both = [subprocess.Popen(words, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        ends = [(process.communicate()[1], process.returncode) for process in both]
        assert [code for _, code in ends] == [0, 0], ends
        assert {"index.html", ".aac-pages"} <= tree(root / "site").keys()
        assert [path.name for path in root.iterdir() if path.name.startswith(".site")] == []
    assert {*tree(root / "site")} == {*tree(root / "site")[".aac-pages"].decode().split(), ".aac-pages"}


def test_pages_are_there_all_the_time(tmp_path: Path) -> None:
    """Whoever looks while they are exchanged sees the old or the new ones."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / "index.html").write_text(folder.name)
    seen: list[str] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen.append((one / "index.html").read_text())

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(500):
        assert exchanged(one, other)
    is_over.set()
    looking.join()
    assert set(seen) <= {"one", "other"}
    assert len(seen) > 1
    assert not exchanged(one, tmp_path / "nowhere")


def test_a_folder_that_lost_its_name_gets_it_back(root: Path) -> None:
    """Where names cannot be exchanged, a build may be killed between two steps."""
    assert run_aac(root, "build").returncode == 0
    (root / "site" / "CNAME").write_text("kept")
    left = root / f".site-{'0' * 32}"
    left.mkdir()
    os.utime(left, (0, 0))
    young = root / f".site-{'1' * 32}"
    young.mkdir()
    (root / "site").rename(root / f".site-{'2' * 32}-old")
    assert run_aac(root, "build").returncode == 0
    assert (root / "site" / "CNAME").read_text() == "kept"
    assert {path.name for path in root.iterdir() if path.name.startswith(".site")} == {young.name}


def test_a_file_that_changes_while_it_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / "data" / "leads.csv"
    path.write_text(ROWS + "more,2026-02-01T10:00:00Z\n")
    read = getattr(copying, READS)

    def writing(file: Path) -> Iterator[bytes]:
        yield from read(file)
        with file.open("a") as more:
            more.write("half")

    monkeypatch.setattr(copying, READS, writing)
    pulled = pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    (told,) = [finding.message for finding in pulled.findings if finding.level == "error"]
    assert "leads.csv` changed while it was read: run `aac pull` again when it is written" in told
    assert pulled.rows == {"lead": 1_000}
    monkeypatch.undo()
    path.write_text(ROWS + "more,2026-02-01T10:00:00Z\n")
    assert pull_sources(open_sound_project(root), NOW_US, lambda _: None).rows == {"lead": 1_001}


@pytest.mark.parametrize("year", ["1991", "2099"])
def test_a_clock_that_jumps(root: Path, year: str) -> None:
    """What was read is not believed to be old, whatever the clock says, and no number depends on it."""
    numbers = [run_aac(root, "query", "leads", "--format", "csv").stdout]
    path = root / "data" / "leads.csv"
    when = int(year) * 31_556_952 - 1970 * 31_556_952
    path.write_text(ROWS.replace("999,", "998,"))
    os.utime(path, (when, when))
    assert run_aac(root, "pull").returncode == 0
    path.write_text(ROWS.replace("998,", "999,", 1))  # of the same length
    os.utime(path, (when, when))
    assert run_aac(root, "pull").returncode == 0
    early = run_aac(root, "check", "--now", f"{year}-01-01", "--format", "json")
    assert early.returncode == 0, early.stderr
    numbers.append(run_aac(root, "query", "leads", "--format", "csv", SOURCE_DATE_EPOCH="1").stdout)
    assert numbers[1] == numbers[0].replace(",1000,", ",999,") != numbers[0]
