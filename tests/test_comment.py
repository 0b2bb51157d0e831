"""The comment of a review: who signed and whether that is proven, what is acknowledged, and that it always fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aac.agreeing import agree
from aac.operations import open_sound_project
from aac.reports.review import JOINER, MOST, details, inert, review_markdown
from aac.reviewing import diff, review
from tests.small import NOW_US
from tests.test_impact import REVIEWS, edit, project
from tests.test_revisions import git

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["project"]

MARCH_US = 1_773_136_800_000_000
"""2026-03-10T11:00 in Berlin."""


@pytest.fixture
def proposed(project: Path) -> Path:
    """A branch with a weaker promise, of which sales has a member, and marketing, too."""
    edit(project, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    edit(project, "name: Marketing", 'name: Marketing\nmembers: [{handle: "@mia"}]', "alignment/teams.yml")
    edit(project, "[project]", "[review]\nrequire = true\n\n[project]", "aac.toml")
    git(project, "commit", "--quiet", "-am", "members")
    git(project, "checkout", "--quiet", "-b", "kinder")
    edit(project, "when: {within: 4 hours}", "when: {within: 12 hours}")
    git(project, "commit", "--quiet", "-am", "kinder")
    return project


def signed(root: Path, author: str) -> None:
    for team, handle in (("sales", "@sam"), ("marketing", "@mia")):
        agree(open_sound_project(root), ["sla:touch"], team, handle, NOW_US)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "signed", "--author", author)


def approved(root: Path, handle: str, commit: str = "HEAD") -> object:
    """What GitHub answers of an approval of a commit."""
    return REVIEWS["github"](handle, git(root, "rev-parse", commit))


def teams(root: Path, approvals: object = None) -> dict[str, str | None]:
    told: list[dict[str, Any]] = json.loads(review(root, None, ("last:2",), approvals).artefact)["agreement"]
    return {team["id"]: team["by"] for team in told}


@pytest.mark.parametrize(
    "author",
    ["Sam <12+sam@users.noreply.github.com>", "Sam <7-sam@users.noreply.gitlab.com>", "sam <s@a.example>",
     "Sam Smith <sam@a.example>"],
)  # fmt: skip
def test_a_sign_off_counts_by_who_committed_it(proposed: Path, author: str) -> None:
    """One commit with the words of both: of its author's team it is one, of the other's it says nothing."""
    signed(proposed, author)
    assert teams(proposed) == {"sales": "@sam", "marketing": None}
    found = review(proposed, None, ("last:2",), None)
    assert "- sales to `sla/touch`, as `@sam`: who committed it\n" in found.comment
    assert "- ▲ marketing to `sla/touch`, as `@mia`, which" in found.comment
    assert found.exit_code == 1
    assert teams(proposed, approved(proposed, "mia")) == {"sales": "@sam", "marketing": "@mia"}
    assert review(proposed, None, ("last:2",), approved(proposed, "mia")).exit_code == 0


def test_what_was_signed_before_holds(proposed: Path) -> None:
    signed(proposed, "Ann <ann@a.example>")
    git(proposed, "checkout", "--quiet", "main")
    git(proposed, "merge", "--quiet", "kinder")
    git(proposed, "checkout", "--quiet", "-b", "other")
    edit(proposed, "at_least: 2}", "at_least: 3}")
    git(proposed, "commit", "--quiet", "-am", "more")
    assert "Signed in this branch" not in review(proposed, None, ("last:2",), None).comment


def test_sign_offs_are_no_changes_of_documents(proposed: Path) -> None:
    signed(proposed, "Ann <ann@a.example>")
    comment = review(proposed, None, ("last:2",), None).comment
    assert "(signoff" not in comment
    assert "### Alignment review — `touch` changes in meaning\n" in comment


def test_who_has_not_agreed_is_told_how(proposed: Path) -> None:
    comment = review(proposed, None, ("last:2",), None).comment
    assert "Marketing ⏳ `@mia` (1 document) · Sales ⏳ `@sam` (1 document)" in comment
    assert "    aac agree sla:touch --team sales --by @sam\n" in comment


def test_what_is_acknowledged_is_told(proposed: Path) -> None:
    (change,) = json.loads(diff(proposed, "main..kinder", "json"))["changes"]
    row = f'[[review.acknowledged]]\nfingerprint = "{change["fingerprint"]}"\nreason = "Agreed *in* March."\n'
    (proposed / "aac.toml").write_text((proposed / "aac.toml").read_text() + row)
    git(proposed, "commit", "--quiet", "-am", "meant")
    assert "  <br>Acknowledged: Agreed \\*in\\* March.\n" in review(proposed, None, ("last:2",), None).comment


def test_who_speaks_for_a_team_is_told(proposed: Path) -> None:
    git(proposed, "checkout", "--quiet", "main")
    git(proposed, "checkout", "--quiet", "-b", "members")
    edit(proposed, '[{handle: "@sam"}]', '[{handle: "@sam"}, {handle: "@eve"}]', "alignment/teams.yml")
    git(proposed, "commit", "--quiet", "-am", "members")
    found = review(proposed, None, ("last:2",), None)
    assert "### Alignment review — who speaks for `sales`\n" in found.comment
    assert "the member `@⁠eve` is new" in found.comment or "the member `@eve` is new" in found.comment
    assert teams(proposed) == {"sales": None}
    assert teams(proposed, approved(proposed, "eve")) == {"sales": None}
    assert teams(proposed, approved(proposed, "sam")) == {"sales": "@sam"}


def test_a_version_that_begins_inside_an_open_window_is_told(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "later")
    edit(
        project,
        "when: score > 50\nat: hot_at\n",
        "when: score > 50\nat: hot_at\nowner: marketing\nparties: [marketing, sales]\neffective_until: 2026-03-20\n"
        "---\nkind: definition\nid: hot\nname: Hot lead\nof: lead\nwhen: score > 55\nat: hot_at\n"
        "effective_from: 2026-03-20\n",
    )
    git(project, "commit", "--quiet", "-am", "later")
    for told in (
        review(project, None, ("last:2",), None, lambda _: MARCH_US).comment,
        diff(project, "main..", "text", ("last:2",), lambda _: MARCH_US),
    ):
        assert "begins on 2026-03-20, inside 2026-03" in " ".join(told.split())


def huge(view: dict[str, Any], n: int) -> dict[str, Any]:
    """The view of a review of which every part has very many entries."""
    impact = view["impact"]
    change, row = view["changes"][0], impact["numbers"][0]
    records = {"kind": "definition", "name": "Word", "gained": {"records": 0}}
    lost: dict[str, Any] = {
        "records": 7,
        "windows": {},
        "keys": [],
        "clauses": [{"rule": "r" * 300, "records": 7}],
        "became": [],
        "kept": [],
    }
    return view | {
        "changes": [change | {"id": f"touch_{i}", "sentence": "`a` " * 40} for i in range(n)],
        "rests_on": [change | {"over": ["touch"]} for _ in range(n)],
        "signed": [{"is": "given", "of": "sla/touch", "team": "sales", "handle": "@sam", "author": "A", "proof": None}]
        * n,
        "agreement": [
            team | {"sign": ["aac agree " + "sla:touch " * 20], "approve": ["sla:touch"] * n}
            for team in view["agreement"]
        ]
        * n,
        "not_compared": [{"kind": "metric", "id": f"m{i}", "why": f"for reason {i}"} for i in range(n)],
        "impact": impact
        | {
            "numbers": [row | {"told": "so " * 30 if i % 2 else None} for i in range(n)],
            "provisional": [row] * n,
            "conflicts": ["this and that " * 10] * n,
            "records": [records | {"id": f"w{i}", "lost": lost} for i in range(n)],
            "unchanged": [f"metric:m{i}" for i in range(n)],
        },
    }


@pytest.mark.parametrize("n", [1, 40, 3000])
def test_a_comment_is_never_too_long_and_never_torn(proposed: Path, n: int) -> None:
    view = json.loads(review(proposed, None, ("last:2",), None).artefact)
    comment = review_markdown(huge(view, n))
    assert len(comment) <= MOST
    assert comment.count("<details>") == comment.count("</details>") >= 2
    assert comment.rstrip().endswith("</details>")
    assert ("are left out here" in comment) is (n > 1)
    assert ("`aac-review`" in comment) is (n > 1)
    for part in ("Recount of the", "**Conflicts to settle", "**Who must agree**", "**Signed in", "not compared:"):
        assert part in comment


@pytest.mark.parametrize(
    "text",
    ["GH-3", "see gh-12", "a" * 40, "1234567", "$x$", "$`x`$", ":tada:", ":+1:", "@eve", "o/r#3", "!4", "&5", "%6",
     '~"bug"', "^alert#7", "$8", "http://x.example", "www.x.example"],
)  # fmt: skip
def test_text_of_others_stays_text(text: str) -> None:
    """In all that is no code something stands that keeps a host from reading it as its own."""
    for shown in (inert(text), details(text, []).splitlines()[0]):
        said = shown.removeprefix("<details><summary>").removesuffix("</summary>")
        assert "$" not in said
        assert text not in said
        assert said.replace(JOINER, "").replace("\\", "").replace("&#36;", "$").replace("&amp;", "&") in (
            text,
            text.replace('"', "&quot;"),
        )
