"""`aac new connector`: what it writes runs as it is, and is right."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aac.testing import CHECKS
from tests.commands import run_aac

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("500 equal cursors", "lost permission", "column retyped")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "aac.toml").write_text('[project]\nname = "T"\nspec = 1\n')
    return tmp_path


def tried(project: Path, *more: str) -> str:
    """What pytest says of the test that was written."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=short", "tests/test_house_crm.py", *more]
    done = subprocess.run(command, cwd=project, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_plugin_is_listed_and_its_test_runs(project: Path) -> None:
    done = run_aac(project, "new", "connector", "house_crm")
    assert done.stdout == "plugins/house_crm.py\ntests/test_house_crm.py\n"
    assert "`pytest tests/test_house_crm.py` says whether it is right" in done.stderr
    assert "connector  house_crm " in run_aac(project, "plugins").stdout
    text = (project / "plugins" / "house_crm.py").read_text() + (project / "tests" / "test_house_crm.py").read_text()
    assert "class HouseCrm:" in text
    assert "HOUSE_CRM_TOKEN" in text
    assert "first" not in text.lower()
    assert " 3 passed" in tried(project, "-k", " or ".join(f"({name.replace(' ', ' and ')})" for name in QUICK))


@pytest.mark.long
def test_it_stands_every_check(project: Path) -> None:
    run_aac(project, "new", "connector", "house_crm")
    assert f" {len(CHECKS)} passed" in tried(project)


def test_a_mistake_in_it_is_found(project: Path) -> None:
    run_aac(project, "new", "connector", "house_crm")
    plugin = project / "plugins" / "house_crm.py"
    plugin.write_text(plugin.read_text().replace("OVERLAP = timedelta(minutes=5)", "OVERLAP = timedelta(0)"))
    with pytest.raises(AssertionError, match="1 record is missing"):
        tried(project, "-k", "late")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("House-CRM", "`House-CRM` cannot be an id: use small letters, digits and `_`, with a letter first"),
        ("csv", "there is a connector `csv` already: `aac plugins` lists them"),
        ("mine", "plugins/mine.py is there already"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(project: Path, name: str, told: str) -> None:
    (project / "plugins").mkdir()
    (project / "plugins" / "mine.py").write_text('"""Mine."""\n')
    done = run_aac(project, "new", "connector", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert not (project / "tests").exists()
