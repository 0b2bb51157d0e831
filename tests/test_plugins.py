"""A team's own kind, connector, function and report, each one file in `plugins/`: validated, evaluated and rendered."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from shutil import copy, copytree

import pytest

import aac.kinds
from aac.errors import PluginError
from aac.plugins import BUILTINS, CONNECTORS, REPORTS, load
from tests.commands import run_aac

PROJECT = Path(__file__).parent / "projects" / "plugged"
BRIEF = Path(__file__).parent.parent / "plugins" / "brief.py"
"""The report is the root project's own plugin."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = copytree(PROJECT, tmp_path / "plugged")
    copy(BRIEF, made / "plugins")
    return made


def test_they_are_listed_with_their_files(root: Path) -> None:
    done = run_aac(root, "plugins")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["kind", "pledge", "plugins/pledge.py"] in lines
    assert ["connector", "jsonlines", "plugins/jsonlines.py"] in lines
    assert ["report", "brief", "plugins/brief.py"] in lines
    assert ["function", "is_free_mail", "plugins/mail.py", "Whether"] in [line[:4] for line in lines]
    assert ["kind", "sla", "aac.kinds.sla"] in lines
    assert ["command", "check", "aac.commands.check"] in lines


def test_the_whole_road_with_them(root: Path) -> None:
    assert run_aac(root, "validate").returncode == 0
    pulled = run_aac(root, "pull")
    assert pulled.returncode == 0, pulled.stderr
    # hand count: of the three sign-ups of February two are pro, and one has the address of a company; of the running
    # month there are none
    checked = run_aac(root, "check", "--format", "brief", "--format", "json", "--output", "brief.txt")
    assert checked.returncode == 0, checked.stderr
    assert (root / "brief.txt").read_text() == (
        "Plugged\npro_signups 2026-02: on_target\nsign_ups_at_work 2026-02: on_target\n"
    )
    (last, current, at_work, _) = json.loads(checked.stdout)["results"]
    assert (last["kind"], last["value"], last["status"], last["target"]) == ("pledge", 2, "on_target", {"at_least": 2})
    assert (current["value"], current["status"]) == (0, "off_target")
    assert (at_work["id"], at_work["value"], at_work["unknown"]) == ("sign_ups_at_work", 1, 0)
    built = run_aac(root, "build")
    assert built.returncode == 0, built.stderr
    page = (root / "site" / "pledge" / "pro_signups.html").read_text()
    assert "Growth brings at least two <strong>paying</strong> sign-ups a month." in page
    assert "On target" in page


def test_a_fault_in_a_document_of_its_kind_stands_where_it_is(root: Path) -> None:
    document = root / "alignment" / "all.yml"
    document.write_text(document.read_text().replace("plan = 'pro'", "plam = 'pro'"))
    done = run_aac(root, "validate")
    assert done.returncode == 2
    assert "AAC203" in done.stdout
    assert "alignment/all.yml:27:8" in done.stdout
    assert "did you mean `plan`?" in done.stdout


def test_two_owners_of_one_name_are_refused(root: Path) -> None:
    (root / "plugins" / "other.py").write_text((root / "plugins" / "brief.py").read_text())
    with pytest.raises(PluginError, match=r"plugins/brief\.py and plugins/other\.py both bring the report brief"):
        load(root)


COMMAND = """
import click
from aac import hookimpl

@click.command("{name}")
def command():
    \"\"\"Say something.\"\"\"
    click.echo("said")

@hookimpl
def aac_commands():
    return [command]
"""


def test_a_command_of_its_own_is_listed_and_run(root: Path) -> None:
    (root / "plugins" / "say.py").write_text(COMMAND.format(name="say"))
    assert "Say something." in run_aac(root, "--help").stdout
    assert run_aac(root, "say").stdout == "said\n"
    assert ["command", "say", "plugins/say.py"] in [
        line.split() for line in run_aac(root, "plugins").stdout.splitlines()
    ]


def test_a_command_of_ours_is_not_taken(root: Path) -> None:
    (root / "plugins" / "say.py").write_text(COMMAND.format(name="check"))
    for arguments in (("--help",), ("plugins",)):
        done = run_aac(root, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert "plugins/say.py brings the command check, which aac has itself: rename it" in done.stderr


def test_a_misspelt_hook_is_told(root: Path) -> None:
    plugin = root / "plugins" / "brief.py"
    plugin.write_text(plugin.read_text().replace("def aac_reports", "def aac_report"))
    with pytest.raises(PluginError, match="aac_report"):
        load(root)


@pytest.mark.parametrize("text", ["import no_such_module\n", "def", "raise RuntimeError('no')", "1 / 0", "{}['a']"])
def test_a_plugin_that_cannot_be_loaded_is_named(root: Path, text: str) -> None:
    (root / "plugins" / "broken.py").write_text(text)
    done = run_aac(root, "validate")
    assert done.returncode == 2
    assert "the plugin plugins/broken.py cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_built_ins_use_the_same_hooks(tmp_path: Path) -> None:
    origins = set(load(tmp_path).origins.values())
    kinds = {f"aac.kinds.{path.stem}" for path in Path(aac.kinds.__file__).parent.glob("[!_]*.py")}
    assert {origin for origin in origins if origin not in kinds} == {*BUILTINS, *CONNECTORS.values(), *REPORTS}
    assert kinds - origins == {name for name in kinds if not hasattr(import_module(name), "aac_kinds")}
