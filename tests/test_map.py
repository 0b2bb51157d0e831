"""`aac map`: where the fields of entities come from, as a user sees it."""

from __future__ import annotations

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
"""
DOCUMENTS = """
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text, created_on: date, score: {type: integer, from: Skore}}
---
kind: entity
id: deal
from: crm.deal
key: id
fields: {id: text}
---
kind: team
id: sales
name: Sales
---
kind: metric
id: score
of: lead
formula: avg(score)
at: created_on
unit: score
better: higher
owner: sales
serves: customer_success
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {
        "aac.toml": SETTINGS,
        "alignment/all.yml": DOCUMENTS,
        "data/leads.csv": "id,created_on,Score\n1,2026-01-01,5\n2,,6\n3,2026-01-02,7\n",
        "data/deals.csv": "id\n1\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_missing_is_told_with_what_it_stops(project: Path) -> None:
    done = run_aac(project, "map")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "deal  from crm.deal\n"
        "  no source has a stream `crm.deal`: did you mean `crm.deals`?\n"
        "\n"
        "lead  from crm.leads\n"
        "    id          text     id\n"
        "    created_on  date     created_on\n"
        "  ✗ score       integer  Skore\n"
        "      no column `Skore`: did you mean `Score`?\n"
        "      not measurable without it: metric score\n"
        "\n"
        "1 of 2 entities have a stream, and 1 of their fields have no column\n"
    )
    assert not (project / ".aac" / "store.duckdb").exists()


def test_how_full_a_field_is_comes_from_what_was_pulled(project: Path) -> None:
    text = (project / "alignment/all.yml").read_text()
    (project / "alignment/all.yml").write_text(text.replace("Skore", "Score").replace("crm.deal\n", "crm.deals\n"))
    assert run_aac(project, "pull").returncode == 0
    before = (project / ".aac" / "store.duckdb").read_bytes()
    done = run_aac(project, "map", "lead")
    assert done.stdout == (
        "lead  from crm.leads · 3 records\n"
        "    id          text     id          100 %\n"
        "    created_on  date     created_on  66.6 %\n"
        "    score       integer  Score       100 %\n"
        "\n"
        "1 of 1 entities have a stream, with all their columns\n"
    )
    assert (project / ".aac" / "store.duckdb").read_bytes() == before
    assert run_aac(project, "map", "deal").stdout.startswith("deal  from crm.deals · 1 record\n")
    wrong = run_aac(project, "map", "led")
    assert (wrong.returncode, wrong.stderr) == (2, "aac: there is no entity `led`; did you mean `lead`?\n")
    (project / "data" / "leads.csv").unlink()
    (project / "data" / "deals.csv").unlink()
    (project / "data").rmdir()
    failed = run_aac(project, "map", "lead")
    assert (failed.returncode, "AAC609" in failed.stderr) == (4, True)
    assert failed.stdout.startswith(
        "lead  from crm.leads · 3 records\n  no source has a stream `crm.leads`: the source `crm` could not be read\n"
    )
    assert failed.stdout.endswith("\n\n0 of 1 entities have a stream\n")
