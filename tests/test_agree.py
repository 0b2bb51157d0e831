"""`aac agree`: what is written, what is said, and what is refused."""

from __future__ import annotations

import json
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_aac
from tests.test_agreements import MQL, PEOPLE, PROMISE, SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = "alignment/signoffs/definition-mql--sales.yml"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base") / "project"
    (root / "alignment").mkdir(parents=True)
    (root / "alignment" / "all.yml").write_text(PEOPLE + MQL + PROMISE)
    (root / "aac.toml").write_text(SETTINGS)
    return root


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Path:
    return copytree(base, tmp_path / "project")


def agree(root: Path, *names: str, team: str = "sales", by: str = "ada") -> tuple[int, str]:
    done = run_aac(root, "agree", *names, "--team", team, "--by", by, "--now", "2026-03-02")
    return done.returncode, done.stdout + done.stderr


def test_a_word_is_a_file_and_is_told_in_words(project: Path) -> None:
    code, told = agree(project, "mql", "sla/reply")
    assert code == 0
    assert "Sales agrees to definition mql «mql», by @ada:" in told
    assert "score is more than 50 (threshold)" in told
    assert "when: {within: 4 business hours, calendar: desk}" in told
    assert told.count("Not agreed yet; Sales agreed; waits for Marketing") == 2
    lines = (project / SIGNED).read_text().splitlines()
    assert lines[:6] == [
        "kind: signoff", "id: definition_mql__sales", "of: definition/mql", "team: sales", 'handle: "@ada"',
        "date: 2026-03-02",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in lines[6:9]] == ["fingerprint", "rests_on", "  entity/account"]
    assert (project / "alignment/signoffs/sla-reply--sales.yml").exists()
    assert run_aac(project, "validate").returncode == 0
    assert agree(project, "mql", team="marketing", by="@mary")[0] == 0
    explained = run_aac(project, "explain", "mql").stdout
    assert "✔ Agreed since 2026-03-02 by Marketing and Sales" in explained


def test_what_changed_is_signed_anew(project: Path) -> None:
    assert agree(project, "mql")[0] == 0
    assert agree(project, "mql") == (
        2, "aac: `sales` agreed to definition `mql` as it is already, by @ada on 2026-03-02\n"
    )  # fmt: skip
    before = (project / SIGNED).read_text()
    (project / "aac.toml").write_text(SETTINGS.replace("50", "60"))
    assert agree(project, "mql", by="@grace")[0] == 0
    after = (project / SIGNED).read_text()
    assert before.splitlines()[6] == after.splitlines()[6]
    assert before.splitlines()[-1] != after.splitlines()[-1]  # the parameter
    assert '"@grace"' in after


@pytest.mark.parametrize(
    ("names", "team", "by", "says"),
    [
        (("mqll",), "sales", "ada", "there is no document `mqll`; did you mean `mql`?"),
        (("mql", "mqll"), "sales", "ada", "there is no document `mqll`"),
        (("mql",), "sale", "ada", "--team: there is no team `sale`; did you mean `sales`?"),
        (("mql",), "customers", "ada", "--team: `customers` is outside the company, and never asked to agree"),
        (("mql",), "sales", "mary", "--by: `mary` is no member of `sales`"),
        (("core",), "sales", "ada", "`sales` is no party of icp `core`"),
        (("lead",), "sales", "ada", "entity `lead` names no team: write who agrees to it under `parties` first"),
    ],
)
def test_what_nobody_can_sign(project: Path, names: tuple[str, ...], team: str, by: str, says: str) -> None:
    code, told = agree(project, *names, team=team, by=by)
    assert (code, says in told) == (2, True), told
    assert not (project / "alignment/signoffs").exists()


def test_nothing_is_signed_while_documents_have_errors(project: Path) -> None:
    path = project / "alignment" / "all.yml"
    path.write_text(path.read_text().replace("at: mql_at", "at: mql_on"))
    assert agree(project, "mql")[0] == 2
    assert not (project / "alignment/signoffs").exists()


