"""What `aac validate` said is said again as long as nothing it depends on is another, and not a moment longer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_aac
from tests.small import COMPANY, metric, write_project
from tests.test_revisions import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + "kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields: {id: text, came_at: timestamp}\n---\n"
    + metric("leads", "count(*)", of="lead", at="came_at").removesuffix("---\n")
)
NOON = 1_773_144_000
"""2026-03-10T12:00Z."""
KEPT = "what was kept"


class Trial:
    """A project whose verdict was kept, and altered where it lies, so that it can be told from a new one."""

    def __init__(self, folder: Path) -> None:
        self.root, self.cache, self.at = folder / "p", folder / "cache", NOON
        write_project(self.root, DOCUMENTS, {"leads": "id,came_at\na,2026-02-05T12:00Z\n"})
        git(self.root, "init", "-q")
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "all")
        self.told = self.validate()
        (path,) = self.cache.rglob("verdict-*.json")
        stamp, kept = json.loads(path.read_text())
        self.message, kept["findings"][0][2] = kept["findings"][0][2], KEPT
        path.write_text(json.dumps([stamp, kept]))
        self.path = path

    def validate(self, *words: str) -> str:
        made = run_aac(
            self.root, "validate", *words, XDG_CACHE_HOME=str(self.cache), SOURCE_DATE_EPOCH=str(self.at), COLUMNS="500"
        )
        assert made.returncode == 0, made.stderr
        return made.stdout


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def add(path: str, text: str) -> Callable[[Trial], None]:
    def change(trial: Trial) -> None:
        file = trial.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text((file.read_text() if file.exists() else "") + text)

    return change


def commit(trial: Trial) -> None:
    git(trial.root, "commit", "-qm", "nothing", "--allow-empty")


def next_day(trial: Trial) -> None:
    trial.at += 86_400


def next_local_day(trial: Trial) -> None:
    trial.at += 11 * 3600 + 1800  # 23:30 in UTC, past midnight in Berlin


def link(trial: Trial) -> None:
    (trial.root / "data").rename(trial.root / "other")
    (trial.root / "data").symlink_to(trial.root / "other")


CHANGES = {
    "a document": add("alignment/all.yml", "# more\n"),
    "another document": add("alignment/more.yml", "kind: team\nid: more\nname: More\n"),
    "settings": add("aac.toml", "\n# more\n"),
    "a plugin": add("plugins/one.py", "ONE = 1\n"),
    "git": commit,
    "the day": next_day,
    "the local day": next_local_day,
    "a link": link,
}


def test_what_was_said_is_said_again(trial: Trial) -> None:
    assert trial.validate() == trial.told.replace(trial.message, KEPT)
    assert KEPT in trial.validate()


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_it_depends_on_is_looked_at(trial: Trial, name: str) -> None:
    CHANGES[name](trial)
    assert KEPT not in trial.validate()


@pytest.mark.parametrize("words", [("--no-plugins",), ("alignment",), ("--format", "json")])
def test_what_was_not_asked_before_is_not_answered_by_it(trial: Trial, words: tuple[str, ...]) -> None:
    assert KEPT not in trial.validate(*words)


@pytest.mark.parametrize("kept", ["", "[1, 2]", '["x", {"findings": [["AAC423"]]}]', "{}"])
def test_a_cache_that_is_not_ours_is_none(trial: Trial, kept: str) -> None:
    stamp, _ = json.loads(trial.path.read_text())
    trial.path.write_text(kept.replace('"x"', json.dumps(stamp)))
    assert trial.validate() == trial.told
