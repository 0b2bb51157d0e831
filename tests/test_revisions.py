"""What git knows of a project: its commit, the last change of each file, and where files can be read."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from aac import revisions
from aac.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> str:
    own = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    return subprocess.run(["git", *own, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path, path: str, text: str) -> str:
    """A commit of one file; its id as it is told."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-m", path)
    return git(folder, "rev-parse", "HEAD")[: revisions.SHORT]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    return tmp_path


def test_the_last_change_of_each_file(folder: Path) -> None:
    commit(folder, "company/one.yml", "1")
    other = commit(folder, "company/two größen.yml", "1")
    commit(folder, "elsewhere.txt", "1")
    newest = commit(folder, "company/one.yml", "2")
    found = revisions.history(folder / "company", ".")
    assert {path: turns[0].change.revision for path, turns in found.items()} == {
        "one.yml": newest, "two größen.yml": other,
    }  # fmt: skip
    assert found["one.yml"][0].change.age < found["two größen.yml"][0].change.age
    (last, first), (only,) = found["one.yml"], found["two größen.yml"]
    assert (first.before, only.before, last.before) == (None, None, first.after)
    assert revisions.content(folder, str(last.after)) == b"2"


def test_outside_a_repository_nothing_is_known(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    assert (revisions.revision(outside), revisions.history(outside, "."), revisions.web(outside)) == (None, {}, None)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:larkspur/aac.git", "https://github.com/larkspur/aac/blob/HEAD/{path}"),
        ("https://github.com/larkspur/aac", "https://github.com/larkspur/aac/blob/HEAD/{path}"),
        ("https://token:secret@github.com/larkspur/aac.git", "https://github.com/larkspur/aac/blob/HEAD/{path}"),
        ("ssh://git@gitlab.larkspur.eu:2222/rev/ops/aac.git", "https://gitlab.larkspur.eu/rev/ops/aac/-/blob/HEAD/{path}"),
        ("/srv/git/aac.git", None),
        ("https://git.larkspur.eu/aac.git", None),
    ],
)  # fmt: skip
def test_where_files_can_be_read(remote: str, address: str | None, folder: Path) -> None:
    git(folder, "remote", "add", "origin", remote)
    assert revisions.web(folder) == address


def test_a_project_in_a_folder_of_the_repository(folder: Path) -> None:
    git(folder, "remote", "add", "origin", "git@github.com:larkspur/aac.git")
    (folder / "company").mkdir()
    assert revisions.web(folder / "company") == "https://github.com/larkspur/aac/blob/HEAD/company/{path}"


def test_what_a_clone_lacks_is_told(folder: Path) -> None:
    """A file of the revision whose content is not there, as in a clone without blobs that cannot fetch."""
    commit(folder, "aac.toml", "[project]")
    commit(folder, "alignment/company.yml", "kind: company")
    blob = git(folder, "rev-parse", "HEAD:alignment/company.yml")
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(
        SourceError, match=r"git does not have what was committed as `alignment/company\.yml`: fetch all"
    ):
        revisions.snapshot(folder, "HEAD")
