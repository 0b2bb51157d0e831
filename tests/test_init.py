"""`aac init`: a project in a fresh folder that is right as it is, and the run that it brings for every morning."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.errors import UsageError
from aac.operations import open_project, start_project
from aac.starting import CYCLES, TEAMS, Answers, first_files, read_teams
from tests.commands import run_aac

ROOT = Path(__file__).parent.parent
NOW = "2026-03-02T09:00:00Z"
LEADS = """\
lead_id,created_at,score,mql_at,accepted_at,owner_id
L1,2026-02-02T09:00,80,2026-02-02T10:00,2026-02-03T09:00,U1
L2,2026-02-03T09:00,70,2026-02-03T10:00,,U1
L3,2026-02-04T09:00,20,,,U1
"""
ACTIVITIES = """\
activity_id,occurred_at,lead_id,type,automated
A1,2026-02-02T11:00,L1,call,false
A2,2026-02-09T10:00,L2,email,false
"""
DEALS = """\
opportunity_id,created_at,account_id,state,close_date,amount,kickoff_on
O1,2026-01-05T09:00,C1,won,2026-02-10,1000,2026-02-12
O2,2026-01-05T09:00,C1,lost,2026-02-11,1000,
"""
ACCOUNTS = "account_id,created_at,name,industry,employees\nC1,2026-01-01T09:00,Acme,Software,100\n"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "sample"
    done = run_aac(folder.parent, "init", "sample", "--sample")
    assert done.returncode == 0
    assert "aac pull" in done.stdout
    return folder


def test_the_sample_company_is_that_of_this_repository(sample: Path) -> None:
    for part in ("alignment", "data", "templates"):
        ours = {path.relative_to(ROOT): path.read_bytes() for path in (ROOT / part).rglob("*") if path.is_file()}
        theirs = {path.relative_to(sample): path.read_bytes() for path in (sample / part).rglob("*") if path.is_file()}
        assert theirs == ours
    assert (sample / "aac.toml").read_bytes() == (ROOT / "aac.toml").read_bytes()
    assert [path.name for path in (sample / "plugins").iterdir()] == ["brief.py"]  # one, small enough to read
    assert "brief" in run_aac(sample, "plugins").stdout
    assert open_project(sample).findings == ()


@pytest.mark.parametrize("cycle", CYCLES)
def test_first_documents_are_right_as_they_are(tmp_path: Path, cycle: str) -> None:
    start_project(tmp_path, Answers(False, 'Acme "Nord" GmbH', cycle))
    opened = open_project(tmp_path)
    assert opened.findings == ()
    assert opened.project.name == "Acme 'Nord' GmbH"
    sla = opened.project.models["sla", "deal_decided"]
    assert CYCLES[cycle]["decided_within"] in str(sla.model_dump())


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(teams=st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), min_size=3, max_size=3, unique=True))
def test_teams_may_be_called_as_they_are(tmp_path_factory: pytest.TempPathFactory, teams: list[str]) -> None:
    root = tmp_path_factory.mktemp("teams")
    start_project(root, Answers(False, "Acme", "months", tuple(teams)))
    opened = open_project(root)
    assert [finding for finding in opened.findings if finding.level != "info"] == []
    assert sorted(opened.project.ids("team")) == sorted(teams)
    owners = (root / ".github" / "CODEOWNERS").read_text()
    assert f"/alignment/slas/sales_follow_up.yml @your-org/{teams[1]} @your-org/{teams[0]}\n" in owners


def test_a_company_of_ones_own_is_measured(tmp_path: Path) -> None:
    start_project(tmp_path, Answers(False, "Acme"))
    tables = {"leads": LEADS, "activities": ACTIVITIES, "opportunities": DEALS, "accounts": ACCOUNTS}
    for name, text in tables.items():
        (tmp_path / "data" / f"{name}.csv").write_text(text)
    assert run_aac(tmp_path, "pull", "--now", NOW).returncode == 0
    done = run_aac(tmp_path, "check", "--now", NOW, "--as-of", "2026-03-01")
    assert "1/2 50%" in done.stdout  # L1 was called within an hour, L2 six days later
    assert "1 of 2" in run_aac(tmp_path, "query", "win_rate", "--as-of", "2026-03-01").stdout


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "company.yml").write_text("mine")
    (tmp_path / ".gitignore").write_text("mine")
    with pytest.raises(UsageError, match=r"alignment/company\.yml is there already"):
        start_project(tmp_path, Answers(is_sample=True))
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [".gitignore", "company.yml"]
    (tmp_path / "alignment" / "company.yml").unlink()
    start_project(tmp_path, Answers(is_sample=True))
    assert (tmp_path / ".gitignore").read_text() == "mine"


@pytest.mark.parametrize(
    ("typed", "has_data"),
    [("1\n", True), ("\n", True), ("2\nyear\ngrowth, sales, cs\n", False), ("2\n\n\n", False), ("2\n3\n\n", False)],
)
def test_what_is_not_said_is_asked(tmp_path: Path, typed: str, has_data: bool) -> None:
    command = [sys.executable, "-m", "alignment_as_code", "init"]
    done = subprocess.run(command, cwd=tmp_path, input=typed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Where does your data live?" in done.stderr
    assert (tmp_path / "data" / "leads.csv").exists() is has_data
    assert (tmp_path / "alignment" / "teams" / "cs.yml").exists() is ("cs" in typed)
    slow = "2\nyear", "2\n3"  # by its name or by its number
    sla = tmp_path / "alignment" / "slas" / "deal_decided.yml"
    assert has_data or ("365" in sla.read_text()) is typed.startswith(slow)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--sample", "--cycle", "weeks"), "leave out --own, --cycle and --teams"),
        (("--cycle", "weeks", "--teams", "a,b"), "three different teams are asked for"),
        (("--cycle", "weeks", "--teams", "a,b,a"), "three different teams are asked for"),
        (("--cycle", "weeks", "--teams", "a,b,C S"), "`C S` cannot be an id"),
        (("--cycle", "days"), "'days' is not one of"),
    ],
)
def test_what_cannot_be(tmp_path: Path, flags: tuple[str, ...], told: str) -> None:
    done = run_aac(tmp_path, "init", *flags)
    assert done.returncode == 2
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_teams_stand_in_their_order() -> None:
    assert read_teams("growth, sales ,cs") == ("growth", "sales", "cs")
    assert Answers(is_sample=False).teams == TEAMS


def steps() -> list[dict[str, Any]]:
    workflow = yaml.safe_load(first_files(Answers(is_sample=True))[".github/workflows/alignment.yml"])
    assert workflow[True]["schedule"]  # to YAML 1.1, which PyYAML reads, `on` is true
    return [step for step in workflow["jobs"]["alignment"]["steps"] if "run" in step]


def test_the_run_of_every_morning(sample: Path, tmp_path: Path) -> None:
    """Cold, and again with what the cache has kept: the raw copies, and no store. Its check fails, as it should."""
    assert [step["name"] for step in steps()] == ["Install", "Validate", "Pull", "Check", "Build"]
    assert steps()[0]["run"].startswith('pip install "alignment-as-code==')
    root = tmp_path / "p"
    shutil.copytree(sample, root)
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "SOURCE_DATE_EPOCH": "1772442000"}
    results: list[str] = []
    for _ in ("cold", "warm"):
        ran = [
            subprocess.run(
                ["bash", "-e", "-c", step["run"]], cwd=root, env=environment, check=False, stdout=subprocess.PIPE
            )
            for step in steps()[1:]
        ]
        assert [one.returncode for one in ran] == [0, 0, 1, 0]
        assert ran[2].stdout == (root / "check.txt").read_bytes()  # told in the log, though it failed
        results.append((root / "results.json").read_text())
        assert (root / "site" / "index.html").is_file()
        shutil.rmtree(root / "site")
        for left in (root / ".aac").iterdir():
            if left.name != "raw":
                left.unlink() if left.is_file() else shutil.rmtree(left)
    assert results[0] == results[1]
