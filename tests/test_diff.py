"""`aac diff` of real repositories: what is compared, what its screens say, and what is settled beforehand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from aac import schemas
from aac.agreements import agreements
from aac.errors import AacError, UsageError
from aac.operations import open_sound_project
from aac.reviewing import diff, review
from tests.small import DESK, SLA, write_project

if TYPE_CHECKING:
    from tests.conftest import Snapshots

DOCUMENTS = """
kind: entity
id: lead
from: crm.leads
key: lead_id
fields: {lead_id: text, score: integer}
---
kind: definition
id: mql
name: MQL
owner: marketing
parties: [marketing, sales]
of: lead
when: score > 50
---
kind: metric
id: mqls
owner: marketing
formula: count(*)
of: mql
unit: count
better: higher
role: input
"""
FILE = "alignment/all.yml"


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "project", DOCUMENTS, {"leads": "lead_id,score\na,60\n"})
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    return root


def edit(root: Path, old: str, new: str, file: str = FILE) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


def commit(root: Path, *edits: tuple[str, str]) -> None:
    for old, new in edits:
        edit(root, old, new)
    git(root, "commit", "--quiet", "--all", "-m", "edit")


def told(root: Path, asked: str | None = None) -> dict[str, Any]:
    return json.loads(diff(root, asked, "json"))


def rules(root: Path, asked: str | None = None) -> list[str]:
    return [change["rule"] for change in told(root, asked)["changes"]]


def test_screens(project: Path, snapshots: Snapshots) -> None:
    edit(project, "score > 50", "score >= 60 and score < 90")
    edit(project, "name: MQL", "name: Qualified lead")
    edit(project, "role: input", "role: input\nby: [score]")
    expected = Path(__file__).parent / "expected"
    snapshots.check(expected / "diff.txt", diff(project, None, "text"))
    view = diff(project, None, "json")
    snapshots.check(expected / "diff.json", view)
    schema = schemas.by_name("changes", {}, {})
    assert schema is not None
    Draft202012Validator(schema).validate(json.loads(view))  # pyright: ignore[reportUnknownMemberType]


def test_sides(project: Path, tmp_path: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "feature/more")
    commit(project, ("score > 50", "score > 60"))
    git(project, "checkout", "--quiet", "main")
    commit(project, ("name: MQL", "name: Lead"))
    assert rules(project) == []
    assert rules(project, "main..feature/more") == ["definition.when.changed", "document.name.changed"]
    assert rules(project, "main...feature/more") == ["definition.when.changed"]
    assert rules(project, "main~1") == ["document.name.changed"]
    assert rules(project, "main~1..") == ["document.name.changed"]
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".git"))
    edit(copy, "score > 50", "score > 70")
    assert rules(project, str(copy)) == ["definition.when.changed"]
    assert rules(copy, str(project)) == ["definition.when.changed"]


def test_a_project_in_a_folder_of_a_revision(project: Path) -> None:
    (project / "inner").mkdir()
    for part in ("alignment", "data", "aac.toml"):
        git(project, "mv", part, f"inner/{part}")
    git(project, "commit", "--quiet", "-m", "moved")
    edit(project / "inner", "score > 50", "score > 60")
    assert rules(project / "inner") == rules(project / "inner", "main:inner") == ["definition.when.changed"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("mian", "there is no revision or folder `mian`; did you mean `main`?"),
        ("main~9", "there is no revision or folder `main~9`"),
        ("--help", "there is no revision or folder `--help`"),
        ("main:nowhere", "there is no `aac.toml` at `main:nowhere`"),
    ],
)
def test_sides_that_there_are_not(project: Path, asked: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        diff(project, asked, "text")
    assert message in str(raised.value)


def test_outside_of_git(project: Path) -> None:
    shutil.rmtree(project / ".git")
    for run in (lambda: diff(project, None, "text"), lambda: review(project, None, (), None)):
        with pytest.raises(UsageError, match="is in no git repository: compare folders, as in"):
            run()


def test_before_the_first_commit(project: Path) -> None:
    shutil.rmtree(project / ".git")
    git(project, "init", "--quiet", "--initial-branch", "main")
    for run in (lambda: diff(project, None, "text"), lambda: review(project, None, (), None)):
        with pytest.raises(UsageError, match="nothing was committed in"):
            run()


def test_folders_that_begin_with_dots_or_slashes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".git"))
    edit(copy, "score > 50", "score > 70")
    monkeypatch.chdir(project)
    for asked in (f"main..{copy}", "main..../copy", f"..{copy}", "...../copy", "../project..../copy", ".../copy"[1:]):
        assert rules(project, asked) == ["definition.when.changed"], asked
    with pytest.raises(UsageError, match="is a folder"):
        diff(project, f"main...{copy}", "text")


def test_two_projects_of_a_repository_without_one_here(project: Path) -> None:
    for name in ("one", "two"):
        (project / name).mkdir()
        for part in ("alignment", "data", "aac.toml"):
            subprocess.run(["cp", "-r", part, name], cwd=project, check=True)
    edit(project / "two", "score > 50", "score > 70")
    git(project, "rm", "-r", "--quiet", "alignment", "data", "aac.toml")
    commit_all(project)
    assert rules(project, "main:one..main:two") == ["definition.when.changed"]
    with pytest.raises(AacError, match=r"there is no `aac\.toml` in"):
        diff(project, "main", "text")


def test_a_review_on_the_main_branch_has_what_is_not_committed(project: Path) -> None:
    assert review(project, None, (), None).comment == ""
    edit(project, "score > 50", "score > 70")
    assert "`mql` changes in meaning" in review(project, None, (), None).comment


def test_helpers_of_plugins_are_compared(project: Path) -> None:
    (project / "plugins" / "more").mkdir(parents=True)
    (project / "plugins" / "more" / "helper.py").write_text("LIMIT = 1\n")
    commit_all(project)
    assert rules(project) == []


def test_a_shallow_clone_has_what_it_has(project: Path, tmp_path: Path) -> None:
    commit(project, ("score > 50", "score > 60"))
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{project}", tmp_path / "shallow"], check=True)
    assert rules(tmp_path / "shallow") == []
    with pytest.raises(UsageError, match="there is no revision or folder `HEAD~1`: this clone is shallow, so run"):
        diff(tmp_path / "shallow", "HEAD~1", "text")


def test_documents_with_errors(project: Path) -> None:
    commit(project, ("when: score > 50", "whn: score > 50"))
    edit(project, "whn: score > 50", "when: score > 60")
    assert [(each["id"], each["why"]) for each in told(project)["not_compared"]] == [
        ("mql", "it had an error before: there is no key `whn` here (AAC207)")
    ]
    edit(project, "when: score > 60", "whn: score > 60")
    with pytest.raises(AacError, match="the documents have errors"):
        diff(project, None, "text")


def test_a_file_that_moved_and_another_order_are_no_change(project: Path) -> None:
    text = (project / FILE).read_text()
    (project / FILE).unlink()
    (project / "alignment" / "other.yml").write_text(
        f"# moved\n{text.replace('[marketing, sales]', '[sales,  marketing]')}"
    )
    assert told(project)["changes"] == []


def test_who_only_says_another_name_did_not_change(project: Path) -> None:
    edit(project, "id: mql\n", "id: qualified\n")
    edit(project, "of: mql\n", "of: qualified\n")
    (change,) = told(project)["changes"]
    assert (change["rule"], change["was"]) == ("definition.renamed", "mql")
    assert told(project)["rests_on"] == []


def test_code_that_can_move_a_number_reaches_all_of_them(project: Path) -> None:
    (project / "plugins").mkdir()
    (project / "plugins" / "ours.py").write_text(
        "from aac import hookimpl\n\n\n@hookimpl\ndef aac_functions():\n    return []\n"
    )
    view = told(project)
    assert [(c["rule"], c["class"], c["file"]) for c in view["changes"]] == [
        ("plugin.code.added", "breaking", "plugins/ours.py")
    ]
    assert [(c["id"], c["over"]) for c in view["rests_on"]] == [("mqls", ["plugins/ours.py"])]
    (project / "plugins" / "ours.py").write_text("# brings nothing\n")
    assert told(project)["rests_on"] == []


def test_classes_that_were_agreed_before(project: Path) -> None:
    rule = '\n[review.severity]\n"definition.when.changed" = "compatible"\n'
    edit(project, "score > 50", "score > 60")
    edit(project, "[sources.crm]", f"{rule}\n[sources.crm]", "aac.toml")
    assert {change["rule"]: change["class"] for change in told(project)["changes"]} == {
        "definition.when.changed": "breaking",  # a change does not excuse itself
        "settings.review.severity.added": "breaking",
    }
    git(project, "commit", "--quiet", "--all", "-m", "agreed")
    edit(project, "score > 60", "score > 70")
    assert [(change["rule"], change["class"]) for change in told(project)["changes"]] == [
        ("definition.when.changed", "compatible")
    ]


def test_a_change_that_is_meant(project: Path) -> None:
    edit(project, "score > 50", "score > 60")
    before = told(project)
    (change,) = before["changes"]
    assert (before["summary"]["breaking"], before["summary"]["acknowledged"]) == (1, 0)
    row = f'[[review.acknowledged]]\nfingerprint = "{change["fingerprint"]}"\nreason = "Agreed in March."\n'
    (project / "aac.toml").write_text((project / "aac.toml").read_text() + row)
    after = told(project)
    known = next(c for c in after["changes"] if c["rule"] == change["rule"])
    assert known["acknowledged"] == "Agreed in March."
    assert (after["summary"]["breaking"], after["summary"]["acknowledged"]) == (0, 1)
    assert after["teams"] == before["teams"]
    assert "acknowledged: Agreed in March." in diff(project, None, "text")
    edit(project, "score > 60", "score > 61")
    assert told(project)["summary"]["breaking"] == 1


def test_a_fingerprint_does_not_depend_on_how_a_rule_is_spelt(project: Path) -> None:
    edit(project, "score > 50", "score > 60")
    (one,) = told(project)["changes"]
    edit(project, "score > 60", "(score   >  60)")
    (other,) = told(project)["changes"]
    assert one["fingerprint"] == other["fingerprint"]


@pytest.mark.parametrize(
    ("old", "new", "verb"),
    [
        ("4 business hours", "240 business minutes", None),
        ("90 minutes", "1.5 hours", None),
        ("4 business hours", "3 business hours", "lowered"),
        ("4 business hours", "241 business minutes", "raised"),
        # a clock in days may count dates
        ("1 day", "24 hours", "changed"),
    ],
)
def test_the_same_time_in_another_unit_is_no_change(tmp_path: Path, old: str, new: str, verb: str | None) -> None:
    fields = "{id: text, at: timestamp, done: timestamp}"
    entity = f"kind: entity\nid: lead\nfrom: crm.leads\nkey: id\nfields: {fields}\n---\n"
    calendar = ", calendar: desk" if "business" in old else ""
    measured = "how_measured: {each: lead, starts: at, stops: done, objective: 50%}\n"
    documents = f"{DESK}{entity}{SLA}when: {{within: {old}{calendar}}}\n{measured}"
    root = write_project(tmp_path / "timed", documents, {})
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit_all(root)
    prints = [view["fingerprint"] for view in agreed(root)]
    edit(root, f"within: {old}", f"within: {new}")
    assert rules(root) == ([f"sla.when.within.{verb}"] if verb else [])
    assert ([view["fingerprint"] for view in agreed(root)] == prints) is (verb is None)


def commit_all(root: Path) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "all")


def agreed(root: Path) -> list[dict[str, Any]]:
    made = open_sound_project(root).project
    return [{"fingerprint": at.fingerprint} for at in agreements(made) if at.doc[0] == "sla"]


def test_who_speaks_for_a_team_is_for_the_team_to_say(project: Path) -> None:
    """A member that is new is told, and the team is asked; its fingerprint, and what rests on it, stay the same."""
    teams = "alignment/teams.yml"
    edit(project, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam", role: Head}]', teams)
    first = told(project)
    (change,) = first["changes"]
    assert (change["rule"], change["class"], change["teams"]) == ("team.members.added", "breaking", ["sales"])
    assert (first["teams"], first["rests_on"]) == (["sales"], [])
    commit_all(project)
    edit(project, "role: Head", "role: Manager", teams)
    assert [(c["rule"], c["class"]) for c in told(project)["changes"]] == [("team.members.role.changed", "editorial")]
    edit(project, "@sam", "@eve", teams)
    assert [(c["rule"], c["class"]) for c in told(project)["changes"]] == [
        ("team.members.added", "breaking"), ("team.members.removed", "breaking"),
    ]  # fmt: skip


def test_what_is_compatible_leaves_an_agreement_as_it_is(project: Path) -> None:
    """Another split, or another queue, is no change of what was agreed."""
    made = open_sound_project(project).project
    before = {at.doc: at.fingerprint for at in agreements(made)}
    edit(project, "role: input", "role: input\nby: [score]")
    view = told(project)
    assert [(c["rule"], c["class"]) for c in view["changes"]] == [("metric.by.added", "compatible")]
    assert {at.doc: at.fingerprint for at in agreements(open_sound_project(project).project)} == before


FAR = """
kind: entity
id: account
from: crm.accounts
key: account_id
fields: {account_id: text, employees: integer}
---
kind: entity
id: lead
from: crm.leads
key: lead_id
fields: {lead_id: text, account: {ref: account}}
---
kind: icp
id: core
owner: sales
of: account
criteria: [{id: size, when: employees > 50, points: 50}]
tiers: {A: 50}
fits: [A]
---
""" + "---\n".join(
    f"kind: definition\nid: {id_}\nowner: sales\nof: lead\nwhen: {when}\n"
    for id_, when in (
        ("first", "icp.core"),
        ("second", "icp.core"),
        ("third", "not icp.core"),
        ("far", "account.icp.core"),
    )
)


def test_everything_that_names_a_word_of_another_entity_rests_on_it(tmp_path: Path) -> None:
    """Not only the first document by which it was found."""
    root = write_project(tmp_path / "project", FAR, {})
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    edit(root, "employees > 50", "employees > 60")
    assert {change["id"] for change in told(root)["rests_on"]} == {"first", "second", "third", "far"}


def test_a_diff_asks_nobody_outside_and_the_teams_of_what_is_new(project: Path) -> None:
    """Nobody outside the company, also when a branch says so first; and the teams of what is new."""
    teams = "alignment/teams.yml"
    inside = [f"kind: team\nid: {id_}\nname: {id_}\n" for id_ in ("sales", "marketing")]
    outside = "kind: team\nid: customers\nname: customers\nexternal: true\n"
    (project / teams).write_text("---\n".join([*inside, outside]))
    edit(project, "[marketing, sales]", "[marketing, sales, customers]")
    git(project, "add", ".")
    commit(project, ("score > 50", "score > 60"))
    edit(project, "score > 60", "score > 70")
    assert told(project)["teams"] == ["marketing", "sales"]
    edit(project, "name: sales\n", "name: sales\nexternal: true\n", teams)
    assert told(project)["teams"] == ["marketing", "sales"]
    git(project, "checkout", "--quiet", FILE, teams)
    new = "kind: definition\nid: hot\nowner: sales\nparties: [sales, customers]\nof: lead\nwhen: score > 90\n"
    (project / "alignment/hot.yml").write_text(new)
    assert (rules(project), told(project)["teams"]) == (["definition.added"], ["sales"])
