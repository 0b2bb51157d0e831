"""The words of documents: what must not be said, what nobody explained, who answers, and what was to be looked at."""

from __future__ import annotations

from textwrap import dedent
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from aac.operations import open_project, with_reviews
from tests.commands import run_aac
from tests.loading import CONFIG, load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding

DOCUMENTS = """\
kind: team
id: sales
name: Sales
---
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text, score: integer, stage: {type: text, values: [won, lost]}}
---
kind: definition
id: mql
name: Marketing Qualified Lead
aka: [marketing-qualified lead]
never_say: [hot lead, suspect, lead gen]
of: lead
when: score > 50
owner: sales
---
"""


def word(key: str, text: str) -> str:
    """A definition that says something below a key."""
    return f"kind: definition\nid: word\nof: lead\nowner: sales\n{key}: {text}\n"


def told(root: Path, text: str) -> list[Finding]:
    _, findings = load_documents(root, DOCUMENTS + text)
    return list(findings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A hot lead.", ["hot lead"]),
        ("Hot Leads, suspects and one SUSPECT", ["Hot Leads", "suspects", "SUSPECT"]),
        ("a hot-lead list", ["hot-lead"]),
        ("that is hot. Lead on!", []),
        ("hot leaders, unsuspecting; a lead is hot", []),
        ("lead generation and lead\u00a0gen", ["lead gen"]),
        ("**hot lead**, (hot lead)", ["hot lead", "hot lead"]),
    ],
)
def test_words_that_must_not_be_said(tmp_path: Path, text: str, said: list[str]) -> None:
    found = told(tmp_path, word("means", f"'{text}'"))
    assert {(finding.code, finding.level) for finding in found} <= {("AAC421", "warning")}
    assert [finding.message.split("`")[1] for finding in found] == said
    assert {finding.instead for finding in found} <= {"write `Marketing Qualified Lead`"}


def test_of_several_that_begin_alike_the_longest_is_told(tmp_path: Path) -> None:
    text = word("never_say", "[lead gen tool, lead gen and sales]\nmeans: No lead gen tools, no lead gen and so on")
    assert [finding.message.split("`")[1] for finding in told(tmp_path, text)] == ["lead gen tools", "lead gen"]


@pytest.mark.parametrize(
    "text",
    [
        word("never_say", f"[{', '.join(f'hot {n}' for n in range(4000))}]\nmeans: {'hot 5 ' * 4000}"),
        word(
            "means", " ".join(f"Q{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}{chr(65 + n // 676)}" for n in range(4000))
        ),
    ],
    ids=["sayings", "acronyms"],
)
def test_masses_are_told_in_bounded_time(tmp_path: Path, text: str) -> None:
    began = monotonic()
    assert len(told(tmp_path, text)) == 4000
    assert monotonic() - began < 10


@pytest.mark.parametrize(
    ("text", "line", "col", "length"),
    [
        (">-\n  A lead, or as some\n  say a hot\n  lead.", 3, 9, 3),
        ("|\n  A lead.\n\n  No hot  lead.", 4, 6, 9),
        ('"A lead, \\\n  no hot lead"', 2, 6, 8),
        ("'It''s a hot lead'", 1, 17, 8),
        ("A lead\n  or a suspect", 2, 8, 7),
    ],
)
def test_where_in_a_scalar_it_is_said(tmp_path: Path, text: str, line: int, col: int, length: int) -> None:
    (finding,) = told(tmp_path, word("means", text))
    first = DOCUMENTS.count("\n") + 5
    span = finding.span
    assert span is not None
    assert (span.line - first + 1, span.col, span.length) == (line, col, length)


