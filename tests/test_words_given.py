"""Whose word counts in a review, on real repositories: of this change, of this text, by the hand of who gives it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aac.agreeing import agree
from aac.agreements import agreement_of
from aac.errors import UsageError
from aac.operations import open_sound_project
from aac.reviewing import review
from tests.small import NOW_US
from tests.test_comment import approved, proposed, signed, teams
from tests.test_impact import edit, project
from tests.test_revisions import git

if TYPE_CHECKING:
    from pathlib import Path

    from aac.reviewing import Reviewed

__all__ = ["project", "proposed"]

BOTH = {"sales", "marketing"}
ANN, SAM, MIA = (f"{name} <{name.lower()}@a.example>" for name in ("Ann", "Sam", "Mia"))
NEW = """\
---
kind: sla
id: reply
name: Reply
what: Sales replies to every hot lead
who: {owes: sales, to: marketing}
when: {within: 10 hours}
how_measured: {each: hot, starts: hot_at, stops: touched_at, objective: 50%}
escalation: []
"""


def reviewed(root: Path, approvals: object = None) -> Reviewed:
    return review(root, None, ("last:2",), approvals)


def asked(found: Reviewed) -> dict[str, Any]:
    return {team["id"]: team for team in json.loads(found.artefact)["agreement"]}


def state(root: Path) -> str | None:
    agreement = agreement_of(open_sound_project(root).project, ("sla", "touch"))
    return agreement.state if agreement is not None else None


def commit(root: Path, author: str = ANN) -> None:
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "edit", "--author", author)


def branch(root: Path, name: str) -> None:
    git(root, "checkout", "--quiet", "main")
    git(root, "checkout", "--quiet", "-b", name)


def merge(root: Path, name: str) -> None:
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", name)


def test_nobody_signs_in_advance(proposed: Path) -> None:
    """What is to come is signed in one request, and made so in the next: neither makes anything agreed."""
    signed(proposed, ANN)
    branch(proposed, "advance")
    git(proposed, "checkout", "--quiet", "kinder", "--", "alignment/signoffs")
    commit(proposed)
    found = reviewed(proposed, approved(proposed, "sam"))
    assert (
        "■ sales to `sla/touch`, as `@sam`, which Ann committed: `sla/touch` does not say here what was"
        in found.comment
    )
    assert found.exit_code == 1
    merge(proposed, "advance")
    branch(proposed, "second")
    edit(proposed, "when: {within: 4 hours}", "when: {within: 12 hours}")
    commit(proposed)
    assert teams(proposed) == {"sales": None, "marketing": None}
    found = reviewed(proposed)
    assert found.exit_code == 1
    assert "- Sales approves, since no sign-off says it: `sla:touch`\n" in found.comment
    merge(proposed, "second")
    opened = open_sound_project(proposed)
    told = [f for f in opened.findings if f.code == "AAC450"]
    assert [f.doc for f in told] == ["signoff:sla_touch__marketing", "signoff:sla_touch__sales"]
    assert told[0].message == "sla `touch` did not say this when `marketing` signed it, so this does not count"
    assert state(proposed) == "waiting"
    git(proposed, "rm", "--quiet", "-r", "alignment/signoffs")
    commit(proposed)
    signed(proposed, SAM)
    edit(proposed, "name: First touch", "name: The first touch")  # prose lapses nothing
    commit(proposed)
    assert state(proposed) == "agreed"
    assert not [f for f in open_sound_project(proposed).findings if f.code == "AAC450"]


def test_a_sign_off_alone_asks_who_signs(project: Path) -> None:
    edit(project, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    edit(project, "[project]", "[review]\nrequire = true\n\n[project]", "aac.toml")
    commit(project)
    branch(project, "words")
    agree(open_sound_project(project), ["sla:touch"], "sales", "@sam", NOW_US)
    commit(project)
    found = reviewed(project)
    assert (asked(found)["sales"]["waiting"], found.exit_code) == (["sla:touch"], 1)
    assert reviewed(project, approved(project, "sam")).exit_code == 0
    git(project, "commit", "--quiet", "--amend", "--no-edit", "--author", SAM)
    assert (asked(reviewed(project)), reviewed(project).exit_code) == ({}, 0)


def test_a_word_that_is_taken_back_asks_its_team(proposed: Path) -> None:
    signed(proposed, ANN)
    merge(proposed, "kinder")
    branch(proposed, "back")
    git(proposed, "rm", "--quiet", "alignment/signoffs/sla-touch--sales.yml")
    commit(proposed)
    found = reviewed(proposed)
    assert "- ■ the word of sales to `sla/touch`, given as `@sam`, is taken back by Ann" in found.comment
    assert "### Alignment review — what was agreed of `sla/touch` is taken back\n" in found.comment
    assert (asked(found)["sales"]["waiting"], found.exit_code) == (["sla:touch"], 1)
    (change,) = json.loads(found.artefact)["changes"]
    assert (change["rule"], change["class"], change["teams"]) == ("signoff.taken_back", "breaking", ["sales"])
    assert change["sentence"] == (
        "`sales` agrees to the SLA `touch` no longer: what `@sam` signed is gone, and it says the same"
    )
    git(proposed, "commit", "--quiet", "--amend", "--no-edit", "--author", SAM)
    assert (asked(reviewed(proposed)), reviewed(proposed).exit_code) == ({}, 0)


def test_what_counted_for_nothing_is_tidied_up(proposed: Path) -> None:
    signed(proposed, ANN)
    merge(proposed, "kinder")
    branch(proposed, "left")
    edit(proposed, '[{handle: "@sam"}]', '[{handle: "@ann"}]', "alignment/teams.yml")
    commit(proposed)
    merge(proposed, "left")
    branch(proposed, "tidy")
    git(proposed, "rm", "--quiet", "alignment/signoffs/sla-touch--sales.yml")
    commit(proposed)
    found = reviewed(proposed)
    assert (found.comment, found.exit_code) == ("", 0)
    (change,) = json.loads(found.artefact)["changes"]
    assert (change["class"], change["sentence"]) == ("editorial", "what `sales` signed of the SLA `touch` is gone")


def test_of_one_document_nobody_speaks_for_two_teams(proposed: Path) -> None:
    branch(proposed, "twice")
    edit(proposed, '[{handle: "@mia"}]', '[{handle: "@mia"}, {handle: "@sam"}]', "alignment/teams.yml")
    commit(proposed)
    merge(proposed, "twice")
    branch(proposed, "both")
    edit(proposed, "when: {within: 4 hours}", "when: {within: 12 hours}")
    commit(proposed)
    # who owes is the first party
    assert teams(proposed, approved(proposed, "sam")) == {"sales": "@sam", "marketing": None}
    agree(open_sound_project(proposed), ["sla:touch"], "sales", "@sam", NOW_US)
    with pytest.raises(UsageError, match="`@sam` speaks for `sales` on sla `touch`: let another member of `marketing`"):
        agree(open_sound_project(proposed), ["sla:touch"], "marketing", "@sam", NOW_US)
    words = (proposed / "alignment/signoffs/sla-touch--sales.yml").read_text().replace("__sales", "__marketing")
    (proposed / "alignment/signoffs/other.yml").write_text(words.replace("team: sales", "team: marketing"))
    commit(proposed, SAM)
    assert teams(proposed) == {"sales": "@sam", "marketing": None}
    (told,) = [f for f in open_sound_project(proposed).findings if f.code == "AAC442"]
    assert told.message == "`@sam` speaks for `sales` here, so this does not count as the word of `marketing`"


def test_who_approved_an_earlier_commit_approved_that(proposed: Path) -> None:
    assert teams(proposed, approved(proposed, "sam")) == {"sales": "@sam", "marketing": None}
    first = git(proposed, "rev-parse", "HEAD")
    edit(proposed, "name: First touch", "name: The first touch")
    commit(proposed)
    assert teams(proposed, approved(proposed, "sam", first)) == {"sales": "@sam", "marketing": None}
    edit(proposed, "when: {within: 12 hours}", "when: {within: 90 hours}")
    commit(proposed)
    assert teams(proposed, approved(proposed, "sam", first)) == {"sales": None, "marketing": None}
    comment = reviewed(proposed, approved(proposed, "sam", first)).comment
    assert "Sales ⏳ `@sam` (1 document; `@sam` approved an earlier commit)" in comment
    gone: Any = approved(proposed, "sam")
    for commit_id in ("0" * 40, None, "--output=x", "HEAD"):
        gone[-1]["commit_id"] = commit_id
        assert teams(proposed, gone)["sales"] is None


def test_what_is_new_asks_its_parties_and_says_how_it_would_have_been(proposed: Path) -> None:
    branch(proposed, "new")
    (proposed / "alignment" / "new.yml").write_text(NEW.removeprefix("---\n"))
    commit(proposed)
    found = reviewed(proposed)
    assert {id_: team["waiting"] for id_, team in asked(found).items()} == {
        "marketing": ["sla:reply"], "sales": ["sla:reply"],
    }  # fmt: skip
    assert found.exit_code == 1
    # of a, b, c, d and f: a, b and c within ten hours
    assert "| Reply | — | 60% |  |" in found.comment
    assert "### Alignment review — nothing that anybody relies on changes: `reply` is new\n" in found.comment
    assert "  <br>In words: **Sales replies to every hot lead; how measured starts: " in found.comment
    # a and b in January, c alone in February
    missed = "`reply` asks for 50%: it would have been off target in 1 of 2 windows; in all it comes to 60%"
    assert missed in found.comment
    agree(open_sound_project(proposed), ["sla:reply"], "sales", "@sam", NOW_US)
    commit(proposed, SAM)
    assert teams(proposed) == {"sales": "@sam", "marketing": None}


def test_what_is_gone_is_approved_and_what_is_signed_is_settled(proposed: Path) -> None:
    text = (proposed / "alignment" / "all.yml").read_text()
    parts = text.split("---\n")
    kept = [part for part in parts if "id: enough\n" not in part]
    assert len(kept) == len(parts) - 1
    (proposed / "alignment" / "all.yml").write_text("---\n".join(kept))
    commit(proposed)
    found = reviewed(proposed)
    assert asked(found)["sales"]["waiting"] == ["sla:enough", "sla:touch"]
    assert "    aac agree sla:touch --team sales --by @sam\n" in found.comment
    assert "- Sales approves, since no sign-off says it: `sla:enough`\n" in found.comment
    agree(open_sound_project(proposed), ["sla:touch"], "sales", "@sam", NOW_US)
    commit(proposed, SAM)
    assert "Sales ⏳ `@sam` (1 of 2 documents)" in reviewed(proposed).comment
    assert teams(proposed, approved(proposed, "sam"))["sales"] == "@sam"


@pytest.mark.parametrize("severity", ["editorial", "compatible"])
def test_a_review_that_asks_is_not_silent(proposed: Path, severity: str) -> None:
    """A rule that is no more than words here still says so where somebody has to agree to something else."""
    branch(proposed, "quiet")
    rules = f'severity = {{"sla.when.within.raised" = "{severity}", "metric.better.changed" = "editorial"}}'
    edit(proposed, "require = true", f"require = true\n{rules}", "aac.toml")
    commit(proposed)
    merge(proposed, "quiet")
    branch(proposed, "loud")
    edit(proposed, "when: {within: 4 hours}", "when: {within: 12 hours}")
    agree(open_sound_project(proposed), ["sla:enough"], "sales", "@sam", NOW_US)
    commit(proposed)
    found = reviewed(proposed)
    assert (found.exit_code, "Sales ⏳ `@sam` (1 document)" in found.comment) == (1, True)


@pytest.mark.parametrize(
    ("was", "becomes", "file", "waits"),
    [
        ("require = true", "require = false", "aac.toml", BOTH),
        (
            "require = true",
            'require = true\nseverity = {"sla.added" = "editorial"}',
            "aac.toml",
            {"sales", "marketing"},
        ),
        ("[review]", "[privacy]\nk = 2\n\n[review]", "aac.toml", BOTH),
        ("name: Sales", "name: Sales\nexternal: true", "alignment/teams.yml", {"sales"}),
    ],
)
def test_nobody_takes_the_word_from_others(proposed: Path, was: str, becomes: str, file: str, waits: set[str]) -> None:
    """How teams agree is theirs to say: else one request would quietly open the way for the next."""
    branch(proposed, "quiet")
    edit(proposed, was, becomes, file)
    commit(proposed)
    found = reviewed(proposed)
    assert ({id_ for id_, team in asked(found).items() if team["waiting"]}, found.exit_code) == (waits, 1)
    assert teams(proposed, approved(proposed, "sam"))["sales"] == "@sam"


def test_code_asks_all_teams(proposed: Path) -> None:
    """Also code that does not look as if it counted anything: a review runs none of it, so nobody knows."""
    branch(proposed, "code")
    (proposed / "plugins").mkdir()
    (proposed / "plugins" / "ours.py").write_text("globals()['aac_' + 'kinds'] = lambda: []\n")
    commit(proposed)
    found = reviewed(proposed)
    assert ({id_ for id_, team in asked(found).items() if team["waiting"]}, found.exit_code) == (BOTH, 1)
    assert "- Sales approves, since no sign-off says it: `plugin:plugins/ours.py`\n" in found.comment
    assert "- not compared: plugins/ours.py: a review runs no code of a branch" in found.comment


def test_a_team_that_is_gone_agrees_to_that(proposed: Path) -> None:
    """Whoever takes over all that sales did asks sales, which is no team any more."""
    branch(proposed, "alone")
    for path in (proposed / "alignment").glob("*.yml"):
        path.write_text(path.read_text().replace("sales", "revops").replace('"@sam"', '"@ann"'))
    commit(proposed)
    assert asked(reviewed(proposed))["sales"]["waiting"] == ["team:revops"]


VERSIONED = """\
effective_until: 2026-04-01
---
kind: sla
id: touch
name: First touch
effective_from: 2026-04-01
what: Sales answers every hot lead
who: {owes: sales, to: marketing}
when: {within: 8 hours}
how_measured: {each: hot, starts: hot_at, stops: touched_at, objective: 50%}
escalation: []
"""


def test_the_version_that_changes_is_signed(proposed: Path) -> None:
    branch(proposed, "later")
    edit(proposed, "objective: 50%}\nescalation: []\n", f"objective: 50%}}\nescalation: []\n{VERSIONED}")
    commit(proposed)
    found = reviewed(proposed)
    assert "    aac agree sla:touch --version 2026-04-01 --team sales --by @sam\n" in found.comment
    agree(open_sound_project(proposed), ["sla:touch"], "sales", "@sam", NOW_US, "2026-04-01")
    commit(proposed, SAM)
    assert teams(proposed) == {"sales": "@sam", "marketing": None}
    merge(proposed, "later")
    # another edit of the older one alone: the word about the newer says nothing of it
    branch(proposed, "older")
    edit(proposed, "when: {within: 4 hours}", "when: {within: 3 hours}")
    commit(proposed)
    assert "    aac agree sla:touch --version first --team sales --by @sam\n" in reviewed(proposed).comment
    agree(open_sound_project(proposed), ["sla:touch"], "marketing", "@mia", NOW_US, "2026-04-01")
    commit(proposed, MIA)
    assert teams(proposed) == {"sales": None, "marketing": None}
    agree(open_sound_project(proposed), ["sla:touch"], "marketing", "@mia", NOW_US, "first")
    commit(proposed, MIA)
    assert teams(proposed) == {"sales": None, "marketing": "@mia"}
