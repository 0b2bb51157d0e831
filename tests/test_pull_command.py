"""`aac pull` as a user types it: its options, what it prints and its exit codes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_aac

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[project]
name = "Small"
spec = 1

[sources.crm]
connector = "csv"
path = "data"

[sources.meter]
connector = "meter"
"""
PLUGIN = '''
"""A connector whose source allows two records a pull, and has three."""

from typing import ClassVar

from aac import Checkpoint, Rows, Settings, Slice, Stream, hookimpl


class Meter:
    name: ClassVar[str] = "meter"
    settings: ClassVar[type[Settings]] = Settings

    def __init__(self, settings, context):
        self.folder = context.folder

    def check(self):
        pass

    def discover(self):
        return (Stream("reading", ("id", "value"), key=("id",)),)

    def slices(self, stream, state):
        return (Slice("reading", {"after": state["after"] if state else 0}),)

    def read(self, stream, part):
        first = part.bounds["after"]
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "page.jsonl"
        last = min(first + 2, 3)
        path.write_text("".join(f'{{"id": "{n}", "value": "v"}}\\n' for n in range(first, last)))
        yield Rows(path, "json", ("id", "value"))
        yield Checkpoint({"after": last}, complete=last == 3, until=f"reading {last}")


@hookimpl
def aac_connectors():
    return [Meter]
'''
ENTITIES = """
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text}
---
kind: entity
id: reading
from: meter.reading
key: id
fields: {id: text, value: text}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "aac.toml": SETTINGS,
        "alignment/entities.yml": ENTITIES,
        "plugins/meter.py": PLUGIN,
        "data/leads.csv": "id\n1\n2\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_pull_that_ran_out_of_its_calls_is_resumable(project: Path) -> None:
    first = run_aac(project, "pull")
    assert (first.returncode, first.stdout) == (3, ""), first.stderr
    told = "source meter: `reading` was read in part: run `aac pull` again, which goes on from there"
    assert told in first.stderr.splitlines()
    second = run_aac(project, "pull", "meter", "--format", "json")
    assert (second.returncode, second.stdout) == (0, ""), second.stderr
    (event,) = map(json.loads, second.stderr.splitlines())
    assert event.pop("seconds") >= 0
    assert event == {
        "event": "stream", "source": "meter", "stream": "reading", "rows": 3, "deleted": 0,
        "cursor": {"after": 3}, "until": "reading 3",
    }  # fmt: skip
    third = run_aac(project, "pull", "meter")
    assert re.fullmatch(r"meter\.reading: 3 records, \d+\.\d s, read up to reading 3\n", third.stderr)


def test_only_what_is_named_is_read(project: Path) -> None:
    done = run_aac(project, "pull", "crm", "--record", "calls")
    assert (done.returncode, [line.partition(",")[0] for line in done.stderr.splitlines()]) == (
        0,
        ["crm.leads: 2 records", "nothing was written to `calls`: of these sources none was asked over HTTP"],
    )
    wrong = run_aac(project, "pull", "crmm")
    assert (wrong.returncode, wrong.stderr) == (2, "aac: there is no source `crmm`; did you mean `crm`?\n")


def test_a_check_and_a_rehearsal_write_nothing(project: Path) -> None:
    checked = run_aac(project, "pull", "--check")
    assert (checked.returncode, checked.stderr) == (
        0,
        "crm: can be read, 1 stream\nmeter: can be read, 1 stream\n",
    )
    assert not (project / ".aac" / "store.duckdb").exists()
    run_aac(project, "pull")
    before = (project / ".aac" / "store.duckdb").read_bytes()
    planned = run_aac(project, "pull", "--dry-run")
    assert (planned.returncode, planned.stderr) == (
        0,
        "crm.leads is read whole\nmeter.reading goes on from reading 2\n",
    )
    anew = run_aac(project, "pull", "--dry-run", "--full")
    assert anew.stderr == "crm.leads is read whole\nmeter.reading is read whole\n"
    assert (project / ".aac" / "store.duckdb").read_bytes() == before
    (project / "data" / "leads.csv").unlink()
    failed = run_aac(project, "pull", "--check", "crm")
    assert (failed.returncode, "AAC609" in failed.stdout) == (4, True)
