"""How many records a word means today, and how the tiers of a profile fare: counted by hand, the same on every page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from aac.evaluate import Asked
from aac.operations import build, explain, open_sound_project, pull_sources
from tests.small import COMPANY, NOW_US, metric, write_project
from tests.test_reports import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, staff: integer, mail: {type: text, pii: true}}
---
kind: entity
id: lead
from: crm.leads
key: id
occurs: came_at
fields:
  {id: text, came_at: timestamp, score: integer, hot_at: timestamp, won: boolean,
   account: {ref: account}, parent: {ref: account}}
---
kind: entity
id: remark
from: crm.remarks
key: id
fields: {id: text, lead: {ref: lead}, good: boolean}
---
kind: definition
id: hot
name: Hot lead
of: lead
when: score > 50
at: hot_at
owner: sales
---
kind: definition
id: large
of: account
when: staff > 100
owner: sales
---
kind: definition
id: everyone
of: lead
owner: sales
---
kind: icp
id: core
of: account
owner: sales
criteria: [{id: large, when: staff > 100, points: 50}, {id: huge, when: staff > 1000, points: 50}]
tiers: {A: 100, B: 50}
---
"""
    + metric("hots", "count(*)", of="hot", at="hot.at")
    + metric("wins", "share(won)", of="hot", at="hot.at", unit="percent")
    + metric("good_remarks", "share(good)", of="remark", unit="percent")
    + metric("large_ones", "share(icp.core)", of="account", unit="percent")
    + metric("fed", "share(won)", of="lead", at="came_at", unit="percent", role="input")
    + metric("score", "avg(score)", of="lead", at="came_at", unit="score")
)
ACCOUNTS = "id,staff,mail\nA-1,2000,a@x.test\nA-2,2000,b@x.test\nA-3,500,c@x.test\nA-4,10,d@x.test\nA-5,,e@x.test\n"
# hot: L-1 to L-4 and L-7 of six known; L-8 came after as_of; L-6 has no score
LEADS = """\
id,came_at,score,hot_at,won,account,parent
L-1,2026-01-02T10:00:00Z,80,2026-01-03T10:00:00Z,true,A-1,
L-2,2026-01-05T10:00:00Z,70,2026-02-01T10:00:00Z,false,A-2,
L-3,2026-02-02T10:00:00Z,60,2026-02-03T10:00:00Z,true,A-3,A-1
L-4,2026-02-02T10:00:00Z,51,2026-03-02T10:00:00Z,false,A-4,
L-5,2026-02-09T10:00:00Z,50,,false,A-1,
L-6,2026-02-09T10:00:00Z,,,false,A-1,
L-7,2026-02-20T10:00:00Z,90,2026-02-21T10:00:00Z,true,A-1,
L-8,2026-03-11T10:00:00Z,90,2026-03-11T10:00:00Z,true,A-1,
"""
REMARKS = "id,lead,good\nR-1,L-1,true\n"
TABLES = {"accounts": ACCOUNTS, "leads": LEADS, "remarks": REMARKS}


def pages(root: Path, *windows: str) -> dict[str, str]:
    """What readers see of the pages that a build writes."""
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    build(opened, NOW_US, Asked(windows=windows), lambda _: None)
    site = root / "site"
    return {path.relative_to(site).as_posix(): parsed(path.read_text()).text for path in site.rglob("*.html")}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return pages(write_project(tmp_path_factory.mktemp("words"), DOCUMENTS, TABLES))


def test_a_word_says_of_how_many_records_it_is_true_and_how_many_are_new(shown: Mapping[str, str]) -> None:
    text = shown["definition/hot.html"]
    assert "Counts today 5 of 6 records of lead, 83.3% As of Tue 2026-03-10 13:00 CET 1 not known" in text
    assert "3 new in 2026-02 1 new in 2026-03 so far" in text
    assert "New in the last 13 windows" in text
    assert "2026-02 3" in text
    assert "2026-01 1" in text


def test_the_number_is_that_of_the_metric_and_of_the_list_of_words(shown: Mapping[str, str]) -> None:
    assert "How it stands 3 2026-02" in shown["metric/hots.html"]
    assert "Hot lead 5 today" in shown["definitions.html"]


def test_it_is_the_number_that_explain_tells(shown: Mapping[str, str], tmp_path: Path) -> None:
    root = write_project(tmp_path / "again", DOCUMENTS, TABLES)
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    assert re.search(r"all +83\.3% +5 of 6", explain(opened, NOW_US, Asked(), "hot", lambda _: None))
    assert "5 of 6" in shown["definition/hot.html"]


def test_a_word_without_a_moment_has_no_windows(shown: Mapping[str, str]) -> None:
    assert "Counts today 3 of 4 records of account, 75% As of" in shown["definition/large.html"]
    assert "new in" not in shown["definition/large.html"]
    assert "Counts today 7 of 7 records of lead, 100%" in shown["definition/everyone.html"]


def test_tiers_tell_how_records_that_lead_to_them_fare(shown: Mapping[str, str]) -> None:
    text = shown["icp/core.html"]
    assert "Counts today 3 of 4 records of account, 75%" in text
    # A; B: A-3; none: whose staff nobody knows
    assert "Number Tier A Tier B No tier Records today 2 1 2" in text
    # by the lead's account alone, though its parent is one too: no way is the only one, and two are direct
    assert "wins" not in text


def test_by_the_only_reference(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace(", parent: {ref: account}}", "}")
    text = pages(write_project(tmp_path / "one", documents, TABLES))["icp/core.html"]
    assert "wins 66.7% 2 of 3 100% 1 of 1 0% 0 of 1" in text  # A: L-1, L-2, L-7; B: L-3; none: L-4
    assert "good_remarks 100% 1 of 1 — —" in text
    for other in ("large_ones", "fed", "score"):  # the profile's own answer, an input, no share
        assert f" {other} " not in text.partition("How the tiers fare")[2].partition("Who fits")[0], other


def test_small_tiers_are_not_told(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace(", parent: {ref: account}}", "}")
    root = write_project(tmp_path / "few", documents, TABLES, settings="\n[privacy]\nk = 5\n")
    text = pages(root)["icp/core.html"]
    assert "Counts today 3 of 4" in text
    assert "66.7%" not in text
    assert "100%" not in text


def test_tiers_of_personal_fields_are_not_told(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace(", parent: {ref: account}}", "}").replace(
        "when: staff > 1000", "when: mail is not null"
    )
    assert "How the tiers fare" not in pages(write_project(tmp_path / "personal", documents, TABLES))["icp/core.html"]


def test_windows_that_were_asked_for_change_nothing_of_words(tmp_path: Path) -> None:
    text = pages(write_project(tmp_path / "asked", DOCUMENTS, TABLES), "2026-01")["definition/hot.html"]
    assert "Counts today 5 of 6" in text
    assert "3 new in 2026-02" in text


def test_a_word_without_data_says_so(tmp_path: Path) -> None:
    documents = DOCUMENTS + "kind: definition\nid: closed\nof: ticket\nwhen: resolved_at is not null\nowner: sales\n"
    text = pages(write_project(tmp_path / "without", documents, TABLES))["definition/closed.html"]
    assert "Counts today There is no data of it yet." in text
