"""Raw copies outlive what happens to a disk: one that is not what was written is made anew, or told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aac import folders
from aac.errors import SourceError
from tests.landing import Project, column, table

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "id,name\n1,Ann\n2,Bob\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A file that changed long ago, and was pulled."""
    made = Project(tmp_path, [table("lead", column("id"), column("name"))])
    os.utime(made.put("lead", TEXT), (1, 1))
    made.pull()
    return made


def copy_of(project: Project) -> Path:
    (copy,) = (project.root / ".aac" / "raw" / "crm").iterdir()
    return copy


def cut(copy: Path) -> None:
    copy.write_text(TEXT[:14])


def empty(copy: Path) -> None:
    copy.write_text("")


def alter(copy: Path) -> None:
    copy.write_text(TEXT.replace("Bob", "Eve"))


DAMAGES = pytest.mark.parametrize("damage", [cut, empty, alter])


@DAMAGES
@pytest.mark.parametrize("full", [False, True])
def test_a_copy_that_is_not_what_was_written_is_made_anew(
    project: Project, damage: Callable[[Path], None], full: bool
) -> None:
    damage(copy_of(project))
    assert project.pull(full=full).findings == ()
    assert copy_of(project).read_text() == TEXT
    assert project.rows("lead") == [("1", "Ann"), ("2", "Bob")]


@DAMAGES
def test_where_the_source_is_gone_it_is_told(project: Project, damage: Callable[[Path], None]) -> None:
    damage(copy_of(project))
    (project.root / "crm").rename(project.root / "away")
    assert project.rows("lead") == [("1", "Ann"), ("2", "Bob")]  # prepared while all was well
    project.tables = [table("lead", column("id"), column("first", read="name"))]
    with pytest.raises(SourceError, match=r"^the copy of `crm\.lead` is not what was pulled any more: run `aac pull`$"):
        project.landed()


def test_a_copy_whose_time_alone_has_changed_is_what_was_written(project: Project) -> None:
    os.utime(copy_of(project), (5, 5))  # as in a folder that was restored from somewhere
    before = copy_of(project).stat().st_ino
    project.tables = [table("lead", column("id"), column("first", read="name"))]
    assert project.rows("lead") == [("1", "Ann"), ("2", "Bob")]
    project.pull()
    assert copy_of(project).stat().st_ino == before


def test_full_reads_a_file_that_did_not_change(project: Project) -> None:
    before = copy_of(project).stat().st_ino
    project.pull()
    assert copy_of(project).stat().st_ino == before
    project.pull(full=True)
    assert copy_of(project).stat().st_ino != before


def test_a_copy_is_on_the_disk_before_the_store_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []

    def fsync(place: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{place}").readlink()))

    monkeypatch.setattr(folders.os, "fsync", fsync)
    project = Project(tmp_path, [table("lead", column("id"))])
    project.put("lead", TEXT)
    project.pull()
    folder = tmp_path / ".aac"
    copies = [str(copy_of(project)), str(folder / "raw" / "crm")]
    store = folder / "store.duckdb.new"
    assert flushed[:3] == [*copies, str(store)]
    assert str(folder) in flushed[3:]