def test_a_diff_says_who_must_agree_and_who_has(project: Path, base: Path) -> None:
    path = project / "alignment" / "all.yml"
    path.write_text(path.read_text().replace("score > param", "score >= param"))
    assert agree(project, "mql")[0] == 0
    done = run_aac(project, "diff", str(base), "--format", "json")
    assert done.returncode == 0, done.stderr
    agreed = json.loads(done.stdout)["agreements"]["definition:mql"]
    assert (agreed["state"], agreed["waiting"]) == ("waiting", ["marketing"])
    assert [(team["id"], team["has_agreed"], team["by"]) for team in agreed["teams"]] == [
        ("marketing", False, None),
        ("sales", True, "@ada"),
    ]


LATER = """\
effective_until: 2026-06-01
---
kind: definition
id: mql
of: lead
when: score > 60
at: mql_at
owner: marketing
parties: [marketing, sales]
effective_from: 2026-06-01
"""


def test_a_version_is_signed_by_the_day_it_begins(project: Path) -> None:
    """One that holds later, or the first again: each is agreed to by itself."""
    text = (project / "alignment" / "all.yml").read_text()
    (start,) = [part for part in text.split("---\n") if "kind: definition\nid: mql" in part]
    (project / "alignment" / "all.yml").write_text(text.replace(start, start.rstrip("\n") + "\n" + LATER))
    by = ("--team", "sales", "--by", "ada", "--now", "2026-03-02")
    done = run_aac(project, "agree", "mql", *by, "--version", "2026-06-01")
    assert done.returncode == 0, done.stderr
    assert "the version that takes effect on 2026-06-01, by @ada:" in done.stdout
    assert "score is more than 60" in done.stdout
    written = (project / "alignment/signoffs/definition-mql-2026-06-01--sales.yml").read_text()
    assert "version: 2026-06-01\n" in written
    done = run_aac(project, "agree", "mql", *by, "--version", "first")
    assert done.returncode == 0, done.stderr
    assert "score is more than 50" in done.stdout
    assert "version:" not in (project / SIGNED).read_text()
    assert run_aac(project, "validate").returncode == 0
    done = run_aac(project, "agree", "mql", *by, "--version", "2026-07-01")
    assert done.returncode == 2
    assert "no version of definition `mql` begins on `2026-07-01`; did you mean `2026-06-01`?" in done.stderr
    done = run_aac(project, "agree", "sla/reply", *by, "--version", "2026-06-01")
    assert "sla `reply` has one version alone: leave `--version` out" in done.stderr


def test_the_version_of_today_is_signed_first_and_then_the_one_to_come(project: Path) -> None:
    text = (project / "alignment" / "all.yml").read_text()
    (start,) = [part for part in text.split("---\n") if "kind: definition\nid: mql" in part]
    (project / "alignment" / "all.yml").write_text(text.replace(start, start.rstrip("\n") + "\n" + LATER))
    code, told = agree(project, "mql")
    assert (code, (project / SIGNED).exists()) == (0, True)
    assert "Sales agrees to definition mql «mql», the version that ends on 2026-06-01, by @ada:" in told
    assert "score is more than 50" in told
    code, told = agree(project, "mql")
    assert (project / "alignment/signoffs/definition-mql-2026-06-01--sales.yml").exists()
    assert "the version that takes effect on 2026-06-01, by @ada:" in told
    assert agree(project, "mql") == (
        2, "aac: `sales` agreed to definition `mql` as it is already, by @ada on 2026-03-02\n"
    )  # fmt: skip
    later = ("--team", "marketing", "--by", "mary", "--now", "2026-06-02")
    told = run_aac(project, "agree", "mql", *later).stdout
    assert "the version that took effect on 2026-06-01, by @mary:" in told