@pytest.mark.parametrize(
    "text",
    [
        word("name", "A hot lead"),
        word("why", "a hot lead"),
        word("examples", "[{given: {score: 1}, is: true, because: not a hot lead}]"),
        "kind: team\nid: marketing\nname: Marketing\nmembers: [{handle: a, why: hot lead}]\n",
        "kind: entity\nid: deal\nfrom: crm.deals\nkey: id\nfields: {id: {type: text, why: hot lead}}\n",
    ],
)
def test_prose_is_searched_wherever_it_stands(tmp_path: Path, text: str) -> None:
    assert [finding.code for finding in told(tmp_path, text)] == ["AAC421"]


@pytest.mark.parametrize(
    "text",
    [
        word("as_written", "a hot lead"),
        word("tags", "[hot lead]"),
        word("when", "stage = 'hot lead' or true").replace("stage =", "id ="),
        word("aka", "[other]"),
    ],
)
def test_other_texts_are_not(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "unknown", "instead"),
    [
        ("see `mlq`", ["mlq"], "did you mean `mql`?"),
        ("see `lead.scor`", ["scor"], "did you mean `score`?"),
        ("see `nothing_of_that`", ["nothing_of_that"], "name something that there is, or drop the backticks"),
        ("`mql`, `lead.score`, `won`, `effective_from`, `count_if`, `param.x`, `crm`", ["x"], None),
        ("`Not an id`, `score > 5`, ``x``, `--strict`, `UPPER`, `9to5`", [], None),
    ],
)
def test_backticks(tmp_path: Path, text: str, unknown: list[str], instead: str | None) -> None:
    found = told(tmp_path, word("means", f"'{text}'"))
    assert [finding.message for finding in found] == [f"nothing is called `{name}`" for name in unknown]
    assert {(finding.code, finding.level) for finding in found} <= {("AAC214", "warning")}
    assert instead is None or [finding.instead for finding in found] == [instead]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("An MQL and two MQLs of the CRM in DE, paid in EUR", []),
        ("BANT first, then BANT again and two PQLs", ["BANT", "PQL"]),
        ("a WON deal, A/B tests, R&D, B2B, X and ABCDEFG", []),
        ("the WORD itself, and its MLTV", ["MLTV"]),
    ],
)
def test_acronyms(tmp_path: Path, text: str, unknown: list[str]) -> None:
    found = told(tmp_path, word("means", f"'{text}'"))
    assert [finding.message for finding in found] == [f"no document says what `{name}` stands for" for name in unknown]
    assert {(finding.code, finding.level) for finding in found} <= {("AAC215", "info")}


@pytest.mark.parametrize("saying", ["aka: [Monthly Loved Things Value]", "aka: [MLTV]", "name: The MLTV of a lead"])
def test_an_acronym_is_defined_by_what_something_is_called(tmp_path: Path, saying: str) -> None:
    assert told(tmp_path, word("means", f"the MLTV\n{saying}")) == []


@pytest.mark.parametrize("saying", ["name: Marketing qualified lead", "aka: [x, MQL]"])
def test_two_definitions_are_not_called_the_same(tmp_path: Path, saying: str) -> None:
    (finding,) = told(tmp_path, word(*saying.split(": ")))
    assert (finding.code, finding.level, finding.instead) == ("AAC209", "error", "leave it to one of them")


@pytest.mark.parametrize("saying", ["Lead", "sales", "Marketing Qualified lead", "marketing qualified lead", "word"])
def test_a_name_is_not_forbidden(tmp_path: Path, saying: str) -> None:
    (finding,) = told(tmp_path, word("never_say", f"[{saying}]"))
    assert (finding.code, finding.level) == ("AAC216", "error")


def test_versions_of_a_word_are_one_word(tmp_path: Path) -> None:
    name = "never_say: [warm one]\nname: The word\nmeans: a warm one"
    old = word("effective_until", f"2026-01-01\n{name}")
    new = word("effective_from", f"2026-01-01\n{name}")
    assert [finding.code for finding in told(tmp_path, f"{old}---\n{new}")] == ["AAC421"] * 2


# Owners and reviews


