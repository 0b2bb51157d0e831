"""What a change does to the numbers, counted by hand: `aac diff` and `aac review` on real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import markdown_it
import pytest

from aac.agreements import agreement_of
from aac.errors import UsageError
from aac.operations import open_sound_project, pull_sources
from aac.reviewing import backtest, diff, review
from tests.small import COMPANY, NOW_US, write_project
from tests.test_revisions import git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aac.project import Project

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  {id: text, score: integer, fit: boolean, hot_at: timestamp, touched_at: timestamp, paid_at: timestamp}
---
kind: definition
id: hot
name: Hot lead
of: lead
when: score > 50
at: hot_at
owner: marketing
parties: [marketing, sales]
---
kind: definition
id: buyer
name: Buyer
of: lead
when: hot and paid_at is not null
at: paid_at
owner: sales
---
kind: lifecycle
id: way
owner: sales
stages: [{id: first, is: hot}, {id: last, is: buyer}]
---
kind: metric
id: hots
name: Hot leads
formula: count(*)
of: hot
at: hot_at
unit: count
better: higher
owner: marketing
serves: successful_acquisition
---
kind: metric
id: fitting
name: Leads that fit
formula: share(fit)
of: lead
at: hot_at
unit: percent
better: higher
owner: marketing
serves: successful_acquisition
---
kind: sla
id: enough
name: Enough hot leads
what: Marketing hands over two hot leads a month
who: {owes: marketing, to: sales}
when: {every: month}
how_measured: {metric: hots, at_least: 2}
escalation: []
---
kind: sla
id: touch
name: First touch
what: Sales answers every hot lead
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: hot, starts: hot_at, stops: touched_at, objective: 50%}
escalation: []
"""
)
LEADS = """\
id,score,fit,hot_at,touched_at,paid_at
a,60,true,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,
b,55,true,2026-01-06T09:00:00Z,2026-01-06T18:00:00Z,2026-02-20T09:00:00Z
c,80,false,2026-02-03T09:00:00Z,2026-02-03T10:00:00Z,
d,52,,2026-02-04T09:00:00Z,,
e,40,true,2026-02-05T09:00:00Z,2026-02-05T10:00:00Z,
f,90,true,2026-02-10T09:00:00Z,2026-02-10T20:00:00Z,2026-03-01T09:00:00Z
g,,true,2026-02-11T09:00:00Z,,
"""
"""Hot by score > 50: a, b in January, c, d, f in February. By score > 55 and fit: a in January, f in February."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "small", DOCUMENTS, {"leads": LEADS})
    (root / ".gitignore").write_text(".aac/\n")
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def edit(root: Path, old: str, new: str, file: str = "alignment/all.yml") -> None:
    text = (root / file).read_text()
    assert text.count(old) == 1
    (root / file).write_text(text.replace(old, new))


def changed(root: Path, asked: str | None = None) -> dict[str, Any]:
    return json.loads(diff(root, asked, "json", ("last:2",)))


def numbers(told: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {row["id"]: (row["before"], row["after"], row["change"]) for row in told["impact"]["numbers"]}


def test_a_narrower_word_moves_all_that_rests_on_it(project: Path) -> None:
    edit(project, "when: score > 50", "when: score > 55 and fit")
    told = changed(project)
    assert numbers(told) == {
        "hot": ("2.5", "1", "−1.5"),
        "buyer": ("0.5", "0", "−0.5"),  # none in January, b in February; f is of March, which is not over
        "hots": ("2.5", "1", "−1.5"),
        "enough": ("2.5", "1", "−1.5"),
        # of a, b, c, d and f: a and c in time of five; then a of a and f
        "touch": ("40%", "50%", "+10 pts"),
    }
    assert told["impact"]["unchanged"] == []
    assert told["impact"]["conflicts"] == [
        "`enough` asks for 2 a month: off target in 2 of 2 windows, not 0; on average it comes to 1"
    ]


def test_who_moved_and_why(project: Path) -> None:
    edit(project, "when: score > 50", "when: score > 55 and fit")
    moved = {records["id"]: records for records in changed(project)["impact"]["records"]}
    assert moved["hot"]["lost"] == {
        "records": 3,
        "windows": {"2026-01": 1, "2026-02": 2},
        "keys": ["b", "c", "d"],
        # of d it is not known whether it fits
        "clauses": [{"rule": "score is more than 55", "records": 2}, {"rule": "it is marked as fit", "records": 2}],
        "became": [{"word": "Buyer", "records": 1}],
        "kept": [],
    }
    assert moved["hot"]["gained"]["records"] == 0
    assert moved["buyer"]["lost"]["keys"] == ["b"]


def test_what_takes_effect_later_is_counted_again_too(project: Path) -> None:
    """A version that begins behind the data: the past is counted as the newest documents of each side say."""
    edit(
        project,
        "when: score > 50\nat: hot_at\n",
        "when: score > 50\nat: hot_at\nowner: marketing\nparties: [marketing, sales]\neffective_until: 2026-06-01\n"
        "---\nkind: definition\nid: hot\nname: Hot lead\nof: lead\nwhen: score > 55 and fit\nat: hot_at\n"
        "effective_from: 2026-06-01\n",
    )
    told = changed(project)
    assert numbers(told)["hots"] == ("2.5", "1", "−1.5")
    (moved,) = [records for records in told["impact"]["records"] if records["id"] == "hot"]
    assert moved["lost"]["keys"] == ["b", "c", "d"]
    assert {change["takes_effect"] for change in told["changes"] if change["rule"] == "definition.when.changed"} == {
        "2026-06-01"
    }


def test_nobody_is_stopped_without_a_word(project: Path) -> None:
    """What the base calls editorial asks nobody, whatever rests on it."""
    edit(
        project,
        "[project]",
        '[review]\nrequire = true\nseverity = {"definition.when.changed" = "editorial"}\n\n[project]',
        "aac.toml",
    )
    git(project, "commit", "--quiet", "-am", "severity")
    git(project, "checkout", "--quiet", "-b", "narrower")
    edit(project, "when: score > 50", "when: score > 55")
    git(project, "commit", "--quiet", "-am", "narrower")
    found = review(project, None, ("last:2",), None)
    assert (found.comment, found.exit_code) == ("", 0)


def test_a_word_that_is_gone_has_no_records_now(project: Path) -> None:
    """It is told with what it came to, also where it got another name and means something else."""
    edit(project, "id: buyer\n", "id: bought\n")
    edit(project, "when: hot and paid_at is not null", "when: fit and paid_at is not null")
    edit(project, "is: buyer}", "is: bought}")
    told = changed(project)
    # b in February; f is of March, which is not over
    assert numbers(told) == {"buyer": ("0.5", "—", ""), "bought": ("—", "0.5", "")}
    assert told["impact"]["records"] == []


def test_a_wider_word_gains(project: Path) -> None:
    edit(project, "when: score > 50", "when: score >= 40 or score is null")
    (moved,) = [records for records in changed(project)["impact"]["records"] if records["id"] == "hot"]
    assert (moved["gained"]["keys"], moved["gained"]["windows"]) == (["e", "g"], {"2026-02": 2})
    assert moved["gained"]["clauses"] == [{"rule": "score is more than 50", "records": 2}]
    assert moved["lost"]["records"] == 0


def test_a_promise_alone_moves_no_record(project: Path) -> None:
    edit(project, "when: {within: 4 hours}", "when: {within: 12 hours}")
    told = changed(project)
    # b took nine hours and f eleven
    assert numbers(told) == {"touch": ("40%", "80%", "+40 pts")}
    assert told["impact"]["records"] == []


def test_of_an_entity_only_who_reads_the_field(project: Path) -> None:
    edit(project, "fit: boolean", "fit: {type: boolean, from: \"fit = 'false'\"}")
    told = changed(project)
    # true, true / false, true, true, true of those that are known, and the other way round
    assert numbers(told) == {"fitting": ("83.3%", "16.7%", "−66.6 pts")}
    assert [change["id"] for change in told["rests_on"]] == ["fitting"]


def test_another_fiscal_year_is_not_compared_by_its_name(project: Path) -> None:
    edit(project, "unit: count\nbetter: higher\nowner: marketing\nserves", "unit: count\nbetter: higher\n"
         "owner: marketing\nby: []\nserves")  # fmt: skip
    edit(project, "when: {every: month}", "when: {every: fiscal_quarter}")
    git(project, "commit", "--quiet", "-am", "quarters")
    edit(project, "currency: EUR\n", "currency: EUR\nfiscal_year_starts: 02-01\n")
    told = json.loads(diff(project, None, "json", ("FY2026-Q1",)))["impact"]
    (why,) = [each["why"] for each in told["not_compared"] if each["of"] == "sla:enough"]
    assert why == "its windows have the same names and other days on the two sides"
    assert "enough" not in {row["id"] for row in (*told["numbers"], *told["provisional"])}


def test_a_greater_least_number_is_no_better_result(project: Path) -> None:
    """Two hot leads a month, and three: with three asked for January is not judged, and was kept by one of two."""
    edit(project, "objective: 50%}", "objective: 50%, min_n: 3}")
    (row,) = changed(project)["impact"]["numbers"]
    assert row["told"] == "First touch comes to 40% as before, and is judged in 1 of 2 windows, not 2"


def test_when_it_takes_effect(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "kinder")
    edit(project, "when: {within: 4 hours}", "when: {within: 12 hours}")
    git(project, "commit", "--quiet", "-am", "kinder")
    at_once = "**Takes effect** when it is merged, in closed windows too: `effective_from` leaves those as they were.\n"
    assert at_once in review(project, None, ("last:2",), None).comment


def test_prose_and_order_count_nothing(project: Path) -> None:
    edit(project, "name: Hot lead\nof: lead\nwhen: score > 50", "when: (score   >  50)\nof: lead\nname: Hot  one")
    told = changed(project)
    assert [(change["rule"], change["class"]) for change in told["changes"]] == [("document.name.changed", "editorial")]
    assert told["impact"] == {
        "as_of": None, "sample": None, "windows": 0, "are_last": True, "numbers": [], "provisional": [],
        "unchanged": [], "records": [], "conflicts": [], "not_compared": [],
    }  # fmt: skip


def test_without_data_nothing_is_called_unchanged(project: Path) -> None:
    (project / ".aac" / "store.duckdb").unlink()
    edit(project, "when: score > 50", "when: score > 55")
    impact = changed(project)["impact"]
    (missing,) = impact["not_compared"]
    assert missing["of"] == "all numbers"
    assert missing["why"].startswith("there is no data: run `aac pull`")
    assert (impact["numbers"], impact["unchanged"]) == ([], [])


@pytest.mark.parametrize("folder", ["sample", "sample/crm"])
def test_a_sample_stands_in_for_data(project: Path, folder: str) -> None:
    """Two of the three made-up leads are hot, one of them by more than 55 points."""
    (project / ".aac" / "store.duckdb").unlink()
    (project / folder).mkdir(parents=True)
    rows = LEADS.splitlines()
    (project / folder / "leads.csv").write_text("\n".join([rows[0], rows[1], rows[2], rows[5]]) + "\n")
    edit(project, "[project]", '[review]\nsample = "sample"\n\n[project]', "aac.toml")
    git(project, "commit", "--quiet", "-am", "a sample")
    edit(project, "when: score > 50", "when: score > 55")
    told = changed(project)
    assert told["impact"]["sample"] == "sample"
    assert numbers(told)["hots"] == ("1", "0.5", "−0.5")
    assert "counted on made-up data in `sample`" in " ".join(diff(project, None, "text", ("last:2",)).split())
    assert not (project / ".aac" / "store.duckdb").exists()


def test_a_new_document_has_no_number_before(project: Path) -> None:
    new = "---\nkind: metric\nid: extra\nformula: count(*)\nof: buyer\nat: paid_at\nunit: count\nbetter: higher\n"
    with (project / "alignment" / "all.yml").open("a") as file:
        file.write(f"{new}owner: sales\nserves: customer_success\n")
    told = changed(project)
    assert [(change["rule"], change["class"]) for change in told["changes"]] == [("metric.added", "compatible")]


REVIEWS: dict[str, Callable[[str, str], object]] = {
    "github": lambda user, commit: [
        {"user": {"login": user}, "state": "CHANGES_REQUESTED"},
        {"user": {"login": user}, "state": "COMMENTED"},
        {"user": {"login": user.upper()}, "state": "APPROVED", "commit_id": commit},
    ],
    "gitlab": lambda user, _: {"approved_by": [{"user": {"username": user}}]},
}


@pytest.mark.parametrize("host", REVIEWS)
def test_who_must_agree(project: Path, host: str) -> None:
    edit(project, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    edit(project, "[project]", "[review]\nrequire = true\n\n[project]", "aac.toml")
    git(project, "commit", "--quiet", "-am", "members")
    git(project, "checkout", "--quiet", "-b", "narrower")
    edit(project, "when: score > 50", "when: score > 55")
    # who approves does not become a member of marketing with the same change
    edit(project, "name: Marketing", 'name: Marketing\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    git(project, "commit", "--quiet", "-am", "narrower")
    found = review(project, None, ("last:2",), REVIEWS[host]("sam", git(project, "rev-parse", "HEAD")))
    assert "**Who must agree** — Marketing ⏳ (5 documents) · Sales ✔ `@sam`" in found.comment
    assert found.exit_code == 1
    assert review(project, None, ("last:2",), None).comment.count("⏳") == 2


def test_a_sign_off_is_as_good_as_an_approval(project: Path) -> None:
    """Marketing signs both that it is a party of; sales signs one of its two, and somebody who is nobody signs."""
    edit(project, "name: Sales", 'name: Sales\nmembers: [{handle: "@sam"}]', "alignment/teams.yml")
    edit(project, "name: Marketing", 'name: Marketing\nmembers: [{handle: "@mia"}]', "alignment/teams.yml")
    git(project, "commit", "--quiet", "-am", "members")
    git(project, "checkout", "--quiet", "-b", "kinder")
    edit(project, "when: {within: 4 hours}", "when: {within: 5 hours}")
    edit(project, "at_least: 2}", "at_least: 3}")
    edit(project, '[{handle: "@sam"}]', '[{handle: "@sam"}, {handle: "@eve"}]', "alignment/teams.yml")
    made = open_sound_project(project).project
    signed = [("enough", "marketing", "@mia"), ("touch", "marketing", "@mia"), ("touch", "sales", "@sam")]
    (project / "alignment" / "signoffs.yml").write_text(
        "".join(signoff(made, *words) for words in (*signed, ("enough", "sales", "@eve")))
    )
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "kinder", "--author", "Mia <1234+mia@users.noreply.github.com>")
    told = json.loads(review(project, None, ("last:2",), None).artefact)
    assert {team["id"]: team["by"] for team in told["agreement"]} == {"marketing": "@mia", "sales": None}


def signoff(made: Project, sla: str, team: str, handle: str) -> str:
    agreement = agreement_of(made, ("sla", sla))
    assert agreement is not None
    return (
        f'---\nkind: signoff\nid: {sla}_{team}\nof: sla/{sla}\nteam: {team}\nhandle: "{handle}"\ndate: 2026-03-01\n'
        f"fingerprint: {agreement.fingerprint}\n"
    )


def test_a_review_has_nothing_to_say_of_prose(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "prose")
    edit(project, "id: hot\nname: Hot lead", "id: hot\nname: Hot and ready")
    git(project, "commit", "--quiet", "-am", "prose")
    assert review(project, "main...HEAD", (), None).comment == ""


def test_a_branch_runs_no_code_and_reads_no_data_of_its_own(project: Path) -> None:
    git(project, "checkout", "--quiet", "-b", "hostile")
    (project / "plugins").mkdir()
    (project / "plugins" / "evil.py").write_text(f"open({str(project / 'ran')!r}, 'w').close()\n")
    edit(project, 'path = "data"', 'path = "/etc"', "aac.toml")
    edit(project, "id: hot\nname: Hot lead", "id: hot\nname: '@all <img src=x> [x](http://x.example) | `a`'")
    edit(project, "when: score > 50", "when: score > 55")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "hostile")
    found = review(project, "main..HEAD", ("last:2",), None)
    assert not (project / "ran").exists()
    told = json.loads(found.artefact)
    rules = {change["rule"]: change["class"] for change in told["changes"]}
    assert rules["settings.sources.connection.changed"] == rules["plugin.code.added"] == "breaking"
    # the numbers are those of the data that was agreed
    assert numbers(told)["hots"] == ("2.5", "1.5", "−1")
    html = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(found.comment)
    assert "<img" not in html
    assert "<a " not in html
    # what hosts make of text once it is HTML
    assert "@all" not in html
    assert "http://x" not in html


def test_backtest(project: Path) -> None:
    """Of the hot leads a and c were touched within 1 hour, b after 9, f after 11, d never (it is late since)."""
    told = json.loads(
        backtest(project, None, "touch", ["1 hour", "9 hours", "12 hours"], ["50", "60%"], "json", ("last:2",))
    )
    assert [(t["within"], [w["attainment"] for w in t["windows"]]) for t in told["tried"]] == [
        ("1 hour", [0.5, 0.3333333333333333]),
        ("9 hours", [1, 0.3333333333333333]),
        ("12 hours", [1, 0.6666666666666666]),
    ]
    assert [t["kept"] for t in told["tried"]] == [[1, 0], [1, 1], [2, 2]]
    assert told["tightest"] == [
        {"objective": 0.5, "within": "12 hours"},
        {"objective": 0.6, "within": "12 hours"},
    ]


HOURS = """\
---
kind: calendar
id: desk
timezone: UTC
hours: {mon-fri: "08:00-18:00"}
closed: [2026-02-04]
"""


def test_hours_that_hold_later_are_counted_again_too(project: Path) -> None:
    """Of a, b, c, d and f, who came at 9, a and c had an answer at 10, b at 18, f at 20, d none.

    From 8 to 18 those of a and c are in time. When desks open at 16, b and f waited for two hours that count. On the
    fourth of February, when d came, the desk stays closed as it was.
    """
    edit(project, "when: {within: 4 hours}", "when: {within: 3 business hours, calendar: desk}")
    path = project / "alignment" / "all.yml"
    path.write_text(path.read_text() + HOURS)
    git(project, "commit", "--quiet", "-am", "hours")
    edit(project, "closed: [2026-02-04]\n", "closed: [2026-02-04]\neffective_until: 2026-06-01\n")
    later = HOURS.replace("08:00", "16:00").replace("closed: [2026-02-04]", "effective_from: 2026-06-01")
    path.write_text(path.read_text() + later)
    told = changed(project)
    assert numbers(told)["touch"] == ("40%", "80%", "+40 pts")
    assert told["changes"][0]["takes_effect"] == "2026-06-01"


def test_a_backtest_is_of_promises_that_are_not_merged_yet(project: Path) -> None:
    edit(project, "id: touch\n", "id: first_touch\n")
    text = backtest(project, None, "sla:first_touch", [], [], "text", ("last:2",))
    assert "within 4 hours\n     2026-01 50% · 2026-02 33.3%\n     50% kept in 1 of 2" in text
    assert "50%  none of these" in text


@pytest.mark.parametrize(
    ("name", "within", "objectives", "told"),
    [
        ("tuch", [], [], "--backtest: there is no SLA `tuch`; did you mean `touch`?"),
        ("enough", [], [], "--backtest: `enough` has no `within`: it promises a volume"),
        ("touch", ["soon"], [], "--within: `soon` is not a duration"),
        ("touch", ["2 business hours"], [], "--within: `2 business hours`: business time needs a calendar"),
        ("touch", [], ["190"], "--objective: "),
    ],
)
def test_what_cannot_be_tried(project: Path, name: str, within: list[str], objectives: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        backtest(project, None, name, within, objectives, "text")
    assert str(caught.value).startswith(told)
