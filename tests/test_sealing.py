"""A build of what was built already is told before anything is read, and whatever else changed is built."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from aac.evaluate import Asked
from aac.operations import build, open_sound_project, pull_sources
from aac.sealing import seal_of
from tests.commands import run_aac
from tests.small import COMPANY, NOW_US, metric, write_project
from tests.test_revisions import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aac.sealing import Seal

DOCUMENTS = (
    COMPANY
    + "kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields: {id: text, came_at: timestamp}\n---\n"
    + metric("leads", "count(*)", of="lead", at="came_at").removesuffix("---\n")
)
NOW = ("--now", "2026-03-10T13:00")
WORDS = (*NOW, "--as-of None")
"""How the command tells them."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_project(tmp_path / "p", DOCUMENTS, {"leads": "id,came_at\na,2026-02-05T12:00Z\n"})
    (root / ".gitignore").write_text(".aac/\nsite/\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def seal(root: Path, *words: str) -> Seal:
    found = seal_of(root, words or WORDS, None, is_restricted=False)
    assert found is not None
    return found


def built(root: Path) -> None:
    build(open_sound_project(root), NOW_US, Asked(), lambda _: None, None, seal(root))


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def template(root: Path) -> None:
    (root / "templates" / "wiki").mkdir(parents=True)
    (root / "templates" / "wiki" / "list.html.j2").write_text("{% extends 'wiki/document.html.j2' %}")


def data(root: Path) -> None:
    (root / "data" / "leads.csv").write_text("id,came_at\nb,2026-02-05T12:00Z\n")


def pulled(root: Path) -> None:
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)


EDITS: dict[str, Callable[[Path], object]] = {
    "a document": lambda root: add(root / "alignment" / "teams.yml", "\n# later\n"),
    "the settings": lambda root: add(root / "aac.toml", "\n[param]\nx = 1\n"),
    "a template": template,
    "the source": data,
    "a pull": pulled,
    "a commit": lambda root: git(root, "commit", "-q", "--allow-empty", "-m", "b"),
    "a branch": lambda root: git(root, "branch", "other"),
    "a remote": lambda root: git(root, "remote", "add", "origin", "git@github.com:a/b.git"),
}


def test_what_was_built_is_not_built_again(root: Path) -> None:
    assert not seal(root).holds()
    built(root)
    assert seal(root).holds()
    before = (root / "site").stat().st_ino
    done = run_aac(root, "build", *NOW)
    assert (done.returncode, done.stdout.strip()) == (0, str(root / "site" / "index.html"))
    assert (root / "site").stat().st_ino == before
    for other in (("--now", "2026-03-10T14:00"), (*NOW, "--as-of", "2026-03-01"), (*NOW, "--window", "2026-02")):
        assert seal(root, *other).stamp != seal(root).stamp
    for name, edit in EDITS.items():
        before = seal(root).stamp
        edit(root)
        assert seal(root).stamp != before, name
        assert not seal(root).holds(), name


def test_a_hand_on_the_pages_is_not_passed_over(root: Path) -> None:
    page = root / "site" / "metric" / "leads.html"
    built(root)
    page.write_text("mine")
    assert not seal(root).holds()
    built(root)
    assert seal(root).holds()
    page.unlink()
    assert not seal(root).holds()


def test_what_changes_while_pages_are_made_is_not_passed_over(root: Path) -> None:
    early = seal(root)
    EDITS["a document"](root)
    build(open_sound_project(root), NOW_US, Asked(), lambda _: None, None, early)
    assert not early.holds()
    assert not seal(root).holds()


def test_the_code_of_plugins_is_read(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the project with what lies beside them, and those that are installed, wherever their code stands."""
    own, package, listed = root / "plugins", tmp_path / "far" / "guests", tmp_path / "lib" / "guests-1.0.dist-info"
    for folder in (own, package, listed):
        folder.mkdir(parents=True)
    (own / "mine.py").write_text("")
    (own / "rates.csv").write_text("1")
    (package / "__init__.py").write_text("raise RuntimeError('I was run')\n")
    (package / "inner.py").write_text("")
    (listed / "METADATA").write_text("Metadata-Version: 2.1\nName: guests\nVersion: 1.0\n")
    built(root)
    assert seal(root).holds()
    for edited in (own / "mine.py", own / "rates.csv"):
        before = seal(root).stamp
        edited.write_text("# 2\n")
        assert seal(root).stamp != before, edited
    monkeypatch.setattr(sys, "path", [str(package.parent), str(listed.parent), *sys.path])
    (listed / "entry_points.txt").write_text("[aac]\nguests = guests.inner\n")
    before = seal(root).stamp
    (package / "inner.py").write_text("# 2\n")
    assert seal(root).stamp != before


def test_without_a_given_now_everything_is_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    built(root)
    before = (root / "site").stat().st_ino
    assert run_aac(root, "build").returncode == 0
    assert (root / "site").stat().st_ino != before