def test_who_answers(tmp_path: Path) -> None:
    plan = dedent("""\
        kind: lifecycle
        id: funnel
        stages: [{id: first, is: mql}]
        """)
    found = [finding for finding in told(tmp_path, plan) if finding.code == "AAC423"]
    assert [(f.level, f.message) for f in found] == [("warning", "no team answers for this lifecycle")]
    assert "AAC423" not in {finding.code for finding in told(tmp_path, plan + "owner: sales\n")}


DAY_US = 86_400_000_000
REVIEWED = 20_512 * DAY_US
"""2026-02-28T00:00Z."""


@pytest.mark.parametrize(
    ("zone", "now_us", "is_overdue"),
    [
        ("UTC", REVIEWED, False),
        ("UTC", REVIEWED + DAY_US - 1, False),
        ("UTC", REVIEWED + DAY_US, True),
        ("Europe/Berlin", REVIEWED + DAY_US - 1, True),
        ("America/New_York", REVIEWED + DAY_US, False),
    ],
)
def test_a_review_past_its_date(tmp_path: Path, zone: str, now_us: int, is_overdue: bool) -> None:
    company = f"---\nkind: company\nid: c\ncurrency: EUR\ntimezone: {zone}\n"
    (tmp_path / "alignment").mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    (tmp_path / "alignment" / "all.yml").write_text(DOCUMENTS + word("review_by", "2026-02-28") + company)
    opened = open_project(tmp_path)
    assert opened.findings == ()
    found = with_reviews(opened, now_us).findings
    expected = ("AAC422", "warning", "this was to be looked at again by 2026-02-28, and `sales` answers for it")
    assert [(f.code, f.level, f.message) for f in found] == [expected] * is_overdue


@pytest.mark.parametrize("days", ["effective_until: 2026-03-01", "effective_from: 2027-01-01"])
def test_what_does_not_hold_need_not_be_looked_at(tmp_path: Path, days: str) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    text = DOCUMENTS + word("review_by", "2026-02-28")
    (tmp_path / "alignment" / "all.yml").write_text(text)
    late = REVIEWED + 5 * 86_400_000_000
    assert [finding.code for finding in with_reviews(open_project(tmp_path), late).findings] == ["AAC422"]
    (tmp_path / "alignment" / "all.yml").write_text(text + f"{days}\n")
    assert with_reviews(open_project(tmp_path), late).findings == ()


def test_nobody_answers_for_it(tmp_path: Path) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    (tmp_path / "alignment" / "all.yml").write_text("kind: team\nid: t\nname: T\nreview_by: 2026-02-28\n")
    (finding,) = with_reviews(open_project(tmp_path), REVIEWED + 5 * 86_400_000_000).findings
    assert finding.message == "this was to be looked at again by 2026-02-28, and nobody answers for it"


@pytest.mark.parametrize(("epoch", "told_of"), [(REVIEWED // 1_000_000, False), (1_800_000_000, True)])
def test_validating_and_its_clock(tmp_path: Path, epoch: int, told_of: bool) -> None:
    (tmp_path / "alignment").mkdir()
    (tmp_path / "aac.toml").write_text(CONFIG)
    (tmp_path / "alignment" / "all.yml").write_text(DOCUMENTS + word("review_by", "2026-02-28"))
    run = run_aac(tmp_path, "validate", SOURCE_DATE_EPOCH=str(epoch))
    assert run.returncode == 0
    assert ("AAC422" in run.stdout) is told_of


def test_a_team_that_was_renamed_is_told_once_a_document(tmp_path: Path) -> None:
    text = DOCUMENTS.replace("id: sales", "id: sale") + word("parties", "[sales, sales]")
    _, findings = load_documents(tmp_path, text)
    assert [(f.code, f.message, f.instead, f.doc) for f in findings] == [
        ("AAC204", "no team is called `sales`", "did you mean `sale`?", f"definition:{id_}") for id_ in ("mql", "word")
    ]
