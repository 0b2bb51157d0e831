"""The reference of commands and hooks is up to date, and says something of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import aac
from aac.cli import COMMANDS
from tests import change_pages
from tests.reference_pages import SAID, commands, hooks

if TYPE_CHECKING:
    from tests.conftest import Snapshots

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"


def test_pages_of_commands(snapshots: Snapshots) -> None:
    snapshots.check(REFERENCE / "commands.md", commands())


def test_pages_of_hooks(snapshots: Snapshots) -> None:
    snapshots.check(REFERENCE / "hooks.md", hooks())


def test_pages_of_rules_of_changes(snapshots: Snapshots) -> None:
    snapshots.check(REFERENCE / "changes.md", change_pages.page())


@pytest.mark.parametrize("page", [commands, hooks])
def test_nothing_is_without_a_sentence(page: object) -> None:
    assert callable(page)
    rows = [line.split(" | ") for line in str(page()).splitlines() if line.startswith("| `")]
    assert [row for row in rows if len(row) < 2 or len(row[-1].strip(" |.")) < 4] == []


def test_every_command_and_name_is_there() -> None:
    assert [name for name in COMMANDS if f"## aac {name}\n" not in commands()] == []
    assert [name for name in aac.__all__ if f"| `{name}` | " not in hooks()] == []
    assert SAID.keys() <= {*aac.__all__}
