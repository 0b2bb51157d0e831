"""`aac export codeowners`: whom a host asks, in the forms of GitHub and of GitLab."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.commands import run_aac

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = '[project]\nname = "T"\nspec = 1\n'
FILES = {
    "teams/sales.yml": 'kind: team\nid: sales\nname: Sales\nmembers: [{handle: "@ada"}, {handle: grace}]\n',
    "teams/marketing.yml": "kind: team\nid: marketing\nname: Marketing [EU]\nnotify: '@larkspur/marketing'\n",
    "teams/success.yml": 'kind: team\nid: success\nname: Success\nnotify: "#success"\n',
    "teams/customers.yml": 'kind: team\nid: customers\nname: C\nexternal: true\nmembers: [{handle: "@bob"}]\n',
    "entities/lead.yml": "kind: entity\nid: lead\nfrom: crm.leads\nkey: a\nfields: {a: text}\n",
    "words/mql.yml": "kind: definition\nid: mql\nof: lead\nwhen: a = 'x'\nowner: marketing\nparties: [sales]\n",
    "words/a word.yml": "kind: definition\nid: word\nof: lead\nwhen: a = 'y'\nowner: sales\n"
    "parties: [customers, success]\n",
    "signoffs/definition-mql--sales.yml": 'kind: signoff\nid: s\nof: definition/mql\nteam: sales\nhandle: "@ada"\n'
    "date: 2026-03-02\nfingerprint: 0123456789abcdef\n",
}
SOURCES = '[sources.crm]\nconnector = "csv"\npath = "data"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project below the top of a repository."""
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name, text in FILES.items():
        path = root / "revops" / "alignment" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "revops" / "aac.toml").write_text(SETTINGS + SOURCES)
    return root / "revops"


UNKNOWN = "# Nobody can be asked for `success`: name accounts in its `members`, or its team here in `notify`."


def test_github_has_a_line_for_each_document(project: Path) -> None:
    done = run_aac(project, "export", "codeowners")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        UNKNOWN,
        "/revops/alignment/signoffs/definition-mql--sales.yml @ada @grace",
        "/revops/alignment/teams/marketing.yml @larkspur/marketing",
        "/revops/alignment/teams/sales.yml @ada @grace",
        "/revops/alignment/words/a\\ word.yml @ada @grace",
        "/revops/alignment/words/mql.yml @larkspur/marketing @ada @grace",
    ]


def test_gitlab_has_a_section_for_each_team(project: Path) -> None:
    done = run_aac(project, "export", "codeowners", "--host", "gitlab", "--output", "OWNERS")
    assert (done.returncode, done.stdout) == (0, "")
    assert (project / "OWNERS").read_text().splitlines()[1:] == [
        UNKNOWN,
        "",
        "[Marketing EU] @larkspur/marketing",
        "/revops/alignment/teams/marketing.yml",
        "/revops/alignment/words/mql.yml",
        "",
        "[Sales] @ada @grace",
        "/revops/alignment/signoffs/definition-mql--sales.yml",
        "/revops/alignment/teams/sales.yml",
        "/revops/alignment/words/a\\ word.yml",
        "/revops/alignment/words/mql.yml",
    ]


def test_other_hosts_are_not_known(project: Path) -> None:
    done = run_aac(project, "export", "codeowners", "--host", "bitbucket")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--host: there is no host `bitbucket`; one of: `github`, `gitlab`" in done.stderr
