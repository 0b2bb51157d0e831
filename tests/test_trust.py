"""Nothing in a checkout is trusted: what came with it is not opened as our own, and leads nowhere else."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from aac.folders import ALLOWED
from aac.operations import open_project, open_sound_project, pull_sources
from tests.small import COMPANY, NOW_US, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding

ENTITY = """\
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text}
"""
ROWS = {"leads": "id\n1\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", COMPANY + ENTITY, ROWS)


def told(root: Path) -> list[tuple[str, str]]:
    return [(finding.code, str(finding.span)) for finding in open_project(root).findings if finding.level == "error"]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def pulled(root: Path) -> list[Finding]:
    found = pull_sources(open_sound_project(root), NOW_US, lambda _: None).findings
    return [finding for finding in found if finding.level == "error"]


def test_a_store_that_came_with_a_checkout_is_an_error(root: Path) -> None:
    assert pulled(root) == []
    git(root, "init", "-q")
    assert told(root) == []
    git(root, "add", "-f", ".")
    assert told(root) == [("AAC631", ".aac/raw/crm/" + next((root / ".aac/raw/crm").iterdir()).name + ":1:1")]
    git(root, "rm", "-r", "-q", "--cached", ".aac")
    assert told(root) == []


def test_a_store_elsewhere_in_the_tree_is_looked_at_too(root: Path) -> None:
    settings = root / "aac.toml"
    settings.write_text(settings.read_text() + '\n[engine]\npath = "kept/own.duckdb"\n')
    assert pulled(root) == []
    git(root, "init", "-q")
    git(root, "add", "-f", "kept/own.duckdb")
    assert told(root) == [("AAC631", "kept/own.duckdb:1:1")]


def test_a_folder_of_ours_that_leads_elsewhere_is_an_error(root: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "letter.txt").write_text("mine")
    (root / ".aac").symlink_to(tmp_path / "victim")
    assert told(root) == [("AAC631", ".aac:1:1")]


@pytest.mark.parametrize(
    "place", ["..", "../other", "/etc", "data/../..", "~/x/../../../..", ".git", "link", "a\\u0000b"]
)
def test_a_source_outside_of_the_project_is_an_error(root: Path, tmp_path: Path, place: str) -> None:
    (root / "link").symlink_to(tmp_path)
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace('path = "data"', f'path = "{place}"'))
    assert told(root) == [("AAC630", "aac.toml:7:1")]


def test_whoever_runs_it_may_allow_a_folder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "data").rename(tmp_path / "exports")
    settings = root / "aac.toml"
    settings.write_text(settings.read_text().replace('path = "data"', 'path = "../exports"'))
    assert [code for code, _ in told(root)] == ["AAC630"]
    monkeypatch.setenv(ALLOWED, f"/nowhere:{tmp_path / 'exports'}")
    assert told(root) == []
    assert pulled(root) == []


def test_a_file_that_leads_out_of_the_folder_is_not_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("id\nsecret\n")
    (root / "data" / "leads.2.csv").symlink_to(tmp_path / "secret.csv")
    (finding,) = pulled(root)
    assert "leads.2.csv` leads out of the project: put the file itself there" in finding.message
    assert not (root / ".aac" / "raw").exists()
